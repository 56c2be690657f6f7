"""The service: every newsletter at its time, by APScheduler; what was missed is caught up, and no slot goes twice.

Only *when* is decided here.  Whether a slot has gone out, and to whom, the store knows: a second service, or a
send by hand at the same moment, takes nothing away and adds nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from digest import pipeline
from digest.config import Settings
from digest.errors import DigestError
from digest.model import EditionStatus, Newsletter
from digest.pipeline.build import slot_coming, slot_past
from digest.store import Store

_log = structlog.get_logger(__name__)
_RESUME_SECONDS = 60  # deferred mail and a relay that was away are tried again this often


class Service:
    """Runs the newsletters of one site until it is told to stop."""

    def __init__(self, settings: Settings, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._settings, self._store, self._clock = settings, store, clock
        self._stop = asyncio.Event()
        self._turn = asyncio.Lock()  # one pipeline at a time: they share the store's one writer

    def stop(self) -> None:
        """Finish the messages in flight, record them, and return from `run`."""
        self._stop.set()

    async def run(self, *, on_ready: Callable[[list[tuple[Newsletter, datetime]]], None] = lambda _next: None) -> None:
        """Catch up what was missed within its grace, then wait for each slot; returns after `stop`."""
        newsletters = [self._settings.newsletter(name) for name in self._settings.newsletters]
        scheduler = AsyncIOScheduler()
        for newsletter in newsletters:
            scheduler.add_job(
                self.publish_due,
                _cron(newsletter),
                args=[newsletter],
                id=newsletter.id,
                # A machine that slept through nine wakes within the grace and still sends.
                misfire_grace_time=max(1, int(self._grace(newsletter).total_seconds())),
                coalesce=True,
            )
        scheduler.add_job(self.resume, IntervalTrigger(seconds=_RESUME_SECONDS), id="resume", coalesce=True)
        scheduler.start()
        try:
            on_ready(sorted(((n, slot_coming(n, now=self._clock())) for n in newsletters), key=lambda due: due[1]))
            for newsletter in newsletters:
                await self.publish_due(newsletter)
            await self.resume()
            await self._stop.wait()
        finally:
            scheduler.shutdown(wait=False)
            async with self._turn:  # a send under way sees `stop`, and ends with its replies recorded
                _log.info("stopped")

    async def publish_due(self, newsletter: Newsletter) -> None:
        """Collect, build and send the newsletter's latest slot, unless it is done or too late for it."""
        now = self._clock()
        slot = slot_past(newsletter, now=now)
        if now - slot > self._grace(newsletter) or self._stop.is_set():
            return
        log = _log.bind(newsletter=newsletter.id, slot=slot.isoformat())
        async with self._turn:
            kept = self._store.editions.get(newsletter.id, slot)
            if kept is not None and kept.status is EditionStatus.SENT:
                return
            try:
                if kept is None or kept.status is not EditionStatus.SENDING:
                    collected = await asyncio.to_thread(pipeline.collect, self._settings, self._store, now=now)
                    log.info("collected", new=collected.new, problems=len(collected.problems))
                sent = await pipeline.send(
                    self._settings, self._store, newsletter, slot, clock=self._clock, stop=self._stop
                )
            except DigestError as error:
                # The sentence tells what to do; the next turn tries again while the slot is within its grace.
                log.error("edition not sent", problem=str(error))  # noqa: TRY400 - the user's mistake, not a bug
                return
            log.info("edition done", status=sent.edition.status, note=sent.edition.note, sent=sent.tally.sent)
        _log.info("next", newsletter=newsletter.id, slot=slot_coming(newsletter, now=self._clock()).isoformat())

    async def resume(self) -> None:
        """Go on with every edition that began to go out and is not finished."""
        for newsletter_id in self._settings.newsletters:
            newsletter = self._settings.newsletter(newsletter_id)
            for edition in self._store.editions.recent(newsletter_id, limit=10):
                if edition.status is not EditionStatus.SENDING or self._stop.is_set():
                    continue
                async with self._turn:
                    try:
                        await pipeline.send(
                            self._settings, self._store, newsletter, edition.slot, clock=self._clock, stop=self._stop
                        )
                    except DigestError as error:
                        _log.error("edition waits", edition=edition.key, problem=str(error))

    def _grace(self, newsletter: Newsletter) -> timedelta:
        return self._settings.newsletters[newsletter.id].grace


def _cron(newsletter: Newsletter) -> CronTrigger:
    schedule = newsletter.schedule
    return CronTrigger(
        day_of_week=",".join(str(day) for day in sorted(schedule.weekdays)),
        hour=schedule.at.hour,
        minute=schedule.at.minute,
        timezone=newsletter.timezone,
    )
