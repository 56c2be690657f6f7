"""axe-core's judgement of the mail in Chromium: WCAG 2.2 A and AA at three widths, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from digest.model import Edition, Newsletter, Rendered
from tests.judges.tools import absent, npm
from tests.render.test_browser import CHROMIUM, QUIET, WIDTHS, picture

Render = Callable[..., Rendered]

AXE = "axe-core@4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

pytestmark = [pytest.mark.slow, pytest.mark.browser]

JUDGED = """async tags => {
  const { violations, passes } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  return [violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`)),
          passes.map(({ id }) => id)];
}"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return (npm(tmp_path_factory, AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        absent(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


def judged(browser: Browser, axe: str, html: str, *, width: int, scheme: Any) -> tuple[list[str], list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.route("**/*", lambda route: route.fulfill(body=picture(1088, 612), content_type="image/png"))
    page = context.new_page()
    page.set_content(html, wait_until="load")
    page.evaluate(axe)
    violations, passes = page.evaluate(JUDGED, TAGS)
    context.close()
    return violations, passes


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("theme", "name"), [("ukraine-today", "english"), ("nv-digest", "russian")])
def test_nothing_stands_in_a_readers_way(
    *,
    theme: str,
    name: str,
    scheme: str,
    newsletter: Newsletter,
    render: Render,
    axe: str,
    browser: Browser,
    request: pytest.FixtureRequest,
) -> None:
    """No violation at 320, 600 and 1024 pixels; contrast, language, headings' names and links were really judged."""
    edition: Edition = request.getfixturevalue(name)
    html = render(edition, replace(newsletter, theme=theme)).html
    for width in WIDTHS:
        violations, passes = judged(browser, axe, html, width=width, scheme=scheme)
        assert violations == []
        assert {"color-contrast", "html-has-lang", "document-title", "link-name", "list", "listitem"} <= set(passes)


def test_it_would_be_told(newsletter: Newsletter, english: Edition, render: Render, axe: str, browser: Browser) -> None:
    """A mail with pale words, a picture without its text and no language does not pass: the judge is awake."""
    html = render(english, newsletter).html
    spoilt = html.replace(' lang="en"', "", 1).replace("color:#", "color:#eee;x:#").replace("alt=", "x-alt=")
    violations, _ = judged(browser, axe, spoilt, width=600, scheme="light")
    assert {"color-contrast", "image-alt", "html-has-lang"} <= {line.partition(":")[0] for line in violations}
