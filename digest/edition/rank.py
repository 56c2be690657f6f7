"""How much a story matters, as a figure that can be explained, and the order that follows from it.

    score = (sources + freshness + points) * source weight * section weight

Each term is a Factor that says its value, its weight and what it rests on, so a score can be read aloud.
Pins and drops are an editor's and stand above every score.  Which stories then make an edition is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from digest.edition.subject import one_line
from digest.edition.terms import words
from digest.model import Article, KeyPoint, Story

_SHINGLE_WORDS = 5
_COPY_SHARE = 0.8  # of the shorter text's shingles: a wire text with a paragraph added is still the wire's
_ENOUGH_POINTS = 3
_POINT_WORDS = (6, 40)  # shorter says nothing whole, longer is not read


@dataclass(frozen=True, slots=True, kw_only=True)
class RankWeights:
    """What an editor may set about the order; every weight is without unit, 0 leaves a term out."""

    sources: float = 1.0
    freshness: float = 1.0
    half_life: timedelta = timedelta(hours=12)
    points: float = 0.5
    source_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # source name -> factor
    # By category or heading, without case; where both have one, the heading's, which is the newsletter's own word.
    section_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    pins: tuple[str, ...] = ()  # article ids or addresses, first comes first
    drops: frozenset[str] = frozenset()  # article ids or addresses that are in no story

    def __post_init__(self) -> None:
        figures = [self.sources, self.freshness, self.points, *self.source_weights.values()]
        if not all(math.isfinite(figure) and figure >= 0 for figure in [*figures, *self.section_weights.values()]):
            raise ValueError("weights are finite and not negative")
        if self.half_life <= timedelta(0):
            raise ValueError(f"half_life must be positive, got {self.half_life}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One term or multiplier of a score: `because` says what its value rests on."""

    name: str
    value: float
    weight: float
    because: str

    @property
    def product(self) -> float:
        """What it adds to the score."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Why a story stands where it does."""

    story: str  # the story's id
    terms: tuple[Factor, ...]  # added up
    multipliers: tuple[Factor, ...]  # of their sum
    pin: int | None = None  # its place among the editor's pins, from 0

    @property
    def total(self) -> float:
        """The score, to 9 decimals so that its order does not hang on the last bit of a sum."""
        total = sum(factor.product for factor in self.terms)
        return round(math.prod((total, *(factor.product for factor in self.multipliers))), 9)

    def __str__(self) -> str:
        added = " + ".join(f"{factor.name} {factor.product:.2f} ({factor.because})" for factor in self.terms)
        times = "".join(f" × {factor.name} {factor.product:.2f} ({factor.because})" for factor in self.multipliers)
        pinned = "" if self.pin is None else f"pinned {self.pin + 1}; "
        return f"{pinned}{self.total:.2f} = ({added}){times}"


def score(story: Story, *, now: datetime, weights: RankWeights, heading: str = "") -> Score:
    """Weigh one story at the instant `now`, which is the edition's slot and not the clock.

    `heading` is the title of the section that the story goes under by rule, if it does.
    """
    newest = max(article.published for article in story.articles)
    voices = independent_sources(story.articles)
    source_weight = max((weights.source_weights.get(article.source, 1.0) for article in story.articles), default=1.0)
    section, section_weight = _section_weight(weights.section_weights, heading, story.lead.category or "")
    return Score(
        story=story.id,
        terms=(
            Factor(
                name="sources",
                value=math.log2(len(voices)),
                weight=weights.sources,
                because=f"{len(voices)} independent: {', '.join(voices)}" if any(voices) else "not named",
            ),
            Factor(
                name="freshness",
                value=freshness(now - newest, half_life=weights.half_life),
                weight=weights.freshness,
                because=f"{max(now - newest, timedelta(0)) / timedelta(hours=1):.1f} h old",
            ),
            Factor(
                name="points",
                value=points_quality(story.points),
                weight=weights.points,
                because=f"{len(story.points)}, {sum(point.origin == 'authored' for point in story.points)} authored",
            ),
        ),
        multipliers=(
            Factor(name="source", value=source_weight, weight=1.0, because="the highest weight of its sources"),
            Factor(
                name="section",
                value=section_weight,
                weight=1.0,
                because=section or "no category",
            ),
        ),
        pin=_pin_of(story, weights.pins),
    )


def order(
    stories: Sequence[Story], *, now: datetime, weights: RankWeights, headings: Mapping[str, str] = MappingProxyType({})
) -> list[tuple[Story, Score]]:
    """Put stories in reading order, each with its score: pins, then the score, then the newer, then the id.

    `headings` are the sections' titles by story id.  The order is total, so it does not depend on the order given.
    """
    scored = [(story, score(story, now=now, weights=weights, heading=headings.get(story.id, ""))) for story in stories]
    return sorted(scored, key=_place)


def _place(scored: tuple[Story, Score]) -> tuple[float, float, float, str]:
    story, its_score = scored
    pin = math.inf if its_score.pin is None else its_score.pin
    return (pin, -its_score.total, -story.lead.published.timestamp(), story.id)


def freshness(age: timedelta, *, half_life: timedelta) -> float:
    """Weigh a story by its age: 1 at publication, halved with every `half_life`.

    The result has no unit and lies in 0..1.  A negative age counts as none, for publishers' clocks run ahead of
    ours.  Raises ValueError unless `half_life` > 0.

    Source: the exponential prior of Li and Croft, "Time-based language models", CIKM 2003,
    doi:10.1145/956863.956951.
    """
    if half_life <= timedelta(0):
        raise ValueError(f"half_life must be positive, got {half_life}")
    return float(0.5 ** (max(age, timedelta(0)) / half_life))


def points_quality(points: Sequence[KeyPoint]) -> float:
    """How well a story can be told in bullets, 0..1: up to three points of a readable length, authored ones full."""
    shortest, longest = _POINT_WORDS
    good = sum(1.0 if point.origin == "authored" else _readable(point.text, shortest, longest) for point in points)
    return min(good, float(_ENOUGH_POINTS)) / _ENOUGH_POINTS


def _readable(text: str, shortest: int, longest: int) -> float:
    count = len(text.split())
    if count < shortest:
        return count / shortest
    return min(1.0, longest / count)


def independent_sources(articles: Sequence[Article]) -> tuple[str, ...]:
    """Name those who report it in their own words, sorted; one who copies another's text has no voice of its own.

    A source that nobody names goes by its address's host; all without either count as one, named "".
    """
    voices: dict[str, str] = {}
    texts: list[frozenset[tuple[str, ...]]] = []
    for article in sorted(articles, key=lambda article: (article.published, article.id)):
        shingles = _shingles(article.text)
        is_copy = any(_is_copy(shingles, earlier) for earlier in texts)
        texts.append(shingles)
        name = source_name(article)
        if not is_copy:
            voices.setdefault(name.casefold(), name)
    return tuple(sorted(voices.values()))


def source_name(article: Article) -> str:
    """Who published an article: its source, else its address's host, else nothing."""
    return article.source or (urlsplit(article.url).hostname or "").removeprefix("www.")


def _section_weight(weights: Mapping[str, float], heading: str, category: str) -> tuple[str, float]:
    """The section that a story's weight is named after, and the weight: 1 where neither name has one."""
    by_name = {one_line(name).casefold(): weight for name, weight in sorted(weights.items())}
    for name in (heading, category):
        weight = by_name.get(one_line(name).casefold()) if name else None
        if weight is not None:
            return name, weight
    return category or heading, 1.0


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    row = words(text)
    return frozenset(tuple(row[at : at + _SHINGLE_WORDS]) for at in range(max(len(row) - _SHINGLE_WORDS + 1, 1)))


def _is_copy(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    return len(one & other) >= _COPY_SHARE * min(len(one), len(other))


def _pin_of(story: Story, pins: Sequence[str]) -> int | None:
    names = {name for article in story.articles for name in (article.id, article.url) if name}
    return next((place for place, pin in enumerate(pins) if pin in names), None)
