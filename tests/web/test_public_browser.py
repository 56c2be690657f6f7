"""The readers' pages as a reader meets them, in Chromium with JavaScript off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, expect

from digest.model import SubscriberStatus
from digest.web.public import public_pages
from tests.web.conftest import Published

ANN = "ann@example.org"

pytestmark = pytest.mark.browser


@pytest.fixture
async def public(published: Published) -> AsyncIterator[str]:
    async with public_pages(published.settings, published.store, clock=lambda: datetime.now(UTC)) as address:
        yield address


async def opened(browser: Browser, url: str, *, width: int = 320, dark: bool = False) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": 700},
        color_scheme="dark" if dark else "light",
        java_script_enabled=False,
    )
    page = await context.new_page()
    await page.goto(url)
    return page


async def test_the_button_unsubscribes_without_a_script(browser: Browser, public: str, published: Published) -> None:
    """Opening and reloading the page changes nothing; its one button does, and repeating that changes no more."""
    page = await opened(browser, public + published.path(ANN))
    await page.reload()
    assert published.standing(ANN) is SubscriberStatus.ACTIVE
    await page.get_by_role("button", name="Unsubscribe").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    assert published.standing(ANN) is SubscriberStatus.UNSUBSCRIBED
    assert published.store.subscribers.history(ANN)[-1].how == "the button of the unsubscribe page"
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    assert [event.what for event in published.store.subscribers.history(ANN)] == ["listed", "unsubscribed"]
    assert await page.context.cookies() == []


async def test_the_button_is_reached_by_keyboard(browser: Browser, public: str, published: Published) -> None:
    """One press of Tab and Enter are enough."""
    page = await opened(browser, public + published.path(ANN))
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Unsubscribe")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_one_of_two_newsletters_is_left_without_a_script(
    browser: Browser, published: Published, *, dark: bool
) -> None:
    """At 320 px, with titles as long as they come: no sideways scroll, and each button says and does its own."""
    site = published.with_evening(title="Вечірній підсумок-найнеймовірнішихподійдлявсіхнашихчитачів і слухачів")
    async with public_pages(site.settings, site.store, clock=lambda: datetime.now(UTC)) as address:
        page = await opened(browser, address + site.preferences(ANN), dark=dark)
        await page.reload()
        assert await page.evaluate("document.documentElement.scrollWidth") == 320
        for button in await page.get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
        await page.get_by_role("button", name="Unsubscribe from Morning").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
        await expect(page.get_by_role("button")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth") == 320
        assert await page.context.cookies() == []
    assert site.standing(ANN, "morning") is SubscriberStatus.UNSUBSCRIBED
    assert site.standing(ANN, "evening") is SubscriberStatus.ACTIVE


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1024])
@pytest.mark.parametrize("part", ["link", "preferences", "/unsubscribe/forged", "/unsubscribe", "/nowhere"])
async def test_pages_fit_and_follow_the_scheme(
    browser: Browser, public: str, published: Published, *, part: str, width: int, dark: bool
) -> None:
    """No sideways scroll at any width, the style is applied under its policy, and dark is dark."""
    links = {"link": published.path(ANN), "preferences": published.preferences(ANN)}
    page = await opened(browser, public + links.get(part, part), width=width, dark=dark)
    box = await page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    for text in await page.locator("main *").all():
        inner = await text.bounding_box()
        assert inner is None or inner["x"] + inner["width"] <= width
    ground = await page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert ground == ("rgb(22, 23, 26)" if dark else "rgb(243, 242, 238)")


async def test_an_edition_opens_with_its_way_out(browser: Browser, public: str, published: Published) -> None:
    """View in browser shows the mail under its policy, and its unsubscribe link leads to the explanation."""
    page = await opened(browser, f"{public}/editions/{published.edition.key}", width=1024)
    await expect(page.locator("body")).to_contain_text("420 packets")
    link = page.get_by_role("link", name="Unsubscribe")
    assert await link.get_attribute("href") == "https://news.example.org/unsubscribe"
