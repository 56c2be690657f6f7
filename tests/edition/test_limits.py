"""Limits take from the low end, the next best takes the place, and one story always stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.limits import keep, reading_minutes
from digest.model import Article, KeyPoint, Section, Selection, Span, Story


def story(name: str, *words: int, source: str = "") -> Story:
    lead = Article(
        id=name,
        url="",
        title="Title",
        published=datetime(2026, 3, 5, tzinfo=UTC),
        language="en",
        source=source,
        text="text",
        blocks=(),
    )
    points = tuple(
        KeyPoint(text="word " * count, origin="extracted", spans=(Span(0, 1),), article=name) for count in words
    )
    return Story(lead=lead, points=points)


def front_and_brief(stories: Sequence[Story], briefed: Collection[str]) -> tuple[Section, ...]:
    """All in full but those that are briefed."""
    full = tuple(each for each in stories if each.id not in briefed)
    brief = tuple(each for each in stories if each.id in briefed)
    sections = (Section(title="", stories=full), Section(title="In brief", stories=brief, brief=True))
    return tuple(section for section in sections if section.stories)


@pytest.mark.parametrize(("words", "minutes"), [(1, 1), (229, 1), (230, 2), (459, 2), (460, 3)])
def test_reading_time_counts_started_minutes_of_what_is_shown(words: int, minutes: int) -> None:
    """230 words a minute; the title is one word here, and a brief story shows its first point alone."""
    assert reading_minutes([Section(title="", stories=(story("a", words),))]) == minutes
    brief = Section(title="", stories=(story("a", words, words, words),), brief=True)
    assert reading_minutes([brief]) == minutes


def test_the_next_best_takes_the_place_of_one_source_too_many() -> None:
    """The third story of one source gives way to the fourth in rank, and is told why."""
    ranked = [story("a", 9, source="Wire"), story("b", 9, source="wire"), story("c", 9, source="Herald"), story("d", 9)]
    kept = keep(ranked, Selection(max_per_source=1, max_stories=2), arrange=front_and_brief)
    assert [each.id for each in kept.stories] == ["a", "c"]
    assert kept.out == {"b": "place 2, past max_per_source = 1 of wire", "d": "place 4, past max_stories = 2"}


def test_the_lowest_is_told_in_brief_before_it_is_dropped() -> None:
    """From the low end: first only its first point, then not at all, until the rest can be read in time."""
    ranked = [story("a", 100, 40), story("b", 60, 60), story("c", 20, 60)]
    kept = keep(ranked, Selection(max_minutes=1), arrange=front_and_brief)
    assert [(section.title, [each.id for each in section.stories]) for section in kept.sections] == [
        ("", ["a"]),
        ("In brief", ["b"]),
    ]
    assert kept.out == {"c": "past max_minutes = 1"}


def test_one_story_stays_with_what_can_be_read_of_it() -> None:
    """A lead too long for the limit loses its last points, never its first."""
    kept = keep([story("a", 200, 100, 100)], Selection(max_minutes=1), arrange=front_and_brief)
    assert [len(point.text.split()) for point in kept.stories[0].points] == [200]
    kept = keep([story("a", 900, 100)], Selection(max_minutes=1), arrange=front_and_brief)
    assert [len(each.points) for each in kept.stories] == [1]


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["A", "B", ""]), st.lists(st.integers(1, 200), min_size=1, max_size=4)), max_size=12
    ),
    most=st.integers(1, 8),
    minutes=st.none() | st.integers(1, 4),
    per_source=st.none() | st.integers(1, 3),
)
def test_limits_always_hold(
    rows: list[tuple[str, list[int]]], most: int, minutes: int | None, per_source: int | None
) -> None:
    """Whatever comes in: no limit is passed but for one story alone, none is lost without a reason, the order stays."""
    ranked = [story(f"{number:02}", *words, source=source) for number, (source, words) in enumerate(rows)]
    selection = Selection(max_stories=most, max_minutes=minutes, max_per_source=per_source)
    kept = keep(ranked, selection, arrange=front_and_brief)
    names = [each.id for each in kept.stories]
    assert names == sorted(names)
    assert len(names) <= most
    assert bool(names) is bool(rows)
    assert {*names, *kept.out} == {each.id for each in ranked}
    assert sorted(names) == sorted(each.id for section in kept.sections for each in section.stories)
    led = Counter(each.lead.source for each in kept.stories if each.lead.source)
    assert per_source is None or all(count <= per_source for count in led.values())
    single = len(names) == 1 and len(kept.stories[0].points) == 1
    assert minutes is None or reading_minutes(kept.sections) <= minutes or single
    if ranked:
        assert names[0] == ranked[0].id
