"""The service: each slot once, caught up within its grace, and a clean end."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from digest.delivery import Inbox
from digest.model import EditionStatus
from digest.schedule import Service
from digest.store import open_store
from tests.conftest import Site


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


async def test_a_slot_missed_within_its_grace_is_caught_up(site: Site, tmp_path: Path) -> None:
    """A service that starts at ten collects, builds and sends nine o'clock's edition, once."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        for _start in range(2):
            service = Service(settings, site.store, clock=at(site.slot + timedelta(hours=1)))
            running = asyncio.create_task(service.run())
            await until(lambda: inbox.received >= 3)
            service.stop()
            await running
    assert inbox.received == 3
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.SENT


async def test_a_slot_missed_by_more_is_left(site: Site, tmp_path: Path) -> None:
    """At noon nobody wants nine o'clock's mail any more: the next slot is announced, nothing is sent."""
    said: list[datetime] = []
    async with Inbox(tmp_path / "inbox") as inbox:
        service = Service(site.with_relay(inbox.host, inbox.port), site.store, clock=at(site.slot + timedelta(hours=3)))
        running = asyncio.create_task(service.run(on_ready=lambda coming: said.extend(due[1] for due in coming)))
        await until(lambda: bool(said))
        await asyncio.sleep(0.2)
        service.stop()
        await running
        assert inbox.received == 0
    assert said == [site.slot + timedelta(days=1)]


async def test_two_services_send_a_slot_once(site: Site, tmp_path: Path) -> None:
    """Two of them over one database share the work and repeat none of it."""
    lines = "".join(f"reader{number}@example.org\n" for number in range(60))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with open_store(settings.database_url) as other:
            moment = at(site.slot + timedelta(minutes=1))
            services = [Service(settings, store, clock=moment) for store in (site.store, other)]
            async with asyncio.TaskGroup() as group:
                for service in services:
                    group.create_task(service.run())
                await until(lambda: inbox.received >= 60)
                await asyncio.sleep(0.2)
                for service in services:
                    service.stop()
    assert inbox.received == 60


async def test_a_relay_that_was_away_is_tried_again(site: Site, tmp_path: Path) -> None:
    """An edition that could not leave goes out with the next turn of `resume`."""
    async with Inbox(tmp_path / "inbox") as inbox:
        host, port = inbox.host, inbox.port
    service = Service(site.with_relay(host, port), site.store, clock=at(site.slot + timedelta(minutes=1)))
    await service.publish_due(site.newsletter)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.SENDING
    async with Inbox(tmp_path / "inbox", host=host, port=port) as inbox:
        await service.resume()
    assert inbox.received == 3
