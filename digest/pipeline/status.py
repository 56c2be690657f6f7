"""What has gone out and what comes next, read from the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from digest.config import Settings
from digest.model import Edition, Newsletter, Tally
from digest.pipeline.limits import DayCap, day_cap
from digest.pipeline.slots import slot_coming
from digest.store import Pause, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The latest editions with their deliveries, newest first, and each newsletter's next slot, soonest first.

    With what holds mail back today: the day's cap, and the receivers and relays that are paused.
    """

    editions: tuple[tuple[Edition, Tally], ...]
    coming: tuple[tuple[Newsletter, datetime], ...]
    day: DayCap | None = None
    pauses: tuple[Pause, ...] = ()


def counts(tally: Tally) -> dict[str, int]:
    """Name the counts of a tally, as every output of digest does."""
    return asdict(tally)


def status(settings: Settings, store: Store, *, now: datetime, limit: int = 20) -> Status:
    """Read the standing of the site; `limit` bounds the editions."""
    newsletters = [settings.newsletter(newsletter_id) for newsletter_id in settings.newsletters]
    coming = sorted(((n, slot_coming(n, now=now)) for n in newsletters), key=lambda due: (due[1], due[0].id))
    editions = store.editions.recent(None, limit=limit)
    return Status(
        editions=tuple((edition, store.deliveries.tally(edition)) for edition in editions),
        coming=tuple(coming),
        day=day_cap(settings, store, now=now),
        pauses=tuple(store.limits.pauses(now=now)),
    )
