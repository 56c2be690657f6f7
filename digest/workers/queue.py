"""The same work, spread over machines: PostgreSQL holds the state, and Procrastinate's queue carries the jobs.

    turn       what is due of one newsletter: collect, condense, build, approve, start    queue "site"
    shepherd   an edition on its way: hands out what is left of it, until nobody is       queue "send"
    part       a range of its audience, or those whose deferred mail is due again         queue "send"

Each job runs the function of the pipeline that one machine alone runs in its own process.  A job says what to look at,
never what is true: the ledger decides who is left, so a job that runs twice, or after its worker was taken for dead,
reaches nobody twice.  Whoever takes "site" jobs needs the site's folders; for "send" the settings are enough.
Kept out: when a turn is due (schedule.py), and what a turn does; it is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any, Self

import procrastinate
from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from sqlalchemy.engine import make_url

from digest.config import Settings
from digest.errors import ConfigError, StoreError
from digest.model import Edition, Newsletter

SITE, SEND = "site", "send"
QUEUES = (SITE, SEND)
NAME = "digest queue"  # of its connections, as the database knows them
TURN, SHEPHERD, PART = "digest.turn", "digest.shepherd", "digest.part"

_FIRST = 100  # a shepherd before the parts: without it there are none
_AT_ONE_PRIORITY = 20  # parts: the first ones of an edition go before the later ones of another that began earlier
_PATIENCE_SECONDS = 5.0  # for a connection: whoever is told to stop while the database is away stops soon
_SCHEMA_LOCK = 0x6469_6765_7375
HAS_SCHEMA = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS there"
_OPEN_PARTS = f"""
SELECT EXISTS (
    SELECT 1 FROM procrastinate_jobs
    WHERE queue_name = '{SEND}' AND task_name = '{PART}' AND status IN ('todo', 'doing')
      AND args->>'newsletter' = %(newsletter)s AND args->>'slot' = %(slot)s
) AS there
"""  # noqa: S608 - constants


class Queue:
    """Where jobs are put; a context manager.  For sites whose database is PostgreSQL."""

    def __init__(self, site: Settings | str) -> None:
        """`site` is its settings, or its database's address; raises ConfigError for another database."""
        address = make_url(site if isinstance(site, str) else site.database_url)
        if address.get_backend_name() != "postgresql":
            raise ConfigError(
                "workers share their work through PostgreSQL, and this site has its own file",
                where="site.database",
                remedy="digest db copy moves a site over; on one machine, digest run sends by itself",
            )
        self.where = address.set(query={}).render_as_string(hide_password=True)
        conninfo = address.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo,
            min_size=1,
            max_size=4,
            timeout=_PATIENCE_SECONDS,
            kwargs={"application_name": NAME},
        )
        self.app = procrastinate.App(connector=connector)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._stack.enter_async_context(self.app.open_async())
            await self._make_schema()
        except (exceptions.ConnectorException, OSError) as error:
            await self._stack.aclose()
            raise StoreError(f"the queue cannot be used ({said(error)})", where=self.where) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def take_turn(self, newsletter: Newsletter) -> None:
        """Have a worker do what is due of `newsletter`; once, however many ask before it has."""
        await self._defer(TURN, SITE, {"newsletter": newsletter.id}, once=f"turn/{newsletter.id}")

    async def hand_over(self, edition: Edition) -> None:
        """Have the workers send what is left of `edition`; once, however many ask."""
        await self.shepherd(naming(edition), wait=timedelta(0))

    async def shepherd(self, edition: Mapping[str, str], *, wait: timedelta) -> None:
        """Look after the edition again in a while; see `hand_over`."""
        once = "shepherd/{newsletter}/{slot}".format(**edition)
        await self._defer(SHEPHERD, SEND, dict(edition), once=once, wait=wait)

    async def put_parts(self, edition: Mapping[str, str], parts: Sequence[tuple[int, int] | None]) -> None:
        """Put parts of an edition into the queue; None stands for those who are due again."""
        for start in range(0, len(parts), _AT_ONE_PRIORITY):
            some = parts[start : start + _AT_ONE_PRIORITY]
            jobs: list[dict[str, Any]] = [{**edition, "within": part and list(part)} for part in some]
            task = self.app.configure_task(PART, queue=SEND, priority=-(start // _AT_ONE_PRIORITY))
            await task.batch_defer_async(*jobs)

    async def take_over(self, *, lease: timedelta, me: int | None, at: int | None, idle: set[int]) -> list[Job]:
        """Put jobs back that nobody is at; gives them.

        Those of workers that were not heard of for a `lease`; and of the worker `me` those that it is not `at`, now or
        when it last looked, whose end it could not write down.  `idle` is what it found then, and holds what it finds
        now: one that is seen once has just been fetched, or is about to end, and put back it would be lost.
        """
        manager = self.app.job_manager
        left = list(await manager.get_stalled_jobs(seconds_since_heartbeat=lease.total_seconds()))
        if me is not None:
            mine = [job for job in await manager.list_jobs_async(status="doing", worker_id=me) if job.id != at]
            left += [job for job in mine if job.id in idle]
            idle.clear()
            idle.update(job.id for job in mine if job.id is not None)
        for job in left:
            with suppress(exceptions.ConnectorException):  # another worker came first
                try:
                    await manager.retry_job(job)
                except exceptions.UniqueViolation:
                    # The same was asked for again meanwhile, and waits until this one is out of its way.
                    await manager.finish_job(job, status=Status.ABORTED, delete_job=True)
        return left

    async def has_parts(self, edition: Mapping[str, str]) -> bool:
        """Tell whether parts of an edition wait, or are worked at."""
        found = await self.app.connector.execute_query_one_async(_OPEN_PARTS, **edition)
        return bool(found["there"])

    async def _defer(
        self, task: str, queue: str, job: Mapping[str, Any], *, once: str, wait: timedelta = timedelta(0)
    ) -> None:
        seconds = {"seconds": max(1, round(wait.total_seconds()))} if wait else None
        configured = self.app.configure_task(
            task, queue=queue, priority=_FIRST, lock=once, queueing_lock=once, schedule_in=seconds
        )
        with suppress(exceptions.AlreadyEnqueued):
            try:
                await configured.defer_async(**job)
            except exceptions.ConnectorException as error:
                raise StoreError(f"the queue cannot be used ({said(error)})", where=self.where) from error

    async def _make_schema(self) -> None:
        connector = self.app.connector
        if (await connector.execute_query_one_async(HAS_SCHEMA))["there"]:
            return
        # Two that open it together: one makes it, and the other finds it made.
        guarded = f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK});\n{self.app.schema_manager.get_schema()}"
        try:
            await connector.execute_query_async(guarded.replace("%", "%%"))
        except exceptions.ConnectorException:
            if not (await connector.execute_query_one_async(HAS_SCHEMA))["there"]:
                raise


def said(error: BaseException) -> str:
    """Give what the driver said: Procrastinate's own errors say no more than that there was one."""
    return " ".join(str(error.__cause__ or error).split())


def naming(edition: Edition) -> dict[str, str]:
    """Name an edition in a job: the slot with its offset, for the repeated hour is two slots."""
    return {"newsletter": edition.newsletter, "slot": edition.slot.isoformat()}
