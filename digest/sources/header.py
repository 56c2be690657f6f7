"""What the first lines of an article's text say about it: title, date, byline, address; the rest is its body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.sources.dates import DateLine, read_date_line
from digest.sources.links import canonical_url

_LINES = 8  # with text, from the top, that may belong to the head
_KEPT = 2  # of them a subtitle and a label; a date further down is the story's, not the article's
_LONGEST_LINE = 200  # characters; a longer line is the lead, and ends the head
_TAIL_LINES = 5  # with text, from the end, that may give the date where the head has none

_TITLE_LENGTH, _TITLE_WORDS = 250, 40
_SENTENCE_WORDS = 25  # a first line this long that ends with a full stop is the story's first sentence
_WRAPPED_TITLE = 50  # characters; a hard-wrapped headline's first line is at least so long

_HEADING_MARK = re.compile(r"#{1,6}\s+")
_PARTS = re.compile(r"\s+[|·•]\s+")
_NAME = r"[A-ZА-ЯІЇЄҐ][\w’'.-]*(?:\s+[A-ZА-ЯІЇЄҐ][\w’'.-]*){1,3}"
_BYLINE = re.compile(
    rf"(?:[Bb]y|BY|Автор[ыи]?:?|Текст:|Author:)\s+(?P<names>{_NAME}(?:(?:,| and| и| та| й)\s+{_NAME}){{0,3}})\.?"
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the head gave; `title` is None where its first line does not read like one."""

    title: str | None
    published: datetime | None
    author: str | None
    url: str
    body: str


def read_header(text: str, *, title: str | None, zone: ZoneInfo, near: datetime | None) -> Header:
    """Read title (unless `title` gives it), date, byline and address off the top, and leave everything else in `body`.

    A line that says "Updated" gives the date only where none says when the piece was published.
    """
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    head = _Head(title=title, given=title)
    for number in filled[:_LINES]:
        if number not in head.taken and not head.take(lines, number, zone=zone, near=near):
            break
    if head.title is not None and title is None and not _reads_like_title(head.title):
        return Header(None, None, None, "", text)
    if not head.dates:
        tail = (_tail_date(lines[number], zone=zone, near=near) for number in filled[-_TAIL_LINES:])
        head.dates += filter(None, tail)
    dates = sorted(head.dates, key=lambda date: (date.is_update, not date.labelled))
    return Header(
        title=" ".join(head.title.split()) if head.title else None,
        published=dates[0].instant if dates else None,
        author=head.author,
        url=head.url,
        body="\n".join(line for number, line in enumerate(lines) if number not in head.taken).strip(),
    )


@dataclass(slots=True)
class _Head:
    """What the lines read so far gave, and which of them are no longer body."""

    title: str | None
    given: str | None  # the title, where it is declared elsewhere
    dates: list[DateLine] = field(default_factory=list)
    author: str | None = None
    url: str = ""
    taken: set[int] = field(default_factory=set)
    kept: int = 0

    def take(self, lines: list[str], number: int, *, zone: ZoneInfo, near: datetime | None) -> bool:
        """Read one line; False once the head is over."""
        line = _HEADING_MARK.sub("", lines[number].strip()).strip("*_ ")
        if self.title is not None and len(line) > _LONGEST_LINE:
            return False
        date, byline = _date_and_byline(line, zone=zone, near=near)
        address = canonical_url(line)
        if date or byline:
            self.dates += [date] if date else []
            self.author = self.author or byline
        elif address:
            self.url = self.url or address
        elif self.title is None:
            self.title = line
            if _goes_on(line, lines, number):
                self.title = f"{line} {lines[number + 1].strip()}"
                self.taken.add(number + 1)
        elif self.given is None or _letters(line) != _letters(self.given):
            self.kept += 1
            return self.kept <= _KEPT
        self.taken.add(number)
        return True


def _date_and_byline(line: str, *, zone: ZoneInfo, near: datetime | None) -> tuple[DateLine | None, str | None]:
    """Of a line that is nothing but these: "27 January 2022, 17:46", "By Olena Koval | 27 January 2022"."""
    whole = read_date_line(line, zone=zone, near=near)
    if whole:
        return whole, None
    date, byline = None, None
    for part in _PARTS.split(line):
        date_here, byline_here = read_date_line(part, zone=zone, near=near), _BYLINE.fullmatch(part)
        if date_here:
            date = date or date_here
        elif byline_here:
            byline = byline_here["names"]
        elif byline is None and date is None:
            return None, None  # the rest may be a rubric ("| Kyiv"), but what comes first says what the line is
    return date, byline


def _tail_date(line: str, *, zone: ZoneInfo, near: datetime | None) -> DateLine | None:
    date = read_date_line(line, zone=zone, near=near)
    return date if date and (date.labelled or date.has_time) else None


def _goes_on(line: str, lines: list[str], number: int) -> bool:
    """Whether the title is wrapped onto a second line, under which a blank one stands."""
    following = lines[number + 1].strip() if number + 1 < len(lines) else ""
    below = lines[number + 2].strip() if number + 2 < len(lines) else ""
    return len(line) >= _WRAPPED_TITLE and following[:1].islower() and not below and line[-1] not in ".!?…"


def _reads_like_title(line: str) -> bool:
    words = line.split()
    if len(line) > _TITLE_LENGTH or len(words) > _TITLE_WORDS or not any(char.isalpha() for char in line):
        return False
    return not (len(words) > _SENTENCE_WORDS and line.endswith("."))


def _letters(line: str) -> str:
    return "".join(char for char in line.casefold() if char.isalnum())
