"""Who has deliveries in hand, and which of them still live.

A sender is one open store.  It is dead when it said goodbye, when its process is gone from this machine, or when it was
not heard of for the length of a lease, whatever the reason: stopped, cut off, or on a machine that burnt down.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, insert, select, update

from digest.store.database import Database, repeated
from digest.store.schema import senders

LEASE = timedelta(minutes=2)
_BEAT = timedelta(seconds=5)  # a sender at work is heard of at least this often, and written down no oftener


class Senders:
    """The sender that this store is, and the others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._me: int | None = None
        self._seen: datetime | None = None

    @property
    def me(self) -> int | None:
        """The key of this store's sender; None while it has claimed nothing."""
        return self._me

    @repeated
    def join(self, now: datetime) -> int:
        """Write this sender down if it is not, and give its key."""
        with self._lock:
            if self._me is None:
                row = {"host": _machine(), "pid": os.getpid(), "started_at": now, "seen_at": now}
                with self._database.writing_rows() as connection:
                    self._me = connection.execute(insert(senders).returning(senders.c.id), row).scalar_one()
                self._seen = now
            return self._me

    @repeated
    def beat_in_time(self, now: datetime) -> None:
        """Renew the lease if it is time to, in a transaction of its own."""
        if not self._seen_lately(now):
            with self._database.writing_rows() as connection:
                self.beat(connection, now)

    def beat(self, connection: Connection, now: datetime) -> None:
        """Renew the lease within the caller's transaction."""
        if self._me is None or self._seen_lately(now):
            return
        connection.execute(update(senders).where(senders.c.id == self._me).values(seen_at=now))
        self._seen = now

    def _seen_lately(self, now: datetime) -> bool:
        return self._seen is not None and timedelta(0) <= now - self._seen < _BEAT

    @repeated
    def leave(self) -> None:
        """Say goodbye: what this sender still has in hand may be taken over at once."""
        with self._lock:
            if self._me is not None:
                with self._database.writing_rows() as connection:
                    connection.execute(update(senders).where(senders.c.id == self._me).values(seen_at=None))
                self._me = None


def dead(connection: Connection, holders: Collection[int], *, now: datetime, lease: timedelta) -> set[int]:
    """Tell which of `holders` will not come back, or must not."""
    rows = connection.execute(select(senders).where(senders.c.id.in_(sorted(holders)))).all()
    known = {row.id for row in rows}
    here = _machine()
    return (set(holders) - known) | {
        row.id
        for row in rows
        if row.seen_at is None or now - row.seen_at > lease or (row.host == here and not _runs(row.pid))
    }


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _machine() -> str:
    """Name the place where a process number means something: a host, one boot of it, and one container on it."""
    marks = [socket.gethostname()]
    for read in (_boot, _pid_namespace):
        try:
            marks.append(read())
        except OSError:  # not Linux: the host's name has to do, and the lease covers the rest
            marks.append("-")
    return "/".join(marks)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _pid_namespace() -> str:
    return str(Path("/proc/self/ns/pid").readlink())
