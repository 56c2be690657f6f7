"""Ledgers of editions that ended long ago, dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model import Tally
from digest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An edition whose ledger is gone, and what is kept of it."""

    edition: str  # its key
    tally: Tally


def drop_ledgers(store: Store, *, before: datetime, now: datetime, dry_run: bool) -> list[Dropped]:
    """Drop the ledger of each edition that was due before `before` and has ended; of none in a `dry_run`.

    Each goes for itself: after an error those before it are dropped.  Raises StoreError.
    """
    old = store.past.with_ledger(before=before)
    return [
        Dropped(
            edition=edition.key,
            tally=store.deliveries.tally(edition) if dry_run else store.past.drop(edition, now=now),
        )
        for edition in old
    ]
