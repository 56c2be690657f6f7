"""Count the background of terms and fit the weights of the same-event model, both from a folder of labelled articles.

    python benchmarks/train_stories.py FOLDER            says how well it does on events it was not fitted to
    python benchmarks/train_stories.py FOLDER --write    writes digest/edition/background.tsv and weights.toml

Cross-validated: events are dealt into five parts; a pair is judged by a model that saw neither of its articles' parts.
Each set counts alike however many pairs it has, or its share in SHARES.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from stories import LabelledSet, measure, read_set

from digest.edition import likeness, rarity
from digest.edition.brevity import thinness
from digest.edition.candidates import Pairs, candidates
from digest.edition.keys import weigh_keys
from digest.edition.linkage import quadratic_linkage
from digest.edition.terms import terms
from digest.edition.vectors import vectors, wording

EDITION = Path(likeness.__file__).parent
BACKGROUND = {"en": ("cnn-validation", "cnn", "bbc", "cnndm"), "ru": ("gazeta", "rbc"), "uk": ("tsn",)}
LEAST_SHARE, LEAST_COUNT = 0.015, 5
SETS = ("mn-en", "se-en", "tg-ru", "tg-en", "nd-uk")
SHARES = {"tg-en": 0.13, "nd-uk": 0.4}  # thirteen judged pairs; and one site's pairs, which are all easy
RIDGE = 1.0
NEWTON_STEPS = 12  # the loss is convex; it no longer moves after about eight
TRIVIAL_COSINE = 0.07  # of the unjudged pairs of whole events, those below are told apart by anything
PARTS, ROUNDS = 5, 8
THRESHOLD = 0.38
ACROSS = "\n# The same of two articles in different languages"
THRESHOLDS = (0.33, 0.35, 0.37, 0.38, 0.39, 0.40, 0.41, 0.43, 0.45)

Figures = NDArray[np.float64]


@dataclass
class Batch:
    """A labelled set with its candidate pairs and their figures."""

    labelled: LabelledSet
    ids: list[str]
    pairs: Pairs
    figures: Figures
    known: NDArray[np.bool_]  # of which pairs the label is known and worth learning
    same: NDArray[np.bool_]
    units: NDArray[np.int64]  # of each article
    weight: float
    against: Figures  # log-odds that each pair loses whatever the model says


def count_background(folder: Path) -> str:
    """The lines of background.tsv."""
    lines = [
        "# In how many of 1,000 news articles a term (see terms.py) occurs; terms rarer than 15 are left out.",
        "# Counted by benchmarks/train_stories.py.  Language, per mille, terms.",
    ]
    for language, names in BACKGROUND.items():
        found_in: Counter[str] = Counter()
        total = 0
        for name in names:
            for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                found_in.update(set(terms(f"{record.get('title', '')} {record['text']}", language)))
                total += 1
        kept = [
            (round(1000 * n / total), term)
            for term, n in found_in.items()
            if n >= max(LEAST_COUNT, LEAST_SHARE * total)
        ]
        kept.sort(key=lambda row: (-row[0], row[1]))
        for per_mille, rows in itertools.groupby(kept, key=lambda row: row[0]):
            lines.append(f"{language}\t{per_mille}\t{' '.join(term for _, term in rows)}")
    return "\n".join(lines) + "\n"


def read_batch(path: Path, name: str) -> Batch:
    """Read a set and look at its candidate pairs as the product does."""
    labelled = read_set(path)
    if labelled is None:
        raise SystemExit(f"{path}: no labels")
    articles = sorted(labelled.articles, key=lambda article: article.id)
    ids = [article.id for article in articles]
    vectorised = vectors([wording(article) for article in articles])
    pairs = candidates(vectorised.words)
    keys = weigh_keys(articles)
    judged = {frozenset((a, b)): same for a, b, same in labelled.pairs()}
    labels = [judged.get(frozenset((ids[a], ids[b]))) for a, b in zip(pairs.first, pairs.second, strict=True)]
    known = np.array([label is not None for label in labels])
    if labelled.events:
        known &= pairs.cosine > TRIVIAL_COSINE
    units = labelled.units()
    number = {unit: at for at, unit in enumerate(sorted(set(units.values())))}
    return Batch(
        labelled=labelled,
        ids=ids,
        pairs=pairs,
        figures=likeness.figures(vectorised, pairs),
        known=known,
        same=np.array([bool(label) for label in labels]),
        units=np.array([number[units[each]] for each in ids]),
        weight=100 * SHARES.get(name, 1.0),
        against=likeness.strangeness(keys.anchors, pairs) + thinness(vectorised, keys.topics, pairs),
    )


def fit(batches: Sequence[Batch], allowed: Sequence[NDArray[np.bool_]]) -> tuple[Figures, float]:
    """Logistic regression with a ridge on standardised figures; the weights and the bias for figures as they are."""
    chosen = [batch.known & allow for batch, allow in zip(batches, allowed, strict=True)]
    figures = np.concatenate([batch.figures[keep] for batch, keep in zip(batches, chosen, strict=True)])
    same = np.concatenate([batch.same[keep] for batch, keep in zip(batches, chosen, strict=True)]).astype(float)
    weight = np.concatenate(
        [
            np.full(keep.sum(), batch.weight * allow.mean() / max(keep.sum(), 1))
            for batch, keep, allow in zip(batches, chosen, allowed, strict=True)
        ]
    )
    middle, spread = figures.mean(0), figures.std(0) + 1e-9
    scaled = (figures - middle) / spread

    scaled = np.column_stack([scaled, np.ones(len(scaled))])
    ridge = np.diag([RIDGE] * figures.shape[1] + [0.0])
    point = np.zeros(scaled.shape[1])
    for _ in range(NEWTON_STEPS):
        found = 1 / (1 + np.exp(-(scaled @ point)))
        slope = scaled.T @ (weight * (found - same)) + ridge @ point
        bend = (scaled * (weight * found * (1 - found))[:, None]).T @ scaled + ridge
        point -= np.linalg.solve(bend, slope)
    weights = point[:-1] / spread
    return weights, float(point[-1] - weights @ middle)


def judge(batch: Batch, weights: Figures, bias: float) -> Figures:
    """The probability of each candidate pair."""
    return likeness.judge(batch.figures, weights, bias - batch.against)


def cross_validate(batches: Sequence[Batch]) -> list[Figures]:
    """Probabilities of each batch's pairs from models that saw neither article's part, averaged over deals."""
    totals = [np.zeros(len(batch.same)) for batch in batches]
    for deal in range(ROUNDS):
        parts = []
        for batch in batches:
            units = list(range(batch.units.max() + 1))
            random.Random(deal).shuffle(units)  # noqa: S311 -- a deal of events, no secret
            part_of = np.empty(len(units), dtype=np.int64)
            part_of[units] = np.arange(len(units)) % PARTS
            parts.append(part_of[batch.units])
        for one, other in itertools.combinations_with_replacement(range(PARTS), 2):
            held = [
                (
                    np.minimum(part[b.pairs.first], part[b.pairs.second]),
                    np.maximum(part[b.pairs.first], part[b.pairs.second]),
                )
                for b, part in zip(batches, parts, strict=True)
            ]
            allowed = [~np.isin(low, (one, other)) & ~np.isin(high, (one, other)) for low, high in held]
            weights, bias = fit(batches, allowed)
            for batch, total, (low, high) in zip(batches, totals, held, strict=True):
                here = (low == one) & (high == other)
                total[here] += judge(batch, weights, bias)[here] / ROUNDS
    return totals


def group(batch: Batch, probabilities: Figures, threshold: float) -> list[list[str]]:
    """Linkage over the candidate pairs, as the product does it."""
    by_pair = {
        (int(a), int(b)): float(value)
        for a, b, value in zip(batch.pairs.first, batch.pairs.second, probabilities, strict=True)
    }
    groups = quadratic_linkage([1] * len(batch.ids), by_pair, threshold=threshold)
    return [[batch.ids[number] for number in each] for each in groups]


def report(batches: Sequence[Batch], probabilities: Sequence[Figures]) -> None:
    """Pair F1, and B-cubed after a slash, of each set at several thresholds."""
    for threshold in THRESHOLDS:
        row = []
        for batch, each in zip(batches, probabilities, strict=True):
            found = measure(batch.labelled, group(batch, each, threshold))
            b_cubed = "" if found.b_cubed is None else f"/{found.b_cubed:.1f}"
            row.append(f"{batch.labelled.name} {found.pair_f1:.1f}{b_cubed}")
        print(f"  {threshold:.2f}  " + "  ".join(row))


def as_toml(weights: Figures, bias: float) -> str:
    """The lines of weights.toml."""
    lines = [
        "# The log-odds that two articles report one event; what each figure is: likeness.py.",
        "# Fitted by benchmarks/train_stories.py, not by hand.",
        f"bias = {bias:.3f}",
        f"threshold = {THRESHOLD}  # groups merge down to this quadratic average of probabilities",
        "",
        "[weights]",
    ]
    lines += [f"{name} = {weight:.3f}" for name, weight in zip(likeness.FEATURES, weights, strict=True)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Count, fit, say how well it does, and write what ships when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write background.tsv and weights.toml")
    chosen = parser.parse_args()
    if chosen.write:
        (EDITION / "background.tsv").write_text(count_background(chosen.folder), encoding="utf-8")
        rarity.background.cache_clear()
    batches = [read_batch(chosen.folder / f"events-{name}.docs.jsonl", name) for name in SETS]
    print("cross-validated, by threshold:")
    report(batches, cross_validate(batches))
    everything = [np.ones(len(batch.same), dtype=bool) for batch in batches]
    weights, bias = fit(batches, everything)
    print("fitted to all:")
    report(batches, [judge(batch, weights, bias) for batch in batches])
    for left_out, batch in enumerate(batches):
        rest = [each for number, each in enumerate(batches) if number != left_out]
        found = fit(rest, [np.ones(len(each.same), dtype=bool) for each in rest])
        print(f"fitted without {batch.labelled.name}:")
        report([batch], [judge(batch, *found)])
    print(as_toml(weights, bias))
    if chosen.write:
        file = EDITION / "weights.toml"
        across = file.read_text(encoding="utf-8").partition(ACROSS)  # train_across.py writes that part
        file.write_text(as_toml(weights, bias) + "".join(across[1:]), encoding="utf-8")


if __name__ == "__main__":
    main()
