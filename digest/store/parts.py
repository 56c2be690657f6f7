"""The audience of an edition in parts: ranges of keys, so many subscribers each, that processes take one by one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from digest.store.schema import claims, subscriptions
from digest.store.turns import NO_ROW


def ranges(connection: Connection, edition: Row[Any], *, size: int) -> list[tuple[int, int]]:
    """Give ranges of keys, both ends included, that hold all members whom nobody has in hand and who have no row.

    `size` of them each, the last less; one begins where the one before it ended.  None where nobody is left.
    """
    is_taken = exists().where(
        claims.c.edition_id == edition.id,
        claims.c.first_id <= subscriptions.c.id,
        claims.c.last_id >= subscriptions.c.id,
    )
    pending = (
        select(
            subscriptions.c.id.label("id"),
            func.row_number().over(order_by=subscriptions.c.id).label("place"),
        )
        .where(
            subscriptions.c.newsletter == edition.newsletter,
            subscriptions.c.id <= edition.audience_through,
            NO_ROW,
            ~is_taken,
        )
        .subquery()
    )
    firsts = select(pending.c.id).where(pending.c.place % size == 1 % size).order_by(pending.c.id)
    starts = list(connection.execute(firsts, {"edition": edition.id}).scalars())
    ends = [start - 1 for start in starts[1:]] + [edition.audience_through]
    return list(zip(starts, ends, strict=True)) if starts else []
