"""Whether this site may send: a database that was copied or restored must not, until a person says so.

Else two copies send the same morning, or a restored one repeats what its ledger has forgotten.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime

import structlog

from digest.config import Settings
from digest.errors import NotArmed, StoreError
from digest.model import EditionStatus
from digest.pipeline.slots import slot_past
from digest.store import Guard, Standing, Store

_log = structlog.get_logger(__name__)
_LOOKED_AT = 20  # editions, for what is at risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """What spoke against sending, and what sending may repeat, a sentence each."""

    standing: Standing
    risks: tuple[str, ...]


def guard_of(settings: Settings, store: Store) -> Guard:
    """Give the guard of the site's database."""
    return store.guard(folder=settings.path(settings.site.data), host=settings.site.host)


def require_armed(settings: Settings, store: Store, *, now: datetime) -> None:
    """Raise NotArmed where the database is a copy or was restored, or this host signs with another secret than it."""
    against = guard_of(settings, store).examine().against
    if against:
        raise NotArmed(
            f"this database must not send: {'; '.join(against)}",
            remedy="See what is at risk with digest arm --dry-run; if this is the one that is to send: digest arm",
        )
    require_same_secret(settings, store, now=now)


def require_same_secret(settings: Settings, store: Store, *, now: datetime) -> None:
    """Raise NotArmed where the hosts of the site sign links with another secret than this one does."""
    kept = store.secret.other_than(settings.signing_key(), host=_name_of(settings), now=now)
    if kept is not None:
        raise NotArmed(
            f"this host signs links with another secret than the site, whose is that of {kept.host} since "
            f"{kept.since:%Y-%m-%d %H:%M %Z}: a reader's way out would work on one host and not on the other",
            where="site.secret",
            remedy=(
                f"Set DIGEST_SITE__SECRET here to what it is on {kept.host} (there in the environment, in the file of "
                "site.secret_file, or in the file secret of its data folder); to have this host's secret count, and "
                "links in earlier mail not any more: digest arm --new-secret"
            ),
        )


def take_secret(settings: Settings, store: Store, *, now: datetime) -> None:
    """Let this host's secret be the site's; hosts with another send nothing and serve no pages until they have it."""
    store.secret.replace(settings.signing_key(), host=_name_of(settings), now=now)
    _log.info("this host's secret is the site's", host=_name_of(settings))


def note_change(settings: Settings, store: Store, *, now: datetime) -> None:
    """Mark that the database holds what an older copy of it does not: that somebody left.

    Nothing hangs on it at this moment, so what goes wrong is logged.
    """
    guard = guard_of(settings, store)
    try:
        standing = guard.examine()
        if standing.last_at is not None and not standing.against:
            guard.advance(now=now)
    except StoreError as error:
        _log.warning("the mark beside the database is behind", problem=str(error))


def inspect(settings: Settings, store: Store, *, now: datetime) -> Armed:
    """Tell what speaks against sending, and what would be at risk."""
    standing = guard_of(settings, store).examine()
    return Armed(standing=standing, risks=tuple(_risks(settings, store, standing, now=now)))


def arm(settings: Settings, store: Store, *, now: datetime, who: str) -> Armed:
    """Let the database send as it is, here; who did so, when, and what spoke against it is kept in it.

    Changes nothing where nothing speaks against it.
    """
    found = inspect(settings, store, now=now)
    if not found.standing.against:
        return found
    guard_of(settings, store).arm(now=now, who=who)
    _log.info("armed", who=who, found=list(found.standing.against))
    return found


def _name_of(settings: Settings) -> str:
    return settings.site.host or socket.gethostname()


def _risks(settings: Settings, store: Store, standing: Standing, *, now: datetime) -> list[str]:
    if not standing.against:
        return []
    last = f"{standing.last_at:%Y-%m-%d %H:%M:%S %Z}" if standing.last_at else "its first mail"
    told = [
        f"What went out after {last} is not in this database: those who had it would get it again.",
        f"Who unsubscribed after {last} would get mail again.",
    ]
    for edition in store.editions.recent(None, limit=_LOOKED_AT):
        if edition.status is EditionStatus.SENDING:
            tally = store.deliveries.tally(edition)
            left = tally.audience - tally.sent - tally.failed - tally.skipped
            told.append(f"{edition.key} is not finished here: {left:,} of {tally.audience:,} would still get it.")
    for name, table in settings.newsletters.items():
        newsletter = settings.newsletter(name)
        slot = slot_past(newsletter, now=now)
        kept = store.editions.get(name, slot)
        open_here = kept is None or kept.status in (EditionStatus.DRAFT, EditionStatus.APPROVED)
        if open_here and now - slot <= table.grace:
            told.append(f"{name}/{slot:%Y-%m-%dT%H:%M} has not begun here, and digest run would send it at once.")
    told.append("If another copy still runs, both send from now on: stop one of them.")
    return told
