"""What the store asks of a database, whichever it is: two kinds of transaction, and the driver's errors made ours.

    reading()        one consistent view
    writing()        the only transaction of its kind at a time: what it reads stays true until it writes
    writing_rows()   beside others: whoever means to write what it read takes the row FOR NO KEY UPDATE first

sqlite.py and postgres.py keep these promises, each by its own means.
"""

from __future__ import annotations

import functools
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from digest.errors import StoreError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_PAUSE_SECONDS = 0.02  # before a second try, doubled for each further one
_LONGEST_PAUSE_SECONDS = 1.0


class Interrupted(StoreError):
    """The transaction ended through no fault of its own (a deadlock, a lost connection): the call may be repeated.

    It was undone; or, where the connection was lost at its very end, it may have been kept.
    """


class Database(ABC):
    """A database to read from and write to; every error that leaves here is a StoreError."""

    where: str  # as error messages name it; never with a password
    busy_timeout: timedelta

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view of the database."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction that excludes every other of its kind: kept whole, or on any error not at all."""

    @abstractmethod
    def writing_rows(self) -> AbstractContextManager[Connection]:
        """One transaction beside others, for what is guarded by rows it locks: kept whole, or on any error not at all.

        It may be undone in favour of another, and then says Interrupted: see `repeated`.
        """

    @abstractmethod
    def close(self) -> None:
        """Close every connection."""


class _HasDatabase(Protocol):
    _database: Database


_S = TypeVar("_S", bound=_HasDatabase)


def repeated(method: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """Let a method that is one transaction by `writing_rows` run again, for up to `busy_timeout`, when interrupted.

    Only where a second run after one that was kept does no harm.
    """

    @functools.wraps(method)
    def run(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        deadline: float | None = None
        pause = _PAUSE_SECONDS
        while True:
            try:
                return method(self, *args, **kwargs)
            except Interrupted:
                now = time.monotonic()
                deadline = deadline or now + self._database.busy_timeout.total_seconds()
                if now >= deadline:
                    raise
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that two do not meet again at once
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    return run


def plain(driver_error: Any) -> str:
    """Give a driver's words as one line."""
    return " ".join(str(driver_error).split())
