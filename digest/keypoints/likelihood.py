"""How likely each word, and each pair of neighbouring words, of an article is to stand in its editors' key points.

Two logistic regressions over the signs of wording.py, each with weights for all languages ("und") and for each
language that was learned from.  They are read from weights.json, which benchmarks/train_keypoints.py
writes; the idea is that of Hong and Nenkova, "Improving the estimation of word importance for news multi-document
summarization", EACL 2014, doi:10.3115/v1/E14-1075.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Self

import numpy as np

from digest.keypoints.wording import Floats, Wording, pair_signs, word_signs

_UNKNOWN: Final = "und"


@dataclass(frozen=True, slots=True)
class Regression:
    """The log odds of an event, linear in its signs."""

    intercept: float
    weights: Mapping[str, float]

    def odds(self, signs: Mapping[str, Floats]) -> Floats:
        """The log odds of each row of `signs`."""
        stacked = np.array([signs[name] for name in self.weights])
        total: Floats = np.fromiter(self.weights.values(), dtype=float) @ stacked
        return total + self.intercept


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything learned from articles whose key points are known."""

    word: Mapping[str, Regression]  # by language; "und" for the others
    pair: Mapping[str, Regression]
    habits: Mapping[str, Mapping[str, float]]  # by language: log odds that a word has beyond its signs
    usual_length: Mapping[str, float]  # words of an article's key points together, by language; "und" for the others
    pair_weight: float  # what agreeing on a pair counts beside agreeing on a word

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `train_keypoints.py` wrote."""
        read = json.loads(text)
        return cls(
            word={language: Regression(**found) for language, found in read["word"].items()},
            pair={language: Regression(**found) for language, found in read["pair"].items()},
            habits=read["habits"],
            usual_length=read["usual_length"],
            pair_weight=read["pair_weight"],
        )

    def length(self, language: str) -> float:
        """How many words the points of an article in `language` usually have together."""
        return self.usual_length.get(language, self.usual_length[_UNKNOWN])


def shipped_weights() -> Weights:
    """Read the weights that come with the package."""
    return Weights.from_json(files("digest.keypoints").joinpath("weights.json").read_text(encoding="utf-8"))


def likelihoods(wording: Wording, weights: Weights) -> tuple[Floats, Floats]:
    """The probability of each distinct word and of each distinct pair to stand in the points, each 0..1."""
    habits = weights.habits.get(wording.language, {})
    habit = np.array([habits.get(word, 0.0) for word in wording.words])
    word, pair = (by.get(wording.language, by[_UNKNOWN]) for by in (weights.word, weights.pair))
    word_odds = word.odds(word_signs(wording)) + habit
    return _probability(word_odds), _probability(pair.odds(pair_signs(wording, word_odds)))


def _probability(odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-odds))
