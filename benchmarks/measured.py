"""Articles with known key points, read as `digest keypoints --jsonl` reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest.keypoints.furniture import Sentence, story_sentences
from digest.model import Article, article_id
from digest.sources.text import split_blocks

UNTITLED = "-"  # an article must have a title; this one has no words


@dataclass(frozen=True)
class Measured:
    """One article and what its editors took from it."""

    set: str  # the name of its file
    article: Article
    title: str
    reference: tuple[str, ...]
    sentences: list[Sentence]


def articles_in(paths: Iterable[Path]) -> Iterator[tuple[str, list[Measured]]]:
    """Each file of `paths`, or of the folders among them, that holds articles with references."""
    for path in paths:
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        for file in files:
            found = read_set(file)
            if found:
                yield file.stem, found


def read_set(file: Path) -> list[Measured]:
    """The articles of one file; lines without a reference are not measured."""
    found = []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if not record.get("reference"):
                continue
            article = as_article(record)
            found.append(
                Measured(
                    set=file.stem,
                    article=article,
                    title=record.get("title", ""),
                    reference=tuple(record["reference"]),
                    sentences=story_sentences(article),
                )
            )
    return found


def as_article(record: dict[str, str]) -> Article:
    """An article without a date: the condenser does not ask for one."""
    text, title = record["text"], record.get("title", "").strip() or UNTITLED
    return Article(
        id=article_id(url="", title=title, text=text),
        url="",
        title=title,
        published=datetime(2000, 1, 1, tzinfo=UTC),
        language=record["lang"],
        source="",
        text=text,
        blocks=split_blocks(text),
    )
