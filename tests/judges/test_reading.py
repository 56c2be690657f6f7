"""The mail in Chromium as clients spoil it: no style sheet, no pictures, colours turned round, a narrow phone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from digest.render.colour import LEGIBLE, Rgb, contrast
from tests.judges.conftest import Mail
from tests.judges.tools import absent, npm
from tests.render.test_axe import AXE, JUDGED, TAGS
from tests.render.test_browser import CHROMIUM, QUIET, TEXT_COLOURS, WIDTHS, overflow, picture

pytestmark = [pytest.mark.slow, pytest.mark.browser]

UNTOLD = 0.02  # of the words that the HTML shows

# Boxes of what is read: lines of text and pictures, each with the words in it.
LINES = """() => {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, top, right, bottom } of range.getClientRects())
      if (right > left) boxes.push([node.data.trim().slice(0, 40), left, top, right, bottom]);
  }
  for (const image of document.images) {
    const { left, top, right, bottom } = image.getBoundingClientRect();
    boxes.push(["<img>", left, top, right, bottom]);
  }
  return boxes;
}"""
PICTURE_COLOURS = TEXT_COLOURS.replace('"h1,h2,h3,h4,p,li,a,b,span"', '"img"').replace(
    "[...element.childNodes].some(n => n.nodeType == 3 && n.data.trim())", "element.alt"
)
OVERLAP = 2  # CSS pixels: descenders of one line may reach into the box of the next


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        absent(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


Show = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, mail: Mail) -> Iterator[Show]:
    """The mail in a page of its own."""
    contexts = []

    def shown(*, width: int, scheme: Any = "light", styles: bool = True, images: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        grey = picture(1088, 612)
        context.route(
            "**/*", lambda route: route.fulfill(body=grey, content_type="image/png") if images else route.abort()
        )
        page = context.new_page()
        html = mail.html if styles else re.sub(r"<style\b.*?</style>", "", mail.html, flags=re.DOTALL)
        page.set_content(html, wait_until="load")
        return page

    yield shown
    for context in contexts:
        context.close()


def _channels(colour: str) -> Rgb:
    red, green, blue = (int(channel) for channel in re.findall(r"\d+", colour)[:3])
    return red, green, blue


def _poor(texts: list[list[str]], turn: Callable[[Rgb, bool], Rgb] = lambda colour, _ground: colour) -> list[Any]:
    """The texts that are hard to read once `turn` has changed each colour; it is told which are grounds."""
    ratios = [
        (contrast(turn(_channels(ink), False), turn(_channels(ground), True)), text) for text, ink, ground in texts
    ]
    return [(round(ratio, 2), text) for ratio, text in ratios if ratio < LEGIBLE]


def _overlaps(page: Page) -> list[tuple[str, str]]:
    boxes = page.evaluate(LINES)
    found = []
    for index, (text, left, top, right, bottom) in enumerate(boxes):
        for other, x1, y1, x2, y2 in boxes[index + 1 :]:
            across, down = min(right, x2) - max(left, x1), min(bottom, y2) - max(top, y1)
            if across > OVERLAP and down > OVERLAP:
                found.append((text, other))
    return found


@pytest.mark.parametrize("images", [True, False], ids=["with pictures", "without pictures"])
@pytest.mark.parametrize("styles", [True, False], ids=["with style sheets", "without style sheets"])
def test_it_reads_well_whatever_is_dropped(show: Show, *, styles: bool, images: bool) -> None:
    """Nothing lies on anything else, nothing scrolls sideways, every text is legible; headings lead through it."""
    for width in WIDTHS:
        page = show(width=width, styles=styles, images=images)
        assert overflow(page) == 0
        assert _overlaps(page) == []
        assert _poor(page.evaluate(TEXT_COLOURS)) == []
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_it_would_be_told(show: Show) -> None:
    """A picture over the text and grey on grey are found out."""
    page = show(width=600)
    page.add_style_tag(content="h2{margin-bottom:-60px!important} p{color:#777!important;background:#888!important}")
    assert _overlaps(page) != []
    assert _poor(page.evaluate(TEXT_COLOURS)) != []


def _lightness(colour: Rgb) -> Rgb:
    """As Gmail on Android does it: dark becomes light and light dark, the hue stays (HSL)."""
    most, least = max(colour), min(colour)
    shift = 255 - most - least
    red, green, blue = (channel + shift for channel in colour)
    return red, green, blue


def _grounds_only(colour: Rgb, *, ground: bool) -> Rgb:
    """As Outlook does it: light grounds become dark and dark texts light; what is dark or light already stays."""
    light = sum(colour) > 3 * 128
    return _lightness(colour) if light is ground else colour


@pytest.mark.parametrize(
    "turn",
    [
        pytest.param(lambda colour, _ground: (255 - colour[0], 255 - colour[1], 255 - colour[2]), id="negative"),
        pytest.param(lambda colour, _ground: _lightness(colour), id="Gmail: lightness turned round"),
        pytest.param(lambda colour, ground: _grounds_only(colour, ground=ground), id="Outlook: light grounds darkened"),
    ],
)
def test_it_is_legible_where_a_client_inverts(show: Show, turn: Callable[[Rgb, bool], Rgb]) -> None:
    """Clients that know no dark scheme of ours make their own; no text then sinks into its ground."""
    texts = show(width=600, styles=False).evaluate(TEXT_COLOURS)
    assert len(texts) > 15
    assert _poor(texts, turn) == []


def test_it_turns_dark_when_asked(show: Show) -> None:
    """Every ground is dark then, and every text legible on it."""
    texts = show(width=600, scheme="dark").evaluate(TEXT_COLOURS)
    assert all(contrast(_channels(ground), (0, 0, 0)) < 2 for _text, _ink, ground in texts)
    assert _poor(texts) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_for_a_picture_are_legible(mails: dict[str, Mail], browser: Browser, scheme: Any) -> None:
    """Where pictures are off, what stands for one reads as well as the rest."""
    for name in ("ukraine-today/thirty", "nv-digest/thirty"):
        page = browser.new_page(color_scheme=scheme)
        page.route("**/*", lambda route: route.abort())
        page.set_content(mails[name].html, wait_until="load")
        words = page.evaluate(PICTURE_COLOURS)
        page.close()
        assert len(words) == 1
        assert _poor(words) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_core(show: Show, scheme: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No violation of WCAG 2.2 A and AA at any width, in either scheme."""
    axe = (npm(tmp_path_factory, AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    for width in WIDTHS:
        page = show(width=width, scheme=scheme)
        page.evaluate(axe)
        violations, passes = page.evaluate(JUDGED, TAGS)
        assert violations == []
        assert "color-contrast" in passes


def test_the_text_part_says_what_the_html_shows(show: Show, mail: Mail) -> None:
    """Word by word, as often as it is shown: 98 of 100 are in the text part."""
    shown = Counter(re.findall(r"\w+", page_text(show(width=600)).casefold()))
    told = Counter(re.findall(r"\w+", mail.text.casefold()))
    missing = shown - told
    assert shown.total() > 150
    assert missing.total() <= UNTOLD * shown.total(), missing


def page_text(page: Page) -> str:
    """What is to be read: visible words, and those that stand for pictures."""
    return str(page.evaluate("document.body.innerText + [...document.images].map(i => ' ' + i.alt).join('')"))
