"""Which sentences together promise most: the set with the highest expected agreement with an editor's key points.

Agreement is ROUGE's F1 over words and over pairs of words, so a set is worth what it covers, once, less what it takes
to say it: what repeats, and what pads, lowers it.  How many sentences are chosen follows from the same sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digest.keypoints.wording import Floats, Ints

_TRIED_TOGETHER: Final = 3  # sets up to this size are compared all; a larger one grows from the best of them
_SHORTLIST: Final = 10


@dataclass(frozen=True, slots=True)
class Candidates:
    """The sentences to choose from, a row each."""

    words: NDArray[np.bool_]  # which distinct words each has
    pairs: NDArray[np.bool_]
    lengths: Floats  # in running words
    word_likelihood: Floats
    pair_likelihood: Floats
    usual_length: float
    pair_weight: float

    def worth(self, words: NDArray[np.bool_], pairs: NDArray[np.bool_], lengths: Floats) -> Floats:
        """The expected F1 of sets that have `words` and `pairs`, a row each, in `lengths` running words."""
        agreed = words @ self.word_likelihood
        agreed_pairs = pairs @ self.pair_likelihood
        both = lengths + self.usual_length
        return 2.0 * (agreed / both + self.pair_weight * agreed_pairs / np.maximum(both - 2.0, 1.0))


def choose(candidates: Candidates, *, at_most: int, cost: Floats, clash: NDArray[np.bool_]) -> list[int]:
    """The rows of the best set of at most `at_most`, in order; at least one where there is any.

    `cost` is taken off a set's worth for each of its rows; two rows that `clash` are never chosen together.
    """
    alone = candidates.worth(candidates.words, candidates.pairs, candidates.lengths) - cost
    shortlist = np.sort(np.argsort(-alone, kind="stable")[:_SHORTLIST])
    best, best_worth = [], -np.inf
    for size in range(1, min(at_most, _TRIED_TOGETHER, len(shortlist)) + 1):
        sets = shortlist[_sets(len(shortlist), size)]
        words, pairs = _union(candidates.words, sets), _union(candidates.pairs, sets)
        worth = candidates.worth(words, pairs, candidates.lengths[sets].sum(axis=1)) - cost[sets].sum(axis=1)
        for a, b in combinations(range(size), 2):
            worth[clash[sets[:, a], sets[:, b]]] = -np.inf
        top = int(np.argmax(worth))
        if worth[top] > best_worth:
            best, best_worth = [int(row) for row in sets[top]], float(worth[top])
    while _TRIED_TOGETHER <= len(best) < at_most:
        grown, grown_worth = _grow(candidates, best, shortlist, cost, clash)
        if grown_worth <= best_worth:
            break
        best, best_worth = grown, grown_worth
    return sorted(best)


def _grow(
    candidates: Candidates, rows: Sequence[int], shortlist: Ints, cost: Floats, clash: NDArray[np.bool_]
) -> tuple[list[int], float]:
    best, best_worth = list(rows), -np.inf
    for row in shortlist:
        if row in rows or clash[row, list(rows)].any():
            continue
        grown = [*rows, int(row)]
        together = np.array([grown])
        words, pairs = _union(candidates.words, together), _union(candidates.pairs, together)
        worth = float(candidates.worth(words, pairs, candidates.lengths[together].sum(axis=1))[0] - cost[grown].sum())
        if worth > best_worth:
            best, best_worth = grown, worth
    return best, best_worth


def _union(has: NDArray[np.bool_], sets: Ints) -> NDArray[np.bool_]:
    union = has[sets[:, 0]]
    for column in range(1, sets.shape[1]):
        union = union | has[sets[:, column]]
    return union


@lru_cache(maxsize=_SHORTLIST * _TRIED_TOGETHER)
def _sets(count: int, size: int) -> Ints:
    return np.array(list(combinations(range(count), size)), dtype=np.intp)
