"""How probably two articles report one event: a logistic model of six figures, its weights in weights.toml.

    pieces       cosine of their terms' pieces (vectors.py)
    title        cosine of their titles, 0 where either has none
    titled       1 where both have a title: it must then speak for the pair
    length       ln of the shorter one's words, within bounds: long texts share more words by chance
    unlength     how many times longer the other is, as a difference of logarithms
    crowd        how near other events are (candidates.crowdedness), both added

The weights are fitted by benchmarks/train_stories.py; nothing here depends on a language.  Time is not among them,
for the labelled sets carry no dates: how much each day between two articles counts is a judgement, see DAYS_APART.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

import numpy as np

from digest.edition.candidates import Pairs, crowdedness, ragged
from digest.edition.keys import Kind
from digest.edition.vectors import Counts, Rows, Vectors, Weights

FEATURES = ("pieces", "title", "titled", "length", "unlength", "crowd")
# An event is news for a day or two, then a follow-up is.  Log-odds lost with each day after those; not measured.
DAYS_APART, DAY_COST = 2.0, 0.25
# Two rate decisions are told in the same words, and yet of two banks.  Lengths of anchors (keys.py): one name is
# about 7, three are 12; and the cosine from which on two articles name the same.  Judged by eye, then measured.
STRANGER_COST, _NAMES_LITTLE, _NAMES_MUCH, _NAMES_THE_SAME = 3.0, 10.0, 16.0, 0.2
# The labelled articles have 20 to 250 words.  Longer ones count as long ones of those, and so do shorter ones: one
# chance word in common is much of a text of a dozen words, so the strict end of the scale is the safe one.
_SHORTEST, _LONGEST = 20.0, 200.0
_LEAST_PIECES = 0.1  # of two texts that share less nothing says that they tell the same, however short they are


def probabilities(figures: Weights, pairs: Pairs, published: Sequence[datetime], against: Weights) -> Weights:
    """The probability of each pair that both report one event; `against` are log-odds that each loses."""
    weights, bias = model()
    return judge(figures, weights, bias - days_beyond(pairs, published) - against)


def judge(figures: Weights, weights: Weights, bias: Weights | float) -> Weights:
    """Apply a model to the figures of pairs, one bias for all or one for each."""
    odds = figures @ weights + bias
    enough = figures[:, FEATURES.index("pieces")] >= _LEAST_PIECES
    return np.asarray(np.where(enough, 1.0 / (1.0 + np.exp(-odds)), 0.0))


@cache
def model() -> tuple[Weights, float]:
    """The fitted weights in the order of FEATURES, and the bias."""
    kept = tomllib.loads(files(__package__).joinpath("weights.toml").read_text(encoding="utf-8"))
    return np.array([float(kept["weights"][name]) for name in FEATURES]), float(kept["bias"])


@cache
def threshold() -> float:
    """The probability, on a quadratic average, down to which groups merge."""
    kept = tomllib.loads(files(__package__).joinpath("weights.toml").read_text(encoding="utf-8"))
    return float(kept["threshold"])


def figures(vectors: Vectors, pairs: Pairs) -> Weights:
    """The figures of each pair, one row a pair, columns as FEATURES."""
    crowd = crowdedness(pairs, len(vectors.lengths))
    sizes = np.log1p(vectors.lengths)
    first, second = pairs.first, pairs.second
    shorter = np.minimum(vectors.lengths[first], vectors.lengths[second])
    titled = vectors.titled[first] & vectors.titled[second]
    return np.column_stack(
        [
            cosines(vectors.pieces, pairs),
            np.where(titled, cosines(vectors.titles, pairs), 0.0),
            titled.astype(np.float64),
            np.log1p(np.where(shorter < _SHORTEST, _LONGEST, np.minimum(shorter, _LONGEST))),
            np.abs(sizes[first] - sizes[second]),
            crowd[first] + crowd[second],
        ]
    )


def cosines(rows: Rows, pairs: Pairs) -> Weights:
    """The product of each pair's two rows.

    Pairs come sorted by `second`: its row is laid out once over all columns, and the first ones' entries look their
    columns up in it.
    """
    found = np.zeros(len(pairs.first))
    laid_out = np.zeros(rows.width)
    ends = np.searchsorted(pairs.second, np.arange(len(rows.starts) - 1), side="right")
    start = 0
    for number, end in enumerate(ends):
        if end > start:
            columns, weights = rows.row(number)
            laid_out[columns] = weights
            found[start:end] = _products(rows, pairs.first[start:end], laid_out)
            laid_out[columns] = 0.0
        start = end
    return found


def _products(rows: Rows, numbers: Counts, laid_out: Weights) -> Weights:
    starts = rows.starts[numbers]
    sizes = rows.starts[numbers + 1] - starts
    at = ragged(starts, sizes)
    pair_of = np.repeat(np.arange(len(numbers)), sizes)
    products: Weights = rows.weights[at] * laid_out[rows.columns[at]]
    return np.asarray(np.bincount(pair_of, weights=products, minlength=len(numbers)), dtype=np.float64)


def strangeness(anchors: Kind, pairs: Pairs) -> Weights:
    """The log-odds that each pair loses because both name much, and hardly the same."""
    shorter = np.minimum(anchors.lengths[pairs.first], anchors.lengths[pairs.second])
    much = np.clip((shorter - _NAMES_LITTLE) / (_NAMES_MUCH - _NAMES_LITTLE), 0.0, 1.0)
    apart = np.clip(1.0 - cosines(anchors.rows, pairs) / _NAMES_THE_SAME, 0.0, 1.0)
    return np.asarray(STRANGER_COST * much * apart)


def days_beyond(pairs: Pairs, published: Sequence[datetime]) -> Weights:
    """The log-odds that each pair loses by the time between the two."""
    days = np.array([instant.timestamp() for instant in published]) / timedelta(days=1).total_seconds()
    apart = np.abs(days[pairs.first] - days[pairs.second])
    return np.asarray(DAY_COST * np.maximum(apart - DAYS_APART, 0.0))
