"""Why each article is in, merged or out of an edition, as it is kept."""

from __future__ import annotations

import math
from dataclasses import replace

from digest.edition.choose import Decision
from digest.errors import UsageError
from digest.model import Edition, Section, Story
from digest.pipeline.cook import decide
from digest.pipeline.recipe import as_they_were
from digest.store import Store

_Place = tuple[int, str]  # a story's place in reading order, from 1, and its section's title


def explain(store: Store, edition: Edition) -> tuple[Decision, ...]:
    """Tell of every article that `edition` was made of why it is where it is, with its figures.

    In reading order: each story's lead, then what is merged into it; then what is out, the highest score first.  An
    edition that an editor changed is explained as it is now, beside what it was built as.  Raises DigestError where
    something that it was made of is gone.
    """
    if edition.recipe is None:
        raise UsageError("it is not known what it was made of", where=edition.key, remedy="Build it with --rebuild.")
    choice = decide(as_they_were(store, edition, edition.recipe))
    built, kept = _places(choice.sections), _places(edition.sections)
    story_of = {article.id: story for story in edition.stories for article in story.articles}
    inside: list[tuple[int, int, Decision]] = []
    out: list[Decision] = []
    for one in choice.decisions:
        story = story_of.get(one.article)
        if story is None:
            out.append(one if one.fate == "out" else _taken_out(one))
        else:
            place = kept[story.id]
            now = one if place == built.get(story.id) else _moved(one, story, place, edition)
            inside.append((place[0], [article.id for article in story.articles].index(one.article), now))
    inside.sort(key=lambda each: each[:2])
    out.sort(key=lambda one: (-one.score.total if one.score else math.inf, one.because, one.article))
    return (*(one for _story, _article, one in inside), *out)


def _moved(one: Decision, story: Story, place: _Place, edition: Edition) -> Decision:
    number, title = place
    pinned = ", pinned" if story.id in edition.pins else ""
    heading = f" in “{title}”" if title else ""
    because = f"story {number}{heading} as edited{pinned}; built as {one.because}"
    return replace(one, fate="lead" if one.article == story.id else "merged", because=because)


def _taken_out(one: Decision) -> Decision:
    return replace(one, fate="out", because=f"taken out by an editor; built as {one.because}")


def _places(sections: tuple[Section, ...]) -> dict[str, _Place]:
    stories = [(section, story) for section in sections for story in section.stories]
    return {story.id: (number, section.title) for number, (section, story) in enumerate(stories, start=1)}
