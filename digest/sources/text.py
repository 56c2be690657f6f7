"""Text files -> articles: a newsroom's export, plain text, Markdown, with or without front matter, one or a folder.

    bytes --decode--> text --frontmatter--> fields, text --markup--> plain text --header--> title, date --blocks-->

Each arrow is a file of this room.  Only `read_articles` touches the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.errors import SourceError, SourceUnreadable
from digest.model import Article, article_id
from digest.sources.blocks import split_blocks
from digest.sources.dates import read_declared_date
from digest.sources.decode import clean, decode
from digest.sources.folder import list_files, read_file, shown
from digest.sources.foreign import SUFFIXES, passed_over, refuse_foreign_bytes, refuse_foreign_text, tally
from digest.sources.frontmatter import FrontMatter, split_front_matter
from digest.sources.header import read_header
from digest.sources.language import detect_language
from digest.sources.links import canonical_url
from digest.sources.markup import looks_like_markdown, plain_markdown

__all__ = ["Defaults", "detect_language", "parse_text", "read_articles", "split_blocks"]

_MARKDOWN_SUFFIXES = (".md", ".markdown")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")
_LANGUAGE_NAMES = {"ua": "uk", "english": "en", "russian": "ru", "ukrainian": "uk"}  # ua is the country
_LONGEST_TITLE = 300  # characters, of a declared title
_TITLE = "Put the headline into the first line, or `title:` into a front matter between --- lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for a source where its files do not say otherwise."""

    source: str
    timezone: ZoneInfo  # of dates without a zone
    language: str | None = None  # None: told from each text


def read_articles(path: Path, *, defaults: Defaults, max_bytes: int = 5_000_000) -> Iterator[Article | SourceError]:
    """The articles of a file, or of the .txt, .md and .markdown files under a folder in order of their paths.

    A file that holds none is yielded as its error, so are all together that are of other kinds, and the rest go on.  An
    article without a date has that of its file.
    Raises SourceUnreadable at once where `path` is missing, or a folder without such files; a file that is named itself
    may have any suffix.
    """
    try:
        is_folder = path.is_dir()
        if not is_folder:
            path.lstat()
    except (OSError, ValueError) as error:
        raise SourceUnreadable(
            "no such file or folder",
            where=shown(path),
            remedy="Check the path, or make the folder and put articles in it",
        ) from error
    if not is_folder:
        return _read([path], [], defaults, max_bytes)
    listing = list_files(path)
    if not listing.files and not listing.problems:
        others = tally(listing.others)
        raise SourceUnreadable(
            f"no article here: looked for {', '.join(SUFFIXES)} files in it and the folders below"
            + (f", and passed over others ({others})" if others else ""),
            where=shown(path),
            remedy="Put an article in it, or name another folder",
        )
    other = passed_over(listing.others, listing.examples, folder=shown(path))
    return _read(listing.files, [*listing.problems, *([other] if other else [])], defaults, max_bytes)


def _read(
    files: list[Path], problems: list[SourceUnreadable], defaults: Defaults, max_bytes: int
) -> Iterator[Article | SourceError]:
    yield from problems
    for file in files:
        try:
            raw, modified = read_file(file, max_bytes=max_bytes)
            name = shown(file)
            refuse_foreign_bytes(raw, name=name)
            article = parse_text(
                decode(raw, name=name),
                name=name,
                defaults=defaults,
                fallback_published=modified.astimezone(defaults.timezone),
            )
        except SourceError as error:
            yield error
        else:
            yield replace(article, origin=file.absolute().as_uri())


def parse_text(raw: str, *, name: str, defaults: Defaults, fallback_published: datetime | None) -> Article:
    """The article that a text holds; pure.  `name` is the file's, for messages and, by its suffix, to tell Markdown.

    The title is the front matter's, else the first line where it reads like one; the date is the front matter's, else a
    line near the top that is nothing but a date, else one at the end, else `fallback_published`.  Of Markdown, the
    article's text is what a reader sees (see `markup`).  Raises SourceUnreadable where title, date or text is missing.
    """
    text = clean(raw, name=name)
    refuse_foreign_text(text, name=name)
    matter = split_front_matter(text, name=name)
    body = matter.body
    if matter.fenced or name.lower().endswith(_MARKDOWN_SUFFIXES) or looks_like_markdown(body):
        body = plain_markdown(body)
    declared = _declared_date(matter, name=name, zone=defaults.timezone)
    given = clean(matter.first("title"), name=name)
    header = read_header(body, title=given or None, zone=defaults.timezone, near=declared or fallback_published)
    published = declared or header.published or fallback_published
    title = header.title
    if not text.strip():
        raise _nothing(raw, name=name)
    if not title or len(title) > _LONGEST_TITLE or not any(char.isalnum() for char in title):
        raise SourceUnreadable("no title: the first line does not read like one", where=name, remedy=_TITLE)
    if published is None:
        raise SourceUnreadable(
            "no date", where=name, remedy="Put it on a line under the title, such as 27 January 2022, 17:46"
        )
    blocks = split_blocks(header.body)
    if not blocks:
        raise SourceUnreadable("no text besides the title", where=name, remedy="Add the story, or take the file out")
    url, source = canonical_url(matter.first("url")), matter.first("source")
    if canonical_url(source):
        url, source = url or canonical_url(source), ""
    url = url or header.url
    return Article(
        id=article_id(url=url, title=title, text=header.body),
        url=url,
        title=title,
        published=published,
        language=_language(matter.first("language"))
        or defaults.language
        or detect_language(f"{title}\n{header.body[:8000]}"),
        source=source or defaults.source,
        text=header.body,
        blocks=blocks,
        author=", ".join(matter.fields.get("author", ())) or header.author,
        image=canonical_url(matter.first("image")) or None,
        category=matter.first("category") or None,
        keywords=_keywords(matter),
    )


def _nothing(raw: str, *, name: str) -> SourceUnreadable:
    """What to say of a file in which there is nothing to read: it may hold bytes that mean nothing."""
    if raw.strip("\ufeff\u200b \t\r\n\f\v\xa0"):
        return SourceUnreadable("this is binary data, not text", where=name, remedy="Take it out of the folder")
    return SourceUnreadable("the file is empty", where=name, remedy=_TITLE)


def _declared_date(matter: FrontMatter, *, name: str, zone: ZoneInfo) -> datetime | None:
    value = matter.first("date")
    if not value:
        return None
    published = read_declared_date(value, zone=zone)
    if published is None:  # never guessed: a wrong date puts the story into the wrong edition
        raise SourceUnreadable(
            f"the date cannot be read: {value[:60]!r}", where=name, remedy="Write it like 2022-01-27T17:46+02:00"
        )
    return published


def _language(value: str) -> str | None:
    value = _LANGUAGE_NAMES.get(value.lower(), value)
    found = _LANGUAGE.fullmatch(value)
    return _LANGUAGE_NAMES.get(found[1].lower(), found[1].lower()) if found else None


def _keywords(matter: FrontMatter) -> tuple[str, ...]:
    values = matter.fields.get("keywords", ())
    if len(values) == 1:  # "energy, Kharkiv" on one line
        values = tuple(re.split(r"[,;]", values[0]))
    return tuple(dict.fromkeys(" ".join(value.split()) for value in values if value.strip()))
