from __future__ import annotations

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.utils import parseaddr
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.delivery.headers import ascii_url, mailbox, mailbox_field, one_line, text_field

ANY_TEXT = st.text(max_size=300) | st.text('ab .,"\\<>@=?_йї🙂\r\n', max_size=200)


def parsed(field: bytes, name: str) -> str:
    message = message_from_bytes(field + b"\r\nbody", policy=policy.default)
    assert message.keys() == [name]
    assert not message.defects
    return str(message[name])


@given(text=ANY_TEXT)
@example(text="Sale\r\nBcc: everyone@example.org")
@example(text="=?utf-8?q?forged?=")
@example(text="x" * 2000)
@example(text="слово " * 100)
def test_a_subject_reads_as_it_was_written(text: str) -> None:
    """Python's parser gives the text back, white space folded; it is one header, in lines of at most 78 octets."""
    field = text_field("Subject", text)
    assert parsed(field, "Subject") == one_line(text)
    assert all(len(line) <= 78 for line in field.split(b"\r\n"))
    assert field.isascii()


@given(display=ANY_TEXT)
@example(display='Bob "the\\boss" <x@y>, Ltd.')
@example(display="Bob\r\nBcc: x@example.org")
@example(display="John Q. Public of the " + "Very " * 30)
def test_a_display_name_reads_as_it_was_written(display: str) -> None:
    """Whatever a name holds, the header has that one name and that one address.

    The name is decoded by `decode_header`: up to Python 3.12 the newer parser puts a blank between the words of a
    long name, against RFC 2047 6.2.
    """
    field = mailbox_field("To", display, "reader@example.org")
    message = message_from_bytes(field + b"\r\n", policy=policy.default)
    (address,) = cast("AddressHeader", message["To"]).addresses
    assert message.keys() == ["To"]
    assert address.addr_spec == "reader@example.org"
    name, _ = parseaddr(str(message_from_bytes(field)["To"]))
    assert str(make_header(decode_header(name))) == one_line(display)
    assert all(len(line) <= 78 for line in field.split(b"\r\n"))


@given(text=st.text(st.characters()))
def test_one_line_is_one_line(text: str) -> None:
    """No character that any program takes for a line's end is left, and nothing that UTF-8 cannot carry."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.encode().decode() == line
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("reader@example.org", "reader@example.org"),
        ("reader@пошта.укр", "reader@xn--80a1acn3a.xn--j1amh"),
        ("reader@straße.example", "reader@xn--strae-oqa.example"),
        ("лист@пошта.укр", "лист@пошта.укр"),
    ],
)
def test_an_address_is_ascii_wherever_its_local_part_allows(address: str, wire: str) -> None:
    """A domain becomes punycode (IDNA 2008), which needs no SMTPUTF8; a local part cannot."""
    assert mailbox(address).address == wire
    assert mailbox(address).needs_smtputf8 == (not wire.isascii())


@pytest.mark.parametrize(
    "address", ["", "bob", "a@b\r\nRCPT TO:<c@d>", "a b@c.org", "a@b>", "<a@b.org>", "a@b@c.org", "a,b@c.org"]
)
def test_what_is_no_address_is_a_bug_here(address: str) -> None:
    """Nothing that could end the command or the header gets as far as the wire."""
    with pytest.raises(ValueError, match="not an address"):
        mailbox(address)


@pytest.mark.parametrize(
    ("url", "ascii_form"),
    [
        ("https://news.example.org/u/AbC-_9?x=1&y=2", "https://news.example.org/u/AbC-_9?x=1&y=2"),
        ("https://новини.укр:8443/відписка?лист=1", None),
    ],
)
def test_a_url_becomes_ascii(url: str, ascii_form: str | None) -> None:
    """A header holds ASCII only: hosts go by punycode, the rest by percent signs."""
    result = ascii_url(url)
    assert result.isascii()
    assert result == (ascii_form or result)
    assert ascii_form or result.startswith("https://xn--b1amarcd.xn--j1amh:8443/%D0%B2")


@pytest.mark.parametrize(
    "url", ["", "javascript:x", "https://a/\r\nBcc: x", "https://a/> <b", "https://a/b c", "https://a/" + "x" * 999]
)
def test_what_is_no_url_for_a_header_is_a_bug_here(url: str) -> None:
    """A link with a blank, bracket or line break would end the header it stands in."""
    with pytest.raises(ValueError, match="not a URL"):
        ascii_url(url)
