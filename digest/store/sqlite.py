"""SQLite: one file, or a database in memory.

Durability.  SQLite runs in WAL with synchronous=NORMAL: a commit is in the operating system's hands when it returns,
so a process killed at any instant loses nothing that was committed.  Only a power cut or a crash of the kernel may take
the last commits, always from the end and never half of one, and it never damages the file
(https://www.sqlite.org/pragma.html#pragma_synchronous).  In the ledger that means: a delivery whose `sent` was lost so
stands as claimed or offered again, and the worst is a second copy with the same Message-ID.

Writers.  A transaction that reads first and writes later fails at once with SQLITE_BUSY when another process wrote in
between; waiting cannot help it.  So whoever means to write says BEGIN IMMEDIATE and queues for the write lock at the
start, where the busy timeout holds.  Readers never wait for writers.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from digest.errors import StoreError, StoreFull
from digest.store.database import Database

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
# 40 MB of log between two checkpoints, each of which waits for the disk twice: with SQLite's own 1000 a turn of a send
# took 35 us of wall time a message, with this 21, for as much work.
_CHECKPOINT_PAGES = 10_000
_NEARLY_FULL_BYTES = 256 * 1024  # less than SQLite asks for to grow its shared-memory file, which fails as an I/O error


class Sqlite(Database):
    """A SQLite file (or `:memory:`)."""

    def __init__(self, url: URL, *, busy_timeout: timedelta) -> None:
        self.path = None if url.database in {None, "", ":memory:"} else Path(str(url.database))
        self.where = str(self.path) if self.path else "sqlite in memory"
        self.busy_timeout = busy_timeout
        if self.path:
            _make_folder(self.path)
        # A database in memory lives in its one connection; others queue for it.
        pool = {"pool_size": 5, "max_overflow": 20} if self.path else {"pool_size": 1, "max_overflow": 0}
        self._engine = create_engine(
            url,
            poolclass=QueuePool,
            connect_args={"check_same_thread": False, "timeout": busy_timeout.total_seconds()},
            # Rows hold addresses and whole articles: an error's text must not spread them over logs.
            hide_parameters=True,
            **pool,
        )
        event.listen(self._engine, "connect", self._on_connect)
        event.listen(self._engine, "begin", _on_begin)
        self._writer = self._engine.execution_options(digest_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database."""
        with self._our_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its start: kept whole, or on any error not at all."""
        with self._our_errors(), self._writer.begin() as connection:
            yield connection

    def writing_rows(self) -> AbstractContextManager[Connection]:
        """The same: SQLite has one lock for all rows."""
        return self.writing()

    def apace(self, work: Callable[[sqlite3.Connection], bool]) -> bool:
        """Run `work` in a transaction like that of `writing`, on the driver's own connection: a quarter of the cost.

        Kept where `work` says True; undone where it says False or raises.
        """
        with self._our_errors():
            pooled = self._engine.raw_connection()
            try:
                return _transaction(cast("sqlite3.Connection", pooled.driver_connection), work)
            finally:
                pooled.close()

    def close(self) -> None:
        """Close every connection; the last process to leave folds the write-ahead log into the file."""
        self._engine.dispose()

    def _on_connect(self, connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions by itself: _on_begin does (SQLAlchemy, "pysqlite transactions").
        connection.isolation_level = None
        if self.path:
            self._enter_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")

    def _enter_wal(self, connection: sqlite3.Connection) -> None:
        # Two processes that open a fresh file together: SQLite refuses the second at once, without the busy timeout.
        deadline = time.monotonic() + self.busy_timeout.total_seconds()
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if _code(error) not in _LOCKED or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise self._ours(error) from error
        except StatementError as error:  # a value that a column type refused: the caller's bug, as it was raised
            raise (error.orig or error) from error
        except PoolTimeoutError as error:
            raise StoreError("every connection to the database is in use", where=self.where) from error
        except SQLAlchemyError as error:
            raise StoreError(f"the database cannot be used ({error})", where=self.where) from error

    def _ours(self, error: DBAPIError | sqlite3.Error) -> StoreError:
        origin = error.orig if isinstance(error, DBAPIError) else error
        code = _code(origin)
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._disk_is_full()):
            return StoreFull(
                "the disk is full, and nothing of this step was kept",
                where=self.where,
                remedy="Free some space there, then run the same command again.",
            )
        if code in _LOCKED:
            seconds = self.busy_timeout.total_seconds()
            return StoreError(
                f"another program has kept the database locked for more than {seconds:g} seconds",
                where=self.where,
                remedy="Close what has it open (a database browser, a stuck digest), then run this again.",
            )
        if code in _DAMAGED:
            return StoreError(
                f"this is no digest database, or it is damaged ({origin})",
                where=self.where,
                remedy="Name another file in the configuration, or put a backup in its place.",
            )
        if code in _FORBIDDEN:
            return StoreError(
                f"the database cannot be opened or written ({origin})",
                where=self.where,
                remedy="Let this user write the file and its folder, or name another place in the configuration.",
            )
        return StoreError(f"the database refused ({origin})", where=self.where)

    def _disk_is_full(self) -> bool:
        return self.path is not None and shutil.disk_usage(self.path.parent).free < _NEARLY_FULL_BYTES


def _transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], bool]) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        kept = work(connection)
        connection.execute("COMMIT" if kept else "ROLLBACK")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return kept


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("digest_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _code(error: BaseException | None) -> int | None:
    extended = getattr(error, "sqlite_errorcode", None)  # the low byte is the kind, the rest its detail
    return None if extended is None else extended & 0xFF


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder of the database cannot be made ({error.strerror})",
            where=str(path.parent),
            remedy="Let this user write there, or name another place in the configuration.",
        ) from error
