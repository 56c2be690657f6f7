"""Sources into the store: what can be read is kept, what cannot is reported, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.config import Settings, SourceSettings
from digest.errors import SourceError, UsageError
from digest.model import Article
from digest.sources.text import Defaults, read_articles
from digest.store import Store

_BATCH = 200  # articles a transaction: a crash costs at most this much reading, and memory stays flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection came to."""

    new: int
    known: int
    replaced: int  # a newer version of an article that was stored before
    sources: int
    problems: tuple[SourceError, ...]


def collect(
    settings: Settings,
    store: Store,
    *,
    now: datetime,
    paths: Sequence[Path] = (),
    on_article: Callable[[Article], None] = lambda _article: None,
) -> Collected:
    """Read `paths`, or all configured sources where none is given, into the store.

    A source or file that cannot be read is one of `problems`.  Raises UsageError when there is nothing to read
    at all, StoreError when the store fails; what was kept before stays.
    """
    sources = [_source_of(settings, path) for path in paths] or [
        (settings.path(source.path), source) for source in settings.sources
    ]
    if not sources:
        raise UsageError(
            "no source is configured",
            where=str(settings.root / "digest.toml"),
            remedy="Add a [[sources]] table, or name files: digest collect PATH.",
        )
    new = known = replaced = 0
    problems: list[SourceError] = []
    for path, source in sources:
        batch: list[Article] = []
        for found in _read(path, _defaults(settings, source)):
            if isinstance(found, SourceError):
                problems.append(found)
                continue
            batch.append(found)
            on_article(found)
            if len(batch) >= _BATCH:
                added = store.articles.add(batch, collected=now)
                new, known, replaced = new + added.new, known + added.known, replaced + added.replaced
                batch = []
        added = store.articles.add(batch, collected=now)
        new, known, replaced = new + added.new, known + added.known, replaced + added.replaced
    return Collected(new=new, known=known, replaced=replaced, sources=len(sources), problems=tuple(problems))


def _read(path: Path, defaults: Defaults) -> Iterator[Article | SourceError]:
    try:
        yield from read_articles(path, defaults=defaults)
    except SourceError as error:  # the whole source: the others go on
        yield error


def _source_of(settings: Settings, path: Path) -> tuple[Path, SourceSettings]:
    """Give a path named by hand the settings of the configured source that it lies in, if any."""
    whole = path.resolve()
    for source in settings.sources:
        if whole.is_relative_to(settings.path(source.path).resolve()):
            return path, source
    return path, SourceSettings(path=path)


def _defaults(settings: Settings, source: SourceSettings) -> Defaults:
    return Defaults(
        source=source.name,
        timezone=ZoneInfo(source.timezone or settings.site.timezone),
        language=source.language,
    )
