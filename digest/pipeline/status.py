"""What has gone out and what comes next, read from the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from digest.config import Settings
from digest.model import Edition, Newsletter, Tally
from digest.pipeline.slots import slot_coming
from digest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The latest editions with their deliveries, newest first, and each newsletter's next slot, soonest first."""

    editions: tuple[tuple[Edition, Tally], ...]
    coming: tuple[tuple[Newsletter, datetime], ...]


def counts(tally: Tally) -> dict[str, int]:
    """Name the counts of a tally, as every output of digest does."""
    return asdict(tally)


def status(settings: Settings, store: Store, *, now: datetime, limit: int = 20) -> Status:
    """Read the standing of the site; `limit` bounds the editions."""
    newsletters = [settings.newsletter(newsletter_id) for newsletter_id in settings.newsletters]
    coming = sorted(((n, slot_coming(n, now=now)) for n in newsletters), key=lambda due: (due[1], due[0].id))
    editions = store.editions.recent(None, limit=limit)
    return Status(
        editions=tuple((edition, store.deliveries.tally(edition)) for edition in editions), coming=tuple(coming)
    )
