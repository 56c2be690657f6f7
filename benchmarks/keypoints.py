"""Measure the condenser against its peers on articles whose key points are known.

    python benchmarks/keypoints.py FOLDER_OR_FILES...                  the shipped weights
    python benchmarks/keypoints.py FOLDER_OR_FILES... --folds 5        weights learned from the other articles
    python benchmarks/keypoints.py FOLDER_OR_FILES... --folds 5 --splits 4    the mean over four ways to part them
    python benchmarks/keypoints.py FOLDER_OR_FILES... --leave-out-sets weights learned from the other files
    python benchmarks/keypoints.py FOLDER_OR_FILES... --json

A file holds one article a line: {id, lang, title, text, reference}; `reference` lists the editors' points.  All peers
get the same cleaned sentences, which favours them; only "lead-3, raw" gets the text as it came.  Weights learned from
articles that are measured flatter the result: use --folds where the files are those of train_keypoints.py.

pytextrank needs a spaCy model, which is no package of an index: peer_pytextrank.py has its words tagged otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from furniture import furniture
from measured import Measured, articles_in, as_article
from numpy.typing import NDArray
from peer_pytextrank import pytextrank
from peers import MOST_COMPARED, POINTS, Condenser, lead, raw_lead, summa, sumy
from rouge import rouge, tokenizer
from train_keypoints import example, train

from digest.keypoints import condense
from digest.keypoints.extract import extract_points
from digest.keypoints.likelihood import Weights, shipped_weights

RESAMPLES = 10_000
US = "digest"
BASELINE = "lead-3, cleaned"
COLUMNS = (
    *("approach", "R-1", "R-2", "R-L", "points", "words", "redundancy", "numbers (stated)", "verbatim", "furniture"),
    "ahead by (p)",
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Scores:
    """One condenser on one set."""

    name: str
    f1: NDArray[np.float64]  # a row an article: ROUGE-1, ROUGE-2, ROUGE-L, each 0..1
    points: float  # a mean, as all below
    words: float
    redundancy: float  # ROUGE-1 F1 between two points of an article; of one point, none
    numbers: float  # share of the reference's distinct numbers found in the points, of all references together
    numbers_stated: float  # the same of those numbers that the article states
    verbatim: float  # share of points that stand in the article, or are one of its sentences with words left out
    furniture: float  # share of points that hold page furniture, by the list of furniture.py

    def against(self, other: Scores) -> tuple[float, float]:
        """By how much this is better in mean F1, and how often it is not when articles are drawn anew."""
        difference = self.f1.mean(axis=1) - other.f1.mean(axis=1)
        drawn = np.random.default_rng(0).integers(0, len(difference), (RESAMPLES, len(difference)))
        return float(difference.mean()), float((difference[drawn].mean(axis=1) <= 0).mean())


def digest(article: Measured, weights: Callable[[Measured], Weights]) -> list[str]:
    """Ours, as `digest keypoints --jsonl` condenses with max_points 3."""
    points = extract_points(article.article, article.sentences, max_points=POINTS, weights=weights(article))
    return [point.text for point in points]


def measure(name: str, condenser: Condenser, articles: Sequence[Measured]) -> Scores:
    """Condense each article and compare the points with its reference."""
    f1, counts, words, repeated = [], [], [], []
    referred = stated = kept = verbatim = littered = 0
    for article in articles:
        language = article.article.language
        points = condenser(article)
        littered += sum(furniture(point) is not None for point in points)
        f1.append(rouge(points, article.reference, language))
        counts.append(len(points))
        tokens = [Counter(tokenizer(language).tokenize(point)) for point in points]
        words.append(sum(bag.total() for bag in tokens))
        pairs = [2 * (a & b).total() / max(a.total() + b.total(), 1) for a, b in combinations(tokens, 2)]
        repeated.append(statistics.fmean(pairs) if pairs else 0.0)
        numbers = set(NUMBER.findall(" ".join(article.reference)))
        referred += len(numbers)
        stated += len(numbers & set(NUMBER.findall(article.article.text)))
        kept += len(numbers & set(NUMBER.findall(" ".join(points))))  # what points say, the article states
        text = " ".join(article.article.text.split())
        verbatim += sum(" ".join(point.split()) in text or trimmed_of(point, article) for point in points)
    return Scores(
        name=name,
        f1=np.array(f1),
        points=statistics.fmean(counts),
        words=statistics.fmean(words),
        redundancy=statistics.fmean(repeated),
        numbers=kept / max(referred, 1),
        numbers_stated=kept / max(stated, 1),
        verbatim=verbatim / max(sum(counts), 1),
        furniture=littered / max(sum(counts), 1),
    )


def trimmed_of(point: str, article: Measured) -> bool:
    """Whether the point is one sentence of the article with words left out."""
    for sentence in article.sentences:
        words = iter(WORDS.findall(sentence.text))
        if all(word in words for word in WORDS.findall(point)):
            return True
    return False


def averaged(runs: Sequence[Scores]) -> Scores:
    """One condenser measured in several splits, as one: the mean of each article's F1, and of all else."""

    def mean(field: str) -> float:
        return statistics.fmean(getattr(run, field) for run in runs)

    return Scores(
        name=runs[0].name,
        f1=np.mean([run.f1 for run in runs], axis=0),
        **{field.name: mean(field.name) for field in fields(Scores) if field.name not in {"name", "f1"}},
    )


def learned(
    sets: dict[str, list[Measured]], *, folds: int, by_set: bool, split: int = 1
) -> Callable[[Measured], Weights]:
    """For each article, the weights learned without it; `split` is the way in which the articles are parted."""
    everything = [article for articles in sets.values() for article in articles]
    if by_set:
        groups = {id(article): article.set.partition("-")[0] for article in everything}  # cnn-validation is cnn
    else:
        order = random.Random(split).sample(everything, len(everything))  # noqa: S311
        groups = {id(article): str(place % folds) for place, article in enumerate(order)}
    examples = [example(article) for article in everything if article.sentences]
    without = {group: train([e for e in examples if groups[id(e.article)] != group]) for group in set(groups.values())}
    return lambda article: without[groups[id(article)]]


def time_an_article(articles: Sequence[Measured]) -> list[float]:
    """Milliseconds of CPU for each article, from its text to its points."""
    condense(articles[0].article, max_points=POINTS)  # loads the weights
    taken = []
    for article in articles:
        record = {"text": article.article.text, "title": article.title, "lang": article.article.language}
        began = time.process_time()
        condense(as_article(record), max_points=POINTS)
        taken.append(1000 * (time.process_time() - began))
    return taken


def peers() -> Iterator[tuple[str, Condenser]]:
    """What ours is measured against."""
    yield BASELINE, lead(POINTS)
    yield "lead-2, cleaned", lead(2)
    yield "lead-3, raw", raw_lead
    for name in ("LexRank", "TextRank", "LSA"):
        yield f"sumy {name}", sumy(name)
    yield "summa TextRank", summa
    yield "pytextrank", partial(pytextrank, sentences=POINTS, most_compared=MOST_COMPARED)


def table(name: str, measured: Sequence[Scores], milliseconds: Sequence[float]) -> str:
    """One set's results, one line an approach."""
    ours = measured[0]
    lines = [
        f"### {name}: {len(ours.f1)} articles, median {statistics.median(milliseconds):.1f} ms of CPU an article",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for scores in measured:
        r1, r2, rl = 100 * scores.f1.mean(axis=0)
        ahead = ""
        if scores is not ours:
            difference, p = ours.against(scores)
            ahead = f"{100 * difference:+.1f} ({p:.3f})"
        lines.append(
            f"| {scores.name} | {r1:.1f} | {r2:.1f} | {rl:.1f} | {scores.points:.1f} | {scores.words:.0f} "
            f"| {scores.redundancy:.0%} | {scores.numbers:.0%} ({scores.numbers_stated:.0%}) "
            f"| {scores.verbatim:.0%} | {scores.furniture:.1%} | {ahead} |"
        )
    return "\n".join([*lines, ""])


def summary(results: dict[str, list[Scores]]) -> str:
    """All sets in one table, one line an approach."""
    lines = [f"| R-1/R-2/R-L | {' | '.join(results)} |", "|---" * (len(results) + 1) + "|"]
    for approaches in zip(*results.values(), strict=True):
        cells = ["/".join(f"{100 * f1:.1f}" for f1 in scores.f1.mean(axis=0)) for scores in approaches]
        lines.append(f"| {approaches[0].name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def as_json(name: str, measured: Sequence[Scores], milliseconds: Sequence[float]) -> dict[str, Any]:
    """One set's results for a program."""
    return {
        "set": name,
        "articles": len(measured[0].f1),
        "cpu_ms_median": statistics.median(milliseconds),
        "approaches": [
            {
                "name": scores.name,
                "rouge1": float(scores.f1[:, 0].mean()),
                "rouge2": float(scores.f1[:, 1].mean()),
                "rougeLsum": float(scores.f1[:, 2].mean()),
                "points": scores.points,
                "words": scores.words,
                "redundancy": scores.redundancy,
                "numbers": scores.numbers,
                "numbers_stated": scores.numbers_stated,
                "verbatim": scores.verbatim,
                "furniture": scores.furniture,
                "digest_ahead": None
                if scores is measured[0]
                else dict(zip(("by", "p"), measured[0].against(scores), strict=True)),
            }
            for scores in measured
        ],
    }


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="JSONL files, or folders of them")
    parser.add_argument("--folds", type=int, default=0, help="cross-validate in so many parts")
    parser.add_argument("--splits", type=int, default=1, help="take the mean over so many ways to part the articles")
    parser.add_argument("--leave-out-sets", action="store_true", help="learn from the other files only")
    parser.add_argument("--json", action="store_true", help="one JSON object a set")
    parser.add_argument("--skip", nargs="*", default=["bbc"], help="sets left alone (bbc: machine-made references)")
    arguments = parser.parse_args()
    sets = {name: articles for name, articles in articles_in(arguments.paths) if name not in arguments.skip}
    if not sets:
        sys.exit("no article with a reference in these files: a line is {id, lang, title, text, reference}")
    weights: list[Callable[[Measured], Weights]]
    if arguments.leave_out_sets:
        weights = [learned(sets, folds=0, by_set=True)]
    elif arguments.folds:
        splits = range(1, arguments.splits + 1)
        weights = [learned(sets, folds=arguments.folds, by_set=False, split=split) for split in splits]
    else:
        shipped = shipped_weights()
        weights = [lambda _: shipped]
    results: dict[str, list[Scores]] = {}
    for name, articles in sets.items():
        ours = averaged([measure(US, partial(digest, weights=by), articles) for by in weights])
        measured = [ours, *(measure(system, condenser, articles) for system, condenser in peers())]
        results[name] = measured
        milliseconds = time_an_article(articles)
        if arguments.json:
            print(json.dumps(as_json(name, measured, milliseconds)), flush=True)
        else:
            print(table(name, measured, milliseconds), flush=True)
    if not arguments.json:
        print(summary(results))


if __name__ == "__main__":
    main()
