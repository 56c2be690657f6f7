"""Measure the same-event grouping: pair F1 and B-cubed against peers, CPU and memory against the number of articles.

    python benchmarks/stories.py FOLDER/events-*.docs.jsonl
    python benchmarks/stories.py FOLDER/*.jsonl --growth --json

A file holds one article a line: {id, lang, title, text} and, where it is known, {date, event}.  What belongs together
is said by `X.pairs.jsonl` beside `X.docs.jsonl` ({a, b, same} a line; only judged pairs count), else by `event`.
--growth makes synthetic weeks out of the files' sentences and groups ever more articles; it needs no labels.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digest.edition.linkage import average_linkage
from digest.edition.stories import same_event
from digest.edition.terms import words
from digest.model import Article

NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
BASELINE_THRESHOLD = 0.2
SHINGLE_WORDS, SHINGLE_THRESHOLD = 3, 0.1
SIMHASH_BITS, SIMHASH_DISTANCE = 64, 20

Grouping = Callable[[Sequence[Article]], list[list[str]]]


@dataclass(frozen=True)
class LabelledSet:
    """Articles with what is known of which report the same event."""

    name: str
    articles: tuple[Article, ...]
    events: dict[str, str]  # by article id; empty where pairs were judged instead
    judged: tuple[tuple[str, str, bool], ...]

    def pairs(self) -> list[tuple[str, str, bool]]:
        """Every pair of which it is known whether both report one event."""
        if self.judged:
            return list(self.judged)
        return [(a, b, self.events[a] == self.events[b]) for a, b in itertools.combinations(sorted(self.events), 2)]

    def units(self) -> dict[str, str]:
        """What must not be parted between training and testing: an event, or articles that judged pairs connect."""
        if not self.judged:
            return dict(self.events)
        root = {article.id: article.id for article in self.articles}

        def find(name: str) -> str:
            while root[name] != name:
                name = root[name]
            return name

        for a, b, _ in self.judged:
            root[find(a)] = find(b)
        return {article.id: find(article.id) for article in self.articles}


@dataclass(frozen=True)
class Scores:
    """In per cent; B-cubed only where whole events are known."""

    precision: float
    recall: float
    pair_f1: float
    b_cubed: float | None


def read_articles(path: Path) -> list[Article]:
    """Read one JSON article a line; a title that is missing is taken from the text, as `digest stories` does."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        title = str(record.get("title") or "").strip() or " ".join(record["text"].split()[:12]) or record["id"]
        date = record.get("date")
        found.append(
            Article(
                id=record["id"],
                url="",
                title=title,
                published=datetime.fromisoformat(date) if date else NO_DATE,
                language=record["lang"],
                source="",
                text=record["text"],
                blocks=(),
            )
        )
    return found


def read_set(path: Path) -> LabelledSet | None:
    """Read a file with its labels, or None where it has none."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    beside = path.with_name(path.name.replace(".docs.jsonl", ".pairs.jsonl"))
    judged: tuple[tuple[str, str, bool], ...] = ()
    if beside != path and beside.exists():
        rows = [json.loads(line) for line in beside.read_text(encoding="utf-8").splitlines()]
        judged = tuple((row["a"], row["b"], bool(row["same"])) for row in rows)
    events = {} if judged else {record["id"]: str(record["event"]) for record in records if "event" in record}
    if not judged and not events:
        return None
    name = path.name.removesuffix(".jsonl").removesuffix(".docs").removeprefix("events-")
    return LabelledSet(name, tuple(read_articles(path)), events, judged)


def measure(labelled: LabelledSet, groups: Sequence[Sequence[str]]) -> Scores:
    """Compare groups of ids with what is known."""
    group_of = {name: number for number, group in enumerate(groups) for name in group}
    counts = Counter((same, group_of[a] == group_of[b]) for a, b, same in labelled.pairs())
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    b_cubed = None
    if labelled.events:
        members: defaultdict[str, set[str]] = defaultdict(set)
        for name, event in labelled.events.items():
            members[event].add(name)
        shared = {name: len(members[event] & set(groups[group_of[name]])) for name, event in labelled.events.items()}
        precision = sum(shared[name] / len(groups[group_of[name]]) for name in shared) / len(shared)
        recall = sum(shared[name] / len(members[labelled.events[name]]) for name in shared) / len(shared)
        b_cubed = 200 * precision * recall / (precision + recall)
    return Scores(
        precision=100 * right / max(right + wrong, 1),
        recall=100 * right / max(right + missed, 1),
        pair_f1=200 * right / max(2 * right + wrong + missed, 1),
        b_cubed=b_cubed,
    )


def ours(articles: Sequence[Article]) -> list[list[str]]:
    """What ships."""
    return [[article.id for article in group] for group in same_event(articles)]


def tfidf_average(articles: Sequence[Article]) -> list[list[str]]:
    """Peer: tf-idf over all words, cosine of all pairs, average linkage (what measured best before)."""
    counts = [Counter(words(f"{article.title} {article.text}")) for article in articles]
    found_in = Counter(term for count in counts for term in count)
    numbers = {term: number for number, term in enumerate(found_in)}
    matrix = np.zeros((len(articles), len(numbers)), dtype=np.float32)
    for row, count in enumerate(counts):
        for term, times in count.items():
            matrix[row, numbers[term]] = times * (math.log((1 + len(articles)) / (1 + found_in[term])) + 1)
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    return _linked(articles, matrix @ matrix.T, BASELINE_THRESHOLD)


def shingles(articles: Sequence[Article]) -> list[list[str]]:
    """Peer: Jaccard likeness of runs of three words, single linkage (near-duplicate detection)."""
    sets = []
    for article in articles:
        row = words(f"{article.title} {article.text}")
        sets.append({tuple(row[at : at + SHINGLE_WORDS]) for at in range(max(1, len(row) - SHINGLE_WORDS + 1))})
    alike = [
        (a, b)
        for a, b in itertools.combinations(range(len(articles)), 2)
        if len(sets[a] & sets[b]) >= SHINGLE_THRESHOLD * len(sets[a] | sets[b])
    ]
    return _joined(articles, alike)


def simhash(articles: Sequence[Article]) -> list[list[str]]:
    """Peer: 64-bit SimHash of words within a Hamming distance, single linkage."""
    prints = []
    for article in articles:
        total = np.zeros(SIMHASH_BITS)
        for word, times in Counter(words(f"{article.title} {article.text}")).items():
            bits = np.unpackbits(np.frombuffer(hashlib.blake2b(word.encode(), digest_size=8).digest(), dtype=np.uint8))
            total += times * (2.0 * bits - 1)
        prints.append(total > 0)
    alike = [
        (a, b)
        for a, b in itertools.combinations(range(len(articles)), 2)
        if int(np.sum(prints[a] != prints[b])) <= SIMHASH_DISTANCE
    ]
    return _joined(articles, alike)


def _linked(articles: Sequence[Article], likeness: NDArray[np.float32], threshold: float) -> list[list[str]]:
    first, second = np.triu_indices(len(articles), 1)
    kept = likeness[first, second] > 0
    by_pair = {(int(a), int(b)): float(likeness[a, b]) for a, b in zip(first[kept], second[kept], strict=True)}
    groups = average_linkage([1] * len(articles), by_pair, threshold=threshold)
    return [[articles[number].id for number in group] for group in groups]


def _joined(articles: Sequence[Article], alike: Sequence[tuple[int, int]]) -> list[list[str]]:
    group = list(range(len(articles)))
    for a, b in alike:
        old, new = group[b], group[a]
        group = [new if each == old else each for each in group]
    members: defaultdict[int, list[str]] = defaultdict(list)
    for number, root in enumerate(group):
        members[root].append(articles[number].id)
    return list(members.values())


SYSTEMS: dict[str, Grouping] = {
    "digest": ours,
    "tf-idf + average linkage": tfidf_average,
    "shingles": shingles,
    "SimHash": simhash,
}


def synthetic_week(base: Sequence[Article], count: int, *, seed: int = 1) -> list[Article]:
    """Make `count` articles of one week: about four reports an event, each with its own choice of sentences.

    Events take the sentences of a real article and move the letters of its rarer words along the alphabet, so that the
    vocabulary grows with the articles as it does in life.
    """
    chance = random.Random(seed)  # noqa: S311 -- articles to measure with, no secret
    found_in = Counter(word for article in base for word in set(words(article.text)))
    common = {word for word, times in found_in.items() if times > len(base) / 50}
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    made: list[Article] = []
    event = 0
    while len(made) < count:
        article = base[event % len(base)]
        moved = _moved(event // len(base))
        sentences = [
            " ".join(word if word in common else word.translate(moved) for word in words(sentence))
            for sentence in article.text.split(". ")
        ]
        start = monday + timedelta(minutes=chance.randrange(7 * 24 * 60 - 600))
        for _ in range(min(chance.choice([1, 2, 3, 4, 5, 9]), count - len(made))):
            kept = [sentence for sentence in sentences if chance.random() < 0.6] or sentences
            chance.shuffle(kept)
            made.append(
                Article(
                    id=f"{len(made):06}",
                    url="",
                    title=kept[0][:80] or "untitled",
                    published=start + timedelta(minutes=chance.randrange(600)),
                    language=article.language,
                    source="",
                    text=". ".join(kept),
                    blocks=(),
                )
            )
        event += 1
    return made


def _moved(steps: int) -> dict[int, str]:
    """Move each letter of the Latin and Cyrillic alphabets that many places on."""
    alphabets = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя")
    return {
        ord(letter): alphabet[(at + steps) % len(alphabet)]
        for alphabet in alphabets
        for at, letter in enumerate(alphabet)
    }


def grow(base: Sequence[Article], counts: Sequence[int]) -> list[dict[str, float]]:
    """CPU seconds and peak memory of grouping ever more articles, smallest first, for the peak only rises."""
    rows = []
    for count in counts:
        articles = synthetic_week(base, count)
        start = time.process_time()
        groups = same_event(articles)
        rows.append(
            {
                "articles": count,
                "stories": len(groups),
                "cpu_seconds": round(time.process_time() - start, 2),
                "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            }
        )
    return rows


def main() -> None:
    """Print a table, or JSON for a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--growth", action="store_true", help="measure CPU and memory on synthetic weeks instead")
    parser.add_argument("--counts", type=int, nargs="+", default=[1250, 2500, 5000, 10000])
    chosen = parser.parse_args()
    files = [path for path in chosen.files if not path.name.endswith(".pairs.jsonl")]
    if chosen.growth:
        base = [article for path in files for article in read_articles(path)]
        rows = grow(base, chosen.counts)
        print(json.dumps(rows, indent=2) if chosen.json else "\n".join(str(row) for row in rows))
        return
    sets = [found for path in files if (found := read_set(path)) is not None]
    if not sets:
        sys.exit("No file has labels: give events-*.docs.jsonl with their .pairs.jsonl beside them.")
    results = {
        each.name: {name: measure(each, group(each.articles)) for name, group in SYSTEMS.items()} for each in sets
    }
    if chosen.json:
        print(
            json.dumps(
                {name: {key: asdict(value) for key, value in row.items()} for name, row in results.items()}, indent=2
            )
        )
        return
    for name, row in results.items():
        for system, scores in row.items():
            b_cubed = "" if scores.b_cubed is None else f"{scores.b_cubed:8.1f}"
            print(f"{name:8} {system:26}{scores.precision:8.1f}{scores.recall:8.1f}{scores.pair_f1:8.1f}{b_cubed}")


if __name__ == "__main__":
    main()
