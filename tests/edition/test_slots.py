"""Slots stay on the wall clock through both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.slots import next_slot, previous_slot, slot_at
from digest.errors import UsageError
from digest.model import Schedule

NEW_YORK = ZoneInfo("America/New_York")
KYIV = ZoneInfo("Europe/Kyiv")
ZONES = [
    "America/New_York",
    "Europe/Kyiv",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
]
WEEKDAYS = frozenset(range(5))

zones = st.sampled_from(ZONES).map(ZoneInfo)
schedules = st.builds(
    Schedule,
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
)
instants = st.datetimes(
    min_value=datetime(2005, 1, 1),  # noqa: DTZ001 -- hypothesis wants naive bounds
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "at", "day", "utc"),
    [
        pytest.param(NEW_YORK, time(9), "2026-03-07", "2026-03-07T14:00+00:00", id="the day before clocks go forward"),
        pytest.param(NEW_YORK, time(9), "2026-03-08", "2026-03-08T13:00+00:00", id="nine is nine after it"),
        pytest.param(NEW_YORK, time(9), "2026-11-01", "2026-11-01T14:00+00:00", id="and after they go back"),
        pytest.param(NEW_YORK, time(2, 30), "2026-03-08", "2026-03-08T07:30+00:00", id="skipped: 03:30 on the clock"),
        pytest.param(NEW_YORK, time(1, 30), "2026-11-01", "2026-11-01T05:30+00:00", id="twice: the first"),
        pytest.param(KYIV, time(3, 30), "2026-03-29", "2026-03-29T01:30+00:00", id="skipped in Kyiv"),
        pytest.param(KYIV, time(3, 30), "2026-10-25", "2026-10-25T00:30+00:00", id="twice in Kyiv"),
    ],
)
def test_a_day_has_its_slot_through_clock_changes(zone: ZoneInfo, at: time, day: str, utc: str) -> None:
    """A scheduled time that is skipped moves forward by the gap, one that comes twice is taken the first time."""
    slot = slot_at(Schedule(at=at), zone, date.fromisoformat(day))
    assert slot.astimezone(UTC) == datetime.fromisoformat(utc)
    assert slot.date() == date.fromisoformat(day)


def test_a_time_that_comes_twice_is_due_once() -> None:
    """Between the two 01:30s of the night clocks go back, the next slot is tomorrow's."""
    schedule = Schedule(at=time(1, 30))
    second = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)
    assert previous_slot(schedule, NEW_YORK, second) == datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    assert next_slot(schedule, NEW_YORK, second).date() == date(2026, 11, 2)


def test_a_day_that_a_zone_skipped_has_no_slot() -> None:
    """Samoa had no 30 December 2011: its slot is neither moved to the 31st nor sent twice."""
    apia = ZoneInfo("Pacific/Apia")
    before = datetime(2011, 12, 29, 9, tzinfo=apia)
    assert next_slot(Schedule(at=time(9)), apia, before).date() == date(2011, 12, 31)
    fridays = Schedule(at=time(9), weekdays=frozenset({4}))
    assert next_slot(fridays, apia, before).date() == date(2012, 1, 6)
    with pytest.raises(UsageError, match="2011-12-23T09:00 and 2012-01-06T09:00"):
        slot_at(fridays, apia, date(2011, 12, 30))


@given(schedule=schedules, zone=zones, instant=instants)
def test_slots_strictly_increase_and_round_trip(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> None:
    """Previous <= instant < next, nothing lies between them, and each finds the other back."""
    before, after = previous_slot(schedule, zone, instant), next_slot(schedule, zone, instant)
    assert before.astimezone(UTC) <= instant < after.astimezone(UTC)
    assert next_slot(schedule, zone, before).astimezone(UTC) == after.astimezone(UTC)
    assert previous_slot(schedule, zone, after) == after
    just_before = after.astimezone(UTC) - timedelta(seconds=1)
    assert previous_slot(schedule, zone, just_before).astimezone(UTC) == before.astimezone(UTC)


@given(schedule=schedules, zone=zones, instant=instants)
def test_a_slot_is_the_scheduled_time_of_a_scheduled_day(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> None:
    """The wall clock shows `schedule.at`, unless that day's clock never showed it."""
    slot = next_slot(schedule, zone, instant)
    assert slot.weekday() in schedule.weekdays
    wall = datetime.combine(slot.date(), schedule.at, tzinfo=zone)
    exists = wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
    assert (slot.timetz().replace(tzinfo=None) == schedule.at) is exists
    assert slot.fold == 0 or not exists


@given(schedule=schedules, zone=zones, instant=instants)
def test_every_slot_can_be_named(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> None:
    """A slot is found again by its wall clock, its date, its scheduled time, and in another zone."""
    slot = next_slot(schedule, zone, instant)
    for name in (slot.replace(tzinfo=None), slot.date(), datetime.combine(slot.date(), schedule.at), slot):
        assert slot_at(schedule, zone, name) == slot
    assert slot_at(schedule, zone, slot.astimezone(UTC)) == slot


@pytest.mark.parametrize(
    ("local", "message"),
    [
        pytest.param(naive("2026-03-07T09:00"), "2026-03-06T09:00 and 2026-03-09T09:00", id="a Saturday"),
        pytest.param(naive("2026-03-06T10:00"), "2026-03-06T09:00 and 2026-03-09T09:00", id="another hour"),
        pytest.param(date(2026, 3, 7), "2026-03-06T09:00 and 2026-03-09T09:00", id="a date without one"),
        pytest.param(naive("0001-01-01T09:00"), "year 1", id="a year that overflows"),
        pytest.param(naive("9999-12-31T09:00"), "year 9999", id="and at the other end"),
    ],
)
def test_a_slot_that_is_not_one_is_refused_with_those_around_it(local: date, message: str) -> None:
    """A mistyped slot never becomes an edition of its own; the message names the right ones."""
    with pytest.raises(UsageError, match=message):
        slot_at(Schedule(at=time(9), weekdays=WEEKDAYS), KYIV, local)


def test_an_instant_without_zone_is_our_bug() -> None:
    """A naive instant raises ValueError, never a silent guess."""
    with pytest.raises(ValueError, match="time zone"):
        next_slot(Schedule(at=time(9)), KYIV, naive("2026-03-06T10:00"))
