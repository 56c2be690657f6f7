from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.dates import read_date_line, read_declared_date

KYIV = ZoneInfo("Europe/Kyiv")
NEAR = datetime(2022, 2, 1, tzinfo=UTC)


def read(line: str, zone: ZoneInfo = KYIV) -> str | None:
    found = read_date_line(line, zone=zone, near=NEAR)
    return found.instant.isoformat(timespec="minutes") if found else None


@pytest.mark.parametrize(
    "line",
    [
        "27 January 2022, 05:46 PM",
        "January 27, 2022 5:46 p.m.",
        "Jan. 27, 2022, 17:46",
        "27 января 2022, 17:46",
        "27 января 2022 г., 17:46",
        "17:46, 27 января 2022",
        "27 січня 2022 р., 17:46",
        "Четвер, 27 січня 2022, о 17:46",
        "четверг, 27 янв 2022 17:46",
        "27.01.2022 17:46",
        "27.01.2022, 17.46",
        "2022-01-27 17:46",
        "2022-01-27T17:46:30.123+02:00",
        "2022-01-27T17:46+0200",
        "Thu, 27 Jan 2022 17:46:00 +0200",
        "27th of January 2022 at 17:46 (Kyiv time)",
        "27 января 2022, 17:46 (по киевскому времени)",
        "Published: 27 January 2022, 17:46",
        "Published on January 27, 2022 at 5:46 PM",
        "Updated: 27 January 2022, 17:46",
        "Опубліковано: 27 січня 2022, 17:46 (оновлено 18:30)",
        "Опубликовано 27 января 2022, 17:46",
        "27 January 2022, 17:46 | Updated 28 January 2022, 09:00",
        "27 January 2022, 17:46 — 5 min read",
        "27 января, 17:46",
        "27 січня, 17:46",
    ],
)
def test_one_instant_in_many_shapes(line: str) -> None:
    """Three languages and the machine formats tell the same minute; without a zone it is the newsroom's."""
    assert read(line) == "2022-01-27T17:46+02:00"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2022-01-27T15:46:00Z", "2022-01-27T15:46+00:00"),
        ("Jan. 27, 2022 10:46 a.m. EST", "2022-01-27T10:46-05:00"),
        ("July 27, 2022 10:46 a.m. ET", "2022-07-27T10:46-04:00"),
        ("27 January 2022, 12:05 AM", "2022-01-27T00:05+02:00"),
        ("27 January 2022, 12:05 PM", "2022-01-27T12:05+02:00"),
        ("27 July 2022", "2022-07-27T00:00+03:00"),
        ("31 грудня, 23:00", "2021-12-31T23:00+02:00"),
        ("03/04/2022", "2022-04-03T00:00+03:00"),
        ("01/27/2022", "2022-01-27T00:00+02:00"),
    ],
)
def test_zones_halves_of_the_day_and_years_left_out(line: str, expected: str) -> None:
    """A named zone wins over the newsroom's; a day without a year is the last one before the file was written."""
    assert read(line) == expected


def test_america_writes_the_month_first() -> None:
    """Where a date in figures may be two days, the newsroom's own zone decides."""
    assert read("03/04/2022", ZoneInfo("America/New_York")) == "2022-03-04T00:00-05:00"
    assert read("27/01/2022", ZoneInfo("America/New_York")) == "2022-01-27T00:00-05:00"
    assert read("01/27/2022", ZoneInfo("America/New_York")) == "2022-01-27T00:00-05:00"


@pytest.mark.parametrize(
    "line",
    [
        "January 27, 2022, the day everything changed",
        "On 27 January 2022",
        "27 января",
        "January 2022",
        "2022",
        "31 February 2022",
        "29 February, 10:00",
        "2022-01-27T25:00",
        "2022-01-27T17:46+99:00",
        "27 January 2022, 17:46 IST",
        "27 January 0022",
        "9999-12-31 23:59",
        "",
        "1" * 500,
    ],
)
def test_what_is_not_wholly_a_date_is_none(line: str) -> None:
    """A sentence with a date in it, an impossible day and an unknown zone are not guessed at."""
    assert read(line) is None


def test_clock_changes_give_an_instant_that_exists() -> None:
    """The hour that spring skips moves on by an hour, and the one that autumn repeats is its first."""
    assert read("2026-03-29 03:30") == "2026-03-29T04:30+03:00"
    assert read("2026-10-25 03:30") == "2026-10-25T03:30+03:00"


def test_a_declared_date_may_be_in_any_language() -> None:
    """What a front matter calls its date is tried further, though never as "tomorrow": no clock is read."""
    assert read_declared_date("3 mars 2026 14:00", zone=KYIV) == datetime(2026, 3, 3, 14, tzinfo=KYIV)
    assert read_declared_date("tomorrow", zone=KYIV) is None
    assert read_declared_date("in 2 days", zone=KYIV) is None


@given(st.text(alphabet="0123456789 :.,-/+ZTапрAPMJanутрг|()", max_size=60))
def test_no_line_crashes(line: str) -> None:
    """Any line is a date with a zone or none at all."""
    found = read_date_line(line, zone=KYIV, near=NEAR)
    assert found is None or found.instant.utcoffset() is not None
