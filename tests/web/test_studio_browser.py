"""The studio as a person meets it, in Chromium: the ways to see a mail, and what a save does to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, FrameLocator, Page, Route, expect

Save = Callable[[str], None]

pytestmark = pytest.mark.browser


async def opened(browser: Browser, address: str, *, width: int = 1280, scheme: str = "light", part: str = "") -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    await page.goto(f"{address}{part}")
    await expect(page.get_by_role("status")).to_contain_text("Live")
    return page


def framed(page: Page, panel: str = "Desktop") -> FrameLocator:
    """The frame that is seen, not one that is still coming."""
    return page.get_by_role("tabpanel", name=panel).locator("iframe:not(.coming)").content_frame


async def background(frame: FrameLocator) -> str:
    colour = await frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert isinstance(colour, str)
    return colour


async def test_each_tab_shows_its_way_by_mouse_and_by_keyboard(browser: Browser, address: str) -> None:
    """One tab is chosen at a time, its panel alone is seen, and the arrow keys walk the tabs round."""
    page = await opened(browser, address)
    for name in ("Phone", "Plain text", "Headers", "Desktop"):
        await page.get_by_role("tab", name=name).click()
        await expect(page.get_by_role("tab", selected=True)).to_have_text(name)
        await expect(page.get_by_role("tabpanel")).to_have_count(1)
        await expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
    for key, name in [("ArrowRight", "Phone"), ("End", "Headers"), ("ArrowRight", "Desktop"), ("ArrowLeft", "Headers")]:
        await page.keyboard.press(key)
        await expect(page.get_by_role("tab", name=name)).to_be_focused()
        await expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    await page.reload()
    await expect(page.get_by_role("tab", selected=True)).to_have_text("Headers")


async def test_text_and_headers_are_shown_as_sent(browser: Browser, address: str) -> None:
    """The text keeps every blank and line; the headers stand decoded in a table, and raw when asked."""
    page = await opened(browser, address)
    await page.get_by_role("tab", name="Plain text").click()
    assert await page.locator("#text-part").evaluate("pre => pre.textContent") == "Kyiv\n====\n\n  Talks go on.\n"
    await page.get_by_role("tab", name="Headers").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="List-Unsubscribe"))
    await expect(row.get_by_role("cell")).to_contain_text("<https://news.example/u/neutral>")
    await expect(page.get_by_role("meter")).to_have_attribute(
        "aria-valuetext", "2.8 KB of 102 KB of HTML. Gmail shows it whole."
    )
    await page.get_by_role("switch", name="As sent").click()
    await expect(page.locator("#headers-raw")).to_contain_text("Subject: Talks\n")
    await expect(page.get_by_role("table")).to_have_count(0)


async def test_what_the_linter_found_stands_in_its_tab(browser: Browser, address: str, save: Save) -> None:
    """The tab counts errors and warnings, its panel lists all by weight as text; a mended mail empties it."""
    page = await opened(browser, address)
    await expect(page.get_by_role("tab", name="Check", exact=True)).to_be_visible()
    save("Talks\n<blink>")
    await page.get_by_role("tab", name="Check, 2 found").click()
    panel = page.get_by_role("tabpanel")
    await expect(panel).to_contain_text("This mail should not go out as it is.")
    await expect(panel.get_by_role("heading")).to_have_text(["Mend before it goes out", "Worth a look", "Good to know"])
    await expect(panel.locator("li").first).to_have_text("a link to nowhere: '#'<b>Read it</b>Name a page.")
    known = panel.get_by_text("outline is ignored by outlook.windows")
    await expect(known).to_be_hidden()
    await panel.get_by_text("Known gaps of some mail clients, which every mail has: 1").click()
    await expect(known).to_be_visible()
    save("Talks")
    await expect(panel).to_contain_text("Nothing stands in its way.")
    await expect(panel.locator("li")).to_have_count(0)


@pytest.mark.parametrize(("page_width", "desktop", "phone"), [(1600, 1100, 375), (900, 850, 375), (320, 640, 375)])
async def test_the_frames_have_the_widths_of_devices(
    browser: Browser, address: str, page_width: int, desktop: int, phone: int
) -> None:
    """The mail is laid out at 640 pixels or more and at 375, on any page; the page itself never scrolls sideways."""
    page = await opened(browser, address, width=page_width)
    assert await framed(page).locator("html").evaluate("() => innerWidth") == desktop
    await page.get_by_role("tab", name="Phone").click()
    assert await framed(page, "Phone").locator("html").evaluate("() => innerWidth") == phone
    assert await framed(page, "Phone").locator("h1").evaluate("h => getComputedStyle(h).letterSpacing") == "3px"
    for name in ("Desktop", "Phone", "Plain text", "Check", "Headers"):
        await page.get_by_role("tab", name=name).click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= page_width
        panel = await page.get_by_role("tabpanel", name=name).bounding_box()
        assert panel is not None
        assert panel["x"] + panel["width"] <= page_width


@pytest.mark.parametrize("system", ["light", "dark"])
async def test_dark_mode_turns_the_mail_dark(browser: Browser, address: str, system: str) -> None:
    """The switch decides the mail's colours in either direction, whatever the system of this browser is set to."""
    page = await opened(browser, address, scheme=system)
    assert await background(framed(page)) == "rgb(255, 255, 255)"
    await page.get_by_role("switch", name="Dark mode").click()
    await expect(page.get_by_role("switch", name="Dark mode")).to_be_checked()
    await expect(framed(page).locator("body")).to_have_css("background-color", "rgb(10, 10, 10)")
    await page.get_by_role("tab", name="Phone").click()
    await expect(framed(page, "Phone").locator("body")).to_have_css("background-color", "rgb(10, 10, 10)")
    await page.get_by_role("switch", name="Dark mode").press("Space")
    await expect(framed(page, "Phone").locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")


async def test_a_save_changes_the_mail_and_nothing_else(browser: Browser, address: str, save: Save) -> None:
    """After a save the new mail stands in the frame, at the same scroll position, in the same tab, without a reload."""
    page = await opened(browser, address)
    await page.get_by_role("tab", name="Phone").click()
    await expect(framed(page, "Phone").locator("h1")).to_have_text("Talks")
    await page.evaluate("window.here = true")
    await framed(page, "Phone").locator("html").evaluate("() => scrollTo(0, 240)")
    save("Talks resume")
    await expect(framed(page, "Phone").locator("h1")).to_have_text("Talks resume")
    assert await framed(page, "Phone").locator("html").evaluate("() => scrollY") == 240
    await expect(page.get_by_label("In the inbox")).to_contain_text("Talks resume")
    await expect(page.get_by_role("tab", selected=True)).to_have_text("Phone")
    assert await page.evaluate("window.here")
    assert await page.title() == "Talks resume · Ukraine Today"


async def test_a_broken_save_shows_its_sentence_until_it_is_mended(
    browser: Browser,
    address: str,
    save: Save,
) -> None:
    """A template that breaks gives a panel with the sentence over the last good mail; the next good save removes it."""
    page = await opened(browser, address)
    save("BROKEN")
    problem = page.get_by_role("alert")
    await expect(problem).to_contain_text("templates/mail.txt:1: a block is not closed. Close it and save.")
    await expect(problem).not_to_contain_text("Traceback")
    await expect(framed(page).locator("h1")).to_have_text("Talks")
    await expect(page.get_by_role("tabpanel")).to_have_css("opacity", "0.4")
    save("Mended")
    await expect(problem).to_have_count(0)
    await expect(framed(page).locator("h1")).to_have_text("Mended")
    await expect(page.get_by_role("tabpanel")).to_have_css("opacity", "1")


async def test_a_site_that_never_loaded_shows_why_then_the_mail(
    browser: Browser,
    address: str,
    save: Save,
) -> None:
    """A page opened on a broken site has the sentence and no empty frames, and fills itself at the first good save."""
    save("BROKEN")
    page = await browser.new_page()
    await page.goto(address)
    await expect(page.get_by_role("alert")).to_contain_text("a block is not closed")
    save("First")
    await expect(framed(page).locator("h1")).to_have_text("First")
    await expect(page.get_by_role("alert")).to_have_count(0)


HOSTILE = """
<script>parent.document.title = 'taken'; document.body.id = 'taken'</script>
<img src="data:," onerror="parent.document.title = 'taken'; document.body.id = 'taken'">
<iframe srcdoc="<script>top.document.title = 'taken'</script>"></iframe>
<link rel="stylesheet" href="https://tracker.example/style.css">
<style>@import url(https://tracker.example/more.css); @font-face { font-family: x; src: url(https://tracker.example/f) }
  h1 { font-family: x }</style>
<form action="https://tracker.example/"><button id="post">Post</button></form>
<p><a id="script-link" target="_self" href="javascript:document.body.id='taken'">Run</a></p>
<img alt="" src="https://images.example/lead.png">
"""


@pytest.mark.parametrize("part", ["", "mail.html"], ids=["in the frame", "in a tab of its own"])
async def test_no_script_of_the_mail_runs(browser: Browser, address: str, save: Save, part: str) -> None:
    """Script elements, handlers, script links and frames stay dead, and of remote things only images are asked for."""
    save(f"Hostile\n{HOSTILE}")
    await asyncio.sleep(0.5)
    context = await browser.new_context()
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    await context.route(lambda url: ".example" in url, answer)  # sees what leaves the browser, not what it blocks
    page = await context.new_page()
    await page.goto(f"{address}{part}")
    mail = page if part else framed(page)
    await expect(mail.locator("h1")).to_have_text("Hostile")
    await mail.locator("#script-link").click()
    await mail.locator("#post").click()
    await page.wait_for_timeout(300)
    assert await mail.locator("body").get_attribute("id") is None
    assert await page.title() in {"Hostile · Ukraine Today", "Digest"}
    assert set(asked) == {"https://images.example/lead.png"}


async def test_a_link_of_the_mail_opens_outside(browser: Browser, address: str) -> None:
    """A reader's click opens the story in a tab of its own and leaves the preview as it is."""
    context = await browser.new_context()
    await context.route("https://news.example/**", lambda route: route.fulfill(body="the story"))
    page = await context.new_page()
    await page.goto(address)
    async with context.expect_page() as opening:
        await framed(page).get_by_role("link", name="Read it").click()
    story = await opening.value
    assert story.url == "https://news.example/story"
    assert await story.evaluate("window.opener") is None
    await expect(framed(page).locator("h1")).to_have_text("Talks")
