"""An edition made again from its recipe, and held against the one that is kept.

What an editor or a model may change is theirs: order, sections, wording, subject.  All else must come out the same,
byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime

from digest.edition.assemble import intro_line, reading_minutes
from digest.edition.difference import difference
from digest.errors import UsageError
from digest.model import Edition, KeyPoint, Newsletter, Story
from digest.pipeline.cook import cook
from digest.pipeline.recipe import as_they_were, versions_changed
from digest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whether an edition made again from its recipe is the one that is kept."""

    edition: Edition
    differences: tuple[str, ...]  # empty: the same, byte for byte but for what people and models changed
    edits: tuple[str, ...]  # what an editor changed in what was built, line by line
    reworded: int  # points that an editor or a model put in other words; their sentences were checked
    versions: tuple[str, ...]  # what is another version now, and may explain a difference


def verify(store: Store, newsletter: Newsletter, slot: datetime) -> Verified:
    """Make the kept edition of `slot` again from its recipe, and compare.

    Of an edition that an editor changed, or a model reworded, every story must be told of the same articles, and every
    point rest on the same characters as in the one made again; what changed beyond that is told as `edits`.  Raises
    UsageError where no edition or recipe is kept, DigestError where something that it was made of is gone.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is None or kept.recipe is None:
        raise UsageError("no edition is kept for this slot, or not how it was made", remedy="Build it first.")
    again = cook(as_they_were(store, kept, kept.recipe))
    again = replace(again, recipe=kept.recipe, status=kept.status, note=kept.note)
    changed = sum(point.original not in (None, point.text) for story in kept.stories for point in story.points)
    if kept.edited or any(point.original for story in kept.stories for point in story.points):
        differences = tuple(_not_theirs_to_change(kept, again))
    elif again == kept:
        differences = ()
    else:
        differences = (
            tuple(difference(kept, again)) or tuple(_not_theirs_to_change(kept, again)) or _fields(kept, again)
        )
    return Verified(
        edition=kept,
        differences=differences,
        edits=tuple(difference(again, kept)) if kept.edited else (),
        reworded=changed,
        versions=tuple(versions_changed(kept.recipe)),
    )


def _not_theirs_to_change(kept: Edition, again: Edition) -> Iterator[str]:
    if kept.language != again.language:
        yield f"language: {kept.language} in place of {again.language}"
    minutes = reading_minutes(kept.sections)
    intro = intro_line(kept.language, stories=len(kept.stories), minutes=minutes)
    if (kept.reading_minutes, kept.intro) != (minutes, intro):
        yield f"intro: {kept.intro} in place of {intro}"
    made = {story.id: story for story in again.stories}
    for story in kept.stories:
        if story.id in made:
            yield from _of_story(story, made[story.id])
        else:
            yield f"a story that it was not made with: {story.lead.title}"
    if not kept.edited:
        if kept.subject != again.subject:
            yield f"subject: {kept.subject} in place of {again.subject}"
        if _headings(kept) != _headings(again):
            yield "its stories stand in another order, or under other headings"


def _of_story(story: Story, made: Story) -> Iterator[str]:
    if (story.articles, story.update_of) != (made.articles, made.update_of):
        yield f"an article of it is another one, or not as it was: {story.lead.title}"
    known = {_evidence(point) for point in made.points}
    # A model may tell two sentences in one point: then its spans are those of several.
    spans = {(point.article, span) for point in made.points for span in point.spans}
    for point in story.points:
        told_together = all((point.article, span) in spans for span in point.spans) and any(
            one.text == point.original and set(one.spans) <= set(point.spans) for one in made.points
        )
        if _evidence(point) not in known and not told_together:
            yield f"a point that nothing bears out any more: {point.text}"


def _evidence(point: KeyPoint) -> tuple[object, ...]:
    return (point.article, point.spans, point.original or point.text)


def _headings(edition: Edition) -> list[tuple[str, bool, list[str]]]:
    return [(section.title, section.brief, [story.id for story in section.stories]) for section in edition.sections]


def _fields(kept: Edition, again: Edition) -> tuple[str, ...]:
    names = [field.name for field in fields(Edition) if getattr(kept, field.name) != getattr(again, field.name)]
    return (f"it differs in {', '.join(names)}",)
