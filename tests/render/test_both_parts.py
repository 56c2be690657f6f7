"""What the HTML part and the text part have in common, and what the browser's version has beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.model import Edition, Newsletter, Rendered
from digest.render import Picture, render_edition
from tests.render.conftest import TEMPLATES
from tests.render.test_render_edition import Page

Render = Callable[..., Rendered]


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_both_parts_have_the_same_addresses(
    english: Edition, newsletter: Newsletter, render: Render, theme: str
) -> None:
    """Each as often in one as in the other, pictures too: rspamd gives a point where they come to an odd number."""
    rendered = render(english, replace(newsletter, theme=theme))
    shown = [
        value
        for _tag, attributes in Page(rendered.html).attributes
        for name, value in attributes.items()
        if name in {"href", "src"} and value
    ]
    told = re.findall(r"(?:https?://|\ue000)\S+", rendered.text)
    assert sorted(shown) == sorted(told)
    assert len(told) == len(set(told)) == 12


def test_the_browser_version_links_its_headlines(
    english: Edition, newsletter: Newsletter, render_whole: Render
) -> None:
    """There, nobody counts."""
    assert re.search(
        r'<h2 id="story-1"[^>]*><a href="https://news.example/economy', render_whole(english, newsletter).html
    )


def test_the_text_names_a_picture_only_if_the_html_has_it(
    english: Edition, newsletter: Newsletter, render: Render
) -> None:
    """With its address, or without one where it comes with the mail; not at all where the theme shows none."""
    assert "Photo: NV\N{NO-BREAK SPACE}[3]" in render(english, newsletter).text
    without = replace(newsletter, theme_settings={"images": "none"})
    assert "Photo" not in render(english, without).text
    embedded = {"https://img.example/ports.jpg": Picture(src="cid:1.jpg@news.example", width=544)}
    text = render_edition(english, newsletter, template_paths=(TEMPLATES,), images=embedded).text
    assert "Photo: NV\n" in text
    assert "cid:" not in text
