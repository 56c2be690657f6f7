"""Fit the model that says whether two articles in different languages report one event, and say how well it does.

    python benchmarks/train_across.py FOLDER            FOLDER holds events-*.docs.jsonl and articles in three languages
    python benchmarks/train_across.py FOLDER --write    writes the [across] table of digest/edition/weights.toml

Fitted to tests/edition/translated/fitted.jsonl, to labelled pairs in one language (reports that nobody translated),
and to pairs of articles in two languages about different things.  held-out.jsonl is measured alone.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from stories import read_articles, read_set

from digest.edition import across
from digest.edition.candidates import Pairs
from digest.edition.keys import weigh_keys
from digest.edition.likeness import threshold
from digest.model import Article

WEIGHTS = Path(across.__file__).parent / "weights.toml"
TRANSLATED = Path(__file__).parent.parent / "tests" / "edition" / "translated"
# How much each set counts: the translated ones are what it is for, the others keep it from trusting them too much.
SHARES = {"fitted": 2.0, "se-en": 0.4, "tg-ru": 0.4, "tg-en": 0.1, "nd-uk": 0.2, "other things": 1.0}
OTHER_THINGS = ("cnn", "bbc", "gazeta", "rbc", "tsn")
FALSE_COST = 3.0  # a reader who finds two events in one story trusts neither
WORTH_A_LOOK = 0.2  # of both figures together: pairs below are told apart by anything
RIDGE, NEWTON_STEPS = 0.3, 25

Figures = NDArray[np.float64]


@dataclass
class Judged:
    """Pairs of one set: their figures, and whether each reports one event."""

    name: str
    figures: Figures
    same: Figures


def judged(name: str, articles: Sequence[Article], pairs: Sequence[tuple[str, str, bool]]) -> Judged:
    """Measure pairs of articles by their ids; those of no event that share next to nothing are left out."""
    place = {article.id: at for at, article in enumerate(articles)}
    rows = sorted({tuple(sorted((place[a], place[b]), reverse=True)): same for a, b, same in pairs}.items())
    second, first = (np.array([pair[side] for pair, _ in rows], dtype=np.int64) for side in (0, 1))
    figures = across.measured(weigh_keys(articles), Pairs(first, second, np.zeros(len(rows))))
    same = np.array([same for _, same in rows], dtype=np.float64)
    kept = (same > 0) | (figures.sum(1) > WORTH_A_LOOK)
    return Judged(name, figures[kept], same[kept])


def translated(name: str) -> Judged:
    """Every pair in two languages of a file of translated/; an id is the event and the language."""
    articles = read_articles(TRANSLATED / f"{name}.jsonl")
    pairs = [
        (one.id, other.id, one.id.rpartition(".")[0] == other.id.rpartition(".")[0])
        for at, one in enumerate(articles)
        for other in articles[:at]
        if one.language != other.language
    ]
    return judged(name, articles, pairs)


def labelled(folder: Path, name: str) -> Judged:
    """The labelled pairs of a set in one language."""
    found = read_set(folder / f"events-{name}.docs.jsonl")
    if found is None:
        raise SystemExit(f"{name}: no labels")
    return judged(name, found.articles, found.pairs())


def other_things(folder: Path) -> Judged:
    """Articles of different years in different languages: none reports another's event."""
    articles = [article for name in OTHER_THINGS for article in read_articles(folder / f"{name}.jsonl")]
    _, figures = across.compared(articles, weigh_keys(articles))
    return Judged("other things", figures, np.zeros(len(figures)))


def fit(sets: Sequence[Judged]) -> tuple[Figures, float]:
    """Logistic regression with a ridge on standardised figures; the weights and the bias for figures as they are."""
    figures = np.concatenate([each.figures for each in sets])
    same = np.concatenate([each.same for each in sets])
    weight = np.concatenate([_weight(each) for each in sets])
    middle, spread = figures.mean(0), figures.std(0)
    scaled = np.column_stack([(figures - middle) / spread, np.ones(len(figures))])
    ridge = np.diag([RIDGE] * figures.shape[1] + [0.0])
    point = np.zeros(scaled.shape[1])
    for _ in range(NEWTON_STEPS):
        found = 1 / (1 + np.exp(-(scaled @ point)))
        slope = scaled.T @ (weight * (found - same)) + ridge @ point
        bend = (scaled * (weight * found * (1 - found))[:, None]).T @ scaled + ridge
        point -= np.linalg.solve(bend, slope)
    weights = point[:-1] / spread
    return weights, float(point[-1] - weights @ middle)


def _weight(each: Judged) -> Figures:
    right = max(each.same.sum(), 1.0)
    wrong = max(len(each.same) - each.same.sum(), 1.0)
    return np.asarray(np.where(each.same > 0, 50 / right, FALSE_COST * 50 / wrong) * SHARES[each.name])


def report(each: Judged, weights: Figures, bias: float) -> None:
    """How many of the pairs of one event are found, and how many others are taken for one."""
    found = 1 / (1 + np.exp(-(each.figures @ weights + bias))) >= threshold()
    right = int(found[each.same > 0].sum())
    print(f"{each.name:14}{right:5} of {int(each.same.sum()):4} found, {int(found.sum()) - right:4} wrong")


def main() -> None:
    """Fit, say how well it does, and write what ships when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write the [across] table of weights.toml")
    chosen = parser.parse_args()
    sets = [translated("fitted"), *(labelled(chosen.folder, name) for name in ("se-en", "tg-ru", "tg-en", "nd-uk"))]
    sets.append(other_things(chosen.folder))
    weights, bias = fit(sets)
    for each in (*sets, translated("held-out"), labelled(chosen.folder, "mn-en")):
        report(each, weights, bias)
    lines = [
        *(f"{name} = {weight:.2f}" for name, weight in zip(across.FEATURES, weights, strict=True)),
        f"bias = {bias:.2f}",
    ]
    print("\n".join(lines))
    if chosen.write:
        kept = WEIGHTS.read_text(encoding="utf-8")
        WEIGHTS.write_text(re.sub(r"(?<=\[across\]\n)(?:\w+ = .*\n)+", "\n".join(lines) + "\n", kept), encoding="utf-8")


if __name__ == "__main__":
    main()
