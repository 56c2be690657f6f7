"""Two newsletters that tell the same events in two languages: in one order, and where they contradict each other.

The partner's edition comes first; this one follows its order for the events that both have, then goes its own way.
Two stories are one event when any two of their articles are alike enough; each story has one counterpart at most.

A disagreement is a sentence for an editor to look at, so it is reported only where little else explains it: a number
of the same thing that differs by more than rounding, or a name that stands where the other side has another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from digest.edition.figures import Figure, by_unit, figures
from digest.edition.likeness import threshold
from digest.edition.merge import telling
from digest.edition.names import name_key, name_keys, named, share_words
from digest.edition.stories import compare
from digest.edition.terms import terms, words
from digest.edition.units import names_the_thing
from digest.model import Edition, KeyPoint, Story

_MOST_ARTICLES = 4  # of a story are compared with the partner's: its lead and the first that report it
_LEAST_SHARED = 2  # words, names or numbers in common before two points are taken to tell the same
_SAME_PLACE_IN_NAME = 1  # letters of a key that two spellings of one name may differ in


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Where a story and its counterpart contradict each other, with the two points that do."""

    kind: Literal["number", "name"]
    story: str  # id of this edition's story
    partner_story: str
    said: str  # "214 passengers"
    partner_said: str  # "241 пассажир"
    point: KeyPoint
    partner_point: KeyPoint

    def __str__(self) -> str:
        return f"{self.said} / {self.partner_said}: “{self.point.text}” / “{self.partner_point.text}”"


def counterparts(stories: Sequence[Story], partner: Edition) -> dict[str, Story]:
    """Give for each story, by its id, the one of `partner` that tells the same event, if there is one.

    The most alike are matched first; the order of `stories` is nothing.
    """
    own = {article.id: story.id for story in stories for article in story.articles[:_MOST_ARTICLES]}
    theirs: dict[str, list[int]] = {}
    for place, story in enumerate(partner.stories):
        for article in story.articles:
            theirs.setdefault(article.id, []).append(place)
    articles = {article.id: article for story in partner.stories for article in story.articles}
    articles |= {article.id: article for story in stories for article in story.articles if article.id in own}
    best: dict[tuple[int, str], float] = {}
    for (one, other), value in compare(list(articles.values())).between(own.keys(), theirs.keys()).items():
        for place in theirs[other]:
            key = place, own[one]
            best[key] = max(value, best.get(key, 0.0))
    for name in own.keys() & theirs.keys():  # the very same article in both
        best.update(((place, own[name]), 1.0) for place in theirs[name])
    found: dict[str, Story] = {}
    taken: set[int] = set()
    for (place, story_id), value in sorted(best.items(), key=lambda item: (-item[1], item[0])):
        if value >= threshold() and place not in taken and story_id not in found:
            taken.add(place)
            found[story_id] = partner.stories[place]
    return found


def disagreements(edition: Edition, partner: Edition) -> tuple[Disagreement, ...]:
    """Find where the points of two paired editions contradict each other, in the order of `edition`."""
    pairs = counterparts(edition.stories, partner)
    found: list[Disagreement] = []
    for story in edition.stories:
        if story.id in pairs:
            one, other = _Telling(story), _Telling(pairs[story.id])
            found += [*_numbers(one, other), *_names(one, other)]
    return tuple(found)


class _Telling:
    """A story's points, and what stands in them and in its articles."""

    def __init__(self, story: Story) -> None:
        self.story = story
        languages = {article.id: article.language for article in story.articles}
        self.points = [_Said(point, languages.get(point.article, story.lead.language)) for point in story.points]
        self.values = frozenset(figure.value for said in self.points for figure in said.figures)
        self.names = frozenset(
            key for each in story.articles for key in name_keys(f"{each.title}\n{each.text}", each.language)
        ) | {key for said in self.points for key in said.names}


class _Said:
    """One point: its figures, its names, and its words."""

    def __init__(self, point: KeyPoint, language: str) -> None:
        self.point = point
        self.language = language
        self.figures = figures(point.text, language)
        self.names = {key: word for key, word in named(point.text, language).items() if not key[0].isdigit()}
        self.opening = next(iter(words(point.text)), "")  # it has its capital from the sentence
        self.terms = telling(terms(point.text, language)) - {figure.written for figure in self.figures}

    def lacking_in(self, other: _Said) -> list[str]:
        """Keys of the names that `other` has not, but for a word that only opens the sentence."""
        return [key for key, word in self.names.items() if key not in other.names and word.lower() != self.opening]

    def shares(self, other: _Said) -> int:
        """How much two points have in common: names and numbers, and words where the languages share them."""
        names = len(self.names.keys() & other.names.keys())
        numbers = len({figure.value for figure in self.figures} & {figure.value for figure in other.figures})
        if not share_words(self.language, other.language):
            return names + numbers
        return max(names + numbers, len({term for term in self.terms & other.terms if not term[0].isdigit()}))


def _numbers(one: _Telling, other: _Telling) -> Iterator[Disagreement]:
    """Numbers of the same thing, one left over on each side when those that agree are set aside."""
    mine, theirs = _by_unit(one), _by_unit(other)
    for unit in sorted(mine.keys() & theirs.keys()):
        left, right = _leftover(mine[unit], theirs[unit]), _leftover(theirs[unit], mine[unit])
        if len(left) != 1 or len(right) != 1:
            continue
        (figure, said), (counter, counter_said) = left[0], right[0]
        if figure.value in other.values or counter.value in one.values:
            continue  # the other side has it too, of something else or said in other words
        alone = len(mine[unit]) == len(theirs[unit]) == 1 and names_the_thing(unit)
        if alone or said.shares(counter_said) >= _LEAST_SHARED:
            yield Disagreement(
                kind="number",
                story=one.story.id,
                partner_story=other.story.id,
                said=figure.written,
                partner_said=counter.written,
                point=said.point,
                partner_point=counter_said.point,
            )


def _by_unit(told: _Telling) -> Mapping[str, Sequence[tuple[Figure, _Said]]]:
    found: dict[str, list[tuple[Figure, _Said]]] = {}
    for said in told.points:
        for unit, counted in by_unit(said.figures).items():
            found.setdefault(unit, []).extend((figure, said) for figure in counted)
    return found


def _leftover(
    mine: Sequence[tuple[Figure, _Said]], theirs: Sequence[tuple[Figure, _Said]]
) -> list[tuple[Figure, _Said]]:
    """Those of `mine` with whom none of `theirs` agrees, each value once."""
    left = {
        figure.value: (figure, said)
        for figure, said in reversed(mine)
        if not any(figure.agrees(other) for other, _ in theirs)
    }
    return list(left.values())


def _names(one: _Telling, other: _Telling) -> Iterator[Disagreement]:
    """Points that tell the same but for one name on each side, which the other side's articles do not have at all."""
    seen: set[tuple[str, str]] = set()
    for said, counter in product(one.points, other.points):
        if said.shares(counter) < _LEAST_SHARED:
            continue
        left, right = said.lacking_in(counter), counter.lacking_in(said)
        if len(left) != 1 or len(right) != 1 or (left[0], right[0]) in seen:
            continue
        words_apart = name_key(said.names[left[0]]), name_key(counter.names[right[0]])  # a listed place has another key
        if _is_spelt_alike(left[0], right[0]) or _is_spelt_alike(*words_apart):
            continue
        if _knows(other.names, left[0]) or _knows(one.names, right[0]):
            continue
        seen.add((left[0], right[0]))
        yield Disagreement(
            kind="name",
            story=one.story.id,
            partner_story=other.story.id,
            said=said.names[left[0]],
            partner_said=counter.names[right[0]],
            point=said.point,
            partner_point=counter.point,
        )


def _knows(names: Iterable[str], key: str) -> bool:
    return any(_is_spelt_alike(key, name) for name in names)


def _is_spelt_alike(one: str, other: str) -> bool:
    """Whether two keys may be one name: transliteration changes, adds or drops a consonant."""
    if abs(len(one) - len(other)) > _SAME_PLACE_IN_NAME:
        return False
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) <= _SAME_PLACE_IN_NAME
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def partner_order(stories: Sequence[Story], pairs: Mapping[str, Story], partner: Edition) -> list[Story]:
    """Put the stories that have a counterpart first, in the partner's order; the others stay as they come."""
    places = {story.id: place for place, story in enumerate(partner.stories)}
    return sorted(stories, key=lambda story: places[pairs[story.id].id] if story.id in pairs else len(places))
