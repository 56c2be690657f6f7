"""Texts that are not stored, condensed on the spot: a file, or records a line on standard input."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, StrictInt, StrictStr, ValidationError

from digest.errors import SourceError
from digest.keypoints import condense, supported
from digest.model import Article, KeyPoint, article_id
from digest.sources.language import detect_language
from digest.sources.text import Defaults, read_articles, split_blocks

__all__ = ["UNDATED", "Answer", "condense_file", "condense_lines", "point_document", "reason", "supported"]

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)  # a raw record carries no time, and condensing needs none


class _Record(BaseModel):
    id: StrictStr | StrictInt
    text: StrictStr
    title: StrictStr | None = None
    lang: StrictStr | None = None
    max_points: Annotated[StrictInt, Field(ge=1, le=20)] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one line came to: `line` to print, or `problem` to report; the other is empty."""

    line: str = ""
    problem: str = ""
    unknown_language: str = ""  # of a record whose points were chosen by rules that hold for any script


def condense_file(path: Path, *, max_points: int | None = None) -> list[tuple[Article, tuple[KeyPoint, ...]]]:
    """Condense the article (or the folder of them) at `path`; raises SourceError for what cannot be read."""
    found = []
    for article in read_articles(path, defaults=Defaults(source="", timezone=ZoneInfo("UTC"))):
        if isinstance(article, SourceError):
            raise article
        if points := condense(article, max_points=max_points):
            found.append((article, points))
    return found


def condense_lines(lines: Iterable[bytes], *, max_points: int | None = None) -> Iterator[Answer]:
    """Condense `{id, lang, title, text[, max_points]}` a line into `{id, points}` a line, in order.

    Spans count the characters of `text`.  A bad line is answered with its number and what is wrong with it.
    A record's own `max_points` goes before the argument.
    """
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            record = _Record.model_validate_json(raw)
        except ValidationError as error:
            yield Answer(problem=f"line {number}: {reason(error)}")
            continue
        article = _article(record)
        points = condense(article, max_points=record.max_points or max_points)
        answer = {"id": record.id, "points": [point_document(point) for point in points]}
        unknown = "" if supported(article.language) else article.language
        yield Answer(line=json.dumps(answer, ensure_ascii=False), unknown_language=unknown)


def point_document(point: KeyPoint) -> dict[str, Any]:
    """Describe a point the way every JSON output of digest does."""
    return {
        "text": point.text,
        "group": point.group,
        "origin": point.origin,
        "spans": [[span.start, span.end] for span in point.spans],
    }


def _article(record: _Record) -> Article:
    title = record.title or ""
    return Article(
        id=article_id(url="", title=title, text=record.text),
        url="",
        title=title,
        published=UNDATED,
        language=record.lang or detect_language(f"{title}\n{record.text}"),
        source="",
        text=record.text,
        blocks=split_blocks(record.text),
    )


def reason(error: ValidationError) -> str:
    """Say in one clause what is wrong with a record."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
