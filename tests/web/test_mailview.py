"""A mail in one colour scheme, its headers and its measures."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.mailview import header_fields, in_scheme, language_of, text_shape, with_images, with_links_outside


@pytest.mark.parametrize(
    ("css", "dark", "light"),
    [
        pytest.param(
            "@media (prefers-color-scheme: dark) {p{color:red}}",
            "@media (min-width:0px) {p{color:red}}",
            "@media (min-width:9999999px) {p{color:red}}",
            id="the usual query",
        ),
        pytest.param(
            "@media screen and ( Prefers-Color-Scheme:LIGHT ) {}",
            "@media screen and (min-width:9999999px) {}",
            "@media screen and (min-width:0px) {}",
            id="in company, in other letters",
        ),
        pytest.param(
            ":root{color-scheme: light dark;supported-color-schemes:light dark}",
            ":root{color-scheme: dark;supported-color-schemes:light dark}",
            ":root{color-scheme: light;supported-color-schemes:light dark}",
            id="the root offers both",
        ),
        pytest.param(
            ":root{color-scheme:only light}",
            ":root{color-scheme:only light}",
            ":root{color-scheme:only light}",
            id="a mail that refuses the dark stays light",
        ),
    ],
)
def test_a_style_sheet_is_decided_for_the_scheme(css: str, dark: str, light: str) -> None:
    """Conditions on the reader's scheme hold or fail by the scheme asked for, alone or combined with others."""
    html = "<style type='text/css'>{}</style>"
    assert in_scheme(html.format(css), "dark") == html.format(dark)
    assert in_scheme(html.format(css), "light") == html.format(light)


def test_tags_that_carry_a_condition_are_decided_too() -> None:
    """A picture's source, a style's media attribute and the colour scheme meta follow the scheme asked for."""
    html = (
        '<meta name="color-scheme" content="light dark"><meta name="description" content="light dark">'
        '<style media="(prefers-color-scheme: dark)">p{}</style>'
        '<picture><source media="(prefers-color-scheme: dark)" srcset="night.png"></picture>'
    )
    assert in_scheme(html, "dark") == (
        '<meta name="color-scheme" content="dark"><meta name="description" content="light dark">'
        '<style media="(min-width:0px)">p{}</style>'
        '<picture><source media="(min-width:0px)" srcset="night.png"></picture>'
    )


def test_words_of_an_article_are_not_style() -> None:
    """An article about CSS keeps its words, whichever scheme is shown."""
    html = "<p>Write @media (prefers-color-scheme: dark) and color-scheme: light dark in your CSS.</p>"
    assert in_scheme(html, "dark") == html
    assert in_scheme(html, "light") == html


@given(st.text())
def test_text_without_markup_is_never_touched(text: str) -> None:
    """Only markup carries conditions, so text without a tag comes out as it went in."""
    text = text.replace("<", "")
    assert in_scheme(text, "dark") == text


def test_headers_are_read_and_kept_as_sent() -> None:
    """Each field comes out decoded for a reader and folded and encoded as it travels, in the message's order."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Дайджест <news@nv.example>"
    message["Subject"] = "Главное: " + "очень длинная тема " * 6
    message["Subject-Like"] = "plain"
    message.set_content("Subject: not a header\n")
    fields = header_fields(message.as_bytes())
    assert [field.name for field in fields][:3] == ["From", "Subject", "Subject-Like"]
    assert fields[0].value == "Дайджест <news@nv.example>"
    assert fields[1].value == ("Главное: " + "очень длинная тема " * 6).strip()
    assert "=?utf-8?" in fields[1].raw
    assert "\n " in fields[1].raw
    assert not any("not a header" in field.raw for field in fields)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading_of_headers(message: bytes) -> None:
    """Whatever stands in a message, its head is read without an error and names only printable fields."""
    assert all(field.name.isascii() and " " not in field.name for field in header_fields(message))


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<!doctype html><html lang="uk">', "uk"),
        ("<html xmlns='x' lang=pt-BR>", "pt-BR"),
        ('<html xml:lang="ru"><p lang="en">', ""),
        ('<html lang="">', ""),
    ],
)
def test_the_language_is_that_of_the_root(html: str, language: str) -> None:
    """The page marks the mail's words with the mail's own language, and with none where it names none."""
    assert language_of(html) == language


def test_links_leave_the_frame() -> None:
    """A base element right after the head's start sends every link of the mail to a tab of its own."""
    assert with_links_outside("<html><head><title>") == '<html><head><base target="_blank"><title>'
    assert with_links_outside("<p>bare</p>") == '<base target="_blank"><p>bare</p>'


def test_columns_count_what_a_terminal_shows() -> None:
    """A wide character takes two columns, a combining mark none."""
    assert (text_shape("ab\n日本\n").lines, text_shape("ab\n日本\n").widest) == (2, 4)
    assert text_shape("и\u0306").widest == 1
    assert (text_shape("").lines, text_shape("").widest) == (0, 0)


def test_pictures_that_nothing_serves_yet_are_written_in() -> None:
    """Of either kind, by whatever stands in src; others stay as they are."""
    images = {"cid:a@x": b"\x89PNG.", "https://news.example/images/b.jpg": b"\xff\xd8"}
    html = '<img src="cid:a@x"><img src="https://news.example/images/b.jpg"><img src="https://other.example/c.jpg">'
    assert with_images(html, images) == (
        '<img src="data:image/png;base64,iVBORy4="><img src="data:image/jpeg;base64,/9g=">'
        '<img src="https://other.example/c.jpg">'
    )
