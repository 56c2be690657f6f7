r"""A text with slots, encoded once for transport and afterwards only filled.

Encoding costs milliseconds and is the same for everyone, so it is done at compile time; what varies is encoded by
itself, on lines of its own, and the pieces are joined.  A slot therefore never straddles an encoded line.
Whatever the text, the result is pure ASCII, its lines end in CRLF and have at most 76 characters, and none begins
with a dot or with "From ", so it needs no dot-stuffing (RFC 5321 4.5.2) and no mailbox program rewrites it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from digest.model import SLOT_CLOSE, SLOT_OPEN, SLOT_OR

_MARK = re.compile(f"{SLOT_OPEN}([^{SLOT_OPEN}{SLOT_CLOSE}]*){SLOT_CLOSE}")
_LINE = 76  # RFC 2045 6.7 and 6.8
_SOFT_BREAK = b"=\r\n"
_GROUP = 3  # bytes that base64 writes as four letters

# RFC 2045 6.7: printable ASCII but "=" stands for itself, as do blank and tab inside a line.
_QUOTED = [chr(byte) if 32 <= byte <= 126 and byte != ord("=") else f"={byte:02X}" for byte in range(256)]  # noqa: PLR2004
_QUOTED[ord("\t")] = "\t"
_PLAIN = re.compile(r"(?!From )[A-Za-z0-9:/][A-Za-z0-9:/_.~ -]{0,72}[A-Za-z0-9:/_~-]\Z")
_CLEAN_LINE = re.compile(r"(?!\.|From )[\t -<>-~]{0,74}[!-<>-~]\Z")


class EncodedBody(Protocol):
    """A part's content, ready but for its slots."""

    @property
    def encoding(self) -> str:
        """The word for Content-Transfer-Encoding."""

    @property
    def slots(self) -> frozenset[str]:
        """The names of the slots that everybody must have a value for."""

    @property
    def fixed(self) -> tuple[bytes, ...]:
        """Pieces that `fill` appends for everyone as they are; it always begins with the first of them."""

    def fill(self, values: Mapping[str, str], pieces: list[bytes]) -> None:
        """Append the content with each slot filled; raises KeyError for a slot without value and fallback."""


class Slot(NamedTuple):
    """What `digest.model.slot` marked."""

    name: str
    fallback: str | None  # None: everybody has a value

    def value(self, values: Mapping[str, str]) -> str:
        """Give what stands here for one reader; raises KeyError where that is nothing."""
        return values[self.name] if self.fallback is None else values.get(self.name) or self.fallback


def split_slots(text: str) -> tuple[list[str], list[Slot]]:
    """Give the texts around the slots, one more than there are slots, and the slots."""
    parts = _MARK.split(text)
    return parts[::2], [_slot(mark) for mark in parts[1::2]]


def fill_slots(text: str, values: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """Give a text with each slot filled, its value escaped; raises KeyError as `Slot.value` does."""
    texts, slots = split_slots(text)
    pieces = [texts[0]]
    for slot, after in zip(slots, texts[1:], strict=True):
        pieces += (escape(slot.value(values)), after)
    return "".join(pieces)


def _slot(mark: str) -> Slot:
    name, either, fallback = mark.partition(SLOT_OR)
    return Slot(unquote(name), unquote(fallback) if either else None)


def needed(slots: list[Slot]) -> frozenset[str]:
    """Give the names of the slots that everybody must have a value for."""
    return frozenset(slot.name for slot in slots if slot.fallback is None)


def encode_body(text: str, *, escape: Callable[[str], str] = str) -> EncodedBody:
    """Encode a part's text in whichever of quoted-printable and base64 makes it shorter.

    `escape` makes a slot's value fit the part: html.escape for HTML.
    """
    texts, places = split_slots(_unix_lines(text))
    quoted = _QuotedPrintable.of(texts, places, escape)
    based = _Base64.of(texts, places, escape)
    return quoted if quoted.size <= based.size else based


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class _QuotedPrintable:
    pieces: tuple[bytes, ...]
    places: tuple[Slot, ...]
    escape: Callable[[str], str]
    slots: frozenset[str]
    encoding: str = "quoted-printable"

    @classmethod
    def of(cls, texts: list[str], places: list[Slot], escape: Callable[[str], str]) -> _QuotedPrintable:
        encoded = [quoted_printable(text) for text in texts]
        pieces = (*(_on_its_own_line(piece) for piece in encoded[:-1]), encoded[-1])
        return cls(pieces, tuple(places), escape, needed(places))

    @property
    def fixed(self) -> tuple[bytes, ...]:
        return self.pieces

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))

    def fill(self, values: Mapping[str, str], pieces: list[bytes]) -> None:
        pieces.append(self.pieces[0])
        for position, place in enumerate(self.places, start=1):
            text = place.value(values)
            # Most values are a link or a name that nothing has to be done to.
            value = text.encode("ascii") if _PLAIN.match(text) else quoted_printable(_unix_lines(self.escape(text)))
            rest = self.pieces[position]
            # A break after the last value would leave a soft break at the very end, where nothing follows it.
            pieces.append(_on_its_own_line(value) if rest or position < len(self.places) else value)
            pieces.append(rest)


def _on_its_own_line(piece: bytes) -> bytes:
    """End a piece so that what follows begins a line, without adding a line break to the text."""
    return piece + _SOFT_BREAK if piece and not piece.endswith(b"\r\n") else piece


def quoted_printable(text: str) -> bytes:
    r"""Encode text whose line ends are \n; the result ends in CRLF only where the text ends in \n."""
    return "\r\n".join(
        line if not line or _CLEAN_LINE.match(line) else _quoted_line(line) for line in text.split("\n")
    ).encode("ascii")


def _quoted_line(line: str) -> str:
    raw = line.encode("utf-8", "replace")
    out: list[str] = []
    column = 0
    last = len(raw) - 1
    for index, byte in enumerate(raw):
        token = _QUOTED[byte]
        if column + len(token) > _LINE - 1:  # the last column is the soft break's
            out.append("=\r\n")
            column = 0
        if (
            (column == 0 and (byte == ord(".") or raw.startswith(b"From ", index)))
            or (index == last and byte in b" \t")  # RFC 2045 6.7 (3): white space at a line's end may be lost
        ) and len(token) == 1:
            token = f"={byte:02X}"
            if column + len(token) > _LINE - 1:
                out.append("=\r\n")
                column = 0
        out.append(token)
        column += len(token)
    return "".join(out)


@dataclass(frozen=True, slots=True)
class _Shifted:
    """A piece of base64 text whose first `len(head)` bytes complete a group that the value before it began."""

    head: bytes
    lines: bytes  # whole groups, encoded
    tail: bytes  # what is left over: 0 to 2 bytes

    @classmethod
    def by(cls, raw: bytes, carried: int) -> _Shifted:
        start = min(len(raw), -carried % _GROUP)
        end = len(raw) - (len(raw) - start) % _GROUP
        return cls(raw[:start], _base64_lines(raw[start:end]), raw[end:])


@dataclass(frozen=True, slots=True)
class _Base64:
    pieces: tuple[tuple[_Shifted, ...], ...]  # each for 0, 1 and 2 bytes carried over
    places: tuple[Slot, ...]
    escape: Callable[[str], str]
    slots: frozenset[str]
    encoding: str = "base64"

    @classmethod
    def of(cls, texts: list[str], places: list[Slot], escape: Callable[[str], str]) -> _Base64:
        raws = [_canonical(text) for text in texts]
        pieces = tuple(tuple(_Shifted.by(raw, carried) for carried in range(_GROUP)) for raw in raws)
        return cls(pieces, tuple(places), escape, needed(places))

    @property
    def fixed(self) -> tuple[bytes, ...]:
        return tuple(shifted.lines for piece in self.pieces for shifted in piece)

    @property
    def size(self) -> int:
        return sum(len(piece[0].lines) for piece in self.pieces)

    def fill(self, values: Mapping[str, str], pieces: list[bytes]) -> None:
        first = self.pieces[0][0]
        pieces.append(first.lines)
        carried = first.tail
        for position, place in enumerate(self.places, start=1):
            value = carried + _canonical(_unix_lines(self.escape(place.value(values))))
            piece = self.pieces[position][len(value) % _GROUP]
            value += piece.head
            if len(value) % _GROUP:  # the piece is too short to complete the group
                whole = len(value) - len(value) % _GROUP
                pieces.append(_base64_lines(value[:whole]))
                carried = value[whole:]
                continue
            pieces.append(_base64_lines(value))
            pieces.append(piece.lines)
            carried = piece.tail
        pieces.append(_base64_lines(carried))


def _canonical(text: str) -> bytes:
    """RFC 2045 6.8: line ends are CRLF before base64."""
    return text.replace("\n", "\r\n").encode("utf-8", "replace")


def _base64_lines(raw: bytes) -> bytes:
    letters = base64.b64encode(raw)
    lines = [letters[start : start + _LINE] for start in range(0, len(letters), _LINE)]
    return b"\r\n".join((*lines, b""))
