"""A send by several processes of one machine: each takes its share of the connections, and the ledger parts the rest.

They are beside each other what two `digest send` at once are; so whatever becomes of one, nobody is missed.
The first one holds a pipe to each of the others: where it dies, the pipe ends, and they finish what they are at.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Literal, cast

import structlog

from digest.config import Settings
from digest.errors import DigestError
from digest.log import configure_logging
from digest.model import Edition
from digest.pipeline.part import mail_of, send_part
from digest.store import Store, open_store

_log = structlog.get_logger(__name__)
_COUNT_SECONDS = 2.0
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); import digest.pipeline.processes as one; one.be()"
)


def processes_of(asked: int | Literal["auto"]) -> int:
    """Give how many: for `auto` one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if asked == "auto" else asked


Progress = Callable[[int, int], None]


@asynccontextmanager
async def beside(
    settings: Settings,
    store: Store,
    edition: Edition,
    *,
    stop: asyncio.Event | None,
    past_deadline: bool,
    on_progress: Progress | None,
) -> AsyncIterator[tuple[Settings, Progress | None]]:
    """Have as many processes send `edition` as the settings say, this one among them; give this one's settings.

    And whom it tells of its progress: nobody, where others send as well and only the ledger knows of all.
    At the end it waits for the others; when `stop` is set they finish what they are at, as this one does.
    """
    most = settings.smtp.connections
    count = min(processes_of(settings.delivery.processes), most)
    if count <= 1:
        yield settings, on_progress
        return
    shares = [most // count + (number < most % count) for number in range(count)]
    others = [await _start(_with(settings, share), edition, past_deadline=past_deadline) for share in shares[1:]]
    watching = [asyncio.create_task(_end_when(stop or asyncio.Event(), others))]
    if on_progress is not None:
        watching.append(asyncio.create_task(_count(store, edition, on_progress)))
    try:
        yield _with(settings, shares[0]), None
    except BaseException:
        _end(others)
        raise
    finally:
        for number, other in enumerate(others, start=2):
            if (code := await other.wait()) and code != -signal.SIGTERM:  # told to end before it had begun
                _log.warning("a sending process ended early; its part is taken over", process=number, code=code)
            _into(other).close()
        for watch in watching:
            watch.cancel()


def be() -> None:
    """Be one of the others: read what to send from stdin, and send it."""
    settings, edition, past_deadline = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process wrote it
    configure_logging()
    try:
        asyncio.run(_send(settings, edition, past_deadline=past_deadline))
    except DigestError as error:  # the process that waits for this one meets the same, and says so
        _log.warning("a sending process stops", problem=str(error))


async def _send(settings: Settings, edition: Edition, *, past_deadline: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)

    def left_alone() -> None:  # nothing more is written: what can be read is the end
        loop.remove_reader(sys.stdin)
        if not stop.is_set():
            _log.warning("the process that shared out the work is gone; this one ends, too", edition=edition.key)
        stop.set()

    loop.add_reader(sys.stdin, left_alone)
    with open_store(settings.database_url) as store:
        mail = mail_of(settings, store, settings.newsletter(edition.newsletter), edition)
        if mail is not None:
            await send_part(
                settings, store, mail, clock=lambda: datetime.now(UTC), stop=stop, past_deadline=past_deadline
            )


async def _start(settings: Settings, edition: Edition, *, past_deadline: bool) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C is the first process's matter, which tells the others.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _START, stdin=asyncio.subprocess.PIPE, start_new_session=True
    )
    into = _into(process)
    into.write(pickle.dumps(sys.path) + pickle.dumps((settings, edition, past_deadline)))
    await into.drain()
    return process


def _into(process: asyncio.subprocess.Process) -> asyncio.StreamWriter:
    return cast("asyncio.StreamWriter", process.stdin)


async def _end_when(stop: asyncio.Event, others: list[asyncio.subprocess.Process]) -> None:
    await stop.wait()
    _end(others)


async def _count(store: Store, edition: Edition, on_progress: Progress) -> None:
    while True:
        await asyncio.sleep(_COUNT_SECONDS)
        tally = await asyncio.to_thread(store.deliveries.tally, edition)  # the whole ledger: not often
        on_progress(tally.audience - tally.pending - tally.claimed - tally.offered - tally.deferred, tally.audience)


def _end(others: list[asyncio.subprocess.Process]) -> None:
    for other in others:
        if other.returncode is None:
            other.terminate()


def _with(settings: Settings, connections: int) -> Settings:
    return settings.model_copy(update={"smtp": settings.smtp.model_copy(update={"connections": connections})})
