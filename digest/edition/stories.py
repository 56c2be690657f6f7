"""Which articles report the same event.

    articles -> weighted terms -> candidate pairs through an index -> likeness -> average linkage -> clusters

Deterministic, and a function of the set of articles alone: they are put in order of their ids first.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from digest.edition.linkage import average_linkage
from digest.edition.rarity import rarity
from digest.edition.terms import terms
from digest.model import Article

_THRESHOLD = 0.2
_TITLE_WEIGHT = 2  # a title is written to tell the event


def same_event(articles: Sequence[Article]) -> list[list[Article]]:
    """Group articles by the event they report; each is in exactly one group.

    Groups, and the articles in each, come sorted by id, whatever the order given.
    """
    in_order = sorted(articles, key=lambda article: (article.id, article.published, article.title, article.text))
    vectors = _vectors(in_order)
    groups = average_linkage(len(in_order), _likeness(vectors), threshold=_THRESHOLD)
    return [[in_order[number] for number in group] for group in groups]


def _vectors(articles: Sequence[Article]) -> list[dict[str, float]]:
    """Term weights of each article, tf-idf with a dampened tf, of length 1."""
    counts = [_counts(article) for article in articles]
    by_language: defaultdict[str, list[int]] = defaultdict(list)
    for number, article in enumerate(articles):
        by_language[article.language].append(number)
    vectors: list[dict[str, float]] = [{} for _ in articles]
    for language, numbers in by_language.items():
        found_in = Counter(term for number in numbers for term in counts[number])
        rare = rarity(found_in, articles=len(numbers), language=language)
        for number in numbers:
            weights = {term: (1 + math.log(times)) * rare[term] for term, times in sorted(counts[number].items())}
            length = math.sqrt(sum(weight * weight for weight in weights.values()))
            vectors[number] = {term: weight / length for term, weight in weights.items()}
    return vectors


def _counts(article: Article) -> Counter[str]:
    count = Counter(terms(article.text, article.language))
    for term in terms(article.title, article.language):
        count[term] += _TITLE_WEIGHT
    return count


def _likeness(vectors: Sequence[dict[str, float]]) -> dict[tuple[int, int], float]:
    postings: defaultdict[str, list[int]] = defaultdict(list)
    for number, vector in enumerate(vectors):
        for term in vector:
            postings[term].append(number)
    likeness: dict[tuple[int, int], float] = {}
    for number, vector in enumerate(vectors):
        row: defaultdict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            for other in postings[term]:
                if other >= number:
                    break
                row[other] += weight * vectors[other][term]
        for other, value in row.items():
            likeness[other, number] = value
    return likeness
