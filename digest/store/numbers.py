"""Which number an edition has: they count what goes out, in the order in which that is decided.

An edition holds its number from when it is approved or begins to go out, and until then has the one that it would get
now.  So what is never sent leaves no gap: an approved edition that was `passed` over (its slot is before that moment)
holds its number no longer than until another is to have it, and is a draft then; one that ended before anybody had it
has the number 0.
Each works within the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from digest.errors import StoreError
from digest.model import Edition, EditionStatus
from digest.store.schema import editions


def number_of(connection: Connection, newsletter: str, found: Row[Any] | None, passed: datetime | None) -> int:
    """Tell which number the edition of this row, or one without a row yet, holds or would get now."""
    if found is not None and (found.mail_date is not None or found.status == EditionStatus.APPROVED):
        return int(found.number)
    held = (editions.c.newsletter == newsletter) & _holds_number(passed)
    last = connection.execute(select(func.coalesce(func.max(editions.c.number), 0)).where(held)).scalar_one()
    return int(last) + 1


def take_number(connection: Connection, found: Row[Any], edition: Edition, passed: datetime | None) -> None:
    """Have `edition`, of this row, be the only one that holds its number; StoreError where another does.

    Only for who writes alone: what is free stays free until the transaction ends.
    """
    others = (editions.c.newsletter == edition.newsletter) & (editions.c.id != found.id)
    taken = select(editions.c.slot_local).where(others, _holds_number(passed), editions.c.number == edition.number)
    if (by := connection.execute(taken.limit(1)).scalar_one_or_none()) is not None:
        raise StoreError(
            f"no. {edition.number} went to the edition of {by} while this one's mail was being made",
            where=edition.key,
            remedy="Run the same command again: it gets the next number.",
        )
    # What was passed over has this number in the mail that was approved: that cannot go out any more.
    lost = others & (editions.c.status == EditionStatus.APPROVED) & (editions.c.number == edition.number)
    note = f"it was approved, and did not go out before {edition.key}, which has its number: approve it anew"
    connection.execute(
        update(editions)
        .where(lost, ~_holds_number(passed))
        .values(status=EditionStatus.DRAFT, decided=False, note=note)
    )


def _holds_number(passed: datetime | None) -> ColumnElement[bool]:
    """Tell that an edition was told to somebody, or that somebody stands behind it and it may still go out."""
    approved = editions.c.status == EditionStatus.APPROVED
    waits = approved if passed is None else approved & (editions.c.slot >= passed)
    return editions.c.mail_date.is_not(None) | waits
