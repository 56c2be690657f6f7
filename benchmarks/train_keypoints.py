"""Learn the weights of the extractive condenser from articles whose key points are known.

    python benchmarks/train_keypoints.py FOLDER              writes digest/keypoints/weights.json
FOLDER holds JSONL files of {id, lang, title, text, reference}, as benchmarks/keypoints.py reads them.  Two ridge
logistic regressions are fitted by Newton's method: is this word (pair) of the article in the reference?  All sets and
languages are fitted together; a set counts as the square root of its size, so that no publisher's habits rule.  A third
regression tells how many words the reference has.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from measured import Measured, articles_in

from digest.keypoints.alone import trimmed
from digest.keypoints.extract import MOST_SENTENCES
from digest.keypoints.likelihood import Regression, Weights
from digest.keypoints.wording import Floats, Wording, article_signs, pair_signs, read_wording, word_signs
from digest.keypoints.words import WORD, same_word

RIDGE = 25.0
LANGUAGE_RIDGE = 25.0  # a language's own weights are differences, and differences are to be few
STEPS = 10
WEIGHTS = Path(__file__).parent.parent / "digest" / "keypoints" / "weights.json"
HABIT = "habit of the word"
HABIT_SEEN = 20  # articles that must have a word before its habit is learned
HABIT_PRIOR = 30.0  # what a word's signs count against what was seen of the word, in articles
SMALLEST_HABIT = 0.05
PAIR_WEIGHT = 0.7
LENGTH_RIDGE = 20.0
SHORTEST_POINTS = 3  # words: less is a label, and would weigh heavily in a log
LENGTH_FACTOR = 1.18  # longer than the references: a fact missed is worse than a word too many
# Tuned: beyond them F1 falls by more than 0.3 on some set (RESULTS-keypoints.md has the curve).
NUMBER_WORTH = {"en": 1.0, "und": 1.5}
NUMBER_SHARE = {"en": 0.14, "und": 0.0}


@dataclass
class Example:
    """One article as the regressions see it."""

    article: Measured
    wording: Wording
    signs: Mapping[str, Floats]
    in_points: Floats  # of each word, 0 or 1
    pair_in_points: Floats
    weight: float = 1.0


def example(article: Measured) -> Example:
    """Look at `article` as extract.py does: each sentence trimmed."""
    language = article.article.language
    texts = [s.text[slice(*trimmed(s.text, language))] for s in article.sentences[:MOST_SENTENCES]]
    wording = read_wording(texts, title=article.title, language=language)
    said = [same_word(word, language) for word in WORD.findall(" \n ".join(article.reference))]
    words, pairs = set(said), set(pairwise(said))
    return Example(
        article=article,
        wording=wording,
        signs=word_signs(wording),
        in_points=np.array([word in words for word in wording.words], dtype=float),
        pair_in_points=np.array(
            [(wording.words[a], wording.words[b]) in pairs for a, b in wording.pairs.T], dtype=float
        ),
    )


@dataclass(frozen=True)
class Rows:
    """What the regressions learn from: a matrix an article, its answers, and what the article counts."""

    languages: list[str]
    signs: list[Floats]  # a row a word (pair)
    answers: list[Floats]
    weights: list[float]

    def some(self, chosen: Sequence[int]) -> Rows:
        """Those of the articles that are `chosen`."""
        return Rows(
            [self.languages[i] for i in chosen],
            [self.signs[i] for i in chosen],
            [self.answers[i] for i in chosen],
            [self.weights[i] for i in chosen],
        )


def fit(rows: Rows, names: Sequence[str]) -> dict[str, Regression]:
    """A regression for all languages ("und"), and for each language what its own articles add to that."""
    everything = _newton(rows, offset=None)
    fitted = {"und": _regression(everything, names)}
    for language in sorted(set(rows.languages)):
        own = rows.some([i for i, spoken in enumerate(rows.languages) if spoken == language])
        offset = np.concatenate([x @ everything[:-1] + everything[-1] for x in own.signs])
        fitted[language] = _regression(everything + _newton(own, offset=offset), names)
    return fitted


def _regression(beta: Floats, names: Sequence[str]) -> Regression:
    return Regression(float(beta[-1]), dict(zip(names, beta[:-1].tolist(), strict=True)))


def _newton(rows: Rows, *, offset: Floats | None) -> Floats:
    """Ridge logistic regression by Newton's method; coefficients of the raw signs, then the intercept."""
    x, y = np.concatenate(rows.signs), np.concatenate(rows.answers)
    w = np.concatenate([np.full(len(a), v / max(len(a), 1)) for a, v in zip(rows.answers, rows.weights, strict=True)])
    w *= len(w) / w.sum()
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = np.column_stack([(x - mean) / scale, np.ones(len(x))])
    penalty = np.diag([*([RIDGE if offset is None else LANGUAGE_RIDGE] * x.shape[1]), 0.0 if offset is None else RIDGE])
    beta = np.zeros(z.shape[1])
    known = 0.0 if offset is None else offset
    for _ in range(STEPS):
        p = 1.0 / (1.0 + np.exp(-(z @ beta + known)))
        gradient = z.T @ (w * (y - p)) - penalty @ beta
        curvature = (z * (w * p * (1 - p))[:, None]).T @ z + penalty
        beta = beta + np.linalg.solve(curvature, gradient)
    raw = beta[:-1] / scale
    return np.append(raw, beta[-1] - raw @ mean)


def train(examples: Sequence[Example]) -> Weights:
    """Weights from `examples`, as they will be shipped."""
    counts = Counter(e.article.set for e in examples)
    weight = [1.0 / math.sqrt(counts[e.article.set]) for e in examples]
    languages = [e.wording.language for e in examples]
    names = list(examples[0].signs)
    rows = Rows(
        languages, [np.array(list(e.signs.values())).T for e in examples], [e.in_points for e in examples], weight
    )
    habits = _habits(examples, _foretold(rows, names))
    of_words = [np.array([habits[e.wording.language].get(w, 0.0) for w in e.wording.words]) for e in examples]
    with_habits = [np.column_stack([x, habit]) for x, habit in zip(rows.signs, of_words, strict=True)]
    fitted = fit(Rows(languages, with_habits, rows.answers, weight), [*names, HABIT])
    worth = {language: regression.weights[HABIT] for language, regression in fitted.items()}
    word = {
        language: Regression(r.intercept, {name: r.weights[name] for name in names}) for language, r in fitted.items()
    }
    signs = [
        pair_signs(e.wording, word[language].odds(e.signs) + worth[language] * habit)
        for e, language, habit in zip(examples, languages, of_words, strict=True)
    ]
    pairs = Rows(languages, [np.array(list(s.values())).T for s in signs], [e.pair_in_points for e in examples], weight)
    return Weights(
        word=word,
        pair=fit(pairs, list(signs[0])),
        habits={
            language: {w: h * worth[language] for w, h in sorted(found.items()) if abs(h) >= SMALLEST_HABIT}
            for language, found in habits.items()
        },
        points=_lengths(examples, weight),
        usual_length={
            language: LENGTH_FACTOR * length for language, length in _usual(examples, _points_length).items()
        },
        usual_article=_usual(examples, lambda e: len(e.wording.token_word)),
        number_worth=NUMBER_WORTH,
        number_share=NUMBER_SHARE,
        pair_weight=PAIR_WEIGHT,
    )


def _foretold(rows: Rows, names: Sequence[str]) -> list[Floats]:
    """How likely each word was by its signs alone.

    The half of the articles that tells what the signs are worth is not the half whose words are foretold, or a
    frequent word would explain itself.
    """
    foretold: list[Floats] = [np.zeros(0)] * len(rows.signs)
    for half in (0, 1):
        fitted = fit(rows.some([i for i in range(len(rows.signs)) if i % 2 != half]), names)
        for i in range(half, len(rows.signs), 2):
            regression = fitted.get(rows.languages[i], fitted["und"])
            odds = rows.signs[i] @ np.array(list(regression.weights.values())) + regression.intercept
            foretold[i] = 1.0 / (1.0 + np.exp(-odds))
    return foretold


def _habits(examples: Sequence[Example], expected: Sequence[Floats]) -> dict[str, dict[str, float]]:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    said: dict[str, Counter[str]] = defaultdict(Counter)
    foretold: dict[str, Counter[str]] = defaultdict(Counter)
    for e, p in zip(examples, expected, strict=True):
        language = e.wording.language
        for word, answer, likely in zip(e.wording.words, e.in_points, p, strict=True):
            seen[language][word] += 1
            said[language][word] += answer
            foretold[language][word] += likely
    prior = HABIT_PRIOR * 0.15
    return {
        language: {
            word: math.log((said[language][word] + prior) / (foretold[language][word] + prior))
            for word, count in words.items()
            if count >= HABIT_SEEN
        }
        for language, words in seen.items()
    }


def _lengths(examples: Sequence[Example], weight: Sequence[float]) -> dict[str, Regression]:
    """How the log of the points' length follows the article's signs: a ridge regression a language.

    Any other language ("und") gets what the signs are worth within languages, and the languages' mean length.
    """
    signs = [article_signs(e.wording) for e in examples]
    names = list(signs[0])
    x = np.array([[float(s[name][0]) for name in names] for s in signs])
    y = np.log([LENGTH_FACTOR * max(_points_length(e), SHORTEST_POINTS) for e in examples])
    languages, w = np.array([e.wording.language for e in examples]), np.array(weight)
    fitted, means, centred = {}, [], np.zeros_like(x)
    target = np.zeros_like(y)
    for language in sorted(set(languages)):
        own = languages == language
        mean, level = np.average(x[own], axis=0, weights=w[own]), float(np.average(y[own], weights=w[own]))
        centred[own], target[own] = x[own] - mean, y[own] - level
        slopes = _ridge(centred[own], target[own], w[own])
        fitted[language] = _regression(np.append(slopes, level - slopes @ mean), names)
        means.append((mean, level))
    slopes = _ridge(centred, target, w)
    level = float(np.mean([level - slopes @ mean for mean, level in means]))
    return {"und": _regression(np.append(slopes, level), names), **fitted}


def _ridge(x: Floats, y: Floats, w: Floats) -> Floats:
    """Slopes of centred `y` on centred `x`, in the units of `x`; articles count `w`."""
    scale = x.std(axis=0) + 1e-6
    z, w = x / scale, w * len(w) / w.sum()
    weighed = (z * w[:, None]).T
    slopes: Floats = np.linalg.solve(weighed @ z + LENGTH_RIDGE * np.eye(x.shape[1]), weighed @ y) / scale
    return slopes


def _points_length(e: Example) -> int:
    return len(WORD.findall(" ".join(e.article.reference)))


def _usual(examples: Sequence[Example], length: Callable[[Example], int]) -> dict[str, float]:
    """The median `length` in a set, the mean over a language's sets, and the mean over languages ("und")."""
    by_set: dict[tuple[str, str], list[int]] = defaultdict(list)
    for e in examples:
        by_set[e.wording.language, e.article.set].append(length(e))
    by_language: dict[str, list[float]] = defaultdict(list)
    for (language, _), lengths in by_set.items():
        by_language[language].append(float(np.median(lengths)))
    means = {language: float(np.mean(medians)) for language, medians in by_language.items()}
    return {**means, "und": float(np.mean(list(means.values())))}


def main() -> None:
    """Read the command line, and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="JSONL files, or folders of them")
    parser.add_argument("--leave-out", nargs="*", default=["bbc"], help="sets not to learn from")
    arguments = parser.parse_args()
    examples = [
        example(article)
        for name, articles in articles_in(arguments.paths)
        if name not in arguments.leave_out
        for article in articles
        if article.sentences
    ]
    WEIGHTS.write_text(to_json(train(examples)) + "\n", encoding="utf-8")
    print(f"{len(examples)} articles -> {WEIGHTS}")


def to_json(weights: Weights) -> str:
    """The file that ships: one weight a line, rounded to what matters."""

    def rounded(values: Mapping[str, float]) -> dict[str, float]:
        return {name: round(value, 4) for name, value in values.items()}

    def regressions(by: Mapping[str, Regression]) -> dict[str, object]:
        return {
            language: {"intercept": round(found.intercept, 4), "weights": rounded(found.weights)}
            for language, found in by.items()
        }

    return json.dumps(
        {
            "word": regressions(weights.word),
            "pair": regressions(weights.pair),
            "points": regressions(weights.points),
            "usual_length": rounded(weights.usual_length),
            "usual_article": rounded(weights.usual_article),
            "number_worth": dict(weights.number_worth),
            "number_share": dict(weights.number_share),
            "pair_weight": weights.pair_weight,
            "habits": {language: rounded(words) for language, words in weights.habits.items()},
        },
        ensure_ascii=False,
        indent=1,
    )


if __name__ == "__main__":
    main()
