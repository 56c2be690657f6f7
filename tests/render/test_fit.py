"""A mail that Gmail would clip: what it leaves out, what it never leaves out, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from digest.model import Edition, Newsletter, Rendered, Section, Story, slot
from digest.render import is_shortened
from digest.render.check import check
from digest.render.fit import ROOM, fitted
from digest.render.view import EditionView, view_of
from tests.render.conftest import TEMPLATES, make_story

Render = Callable[..., Rendered]

CLIP = 102 * 1000  # the stricter reading of 102 KB
LINK = "https://news.example/" + "unsubscribe-and-view/" * 8  # longer than any that we fill in


def stories(count: int) -> tuple[Story, ...]:
    point = "The ministry will pay for a third of the inspection posts on the river by the end of the year, it said."
    return tuple(
        make_story(f"Headline number {number}.", {"": (point, point, point)}, url=f"https://news.example/{number}")
        for number in range(1, count + 1)
    )


def large(english: Edition, count: int = 300) -> Edition:
    every = stories(count)
    half = count // 2
    sections = (Section(title="", stories=every[:half]), Section(title="World", stories=every[half:]))
    return replace(english, sections=sections)


def shown(part: str) -> list[int]:
    return [int(number) for number in re.findall(r"Headline number (\d+)\.", part)]


@pytest.fixture(params=["ukraine-today", "nv-digest"])
def themed(request: pytest.FixtureRequest, newsletter: Newsletter) -> Newsletter:
    return replace(newsletter, theme=request.param)


def test_three_hundred_stories_fit_with_their_way_out(english: Edition, themed: Newsletter, render: Render) -> None:
    """Whole stories in order up to the clip, not far below it; the rest is counted and linked, the footer stands."""
    rendered = render(large(english), themed)
    kept = shown(rendered.html)
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) < 150, "the second section has no story left, so its heading is gone too"
    assert "World" not in rendered.html
    filled = re.sub("\ue000[a-z_]+\ue001", LINK, rendered.html)
    assert ROOM * 0.95 < len(filled.encode()) < CLIP
    told = f"{300 - len(kept)} more stories in your browser"
    url = f"{slot('view_url')}#story-{len(kept) + 1}"
    assert f'href="{url}"' in rendered.html
    assert told in rendered.html
    assert slot("unsubscribe_url") in rendered.html
    assert themed.postal_address.splitlines()[1] in rendered.html
    assert rendered.html.index(told) < rendered.html.index(slot("unsubscribe_url"))
    assert is_shortened(rendered)


def test_both_parts_end_after_the_same_story(english: Edition, themed: Newsletter, render: Render) -> None:
    """The text part says what the HTML part says, the line about the rest included."""
    rendered = render(large(english), themed)
    kept = shown(rendered.html)
    assert shown(rendered.text) == kept
    assert (
        f"{300 - len(kept)} more stories in your browser: {slot('view_url')}#story-{len(kept) + 1}\n" in rendered.text
    )
    assert {finding.rule for finding in check(rendered) if finding.level in {"error", "warning"}} <= {"image-host"}


def test_the_browser_has_all_of_them(english: Edition, themed: Newsletter, render_whole: Render) -> None:
    """The whole version has every story once, each with the anchor that a shortened mail links to."""
    rendered = render_whole(large(english), themed)
    assert shown(rendered.html) == list(range(1, 301))
    assert [int(number) for number in re.findall(r'id="story-(\d+)"', rendered.html)] == list(range(1, 301))
    assert "more stories in your browser" not in rendered.html
    assert not is_shortened(rendered)


def test_what_fits_is_left_alone(english: Edition, themed: Newsletter, render: Render) -> None:
    """Thirty stories fit, and then nothing speaks of more; nor has the mail anchors that only a browser needs."""
    rendered = render(large(english, 30), themed)
    assert shown(rendered.html) == list(range(1, 31))
    assert "in your browser" not in rendered.html + rendered.text
    assert "id=" not in rendered.html.partition("<body")[2]
    assert not is_shortened(rendered)


def test_one_story_more_never_shows_fewer(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Around the size where it begins, the mail keeps what it had."""
    counts = range(60, 140, 4)
    kept = [len(shown(render(large(english, count), newsletter).html)) for count in counts]
    assert kept[0] == 60
    assert kept[-1] < 136
    # The line about the rest takes room too: at most one story's.
    assert all(after >= before - 1 for before, after in pairwise(kept))


def test_one_story_left_over_is_told_in_the_singular(english: Edition, newsletter: Newsletter) -> None:
    """The line counts as its language does."""

    def draw(view: EditionView) -> str:
        return "x" * (ROOM + 1) if view.more is None else f"{view.more.url} {view.more.label}"

    kept, html = fitted(view_of(large(english, 5), newsletter, images={}), draw)
    assert len(kept.stories) == 4
    assert html.endswith("#story-5 1 more story in your browser")


def test_one_huge_story_stays_and_is_reported(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """A single story is not divided: the mail has it, and the linter says that Gmail clips it."""
    huge = make_story("Headline number 1.", {"": ("All of it. " * 12_000,)})
    rendered = render(replace(english, sections=(Section(title="", stories=(huge, *stories(2))),)), newsletter)
    assert shown(rendered.html) == [1]
    assert "2 more stories in your browser" in rendered.html
    assert [finding.rule for finding in check(rendered) if finding.level == "error"] == ["size"]


def test_a_theme_that_cannot_say_so_leaves_nothing_out(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """A site's own edition.mjml from before more.mjml: no story may vanish without a word, so the linter speaks."""
    own = tmp_path / "ukraine-today"
    own.mkdir()
    text = (TEMPLATES / "ukraine-today" / "edition.mjml").read_text(encoding="utf-8")
    (own / "edition.mjml").write_text(text.replace('{% include "more.mjml" %}', ""), encoding="utf-8")
    rendered = render(large(english), newsletter, over=(tmp_path,))
    assert shown(rendered.html) == list(range(1, 301))
    assert "size" in {finding.rule for finding in check(rendered) if finding.level == "error"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("ru", r"Ещё \d+ новост(?:ь|и|ей) — в браузере"), ("uk", r"Ще \d+ новин[аи]? — у браузері")],
)
def test_it_says_so_in_the_readers_language(
    english: Edition, newsletter: Newsletter, render: Render, language: str, said: str
) -> None:
    """Both catalogues have the line, with its plurals."""
    rendered = render(replace(large(english), language=language), newsletter)
    assert re.search(said, rendered.html)
    assert re.search(said, rendered.text)
