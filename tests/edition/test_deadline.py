"""A deadline is a time on the wall clock, through both clock changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.slots import deadline

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["America/New_York", "Europe/Kyiv", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]


@pytest.mark.parametrize(
    ("slot", "clock", "utc"),
    [
        pytest.param("2026-03-05T09:00-05:00", time(11), "2026-03-05T16:00+00:00", id="two hours later"),
        pytest.param("2026-03-05T22:00-05:00", time(2), "2026-03-06T07:00+00:00", id="over midnight"),
        pytest.param("2026-03-05T09:00-05:00", time(8, 59), "2026-03-06T13:59+00:00", id="the next day's"),
        pytest.param("2026-03-08T01:00-05:00", time(2, 30), "2026-03-08T07:30+00:00", id="skipped: 03:30 on the clock"),
        pytest.param("2026-03-07T22:00-05:00", time(9), "2026-03-08T13:00+00:00", id="over the clock going forward"),
        pytest.param("2026-11-01T00:30-04:00", time(1, 30), "2026-11-01T05:30+00:00", id="twice: the first"),
        pytest.param("2026-11-01T01:45-04:00", time(1, 30), "2026-11-01T06:30+00:00", id="the first is over"),
        pytest.param("2026-10-31T22:00-04:00", time(9), "2026-11-01T14:00+00:00", id="over the clock going back"),
    ],
)
def test_a_deadline_is_when_the_clock_first_shows_it(slot: str, clock: time, utc: str) -> None:
    """A time that is skipped moves forward by the gap; one that comes twice is taken the first time after the slot."""
    found = deadline(datetime.fromisoformat(slot).astimezone(NEW_YORK), clock)
    assert found.astimezone(UTC) == datetime.fromisoformat(utc)
    assert found.tzinfo is NEW_YORK


@given(
    st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - naive bounds
    st.sampled_from(ZONES).map(ZoneInfo),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_a_deadline_follows_its_slot_within_two_days(slot: datetime, zone: ZoneInfo, clock: time) -> None:
    """It is never at or before its slot, and a day and a clock change after it at the latest (Samoa skipped a day)."""
    after = deadline(slot.astimezone(zone), clock).astimezone(UTC) - slot
    assert timedelta(0) < after <= timedelta(hours=26 if zone.key != "Pacific/Apia" else 50)
