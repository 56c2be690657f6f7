"""An edition stopped on its way: by a person, for a while or for good; or because no relay takes mail of its size.

The latter is a pause, too: its mail is fixed, so it goes on once somebody has raised a limit, and not before.  While
nobody has a paused edition, it may be a draft again and be built anew.
Every sender, on whatever machine, looks at the edition's status each second: it finishes what it is at and lets go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from digest.errors import MessageTooLarge, StoreError, UsageError
from digest.model import Edition, EditionStatus, Tally
from digest.pipeline.ending import ending_when
from digest.store import Store

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 1.0
_PATIENCE = timedelta(minutes=1)  # for senders to finish what they are at
_TOO_BIG = "too big: "  # how the note of an edition begins that paused for its size


def pause(store: Store, edition: Edition) -> None:
    """Stop an edition on its way until `resume`; raises UsageError for one that is not on its way."""
    if not store.editions.move(edition, to=EditionStatus.PAUSED, allowed=(EditionStatus.SENDING, EditionStatus.PAUSED)):
        raise _not_on_its_way(store, edition)


def resume(store: Store, edition: Edition) -> None:
    """Let a paused edition go on; raises UsageError for one that is not paused."""
    note = "" if edition.note.startswith(_TOO_BIG) else None
    if not store.editions.move(edition, to=EditionStatus.SENDING, allowed=(EditionStatus.PAUSED,), note=note):
        raise UsageError(f"it is {store.editions.status(edition)}, not paused", where=edition.key)


def pause_for_size(store: Store, edition: Edition, error: MessageTooLarge) -> MessageTooLarge:
    """Pause an edition that no relay takes, with the reason; give the error that tells the way out.

    Tried again it would be refused again, by a timer each minute; and nobody is to blame among its readers.
    """
    said = f"{error.where}: {error.what}" if error.where else error.what
    note = f"{_TOO_BIG}{said}"
    store.editions.move(edition, to=EditionStatus.PAUSED, allowed=(EditionStatus.SENDING,), note=note)
    return MessageTooLarge(
        f"{said}; it is paused, and nobody is marked as failed",
        where=edition.key,
        remedy=ways_on(replace(edition, note=note), store.deliveries.tally(edition)),
    )


def ways_on(edition: Edition, tally: Tally) -> str:
    """Tell what may be done with a paused edition, of which `tally` says who has it: a command for each way."""
    named = f"{edition.newsletter} --slot {edition.slot:%Y-%m-%dT%H:%M}"
    too_big = edition.note.startswith(_TOO_BIG)
    on = "Raise the server's limit, then: digest resume" if too_big else "To go on: digest resume"
    less = "To show less (max_stories, max_points)" if too_big else "To change it, for nobody has it"
    anew = "" if tally.sent or tally.uncertain else f"{less}: digest build {named} --rebuild. "
    return f"{on} {named}. {anew}To give it up: digest cancel {named}"


def thaw(store: Store, edition: Edition, *, now: datetime) -> Edition:
    """Make a paused edition that nobody has a draft again, and give that; its note says what it was.

    Raises UsageError where somebody has it, or may have it, or a sender has not let go of it yet.
    """
    note = f"made again: {edition.note}" if edition.note else "made again"
    if store.deliveries.thaw(edition, note=note, now=now):
        _log.info("draft again", edition=edition.key, was=edition.note or "paused")
        return replace(edition, status=EditionStatus.DRAFT, note=note)
    tally = store.deliveries.tally(edition)
    held = tally.claimed + tally.offered
    if tally.sent:
        what = f"{tally.sent:,} of {tally.audience:,} have it, so the others get the same"
    elif tally.uncertain:
        what = f"{tally.uncertain:,} may have it: the reply was never read"
    elif held:
        what = f"a sender still has {held:,} messages in hand"
    else:
        what = f"it is {store.editions.status(edition).said}"
    again = "Try again in two minutes, or end that sender first" if held and not tally.sent else ways_on(edition, tally)
    raise UsageError(f"{what}; it is not built again", where=edition.key, remedy=again)


async def cancel(store: Store, edition: Edition, *, reason: str, clock: Callable[[], datetime]) -> Edition:
    """Stop an edition for good: whoever has not had it is skipped, for `reason`; gives it as it stands.

    Waits for senders to finish what they are at.  Raises UsageError for an edition that is not on its way, and where
    a sender has not let go in time; then it stays paused, and may be cancelled again.
    """
    pause(store, edition)
    deadline = clock() + _PATIENCE
    while True:
        rest = await asyncio.to_thread(
            store.deliveries.close, edition, reason=reason, to=EditionStatus.CANCELLED, now=clock()
        )
        if not rest.held:
            return store.editions.get(edition.newsletter, edition.slot) or edition
        if clock() > deadline:
            raise UsageError(
                f"a sender still has {rest.held:,} messages in hand; all others are cancelled, and it is paused",
                where=edition.key,
                remedy="Cancel it again in two minutes, or end that sender first.",
            )
        await asyncio.sleep(_LOOK_SECONDS)


def until_halted(
    store: Store, edition: Edition, stop: asyncio.Event | None
) -> AbstractAsyncContextManager[asyncio.Event]:
    """Give an event that is set when `stop` is, and when the edition has been stopped."""

    def halted() -> bool:
        try:
            status = store.editions.status(edition)
        except StoreError as error:  # the ledger's own calls tell if it lasts
            _log.warning("cannot see whether it is stopped", edition=edition.key, problem=str(error))
            return False
        if status is not EditionStatus.SENDING:
            _log.info("stopped on its way", edition=edition.key, status=status)
            return True
        return False

    return ending_when(halted, stop, look_seconds=lambda: _LOOK_SECONDS)


def _not_on_its_way(store: Store, edition: Edition) -> UsageError:
    status = store.editions.status(edition)
    remedy = "To keep it from going out: digest skip." if not status.begun else ""
    return UsageError(f"it is {status.said}, not on its way", where=edition.key, remedy=remedy)
