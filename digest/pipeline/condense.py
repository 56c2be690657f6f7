"""Texts that are not stored, condensed on the spot: a file, or records a line on standard input."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, StrictInt, StrictStr, ValidationError

from digest.errors import SourceError
from digest.keypoints import condense, reading_language, supported
from digest.model import Article, KeyPoint, article_id
from digest.sources.language import detect_language
from digest.sources.text import Defaults, read_articles, split_blocks

__all__ = ["UNDATED", "Answer", "condense_file", "condense_lines", "point_document", "reading_note", "reason"]

_SURROGATE = re.compile("[\ud800-\udfff]")
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
    note: str = ""  # on the language of the record, where its points were chosen by other rules than its own


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
            record = _record(raw.removeprefix(BOM_UTF8) if number == 1 else raw)
        except ValidationError as error:
            yield Answer(problem=f"line {number}: {reason(error)}")
            continue
        article = _article(record)
        points = condense(article, max_points=record.max_points or max_points)
        answer = {"id": record.id, "points": [point_document(point) for point in points]}
        yield Answer(line=json.dumps(answer, ensure_ascii=False), note=reading_note(article) if points else "")


def reading_note(article: Article) -> str:
    """Say by what rules the points of `article` were chosen, where those are not its own language's; else nothing."""
    language, read = article.language, reading_language(article)
    if supported(read):
        return "" if read == language else f"said to be in {language!r}, and read as {read!r}, which its letters are"
    known = (
        f"in {language!r}, a language not known here"
        if read == language
        else (f"said to be in {language!r}, and mostly in the letters of another language")
    )
    return f"{known}: the points were chosen by rules that hold for any script"


def point_document(point: KeyPoint) -> dict[str, Any]:
    """Describe a point the way every JSON output of digest does."""
    return {
        "text": point.text,
        "group": point.group,
        "origin": point.origin,
        "spans": [[span.start, span.end] for span in point.spans],
    }


def _record(raw: bytes) -> _Record:
    """Read one line; half of a surrogate pair, of a text that was cut, becomes a character that stands for it."""
    try:
        return _Record.model_validate_json(raw)
    except ValidationError:
        if b"\\u" not in raw:
            raise
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise
    return _Record.model_validate(
        {name: _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", v) if isinstance(v, str) else v for name, v in found.items()}
    )


def _article(record: _Record) -> Article:
    title = record.title or ""
    return Article(
        id=article_id(url="", title=title, text=record.text),
        url="",
        title=title,
        published=UNDATED,
        language=_subtag(record.lang or "") or detect_language(f"{title}\n{record.text}"),
        source="",
        text=record.text,
        blocks=split_blocks(record.text),
    )


def _subtag(language: str) -> str:
    """The primary subtag of a language's tag, "en" of "en-US" and "EN_us"; ua, the country, stands for its language."""
    subtag = language.strip().replace("_", "-").partition("-")[0].lower()
    return "uk" if subtag == "ua" else subtag


def reason(error: ValidationError) -> str:
    """Say in one clause what is wrong with a record."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
