from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.audience.listbytes import decode_list, encode_list
from digest.errors import AudienceError

CYRILLIC = "email;имя\r\nann@example.org;Анна Ковальчук\r\nbob@example.org;Богдан и Олег\r\n"
WESTERN = "email,name\nann@example.org,José Muñoz\nbob@example.org,Zoë Lefèvre\n"


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        pytest.param(CYRILLIC, CYRILLIC.encode(), id="UTF-8"),
        pytest.param(CYRILLIC, b"\xef\xbb\xbf" + CYRILLIC.encode(), id="UTF-8 with a mark, as Excel writes it"),
        pytest.param(CYRILLIC, CYRILLIC.encode("utf-16"), id="UTF-16 with a mark"),
        pytest.param(CYRILLIC, CYRILLIC.encode("utf-16-le"), id="UTF-16 without one"),
        pytest.param(CYRILLIC, CYRILLIC.encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(CYRILLIC, CYRILLIC.encode("windows-1251"), id="Windows-1251"),
        pytest.param(WESTERN, WESTERN.encode("windows-1252"), id="Windows-1252"),
        pytest.param("", b"", id="nothing"),
    ],
)
def test_every_encoding_that_spreadsheets_write_is_read_and_written_back(text: str, raw: bytes) -> None:
    """The text comes without the mark, its line ends kept; encoded again it is the same bytes."""
    assert decode_list(raw, path="list.csv") == text
    assert encode_list(text, like=raw, path="list.csv") == raw


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_come_back_as_they_were(raw: bytes) -> None:
    """What is not refused is written back, after an edit that changes nothing, as the file that was there."""
    try:
        text = decode_list(raw, path="list.csv")
    except AudienceError:
        return
    assert encode_list(text, like=raw, path="list.csv") == raw


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04\x14\0\x06\0", b"email\n\0\n"])
def test_a_spreadsheet_or_picture_is_not_a_list(raw: bytes) -> None:
    """A binary file named .csv is refused with what to save instead."""
    with pytest.raises(AudienceError, match=r"^list\.csv: .*[Ss]ave"):
        decode_list(raw, path="list.csv")


def test_a_letter_that_the_file_cannot_hold_is_refused() -> None:
    """The name is not written as question marks, and the other lines are not re-encoded behind the curator's back."""
    with pytest.raises(AudienceError, match="Save it as UTF-8"):
        encode_list(CYRILLIC + "c@example.org;José\r\n", like=CYRILLIC.encode("windows-1251"), path="list.csv")
