import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceUnreadable
from digest.sources.decode import clean, decode

RUSSIAN = "Суд вернул Одессе яхт-клуб, за который город боролся девять лет — «Маяк» снова городской."
UKRAINIAN = (
    "На Полтавщині почали сівбу раніше, ніж торік: ґрунт прогрівся, і ячмінь сіють у трьох громадах, її й європейці."
)
ENGLISH = "The café owner’s bill of £100 — “about €115” — was paid by a Zürich fund."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *[(RUSSIAN, name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251")],
        (RUSSIAN.replace("—", "-").replace("«", '"').replace("»", '"'), "koi8-r"),
        (RUSSIAN.replace("—", "-").replace("«", '"').replace("»", '"'), "cp866"),
        *[(UKRAINIAN, name) for name in ("utf-8", "utf-16-le", "utf-16-be", "cp1251", "koi8-u")],
        *[(ENGLISH, name) for name in ("utf-8", "utf-16-le", "utf-16-be", "cp1252")],
    ],
)
def test_a_file_gives_the_text_that_was_saved(text: str, encoding: str) -> None:
    """The encodings that newsrooms in Ukraine save in are told apart without being named."""
    assert decode(text.encode(encoding), name="a.txt") == text


def test_a_mark_for_utf_16_be_is_honoured() -> None:
    """Notepad's "Unicode big endian"."""
    assert decode(codecs.BOM_UTF16_BE + RUSSIAN.encode("utf-16-be"), name="a.txt") == RUSSIAN


def test_a_file_cut_inside_a_character_stays_utf_8() -> None:
    """One broken byte costs one character, not the whole article."""
    assert decode(RUSSIAN.encode()[:-2], name="a.txt") == f"{RUSSIAN[:-2]}\ufffd"


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, b"PK\x03\x04" + b"\0\1\2\3" * 200])
def test_a_binary_file_is_refused_by_name(raw: bytes) -> None:
    """A picture or an office document that is called .txt is no article."""
    with pytest.raises(SourceUnreadable, match=r"a\.txt: this is (a binary file|binary data), not text\. Save it as"):
        clean(decode(raw, name="a.txt"), name="a.txt")


def test_stray_controls_line_ends_and_accents_are_mended() -> None:
    """What remains is XML's own alphabet, with one kind of line end and one form of each letter."""
    raw = "a\r\nb\rc\u2028d\x85e\0f\x07g\u202eh\u00adi\ud800j и\u0306 \x1b"
    assert clean(raw, name="a.txt") == "a\nb\nc\nd\nefghi\ufffdj й "


@given(st.binary(max_size=400))
def test_no_bytes_crash(raw: bytes) -> None:
    """Any file is text without control characters, or refused."""
    try:
        text = clean(decode(raw, name="a.txt"), name="a.txt")
    except SourceUnreadable:
        return
    assert not any(char < " " and char not in "\t\n" for char in text)
    text.encode()
