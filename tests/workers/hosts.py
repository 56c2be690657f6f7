"""A site whose turns and parts are taken from the queue by workers, as the tests of their rules set it up."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import psycopg
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from digest.config import Settings
from digest.config.delivery import DeliverySettings
from digest.delivery import Inbox
from digest.model import Edition
from digest.schedule import Service
from digest.store import open_store
from digest.workers import Queue, Worker
from tests.conftest import Site

_LEASE = timedelta(seconds=1)
_JOBS = "SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id"


class Clock:
    """Set by the test, and going on from there."""

    def __init__(self, moment: datetime) -> None:
        self.set(moment)

    def set(self, moment: datetime) -> None:
        self._moment, self._since = moment, time.monotonic()

    def __call__(self) -> datetime:
        return self._moment + timedelta(seconds=time.monotonic() - self._since)


class SlowInbox(Inbox):
    """Takes its time over each message, as relays do."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        await asyncio.sleep(0.2)
        return await super().handle_DATA(server, session, envelope)


def ask(address: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def delivering(settings: Settings, **delivery: object) -> Settings:
    """The settings with these rules of delivery, and workers that are missed after a second."""
    rules = DeliverySettings.model_validate(delivery).model_copy(update={"lease": _LEASE})
    return settings.model_copy(update={"delivery": rules})


def with_readers(site: Site, addresses: list[str]) -> None:
    lines = "".join(f"{address}\n" for address in addresses)
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")


class Hosts:
    """Some workers of a site, each with its own store and settings' turns, as `digest worker --queue site send` has."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.address = settings.database_url

    def jobs(self) -> list[tuple[Any, ...]]:
        return ask(self.address, _JOBS)

    async def turn(self, *newsletters: str) -> None:
        """Ask for a turn of each, as every `digest run` does once a minute, and wait until all were taken."""
        async with Queue(self.settings) as queue:
            for newsletter in newsletters:
                await queue.take_turn(self.settings.newsletter(newsletter))
        await self.until(lambda: not any(task == "digest.turn" for task, _ in self.jobs()))

    def hurry(self) -> None:
        """Let no job wait for its time, which the database's own clock tells."""
        ask(self.address, "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")

    async def at_rest(self) -> None:
        """Wait until no part is out, and whoever looks after editions waits for its time."""
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo' OR task_name = 'digest.part'"
        soon = f"{waiting} OR scheduled_at IS NULL OR scheduled_at < now() + interval '30 s'"
        await self.until(lambda: ask(self.address, soon) == [(0,)])

    async def until(self, holds: Callable[[], bool], *, seconds: float = 40) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.05)


@asynccontextmanager
async def hosts(settings: Settings, clock: Callable[[], datetime], *, workers: int) -> AsyncIterator[Hosts]:
    async with AsyncExitStack() as opened:
        helpers, running = [], []
        for _ in range(workers):
            store, queue = opened.enter_context(open_store(settings.database_url)), Queue(settings)
            service = Service(settings, store, clock=clock, hand_over=queue.hand_over)
            helpers.append(Worker(settings, store, queue=queue, clock=clock, turn=service.turn_of))
            running.append(asyncio.create_task(helpers[-1].run()))
        try:
            yield Hosts(settings, clock)
        finally:
            for helper in helpers:
                helper.stop()
            async with asyncio.timeout(30):
                await asyncio.gather(*running)


def kept(site: Site, newsletter: str = "morning", *, days: int = 0) -> Edition:
    found = site.store.editions.get(newsletter, site.slot + timedelta(days=days))
    assert found is not None
    return found


def received(inbox: Inbox) -> Counter[str]:
    """Count what came, by recipient and subject."""
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in inbox.folder.glob("*.eml")]
    return Counter(f"{mail['To']}: {mail['Subject']}" for mail in mails)


def to_editors(inbox: Inbox) -> list[str]:
    return sorted(line.partition(": ")[2] for line in received(inbox) if line.startswith("ed@example.org"))


def of_copy(settings: Settings, address: str) -> Settings:
    """The settings of a site that goes on from a copy of the database, without its daily limit."""
    place = settings.site.model_copy(update={"database": SecretStr(address)})
    return delivering(settings).model_copy(update={"site": place})


async def begun(settings: Settings, clock: Clock, inbox: Inbox) -> None:
    """Have two of six readers served, and a job wait for the next day."""
    async with hosts(settings, clock, workers=1) as cluster:
        await cluster.turn("morning")
        await cluster.until(lambda: inbox.received >= 2)
        await cluster.at_rest()
