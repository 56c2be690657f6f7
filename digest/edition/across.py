"""How probably two articles in different languages report one event: they meet in who, where, how many and what.

Of their anchors and of their topics (keys.py) the cosine is drawn down where little is shared: two short reports that
both name Poltava and nothing else do not agree in every name they have, they agree in one.  A logistic model of the
two, its weights in weights.toml, fitted by benchmarks/train_across.py, says how probable it is.

Articles in one language are compared by all their words, see likeness.py.  Russian and Ukrainian ones are compared
both ways, and the higher probability counts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from digest.edition.candidates import Pairs, candidates
from digest.edition.concepts import LANGUAGES
from digest.edition.keys import Keys, Kind, weigh_keys
from digest.edition.likeness import cosines, days_beyond
from digest.edition.vectors import Counts, Weights, rows
from digest.model import Article

FEATURES = ("anchors", "topics")
# What two articles must have before their cosine counts in full, in squares of a weight: about two names, one topic.
_STEADY_ANCHORS, _STEADY_TOPICS = 100.0, 30.0
_LEAST_COSINE = 0.12  # of both kinds together, over rarer keys: no pair of one event that was tried has less
_LEAST_LIKELY = 0.05  # less links nothing, and there are very many of them
_LEAST_SHARED = 3  # names of a language without a lexicon


def across_languages(articles: Sequence[Article], keys: Keys | None = None) -> dict[tuple[int, int], float]:
    """The probability of each pair in different languages that is worth a look, by the articles' numbers.

    The lesser number comes first.  `keys` are the articles' own, if they were read already.
    """
    if len({article.language for article in articles}) <= 1:
        return {}
    pairs, found = compared(articles, keys or weigh_keys(articles))
    weights, bias = model()
    odds = found @ weights + bias - days_beyond(pairs, [article.published for article in articles])
    alike = 1.0 / (1.0 + np.exp(-odds))
    kept = alike >= _LEAST_LIKELY
    first, second = pairs.first[kept].tolist(), pairs.second[kept].tolist()
    return dict(zip(zip(first, second, strict=True), alike[kept].tolist(), strict=True))


def compared(articles: Sequence[Article], keys: Keys) -> tuple[Pairs, Weights]:
    """The pairs in different languages that share rarer keys, and the figures of each, columns as FEATURES."""
    languages = [article.language for article in articles]
    together = zip(keys.anchors.weights, keys.topics.weights, strict=True)
    number = {language: at for at, language in enumerate(sorted(set(languages)))}
    codes = np.array([number[language] for language in languages], dtype=np.int64)
    pairs = candidates(rows([{**named, **told} for named, told in together]), apart=codes, least=_LEAST_COSINE)
    anchors, topics = measured(keys, pairs).T
    unlisted = np.array([language not in LANGUAGES for language in languages])
    alone = unlisted[pairs.first] | unlisted[pairs.second]
    enough = _shared(keys.anchors, pairs, alone) >= _LEAST_SHARED
    # Where no lexicon tells the topics, names must speak for them too.
    return pairs, np.column_stack([anchors, np.where(alone, np.where(enough, anchors, 0.0), topics)])


def measured(keys: Keys, pairs: Pairs) -> Weights:
    """The figures of each pair, whatever its languages, columns as FEATURES."""
    anchors = _steady(keys.anchors, pairs, _STEADY_ANCHORS)
    return np.column_stack([anchors, _steady(keys.topics, pairs, _STEADY_TOPICS)])


def _steady(kind: Kind, pairs: Pairs, least: float) -> Weights:
    """The cosine of each pair, drawn down where the lengths of the two are small."""
    sizes = kind.lengths[pairs.first] * kind.lengths[pairs.second]
    return np.asarray(cosines(kind.rows, pairs) * sizes / (sizes + least))


def _shared(kind: Kind, pairs: Pairs, wanted: NDArray[np.bool_]) -> Counts:
    """How many keys the `wanted` pairs share, 0 for the others."""
    counts = np.zeros(len(pairs.first), dtype=np.int64)
    for at in np.flatnonzero(wanted).tolist():
        counts[at] = len(kind.weights[pairs.first[at]].keys() & kind.weights[pairs.second[at]].keys())
    return counts


@cache
def model() -> tuple[Weights, float]:
    """The fitted weights in the order of FEATURES, and the bias."""
    kept = tomllib.loads(files(__package__).joinpath("weights.toml").read_text(encoding="utf-8"))["across"]
    return np.array([float(kept[name]) for name in FEATURES]), float(kept["bias"])
