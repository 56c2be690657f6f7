"""digest/workers: no job is held up for ever, whatever became of the worker that had it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy.engine import make_url

from digest import pipeline
from digest.config import Rate, Settings, SmtpSettings
from digest.model import Edition, EditionStatus, Newsletter
from digest.workers import SEND, SITE, Queue, Worker
from tests.cli.test_guard import digest
from tests.conftest import Site, clock
from tests.delivery.scripted_relay import ScriptedRelay

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]
_LEASE = timedelta(seconds=1)


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def hasty(site: Site) -> Site:
    """A site whose workers are missed after a second."""
    delivery = site.settings.delivery.model_copy(update={"lease": _LEASE})
    return replace(site, settings=site.settings.model_copy(update={"delivery": delivery}))


def ask(site: Site, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(site.settings.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def jobs(site: Site) -> list[tuple[Any, ...]]:
    return ask(site, "SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")


def with_relay(site: Site, relay: ScriptedRelay) -> Settings:
    return site.settings.model_copy(update={"smtp": SmtpSettings(host="127.0.0.1", port=relay.port, connections=1)})


@asynccontextmanager
async def working(
    site: Site,
    turn: Callable[[Newsletter], Awaitable[None]],
    *queues: str,
    longest_part: timedelta = timedelta(seconds=15),
) -> AsyncIterator[None]:
    worker = Worker(
        site.settings,
        site.store,
        queue=Queue(site.settings),
        clock=clock,
        turn=turn,
        queues=queues,
        longest_part=longest_part,
    )
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(running, timeout=25)


async def no_turn(_newsletter: Newsletter) -> None:
    raise AssertionError("nobody asked for a turn")


async def begun(site: Site) -> Edition:
    pipeline.collect(site.settings, site.store, now=clock())
    started = await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    assert started.mail is not None
    return started.edition


async def until(holds: Callable[[], bool], *, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


async def test_the_queue_is_made_once_by_all_who_come_first_together(hasty: Site) -> None:
    """Five hosts start on an empty database: each can put jobs, and the same turn is in the queue once."""

    async def start() -> None:
        async with Queue(hasty.settings) as queue:
            await queue.take_turn(hasty.newsletter)

    await asyncio.gather(*(start() for _ in range(5)))
    assert jobs(hasty) == [("digest.turn", "todo")]


async def test_a_turn_that_died_with_its_worker_holds_up_no_other(hasty: Site) -> None:
    """Its worker is gone, and the same turn was asked for again meanwhile: it is taken, and nothing is left over."""
    taken: list[str] = []

    async def turn(newsletter: Newsletter) -> None:
        taken.append(newsletter.id)

    async with Queue(hasty.settings) as queue:
        await queue.take_turn(hasty.newsletter)
        ask(hasty, "UPDATE procrastinate_jobs SET status = 'doing'")
        await queue.take_turn(hasty.newsletter)
    assert [status for _, status in jobs(hasty)] == ["doing", "todo"]
    async with working(hasty, turn, SITE):
        await until(lambda: not jobs(hasty))
    assert taken == ["morning"]


async def test_a_job_whose_end_was_not_written_down_is_taken_again(hasty: Site) -> None:
    """The line to the database broke just then: its worker lives on, and does not hold the job for ever."""
    taken: list[str] = []

    async def turn(newsletter: Newsletter) -> None:
        taken.append(newsletter.id)

    async with working(hasty, turn, SITE, SEND), Queue(hasty.settings) as queue:
        await queue.take_turn(hasty.newsletter)
        await until(lambda: bool(taken) and not jobs(hasty))
        slot = {"newsletter": "morning", "slot": hasty.slot.isoformat()}
        await queue.shepherd(slot, wait=timedelta(hours=1))
        ask(hasty, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = w.id FROM procrastinate_workers w")
        await until(lambda: not jobs(hasty))


async def test_a_job_that_is_about_to_end_is_not_put_back(hasty: Site) -> None:
    """Seen once it is left to its worker, for put back in that moment it would be lost; seen again it is taken over."""
    slot = {"newsletter": "morning", "slot": hasty.slot.isoformat()}
    long = timedelta(hours=1)
    async with Queue(hasty.settings) as queue:
        await queue.shepherd(slot, wait=timedelta(0))
        ((worker,),) = ask(hasty, "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        ask(hasty, f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {worker}")  # noqa: S608 - a number
        idle: set[int] = set()
        assert await queue.take_over(lease=long, me=worker, at=None, idle=idle) == []
        assert jobs(hasty) == [("digest.shepherd", "doing")]
        (at,) = idle
        assert await queue.take_over(lease=long, me=worker, at=at, idle=idle) == []
        assert idle == set()
        assert await queue.take_over(lease=long, me=worker, at=None, idle=idle) == []
        (left,) = await queue.take_over(lease=long, me=worker, at=None, idle=idle)
        assert (left.id, jobs(hasty)) == (at, [("digest.shepherd", "todo")])


async def test_a_turn_that_fails_is_told_and_makes_room_for_the_next(hasty: Site) -> None:
    """Whatever goes wrong in one, with another waiting already: the other is taken."""
    taken: list[str] = []

    async def turn(newsletter: Newsletter) -> None:
        taken.append(newsletter.id)
        if len(taken) == 1:
            async with Queue(hasty.settings) as queue:
                await queue.take_turn(newsletter)
            raise RuntimeError("this one fails")

    with structlog.testing.capture_logs() as said:
        async with working(hasty, turn, SITE):
            async with Queue(hasty.settings) as queue:
                await queue.take_turn(hasty.newsletter)
            await until(lambda: len(taken) == 2 and not jobs(hasty))
    assert [one["log_level"] for one in said if one["event"].startswith("job failed")] == ["error"]


async def test_jobs_of_a_newsletter_that_is_no_more_end(hasty: Site) -> None:
    """It was taken out of digest.toml, or stands in another host's only: its jobs do not come back for ever."""
    gone = replace(hasty.newsletter, id="gone")
    async with Queue(hasty.settings) as queue:
        await queue.take_turn(gone)
        await queue.shepherd({"newsletter": "gone", "slot": hasty.slot.isoformat()}, wait=timedelta(0))
        async with working(hasty, no_turn, SITE, SEND):
            await until(lambda: not jobs(hasty))


async def test_workers_alone_end_an_edition_after_its_pause(hasty: Site, site_folder: Path) -> None:
    """Handed over once, and again by `digest resume`, it needs no `digest run` to be called sent."""
    async with ScriptedRelay() as relay:
        served = replace(hasty, settings=with_relay(hasty, relay))
        edition = await begun(served)
        async with working(served, no_turn, SEND):
            async with Queue(served.settings) as queue:
                pipeline.pause(served.store, edition)
                await queue.hand_over(edition)
                await until(lambda: not jobs(served))
            assert not relay.kept
            assert (await asyncio.to_thread(digest, site_folder, "resume", "morning")).returncode == 0
            await until(lambda: served.store.editions.status(edition) is EditionStatus.SENT)
            await until(lambda: not jobs(served))
    assert len(relay.kept) == 3


async def test_what_no_relay_takes_for_its_size_is_paused_and_left_alone(hasty: Site) -> None:
    """The worker that found it out hands it to no other: its jobs end, and nobody is marked."""
    async with ScriptedRelay(extensions=("SIZE 2000",)) as relay:
        served = replace(hasty, settings=with_relay(hasty, relay))
        edition = await begun(served)
        async with working(served, no_turn, SEND), Queue(served.settings) as queue:
            await queue.hand_over(edition)
            await until(lambda: served.store.editions.status(edition) is EditionStatus.PAUSED)
            await until(lambda: not jobs(served))
    assert relay.connections == 1
    assert served.store.deliveries.tally(edition).pending == 3


async def test_a_worker_sends_the_mail_that_was_made_again(hasty: Site) -> None:
    """It has the one in memory that was too big; of the same edition, made with less, it sends what is kept now."""
    async with ScriptedRelay(extensions=("SIZE 2000",)) as relay:
        served = replace(hasty, settings=with_relay(hasty, relay))
        edition = await begun(served)
        selection = replace(served.newsletter.selection, max_stories=1)
        fewer = replace(served.newsletter, selection=selection)
        async with working(served, no_turn, SEND), Queue(served.settings) as queue:
            await queue.hand_over(edition)
            await until(lambda: served.store.editions.status(edition) is EditionStatus.PAUSED)
            await until(lambda: not jobs(served))
            relay.extensions = ("SIZE 2000000",)
            await asyncio.to_thread(pipeline.build, served.store, fewer, served.slot, now=clock(), afresh=True)
            started = await pipeline.start(served.settings, served.store, fewer, served.slot, clock=clock)
            await queue.hand_over(started.edition)
            await until(lambda: served.store.editions.status(edition) is EditionStatus.SENT)
    assert len(relay.kept) == 3
    assert not any(b"Bridge over the Ros" in one.message for one in relay.kept)


async def test_small_parts_take_a_receiver_up_together(hasty: Site) -> None:
    """Gmail had asked for a pause: no part is long enough to end its slow start, and all of them are."""
    lines = "".join(f"r{number}@gmail.com\n" for number in range(45))
    (hasty.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    async with ScriptedRelay() as relay:
        smtp = SmtpSettings(host="127.0.0.1", port=relay.port, connections=2)
        served = replace(hasty, settings=hasty.settings.model_copy(update={"smtp": smtp}))
        edition = await begun(served)
        served.store.limits.pause("Gmail", clock(), "421 4.7.28 unusual rate - gsmtp")
        parts = served.store.deliveries.ranges(edition, size=15)
        assert len(parts) == 3
        async with working(served, no_turn, SEND), Queue(served.settings) as queue:
            await queue.put_parts({"newsletter": edition.newsletter, "slot": edition.slot.isoformat()}, parts)
            await until(lambda: len(relay.kept) == 45 and not jobs(served))
    assert not served.store.limits.pauses(now=clock() - timedelta(hours=1))


async def test_a_part_that_takes_long_lets_turns_pass(hasty: Site) -> None:
    """At a low rate a part might take an hour: it ends after a while, the turn is taken, and the rest goes out."""
    kept_before: list[int] = []
    slow = hasty.settings.delivery.model_copy(update={"rate": (Rate(1, timedelta(seconds=1)),)})
    async with ScriptedRelay() as relay:

        async def turn(_newsletter: Newsletter) -> None:
            kept_before.append(len(relay.kept))

        settings = with_relay(hasty, relay).model_copy(update={"delivery": slow})
        served = replace(hasty, settings=settings)
        edition = await begun(served)
        async with (
            working(served, turn, SITE, SEND, longest_part=timedelta(seconds=0.5)),
            Queue(served.settings) as queue,
        ):
            await queue.hand_over(edition)
            await until(lambda: len(relay.kept) > 0)
            await queue.take_turn(served.newsletter)
            await until(lambda: served.store.editions.status(edition) is EditionStatus.SENT, seconds=30)
    assert kept_before[0] < 3
    assert len(relay.kept) == 3


async def test_told_to_stop_while_the_database_is_away_a_worker_stops_soon(hasty: Site) -> None:
    """It has no job, and nothing to wait for."""
    address = make_url(hasty.settings.database_url)
    elsewhere = address.set(database="postgres").render_as_string(hide_password=False)
    close = f"ALTER DATABASE {address.database} ALLOW_CONNECTIONS false"
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{address.database}'"  # noqa: S608
    with structlog.testing.capture_logs() as said:
        async with working(hasty, no_turn, SITE, SEND):
            await asyncio.sleep(1)
            with psycopg.connect(elsewhere, autocommit=True) as connection:
                connection.execute(close.encode())
                connection.execute(cut.encode())
            await asyncio.sleep(0.5)
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 15
    assert all(len(str(one.get("problem", ""))) > 20 for one in said)  # it says what the driver said
