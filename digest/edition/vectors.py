"""Articles as sparse vectors: what each says, in weighted terms and in pieces of terms.

    words    a term's weight is (1 + ln tf) * idf, a title's words counted twice
    pieces   each term's weight is spread over its runs of five letters, so that "Israel" and "Israeli", or a name in
             two spellings, still meet; measured, this alone brings pair F1 up by two to five points
    title    the title's words alone

Each row has length 1, so that the product of two rows is their cosine.  No pair is compared here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.edition.rarity import rarity
from digest.edition.terms import terms
from digest.model import Article

_MOST_WORDS = 250  # news tells its event at the top; the bound also keeps a 50 MB article from costing more than any
_MOST_CHARACTERS = 20 * _MOST_WORDS
_TITLE_COUNT = 2
_PIECE = 5
_SHORTEST_TERM = 3  # shorter ones are in `words` alone: as pieces they would meet by chance

Counts = NDArray[np.int64]
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix by rows: row r has `columns[starts[r]:starts[r + 1]]` with the weights beside them."""

    starts: Counts
    columns: Counts
    weights: Weights
    width: int  # how many columns there are

    def row(self, number: int) -> tuple[Counts, Weights]:
        """Columns and weights of one row."""
        span = slice(self.starts[number], self.starts[number + 1])
        return self.columns[span], self.weights[span]


@dataclass(frozen=True, slots=True)
class Vectors:
    """A batch of articles, each a row of each matrix; lengths are in words."""

    words: Rows
    pieces: Rows
    titles: Rows
    lengths: Weights
    titled: NDArray[np.bool_]  # has a title of its own, not the text's first words


@dataclass(frozen=True, slots=True)
class Wording:
    """The stems of an article's title and of the start of its text."""

    language: str
    title: tuple[str, ...]  # empty where the title only repeats the start of the text
    body: tuple[str, ...]


def wording(article: Article) -> Wording:
    """Read an article's words; the text only so far as an event is told."""
    text = article.text[:_MOST_CHARACTERS]
    title = tuple(terms(article.title[:_MOST_CHARACTERS], article.language, most=_MOST_WORDS))
    body = tuple(terms(text, article.language, most=_MOST_WORDS))
    # Whoever has no title to give an article makes one of its first words, and the last of them may be cut.
    told_twice = len(title) - 1 if len(title) > 1 else len(title)
    return Wording(article.language, () if body[:told_twice] == title[:told_twice] else title, body)


def vectors(wordings: Sequence[Wording]) -> Vectors:
    """Weigh a batch; what a term weighs depends on the other articles of its language."""
    by_language: defaultdict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(wordings):
        by_language[each.language].append(number)
    bodies: list[dict[str, float]] = [{} for _ in wordings]
    titles: list[dict[str, float]] = [{} for _ in wordings]
    for language, numbers in by_language.items():
        counts = {number: _counts(wordings[number]) for number in numbers}
        found_in = Counter(term for count in counts.values() for term in count)
        rare = rarity(found_in, articles=len(numbers), language=language)
        for number in numbers:
            bodies[number] = _weighted(counts[number], rare)
            titles[number] = _weighted(Counter(wordings[number].title), rare)
    pieces = _Pieces()
    return Vectors(
        words=rows(bodies),
        pieces=rows([pieces.spread(body) for body in bodies]),
        titles=rows(titles),
        lengths=np.array([len(each.title) + len(each.body) for each in wordings], dtype=np.float64),
        titled=np.array([bool(title) for title in titles], dtype=np.bool_),
    )


def _counts(each: Wording) -> Counter[str]:
    count = Counter(each.body)
    for term in each.title:
        count[term] += _TITLE_COUNT
    return count


def _weighted(count: Counter[str], rare: dict[str, float]) -> dict[str, float]:
    return {term: (1 + math.log(times)) * rare[term] for term, times in count.items() if term in rare}


class _Pieces:
    """Terms cut into runs of letters; each term is cut once."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, ...]] = {}

    def spread(self, body: dict[str, float]) -> dict[str, float]:
        """Share each term's weight among its pieces, so that a long term weighs no more than a short one."""
        spread: defaultdict[str, float] = defaultdict(float)
        for term, weight in body.items():
            if len(term) < _SHORTEST_TERM:
                continue
            found = self._of.get(term)
            if found is None:
                marked = f"_{term}"
                found = tuple(marked[at : at + _PIECE] for at in range(max(1, len(marked) - _PIECE + 1)))
                self._of[term] = found
            share = weight / math.sqrt(len(found))
            for piece in found:
                spread[piece] += share
        return spread


def rows(vectors_by_name: Sequence[dict[str, float]]) -> Rows:
    """Number the names in order of appearance, and bring each row to length 1."""
    numbers: dict[str, int] = {}
    columns: list[int] = []
    weights: list[float] = []
    starts = [0]
    for vector in vectors_by_name:
        columns.extend(numbers.setdefault(name, len(numbers)) for name in vector)
        length = math.sqrt(math.fsum(weight * weight for weight in vector.values())) or 1.0
        weights.extend(weight / length for weight in vector.values())
        starts.append(len(columns))
    return Rows(
        np.array(starts, dtype=np.int64),
        np.array(columns, dtype=np.int64),
        np.array(weights, dtype=np.float64),
        len(numbers),
    )
