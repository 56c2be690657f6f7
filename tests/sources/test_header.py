from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.sources.header import Header, read_header

KYIV = ZoneInfo("Europe/Kyiv")
DAY = datetime(2026, 3, 5, 8, 15, tzinfo=KYIV)
LEAD = (
    "The operator said that it had finished the repair, two weeks ahead of schedule, and that it expected no outages."
)


def head(text: str, title: str | None = None) -> Header:
    return read_header(text, title=title, zone=KYIV, near=datetime(2026, 3, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    "top",
    [
        "Repair done\n\n5 March 2026, 08:15 AM",
        "Repair done\n5 March 2026, 08:15 AM",
        "5 March 2026, 08:15 AM\n\nRepair done",
        "# Repair done\n\n*Published: 5 March 2026, 08:15*",
        "Repair done\n\nBy Olena Koval\n\n5 March 2026, 08:15",
        "Repair done\n\nBy Olena Koval | 5 March 2026, 08:15 | Kyiv",
        "Repair done\n\nUpdated: 6 March 2026, 10:00\nPublished: 5 March 2026, 08:15",
        "Repair done\nhttps://wire.example/a\n5 березня 2026, 08:15",
    ],
)
def test_title_and_date_are_taken_off(top: str) -> None:
    """In whichever order a newsroom writes them, with byline and address, and nothing else is lost."""
    found = head(f"{top}\n\n{LEAD}\n\nMore of it.")
    assert (found.title, found.published, found.body) == ("Repair done", DAY, f"{LEAD}\n\nMore of it.")
    assert found.author == ("Olena Koval" if "By" in top else None)
    assert found.url == ("https://wire.example/a" if "https" in top else "")


def test_a_subtitle_stays_in_the_body() -> None:
    """What stands between title and date is part of the story."""
    assert (
        head(f"Repair done\n\nTwo weeks early\n\n5 March 2026, 08:15\n\n{LEAD}").body == f"Two weeks early\n\n\n{LEAD}"
    )


def test_a_date_in_the_story_is_not_the_articles() -> None:
    """The date of a timeline's entry, far down or under the lead, says nothing of publication."""
    story = f"Repair done\n\n{LEAD * 3}\n\n24 February 2022\n\n{LEAD}"
    assert head(story).published is None
    assert "24 February 2022" in head(story).body


def test_a_date_at_the_end_counts_where_there_is_no_other() -> None:
    """Some exports close with it; there it stays in the text."""
    found = head(f"Repair done\n\n{LEAD * 3}\n\nPublished: 5 March 2026, 08:15")
    assert found.published == DAY
    assert found.body.endswith("08:15")


def test_a_title_on_two_lines_is_one() -> None:
    """A headline that the export wrapped is put together again."""
    wrapped = "The grid operator has finished the long repair of the\nsubstation in the east"
    assert head(f"{wrapped}\n\n{LEAD}").title == wrapped.replace("\n", " ")


def test_a_declared_title_is_not_repeated() -> None:
    """The heading that says the same again is no part of the story."""
    assert head(f"# Repair “done”\n\n{LEAD}", title='Repair "done"').body == LEAD


@pytest.mark.parametrize("first", [f"{LEAD} {LEAD} {LEAD}", LEAD + " " + "Word " * 10 + "end.", "— 12 —"])
def test_a_first_line_that_is_the_story_is_no_title(first: str) -> None:
    """A paragraph at the top means that the headline is missing."""
    assert head(f"{first}\n\n{LEAD}").title is None
