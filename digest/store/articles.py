"""Stored articles: every version that ever came in, and which of them counted at any instant.

An address or a file may hold other words tomorrow.  The version that came in last counts; the earlier ones are kept,
each with the instant at which it was superseded, so that an edition can be built again as it would have been then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select, true, update

from digest.model import Article
from digest.store.database import Database
from digest.store.documents import article_document, read_article
from digest.store.schema import articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a batch: first seen, seen before word for word, and new words at a known address or in a file."""

    new: int = 0
    known: int = 0
    replaced: int = 0


class Articles:
    """The articles of a store; each method is one transaction and may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, batch: Iterable[Article], *, collected: datetime) -> Added:
        """Keep all articles of `batch`, or on an error none; of one address or file the last counts from now on.

        A file that was changed back counts in its old words again.  Where only what stands around the words was
        mended (a date, a source), the stored version is mended with it.
        """
        arrived = list(batch)  # read before the transaction: reading files must not hold the write lock
        new = known = replaced = 0
        with self._database.writing() as connection:
            for article in arrived:
                found = connection.execute(select(articles).where(articles.c.id == article.id)).first()
                if found is None:
                    replaces = _supersede(connection, article, collected)
                    connection.execute(insert(articles), _row(article) | {"collected": collected})
                    replaced, new = replaced + replaces, new + (not replaces)
                elif found.origin == article.origin and _bring_back(connection, found, article, collected):
                    replaced += 1
                else:
                    known += 1
        return Added(new=new, known=known, replaced=replaced)

    def published(
        self,
        after: datetime,
        until: datetime,
        *,
        languages: Collection[str] = (),
        sources: Collection[str] = (),
        collected_until: datetime | None = None,
        late_since: datetime | None = None,
        late_reach: timedelta = timedelta(days=2),
    ) -> list[Article]:
        """Give the articles published after `after` and up to `until`, oldest first, each in its newest version.

        No languages or no sources means any.  `collected_until` answers as the store would have answered at that
        instant: what came in later is not there, and what it superseded still counts.  `late_since` (when the last
        edition was built) adds what was published up to `after`, by `late_reach` at most, but came in only after that.
        """
        in_time = and_(articles.c.published > after, articles.c.published <= until)
        if late_since is not None:
            late = and_(
                articles.c.published > after - late_reach,
                articles.c.published <= after,
                articles.c.collected > late_since,
            )
            in_time = or_(in_time, late)
        wanted = select(articles.c.document).where(
            in_time,
            _counts(collected_until),
            _any_of(articles.c.language, languages),
            _any_of(articles.c.source, sources),
        )
        return self._read(wanted.order_by(articles.c.published, articles.c.id))

    def get(self, id: str) -> Article | None:  # noqa: A002 - the model's own word
        """Give one article by its id, superseded or not."""
        found = self._read(select(articles.c.document).where(articles.c.id == id))
        return found[0] if found else None

    def recent(self, limit: int) -> list[Article]:
        """Give the `limit` articles published last, newest first."""
        newest_first = select(articles.c.document).where(_counts(None))
        return self._read(newest_first.order_by(articles.c.published.desc(), articles.c.id).limit(limit))

    def newest(self, languages: Collection[str] = ()) -> datetime | None:
        """Tell when the newest article in one of `languages` (none means any) was published, in UTC."""
        with self._database.reading() as connection:
            latest = select(func.max(articles.c.published)).where(
                _counts(None), _any_of(articles.c.language, languages)
            )
            published: datetime | None = connection.execute(latest).scalar_one()
        return published

    def count(self) -> int:
        """Count the articles that are not superseded."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(articles).where(_counts(None))).scalar_one()

    def _read(self, query: Select[tuple[str]]) -> list[Article]:
        with self._database.reading() as connection:
            documents = connection.execute(query).scalars().all()
        return [read_article(document) for document in documents]


def _row(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "url": article.url,
        "origin": article.origin,
        "published": article.published,
        "language": article.language,
        "source": article.source,
        "document": article_document(article),
    }


def _supersede(connection: Connection, article: Article, collected: datetime) -> bool:
    """End the versions of this address or file that counted until now; tell whether there was one."""
    places = [column == place for column, place in _places(article) if place]
    if not places:
        return False
    until_now = and_(or_(*places), articles.c.superseded.is_(None), articles.c.id != article.id)
    since = connection.execute(select(func.max(articles.c.collected)).where(until_now)).scalar_one()
    if since is None:
        return False
    # A clock that was set back must not leave a version that ends before it begins.
    connection.execute(update(articles).where(until_now).values(superseded=max(since, collected)))
    return True


def _places(article: Article) -> tuple[tuple[ColumnElement[str], str], ...]:
    return ((articles.c.url, article.url), (articles.c.origin, article.origin))


def _bring_back(connection: Connection, found: Row[Any], article: Article, collected: datetime) -> bool:
    """Let a version that came again from its own place count as it is now; tell whether that changed anything."""
    values: dict[str, Any] = {}
    if found.superseded is not None and article.origin:
        _supersede(connection, article, collected)
        values = {"superseded": None, "collected": collected}
    row = _row(article)
    if row["document"] != found.document:
        values |= row
    if values:
        connection.execute(update(articles).where(articles.c.id == article.id).values(values))
    return bool(values)


def _counts(at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return articles.c.superseded.is_(None)
    return and_(articles.c.collected <= at, or_(articles.c.superseded.is_(None), articles.c.superseded > at))


def _any_of(column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    return column.in_(sorted(values)) if values else true()
