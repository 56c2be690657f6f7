"""What of other people's text and addresses may stand in a mail."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model import SLOT_CLOSE, SLOT_OPEN
from digest.render.clean import clean_line, clean_lines, safe_link, site_of


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  two\r\nlines\tand\u2028more ", "two lines and more"),
        ("no\N{NO-BREAK SPACE}break", "no\N{NO-BREAK SPACE}break"),
        ("bell\x07 null\x00 next\x85line", "bell null next line"),
        ("half a \ud83d pair", "half a pair"),
        ("forged \ue000unsubscribe_url\ue001 slot", "forged unsubscribe_url slot"),
        ("txet\u202e turned", "txet turned"),
        ("\ufeffmarked", "marked"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_what_no_reader_sees_is_taken_out(text: str, clean: str) -> None:
    """Line breaks fold, invisible characters go, and everything that is meant to be read stays."""
    assert clean_line(text) == clean


@given(st.text())
@example(f"{SLOT_OPEN}unsubscribe_url{SLOT_CLOSE}")
def test_a_clean_line_is_one_line_of_valid_text(text: str) -> None:
    """Whatever comes in, it can be encoded, holds no control and no mark of ours; cleaned again, it stays."""
    clean = clean_line(text)
    clean.encode("utf-8")
    assert not {SLOT_OPEN, SLOT_CLOSE} & set(clean)
    assert all(unicodedata.category(character) not in {"Cc", "Cs", "Co", "Zl", "Zp"} for character in clean)
    assert clean_line(clean) == clean


def test_a_postal_address_keeps_its_lines() -> None:
    """An address is read line by line; empty lines of a TOML string are not part of it."""
    assert clean_lines("\nNV\r\n\r\n 12 Street \n") == ("NV", "12 Street")


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://news.example/a?b=1&c=2#d", "https://news.example/a?b=1&c=2#d"),
        ("HTTPS://News.Example/Path", "https://news.example/Path"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://пошта.укр/тема", "https://xn--80a1acn3a.xn--j1amh/%D1%82%D0%B5%D0%BC%D0%B0"),
        ('https://news.example/"><script>', "https://news.example/%22%3E%3Cscript%3E"),
        (" https://news.example/a\nb ", "https://news.example/ab"),
        ("https://news.example/%20x", "https://news.example/%20x"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//news.example/a", ""),
        ("/a", ""),
        ("https://bank.example@evil.example/", ""),
        ("https://[broken/", ""),
        ("https://news.example:port/", ""),
        ("https://", ""),
        (f"https://{'x' * 70}.example/", ""),
        (f"https://news.example/{'x' * 3000}", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(address: str, link: str) -> None:
    """A link is http or https, absolute, ASCII, and shows the host it leads to."""
    assert safe_link(address) == link


@given(st.text() | st.text().map("https://news.example/".__add__) | st.text().map("https://".__add__))
def test_a_link_is_safe_or_nothing(address: str) -> None:
    """No input gives a link that could leave its attribute or run a script."""
    link = safe_link(address)
    assert link == "" or (urlsplit(link).scheme in {"http", "https"} and link.isascii() and link.isprintable())
    assert not set(link) & set("\"'<>\\ ")
    assert safe_link(link) == link


def test_a_site_is_named_as_readers_name_it() -> None:
    """The www of an address is not part of a name."""
    assert site_of("https://www.news.example:8443/a") == "news.example"
    assert site_of("") == ""
