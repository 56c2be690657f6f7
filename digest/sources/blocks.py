"""Plain text -> blocks: paragraphs, headings, list items and quotes, with their places; judges nothing.

Page furniture comes out as blocks too: what is worth reading is decided by another room.  Only lines without a letter
or a digit ("***") make no block.  Each step looks at a line and its neighbours, so time grows with length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from digest.model import Block, BlockKind, Span
from digest.sources.lists import mark_items

_HEADING_MARK = re.compile(r"#{1,6}\s+(?=\S)")
_UNDERLINE = re.compile(r"={3,}|-{3,}")
_QUOTE_MARK = re.compile(r"(?:>\s?)+")
_ENDS_SENTENCE = re.compile(r"[.!?…:;][\"'”’»)\]]*$")
_EMPHASIS = ("**", "__")

_WRAPPED_SHARE = 0.4  # of line ends in mid-sentence: wrapped prose has over 0.6, a paragraph a line has about 0
_FULL_LINE = 0.7  # of the usual width: a shorter line ends its paragraph

_HEADING_LENGTH, _HEADING_WORDS = 80, 10
_LEAD_IN_LENGTH, _LEAD_IN_WORDS = 100, 14  # "Blinken's key points:" and its like may be longer
_QUESTION_WORDS = 8
_PARAGRAPH_LENGTH = 60  # what stands right under a heading is at least so long
_STOPS = re.compile(r"[.,;!…][\"'”’»)\]]*$")
_TWO_SENTENCES = re.compile(r"[^\W\d_]{2}[.!?…][\"'”’»)]*\s+[^\W\d_]")
_NO_HEADING = re.compile(
    r"(?:photo|image|source|credit|read (?:also|more)|see also|also read|фото|видео|відео|источник|джерело|автор|текст"
    r"|читайте(?: также| також)?|(?:также|також) читайте)\s*:"
    r"|(?-i:by\s+[A-Z]|By\s+[A-Z])[\w'’-]+ (?-i:[A-Z])|https?://|www\.|@|\S+@\S+$|\S+://",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Line:
    """One line of the text, white space around it left out; of blank lines in a row there is one."""

    start: int
    end: int
    text: str
    indent: int


@dataclass(slots=True)
class _Draft:
    """A block in the making: characters `start` to `end`, from line `first` to line `last`."""

    kind: BlockKind
    start: int
    end: int
    first: int
    last: int
    indent: int


def split_blocks(text: str) -> tuple[Block, ...]:
    """The blocks of `text` in order; `" ".join(text[span].split())` is a block's text, but for marks inside a quote.

    Read as written by hand or by Markdown: blank lines or line ends between paragraphs (hard-wrapped lines are joined),
    "#" and underlined headings, short lines that stand alone or end with a colon as headings, bullets, ">" quotes.
    """
    lines = list(_lines(text))
    drafts = _drafts(lines)
    for draft in drafts:
        _leave_out_emphasis(text, draft)
    _find_headings(text, lines, drafts)
    return tuple(
        Block(kind=draft.kind, text=_shown(text, draft), span=Span(draft.start, draft.end)) for draft in drafts
    )


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    blank = False
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped or not blank:  # one blank line parts as well as a million
            indent = len(raw) - len(raw.lstrip())
            yield _Line(start + indent, start + indent + len(stripped), stripped, indent)
        blank = not stripped
        start += len(raw) + 1


def _drafts(lines: list[_Line]) -> list[_Draft]:
    drafts: list[_Draft] = []
    joins = _joins(lines)
    marks = mark_items([line.text for line in lines])
    for number, line in enumerate(lines):
        above = drafts[-1] if drafts and drafts[-1].last == number - 1 else None
        heading, quote = _HEADING_MARK.match(line.text), _QUOTE_MARK.match(line.text)
        if not any(char.isalnum() for char in line.text):
            if above and above.first == above.last and _UNDERLINE.fullmatch(line.text) and _fits_heading(above):
                above.kind = "heading"
        elif heading:
            drafts.append(_new("heading", line, number, skip=heading.end()))
            drafts[-1].end -= _closing_marks(line.text)
        elif quote:
            if above and above.kind == "quote":
                above.end, above.last = line.end, number
            else:
                drafts.append(_new("quote", line, number, skip=quote.end()))
        elif marks[number]:
            drafts.append(_new("item", line, number, skip=marks[number]))
        elif (
            above
            and above.kind != "heading"
            and (joins[number] or (above.kind == "item" and line.indent > above.indent))
        ):
            above.end, above.last = line.end, number
        else:
            drafts.append(_new("paragraph", line, number, skip=0))
    return drafts


def _new(kind: BlockKind, line: _Line, number: int, *, skip: int) -> _Draft:
    return _Draft(kind, line.start + skip, line.end, number, number, line.indent)


def _closing_marks(line: str) -> int:
    """Length of the " ##" that may close a "#" heading; a pattern would take quadratic time on a line of blanks."""
    bare = line.rstrip("#")
    return len(line) - len(bare.rstrip()) if bare != bare.rstrip() and bare.strip("# \t") else 0


def _fits_heading(draft: _Draft) -> bool:
    return draft.kind == "paragraph" and draft.end - draft.start <= _LEAD_IN_LENGTH


def _joins(lines: list[_Line]) -> list[bool]:
    """For each line, whether it goes on in the paragraph of the line above it."""
    pairs = [(above, line) for above, line in pairwise(lines) if above.text and line.text]
    middles = sum(_in_mid_sentence(above.text, line.text) for above, line in pairs)
    wrapped = middles >= _WRAPPED_SHARE * len(pairs)
    widths = sorted(len(above.text) for above, _ in pairs)
    usual = widths[len(widths) * 9 // 10] if widths else 0

    def goes_on(above: _Line, line: _Line) -> bool:
        if not above.text or not line.text:
            return False
        if _in_mid_sentence(above.text, line.text):
            return True
        if not wrapped or len(above.text) > usual * 2:
            return False
        room = len(above.text) + 1 + len(line.text.split(maxsplit=1)[0])
        return room > usual if _ENDS_SENTENCE.search(above.text) else room > usual * _FULL_LINE

    return [False, *(goes_on(above, line) for above, line in pairwise(lines))]


def _in_mid_sentence(above: str, line: str) -> bool:
    return line[0].islower() and not _ENDS_SENTENCE.search(above[-8:])


def _leave_out_emphasis(text: str, draft: _Draft) -> None:
    """`**Key points:**` alone on its line is a line, not a word, that is set apart."""
    for mark in _EMPHASIS:
        inside = text[draft.start + 2 : draft.end - 2]
        if (
            draft.end - draft.start > 4  # noqa: PLR2004 - two marks and something between them
            and text.startswith(mark, draft.start)
            and text.endswith(mark, draft.start, draft.end)
            and mark not in inside
            and inside == inside.strip()
        ):
            draft.start += 2
            draft.end -= 2


def _find_headings(text: str, lines: list[_Line], drafts: list[_Draft]) -> None:
    for place, draft in enumerate(drafts[:-1]):  # the last block has nothing under it to be a heading of
        if draft.kind != "paragraph" or draft.first != draft.last or draft.end - draft.start > _LEAD_IN_LENGTH:
            continue
        shown, below = text[draft.start : draft.end], drafts[place + 1]
        alone_above = draft.first == 0 or not lines[draft.first - 1].text
        alone_below = below.first > draft.last + 1
        if place and not alone_above:
            over = drafts[place - 1]
            alone_above = (
                over.kind == "item" or _ENDS_SENTENCE.search(text[max(over.start, over.end - 8) : over.end]) is not None
            )
        if not alone_below:
            alone_below = below.kind == "item" or (
                below.end - below.start >= _PARAGRAPH_LENGTH
                and _ENDS_SENTENCE.search(text[max(below.start, below.end - 8) : below.end]) is not None
            )
        if _leads_in(shown) or (alone_above and alone_below and _titles(shown)):
            draft.kind = "heading"


def _leads_in(line: str) -> bool:
    words = line.split()
    return line.endswith(":") and len(words) <= _LEAD_IN_WORDS and not _TWO_SENTENCES.search(line)


def _titles(line: str) -> bool:
    words = line.split()
    letter = next((char for char in line if char.isalpha()), "")
    if len(line) > _HEADING_LENGTH or len(words) > _HEADING_WORDS or not letter or letter.islower():
        return False
    if line[0] in "-–—" or _STOPS.search(line) or _NO_HEADING.match(line) or _TWO_SENTENCES.search(line):
        return False
    return not line.rstrip("\"'”’»)").endswith("?") or len(words) <= _QUESTION_WORDS


def _shown(text: str, draft: _Draft) -> str:
    raw = text[draft.start : draft.end]
    if draft.kind == "quote":
        raw = " ".join(_QUOTE_MARK.sub("", line.strip(), count=1) for line in raw.split("\n"))
    return " ".join(raw.split())
