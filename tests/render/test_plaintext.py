"""The text part: wrapped as a reader sees it, and as complete as the HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model import Edition, Newsletter, Rendered
from digest.render.clean import clean_line
from digest.render.plaintext import COLUMNS, width, wrap

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


def test_lines_hang_under_their_text() -> None:
    """The second line of a bullet starts under the first one's words, not under the bullet."""
    assert wrap("one two three", first="  * ", columns=11) == ["  * one two", "    three"]


@given(st.text().map(clean_line), st.sampled_from(["", "  * "]))
@example("x" * 200, "")
@example("漢" * 100, "  * ")
@example("a\N{COMBINING ACUTE ACCENT}" * 100, "  * ")
def test_wrapping_loses_nothing_and_overflows_nowhere(text: str, first: str) -> None:
    """No line is wider than allowed, and the words are all there in order."""
    lines = wrap(text, first=first)
    assert all(width(line) <= COLUMNS for line in lines)
    assert re.sub(r" +", "", "".join(line[len(first) :] for line in lines)) == text.replace(" ", "")


def test_the_text_part(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Read from the top: masthead, headings, bullets, numbered links at the end of each story, footer."""
    text = render(english, newsletter).text
    assert text.startswith(
        """UKRAINE TODAY
Friday, January 28, 2022 · No. 27
7 stories, 3 minutes
========================================================================

Economy
Black Sea ports reopen to grain ships after nine days of inspections
--------------------------------------------------------------------

Blinken:

  * Washington welcomes the reopening and will pay for a third of the
    new inspection posts on the Danube.
"""
    )
    assert (
        """Read at NV\N{NO-BREAK SPACE}[1]
Also reported by: Reuters\N{NO-BREAK SPACE}[2], Kyiv Post

[1] https://news.example/economy/ports-reopen
[2] https://reuters.example/a?b=1&c=2
"""
        in text
    )
    assert text.endswith("NV Media House\n12 Velyka Vasylkivska St, Kyiv 01004, Ukraine\n")
    assert "Unsubscribe: \ue000unsubscribe_url\ue001\n" in text


@pytest.mark.parametrize("name", ["english", "russian"])
def test_lines_fit(name: str, newsletter: Newsletter, render: Render, request: pytest.FixtureRequest) -> None:
    """72 columns at most, addresses apart; no blank at a line's end; never more than two blank lines."""
    text = render(request.getfixturevalue(name), newsletter).text
    assert all(width(line) <= COLUMNS or "://" in line for line in text.split("\n"))
    assert not re.search(r" \n|\n{4}", text)


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
