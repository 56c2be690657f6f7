"""One worker: takes a job at a time until told to stop, and takes over what a dead one left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from procrastinate import exceptions
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from digest import pipeline
from digest.config import Settings
from digest.errors import MailServerError
from digest.model import Edition, EditionStatus, Newsletter
from digest.store import Store
from digest.workers.queue import PART, QUEUES, SEND, SHEPHERD, SITE, TURN, Queue, naming

_log = structlog.get_logger(__name__)
_LONGEST_WAIT_SECONDS = 300
_POLL_SECONDS = 2.0  # for a job that no notification told of
_RECONNECT_SECONDS = 1.0
_SHORTEST_REST_SECONDS, _LONGEST_REST_SECONDS = 5.0, 60.0
_WHILE_PARTS_ARE_OUT = timedelta(seconds=2)


class _Stopped(Exception):
    """The worker was told to stop in the middle of a part, which goes back into the queue."""


class _Again(BaseRetryStrategy):
    """Put a job that failed back, after a while that doubles: what is due is in the ledger, and must be tried."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Wait 5, 10, 20 ... seconds; not at all for one that was stopped."""
        seconds = 0 if isinstance(exception, _Stopped) else min(5 * 2**job.attempts, _LONGEST_WAIT_SECONDS)
        return RetryDecision(retry_in={"seconds": seconds})


class Worker:
    """Works for a site until told to stop; any number may, on any number of machines.

    A worker has its store to itself: it sends one part at a time.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Callable[[], datetime],
        turn: Callable[[Newsletter], Awaitable[None]],
        queues: Sequence[str] = QUEUES,
    ) -> None:
        """`turn` does what is due of a newsletter at this moment."""
        self._settings, self._store, self._clock, self._turn = settings, store, clock, turn
        self._queues = list(queues)
        self._lease = settings.delivery.lease
        self._queue = Queue(settings)
        self._stop = asyncio.Event()
        self._mail: pipeline.Mail | None = None  # of the edition that was sent last
        self._tired = asyncio.Event()  # of relays that cannot be had from here
        self._rest_seconds = 0.0
        tasks = ((TURN, SITE, self._take_turn), (SHEPHERD, SEND, self._look_after), (PART, SEND, self._send_part))
        for name, queue, work in tasks:
            self._queue.app.task(name=name, queue=queue, retry=_Again())(work)

    def stop(self) -> None:
        """Finish the messages in flight, record them, and return from `run`."""
        self._stop.set()

    async def run(self) -> None:
        """Take jobs until `stop`; where the database goes away, until it is back.

        Raises StoreError where it cannot be had at first.
        """
        async with self._queue:
            while not self._stop.is_set():
                self._tired.clear()
                working = asyncio.create_task(self._work())
                others = [asyncio.create_task(one) for one in (self._stop.wait(), self._tired.wait())]
                rescuing = asyncio.create_task(self._take_over())
                await asyncio.wait((working, *others), return_when=asyncio.FIRST_COMPLETED)
                for one in (rescuing, *others, working):
                    one.cancel()  # a worker ends the job that it is at first
                try:
                    await working
                except asyncio.CancelledError:
                    await self._pause(self._rest_seconds if self._tired.is_set() else 0)
                except (exceptions.ProcrastinateException, OSError) as error:
                    _log.warning("the queue went away", problem=str(error))
                    await self._pause(_RECONNECT_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    async def _work(self) -> None:
        await self._queue.app.run_worker_async(
            queues=self._queues,
            concurrency=1,
            delete_jobs="successful",
            fetch_job_polling_interval=_POLL_SECONDS,
            install_signal_handlers=False,
            update_heartbeat_interval=self._lease.total_seconds() / 4,
            stalled_worker_timeout=self._lease.total_seconds(),
        )

    async def _take_over(self) -> None:
        """Put jobs of workers that were not heard of for a lease back into the queue."""
        manager = self._queue.app.job_manager
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 2)
            with suppress(exceptions.ConnectorException):  # `run` tells of a database that is away
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._lease.total_seconds()):
                    _log.warning("a worker died: its job is taken over", task=job.task_name, job=job.id)
                    with suppress(exceptions.ConnectorException):  # another worker came first
                        await manager.retry_job(job)

    async def _take_turn(self, newsletter: str) -> None:
        await self._turn(self._settings.newsletter(newsletter))

    async def _look_after(self, newsletter: str, slot: str) -> None:
        """Hand out what is left of an edition unless parts of it are out, and look again in a while."""
        found = self._edition(newsletter, slot)
        if found is None:
            return
        edition = naming(found)
        wait: timedelta | None = _WHILE_PARTS_ARE_OUT
        if not await self._queue.has_parts(edition):
            whose = self._settings.newsletter(newsletter)
            share = await pipeline.share_out(self._settings, self._store, whose, found, clock=self._clock)
            await self._queue.put_parts(edition, [*share.parts, *([None] if share.retry else [])])
            wait = share.again_in
        if wait is not None:
            await self._queue.shepherd(edition, wait=wait)

    async def _send_part(self, newsletter: str, slot: str, within: Sequence[int] | None) -> None:
        mail = self._mail
        if mail is None or naming(mail.edition) != {"newsletter": newsletter, "slot": slot}:
            edition = self._edition(newsletter, slot)
            if edition is None:
                return
            mail = pipeline.mail_of(self._settings, self._store, self._settings.newsletter(newsletter), edition)
            self._mail = mail
        if mail is None or self._store.editions.status(mail.edition) is not EditionStatus.SENDING:
            return
        part = None if within is None else (within[0], within[1])
        try:
            done = await pipeline.send_part(
                self._settings, self._store, mail, clock=self._clock, within=part, stop=self._stop
            )
        except MailServerError as error:
            # Another worker may reach it.  This one has none of its part in hand any more, and takes no other soon.
            self._rest_seconds = min(max(2 * self._rest_seconds, _SHORTEST_REST_SECONDS), _LONGEST_REST_SECONDS)
            self._tired.set()
            _log.warning("part given up", edition=mail.edition.key, rest=self._rest_seconds, problem=str(error))
            return
        self._rest_seconds = 0.0 if done.sent else self._rest_seconds
        log = _log.bind(edition=mail.edition.key, within=within, sent=done.sent, deferred=done.deferred)
        log.info("part done", failed=done.failed, uncertain=done.uncertain)
        if self._stop.is_set():
            raise _Stopped

    def _edition(self, newsletter: str, slot: str) -> Edition | None:
        """Find an edition that is on its way; None for one that was stopped or has ended."""
        zone = self._settings.newsletter(newsletter).timezone
        found = self._store.editions.get(newsletter, datetime.fromisoformat(slot).astimezone(zone))
        return found if found is not None and found.status is EditionStatus.SENDING else None
