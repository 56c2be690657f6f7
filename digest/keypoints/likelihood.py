"""How likely each word, and each pair of neighbouring words, of an article is to stand in its editors' key points.

Two logistic regressions over the signs of wording.py, each with weights for all languages ("und") and for each
language that was learned from.  They are read from weights.json, which benchmarks/train_keypoints.py
writes; the idea is that of Hong and Nenkova, "Improving the estimation of word importance for news multi-document
summarization", EACL 2014, doi:10.3115/v1/E14-1075.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Self, TypeVar

import numpy as np

from digest.keypoints.wording import Floats, Wording, article_signs, pair_signs, word_signs

UNKNOWN: Final = "und"
_FARTHEST: Final = math.log(2)  # from the usual length: an article unlike all that were learned from stays near it
# Of the usual article: under the first share hardly any was learned from, over the second enough were.
_SHORT: Final = {"en": (0.2, 0.3), "ru": (0.2, 0.4), "uk": (0.2, 0.25), UNKNOWN: (0.08, 0.1)}
_FEWEST_NUMBERS: Final = 1.0  # expected in the points: an article that has less to count is not made to
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Regression:
    """The log odds of an event, or the log of a size, linear in its signs."""

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
    points: Mapping[str, Regression]  # log of the words that an article's key points have together, linear in its signs
    usual_length: Mapping[str, float]  # those words as they usually are
    usual_article: Mapping[str, float]  # words of such an article
    number_worth: Mapping[str, float]  # how many times a word's worth a number is
    number_share: Mapping[str, float]  # expected F1 that all the numbers looked for are worth on top
    pair_weight: float  # what agreeing on a pair counts beside agreeing on a word

    def brevity(self, wording: Wording) -> float:
        """How far an article is shorter than those learned from, from 0 to 1: about such nothing was learned."""
        few, enough = _of(_SHORT, wording.language)
        share = len(wording.token_word) / _of(self.usual_article, wording.language)
        return min(max((enough - share) / (enough - few), 0.0), 1.0)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `train_keypoints.py` wrote."""
        read = json.loads(text)
        return cls(
            word={language: Regression(**found) for language, found in read["word"].items()},
            pair={language: Regression(**found) for language, found in read["pair"].items()},
            habits=read["habits"],
            points={language: Regression(**found) for language, found in read["points"].items()},
            usual_length=read["usual_length"],
            usual_article=read["usual_article"],
            number_worth=read["number_worth"],
            number_share=read["number_share"],
            pair_weight=read["pair_weight"],
        )

    def length(self, wording: Wording) -> float:
        """How many words the points of such an article should have together.

        They follow from how long the article is and how it is written.  What was learned from has few that are more
        than twice as long as most: there the length itself counts as well, for a summit deserves five points.
        """
        usual = _of(self.usual_length, wording.language)
        found = float(_of(self.points, wording.language).odds(article_signs(wording))[0]) - math.log(usual)
        share = len(wording.token_word) / _of(self.usual_article, wording.language)
        return usual * math.exp(min(max(found, -_FARTHEST), _FARTHEST)) * max(share / 2, 1.0)


def _of(by_language: Mapping[str, _T], language: str) -> _T:
    return by_language.get(language, by_language[UNKNOWN])


def shipped_weights() -> Weights:
    """Read the weights that come with the package."""
    return Weights.from_json(files("digest.keypoints").joinpath("weights.json").read_text(encoding="utf-8"))


def likelihoods(wording: Wording, weights: Weights) -> tuple[Floats, Floats]:
    """What each distinct word and each distinct pair is worth: its probability to stand in the points.

    A number is worth more than a word: a reader asks how many and when, and another sentence will not say it again.
    In English it also gets its share of what the article's numbers are worth together, so that its one main figure
    weighs as much as the ten of another; the less the shorter an item is, for there the hour of the event would win.
    """
    habits = weights.habits.get(wording.language, {})
    habit = np.array([habits.get(word, 0.0) for word in wording.words])
    word_odds = _of(weights.word, wording.language).odds(word_signs(wording)) + habit
    pair_odds = _of(weights.pair, wording.language).odds(pair_signs(wording, word_odds))
    likely = _probability(word_odds)
    number = np.array([word[0].isdigit() for word in wording.words], dtype=bool)
    share = np.where(number, likely, 0.0)
    share /= max(float(share.sum()), _FEWEST_NUMBERS)
    worth = np.where(number, _of(weights.number_worth, wording.language), 1.0)
    together = _of(weights.number_share, wording.language) * weights.length(wording) * (1.0 - weights.brevity(wording))
    return worth * likely + together * share, _probability(pair_odds)


def _probability(odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-odds))
