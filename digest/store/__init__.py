"""The database: articles, editions, subscribers and the delivery ledger, in one SQLite file or on PostgreSQL.

    with open_store("sqlite:///digest.db") as store:  # or postgresql://user@host/name
        store.articles.add(articles, collected=now)

Every method is one transaction, kept whole or not at all, and may be called from any thread.  Its errors are StoreError
and StoreFull.  Every instant is handed in aware, and comes back aware: in UTC, but an edition's slot and window in its
newsletter's zone, and an article's publication with its publisher's offset.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from digest.store.address import open_database
from digest.store.allowance import Grant, Limit, PerDay, Warmup, Window
from digest.store.articles import Added, Articles
from digest.store.copy import CopiedTable, OnRows, copy_database
from digest.store.database import Database
from digest.store.deliveries import Deliveries, Delivery, Recovered
from digest.store.editions import Editions
from digest.store.guard import Arming, Guard, Standing
from digest.store.limits import Limits, Pause
from digest.store.migrate import migrate
from digest.store.past import Past
from digest.store.proof import Member, Proof, Trace
from digest.store.put_off import PutOff
from digest.store.secret import KeptSecret, SharedSecret
from digest.store.senders import Senders
from digest.store.subscribers import ConsentEvent, Subscribers, SyncReport

__all__ = [
    "Added",
    "Arming",
    "Articles",
    "ConsentEvent",
    "CopiedTable",
    "Deliveries",
    "Delivery",
    "Editions",
    "Grant",
    "Guard",
    "KeptSecret",
    "Limit",
    "Limits",
    "Member",
    "OnRows",
    "Past",
    "Pause",
    "PerDay",
    "Proof",
    "PutOff",
    "Recovered",
    "SharedSecret",
    "Standing",
    "Store",
    "Subscribers",
    "SyncReport",
    "Trace",
    "Warmup",
    "Window",
    "open_store",
]


class Store:
    """An open database, migrated; a context manager that closes it.  See `open_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.articles = Articles(database)
        self.editions = Editions(database)
        self.subscribers = Subscribers(database)
        self._senders = Senders(database)
        self.deliveries = Deliveries(database, self._senders)
        self.put_off = PutOff(database, self._senders)
        self.proof = Proof(database)
        self.limits = Limits(database)
        self.past = Past(database)
        self.secret = SharedSecret(database)

    def guard(self, *, folder: Path, host: str) -> Guard:
        """Give what tells whether this database may send; `folder` and `host`: see Guard."""
        return Guard(self._database, folder=folder, host=host)

    def copy_to(self, other: Store, *, now: datetime, on_rows: OnRows = lambda _name, _rows: None) -> list[CopiedTable]:
        """Copy everything into `other`, which must be empty; see copy.py.  Raises StoreError with `other` as it was."""
        return copy_database(self._database, other._database, now=now, on_rows=on_rows)

    def close(self) -> None:
        """Let go of what this store has in hand (see Deliveries.recover), and of the database."""
        try:
            self._senders.leave()
        finally:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str, *, busy_timeout: timedelta = timedelta(seconds=30)) -> Store:
    """Open the database at `url`; make its tables, or migrate them, as needed.

    It is `sqlite:///path`, `sqlite://` for one in memory, or `postgresql://user@host/name`.  A relative path counts
    from the working directory; missing folders are made.  A writer waits up to `busy_timeout` for another.  Raises
    StoreError when the database cannot be used, or was made by a newer digest.
    """
    database = open_database(url, busy_timeout=busy_timeout)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Store(database)
