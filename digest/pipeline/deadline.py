"""A slot's deadline: from `not_after` on none of its messages leaves by itself; `late` says what becomes of the rest.

    hold     they wait, and whoever sends by hand goes on
    send     they get it late
    merge    the edition ends; the next one tells its stories again, as those of one that did not go out

An edition is one for all, so `merge` shows the stories to those who had them as well: in brief, and after the news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from math import inf

import structlog

from digest.config import Settings
from digest.edition.slots import deadline
from digest.model import Edition, EditionStatus, Newsletter, Tally, edition_key
from digest.pipeline.approval import tell_editors
from digest.pipeline.ending import ending_when
from digest.pipeline.slots import slot_coming
from digest.store import Store

_log = structlog.get_logger(__name__)
_LONGEST_LOOK_SECONDS = 1.0  # between two looks at the clock, which may be set meanwhile, or the machine asleep
_NOT_TOLD = " (its editors are not told yet)"
_OVER = "finished after its deadline"


def deadline_of(newsletter: Newsletter, slot: datetime) -> datetime | None:
    """Tell when the last message of `slot` may leave by itself; None where the newsletter sets no deadline."""
    return None if newsletter.not_after is None else deadline(slot, newsletter.not_after)


def overdue(newsletter: Newsletter, slot: datetime, *, now: datetime) -> bool:
    """Tell whether the deadline of `slot` has come, whatever `late` says."""
    limit = deadline_of(newsletter, slot)
    return limit is not None and now >= limit


def closed(newsletter: Newsletter, slot: datetime, *, now: datetime) -> bool:
    """Tell whether nothing of `slot` leaves by itself any more."""
    return newsletter.late != "send" and overdue(newsletter, slot, now=now)


def overdue_editions(store: Store, newsletter: Newsletter, *, now: datetime) -> list[Edition]:
    """Give the latest editions that are not finished at their deadline, the earliest first."""
    if newsletter.not_after is None:
        return []
    found = [one for one in store.editions.recent(newsletter.id, limit=10) if one.status is EditionStatus.SENDING]
    return [one for one in reversed(found) if overdue(newsletter, one.slot, now=now)]


def until_deadline(
    newsletter: Newsletter, slot: datetime, stop: asyncio.Event | None, *, clock: Callable[[], datetime]
) -> AbstractAsyncContextManager[asyncio.Event]:
    """Give an event that is set when `stop` is, and at the deadline of `slot` if then the send must end."""
    limit = None if newsletter.late == "send" else deadline_of(newsletter, slot)

    def left() -> float:
        return inf if limit is None else (limit - clock()).total_seconds()

    return ending_when(lambda: left() <= 0, stop, look_seconds=lambda: min(left(), _LONGEST_LOOK_SECONDS))


def conclude(store: Store, edition: Edition) -> Tally:
    """Call `edition` sent if nobody is due it or in hand any more; give the count."""
    tally = store.deliveries.tally(edition)
    if not tally.pending and not tally.claimed and not tally.offered and not tally.deferred:
        note = _OVER if edition.note else None
        store.deliveries.conclude(edition, note=note)
    return tally


async def after_deadline(
    settings: Settings, store: Store, newsletter: Newsletter, slot: datetime, *, now: datetime
) -> Edition | None:
    """Deal with those who have not had the edition of `slot` at its deadline, and tell the editors, once.

    Call it while this store sends nothing of the edition.  Gives the edition as it stands then; None where none is
    kept.  Does nothing before the deadline, and to an edition that is not `sending`.
    """
    edition = store.editions.get(newsletter.id, slot)
    limit = deadline_of(newsletter, slot)
    if edition is None or edition.status is not EditionStatus.SENDING or limit is None or now < limit:
        return edition
    tally = await asyncio.to_thread(conclude, store, edition)
    left = tally.pending + tally.deferred
    if not left and not tally.claimed and not tally.offered:
        return store.editions.get(newsletter.id, slot)
    said = f"{left:,} of {tally.audience:,} had not had it at its deadline, {limit:%H:%M}"
    if newsletter.late == "send":
        await _note(settings, store, newsletter, edition, f"late: {said}; it goes on", now=now)
    elif newsletter.late == "merge" and (into := _next(store, newsletter, slot)) is not None:
        reason = f"merged into {into}"
        rest = await asyncio.to_thread(store.deliveries.close, edition, reason=reason, to=EditionStatus.MERGED, now=now)
        if rest.uncertain:
            _log.warning("messages in doubt: their reply was never read", edition=edition.key, count=rest.uncertain)
        ended = store.editions.get(newsletter.id, slot)
        if not rest.held and ended is not None:
            await tell_editors(settings, newsletter, ended, f"ended: {said}; {into} tells its stories", now=now)
    else:
        why = " and could not be merged: the next edition is fixed already" if newsletter.late == "merge" else ""
        await _note(settings, store, newsletter, edition, f"held{why}: {said}", now=now)
    return store.editions.get(newsletter.id, slot)


def _next(store: Store, newsletter: Newsletter, slot: datetime) -> str | None:
    """Name the edition that is to tell the stories; None where that one is as it is."""
    coming = slot_coming(newsletter, now=slot)
    kept = store.editions.get(newsletter.id, coming)
    if kept is not None:
        free = kept.status in (EditionStatus.DRAFT, EditionStatus.SKIPPED)
        # What an editor changed, or was shown, is not built again by itself.
        if not free or kept.edited or (newsletter.approval == "required" and kept.status is EditionStatus.DRAFT):
            return None
    return edition_key(newsletter.id, coming)


async def _note(
    settings: Settings, store: Store, newsletter: Newsletter, edition: Edition, what: str, *, now: datetime
) -> None:
    """Write it down with the edition, and tell the editors until the mail has left."""
    if edition.note and not edition.note.endswith(_NOT_TOLD):
        return
    told = await tell_editors(settings, newsletter, edition, what, now=now)
    note = what if told else f"{what}{_NOT_TOLD}"
    if note != edition.note:
        store.editions.move(edition, to=EditionStatus.SENDING, allowed=(EditionStatus.SENDING,), note=note)
