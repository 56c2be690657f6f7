"""Ledgers of past editions, dropped whole: what they came to stays with the edition, who had it is forgotten.

On PostgreSQL that is one table less, at once, however many rows it has; on SQLite the rows are deleted, and the file
keeps their room for later ones.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update

from digest.errors import UsageError
from digest.model import Edition, EditionStatus, Tally
from digest.store.database import Database
from digest.store.editions import edition_row, read_editions
from digest.store.partitions import drop_ledger
from digest.store.schema import claims, editions
from digest.store.tallies import tally_document, tally_of

_ENDED = (EditionStatus.SENT, EditionStatus.MERGED, EditionStatus.CANCELLED)


class Past:
    """The ledgers of editions that have ended; each method is one transaction and may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def with_ledger(self, *, before: datetime) -> list[Edition]:
        """Give the editions with a slot before `before` that have ended and still have their ledger, oldest first."""
        wanted = (
            editions.c.slot < before,
            editions.c.status.in_(_ENDED),
            editions.c.audience_through.is_not(None),
            editions.c.ledger_dropped_at.is_(None),
        )
        with self._database.reading() as connection:
            return read_editions(connection, *wanted, order=editions.c.slot)

    def drop(self, edition: Edition, *, now: datetime) -> Tally:
        """Drop the ledger of `edition` for good, and give what is kept of it; again, it changes nothing.

        Raises UsageError for an edition that has not ended.
        """
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            tally = tally_of(connection, row)
            if row.ledger_dropped_at is not None:
                return tally
            if row.status not in _ENDED:
                raise UsageError(
                    f"it is {row.status}, and its ledger says who is still due",
                    where=edition.key,
                    remedy="End it first: digest send, or digest cancel.",
                )
            drop_ledger(connection, row.id)
            connection.execute(delete(claims).where(claims.c.edition_id == row.id))
            connection.execute(
                update(editions)
                .where(editions.c.id == row.id)
                .values(ledger_dropped_at=now, final_tally=tally_document(tally))
            )
        return tally
