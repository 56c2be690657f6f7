"""Which of a window's articles make an edition, under which heading each story stands, and why: of every article.

articles -> eligible -> same event -> what is new of it -> told as stories -> in order -> cut to the limits
         -> under their headings
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from digest.edition.limits import keep
from digest.edition.memory import Memory, Retell, Told, changes, new_outlets
from digest.edition.merge import tell
from digest.edition.pair import counterparts, partner_order
from digest.edition.rank import RankWeights, Score, order
from digest.edition.sections import arrange, heading
from digest.edition.stories import compare
from digest.model import Article, Edition, KeyPoint, Newsletter, Section, Story

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
    """The stories of an edition under their headings, and what became of every article."""

    sections: tuple[Section, ...]
    decisions: tuple[Decision, ...]  # stories in reading order, then those left out by rank, then what made no story

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story in reading order."""
        return tuple(story for section in self.sections for story in section.stories)


def choose(
    newsletter: Newsletter,
    *,
    slot: datetime,
    articles: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    window: tuple[datetime, datetime] | None = None,
    earlier: Sequence[Edition] = (),
    regular_start: datetime | None = None,
    pins: tuple[str, ...] = (),
    drops: frozenset[str] = frozenset(),
    partner: Edition | None = None,
    retell: Retell | None = None,
) -> Choice:
    """Decide which articles are in, merged or out of the edition for `slot`, and say why of each.

    The keywords are those of `assemble`, which makes an edition of what is chosen here.  Without `window` no story
    counts as missed.
    """
    weights = _weights(newsletter, pins=pins, drops=drops)
    decisions: list[Decision] = []
    memory = Memory(earlier, slot=slot)
    eligible = _eligible(articles, newsletter, memory, decisions)
    stories, remarks = _stories(
        eligible, points, memory, decisions, weights=weights, newsletter=newsletter, retell=retell
    )
    headings = {story.id: heading(story.lead, newsletter) for story in stories}
    ranked = order(stories, now=slot, weights=weights, headings=headings)
    score_of = {story.id: score for story, score in ranked}
    pinned = [story for story, score in ranked if score.pin is not None]
    others = [story for story, score in ranked if score.pin is None]
    if partner is not None:
        pairs = counterparts(stories, partner)
        others = partner_order(others, pairs, partner)
        places = {story.id: number for number, story in enumerate(partner.stories, start=1)}
        for name, counterpart in pairs.items():
            remarks[name] += f", with story {places[counterpart.id]} of {partner.key}"
    front, missed = {story.id for story in pinned}, _missed(stories, window, regular_start)
    kept = keep(
        [*pinned, *others],
        newsletter.selection,
        arrange=lambda some, briefed: arrange(some, newsletter, front=front, missed=missed, briefed=briefed),
    )
    told: list[Decision] = []
    for place, (section, story) in enumerate(_in_reading_order(kept.sections), start=1):
        under = f" in “{section.title}”" if section.title else ""
        standing = f"story {place}{under}{remarks[story.id]}"
        told += _decide(story, standing, kept=True, score=score_of[story.id])
    for story in (*pinned, *others):
        if story.id in kept.out:
            told += _decide(story, kept.out[story.id] + remarks[story.id], kept=False, score=score_of[story.id])
    rest = sorted(decisions, key=lambda decision: decision.article)
    return Choice(sections=kept.sections, decisions=(*told, *rest))


def _weights(newsletter: Newsletter, *, pins: tuple[str, ...], drops: frozenset[str]) -> RankWeights:
    selection = newsletter.selection
    return RankWeights(
        half_life=selection.half_life,
        source_weights=selection.source_weights,
        section_weights=selection.section_weights,
        pins=pins,
        drops=drops,
    )


def _eligible(
    articles: Sequence[Article], newsletter: Newsletter, memory: Memory, decisions: list[Decision]
) -> list[Article]:
    """The articles that may make a story, sorted by id; of the others it is decided that they are out."""
    eligible: list[Article] = []
    for article in sorted({article.id: article for article in articles}.values(), key=lambda article: article.id):
        if why := _refusal(article, newsletter) or memory.refusal(article):
            decisions.append(Decision(article=article.id, fate="out", because=why))
        else:
            eligible.append(article)
    return eligible


def _refusal(article: Article, newsletter: Newsletter) -> str:
    languages = newsletter.selection.languages or {newsletter.language}
    if article.language not in languages:
        return f"language {article.language} is not one of {', '.join(sorted(languages))}"
    if newsletter.selection.sources and article.source not in newsletter.selection.sources:
        return f"source {article.source or '(not named)'} is not one of the newsletter's"
    return ""


def _stories(
    eligible: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    memory: Memory,
    decisions: list[Decision],
    *,
    weights: RankWeights,
    newsletter: Newsletter,
    retell: Retell | None,
) -> tuple[list[Story], dict[str, str]]:
    """One story for each event that has something to tell, and by its id what is to be said of it."""
    comparison = compare([*eligible, *memory.articles])
    clusters = comparison.groups({article.id for article in eligible})
    stories: list[Story] = []
    remarks: dict[str, str] = {}
    for cluster, told in zip(clusters, memory.recall(clusters, comparison), strict=True):
        if dropped := next((article for article in cluster if {article.id, article.url} & weights.drops), None):
            for article in cluster:
                why = "dropped by the editor" if article is dropped else f"same event as {dropped.id}, which is dropped"
                decisions.append(Decision(article=article.id, fate="out", because=why))
            continue
        own = changes(cluster, points, told, retell=retell) if told else points
        most, language = newsletter.selection.max_points, newsletter.language
        story = tell(cluster, own, weights=weights, max_points=most, language=language)
        if story is None:
            why = _nothing(cluster, points, told)
            decisions += [Decision(article=article.id, fate="out", because=why) for article in cluster]
        else:
            stories.append(replace(story, update_of=told[-1].edition.key) if told else story)
            remarks[story.id] = _update(story, told)
    return stories, remarks


def _nothing(cluster: Sequence[Article], points: Mapping[str, tuple[KeyPoint, ...]], told: Sequence[Told]) -> str:
    if not any(points.get(article.id) for article in cluster):
        return "no key points"
    return f"nothing new since the edition of {told[-1].edition.slot:%Y-%m-%d}{_joined(cluster, told)}"


def _update(story: Story, told: Sequence[Told]) -> str:
    if not told:
        return ""
    news = f"{len(story.points)} new point{'' if len(story.points) == 1 else 's'}"
    return f", update of {told[-1].edition.key}: {news}{_joined(story.articles, told)}"


def _joined(articles: Sequence[Article], told: Sequence[Told]) -> str:
    names = [name or "(not named)" for name in new_outlets(articles, told)]
    return f", new outlets: {', '.join(names)}" if names else ""


def _missed(
    stories: Sequence[Story], window: tuple[datetime, datetime] | None, regular_start: datetime | None
) -> frozenset[str]:
    """Ids of the stories that the edition before this one would have had, had it gone out."""
    if window is None or regular_start is None or window[0] >= regular_start:
        return frozenset()
    return frozenset(story.id for story in stories if story.lead.published <= regular_start)


def _in_reading_order(sections: Sequence[Section]) -> Iterator[tuple[Section, Story]]:
    return ((section, story) for section in sections for story in section.stories)


def _decide(story: Story, standing: str, *, kept: bool, score: Score) -> Iterator[Decision]:
    yield Decision(article=story.lead.id, fate="lead" if kept else "out", because=standing, score=score)
    for other in story.others:
        added = sum(point.article == other.id for point in story.points)
        because = f"{standing}: same event as {story.lead.id}, {added} points added"
        yield Decision(article=other.id, fate="merged" if kept else "out", because=because, score=score)
