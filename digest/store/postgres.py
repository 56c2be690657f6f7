"""PostgreSQL: a server that any number of processes on any number of machines share.

Writers.  `writing` takes one advisory lock of the database first, as SQLite's BEGIN IMMEDIATE does: whatever is right
on SQLite is right here as it stands.  Senders must not wait for one another: they use `writing_rows`, and lock the rows
that they decide on.  Both run READ COMMITTED: what is read after a lock is what was committed before it.

Durability.  A commit is on the server's disk when it returns (synchronous_commit, unless the server or the role says
otherwise): what was handed to a relay after it is known even if the server's machine loses its power.

A process that is stopped inside a transaction, or whose machine is cut off, would keep its locks: the server ends its
session after `_IDLE`, and both ends notice a dead line within half a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import psycopg
from psycopg import errors as sqlstates
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from digest.errors import StoreError, StoreFull
from digest.store.database import Database, Interrupted, plain

_WRITER = 0x6469_6765_7374  # "digest": the advisory lock of whoever writes alone
_IDLE = timedelta(seconds=15)  # inside a transaction; less than others wait for its locks
# A line whose other end is gone without a word: found after 10 + 3 x 5 seconds, here and on the server.
_KEEPALIVE = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "connect_timeout": "10",
}
_ON_SERVER = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
# A ledger that was empty when a plan was made has a million rows an hour later: its plans must not count on size.
_BY_INDEX = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}
_AGAIN = (sqlstates.SerializationFailure, sqlstates.DeadlockDetected)
# The server is there, or will be in a moment: not reached, shutting down, starting up, out of slots.
_AWAY = (
    sqlstates.AdminShutdown,
    sqlstates.CrashShutdown,
    sqlstates.CannotConnectNow,
    sqlstates.IdleInTransactionSessionTimeout,
)
# By kind, or by words: while a connection is made libpq gives no code, and the sentence is in the server's language.
_REFUSALS: tuple[tuple[tuple[type[psycopg.Error], ...], tuple[tuple[str, ...], ...], str, str], ...] = (
    (
        (sqlstates.InvalidCatalogName,),
        (("database", "does not exist"),),
        "the server has no such database",
        "Make it there: createdb NAME.",
    ),
    (
        (sqlstates.InvalidAuthorizationSpecification, sqlstates.InvalidPassword),
        (("password",), ("authentication",), ("pg_hba.conf",), ("role", "does not exist")),
        "the server refuses the login",
        "Give the password in DIGEST_SITE__DATABASE, in PGPASSWORD or in ~/.pgpass.",
    ),
    (
        (sqlstates.TooManyConnections,),
        (("too many clients",),),
        "the server has no connection left",
        "Raise its max_connections: a digest process takes a handful.",
    ),
    (
        (sqlstates.InsufficientPrivilege,),
        (),
        "this user may not do that",
        "Let it own the database: ALTER DATABASE name OWNER TO user.",
    ),
    (
        (sqlstates.ReadOnlySqlTransaction,),
        (),
        "the server takes no changes: it is a standby, or set read-only",
        "Name the primary server in site.database.",
    ),
)


class Postgres(Database):
    """A database of a PostgreSQL server."""

    def __init__(self, url: URL, *, busy_timeout: timedelta) -> None:
        shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
        self.where = shown.render_as_string(hide_password=True)  # without the query: it may hold a password too
        self.busy_timeout = busy_timeout
        self._reached = False
        reader = self._make_engine(url, _ON_SERVER, idle=4 * _IDLE, pool_pre_ping=True)
        self._reader = reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._alone = self._make_engine(url, _ON_SERVER | _BY_INDEX, idle=4 * _IDLE, pool_pre_ping=True)
        self._beside = self._make_engine(url, _ON_SERVER | _BY_INDEX, idle=_IDLE)

    def _make_engine(self, url: URL, session: Mapping[str, str], *, idle: timedelta, **options: Any) -> Engine:
        defaults = _KEEPALIVE | {"application_name": "digest"}
        given = {name: value for name, value in defaults.items() if name not in url.query}
        try:
            engine = create_engine(
                url.set(drivername="postgresql+psycopg"),
                connect_args=given,
                hide_parameters=True,  # rows hold addresses and whole articles
                pool_size=5,
                max_overflow=20,
                **options,
            )
        except SQLAlchemyError as error:
            raise StoreError(f"the database cannot be used ({error})", where=self.where) from error
        settings = {
            **session,
            "lock_timeout": str(round(self.busy_timeout.total_seconds() * 1000)),
            "idle_in_transaction_session_timeout": str(round(idle.total_seconds() * 1000)),
        }
        setting = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())

        def on_connect(connection: psycopg.Connection[Any], _record: Any) -> None:
            connection.autocommit = True
            connection.execute(setting)
            connection.autocommit = False

        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "connect", on_connect)
        return engine

    def _connect(self, dialect: Any, _record: Any, words: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Connect; wait for a server that was there before, as for a lock, for a restart takes it seconds."""
        deadline = time.monotonic() + self.busy_timeout.total_seconds()
        while True:
            try:
                connection = dialect.connect(*words, **named)
            except psycopg.OperationalError as error:
                if not self._reached or not _passes(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                self._reached = True
                return connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database."""
        with self._our_errors(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that no other of its kind runs beside: kept whole, or on any error not at all."""
        with self._our_errors(), self._alone.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
            yield connection

    @contextmanager
    def writing_rows(self) -> Iterator[Connection]:
        """One transaction beside others, which goes by indexes alone: kept whole, or on any error not at all."""
        with self._our_errors(beside=True), self._beside.begin() as connection:
            yield connection

    def at_once(self, statement: str, values: Mapping[str, Any]) -> bool:
        """Run one statement as a transaction of its own, in one round trip, prepared after its first use.

        Kept where it succeeds; where it divides by zero it is undone, and this says False.
        """
        with self._our_errors(beside=True):
            pooled = self._beside.raw_connection()
            driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
            try:
                driver.autocommit = True
                driver.execute(statement, values, prepare=True)
            except sqlstates.DivisionByZero:
                return False
            except psycopg.OperationalError:
                if driver.closed:
                    pooled.invalidate()
                raise
            finally:
                if not driver.closed:
                    driver.autocommit = False
                pooled.close()
            return True

    def close(self) -> None:
        """Close every connection."""
        for engine in (self._reader, self._alone, self._beside):
            engine.dispose()

    @contextmanager
    def _our_errors(self, *, beside: bool = False) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            raise self._ours(error, beside=beside) from error
        except StatementError as error:  # a value that a column type refused: the caller's bug, as it was raised
            raise (error.orig or error) from error
        except PoolTimeoutError as error:
            raise StoreError("every connection to the database is in use", where=self.where) from error
        except SQLAlchemyError as error:
            raise StoreError(f"the database cannot be used ({error})", where=self.where) from error

    def _ours(self, error: DBAPIError | psycopg.Error, *, beside: bool) -> StoreError:
        origin = error.orig if isinstance(error, DBAPIError) else error
        # Without the detail that the server adds: it has the row.
        said = plain(getattr(getattr(origin, "diag", None), "message_primary", None) or origin)
        if isinstance(origin, _AGAIN) or (beside and isinstance(origin, sqlstates.UniqueViolation)):
            return Interrupted(
                f"another program came first, and this step was undone ({said})",
                where=self.where,
                remedy="Run the same command again.",
            )
        if isinstance(origin, sqlstates.LockNotAvailable):
            seconds = self.busy_timeout.total_seconds()
            return StoreError(
                f"another program has kept the database locked for more than {seconds:g} seconds",
                where=self.where,
                remedy="SELECT * FROM pg_stat_activity shows which; end a stuck digest, then run this again.",
            )
        if isinstance(origin, sqlstates.DiskFull):
            return StoreFull(
                "the disk of the database server is full, and nothing of this step was kept",
                where=self.where,
                remedy="Free some space there, then run the same command again.",
            )
        for kinds, words, what, remedy in _REFUSALS:
            told = getattr(origin, "sqlstate", None) is None and any(
                all(one in said for one in all_of) for all_of in words
            )
            if isinstance(origin, kinds) or told:
                return StoreError(f"{what} ({said})", where=self.where, remedy=remedy)
        if isinstance(origin, psycopg.OperationalError) and _passes(origin):
            return Interrupted(
                f"the database server cannot be reached, or went away ({said})",
                where=self.where,
                remedy="Start it, or mend the address in site.database; what was committed is kept.",
            )
        return StoreError(f"the database refused ({said})", where=self.where)


def _passes(error: psycopg.OperationalError) -> bool:
    """Tell whether waiting may help: a restart passes, a wrong password does not."""
    return error.sqlstate is None or isinstance(error, (*_AWAY, sqlstates.TooManyConnections))
