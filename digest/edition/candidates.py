"""Which pairs of articles are worth comparing: those that share rare terms, found through an inverted index.

Comparing all pairs of 10,000 articles would be 50 million comparisons.  An index of each term's articles gives, for
one article, the few that share its rarer terms; a term of very many articles tells little and is left out, so the
work for one article does not grow with their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.edition.vectors import Counts, Rows, Weights

_MOST_ARTICLES = 500  # a term of more articles than this leads to none; a smaller batch loses nothing
_LEAST_COSINE = 0.04
_MOST_PARTNERS = 150  # of one article among those before it
_CROWD = slice(3, 10)  # the 4th to 10th nearest: the nearest few may report the same event
_CROWD_LEAST, _CROWD_MOST = 0.06, 0.15


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows, `first` < `second`, sorted by `second`, then `first`; and their cosine over rarer terms."""

    first: Counts
    second: Counts
    cosine: Weights


def candidates(rows: Rows, *, apart: Counts | None = None, least: float = _LEAST_COSINE) -> Pairs:
    """Find the pairs whose cosine over rarer terms is at least `least`, and so worth a closer look.

    With `apart`, a number for each row, only rows of different numbers make a pair.
    """
    postings = _postings(rows)
    firsts, seconds, cosines = [], [], []
    for number in range(1, len(rows.starts) - 1):
        partners, cosine = _partners(rows, postings, number, apart, least)
        firsts.append(partners)
        seconds.append(np.full(len(partners), number, dtype=np.int64))
        cosines.append(cosine)
    if not firsts:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none, np.zeros(0))
    return Pairs(np.concatenate(firsts), np.concatenate(seconds), np.concatenate(cosines))


def crowdedness(pairs: Pairs, count: int) -> Weights:
    """How near the neighbours of each of `count` articles are that probably report other events, as a mean cosine.

    Where all articles are about one war, two of them must be more alike to be about one event of it.  The idea is
    that of Conneau et al., "Word translation without parallel data", ICLR 2018 (CSLS); here it is bounded, so that an
    event with a hundred reports is not taken for a crowd of others.
    """
    rows = np.concatenate([pairs.first, pairs.second])
    nearness = np.clip(np.concatenate([pairs.cosine, pairs.cosine]), _CROWD_LEAST, _CROWD_MOST)
    order = np.lexsort((-nearness, rows))
    rows, nearness = rows[order], nearness[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = (place >= _CROWD.start) & (place < _CROWD.stop)
    size = _CROWD.stop - _CROWD.start
    above = np.bincount(rows[kept], weights=nearness[kept] - _CROWD_LEAST, minlength=count)
    return np.asarray(_CROWD_LEAST + above / size)


@dataclass(frozen=True, slots=True)
class _Postings:
    """The same matrix by columns; `place` is where each entry of the rows stands in it."""

    starts: Counts
    rows: Counts
    weights: Weights
    place: Counts
    useful: NDArray[np.bool_]  # of each entry of the rows: its column is not too common


def _postings(rows: Rows) -> _Postings:
    row_of = np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))
    order = np.argsort(rows.columns, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    sizes = np.bincount(rows.columns, minlength=rows.width)
    return _Postings(
        starts=np.concatenate([[0], np.cumsum(sizes)]),
        rows=row_of[order],
        weights=rows.weights[order],
        place=place,
        useful=sizes[rows.columns] <= _MOST_ARTICLES,
    )


def _partners(
    rows: Rows, postings: _Postings, number: int, apart: Counts | None, least: float
) -> tuple[Counts, Weights]:
    """The articles before `number` that share its rarer terms, and how much."""
    span = slice(rows.starts[number], rows.starts[number + 1])
    useful = postings.useful[span]
    starts = postings.starts[rows.columns[span][useful]]
    sizes = postings.place[span][useful] - starts  # the articles before this one among those of the term
    at = ragged(starts, sizes)
    shared = postings.weights[at] * np.repeat(rows.weights[span][useful], sizes)
    cosine = np.bincount(postings.rows[at], weights=shared, minlength=number)
    partners = np.flatnonzero(cosine >= least).astype(np.int64)
    if apart is not None:
        partners = partners[apart[partners] != apart[number]]
    if len(partners) > _MOST_PARTNERS:
        nearest = np.argsort(-cosine[partners], kind="stable")[:_MOST_PARTNERS]
        partners = np.sort(partners[nearest])
    return partners, np.asarray(cosine[partners], dtype=np.float64)


def ragged(starts: Counts, sizes: Counts) -> Counts:
    """The numbers of several runs one after another: starts [5, 9] of sizes [2, 1] give 5, 6, 9."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - sizes), sizes))
