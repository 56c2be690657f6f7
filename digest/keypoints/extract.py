"""Choose the sentences of an article that tell its story: by place, by centrality, without saying a thing twice.

Furniture and authored points are settled before (see furniture.py, authored.py); nothing is rewritten here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from digest.keypoints.furniture import Sentence
from digest.keypoints.words import frequent_words, stem, words
from digest.model import Article, KeyPoint

_MOST_COMPARED = 200  # sentences that enter the pairwise comparison: a longer text is judged by its first ones
_POSITION_FADES = 4.0  # sentences after which the pull of the opening is down to 1/e
_OPENING = 1.0  # weight of position beside centrality, both 0..1
_REPETITION = 0.7  # what likeness to a chosen sentence costs
_DEFAULT_POINTS = 3
_FEWEST_WORDS = 4  # less is a caption or a label, not a point


def extract_points(article: Article, sentences: Sequence[Sentence], *, max_points: int | None) -> tuple[KeyPoint, ...]:
    """The points of `article`, in its own order; () when no sentence is worth one.

    `sentences` are those of the story, furniture out.  `max_points` bounds their number; None lets the content decide.
    """
    wanted = _DEFAULT_POINTS if max_points is None else max_points
    candidates = [sentence for sentence in sentences[:_MOST_COMPARED] if len(words(sentence.text)) >= _FEWEST_WORDS]
    chosen = _choose(_vectors(candidates, article.language), wanted)
    return tuple(
        KeyPoint(text=candidates[i].text, origin="extracted", spans=(candidates[i].span,), article=article.id)
        for i in sorted(chosen)
    )


def _vectors(sentences: Sequence[Sentence], language: str) -> list[dict[str, float]]:
    """Each sentence's tf-idf vector over the article's own sentences, of length 1."""
    frequent = frequent_words(language)
    bags = [Counter(stem(word) for word in words(sentence.text) if word not in frequent) for sentence in sentences]
    spread = Counter(key for bag in bags for key in bag)
    vectors = []
    for bag in bags:
        weighted = {key: count * math.log(1 + len(bags) / spread[key]) for key, count in bag.items()}
        length = math.sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        vectors.append({key: weight / length for key, weight in weighted.items()})
    return vectors


def _likeness(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    return sum(weight * large[key] for key, weight in small.items() if key in large)


def _choose(vectors: Sequence[Mapping[str, float]], wanted: int) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) over position and directed centrality."""
    likeness = [[_likeness(a, b) for b in vectors] for a in vectors]
    # What later sentences take up is central; what takes up earlier ones less so (Zheng and Lapata, ACL 2019).
    central = [sum(row[i + 1 :]) - 0.3 * sum(row[:i]) for i, row in enumerate(likeness)]
    most = max((abs(value) for value in central), default=0.0) or 1.0
    merit = [value / most + _OPENING * math.exp(-i / _POSITION_FADES) for i, value in enumerate(central)]
    chosen: list[int] = []
    while len(chosen) < min(wanted, len(vectors)):
        rest = (i for i in range(len(vectors)) if i not in chosen)
        chosen.append(max(rest, key=lambda i: merit[i] - _REPETITION * sum(likeness[i][j] for j in chosen)))
    return chosen
