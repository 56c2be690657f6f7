"""Whether a host signs links with the secret that the other hosts of its database sign with.

A reader's link is good for the secret that signed it, and any host may be asked.  So the first host leaves a keyed
digest of its secret in the database, with a salt of this database; never the secret, nor anything a link could be made
with.  It stands in the guard's table, in a row of its own.  Hosts share PostgreSQL alone: a file has one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from digest.store.database import Database
from digest.store.schema import guard

_ROW = 2  # guard.py has the first


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSecret:
    """Which host's secret counts, and since when, UTC."""

    host: str
    since: datetime


class SharedSecret:
    """The digest of the secret that all hosts of a database sign with; each method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def other_than(self, key: bytes, *, host: str, now: datetime) -> KeptSecret | None:
        """Tell whose secret counts, where it is another than `key`; None where it is this one.

        Where none was left yet, this one is, under the name of `host`.
        """
        with self._database.reading() as connection:
            found = _row(connection)
            alone = connection.dialect.name != "postgresql"
        if alone:
            return None
        if found is None:
            with self._database.writing() as connection:
                found = _row(connection)  # another host may have come first
                if found is None:
                    _leave(connection, key, host=host, now=now)
                    return None
        return _unlike(found, key)

    def look(self, key: Callable[[], bytes]) -> KeptSecret | None:
        """Tell the same, and leave nothing; `key` is not asked for, and so not made, where there is none to compare."""
        with self._database.reading() as connection:
            found = _row(connection)
        return None if found is None else _unlike(found, key())

    def replace(self, key: bytes, *, host: str, now: datetime) -> None:
        """Let `key` count from now on: links that were signed with another are no good any more."""
        with self._database.writing() as connection:
            connection.execute(delete(guard).where(guard.c.id == _ROW))
            _leave(connection, key, host=host, now=now)


def _row(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(guard).where(guard.c.id == _ROW)).first()


def _unlike(row: Row[Any], key: bytes) -> KeptSecret | None:
    if hmac.compare_digest(_digest(key, salt=row.site), row.body):
        return None
    return KeptSecret(host=row.machine, since=row.advanced_at)


def _leave(connection: Connection, key: bytes, *, host: str, now: datetime) -> None:
    salt = secrets.token_hex(16)
    values = {"machine": host, "advanced_at": now, "site": salt, "body": _digest(key, salt=salt)}
    connection.execute(insert(guard), {"id": _ROW, "generation": 1, "place": ""} | values)


def _digest(key: bytes, *, salt: str) -> str:
    return hmac.new(key, f"digest: the secret of {salt}".encode(), hashlib.sha256).hexdigest()
