"""The instants a newsletter is due: pure arithmetic on a schedule and a time zone.

A slot is `schedule.at` on the wall clock of a scheduled day, whatever the clock change between two of them:

    the time does not exist that day (clocks go forward)   as many minutes later as the clock skips: 02:30 -> 03:30
    the time exists twice that day (clocks go back)        the first of the two, once
    the day itself does not exist (Samoa, 30 Dec 2011)     no slot

The first agrees with APScheduler 3.11's CronTrigger to the second; the second does not: a CronTrigger fires twice.
What is due, and whether it went out, is decided elsewhere; nothing here reads a clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.model import Schedule

# Two slots of one weekday a week lie 7 days apart; 14 when the zone skipped that very day. One more for the date line.
_SEARCH_DAYS = 15
# Dates outside these can overflow a datetime when moved by an offset or a search, and no newsletter has them.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


def next_slot(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> datetime:
    """Find the first slot after `instant` (aware, any zone); the result is aware in `zone`."""
    today = _day_of(instant, zone)
    # The day before too: where clocks go back over midnight, a date returns after the next one has begun.
    slots = _slots_between(schedule, zone, today - timedelta(days=1), today + timedelta(days=_SEARCH_DAYS))
    moment = instant.astimezone(UTC)
    return min((slot for slot in slots if slot.astimezone(UTC) > moment), key=_as_instant)


def previous_slot(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> datetime:
    """Find the last slot at or before `instant` (aware, any zone); the result is aware in `zone`."""
    today = _day_of(instant, zone)
    slots = _slots_between(schedule, zone, today - timedelta(days=_SEARCH_DAYS), today + timedelta(days=1))
    moment = instant.astimezone(UTC)
    return max((slot for slot in slots if slot.astimezone(UTC) <= moment), key=_as_instant)


def slot_at(schedule: Schedule, zone: ZoneInfo, local: date) -> datetime:
    """Find the slot that a person names by its wall clock, or by its date alone.

    `local` is a `date` (that day's slot), a naive datetime on `zone`'s wall clock, or an aware datetime.
    On a day whose clock skips the scheduled time, both that time and the shifted one name the slot.
    Raises UsageError, which names the slots on either side, when the newsletter has no such slot.
    """
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        raise UsageError(f"no newsletter has a slot in the year {local.year}", remedy="Name one of its own slots.")
    wall = _wall_clock(local, zone)
    day = wall.date() if isinstance(wall, datetime) else wall
    slot = _slot_on(schedule, zone, day)
    if slot is not None:
        named = {slot.replace(tzinfo=None, fold=0), datetime.combine(day, schedule.at.replace(tzinfo=None, fold=0))}
        if not isinstance(wall, datetime) or wall in named:
            return slot
    moment = wall if isinstance(wall, datetime) else datetime.combine(wall, schedule.at.replace(tzinfo=None))
    around = moment.replace(tzinfo=zone)
    before, after = previous_slot(schedule, zone, around), next_slot(schedule, zone, around)
    raise UsageError(
        f"no edition is due at {moment:%Y-%m-%dT%H:%M}" if isinstance(wall, datetime) else f"none is due on {wall}",
        remedy=f"The nearest slots are {before:%Y-%m-%dT%H:%M} and {after:%Y-%m-%dT%H:%M}.",
    )


def deadline(slot: datetime, clock: time) -> datetime:
    """Find the first instant after `slot` at which its zone's wall clock shows `clock`; aware in that zone.

    A time of day before the slot's own is the next day's.  One that the clock skips is as many minutes later as it
    skips; of one that comes twice, the first that is after the slot.
    """
    zone, moment = slot.tzinfo, slot.astimezone(UTC)
    found = []
    for days in range(3):  # the third for a zone that skips a whole day
        wall = datetime.combine(slot.date() + timedelta(days=days), clock.replace(tzinfo=None, fold=0), tzinfo=zone)
        first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        found += [first, max(first, second)]  # in a gap fold=1 is the earlier instant, and no time that was meant
    return min(instant for instant in found if instant > moment).astimezone(zone)


def _slot_on(schedule: Schedule, zone: ZoneInfo, day: date) -> datetime | None:
    """The slot of one day, or None where the schedule or the calendar has none."""
    if day.weekday() not in schedule.weekdays:
        return None
    # fold=0 means the first of two equal times, and, in a gap, the offset from before it (PEP 495): through UTC and
    # back that moves a skipped time forward by the gap.
    wall = datetime.combine(day, schedule.at.replace(tzinfo=None, fold=0), tzinfo=zone)
    slot = wall.astimezone(UTC).astimezone(zone)
    return slot if slot.date() == day else None  # moved off its day: the weekday rule would no longer hold


def _slots_between(schedule: Schedule, zone: ZoneInfo, first: date, last: date) -> list[datetime]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [slot for day in days if (slot := _slot_on(schedule, zone, day)) is not None]


def _day_of(instant: datetime, zone: ZoneInfo) -> date:
    if instant.utcoffset() is None:  # our own bug, so not a DigestError
        raise ValueError(f"an instant without a time zone: {instant!r}")
    return instant.astimezone(zone).date()


def _wall_clock(local: date, zone: ZoneInfo) -> date:
    """`local` as naive wall clock of `zone`, or as the bare date it is."""
    if not isinstance(local, datetime):
        return local
    in_zone = local.astimezone(zone) if local.utcoffset() is not None else local
    return in_zone.replace(tzinfo=None, fold=0)


def _as_instant(slot: datetime) -> datetime:
    # Two datetimes of one zone compare by wall clock alone, which is wrong in the hour that comes twice.
    return slot.astimezone(UTC)
