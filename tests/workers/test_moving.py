"""A database that is moved while jobs wait in its queue: they go along, and nobody is at them meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest.delivery import Inbox
from digest.model import EditionStatus
from digest.pipeline.armed import arm
from digest.store import open_store
from digest.workers import Queue
from tests import databases
from tests.cli.test_database_commands import digest
from tests.conftest import Site
from tests.workers.hosts import Clock, ask, begun, delivering, hosts, of_copy, received, with_readers

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]
EDITION = "morning/2026-03-05T09:00"


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def new_address(postgres: databases.Server) -> Iterator[str]:
    address = postgres.make(empty=True)
    yield address
    postgres.drop(address)


async def copy(site: Site, target: str) -> tuple[int, str]:
    """Run `digest db copy` from the site's database, and give its exit code and what it said on stderr."""
    said = await asyncio.to_thread(digest, "db", "copy", site.settings.database_url, target, cwd=site.root)
    return said.returncode, said.stderr


async def test_what_waits_in_the_queue_goes_on_in_the_new_database(
    site: Site, tmp_path: Path, new_address: str
) -> None:
    """After days no `digest run` asks for the rest of a send: only its job knows of it, and that goes along."""
    with_readers(site, [f"reader{number}@example.org" for number in range(6)])
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(site.with_relay(inbox.host, inbox.port), rate="2/day")
        clock = Clock(site.slot + timedelta(minutes=1))
        await begun(settings, clock, inbox)
        site.store.close()
        code, said = await copy(site, new_address)
        assert code == 0, said
        assert f"waited {EDITION}: workers of the new one go on with it." in said
        moved = of_copy(settings, new_address)
        jobs = "SELECT task_name, args->>'newsletter', status::text FROM procrastinate_jobs"
        assert ask(new_address, jobs) == [("digest.shepherd", "morning", "todo")]
        clock.set(site.slot + timedelta(days=2))
        with open_store(new_address) as store:
            arm(moved, store, now=clock(), who="ann@mail1")
            edition = store.editions.get("morning", site.slot)
            assert edition is not None
            async with hosts(moved, clock, workers=1) as cluster:
                await cluster.until(lambda: store.editions.status(edition) is EditionStatus.SENT)
                await cluster.until(lambda: not cluster.jobs())
    assert inbox.received == 6
    assert set(received(inbox).values()) == {1}


async def test_a_database_that_workers_are_connected_to_is_not_moved(
    site: Site, tmp_path: Path, new_address: str
) -> None:
    """Idle as they are, they would go on with what waits in the old one; stopped, the same command moves it."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(site.with_relay(inbox.host, inbox.port), rate="2/day")
        async with hosts(settings, Clock(site.slot - timedelta(hours=3)), workers=1) as cluster:
            await cluster.turn("morning")
            code, said = await copy(site, new_address)
        assert code == 1
        assert "digest run or digest worker is connected to it (from this machine). Stop digest everywhere" in said
        assert ask(new_address, "SELECT to_regclass('editions') IS NULL") == [(True,)]
        code, said = await copy(site, new_address)
        assert (code, "queue" in said) == (0, False)


async def test_a_file_that_has_no_queue_is_told_of(site: Site, tmp_path: Path) -> None:
    """Moved back to SQLite, what waited is named, and how it goes on; jobs that a dead worker left count too."""
    async with Queue(site.settings) as queue:
        slot = site.slot.isoformat()
        await queue.put_parts({"newsletter": "morning", "slot": slot}, [(1, 3), None])
        await queue.take_turn(site.newsletter)
    ask(site.settings.database_url, "UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'digest.part'")
    code, said = await copy(site, str(tmp_path / "back.db"))
    assert code == 0, said
    assert f"waited {EDITION}. A file has no queue: digest run goes on with those of the last day" in said
