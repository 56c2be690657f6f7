"""The mail as a picture, beside the one that was looked at and found good: pictures/, made anew by NEW_PICTURES=1.

Everything is set in DejaVu Sans, a small package of Debian, so that machines with other fonts draw the same; and it is
compared at half its size, where the edges of letters, which each version of a browser smooths its own way, are lost.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, sync_playwright

from digest.model import Edition, Newsletter, Rendered
from tests.render.test_browser import CHROMIUM, QUIET, picture

Render = Callable[..., Rendered]

PICTURES = Path(__file__).parent / "pictures"
NEW = os.environ.get("NEW_PICTURES") == "1"
HEIGHT = 1200  # CSS pixels: masthead, picture, the lead and the story after it
FONT = "DejaVu Sans"
SET_IN_IT = f'<style>*{{font-family:"{FONT}"!important}}</style>'
NOTICED = 40  # of 255: how much a pixel differs before it counts
TOLERANCE = 0.01  # of the pixels


def has_font() -> bool:
    lister = shutil.which("fc-list")
    return lister is not None and FONT in subprocess.run([lister], capture_output=True, text=True, check=False).stdout


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(not has_font(), reason=f"{FONT} is not installed: apt-get install fontconfig fonts-dejavu-core"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


def drawn(browser: Browser, html: str, *, width: int, scheme: Any) -> Image.Image:
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    context.route("**/*", lambda route: route.fulfill(body=picture(1088, 612), content_type="image/png"))
    page = context.new_page()
    page.set_content(html.replace("</head>", f"{SET_IN_IT}</head>"), wait_until="load")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return shot.resize((width // 2, HEIGHT // 2), Image.Resampling.BOX)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ enough to be noticed."""
    apart = ImageChops.difference(one, other)
    strongest = ImageChops.lighter(
        ImageChops.lighter(apart.getchannel("R"), apart.getchannel("G")), apart.getchannel("B")
    )
    return sum(strongest.histogram()[NOTICED:]) / (one.width * one.height)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600, 1024])
@pytest.mark.parametrize(("theme", "name"), [("ukraine-today", "english"), ("nv-digest", "russian")])
def test_it_looks_as_it_did(
    *,
    theme: str,
    name: str,
    width: int,
    scheme: str,
    newsletter: Newsletter,
    russian_newsletter: Newsletter,
    render: Render,
    browser: Browser,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """No more than one pixel in a hundred is another; what was drawn instead lies in the test's folder."""
    edition: Edition = request.getfixturevalue(name)
    html = render(edition, newsletter if name == "english" else russian_newsletter).html
    now = drawn(browser, html, width=width, scheme=scheme)
    stored = PICTURES / f"{theme}-{width}-{scheme}.png"
    if NEW:
        PICTURES.mkdir(exist_ok=True)
        now.quantize(64).save(stored, optimize=True)
    now.save(tmp_path / stored.name)
    with Image.open(stored) as before:
        assert before.size == now.size
        share = difference(now, before.convert("RGB"))
    assert share <= TOLERANCE, f"{share:.1%} of {stored.name} differ; drawn now: {tmp_path / stored.name}"


def test_a_change_would_be_seen(english: Edition, newsletter: Newsletter, render: Render, browser: Browser) -> None:
    """Four pixels more above the first headline, or another accent in it, is more than the tolerance lets pass."""
    html = render(english, newsletter).html
    before = drawn(browser, html, width=600, scheme="light")
    assert difference(before, drawn(browser, html, width=600, scheme="light")) == 0
    lower = html.replace("</head>", "<style>h1{padding-top:4px}</style></head>")
    assert difference(before, drawn(browser, lower, width=600, scheme="light")) > TOLERANCE
    styled = replace(newsletter, theme_settings={"ink": "#b00020"})
    assert difference(before, drawn(browser, render(english, styled).html, width=600, scheme="light")) > TOLERANCE
