"""Several newsletters of one service: a long send of one does not make the others late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog.testing import capture_logs

from digest import pipeline
from digest.config import read_settings
from digest.delivery import Inbox
from digest.model import EditionStatus
from digest.schedule import Service
from tests.cli.test_commands import digest
from tests.conftest import SETTINGS, SLOT, Site

READERS = 30


class SlowInbox(Inbox):
    """An inbox that takes its time over each message, and knows in which order they came."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.order: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        await asyncio.sleep(0.05)
        self.order += envelope.rcpt_tos
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def two(site: Site) -> Site:
    """A site with a long list and a short one, due at the same hour."""
    _, _, table = SETTINGS.partition("[newsletters.morning]")
    other = "[newsletters.evening]" + table.replace("subscribers.csv", "few.csv").replace('"Morning"', '"Evening"')
    (site.root / "digest.toml").write_text(SETTINGS + other, encoding="utf-8")
    many = "".join(f"reader{number}@example.org\n" for number in range(READERS))
    (site.root / "subscribers.csv").write_text("email\n" + many, encoding="utf-8")
    (site.root / "few.csv").write_text("email\nann@example.net\nbo@example.net\n", encoding="utf-8")
    return replace(site, settings=read_settings(site.root / "digest.toml"))


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


async def test_an_edition_that_was_left_behind_is_told_of(site: Site) -> None:
    """Its relay was away for more than a day: nothing sends it by itself, and log and status say who can."""
    pipeline.collect(site.settings, site.store, now=site.slot)
    await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=lambda: site.slot)
    left = Service(site.settings, site.store, clock=lambda: site.slot + timedelta(hours=27))
    with capture_logs() as said:
        await left.turn()
        await left.turn()
    [told] = [line for line in said if "left" in line["event"]]
    by_hand = f"digest send morning --slot {SLOT}"
    assert (told["edition"], told["due"], told["by_hand"]) == (f"morning/{SLOT}", 3, by_hand)
    shown = await asyncio.to_thread(digest, "status", cwd=site.root)
    assert f"morning/{SLOT} is a day old and not finished; it goes on by hand only: {by_hand}\n" in shown.stdout


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=5)])
async def test_a_long_send_lets_the_others_go_in_time(two: Site, tmp_path: Path, later: timedelta) -> None:
    """Due with it or while it is under way, the other's few go before the many are through; and all go once."""
    if later:
        file = two.root / "digest.toml"
        head, _, evening = file.read_text(encoding="utf-8").partition("[newsletters.evening]")
        file.write_text(f"{head}[newsletters.evening]{evening.replace('09:00', '09:05')}", encoding="utf-8")
        two = two.reread()
    inbox = SlowInbox(tmp_path / "inbox")

    def clock() -> datetime:  # every message of the long list takes its minutes
        return two.slot + timedelta(minutes=1) + len(inbox.order) * timedelta(minutes=1)

    async with inbox:
        settings = two.with_relay(inbox.host, inbox.port, connections=1)
        service = Service(settings, two.store, clock=clock, longest_at_one=timedelta(seconds=0.05))
        running = asyncio.create_task(service.run())
        async with asyncio.timeout(60):
            while len(inbox.order) < READERS + 2:
                await asyncio.sleep(0.01)
        service.stop()
        await running
    order = inbox.order
    assert len(set(order)) == len(order) == READERS + 2
    assert max(order.index("ann@example.net"), order.index("bo@example.net")) < READERS
    for name in ("morning", "evening"):
        [edition] = two.store.editions.recent(name, limit=5)
        assert edition.status is EditionStatus.SENT
        assert pipeline.counts(two.store.deliveries.tally(edition))["pending"] == 0
