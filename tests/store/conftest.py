"""A store in a file, and small whole values to put into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.model import (
    Article,
    Attempt,
    Block,
    DeliveryState,
    Edition,
    KeyPoint,
    ListEntry,
    Rendered,
    Section,
    Span,
    Story,
    article_id,
)
from digest.store import Store, open_store

NOW = datetime(2022, 1, 28, 14, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def an_article() -> Callable[..., Article]:
    def make(title: str = "Moscow gets a written response", **other: Any) -> Article:
        text = other.pop("text", "The answer came on Wednesday.\n\nIt was short.")
        url = other.pop("url", "")
        first, _, second = text.partition("\n\n")
        blocks = [Block(kind="paragraph", text=first, span=Span(0, len(first)))]
        if second:
            blocks.append(Block(kind="quote", text=second, span=Span(len(first) + 2, len(text))))
        values = {
            "id": article_id(url=url, title=title, text=text),
            "url": url,
            "title": title,
            "published": NOW - timedelta(hours=2),
            "language": "en",
            "source": "The Wire",
            "text": text,
            "blocks": tuple(blocks),
        }
        return Article(**(values | other))

    return make


@pytest.fixture
def an_edition(an_article: Callable[..., Article]) -> Callable[..., Edition]:
    def make(**other: Any) -> Edition:
        article = an_article()
        point = KeyPoint(text="The answer came.", origin="extracted", spans=(Span(0, 29),), article=article.id)
        slot = other.get("slot", datetime(2022, 1, 28, 9, 0, tzinfo=NEW_YORK))
        values: dict[str, Any] = {
            "newsletter": "ukraine-today",
            "slot": slot,
            "language": "en",
            "number": 1,
            "subject": "A written response",
            "preheader": "and what it says",
            "intro": "1 story, 1 minute",
            "sections": (Section(title="", stories=(Story(lead=article, points=(point,)),)),),
            "window": (slot - timedelta(days=1), slot),
            "reading_minutes": 1,
        }
        return Edition(**(values | other))

    return make


@pytest.fixture
def a_list() -> Callable[..., list[ListEntry]]:
    def make(*addresses: str) -> list[ListEntry]:
        return [
            ListEntry(address=address, name="", attributes={}, line=place + 2)
            for place, address in enumerate(addresses)
        ]

    return make


@pytest.fixture
def rendered() -> Rendered:
    return Rendered(
        subject="A written response", preheader="p", html="<p>\ue000name\ue001</p>", text="t", language="en"
    )


@pytest.fixture
def an_attempt() -> Callable[..., Attempt]:
    def make(subscriber: int, state: DeliveryState = DeliveryState.SENT, **other: Any) -> Attempt:
        values: dict[str, Any] = {
            "reply": "250 2.0.0 queued",
            "at": NOW + timedelta(seconds=1),
            "message_id": f"<{subscriber}@x>",
        }
        return Attempt(subscriber=subscriber, state=state, **(values | other))

    return make


@pytest.fixture
def begun(
    an_edition: Callable[..., Edition], a_list: Callable[..., list[ListEntry]], rendered: Rendered
) -> Callable[[str], tuple[Store, Edition]]:
    """Open the store at an address, with an edition in it that has an audience of ten and has begun to go out."""

    def begin(address: str) -> tuple[Store, Edition]:
        store = open_store(address)
        store.subscribers.sync("ukraine-today", a_list(*(f"r{n}@example.org" for n in range(10))), now=NOW)
        edition = store.editions.save(an_edition())
        store.editions.freeze(edition, rendered, date=NOW)
        return store, edition

    return begin


@pytest.fixture
def on_its_way(url: str, store: Store, begun: Callable[[str], tuple[Store, Edition]]) -> Edition:
    """An edition with an audience of ten that has begun to go out."""
    del store  # it is open already, so that the database is the one that the test has
    opened, edition = begun(url)
    opened.close()
    return edition
