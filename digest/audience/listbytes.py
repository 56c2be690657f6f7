"""Which encoding a list file is in: editors and spreadsheets write several, and none says which."""

from __future__ import annotations

import codecs
import re

from digest.errors import AudienceError

_LARGEST = 256_000_000  # bytes: some three million subscribers with a few attributes each
_SAMPLE = 65_536  # bytes that are looked at to tell UTF-16 without a mark
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIGH_BY_ASCII = re.compile(rb"[A-Za-z][\x80-\xff](?![\x80-\xff])|(?<![\x80-\xff])[\x80-\xff][A-Za-z]")
_HIGH_BY_HIGH = re.compile(rb"[\x80-\xff]{2,}")


def decode_list(raw: bytes, *, path: str) -> str:
    """Decode a list file, its byte order mark left out and its line ends kept.

    Knows UTF-8 and UTF-16 with or without a mark, Windows-1251 and Windows-1252.  Raises AudienceError for a file
    over 256 MB and for one that is not text.
    """
    if len(raw) > _LARGEST:
        raise AudienceError(
            f"the list has {len(raw):,} bytes; {_LARGEST:,} is the most",
            where=path,
            remedy="Split it into several lists",
        )
    mark, encoding = _encoding_of(raw)
    try:
        text = raw[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise AudienceError(
            f"the list begins as {encoding} and does not go on so (byte {error.start + len(mark)})",
            where=path,
            remedy="Save it as UTF-8",
        ) from error
    if "\0" in text:
        raise AudienceError(
            "this is not a text file",
            where=path,
            remedy="Save the list as CSV (UTF-8), or as text with an address a line",
        )
    return text


def encode_list(text: str, *, like: bytes, path: str) -> bytes:
    """Encode an edited list as the file `like` was, mark included, so that its other lines keep their bytes.

    Raises AudienceError if that encoding lacks a letter that was added.
    """
    mark, encoding = _encoding_of(like)
    try:
        return mark + text.encode(encoding)
    except UnicodeEncodeError as error:
        raise AudienceError(
            f"the list is in {encoding}, which cannot write {text[error.start]!r}",
            where=path,
            remedy="Save it as UTF-8 first",
        ) from error


def _encoding_of(raw: bytes) -> tuple[bytes, str]:
    """Give the byte order mark, if there is one, and the encoding."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return mark, encoding
    # UTF-16 without a mark: ASCII letters have a nought on one side, and no list is without an @.
    start = raw[:_SAMPLE]
    if b"@\0" in start and 0 not in start[::2]:
        return b"", "utf-16-le"
    if b"\0@" in start and 0 not in start[1::2]:
        return b"", "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return b"", _eight_bit_encoding(raw)
    return b"", "utf-8"


def _eight_bit_encoding(raw: bytes) -> str:
    """Tell Cyrillic from Western names: high bytes stand side by side in the one, among ASCII letters in the other."""
    western = len(_HIGH_BY_ASCII.findall(raw)) > len(_HIGH_BY_HIGH.findall(raw))
    encoding = "windows-1252" if western else "windows-1251"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:  # each leaves a few bytes undefined; latin-1 leaves none, and loses none on the way back
        return "latin-1"
    return encoding
