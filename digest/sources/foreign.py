"""What lies among articles and is none: told by its first bytes or its suffix, each with what to do about it.

Pure.  A file called .txt that is a PDF would otherwise be an article with the title "%PDF-1.7".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from digest.errors import SourceUnreadable

SUFFIXES = (".txt", ".md", ".markdown")

_AS_TEXT = "Save it as plain text in UTF-8, or take it out of the folder"
_TAKE_OUT = "Take it out of the folder"

# The first bytes, what they are of, and the way out.
_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"%PDF-\d"), "this is a PDF", "Copy its text into a .txt file, or take it out of the folder"),
    (re.compile(rb"PK\x03\x04"), "this is an office document or an archive", _AS_TEXT),  # .docx, .odt and .zip alike
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "this is an office document", _AS_TEXT),  # Word until 2003
    (re.compile(rb"\{\\rtf\d"), "this is an RTF document", _AS_TEXT),
    (re.compile(rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP", re.DOTALL), "this is a picture", _TAKE_OUT),
    (
        re.compile(rb"\x1f\x8b\x08|7z\xbc\xaf|Rar!\x1a\x07"),
        "this is an archive",
        "Unpack it, or take it out of the folder",
    ),
)
_PAGE = re.compile(r"\s*<(?:!doctype html|html)[\s>]", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\s")

# Beside articles by habit or by themselves: pictures, sound and films, and what systems and editors leave behind.
_COMPANION = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|heic|svg|bmp|tiff?|ico|mp3|m4a|wav|ogg|mp4|mov|webm|css|js|db|ini|lnk|bak|tmp|swp)"
)
_UNSEEN = (".", "~$")  # how names begin that systems hide, and those that Word locks a document with


def refuse_foreign_bytes(raw: bytes, *, name: str) -> None:
    """Raise SourceUnreadable for a file whose first bytes are those of another format."""
    for beginning, what, remedy in _BEGINNINGS:
        if beginning.match(raw):
            raise SourceUnreadable(what, where=name, remedy=remedy)


def refuse_foreign_text(text: str, *, name: str) -> None:
    """Raise SourceUnreadable for a whole web page, or XML."""
    if _PAGE.match(text):
        remedy = "Save the article's text alone as a .txt file, or take it out of the folder"
        raise SourceUnreadable("this is a web page", where=name, remedy=remedy)
    if _XML.match(text):
        raise SourceUnreadable("this is XML, not an article", where=name, remedy=_AS_TEXT)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is left alone."""
    return name.startswith(_UNSEEN) or name.endswith("~")


def kind_of(path: PurePath) -> str:
    """What to call a file that is not read."""
    return path.suffix.lower() or "without a suffix"


def passed_over(counts: Mapping[str, int], examples: Mapping[str, str], *, folder: str) -> SourceUnreadable | None:
    """One sentence about the files of a folder that are not read: `counts` by kind, and an example of the commonest.

    None where there are only such as lie beside articles anyway.
    """
    told = {kind: count for kind, count in sorted(counts.items()) if not _COMPANION.fullmatch(kind)}
    if not told:
        return None
    example = examples[max(told, key=lambda kind: told[kind])]
    number = sum(told.values())
    which = f"{tally(told)}; such as {example}" if number > 1 else example
    return SourceUnreadable(
        f"{number} {'files are' if number > 1 else 'file is'} not read ({which}): "
        f"articles are {', '.join(SUFFIXES[:-1])} and {SUFFIXES[-1]}",
        where=folder,
        remedy="Save those that are articles as plain text in UTF-8"
        if number > 1
        else "Save it as plain text in UTF-8 if it is an article",
    )


def tally(counts: Mapping[str, int]) -> str:
    """`2 .docx, 1 .pdf`."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
