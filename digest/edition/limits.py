"""How much an edition holds: stories in all, stories that one source leads, minutes of reading.

Each limit takes from the low end of the ranking, and the next best takes the place.  A limit always holds, but for
one story that takes too long to read even with a single point: an edition keeps at least one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from digest.edition.rank import source_name
from digest.edition.subject import one_line
from digest.model import Section, Selection, Story

WORDS_A_MINUTE = 230  # silent reading of non-fiction: Brysbaert, J. Mem. Lang. 109 (2019), gives 238 for English

Arrange = Callable[[Sequence[Story], Collection[str]], tuple[Section, ...]]  # ranked stories, ids of those in brief


@dataclass(frozen=True, slots=True)
class Kept:
    """The stories that stay, ranked; their sections; and why the others are out, by story id."""

    stories: tuple[Story, ...]
    sections: tuple[Section, ...]
    out: dict[str, str]


def keep(ranked: Sequence[Story], selection: Selection, *, arrange: Arrange) -> Kept:
    """Cut `ranked` stories to the limits of `selection`, and arrange what stays."""
    out: dict[str, str] = {}
    stories = _cut_to_number(ranked, selection, out)
    if selection.max_minutes is None:
        return Kept(tuple(stories), arrange(stories, ()), out)
    return _cut_to_minutes(stories, selection.max_minutes, arrange, out)


def reading_minutes(sections: Sequence[Section]) -> int:
    """Minutes to read the titles and points that the mail shows, at WORDS_A_MINUTE; started ones count, 1 at least."""
    count = 0
    for section in sections:
        count += len(section.title.split())
        for story in section.stories:
            shown = story.points[:1] if section.brief else story.points
            count += sum(len(text.split()) for text in (one_line(story.lead.title), *(point.text for point in shown)))
    return max(1, math.ceil(count / WORDS_A_MINUTE))


def _cut_to_number(ranked: Sequence[Story], selection: Selection, out: dict[str, str]) -> list[Story]:
    stories: list[Story] = []
    led: Counter[str] = Counter()
    for place, story in enumerate(ranked, start=1):
        source = source_name(story.lead)
        if selection.max_per_source is not None and source and led[source.casefold()] >= selection.max_per_source:
            out[story.id] = f"place {place}, past max_per_source = {selection.max_per_source} of {source}"
        elif len(stories) >= selection.max_stories:
            out[story.id] = f"place {place}, past max_stories = {selection.max_stories}"
        else:
            led[source.casefold()] += 1
            stories.append(story)
    return stories


def _cut_to_minutes(stories: list[Story], most: int, arrange: Arrange, out: dict[str, str]) -> Kept:
    """Tell the lowest in brief, then drop it, then the next, until the rest can be read in `most` minutes."""
    reason = f"past max_minutes = {most}"
    fitting = most * WORDS_A_MINUTE  # every story has a word at least
    out.update((story.id, reason) for story in stories[fitting:])
    stories = stories[:fitting]
    briefed: set[str] = set()
    sections = arrange(stories, briefed)
    while len(stories) > 1 and reading_minutes(sections) > most:
        lowest = stories[-1]
        if len(lowest.points) > 1 and _in_full(lowest, sections):
            briefed.add(lowest.id)
        else:
            out[stories.pop().id] = reason
        sections = arrange(stories, briefed)
    while stories and len(stories[0].points) > 1 and reading_minutes(sections) > most:
        stories = [replace(stories[0], points=stories[0].points[:-1])]
        sections = arrange(stories, briefed)
    return Kept(tuple(stories), sections, out)


def _in_full(story: Story, sections: Sequence[Section]) -> bool:
    return any(story.id == each.id for section in sections if not section.brief for each in section.stories)
