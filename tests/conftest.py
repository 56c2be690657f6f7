"""What the tests of the shell share: a small site of their own, with articles written for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest

from digest.config import Settings, SmtpSettings, read_settings
from digest.model import Newsletter
from digest.store import Store, open_store
from tests import databases

SETTINGS = """
[site]
public_url = "https://news.example.org"
postal_address = "Morning, 1 Example Street"
timezone = "Europe/Kyiv"

[web]
port = 0

[[sources]]
path = "articles"

[newsletters.morning]
title = "Morning"
language = "en"
timezone = "America/New_York"
send_at = "09:00"
from = { name = "Morning", address = "morning@news.example.org" }
list = "subscribers.csv"
theme = "ukraine-today"
"""

BRIDGE = """Bridge over the Ros opens after two years

4 March 2026, 05:46 PM

The road bridge over the Ros at Bila Tserkva opened on Wednesday, two years after a flood took its middle span.

Engineers replaced 140 metres of deck and raised the piers by 1.5 metres, the regional roads office said.

Traffic had been sent over a pontoon bridge that closed whenever the river rose above two metres.

The work cost 312 million hryvnias, of which the European Investment Bank lent two thirds.
"""

LIBRARY = """---
title: City library lends its first seeds
published: 2026-03-05T09:30:00+02:00
source: Dnipro Wire
url: https://dnipro-wire.example/seeds?utm_source=mail
---
Readers took 420 packets in the first morning, most of them tomatoes and marigolds, the library's director said.

The central library of Dnipro has begun to lend seeds as it lends books, free of charge and for one season.

Whoever borrows a packet promises to bring back seeds of the harvest in autumn.
"""

SLOT = "2026-03-05T09:00"  # on New York's clock


@dataclass(frozen=True, slots=True)
class Site:
    """A site on disk, read and open."""

    root: Path
    settings: Settings
    store: Store

    @property
    def newsletter(self) -> Newsletter:
        return self.settings.newsletter("morning")

    @property
    def slot(self) -> datetime:
        return datetime.fromisoformat(SLOT).replace(tzinfo=self.newsletter.timezone)

    def reread(self) -> Self:
        """The same site after its settings were saved."""
        return replace(self, settings=read_settings(self.root / "digest.toml"))

    def with_relay(self, host: str, port: int, *, connections: int = 2) -> Settings:
        smtp = SmtpSettings(host=host, port=port, connections=connections)
        return self.settings.model_copy(update={"smtp": smtp})


@pytest.hookimpl(tryfirst=True)  # before those that are not wanted are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("postgres"):  # a server is to be started, and each test to be run a second time
            item.add_marker("slow")


@pytest.fixture(scope="session")
def postgres() -> Iterator[databases.Server]:
    """A PostgreSQL server."""
    server = databases.start()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Have a test run on each database."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that nobody else uses."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'site' / 'digest.db'}"
        return
    server: databases.Server = request.getfixturevalue("postgres")
    address = server.make()
    yield address
    server.drop(address)


@pytest.fixture
def database_urls(
    database_kind: str, request: pytest.FixtureRequest
) -> Iterator[Callable[[int], AbstractContextManager[list[str]]]]:
    """Make so many databases for a while: for a test that goes through many."""
    kept: list[str] = []

    @contextmanager
    def made(number: int) -> Iterator[list[str]]:
        if database_kind == "sqlite":
            with TemporaryDirectory() as folder:
                yield [f"sqlite:///{folder}/{place}/digest.db" for place in range(number)]
            return
        server: databases.Server = request.getfixturevalue("postgres")
        kept.extend(server.make() for _ in range(number - len(kept)))
        yield kept[:number]
        for address in kept:
            server.clear(address)

    yield made
    for address in kept:
        request.getfixturevalue("postgres").drop(address)


def clock() -> datetime:
    """The time now; tests that need another hand in their own."""
    return datetime.now(UTC)


@pytest.fixture
def site_folder(tmp_path: Path, database_kind: str, request: pytest.FixtureRequest) -> Path:
    """A site's files: settings, two articles of 5 March 2026 and three subscribers."""
    settings = SETTINGS
    if database_kind != "sqlite":
        settings = settings.replace("[site]", f'[site]\ndatabase = "{request.getfixturevalue("database_url")}"', 1)
    (tmp_path / "digest.toml").write_text(settings, encoding="utf-8")
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    (articles / "library.md").write_text(LIBRARY, encoding="utf-8")
    (tmp_path / "subscribers.csv").write_text(
        "email,name\nann@example.org,Ann\nbo@example.org,Bo\ncy@example.org,\n", encoding="utf-8"
    )
    return tmp_path


@pytest.fixture
def site(site_folder: Path) -> Iterator[Site]:
    settings = read_settings(site_folder / "digest.toml")
    with open_store(settings.database_url) as store:
        yield Site(site_folder, settings, store)
