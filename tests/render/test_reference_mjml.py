"""MRML beside the reference mjml: the same theme through both, and what Chromium lays out of each."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from digest.model import Edition, Newsletter
from digest.render.expand import expand, markup_context
from digest.render.mjml import _inline
from digest.render.mrml import to_html
from digest.render.theme import MAIN, STYLES, find_theme
from digest.render.view import view_of
from tests.judges.tools import absent, npm
from tests.render.conftest import IMAGES, TEMPLATES
from tests.render.test_browser import CHROMIUM, QUIET, picture

MJML = "mjml@5.4.1"
TOLERANCE = 1.0  # CSS pixels

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SCRIPT = """
import { File } from "node:buffer";
import { readFileSync } from "node:fs";
globalThis.File ??= File;  // Debian's Node.js 18 has it under this name only, and mjml's parser looks for it
const { default: mjml } = await import("mjml");
const { html, errors } = await mjml(readFileSync(0, "utf8"), { fonts: {}, validationLevel: "soft" });
if (errors.length) { console.error(errors.map((error) => error.formattedMessage).join("\\n")); process.exit(1); }
process.stdout.write(html);
"""

# Every block of text and every picture: what it is, what it says, and its box.
BOXES = """() => [...document.querySelectorAll("h1,h2,h3,h4,p,li,img")]
  .filter(element => element.offsetParent)
  .map(element => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [element.tagName, element.innerText ?? "", x, y, width, height];
  })"""


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reference mjml."""
    folder = npm(tmp_path_factory, MJML)
    (folder / "reference.js").write_text(SCRIPT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        absent(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


def laid_out(browser: Browser, html: str, width: int) -> list[tuple[Any, ...]]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.route("**/*", lambda route: route.fulfill(body=picture(1088, 612), content_type="image/png"))
    page = context.new_page()
    page.set_content(html, wait_until="load")
    boxes = [tuple(box) for box in page.evaluate(BOXES)]
    context.close()
    return boxes


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", ["ukraine-today", "nv-digest"])
def test_both_lay_out_the_same(
    *, name: str, language: str, english: Edition, newsletter: Newsletter, reference: Path, browser: Browser
) -> None:
    """Every heading, paragraph, point and picture stands where the reference puts it, on a phone and on a desk."""
    theme = find_theme(name, {}, template_paths=(TEMPLATES,))
    view = view_of(replace(english, language=language), replace(newsletter, theme=name), images=IMAGES)
    context = markup_context(view, theme)
    source = expand(theme.environment(), MAIN, context)
    styles = expand(theme.environment(), STYLES, context)
    said = subprocess.run(
        ["node", "reference.js"], cwd=reference, input=source, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stderr
    for width in (320, 600, 1024):
        ours = laid_out(browser, _inline(to_html(source), styles, theme), width)
        theirs = laid_out(browser, _inline(said.stdout, styles, theme), width)
        assert len(ours) > 20
        assert [box[:2] for box in ours] == [box[:2] for box in theirs]
        for mine, other in zip(ours, theirs, strict=True):
            apart = max(abs(one - two) for one, two in zip(mine[2:], other[2:], strict=True))
            assert apart <= TOLERANCE, f"{width} px: {mine} where the reference has {other}"
