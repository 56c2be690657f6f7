"""Which slot is meant, and from when to when its edition reaches."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.config import Settings
from digest.edition.slots import next_slot, previous_slot, slot_at
from digest.errors import UsageError
from digest.model import Edition, EditionStatus, Newsletter, Tally
from digest.store import Store

# After a pause longer than this an edition starts anew: nobody wants last month's news as today's.
_LONGEST_WINDOW = timedelta(days=7)
# An edition that could not leave for so long is news no more: it goes on by hand only, its slot named.
_STILL_NEWS = timedelta(hours=24)
# One that was skipped for want of stories may have them by now.
_OPEN = (EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.SKIPPED)


def named_slot(newsletter: Newsletter, text: str) -> datetime:
    """Read a slot as a person types it, `2022-01-28T09:00` or `2022-01-28`, on the newsletter's wall clock.

    Raises UsageError, which names the nearest slots, for any other.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no slot", remedy="Write it as 2022-01-28T09:00, or the date alone.") from error
    by_date = "T" not in text and ":" not in text
    return slot_at(newsletter.schedule, newsletter.timezone, local.date() if by_date else local)


def due_slot(
    settings: Settings, store: Store, newsletter: Newsletter, *, now: datetime, samples: bool = False
) -> datetime:
    """Give the slot that a command without --slot means.

    An edition that began to go out within a day and is not finished; else the slot just past, if it is within its
    grace and has not gone out; else the next to come.  With `samples`, where nothing is stored for that one, the slot
    after the newest article: on an archive there is something to look at.
    """
    for edition in store.editions.recent(newsletter.id, limit=10):
        if edition.status is EditionStatus.SENDING and now - edition.slot <= _STILL_NEWS:
            return edition.slot
    past = slot_past(newsletter, now=now)
    kept = store.editions.get(newsletter.id, past)
    is_due = (kept is None or kept.status in _OPEN) and now - past <= settings.newsletters[newsletter.id].grace
    if is_due and (kept is not None or not samples):
        return past
    slot = past if is_due else slot_coming(newsletter, now=now)
    newest = store.articles.newest(newsletter.selection.languages) if samples else None
    if newest is None or newest > window(store, newsletter, slot)[0]:
        return slot
    return slot_coming(newsletter, now=newest)


def slot_to_send(settings: Settings, store: Store, newsletter: Newsletter, *, now: datetime) -> datetime:
    """Give the slot that a send without --slot means: one that is due, or whose edition began to go out within a day.

    Never one to come: a send that is repeated must not be the next edition, hours early.  Raises UsageError, with the
    slots that can be named, where nothing is due.
    """
    slot = due_slot(settings, store, newsletter, now=now)
    if slot <= now:
        return slot
    past = slot_past(newsletter, now=now)
    kept = store.editions.get(newsletter.id, past)
    if kept is not None and kept.status.begun and now - past <= _STILL_NEWS:
        return past
    raise UsageError(
        f"nothing is due now; the last slot was {past:%Y-%m-%dT%H:%M}, the next is {slot:%Y-%m-%dT%H:%M}",
        where=newsletter.id,
        remedy=f"To send either now, name it: digest send {newsletter.id} --slot {slot:%Y-%m-%dT%H:%M}",
    )


def slot_meant(
    settings: Settings, store: Store, newsletter: Newsletter, text: str | None, *, now: datetime
) -> datetime:
    """Read the slot that a person named, or, where they named none, give the one that a look at an edition means."""
    if text is not None:
        return named_slot(newsletter, text)
    return due_slot(settings, store, newsletter, now=now, samples=True)


def slot_past(newsletter: Newsletter, *, now: datetime) -> datetime:
    """Give the latest slot at or before `now`."""
    return previous_slot(newsletter.schedule, newsletter.timezone, now)


def slot_coming(newsletter: Newsletter, *, now: datetime) -> datetime:
    """Give the first slot after `now`."""
    return next_slot(newsletter.schedule, newsletter.timezone, now)


def passed_over(settings: Settings, newsletter: Newsletter, slot: datetime, *, now: datetime) -> datetime | None:
    """Give the moment before which approved editions leave their number to that of `slot`; None where none does.

    They do not go out by themselves any more.  Nor does one past its grace: by hand the others may go out as well.
    """
    moment = now - settings.newsletters[newsletter.id].grace
    return moment if slot >= moment else None


def window(store: Store, newsletter: Newsletter, slot: datetime) -> tuple[datetime, datetime]:
    """Reach from where the last edition that went out ended, or from the slot before, up to the slot itself.

    Where none went out lately (the newsletter's first ones, a long quiet time), those that were skipped are caught
    up, of a week at most.  A draft that was only looked at is none of them.
    """
    start = slot_past(newsletter, now=slot - timedelta(seconds=1))
    last = store.editions.last_published(newsletter.id, slot)
    if last is not None and slot - last.window[1] <= _LONGEST_WINDOW:
        return last.window[1], slot
    for edition in store.editions.between(newsletter.id, slot - _LONGEST_WINDOW, slot - timedelta(seconds=1)):
        unseen = edition.status is EditionStatus.CANCELLED and not edition.number
        if unseen or edition.status in (EditionStatus.SKIPPED, EditionStatus.MERGED):
            start = min(start, max(edition.window[0], slot - _LONGEST_WINDOW), key=datetime.timestamp)
    return start, slot


def is_left_behind(edition: Edition, tally: Tally, *, now: datetime) -> bool:
    """Tell whether an edition that is on its way has people whose turn never came, and goes on by hand only."""
    return edition.status is EditionStatus.SENDING and now - edition.slot > _STILL_NEWS and bool(tally.pending)


def unfinished(settings: Settings, store: Store, newsletter: Newsletter, *, now: datetime) -> list[Edition]:
    """Give the editions that began to go out and have somebody due at this moment.

    Those of the last day; and older ones of which nobody waits but whom a server put off, until these are given up.
    """
    found = []
    for edition in store.editions.recent(newsletter.id, limit=10):
        age = now - edition.slot
        if edition.status is EditionStatus.SENDING and age <= _STILL_NEWS + settings.delivery.retry_for:
            tally, retry = store.deliveries.tally(edition), store.deliveries.next_due(edition)
            # In other hands, and perhaps left behind by them; or deferred, and of age.
            due = tally.pending or tally.claimed or tally.offered or retry is None or retry <= now
            if due and (age <= _STILL_NEWS or not tally.pending):
                found.append(edition)
    return found
