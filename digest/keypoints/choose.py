"""Which sentences together promise most: the set with the highest expected agreement with an editor's key points.

Agreement is ROUGE's F1 over words and over pairs of words, so a set is worth what it covers, once, less what it takes
to say it: what repeats, and what pads, lowers it.  How many sentences are chosen follows from the same sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digest.keypoints.wording import Floats, Ints

_TRIED_TOGETHER: Final = 3  # sets up to this size are compared all; a larger one grows from the best of them
_SHORTLIST: Final = 14  # sentences


@dataclass(frozen=True, slots=True)
class Candidates:
    """The sentences to choose from, a row each; of one sentence there may be several rows, each a way to say it."""

    sentence: Ints  # which one each row says
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

    def of(self, rows: Ints) -> Candidates:
        """These `rows` alone, in their order."""
        return replace(
            self,
            sentence=self.sentence[rows],
            words=self.words[rows],
            pairs=self.pairs[rows],
            lengths=self.lengths[rows],
            cost=self.cost[rows],
        )

    def beside(self, other: Candidates) -> Candidates:
        """These rows, and after them those of `other`, of the same article."""
        return replace(
            self,
            sentence=np.concatenate([self.sentence, other.sentence]),
            words=np.concatenate([self.words, other.words]),
            pairs=np.concatenate([self.pairs, other.pairs]),
            lengths=np.concatenate([self.lengths, other.lengths]),
            cost=np.concatenate([self.cost, other.cost]),
        )

    def compact(self) -> Candidates:
        """The same without the words and pairs that none of the rows has."""
        words, pairs = self.words.any(axis=0), self.pairs.any(axis=0)
        return replace(
            self,
            words=self.words[:, words],
            pairs=self.pairs[:, pairs],
            word_likelihood=self.word_likelihood[words],
            pair_likelihood=self.pair_likelihood[pairs],
        )

    def alone(self) -> Floats:
        """What each row is worth as the only one."""
        return self.worth(self.words, self.pairs, self.lengths) - self.cost


def promising(candidates: Candidates) -> Ints:
    """The rows that are worth most alone, in order, so many that all sets of them can be compared."""
    return np.sort(np.argsort(-candidates.alone(), kind="stable")[:_SHORTLIST])


def choose(candidates: Candidates, *, at_most: int, at_least: int = 1) -> list[int]:
    """The rows of the best set of `at_least` to `at_most`, in order; of fewer where not so many can stand together.

    All sets of up to three are compared, so give it what is `promising` and no more.
    """
    candidates = candidates.compact()
    cost = candidates.cost
    clash = _clash(candidates)
    best: list[int] = []
    best_worth = -np.inf
    for size in range(1, min(at_most, _TRIED_TOGETHER, len(cost)) + 1):
        sets = _sets(len(cost), size)
        for a, b in combinations(range(size), 2):
            sets = sets[~clash[sets[:, a], sets[:, b]]]
        if not len(sets):
            break
        words, pairs = _union(candidates.words, sets), _union(candidates.pairs, sets)
        lengths = candidates.lengths[sets].sum(axis=1)
        worth = candidates.worth(words, pairs, lengths) - cost[sets].sum(axis=1)
        if size > 1:
            worth[lengths > candidates.longest] = -np.inf
        top = int(np.argmax(worth))
        if worth[top] > best_worth or (size <= at_least and worth[top] > -np.inf):
            best, best_worth = [int(row) for row in sets[top]], float(worth[top])
    while _TRIED_TOGETHER <= len(best) < at_most:
        grown, grown_worth = _grow(candidates, best, clash)
        if grown_worth <= best_worth and (len(grown) == len(best) or len(grown) > at_least):
            break
        best, best_worth = grown, grown_worth
    return sorted(best)


def _grow(candidates: Candidates, rows: Sequence[int], clash: NDArray[np.bool_]) -> tuple[list[int], float]:
    best, best_worth = list(rows), -np.inf
    for row in np.flatnonzero(~clash[rows].any(axis=0)):
        grown = [*rows, int(row)]
        together = np.array([grown])
        words, pairs = _union(candidates.words, together), _union(candidates.pairs, together)
        lengths, cost = candidates.lengths[together].sum(axis=1), candidates.cost[grown].sum()
        worth = float(candidates.worth(words, pairs, lengths)[0] - cost)
        if worth > best_worth and lengths[0] <= candidates.longest:
            best, best_worth = grown, worth
    return best, best_worth


def _clash(candidates: Candidates) -> NDArray[np.bool_]:
    """Which rows say one thing, itself included."""
    has, lengths = candidates.words, candidates.lengths
    common = np.array([(has & row).sum(axis=1) for row in has], dtype=float)
    clash: NDArray[np.bool_] = 2 * common > candidates.alike * (lengths[:, None] + lengths[None, :])
    clash |= candidates.sentence[:, None] == candidates.sentence[None, :]
    return clash


def _union(has: NDArray[np.bool_], sets: Ints) -> NDArray[np.bool_]:
    union = has[sets[:, 0]]
    for column in range(1, sets.shape[1]):
        union = union | has[sets[:, column]]
    return union


@lru_cache(maxsize=2 * _SHORTLIST * _TRIED_TOGETHER)
def _sets(count: int, size: int) -> Ints:
    return np.array(list(combinations(range(count), size)), dtype=np.intp)
