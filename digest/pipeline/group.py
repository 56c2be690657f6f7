"""Records that are not stored, grouped by the event they report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, StrictInt, StrictStr, ValidationError

from digest.edition.stories import same_event
from digest.model import Article, article_id
from digest.pipeline.condense import UNDATED, Answer, reason
from digest.sources.dates import read_declared_date
from digest.sources.language import detect_language


class _Record(BaseModel):
    id: StrictStr | StrictInt
    text: StrictStr
    title: StrictStr | None = None
    lang: StrictStr | None = None
    date: StrictStr | StrictInt | None = None


def group_lines(lines: Iterable[bytes]) -> Iterator[Answer]:
    """Group `{id, lang, title, text, date}` a line into `{id, story}` a line, in the order in which they came.

    `story` is the id of the record that stands for the event: the first of its records.  All lines are read before
    the first answer, for any record may belong to any other.  A bad line is answered with its number and what is
    wrong with it, before the rest.
    """
    records: list[_Record] = []
    articles: list[Article] = []
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            record = _Record.model_validate_json(raw)
            articles.append(_article(record, position=len(records)))
        except ValidationError as error:
            yield Answer(problem=f"line {number}: {reason(error)}")
        except ValueError as error:
            yield Answer(problem=f"line {number}: date: {error}")
        else:
            records.append(record)
    articles = _dated(articles)
    story: dict[str, str | int] = {}
    position = {article.id: number for number, article in enumerate(articles)}
    for cluster in same_event(articles):
        first = records[min(position[article.id] for article in cluster)].id
        story |= {article.id: first for article in cluster}
    for record, article in zip(records, articles, strict=True):
        yield Answer(line=json.dumps({"id": record.id, "story": story[article.id]}, ensure_ascii=False))


def _article(record: _Record, *, position: int) -> Article:
    # The same text under two ids is two records: the position keeps them apart where a store would fold them.
    name = f"{position:09d}{article_id(url='', title=record.title or '', text=record.text)}"
    return Article(
        id=name,
        url="",
        title=record.title or " ".join(record.text.split()[:12]),
        published=_date(record.date),
        language=record.lang or detect_language(f"{record.title or ''}\n{record.text}"),
        source="",
        text=record.text,
        blocks=(),
    )


def _dated(articles: list[Article]) -> list[Article]:
    """Give a record without a date the middle one of the others: of its day nothing is known, so it is near to all."""
    known = sorted(article.published for article in articles if article.published != UNDATED)
    if not known:
        return articles
    middle = known[len(known) // 2]
    return [replace(one, published=middle) if one.published == UNDATED else one for one in articles]


def _date(value: str | int | None) -> datetime:
    """Read ISO 8601, seconds since 1970, or a date as people write it; UNDATED for none."""
    if value is None or value == "":
        return UNDATED
    if isinstance(value, int):
        try:
            return datetime.fromtimestamp(value, tz=UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value} is no time in seconds since 1970") from error
    found = read_declared_date(value, zone=ZoneInfo("UTC"))
    if found is None:
        raise ValueError(f"{value!r} is no date; write it as 2026-03-05T09:00:00+02:00")
    return found
