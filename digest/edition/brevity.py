"""What two short reports must share beside the one word that they share most, which is as a rule the town.

A report of thirty words that names Fenwick and a court, and another one of the same day that does, have a third of
their weight in common: so much is the word Fenwick in so few, and it stands in both titles.  That says where they are,
not that they tell of one case.  So of short ones with titles the common ground is measured without that word, and by
what they are about (topics of keys.py), and who has little of it loses by that.  Longer texts have enough else to agree
in, and without titles no town stands in both twice: measured in benchmarks/RESULTS-stories.md.
"""

from __future__ import annotations

import numpy as np

from digest.edition.candidates import Pairs, ragged
from digest.edition.keys import Kind
from digest.edition.likeness import cosines
from digest.edition.vectors import Counts, Rows, Vectors, Weights

# Log-odds, and the common ground from which on none are lost and below which all are.  In words, titles counted, up to
# which a report is short and from which on it is not.  Picked on reports written for it: tests/edition/short/.
THIN_COST, _SOLID, _THIN = 4.0, 0.8, 0.5
_SHORT, _LONG = 60.0, 80.0


def thinness(vectors: Vectors, topics: Kind, pairs: Pairs) -> Weights:
    """The log-odds that each pair loses because one of the two is short and they share little but one word.

    Where either has no topics, for its language has no list of them or it opens with none, the words alone count, for
    as much as they do on average beside topics.
    """
    shorter = np.minimum(vectors.lengths[pairs.first], vectors.lengths[pairs.second])
    titled = vectors.titled[pairs.first] & vectors.titled[pairs.second]
    short = np.where(titled, np.clip((_LONG - shorter) / (_LONG - _SHORT), 0.0, 1.0), 0.0)
    lost = np.zeros(len(pairs.first))
    at = np.flatnonzero(short)
    some = Pairs(pairs.first[at], pairs.second[at], pairs.cosine[at])
    silent = (topics.lengths[some.first] == 0) | (topics.lengths[some.second] == 0)
    beside = beside_the_strongest(vectors.words, some)
    ground = beside + np.where(silent, 2 * beside, cosines(topics.rows, some))
    lost[at] = THIN_COST * short[at] * np.clip((_SOLID - ground) / (_SOLID - _THIN), 0.0, 1.0)
    return lost


def beside_the_strongest(rows: Rows, pairs: Pairs) -> Weights:
    """The product of each pair's two rows without the one column that adds most to it.

    Pairs come sorted by `second`, as for `cosines`.
    """
    strongest = np.zeros(len(pairs.first))
    laid_out = np.zeros(rows.width)
    seconds, opens = np.unique(pairs.second, return_index=True)
    ends = np.searchsorted(pairs.second, seconds, side="right")
    for number, start, end in zip(seconds.tolist(), opens.tolist(), ends.tolist(), strict=True):
        columns, weights = rows.row(number)
        laid_out[columns] = weights
        strongest[start:end] = _strongest(rows, pairs.first[start:end], laid_out)
        laid_out[columns] = 0.0
    return np.asarray(np.maximum(cosines(rows, pairs) - strongest, 0.0))


def _strongest(rows: Rows, numbers: Counts, laid_out: Weights) -> Weights:
    starts = rows.starts[numbers]
    sizes = rows.starts[numbers + 1] - starts
    at = ragged(starts, sizes)
    found = np.zeros(len(numbers))
    np.maximum.at(found, np.repeat(np.arange(len(numbers)), sizes), rows.weights[at] * laid_out[rows.columns[at]])
    return found
