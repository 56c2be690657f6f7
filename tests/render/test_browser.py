"""The mail as Chromium lays it out: three widths, light and dark, both themes."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from digest.model import Edition, KeyPoint, Newsletter, Rendered, Section, Span, Story
from digest.render.colour import LEGIBLE, Rgb, contrast, parse_colour

Render = Callable[..., Rendered]

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
]

WIDTHS = [320, 600, 1024]

# Text and its ground as painted: the nearest ancestor with a background of its own.
TEXT_COLOURS = """() => [...document.querySelectorAll("h1,h2,h3,h4,p,li,a,b,span")]
  .filter(element => element.offsetParent && [...element.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
  .map(element => {
    let ground = element;
    while (ground && getComputedStyle(ground).backgroundColor == "rgba(0, 0, 0, 0)") ground = ground.parentElement;
    return [element.outerHTML.slice(0, 80), getComputedStyle(element).color,
            ground ? getComputedStyle(ground).backgroundColor : "rgb(255, 255, 255)"];
  })"""

# The lines that a dot begins or ends, each with its paragraph's words.
LONELY_SEPARATORS = """() => [...document.querySelectorAll("p")].flatMap(paragraph => {
  const letters = [];
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    for (let at = 0; at < walker.currentNode.length; at++) {
      const range = document.createRange();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      const box = range.getBoundingClientRect();
      const letter = range.toString();
      if (box.width && letter.trim()) letters.push({ letter, middle: (box.top + box.bottom) / 2 });
    }
  }
  const beside = (one, other) => other && Math.abs(one.middle - other.middle) < 8;
  const alone = (one, at) => one.letter == "·" && !(beside(one, letters[at - 1]) && beside(one, letters[at + 1]));
  return letters.some(alone) ? [paragraph.innerText] : [];
})"""

# Of every rule, media queries' too, but MRML's own; what Outlook.com puts before them left out.
OUR_SELECTORS = """() => {
  const all = rules => [...rules].flatMap(rule => rule.cssRules?.length ? all(rule.cssRules) : [rule.selectorText]);
  return [...document.styleSheets].flatMap(sheet => all(sheet.cssRules))
    .flatMap(selector => (selector ?? "").split(",").map(one => one.replace(/\\[data-ogs[bc]\\] /, "").trim()))
    .filter(one => one && !one.includes("moz-text-html") && !one.startsWith("#outlook"));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page that shows a mail, at a width in CSS pixels and in a colour scheme; pictures come from here."""
    contexts = []

    def shown(html: str, *, width: int = 600, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        context.route("**/*", lambda route: route.fulfill(body=picture(1200, 675), content_type="image/png"))
        page = context.new_page()
        page.set_content(html, wait_until="load")
        return page

    yield shown
    for context in contexts:
        context.close()


@pytest.fixture(params=["ukraine-today", "nv-digest"])
def mail(request: pytest.FixtureRequest, english: Edition, newsletter: Newsletter, render: Render) -> str:
    return render(english, replace(newsletter, theme=request.param)).html


def picture(width: int, height: int) -> bytes:
    """A grey PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x88" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(mail: str, show: Callable[..., Page], width: int) -> None:
    """On a phone of 320 px as on a desk, picture included."""
    assert overflow(show(mail, width=width)) == 0


@pytest.mark.parametrize("width", [320, 375, 430])
@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_no_line_begins_or_ends_with_a_separator(
    *,
    english: Edition,
    russian: Edition,
    newsletter: Newsletter,
    russian_newsletter: Newsletter,
    render: Render,
    show: Callable[..., Page],
    theme: str,
    width: int,
) -> None:
    """On a phone the footer's links, the date line and the line above an update take more than one line."""
    for edition, letter in ((english, newsletter), (russian, russian_newsletter)):
        sections = tuple(
            replace(section, stories=tuple(replace(one, update_of="a/2022-01-26T09:00") for one in section.stories))
            for section in edition.sections
        )
        html = render(replace(edition, sections=sections), replace(letter, theme=theme)).html
        assert show(html, width=width).evaluate(LONELY_SEPARATORS) == []


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_unbroken_words_stay_inside(
    english: Edition, newsletter: Newsletter, render: Render, show: Callable[..., Page], theme: str
) -> None:
    """A title of 200 letters without a blank breaks rather than widens the page; so do points, names and rubrics."""
    word = "Donaudampfschiffahrt" * 10
    lead = replace(english.stories[0].lead, title=word, source=word, category=word)
    point = KeyPoint(text=word, group=word, origin="authored", spans=(Span(0, 1),), article=lead.id)
    story = Story(lead=lead, others=(lead,), points=(point,))
    sections = (Section(title=word, stories=(story,)), Section(title=word, stories=(story,), brief=True))
    edition = replace(english, sections=sections, intro=word)
    page = show(render(edition, replace(newsletter, title=word, theme=theme)).html, width=320)
    assert overflow(page) == 0


def test_it_fits_without_its_style_sheets(mail: str, show: Callable[..., Page]) -> None:
    """Some clients drop every <style>: the phone still shows it whole, in the theme's own colours."""
    page = show(mail, width=320)
    page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
    assert overflow(page) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('h2')).fontSize") != "24px"


def test_points_are_real_lists(mail: str, show: Callable[..., Page]) -> None:
    """Chromium's accessibility tree has lists with items and markers, not paragraphs that begin with a dot."""
    page = show(mail)
    assert page.get_by_role("list").count() == 6
    assert page.get_by_role("list").first.get_by_role("listitem").count() == 3
    assert page.evaluate("getComputedStyle(document.querySelector('li')).display") == "list-item"
    assert page.evaluate("getComputedStyle(document.querySelector('ul')).listStyleType") in {"disc", "square"}
    assert page.get_by_role("heading", level=1).count() == 1


def test_the_preheader_is_not_seen(mail: str, show: Callable[..., Page], english: Edition) -> None:
    """It shows in the inbox, beside the subject, and nowhere in the mail."""
    page = show(mail)
    assert page.get_by_text(english.preheader).count() == 1
    assert not page.get_by_text(english.preheader).is_visible()


def test_the_lead_stands_out(mail: str, show: Callable[..., Page]) -> None:
    """The first headline is the largest, and its picture is as wide as the column."""
    page = show(mail, width=1024)
    sizes = page.evaluate("[...document.querySelectorAll('h2')].map(h => parseFloat(getComputedStyle(h).fontSize))")
    assert sizes[0] > max(sizes[1:])
    box = page.get_by_role("img").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (544, 306)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_legible(mail: str, show: Callable[..., Page], scheme: str) -> None:
    """WCAG AA contrast in both schemes, for the smallest line of the footer too."""
    texts = show(mail, scheme=scheme).evaluate(TEXT_COLOURS)
    assert len(texts) > 30
    poor = [text for text in texts if contrast(painted(text[1]), painted(text[2])) < LEGIBLE]
    assert poor == []


def test_it_turns_dark_when_asked(mail: str, show: Callable[..., Page]) -> None:
    """Every ground becomes dark, and every text light."""
    for _element, text, ground in show(mail, scheme="dark").evaluate(TEXT_COLOURS):
        assert contrast(painted(ground), (0, 0, 0)) < 2
        assert contrast(painted(text), (0, 0, 0)) > 5


def test_outlook_dark_mode_is_legible(mail: str, show: Callable[..., Page]) -> None:
    """Outlook.com marks what it recolours with data-ogsc and data-ogsb; our rules for them make one dark mail."""
    page = show(mail)
    page.evaluate("document.body.setAttribute('data-ogsc', ''); document.body.setAttribute('data-ogsb', '')")
    texts = page.evaluate(TEXT_COLOURS)
    assert [text for text in texts if contrast(painted(text[1]), painted(text[2])) < LEGIBLE] == []


def painted(colour: str) -> Rgb:
    """The channels of Chromium's `rgb(1, 2, 3)`."""
    red, green, blue = colour.removeprefix("rgb(").removesuffix(")").split(", ")
    return parse_colour(f"#{int(red):02x}{int(green):02x}{int(blue):02x}")


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_no_rule_is_there_for_nothing(
    english: Edition, newsletter: Newsletter, render: Render, show: Callable[..., Page], theme: str
) -> None:
    """Every selector of the style sheets finds something, in a mail that has one of everything."""
    full, brief = english.sections
    updated = replace(brief.stories[0], update_of="ukraine-today/2022-01-27T09:00")
    edition = replace(english, sections=(full, replace(brief, stories=(updated, *brief.stories[1:]))))
    page = show(render(edition, replace(newsletter, theme=theme)).html)
    selectors = page.evaluate(OUR_SELECTORS)
    assert len(selectors) > 20
    assert [selector for selector in selectors if page.locator(f"css={selector}").count() == 0] == []


def test_a_right_to_left_mail_is_laid_out_from_the_right(
    english: Edition, newsletter: Newsletter, render: Render, show: Callable[..., Page]
) -> None:
    """Headlines begin at the right edge, and bullets hang there."""
    page = show(render(replace(english, language="ar"), newsletter).html)
    assert page.evaluate("getComputedStyle(document.querySelector('h2')).direction") == "rtl"
    item, heading = page.locator("li").first.bounding_box(), page.locator("h2").first.bounding_box()
    assert item is not None
    assert heading is not None
    assert item["x"] + item["width"] == heading["x"] + heading["width"] - 20
    assert overflow(page) == 0
