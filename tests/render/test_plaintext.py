"""The text part: wrapped as a reader sees it, and as complete as the HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model import Edition, Newsletter, Rendered, Section
from digest.render.clean import clean_line
from digest.render.plaintext import COLUMNS, width, wrap
from digest.render.typeset import typeset

Render = Callable[..., Rendered]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Kyiv", 4),
        ("Київ", 4),
        ("基輔", 4),
        ("e\N{COMBINING ACUTE ACCENT}", 1),
        ("a\N{ZERO WIDTH JOINER}b", 2),
        ("", 0),
    ],
)
def test_width_is_what_a_terminal_shows(text: str, columns: int) -> None:
    """Chinese characters take two columns, accents none."""
    assert width(text) == columns


def test_a_line_that_goes_on_ends_in_a_blank() -> None:
    """RFC 3676 4.1: the reader's program joins it with the next; the last line of a paragraph has none."""
    assert wrap("one two three", first="* ", columns=9) == ["* one two ", "three"]


def test_a_word_cut_in_two_is_not_joined_with_a_blank() -> None:
    """A soft line end would put the blank into the word; nor may "-- ", which begins a signature, come about."""
    assert wrap("漢漢漢", columns=4) == ["漢漢", "漢"]
    assert wrap("-- four", columns=4) == ["--", "four"]


@given(st.text().map(clean_line), st.sampled_from(["", "* "]))
@example("x" * 200, "")
@example("漢" * 100, "* ")
@example("a\N{COMBINING ACUTE ACCENT}" * 100, "* ")
@example("word " * 40 + "-- " + "x" * 71, "")
def test_wrapping_loses_nothing_and_overflows_nowhere(text: str, first: str) -> None:
    """No line is wider than allowed, and the words are all there in order."""
    lines = wrap(text, first=first)
    assert all(width(line.removesuffix(" ")) <= COLUMNS for line in lines)
    assert "".join(lines)[len(first) :].replace(" ", "") == text.replace(" ", "")


def flowed(text: str) -> list[str]:
    """The paragraphs of a format=flowed text as RFC 3676 4.1 to 4.4 has a reader's program make them out."""
    paragraphs: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        unstuffed = line.removeprefix(" ")
        if goes_on:
            paragraphs[-1] += unstuffed
        else:
            paragraphs.append(unstuffed)
        goes_on = unstuffed.endswith(" ") and unstuffed != "-- "
    return paragraphs


@pytest.mark.parametrize("name", ["english", "russian"])
def test_a_phone_gets_each_point_in_one_piece(
    name: str, newsletter: Newsletter, render: Render, request: pytest.FixtureRequest
) -> None:
    """Read as format=flowed, every point and every headline is one paragraph, and no soft end runs into the next."""
    edition: Edition = request.getfixturevalue(name)
    paragraphs = flowed(render(edition, newsletter).text)
    for story in edition.sections[0].stories:
        assert typeset(story.lead.title) in paragraphs
        for point in story.points:
            assert f"* {typeset(point.text)}" in paragraphs


@pytest.mark.parametrize("title", ["From Kyiv to Lviv by night", ">>> Read this", "From x" * 40])
def test_what_looks_like_a_mark_is_stuffed(
    english: Edition, newsletter: Newsletter, render: Render, title: str
) -> None:
    """A line that a mail program would quote or escape comes out as it was written."""
    story = replace(english.stories[1], lead=replace(english.stories[1].lead, title=title), update_of=None)
    text = render(replace(english, sections=(Section(title="", stories=(story,)),)), newsletter).text
    assert not re.search(r"^(?:From |>)", text, re.MULTILINE)
    # A word longer than a line is cut, and there stands a line end.
    assert title.replace(" ", "") in "".join(flowed(text)).replace(" ", "")


def test_the_text_part(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Read from the top: masthead, headings, bullets, numbered links at the end of each story, footer."""
    text = render(english, newsletter).text
    soft = " "
    assert text.startswith(
        f"""UKRAINE TODAY
Friday, January 28, 2022 · No. 27
7 stories, 3 minutes
========================================================================

Economy
Black Sea ports reopen to grain ships after nine days of inspections
--------------------------------------------------------------------

Blinken:

* Washington welcomes the reopening and will pay for a third of the new{soft}
inspection posts on the Danube.

* The United States will not recognise any toll that is charged for{soft}
passage through the corridor.
"""
    )
    assert (
        """Read at NV\N{NO-BREAK SPACE}[1]
Also reported by: Reuters\N{NO-BREAK SPACE}[2], Kyiv Post
Photo: NV\N{NO-BREAK SPACE}[3]

[1] https://news.example/economy/ports-reopen
[2] https://reuters.example/a?b=1&c=2
[3] https://news.example/images/ports.jpg
"""
        in text
    )
    assert text.endswith("NV Media House\n12 Velyka Vasylkivska St, Kyiv 01004, Ukraine\n")
    assert "Unsubscribe: \ue000unsubscribe_url\ue001\n" in text


@pytest.mark.parametrize("name", ["english", "russian"])
def test_lines_fit(name: str, newsletter: Newsletter, render: Render, request: pytest.FixtureRequest) -> None:
    """72 columns at most, addresses apart; never a blank line that goes on, nor more than two of them."""
    text = render(request.getfixturevalue(name), newsletter).text
    assert all(width(line.removesuffix(" ")) <= COLUMNS or "://" in line for line in text.split("\n"))
    assert not re.search(r"(?:  |^ ?)\n|\n{4}| \n\n", text)


@pytest.mark.parametrize("name", ["english", "russian"])
def test_both_parts_say_the_same(
    name: str, newsletter: Newsletter, render: Render, request: pytest.FixtureRequest
) -> None:
    """Every word that the HTML shows is in the text, in the same order; nothing is told to half of the readers."""
    rendered = render(request.getfixturevalue(name), replace(newsletter, theme="ukraine-today"))
    words = re.findall(r"\w+", rendered.text.casefold())
    position = 0
    for word in re.findall(r"\w+", _shown(rendered.html).casefold()):
        assert word in words[position : position + 60], f"{word!r} is missing after {words[position - 5 : position]}"
        position = words.index(word, position)


class _Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hides = tag in {"style", "title"} or "display:none" in str(dict(attrs).get("style"))
        self._hidden += hides

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= self._hidden > 0 and tag in {"style", "title", "div"}

    def handle_data(self, data: str) -> None:
        self.text += "" if self._hidden else f" {data}"


def _shown(html: str) -> str:
    parser = _Shown()
    parser.feed(html)
    return parser.text
