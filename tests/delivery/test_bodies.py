from __future__ import annotations

import base64
import html
import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.delivery.bodies import EncodedBody, encode_body, fill_slots, quoted_printable
from digest.model import slot

TEXT = st.text(st.characters(exclude_characters="\ue000\ue001", exclude_categories=["Cs"]), max_size=300)
# Texts that reach the encodings' corners more often than chance does: long lines, dots, trailing blanks, Cyrillic.
CORNERS = st.lists(
    st.sampled_from(["a", "=", ".", "From ", " ", "\t", "\n", "\r\n", "x" * 75, "Привіт, світе", "🙂", "é" * 30]),
    max_size=40,
).map("".join)


def filled(body: EncodedBody, values: dict[str, str]) -> bytes:
    pieces: list[bytes] = []
    body.fill(values, pieces)
    return b"".join(pieces)


def decoded(body: EncodedBody, encoded: bytes) -> str:
    """Decode with the standard library's decoders, which are not those that wrote it."""
    raw = (
        quopri.decodestring(encoded)
        if body.encoding == "quoted-printable"
        else base64.b64decode(encoded, validate=False)
    )
    return raw.decode().replace("\r\n", "\n")


def unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(parts=st.lists(TEXT | CORNERS, min_size=1, max_size=5), value=TEXT | CORNERS, markup=st.booleans())
@example(parts=["", "", ""], value="", markup=False)
@example(parts=["й" * 50, "й", "", "й" * 50], value="q", markup=True)
def test_a_filled_body_reads_as_the_text_with_its_slots_filled(parts: list[str], value: str, markup: bool) -> None:
    """Whatever surrounds a slot and whatever fills it, a decoder gives back exactly that text."""
    body = encode_body(slot("x").join(parts), escape=html.escape if markup else str)
    expected = (html.escape(value) if markup else value).join(map(unix, parts))
    assert decoded(body, filled(body, {"x": value})) == unix(expected)


@given(parts=st.lists(TEXT | CORNERS, min_size=1, max_size=5), value=TEXT | CORNERS)
def test_every_line_may_travel_as_it_is(parts: list[str], value: str) -> None:
    """ASCII, at most 76 characters, CRLF only, no dot or "From " at a line's start, no boundary, no trailing blank."""
    encoded = filled(encode_body(slot("x").join(parts)), {"x": value})
    assert encoded.isascii()
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From ", b"--=_"))
        assert not line.endswith((b" ", b"\t"))


@given(
    parts=st.lists(TEXT | CORNERS, min_size=2, max_size=4),
    column=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    value=st.none() | TEXT | CORNERS,
    fallback=st.text(st.characters(exclude_categories=["Cs"])) | CORNERS,
    markup=st.booleans(),
)
@example(parts=["", ""], column="a|b\ue001", value=None, fallback='<b> & "%41|\ue000x\ue001', markup=True)
@example(parts=["Привіт, ", "!"], column="місто", value="", fallback="читачу", markup=False)
def test_a_fallback_stands_where_a_reader_has_no_value(
    parts: list[str], column: str, value: str | None, fallback: str, markup: bool
) -> None:
    """Missing or empty, the value gives way to the fallback, escaped alike; whatever either says, lines may travel."""
    escape = html.escape if markup else str
    values = {} if value is None else {column: value}
    text = slot(column, fallback).join(parts)
    body = encode_body(text, escape=escape)
    encoded = filled(body, values)
    assert decoded(body, encoded) == unix(escape(value or fallback).join(map(unix, parts)))
    assert fill_slots(text, values, escape=escape) == escape(value or fallback).join(parts)
    assert not body.slots
    assert all(len(line) <= 76 and not line.startswith((b".", b"From ")) for line in encoded.split(b"\r\n"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param("Plain words.\n" * 20, "quoted-printable", id="ASCII"),
        pytest.param(
            "<p>A small coffee at the café round the corner</p>\n" * 20, "quoted-printable", id="few letters beyond it"
        ),
        pytest.param("Головне за день\n" * 20, "base64", id="Cyrillic"),
    ],
)
def test_the_shorter_encoding_is_chosen(text: str, encoding: str) -> None:
    """A Cyrillic letter takes six bytes in quoted-printable and under three in base64."""
    assert encode_body(text).encoding == encoding


def test_a_slot_without_a_value_is_told() -> None:
    """A missing value is the caller's bug and is never sent as an empty string."""
    with pytest.raises(KeyError):
        filled(encode_body(f"Dear {slot('name')}"), {})


def test_a_value_is_never_searched_for_slots() -> None:
    """A subscriber named like a slot's mark gets that name, not another's value."""
    body = encode_body(f"{slot('a')} {slot('b')}")
    assert decoded(body, filled(body, {"a": slot("b"), "b": "secret"})) == f"{slot('b')} secret"


def test_markup_in_a_value_is_text() -> None:
    """In HTML a name is escaped for both text and attributes."""
    body = encode_body(f'<a title="{slot("name")}">', escape=html.escape)
    assert decoded(body, filled(body, {"name": '"><script>'})) == '<a title="&quot;&gt;&lt;script&gt;">'


@given(text=TEXT | CORNERS)
def test_quoted_printable_is_what_other_decoders_read(text: str) -> None:
    """Text with newline line ends survives RFC 2045's encoding."""
    text = unix(text)
    assert quopri.decodestring(quoted_printable(text)).decode().replace("\r\n", "\n") == text
