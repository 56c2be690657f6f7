"""Which articles report the same event.

    articles -> words -> weighted vectors -> candidate pairs through an index -> likeness -> linkage -> groups
             -> keys: places, names, figures, topics; those of one language that differ in them are drawn apart,
                those of two that share them come together --^      short ones need more than a town: brevity.py

Deterministic, and a function of the set of articles alone: they are put in order of their ids first.
Measured in benchmarks/RESULTS-stories.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from digest.edition.across import across_languages
from digest.edition.brevity import thinness
from digest.edition.candidates import candidates
from digest.edition.keys import weigh_keys
from digest.edition.likeness import figures, probabilities, strangeness, threshold
from digest.edition.linkage import quadratic_linkage
from digest.edition.vectors import Wording, vectors, wording
from digest.model import Article

_LEAST_LIKELY = 0.02  # less changes no mean that counts, and there are very many of them


@dataclass(frozen=True, slots=True)
class Comparison:
    """How alike articles are, pair by pair; a pair that is not listed has nothing in common worth a look."""

    articles: Sequence[Article]  # in order of their ids
    copies: Sequence[Sequence[int]]  # their numbers, those that are the same word for word together
    likeness: dict[tuple[int, int], float]  # of two copies' numbers, the lesser first: 0..1

    def groups(self, of: Collection[str] | None = None) -> list[list[Article]]:
        """Group the articles, or those whose ids are in `of`, by the event they report: see `same_event`."""
        here = [[n for n in numbers if of is None or self.articles[n].id in of] for numbers in self.copies]
        kept = [place for place, numbers in enumerate(here) if numbers]
        place_of = {place: number for number, place in enumerate(kept)}
        likeness = {
            (place_of[one], place_of[other]): value
            for (one, other), value in self.likeness.items()
            if one in place_of and other in place_of
        }
        linked = quadratic_linkage([len(here[place]) for place in kept], likeness, threshold=threshold())
        found = sorted(sorted(number for each in group for number in here[kept[each]]) for group in linked)
        return [[self.articles[number] for number in group] for group in found]

    def between(self, ones: Collection[str], others: Collection[str]) -> dict[tuple[str, str], float]:
        """Give the likeness of each listed pair of an article of `ones` with one of `others`, by their ids."""
        found: dict[tuple[str, str], float] = {}
        ids = [[self.articles[number].id for number in numbers] for numbers in self.copies]
        left = [[name for name in names if name in ones] for names in ids]
        right = [[name for name in names if name in others] for names in ids]
        for place, names in enumerate(left):
            found.update(((a, b), 1.0) for a in names for b in right[place])
        for (one, other), value in self.likeness.items():
            found.update(((a, b), value) for a in left[one] for b in right[other])
            found.update(((a, b), value) for a in left[other] for b in right[one])
        return found


def same_event(articles: Sequence[Article]) -> list[list[Article]]:
    """Group articles by the event they report; each is in exactly one group.

    Groups, and the articles in each, come sorted by id, whatever the order given.
    """
    return compare(articles).groups()


def compare(articles: Sequence[Article]) -> Comparison:
    """Find how alike the articles are that may report one event; the order given is nothing."""
    in_order = sorted(articles, key=lambda article: (article.id, article.published, article.title, article.text))
    wordings = [wording(article) for article in in_order]
    copies = _copies(wordings)
    vectorised = vectors([wordings[numbers[0]] for numbers in copies])
    pairs = candidates(vectorised.words)
    first_out = [min(in_order[number].published for number in numbers) for numbers in copies]
    distinct = [in_order[numbers[0]] for numbers in copies]
    keys = weigh_keys(distinct)
    against = strangeness(keys.anchors, pairs) + thinness(vectorised, keys.topics, pairs)
    alike = probabilities(figures(vectorised, pairs), pairs, first_out, against)
    kept = alike >= _LEAST_LIKELY
    found = zip(pairs.first[kept].tolist(), pairs.second[kept].tolist(), strict=True)
    likeness = dict(zip(found, alike[kept].tolist(), strict=True))
    for pair, value in across_languages(distinct, keys).items():
        likeness[pair] = max(value, likeness.get(pair, 0.0))
    return Comparison(in_order, copies, likeness)


def _copies(wordings: Sequence[Wording]) -> list[list[int]]:
    """Put those together that are the same word for word: a reprinted wire text is compared once."""
    numbers: defaultdict[tuple[Wording, int], list[int]] = defaultdict(list)
    for number, each in enumerate(wordings):
        wordless = not (each.title or each.body)  # then nothing says that two are the same
        numbers[each, number if wordless else -1].append(number)
    return list(numbers.values())
