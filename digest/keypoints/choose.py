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
    cost: Floats  # what is taken off a set's worth for each
    usual_length: float
    pair_weight: float
    longest: float  # running words that a set of more than one may have
    alike: float  # share of common words at which two say one thing, and are never chosen together

    def worth(self, words: NDArray[np.bool_], pairs: NDArray[np.bool_], lengths: Floats) -> Floats:
        """The expected F1 of sets that have `words` and `pairs`, a row each, in `lengths` running words."""
        agreed = words @ self.word_likelihood
        agreed_pairs = pairs @ self.pair_likelihood
        both = lengths + self.usual_length
        return 2.0 * (agreed / both + self.pair_weight * agreed_pairs / np.maximum(both - 2.0, 1.0))


def choose(candidates: Candidates, *, at_most: int) -> list[int]:
    """The rows of the best set of at most `at_most`, in order; at least one where there is any.

    Sets are made of the rows that are worth most alone, so the time taken grows with the rows and no faster.
    """
    cost = candidates.cost
    alone = candidates.worth(candidates.words, candidates.pairs, candidates.lengths) - cost
    shortlist = np.sort(np.argsort(-alone, kind="stable")[:_SHORTLIST])
    clash = _clash(candidates, shortlist)
    best: list[int] = []
    best_worth = -np.inf
    for size in range(1, min(at_most, _TRIED_TOGETHER, len(shortlist)) + 1):
        places = _sets(len(shortlist), size)
        sets = shortlist[places]
        words, pairs = _union(candidates.words, sets), _union(candidates.pairs, sets)
        lengths = candidates.lengths[sets].sum(axis=1)
        worth = candidates.worth(words, pairs, lengths) - cost[sets].sum(axis=1)
        if size > 1:
            worth[lengths > candidates.longest] = -np.inf
        for a, b in combinations(range(size), 2):
            worth[clash[places[:, a], places[:, b]]] = -np.inf
        top = int(np.argmax(worth))
        if worth[top] > best_worth:
            best, best_worth = [int(row) for row in sets[top]], float(worth[top])
    while _TRIED_TOGETHER <= len(best) < at_most:
        grown, grown_worth = _grow(candidates, best, shortlist, clash)
        if grown_worth <= best_worth:
            break
        best, best_worth = grown, grown_worth
    return sorted(best)


def _grow(
    candidates: Candidates, rows: Sequence[int], shortlist: Ints, clash: NDArray[np.bool_]
) -> tuple[list[int], float]:
    best, best_worth = list(rows), -np.inf
    taken = np.isin(shortlist, rows)
    for row in shortlist[~taken & ~clash[taken].any(axis=0)]:
        grown = [*rows, int(row)]
        together = np.array([grown])
        words, pairs = _union(candidates.words, together), _union(candidates.pairs, together)
        lengths, cost = candidates.lengths[together].sum(axis=1), candidates.cost[grown].sum()
        worth = float(candidates.worth(words, pairs, lengths)[0] - cost)
        if worth > best_worth and lengths[0] <= candidates.longest:
            best, best_worth = grown, worth
    return best, best_worth


def _clash(candidates: Candidates, shortlist: Ints) -> NDArray[np.bool_]:
    """Which of the shortlist say one thing."""
    has, lengths = candidates.words[shortlist], candidates.lengths[shortlist]
    common = np.array([(has & row).sum(axis=1) for row in has], dtype=float)
    clash: NDArray[np.bool_] = 2 * common > candidates.alike * (lengths[:, None] + lengths[None, :])
    np.fill_diagonal(clash, val=False)
    return clash


def _union(has: NDArray[np.bool_], sets: Ints) -> NDArray[np.bool_]:
    union = has[sets[:, 0]]
    for column in range(1, sets.shape[1]):
        union = union | has[sets[:, column]]
    return union


@lru_cache(maxsize=_SHORTLIST * _TRIED_TOGETHER)
def _sets(count: int, size: int) -> Ints:
    return np.array(list(combinations(range(count), size)), dtype=np.intp)
