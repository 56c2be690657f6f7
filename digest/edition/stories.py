"""Which articles report the same event.

    articles -> words -> weighted vectors -> candidate pairs through an index -> likeness -> average linkage -> groups
             -> names and numbers -> pairs in two languages that share them --^

Deterministic, and a function of the set of articles alone: they are put in order of their ids first.
Measured in benchmarks/RESULTS-stories.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from digest.edition.candidates import candidates
from digest.edition.likeness import figures, probabilities, threshold
from digest.edition.linkage import average_linkage
from digest.edition.names import alike_across_languages
from digest.edition.vectors import Wording, vectors, wording
from digest.model import Article


def same_event(articles: Sequence[Article]) -> list[list[Article]]:
    """Group articles by the event they report; each is in exactly one group.

    Groups, and the articles in each, come sorted by id, whatever the order given.
    """
    in_order = sorted(articles, key=lambda article: (article.id, article.published, article.title, article.text))
    wordings = [wording(article) for article in in_order]
    copies = _copies(wordings)
    vectorised = vectors([wordings[numbers[0]] for numbers in copies])
    pairs = candidates(vectorised.words)
    first_out = [min(in_order[number].published for number in numbers) for numbers in copies]
    alike = probabilities(figures(vectorised, pairs), pairs, first_out)
    likeness = dict(zip(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True), alike.tolist(), strict=True))
    distinct = [in_order[numbers[0]] for numbers in copies]
    for pair, value in alike_across_languages(distinct, threshold=threshold()).items():
        likeness[pair] = max(value, likeness.get(pair, 0.0))
    groups = average_linkage([len(numbers) for numbers in copies], likeness, threshold=threshold())
    found = sorted(sorted(number for each in group for number in copies[each]) for group in groups)
    return [[in_order[number] for number in group] for group in found]


def _copies(wordings: Sequence[Wording]) -> list[list[int]]:
    """Put those together that are the same word for word: a reprinted wire text is compared once."""
    numbers: defaultdict[tuple[Wording, int], list[int]] = defaultdict(list)
    for number, each in enumerate(wordings):
        wordless = not (each.title or each.body)  # then nothing says that two are the same
        numbers[each, number if wordless else -1].append(number)
    return list(numbers.values())
