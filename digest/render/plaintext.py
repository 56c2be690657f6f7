"""The text part: what the HTML part says, in the same order, written to be read in a terminal or on a watch.

Lines are at most 72 columns wide as a reader sees them (a CJK character takes two, a combining one none); addresses
stand alone on a line and are never broken.  It is written as format=flowed (RFC 3676): a paragraph's lines but its last
end in a blank, so a phone sets them anew at its own width.  That is why points have no hanging indent, which a phone
would find in the midst of its lines, and a blank line after each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from digest.render.view import EditionView, Link, SectionView, StoryView
from digest.translation import Translator, translator

COLUMNS = 72
_MANY_BLANK_LINES = re.compile(r"\n{4,}")


def render_text(view: EditionView) -> str:
    """The text part, line ends as a single newline.  It holds the slots "unsubscribe_url" and "view_url"."""
    voice = translator(view.language)
    lines = [*_masthead(view, voice)]
    numbers = iter(range(1, 10**6))
    for section in view.sections:
        lines += _section(section, voice, numbers)
    if not view.sections:
        lines += [voice.gettext("No stories today."), ""]
    if view.more:
        lines += [*_labelled(((view.more.label, view.more.url),)), ""]
    lines += _footer(view, voice)
    return _MANY_BLANK_LINES.sub("\n\n\n", "\n".join(map(_stuffed, lines))) + "\n"


def width(text: str) -> int:
    """Columns that `text` takes in a terminal: two for an East Asian wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(_width, text))


def wrap(text: str, *, first: str = "", columns: int = COLUMNS) -> list[str]:
    """`first` and `text` in lines of at most `columns`, the blank at a soft line end not counted.

    Lines break at blanks, never at a no-break space, and keep the blank: it says that the next line goes on.  A word
    wider than a line is cut, but not before a combining mark, and there no blank says so: it would stay in the word.
    """
    room = columns - width(first)
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for word in text.split(" "):
        whole = width(word)
        for part, piece in enumerate((word,) if whole <= room else _cut(word, room)):
            wide = whole if whole <= room else width(piece)
            if line and used + 1 + wide > room:
                lines.append(" ".join(line) if part else _soft(" ".join(line)))
                line, used = [], 0
            used += wide + (1 if line else 0)
            line.append(piece)
    lines.append(" ".join(line))
    return [first + lines[0], *lines[1:]]


def _soft(line: str) -> str:
    """A line that the next one continues; but "-- " begins a signature (RFC 3676 4.3), so that stays a line apart."""
    return line if line == "--" else f"{line} "


def _stuffed(line: str) -> str:
    """RFC 3676 4.4: what a mail program would take for its own marks gets a blank, which the reader's takes off."""
    return f" {line}" if line.startswith((" ", ">", "From ")) else line


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _cut(word: str, columns: int) -> Iterator[str]:
    """`word`, which is wider, in pieces of at most `columns`."""
    piece, used = "", 0
    for character in word:
        if used + _width(character) > columns:
            yield piece
            piece, used = "", 0
        piece, used = piece + character, used + _width(character)
    yield piece


def _masthead(view: EditionView, voice: Translator) -> Iterator[str]:
    yield from wrap(view.title.upper())
    yield from wrap(f"{view.date} · {voice.gettext('No. %(n)d') % {'n': view.number}}")
    if view.intro:
        yield from wrap(view.intro)
    yield "=" * COLUMNS
    yield ""


def _section(section: SectionView, voice: Translator, numbers: Iterator[int]) -> Iterator[str]:
    if section.title:
        yield from _heading(section.title.upper(), "=")
        yield ""
    for story in section.stories:
        yield from _story(story, voice, numbers, brief=section.brief)


def _heading(text: str, stroke: str) -> list[str]:
    lines = wrap(text)
    return [*lines, stroke * max(width(line.rstrip(" ")) for line in lines)]


def _story(story: StoryView, voice: Translator, numbers: Iterator[int], *, brief: bool) -> Iterator[str]:
    kicker = _kicker(story, voice)
    if kicker:
        yield from wrap(kicker)
    yield from _heading(story.title, "-")
    yield ""
    addresses: list[str] = []

    def numbered(link: Link) -> str:
        if not link.url:
            return link.label
        addresses.append(f"[{next(numbers)}] {link.url}")
        return f"{link.label}\N{NO-BREAK SPACE}{addresses[-1].partition(' ')[0]}"

    for group in story.groups:
        if group.speaker:
            yield from wrap(f"{group.speaker}:")
            yield ""
        for point in group.points:
            told = f"{point.text} ({point.source})" if point.source else point.text
            yield from wrap(told, first="" if brief else "* ")
            yield ""
    yield from _sources(story, voice, numbered)
    if story.image:
        yield from wrap(numbered(Link(label=_photo(story, voice), url=story.image.address)))
    if addresses:
        yield ""
        yield from addresses
        yield ""
    yield ""


def _kicker(story: StoryView, voice: Translator) -> str:
    update = voice.gettext("Update to %(date)s") % {"date": story.updated} if story.updated else ""
    return " · ".join(part for part in (update, story.category) if part)


def _photo(story: StoryView, voice: Translator) -> str:
    """What the HTML part has for the picture where pictures are off."""
    return voice.gettext("Photo: %(source)s") % {"source": story.source} if story.source else voice.gettext("Photo")


def _sources(story: StoryView, voice: Translator, numbered: Callable[[Link], str]) -> Iterator[str]:
    """Who reports it; `numbered` notes an address, and gives the label with its number."""
    if story.source:
        said = "Read at %(source)s" if story.url else "Source: %(source)s"
        yield from wrap(voice.gettext(said) % {"source": numbered(Link(label=story.source, url=story.url))})
    if story.related:
        yield from wrap(f"{voice.gettext('Also reported by')}: {', '.join(map(numbered, story.related))}")


def _footer(view: EditionView, voice: Translator) -> Iterator[str]:
    yield "=" * COLUMNS
    yield from wrap(voice.gettext("You get this email because you subscribed to %(title)s.") % {"title": view.title})
    yield ""
    yield from _labelled(((voice.gettext("Unsubscribe"), view.unsubscribe_url),))
    yield from _labelled(((voice.gettext("View in browser"), view.view_url),))
    yield from _labelled((link.label, link.url) for link in view.social)
    if view.postal_address:
        yield ""
        for line in view.postal_address:
            yield from wrap(line)


def _labelled(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for label, address in pairs:
        yield f"{label}: {address}"
