"""Two kept editions beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.config import Settings
from digest.edition.difference import difference
from digest.edition.pair import counterparts, disagreements
from digest.model import Edition
from digest.pipeline.find import edition_named
from digest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs, line by line, and where two languages say other names or figures of one event."""

    differences: tuple[str, ...]
    disagreements: tuple[str, ...]
    same_events: tuple[str, ...] = ()  # of two languages: what both tell, with its place in each


def compare(settings: Settings, store: Store, one: str, other: str) -> Comparison:
    """Compare two editions by their keys; raises UsageError where there is none of that name.

    Of two languages no words are compared: which events only one tells, and whether those that both tell stand in one
    order, is the difference.
    """
    first, second = edition_named(settings, store, one), edition_named(settings, store, other)
    if first.language == second.language:
        return Comparison(differences=tuple(difference(first, second)), disagreements=())
    return Comparison(
        differences=tuple(_of_two_languages(first, second)),
        disagreements=tuple(str(one) for one in disagreements(second, first)),
        same_events=tuple(_in_both(first, second)),
    )


def _in_both(first: Edition, second: Edition) -> Iterator[str]:
    pairs = counterparts(second.stories, first)
    places = {story.id: place for place, story in enumerate(first.stories, start=1)}
    for place, story in enumerate(second.stories, start=1):
        if (told := pairs.get(story.id)) is not None:
            yield f"{places[told.id]} / {place}: {told.lead.title} / {story.lead.title}"


def _of_two_languages(first: Edition, second: Edition) -> Iterator[str]:
    pairs = counterparts(second.stories, first)
    told = {story.id for story in pairs.values()}
    yield from (f"- story: {story.lead.title}" for story in first.stories if story.id not in told)
    yield from (f"+ story: {story.lead.title}" for story in second.stories if story.id not in pairs)
    order = [story.id for story in first.stories if story.id in told]
    if order != [pairs[story.id].id for story in second.stories if story.id in pairs]:
        yield "~ the events that both tell stand in another order"
