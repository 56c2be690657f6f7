"""What an article names and tells, in keys that are the same in every language, weighed by how rare they are.

    anchors    places and bodies (places.tsv), other names by their sound (names.py), figures with what they count
    topics     the words news is told in (lexicon.tsv): fire, warehouse, sentence, drone

What follows from keys that two articles share, or do not, is decided in across.py and likeness.py.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from digest.edition.concepts import LANGUAGES, places, topics
from digest.edition.figures import figures
from digest.edition.names import name_of
from digest.edition.rarity import background
from digest.edition.units import is_listed
from digest.edition.vectors import Rows, Weights, rows
from digest.model import Article

_MOST_CHARACTERS = 1000  # who, where, what and how many stand at the top
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
_INITIALS = re.compile(r"\b(?:U\.S\.|U\.K\.|U\.N\.|E\.U\.)")
_TELLING_NUMBER = 13  # smaller ones are in every article; they tell something with what they count

_BACKGROUND_ARTICLES = 1000.0  # see rarity.py
# The share of articles that have one which no list counts; small figures are commoner than others.  Not measured.
_UNLISTED_TOPIC, _UNLISTED_PLACE, _UNLISTED_NAME, _SMALL_FIGURE = 0.004, 0.002, 0.001, 0.01


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of key of a batch: of each article the keys with their weights, and the same as rows of length 1."""

    weights: Sequence[Mapping[str, float]]
    rows: Rows
    lengths: Weights  # that the rows had


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a batch of articles."""

    anchors: Kind
    topics: Kind


def weigh_keys(articles: Sequence[Article]) -> Keys:
    """Read the keys of a batch; what one weighs depends on how many of the articles have it."""
    found = [keys_of(article) for article in articles]
    return Keys(_kind([anchors for anchors, _ in found]), _kind([told for _, told in found]))


def keys_of(article: Article) -> tuple[Counter[str], Counter[str]]:
    """The anchors and the topics of an article, with how often each stands at its top."""
    text = _INITIALS.sub(
        lambda found: found.group().replace(".", ""), f"{article.title}. {article.text[:_MOST_CHARACTERS]}"
    )
    meanings = [_meanings(word, article.language) for word in _WORD.findall(text)]
    anchors = Counter(key for named, _ in meanings for key in named)
    told = Counter(key for _, subjects in meanings for key in subjects)
    for figure in figures(text, article.language):
        value = figure.value
        if is_listed(figure.unit):
            anchors[f"{'few' if value < _TELLING_NUMBER else 'figure'}:{value.normalize():f} {figure.unit}"] += 1
        if value >= _TELLING_NUMBER or value != value.to_integral_value():
            anchors[f"number:{value.normalize():f}"] += 1
    return anchors, told


@lru_cache(maxsize=400_000)
def _meanings(word: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of one word: of the anchors, then of the topics."""
    listed, told = places(word, language), topics(word, language)
    if not listed and not told and (name := name_of(word, language)):
        return (f"name:{name}",), ()
    return tuple(f"place:{each}" for each in listed), tuple(f"topic:{each}" for each in told)


def _weighted(counts: Sequence[Counter[str]]) -> list[dict[str, float]]:
    """Weigh keys by how often they stand in an article and how few articles have them, as rarity.py does terms."""
    found_in = Counter(key for count in counts for key in count)
    total = len(counts) + _BACKGROUND_ARTICLES
    rare = {key: math.log1p(total / (times + _BACKGROUND_ARTICLES * _share(key))) for key, times in found_in.items()}
    return [{key: (1 + math.log(times)) * rare[key] for key, times in sorted(count.items())} for count in counts]


def _share(key: str) -> float:
    """The share of articles at large that have a key."""
    kind = key.partition(":")[0]
    if kind in {"topic", "place"}:
        return _listed_shares().get(key, _UNLISTED_TOPIC if kind == "topic" else _UNLISTED_PLACE)
    return _SMALL_FIGURE if kind == "few" else _UNLISTED_NAME


@cache
def _listed_shares() -> Mapping[str, float]:
    """Of each topic and place the share of its commonest word, in the language where that is commonest."""
    shares: dict[str, float] = {}
    for language in LANGUAGES:
        for term, share in background(language).items():
            told = [f"topic:{each}" for each in topics(term, language)]
            named = [f"place:{each}" for word in (term, term.capitalize()) for each in places(word, language)]
            for key in (*told, *named):
                shares[key] = max(share, shares.get(key, 0.0))
    return shares


def _kind(counts: Sequence[Counter[str]]) -> Kind:
    weighted = _weighted(counts)
    lengths = np.array([math.sqrt(math.fsum(weight * weight for weight in row.values())) for row in weighted])
    return Kind(weighted, rows(weighted), lengths)
