"""What waits in a queue when its database is moved to another.

Jobs are not rows to be copied: their ids, locks and times are the old queue's.  What they ask for is put anew: whoever
looks after an edition that is on its way looks after it there.  Turns are not, for every `digest run` asks for them
once a minute; nor parts, which are handed out anew.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from sqlalchemy.engine import URL, make_url

from digest.errors import StoreError
from digest.workers.queue import HAS_SCHEMA, NAME, PART, SHEPHERD, Queue

# Of this database, and not of a session that a pool left behind: one that is at work, or waits for jobs.
_WHO_IS_THERE = """
SELECT count(DISTINCT coalesce(host(client_addr), 'this machine')), string_agg(DISTINCT host(client_addr), ', ')
FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s
"""
_ON_THEIR_WAY = """
SELECT DISTINCT args->>'newsletter', args->>'slot' FROM procrastinate_jobs
WHERE task_name IN (%s, %s) AND status IN ('todo', 'doing') ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The editions that jobs of a queue are to send, each as its newsletter and its slot with the offset."""

    editions: tuple[tuple[str, str], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Name them as commands do."""
        return tuple(f"{newsletter}/{slot[:16]}" for newsletter, slot in self.editions)


def waiting_in(address: str) -> Waiting:
    """Tell what waits in the queue of the database at `address`, if it has one; changes nothing.

    Raises StoreError where it cannot be read, or where a `digest run` or `digest worker` is connected to it: what they
    do after this is lost to whoever goes on from a copy.
    """
    url = make_url(address)
    if url.get_backend_name() != "postgresql":
        return Waiting()
    where = url.set(query={}).render_as_string(hide_password=True)
    try:
        with closing(psycopg.connect(_of_driver(url))) as connection:
            there = connection.execute(HAS_SCHEMA.encode()).fetchone()
            if there is None or not there[0]:
                return Waiting()
            found = connection.execute(_WHO_IS_THERE, (NAME,)).fetchone()
            if found is not None and found[0]:
                hosts = found[1] or "this machine"
                raise StoreError(
                    f"digest run or digest worker is connected to it (from {hosts})",
                    where=where,
                    remedy="Stop digest everywhere, then run this again: what waits in its queue goes along.",
                )
            rows = connection.execute(_ON_THEIR_WAY, (SHEPHERD, PART)).fetchall()
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise StoreError(f"what waits in its queue cannot be read ({said})", where=where) from error
    return Waiting(editions=tuple((str(newsletter), str(slot)) for newsletter, slot in rows))


def put_again(waiting: Waiting, address: str) -> None:
    """Have whoever works at the queue of `address` send the editions; once, however often it is called.

    Raises ConfigError where it is no PostgreSQL database, StoreError.
    """

    async def put() -> None:
        async with Queue(address) as queue:
            for newsletter, slot in waiting.editions:
                await queue.shepherd({"newsletter": newsletter, "slot": slot}, wait=timedelta(0))

    asyncio.run(put())


def _of_driver(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
