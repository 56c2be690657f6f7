"""From a window's articles to one edition: the whole of what a reader gets to see, and why.

    articles -> eligible -> same event -> told as stories -> in order -> cut to the limits -> edition

Everything here follows from the values given: the slot stands for the time, so an edition built again later from
the same articles is the same edition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.edition.merge import tell
from digest.edition.rank import RankWeights, Score, order
from digest.edition.stories import same_event
from digest.edition.subject import one_line, preheader_line, subject_line
from digest.model import Article, Edition, EditionStatus, KeyPoint, Newsletter, Section, Story
from digest.translation import translator

WORDS_A_MINUTE = 230  # silent reading of non-fiction: Brysbaert, J. Mem. Lang. 109 (2019), gives 238 for English

Fate = Literal["lead", "merged", "out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of one article, in a sentence, with its story's score where it had one."""

    article: str
    fate: Fate
    because: str
    score: Score | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The stories of an edition in reading order, and what became of every article."""

    stories: tuple[Story, ...]
    decisions: tuple[Decision, ...]  # sorted by article id


def assemble(
    newsletter: Newsletter,
    *,
    slot: datetime,
    window: tuple[datetime, datetime],
    articles: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    number: int,
    weights: RankWeights | None = None,
) -> Edition:
    """Make the edition of `newsletter` for `slot` from the articles of its window; the order they come in is nothing.

    `points` are by article id; an article without any can stand behind another, never lead.  Below
    `selection.min_stories` the edition is SKIPPED and its note says why; its stories are kept for whoever looks.
    """
    chosen = choose(newsletter, slot=slot, articles=articles, points=points, weights=weights).stories
    brief_title = translator(newsletter.language).gettext("In brief")
    sections = _sections(chosen, newsletter.selection.brief_after, brief_title=brief_title)
    minutes = reading_minutes(sections)
    subject = subject_line(newsletter, chosen, number=number)
    enough = len(chosen) >= newsletter.selection.min_stories
    return Edition(
        newsletter=newsletter.id,
        slot=slot,
        language=newsletter.language,
        number=number,
        subject=subject,
        preheader=preheader_line(newsletter, chosen, subject=subject),
        intro=intro_line(newsletter.language, stories=len(chosen), minutes=minutes),
        sections=sections,
        window=window,
        reading_minutes=minutes,
        status=EditionStatus.DRAFT if enough else EditionStatus.SKIPPED,
        note="" if enough else _too_few(len(chosen), newsletter.selection.min_stories, window),
    )


def choose(
    newsletter: Newsletter,
    *,
    slot: datetime,
    articles: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    weights: RankWeights | None = None,
) -> Choice:
    """Decide which articles are in, merged or out of the edition for `slot`, and say why of each."""
    weights = weights or RankWeights()
    selection = newsletter.selection
    distinct = sorted({article.id: article for article in articles}.values(), key=lambda article: article.id)
    refused = {article.id: why for article in distinct if (why := _refusal(article, newsletter, weights))}
    decisions = [Decision(article=name, fate="out", because=why) for name, why in refused.items()]
    stories: list[Story] = []
    for cluster in same_event([article for article in distinct if article.id not in refused]):
        story = tell(cluster, points, weights=weights, max_points=selection.max_points)
        if story is None:
            decisions += [Decision(article=article.id, fate="out", because="no key points") for article in cluster]
        else:
            stories.append(story)
    in_order = order(stories, now=slot, weights=weights)
    for place, (story, score) in enumerate(in_order):
        decisions += _decide(story, score, place=place, most=selection.max_stories)
    return Choice(
        stories=tuple(story for story, _ in in_order[: selection.max_stories]),
        decisions=tuple(sorted(decisions, key=lambda decision: decision.article)),
    )


def intro_line(language: str, *, stories: int, minutes: int) -> str:
    """Say how much there is to read, as `7 stories, 3 minutes` in `language`."""
    speak = translator(language)
    return ", ".join(
        (
            speak.ngettext("%(n)d story", "%(n)d stories", stories) % {"n": stories},
            speak.ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes},
        )
    )


def reading_minutes(sections: Sequence[Section]) -> int:
    """Minutes to read the titles and points that the mail shows, at WORDS_A_MINUTE; started ones count, 1 at least."""
    count = 0
    for section in sections:
        count += len(section.title.split())
        for story in section.stories:
            shown = story.points[:1] if section.brief else story.points
            count += sum(len(text.split()) for text in (one_line(story.lead.title), *(point.text for point in shown)))
    return max(1, math.ceil(count / WORDS_A_MINUTE))


def _refusal(article: Article, newsletter: Newsletter, weights: RankWeights) -> str:
    languages = newsletter.selection.languages or {newsletter.language}
    if article.language not in languages:
        return f"language {article.language} is not one of {', '.join(sorted(languages))}"
    if newsletter.selection.sources and article.source not in newsletter.selection.sources:
        return f"source {article.source or '(not named)'} is not one of the newsletter's"
    if {article.id, article.url} & weights.drops:
        return "dropped by the editor"
    return ""


def _decide(story: Story, score: Score, *, place: int, most: int) -> list[Decision]:
    kept = place < most
    standing = f"story {place + 1}" if kept else f"place {place + 1}, past max_stories = {most}"
    decisions = [Decision(article=story.lead.id, fate="lead" if kept else "out", because=standing, score=score)]
    for other in story.others:
        added = sum(point.article == other.id for point in story.points)
        because = f"{standing}: same event as {story.lead.id}, {added} points added"
        decisions.append(Decision(article=other.id, fate="merged" if kept else "out", because=because, score=score))
    return decisions


def _sections(stories: Sequence[Story], brief_after: int, *, brief_title: str) -> tuple[Section, ...]:
    main, rest = tuple(stories[:brief_after]), tuple(stories[brief_after:])
    sections = [Section(title="", stories=main)] if main else []
    if rest:
        sections.append(Section(title=brief_title, stories=rest, brief=True))
    return tuple(sections)


def _too_few(found: int, needed: int, window: tuple[datetime, datetime]) -> str:
    after, until = window
    return f"{found} of at least {needed} stories between {after:%Y-%m-%dT%H:%M} and {until:%Y-%m-%dT%H:%M}"
