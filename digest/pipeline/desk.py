"""A draft on an editor's desk: given out as a text, and taken back where its words are borne out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from digest.edition.editing import edition_text, read_edition_text
from digest.errors import UsageError
from digest.keypoints.faithful import new_facts
from digest.model import Article, Edition, EditionStatus, KeyPoint, Newsletter, Section, Story
from digest.store import Store

_SENTENCE_ENDS: Final = re.compile(r"[.!?…][\"”»’')]*(?=\s|$)|\n|$")


def on_desk(store: Store, newsletter: Newsletter, slot: datetime) -> Edition:
    """Give the draft of `slot` as it is kept; UsageError where there is none to stand behind."""
    edition = store.editions.get(newsletter.id, slot)
    if edition is not None:
        return edition
    drafts = (one for one in store.editions.recent(newsletter.id, limit=10) if one.status is EditionStatus.DRAFT)
    waiting = next(drafts, None)
    see = f"See it first: digest preview {newsletter.id} --slot {slot:%Y-%m-%dT%H:%M}."
    raise UsageError(
        f"there is no draft for {slot:%Y-%m-%dT%H:%M}",
        where=newsletter.id,
        remedy=see if waiting is None else f"{see} The latest that waits is of --slot {waiting.slot:%Y-%m-%dT%H:%M}.",
    )


def text_to_edit(store: Store, newsletter: Newsletter, slot: datetime) -> str:
    """Give the draft of `slot` as the text that `take_back` reads; UsageError where it can no longer change."""
    return edition_text(_changeable(store, newsletter, slot))


def take_back(store: Store, newsletter: Newsletter, slot: datetime, text: str, *, force: bool = False) -> Edition:
    """Keep what an editor made of the draft's text.  An approved edition that is changed is a draft again.

    A reworded point may tell no number, date, name, quotation or denial that its sentences do not; with `force` it may,
    and the point keeps what it adds (`on_trust`).  Raises UsageError that lists what is wrong with the text, or says
    that the edition went out meanwhile; the draft then stays as it was.
    """
    edition = _changeable(store, newsletter, slot)
    changed = _borne_out(read_edition_text(text, edition, newsletter), edition, force=force)
    if changed == edition:
        return edition
    if edition.status is EditionStatus.APPROVED:
        store.editions.move(edition, to=EditionStatus.DRAFT, allowed=(EditionStatus.APPROVED,))
        changed = replace(changed, status=EditionStatus.DRAFT)
    kept = store.editions.save(changed)
    if not kept.edited or kept.status.begun:
        raise UsageError("it went out while it was being edited", where=edition.key)
    return kept


def _borne_out(changed: Edition, edition: Edition, *, force: bool) -> Edition:
    """Give `changed` with what its new wordings add to their sentences; UsageError unless `force`."""
    before = {(point.article, point.spans, point.text) for story in edition.stories for point in story.points}
    problems: list[str] = []
    texts = [article.text for story in edition.stories for article in story.articles]

    def held(story: Story, point: KeyPoint) -> KeyPoint:
        if (point.article, point.spans, point.text) in before:
            return point
        article = next(one for one in story.articles if one.id == point.article)
        cited = [point.original or "", *_sentences(article, point)]
        added = new_facts(point.text, cited, language=article.language, common=texts)
        if added:
            problems.append(f"“{point.text}”: {added}")
        return replace(point, on_trust=added)

    sections: list[Section] = []
    for section in changed.sections:
        stories = [replace(one, points=tuple(held(one, point) for point in one.points)) for one in section.stories]
        sections.append(replace(section, stories=tuple(stories)))
    if problems and not force:
        raise UsageError(
            "\n  ".join(["what was reworded says more than its sentences:", *problems])
            + "\nUse their words, or keep yours with --force, which the edition records.",
            where=edition.key,
        )
    return replace(changed, sections=tuple(sections))


def _sentences(article: Article, point: KeyPoint) -> list[str]:
    """What `point` rests on, each piece with the rest of its sentence: what the point left out is said there."""
    ends = [_SENTENCE_ENDS.search(article.text, max(span.start, span.end - 1)) for span in point.spans]
    return [
        article.text[span.start : max(span.end, end.end() if end else 0)]
        for span, end in zip(point.spans, ends, strict=True)
    ]


def _changeable(store: Store, newsletter: Newsletter, slot: datetime) -> Edition:
    edition = store.editions.get(newsletter.id, slot)
    if edition is None:
        raise UsageError("no edition is kept for this slot", remedy=f"Build it first: digest build {newsletter.id}")
    if edition.status.begun:
        raise UsageError(f"it is {edition.status}, and what went out stays as it is", where=edition.key)
    return edition
