"""One worker: takes a job at a time until told to stop, and takes over what a dead one left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog
from procrastinate import JobContext, exceptions
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from digest import pipeline
from digest.config import Settings
from digest.delivery import Memory
from digest.errors import DigestError, MailServerError, MessageTooLarge, NotArmed
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.ending import ending_when
from digest.store import Store
from digest.workers.queue import PART, QUEUES, SEND, SHEPHERD, SITE, TURN, Queue, naming, said

_log = structlog.get_logger(__name__)
_LONGEST_WAIT_SECONDS = 300
_POLL_SECONDS = 2.0  # for a job that no notification told of
_RECONNECT_SECONDS = 1.0
_SHORTEST_REST_SECONDS, _LONGEST_REST_SECONDS = 5.0, 60.0
_WHILE_PARTS_ARE_OUT = timedelta(seconds=2)
_AFTER_A_FAILURE = timedelta(seconds=5)
_UNTIL_ARMED = timedelta(minutes=1)  # between two looks whether a copied database may send by now
_LONGEST_PART = timedelta(seconds=15)  # turns wait for it, and other editions: a low rate may make it take an hour


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
        queue: Queue,
        clock: Callable[[], datetime],
        turn: Callable[[Newsletter], Awaitable[None]],
        queues: Sequence[str] = QUEUES,
        longest_part: timedelta = _LONGEST_PART,
    ) -> None:
        """`turn` does what is due of a newsletter at this moment; `queue` is opened and closed by `run`.

        What is left of a part after `longest_part` is handed out again.
        """
        self._settings, self._store, self._clock, self._turn = settings, store, clock, turn
        self._queues = list(queues)
        self._lease = settings.delivery.lease
        self._longest_part = longest_part
        self._queue = queue
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None  # that `run` runs in
        self._me: int | None = None  # its key in the queue, once it had a job
        self._at: int | None = None  # the job that it is at
        self._idle: set[int] = set()  # jobs that are its own, and that it was not at when it last looked
        self._mail: pipeline.Mail | None = None  # of the edition that was sent last
        self._memory = Memory()  # of receivers that asked for a pause
        self._disarmed = ""  # why nothing is sent, as it was told
        self._tired = asyncio.Event()  # of relays that cannot be had from here
        self._rest_seconds = 0.0
        app = queue.app
        app.task(name=TURN, queue=SITE, retry=_Again(), pass_context=True)(self._take_turn)
        app.task(name=SHEPHERD, queue=SEND, retry=_Again(), pass_context=True)(self._look_after)
        app.task(name=PART, queue=SEND, retry=_Again(), pass_context=True)(self._send_part)

    def stop(self) -> None:
        """Finish the messages in flight, record them, and return from `run`; may be called from any thread."""
        if self._loop is None:
            self._stop.set()
        else:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._stop.set)

    async def run(self) -> None:
        """Take jobs until `stop`; where the database goes away, until it is back.

        Raises StoreError where it cannot be had at first.
        """
        self._loop = asyncio.get_running_loop()
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
                    _log.warning("the queue went away", problem=said(error))
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
        """Put jobs back that nobody is at any more, time and again."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 2)
            with suppress(exceptions.ConnectorException):  # `run` tells of a database that is away
                left = await self._queue.take_over(lease=self._lease, me=self._me, at=self._at, idle=self._idle)
                for job in left:
                    _log.warning("nobody was at a job any more: it is taken over", task=job.task_name, job=job.id)

    @asynccontextmanager
    async def _busy_with(self, job: Job) -> AsyncIterator[None]:
        """Know which job it is at; what goes wrong with it is told."""
        self._me, self._at = job.worker_id, job.id
        self._idle.discard(job.id or 0)
        try:
            yield
        except _Stopped:
            raise
        except (DigestError, exceptions.ProcrastinateException) as error:
            problem = str(error) if isinstance(error, DigestError) else said(error)
            _log.error("job failed", task=job.task_name, **job.task_kwargs, problem=problem)
            raise
        except Exception:
            _log.exception("job failed: this is a bug of digest", task=job.task_name, **job.task_kwargs)
            raise
        finally:
            self._at = None

    def _knows(self, newsletter: str) -> bool:
        """Tell whether it is in the settings: these may be older or newer here than where the job was put."""
        if newsletter not in self._settings.newsletters:
            _log.warning("job of a newsletter that is not in the settings here", newsletter=newsletter)
            return False
        return True

    async def _take_turn(self, context: JobContext, newsletter: str) -> None:
        # Never put back: who asks for turns asks again in a minute, and may have done so already.
        if not self._knows(newsletter):
            return
        with suppress(Exception):
            async with self._busy_with(context.job):
                await self._turn(self._settings.newsletter(newsletter))

    async def _look_after(self, context: JobContext, newsletter: str, slot: str) -> None:
        """Hand out what is left of an edition unless parts of it are out, and look again in a while."""
        if not self._knows(newsletter):
            return  # whoever does hands its edition over again
        wait: timedelta | None = _AFTER_A_FAILURE
        with suppress(Exception):
            async with self._busy_with(context.job):
                wait = await self._hand_out(newsletter, slot)
        if wait is not None:
            # Another job than this one, which could not go back into the queue beside one that waits there already.
            await self._queue.shepherd({"newsletter": newsletter, "slot": slot}, wait=wait)

    async def _hand_out(self, newsletter: str, slot: str) -> timedelta | None:
        """Hand out what is left unless parts are out; gives when to look again, None for never."""
        found = self._edition(newsletter, slot)
        if found is None:
            return None
        edition = naming(found)
        if await self._queue.has_parts(edition):
            return _WHILE_PARTS_ARE_OUT
        whose = self._settings.newsletter(newsletter)
        try:
            share = await pipeline.share_out(self._settings, self._store, whose, found, clock=self._clock)
        except NotArmed as error:
            self._tell_disarmed(error)
            return _UNTIL_ARMED
        await self._queue.put_parts(edition, [*share.parts, *([None] if share.retry else [])])
        return share.again_in

    async def _send_part(self, context: JobContext, newsletter: str, slot: str, within: Sequence[int] | None) -> None:
        if not self._knows(newsletter):
            return  # it is handed out again, by whoever knows it
        async with self._busy_with(context.job):
            await self._send(newsletter, slot, None if within is None else (within[0], within[1]))

    async def _send(self, newsletter: str, slot: str, within: tuple[int, int] | None) -> None:
        mail = self._mail
        if (
            mail is None
            or naming(mail.edition) != {"newsletter": newsletter, "slot": slot}
            or mail.date != self._store.editions.mail_date(mail.edition)  # nobody had it, and it was made again
        ):
            edition = self._edition(newsletter, slot)
            if edition is None:
                return
            mail = pipeline.mail_of(self._settings, self._store, self._settings.newsletter(newsletter), edition)
            self._mail = mail
        if mail is None or self._store.editions.status(mail.edition) is not EditionStatus.SENDING:
            return
        try:
            async with self._for_a_while() as ending:
                done = await pipeline.send_part(
                    self._settings,
                    self._store,
                    mail,
                    clock=self._clock,
                    within=within,
                    stop=ending,
                    memory=self._memory,
                )
        except NotArmed as error:
            self._tell_disarmed(error)
            return  # whoever looks after the edition hands it out again once it is armed
        except MessageTooLarge as error:
            _log.error("part given up", edition=mail.edition.key, problem=str(error))  # it is paused
            return
        except MailServerError as error:
            # Another worker may reach it.  This one has none of its part in hand any more, and takes no other soon.
            self._rest_seconds = min(max(2 * self._rest_seconds, _SHORTEST_REST_SECONDS), _LONGEST_REST_SECONDS)
            self._tired.set()
            _log.warning("part given up", edition=mail.edition.key, rest=self._rest_seconds, problem=str(error))
            return
        self._disarmed = ""
        self._rest_seconds = 0.0 if done.sent else self._rest_seconds
        log = _log.bind(edition=mail.edition.key, within=within, sent=done.sent, deferred=done.deferred)
        log.info("part done", failed=done.failed, uncertain=done.uncertain)
        if self._stop.is_set():
            raise _Stopped

    def _tell_disarmed(self, error: NotArmed) -> None:
        if str(error) != self._disarmed:  # once, not with every job
            _log.error("nothing is sent", problem=str(error))
        self._disarmed = str(error)

    def _for_a_while(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when the worker is told to stop, and when a part has taken long enough."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._longest_part.total_seconds()
        return ending_when(lambda: loop.time() >= end, self._stop, look_seconds=lambda: end - loop.time())

    def _edition(self, newsletter: str, slot: str) -> Edition | None:
        """Find an edition that is on its way; None for one that was stopped or has ended."""
        zone = self._settings.newsletter(newsletter).timezone
        found = self._store.editions.get(newsletter, datetime.fromisoformat(slot).astimezone(zone))
        return found if found is not None and found.status is EditionStatus.SENDING else None
