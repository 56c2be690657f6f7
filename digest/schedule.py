"""The service: every newsletter at its time, by APScheduler; what was missed is caught up, and no slot goes twice.

Only *when* is decided here.  Whether a slot has gone out, and to whom, the store knows: a second service, or a
send by hand at the same moment, takes nothing away and adds nothing.

The scheduler only wakes the service; the work runs in the service's own task.  A job of APScheduler's is cancelled
when the scheduler shuts down, and would leave messages in flight without their replies.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from digest import pipeline
from digest.config import Settings
from digest.errors import DigestError, MailServerRefused
from digest.model import Edition, EditionStatus, Newsletter, edition_key
from digest.pipeline.apart import apart
from digest.pipeline.ending import ending_when
from digest.store import Store

_log = structlog.get_logger(__name__)
_OPEN = (EditionStatus.DRAFT, EditionStatus.SKIPPED)
_NOT_BEGUN = (EditionStatus.DRAFT, EditionStatus.APPROVED)
_LOOK_SECONDS = 1.0
_MOST_TOLD = 20  # of what was skipped
_TICK = timedelta(seconds=60)  # what failed, was deferred or found no relay is tried again this often
# What a relay refused us is not mended by trying: wrong passwords lock accounts.  Twice as long each time.
_LONGEST_AT_ONE = timedelta(minutes=1)  # a list at a low rate takes hours, and other newsletters have their hour
_AFTER_A_REFUSAL, _LONGEST_AFTER_REFUSALS = timedelta(minutes=2), timedelta(minutes=16)


class Service:
    """Runs the newsletters of one site until it is told to stop."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        clock: Callable[[], datetime],
        tick: timedelta = _TICK,
        longest_at_one: timedelta = _LONGEST_AT_ONE,
        take_turn: Callable[[Newsletter], Awaitable[None]] | None = None,
        hand_over: Callable[[Edition], Awaitable[None]] | None = None,
    ) -> None:
        """Where workers share the load, `take_turn` has one of them call `turn_of`, and `hand_over` has them send."""
        self._tick, self._longest_at_one = tick, longest_at_one
        self._take_turn, self._hand_over = take_turn or self.turn_of, hand_over
        self._settings, self._store, self._clock = settings, store, clock
        self._newsletters = pipeline.partners_first(settings)  # a pair's follower needs its partner's edition
        self._waits: dict[str, datetime] = {}  # editions of which nobody may have mail before
        self._refusals: Counter[str] = Counter()  # in a row, by edition
        self._cut: set[str] = set()  # editions whose send let others go first in this turn
        self._left_behind: set[str] = set()  # editions that were told to be
        self._settled: set[str] = set()  # editions that were found to be skipped at their slot
        self._disarmed = ""  # why nothing is sent, as it was told
        self._stop = asyncio.Event()
        self._awake = asyncio.Event()

    def stop(self) -> None:
        """Finish the messages in flight, record them, and return from `run`."""
        self._stop.set()
        self._awake.set()

    async def run(self, *, on_ready: Callable[[list[tuple[Newsletter, datetime]]], None] = lambda _next: None) -> None:
        """Catch up what was missed within its grace, then wait for each slot; returns after `stop`."""
        scheduler = AsyncIOScheduler()
        for newsletter in self._newsletters:
            # Late is better than never here: whether it is too late, the turn itself decides by the grace.
            scheduler.add_job(
                self._wake, cron_trigger(newsletter), id=newsletter.id, misfire_grace_time=None, coalesce=True
            )
        tick = IntervalTrigger(seconds=self._tick.total_seconds())
        scheduler.add_job(self._wake, tick, id="tick", misfire_grace_time=None, coalesce=True)
        scheduler.start()
        try:
            now = self._clock()
            on_ready(sorted(((n, pipeline.slot_coming(n, now=now)) for n in self._newsletters), key=lambda due: due[1]))
            while not self._stop.is_set():
                self._awake.clear()
                await self.turn()
                await self._awake.wait()
        finally:
            scheduler.shutdown(wait=False)
            _log.info("stopped")

    async def turn(self) -> None:
        """Do what is due at this moment, newsletter by newsletter: see `turn_of`."""
        for newsletter in self._newsletters:
            if self._stop.is_set():
                return
            try:
                await self._take_turn(newsletter)
            except DigestError as error:
                _log.error("not sent", newsletter=newsletter.id, problem=str(error))

    async def turn_of(self, newsletter: Newsletter) -> None:
        """Do what is due of a newsletter: a slot within its grace, then editions that are not finished.

        What fails, whatever it is, is logged, and the next turn tries again.  From a database that was copied or
        restored nothing is done, until it is armed.
        """
        if not await self._is_armed():
            return
        self._cut.clear()
        for work in (self._end_late, self._draft_ahead, self._publish_due, self._resume):
            if self._stop.is_set():
                return
            try:
                await work(newsletter)
            except DigestError as error:
                # The sentence tells what to do.
                _log.error("not sent", newsletter=newsletter.id, problem=str(error))
            except Exception:  # noqa: BLE001 - told with its traceback; the others go out all the same
                _log.exception("not sent: this is a bug of digest", newsletter=newsletter.id)

    async def _is_armed(self) -> bool:
        try:
            await asyncio.to_thread(pipeline.require_armed, self._settings, self._store, now=self._clock())
        except DigestError as error:
            if str(error) != self._disarmed:  # once, not every minute
                _log.error("nothing is sent", problem=str(error))
            self._disarmed = str(error)
            return False
        if self._disarmed:
            _log.info("armed: mail goes out again")
        self._disarmed = ""
        return True

    async def _wake(self) -> None:
        self._awake.set()

    async def _end_late(self, newsletter: Newsletter) -> None:
        """Deal with editions whose deadline has come, first of all: what is merged, the next edition is made of."""
        now = self._clock()
        for edition in pipeline.overdue_editions(self._store, newsletter, now=now):
            await pipeline.after_deadline(self._settings, self._store, newsletter, edition.slot, now=now)

    async def _publish_due(self, newsletter: Newsletter) -> None:
        """Collect, build and send the latest slot, unless it is done or past its grace."""
        now = self._clock()
        slot = pipeline.slot_past(newsletter, now=now)
        if now - slot > self._settings.newsletters[newsletter.id].grace or pipeline.closed(newsletter, slot, now=now):
            return
        kept = self._store.editions.get(newsletter.id, slot)
        if kept is not None and kept.status is not EditionStatus.SKIPPED:
            self._settled.discard(kept.key)  # somebody took the skip back
        if kept is not None and (kept.status.ended or kept.key in self._settled or _held(kept)):
            return
        if kept is not None and kept.status is EditionStatus.PAUSED:
            return
        log = _log.bind(newsletter=newsletter.id, slot=slot.isoformat())
        # One that was skipped for want of stories before its slot may have them by now.
        if kept is None or kept.status in (EditionStatus.DRAFT, EditionStatus.SKIPPED):
            await self._collect(now)
        if kept is None or kept.status is not EditionStatus.SENDING:
            edition = await self._build(newsletter, slot)
            if edition.status is EditionStatus.SKIPPED:
                self._settled.add(edition.key)
            edition = await pipeline.at_its_slot(self._settings, self._store, newsletter, edition, now=self._clock())
            if edition.status is EditionStatus.DRAFT and newsletter.approval == "required":
                return  # held; once it is approved, a turn within the grace sends it
        if not self._stop.is_set():
            await self._send(newsletter, slot)
            log.info("next", at=pipeline.slot_coming(newsletter, now=self._clock()).isoformat())

    async def _draft_ahead(self, newsletter: Newsletter) -> None:
        """Lay the draft of the coming slot on the editors' desk, where somebody must approve it."""
        now = self._clock()
        slot = pipeline.slot_coming(newsletter, now=now)
        ahead = self._settings.newsletters[newsletter.id].draft_before
        if newsletter.approval == "auto" or slot - now > ahead:
            return
        kept = self._store.editions.get(newsletter.id, slot)
        if kept is not None and (kept.status not in _OPEN or _told(kept)):
            return
        await self._collect(now)
        edition = await self._build(newsletter, slot)
        if edition.status is EditionStatus.SKIPPED and (kept is None or kept.status is EditionStatus.DRAFT):
            await pipeline.tell_editors(self._settings, newsletter, edition, "has too few stories", now=self._clock())
        await pipeline.lay_on_desk(self._settings, self._store, newsletter, edition, now=self._clock())

    async def _collect(self, now: datetime) -> None:
        if self._settings.sources:
            found = await asyncio.to_thread(pipeline.collect, self._settings, self._store, now=now)
            _warn_of("article", found.problems)
            _log.info("collected", new=found.new, replaced=found.replaced, problems=len(found.problems))

    async def _build(self, newsletter: Newsletter, slot: datetime) -> Edition:
        return await asyncio.to_thread(
            pipeline.build,
            self._store,
            newsletter,
            slot,
            now=self._clock(),
            rewriter=pipeline.rewriter_of(self._settings),
            partners=pipeline.partners_of(self._settings, newsletter),
            run=apart,
            passed=pipeline.passed_over(self._settings, newsletter, slot, now=self._clock()),
        )

    async def _resume(self, newsletter: Newsletter) -> None:
        """Go on with editions that began to go out and are not finished, while they are still news."""
        self._tell_left_behind(newsletter)
        for edition in pipeline.unfinished(self._settings, self._store, newsletter, now=self._clock()):
            if edition.key not in self._cut and not pipeline.closed(newsletter, edition.slot, now=self._clock()):
                await self._send(newsletter, edition.slot)

    def _tell_left_behind(self, newsletter: Newsletter) -> None:
        """Say once of each edition that is news no more whom it has not reached: nothing sends it by itself."""
        for edition in self._store.editions.recent(newsletter.id, limit=10):
            if edition.status is not EditionStatus.SENDING or edition.key in self._left_behind:
                continue
            tally = self._store.deliveries.tally(edition)
            if pipeline.is_left_behind(edition, tally, now=self._clock()):
                self._left_behind.add(edition.key)
                by_hand = f"digest send {newsletter.id} --slot {edition.slot:%Y-%m-%dT%H:%M}"
                _log.warning("left unfinished after a day", edition=edition.key, due=tally.pending, by_hand=by_hand)

    async def _send(self, newsletter: Newsletter, slot: datetime) -> None:
        if self._hand_over is not None:
            started = await pipeline.start(self._settings, self._store, newsletter, slot, clock=self._clock)
            _warn_of("list line", started.problems, edition=started.edition.key)
            if started.mail is not None:
                await self._hand_over(started.edition)
            return
        key = edition_key(newsletter.id, slot)
        wait = self._waits.get(key)
        if wait is not None and self._clock() < wait:
            return
        try:
            async with self._until_others_are_due(newsletter) as ending:
                sent = await pipeline.send(
                    self._settings, self._store, newsletter, slot, clock=self._clock, stop=ending
                )
        except MailServerRefused:
            self._waits[key] = self._clock() + min(
                _AFTER_A_REFUSAL * 2 ** min(self._refusals[key], 9), _LONGEST_AFTER_REFUSALS
            )
            self._refusals[key] += 1
            raise
        del self._refusals[key]
        log = _log.bind(edition=sent.edition.key, status=sent.edition.status)
        _warn_of("list line", sent.problems, edition=sent.edition.key, status=sent.edition.status)
        counts = {name: count for name, count in pipeline.counts(sent.tally).items() if count}
        if sent.held_until is not None:
            log = log.bind(held_by=sent.held_by, held_until=sent.held_until.isoformat(timespec="seconds"))
            if sent.tally.pending:  # a limit of the whole site: until then not one may go
                self._waits[sent.edition.key] = sent.held_until
        if ending.is_set() and not self._stop.is_set() and sent.edition.status is EditionStatus.SENDING:
            self._cut.add(key)
            self._awake.set()  # the others have their turn, and then this one goes on
            log.info("others are due: it goes on after them", **counts)
            return
        log.info("edition done", note=sent.edition.note, **counts)

    def _until_others_are_due(self, newsletter: Newsletter) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set by `stop`, and when it is time to let another newsletter go that has something due.

        At once where its slot has come since; else after a while.
        """
        loop, begun = asyncio.get_running_loop(), self._clock()
        others = [other for other in self._newsletters if other.id != newsletter.id]
        longest = self._longest_at_one.total_seconds()
        next_look = loop.time() + longest

        def others_are_due() -> bool:
            nonlocal next_look
            now = self._clock()
            if any(pipeline.slot_past(other, now=now) > begun for other in others):
                return True
            if loop.time() < next_look:
                return False
            next_look = loop.time() + longest
            try:
                return any(self._has_work(other, now=now) for other in others)
            except DigestError as error:  # what is recorded has its own errors
                _log.warning("cannot see whether others are due", problem=str(error))
                return False

        return ending_when(others_are_due, self._stop, look_seconds=lambda: min(longest, _LOOK_SECONDS))

    def _has_work(self, newsletter: Newsletter, *, now: datetime) -> bool:
        """Tell whether a turn of a newsletter would send, or build to send."""
        slot = pipeline.slot_past(newsletter, now=now)
        kept = self._store.editions.get(newsletter.id, slot)
        grace = self._settings.newsletters[newsletter.id].grace
        if (kept is None or kept.status in _NOT_BEGUN) and now - slot <= grace and not (kept and _held(kept)):
            return not pipeline.closed(newsletter, slot, now=now)
        return bool(pipeline.unfinished(self._settings, self._store, newsletter, now=now))


def _told(edition: Edition) -> bool:
    """Tell whether its editors know of a draft."""
    return edition.status is EditionStatus.DRAFT and bool(edition.note)


def _held(edition: Edition) -> bool:
    """Tell whether its slot has come, and a draft waits for its approval: the editors were told."""
    return edition.status is EditionStatus.DRAFT and edition.note == pipeline.HELD


def cron_trigger(newsletter: Newsletter) -> CronTrigger:
    """Fire at each slot of the newsletter, and now and then once more: see digest/edition/slots.py."""
    schedule = newsletter.schedule
    return CronTrigger(
        day_of_week=",".join(str(day) for day in sorted(schedule.weekdays)),
        hour=schedule.at.hour,
        minute=schedule.at.minute,
        timezone=newsletter.timezone,
    )


def _warn_of(what: str, problems: Sequence[object], **bound: str) -> None:
    """Log what was skipped, a line each, but no thousands of lines of one mistake at every slot."""
    for problem in problems[:_MOST_TOLD]:
        _log.warning(f"{what} skipped", problem=str(problem), **bound)
    if len(problems) > _MOST_TOLD:
        _log.warning(f"{what}s skipped", more=len(problems) - _MOST_TOLD, **bound)
