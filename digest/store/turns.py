"""Whose turn it is: the statements that take subscribers out of the audience and give them back.

Each works within the caller's transaction, which holds the edition's row; deliveries.py tells what the rows mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, exists, insert, select, update

from digest.model import DeliveryState, Subscriber
from digest.store.schema import deliveries, editions, subscriptions
from digest.store.subscribers import subscriber, why_not

_CHUNK = 900  # names in one IN (...): under the 999 that older SQLite builds allow
_STRIDE = 1000  # how many to look at together once a claim meets people who get no mail: they come in long runs

# Built once: they run for every few messages, and building them costs more than running them.
THESE = and_(
    deliveries.c.edition_id == bindparam("edition"), deliveries.c.subscription_id.in_(bindparam("ids", expanding=True))
)
_CLAIMED = (
    select(deliveries.c.subscription_id, deliveries.c.attempts, subscriptions.c.status, subscriptions.c.listed)
    .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
    .where(THESE, deliveries.c.holder == bindparam("sender"), deliveries.c.state == DeliveryState.CLAIMED)
    .with_for_update(of=deliveries)
)
_OFFER = update(deliveries).where(THESE).values(state=DeliveryState.OFFERED, changed_at=bindparam("now"))


def next_in_line(edition: Row[Any], after: int, limit: int) -> Select[Any]:
    """Select the next members of the audience, by key, that have no row yet."""
    has_row = exists().where(deliveries.c.edition_id == edition.id, deliveries.c.subscription_id == subscriptions.c.id)
    return (
        select(subscriptions)
        .where(
            subscriptions.c.newsletter == edition.newsletter,
            subscriptions.c.id > after,
            subscriptions.c.id <= edition.audience_through,
            ~has_row,
        )
        .order_by(subscriptions.c.id)
        .limit(limit)
    )


def take_fresh(connection: Connection, edition: Row[Any], *, limit: int, me: int, now: datetime) -> list[Subscriber]:
    """Claim those without a row, from where the last claim stopped; skip who gets no mail."""
    taken: list[Row[Any]] = []
    through, stride = edition.claimed_through, limit
    while len(taken) < limit and through < edition.audience_through:
        rows = connection.execute(next_in_line(edition, through, stride)).all()
        walked = _until_enough(rows, limit - len(taken))
        more_left = len(walked) < len(rows) or len(rows) == stride
        through = walked[-1].id if more_left else edition.audience_through
        _insert_skipped(connection, edition.id, [row for row in walked if stopped(row)], now)
        taken += [row for row in walked if not stopped(row)]
        stride = _STRIDE
    if taken:
        in_hand = {"state": DeliveryState.CLAIMED, "holder": me, "changed_at": now, "edition_id": edition.id}
        connection.execute(insert(deliveries), [in_hand | {"subscription_id": row.id} for row in taken])
    if through != edition.claimed_through:
        connection.execute(update(editions).where(editions.c.id == edition.id).values(claimed_through=through))
    return [subscriber(row) for row in taken]


def take_due(connection: Connection, edition: Row[Any], *, limit: int, me: int, now: datetime) -> list[Subscriber]:
    """Claim deferred ones whose time has come; skip who gets no mail any more."""
    taken: list[Row[Any]] = []
    while len(taken) < limit:
        due = (
            select(subscriptions)
            .join(deliveries, deliveries.c.subscription_id == subscriptions.c.id)
            .where(deliveries.c.edition_id == edition.id, deliveries.c.next_at <= now)
            .order_by(deliveries.c.next_at, subscriptions.c.id)
            .limit(limit - len(taken))
        )
        rows = connection.execute(due).all()
        skip(connection, edition.id, {row.id: row for row in rows if stopped(row)}, now=now)
        going = [row for row in rows if not stopped(row)]
        change(
            connection,
            edition.id,
            [row.id for row in going],
            {"state": DeliveryState.CLAIMED, "holder": me, "changed_at": now, "next_at": None},
        )
        taken += going
        if len(going) == len(rows):
            break
    return [subscriber(row) for row in sorted(taken, key=lambda row: row.id)]


def skip(connection: Connection, edition_id: int, former: Mapping[int, Row[Any]], *, now: datetime) -> None:
    """End deliveries to subscriptions that get no mail any more, and say why."""
    for identity, row in former.items():
        change(connection, edition_id, [identity], _skipped(row, now) | {"holder": None, "next_at": None})


def give_back(connection: Connection, edition: Row[Any], claimed: Iterable[Row[Any]]) -> int:
    """Undo claims: without an attempt the row goes, else it is due again at once."""
    untouched: list[int] = []
    tried: list[int] = []
    for row in claimed:
        (tried if row.attempts else untouched).append(row.subscription_id)
    for ids in chunks(untouched):
        connection.execute(
            delete(deliveries).where(deliveries.c.edition_id == edition.id, deliveries.c.subscription_id.in_(ids))
        )
    if untouched:
        back = min(*untouched, edition.claimed_through + 1) - 1
        connection.execute(update(editions).where(editions.c.id == edition.id).values(claimed_through=back))
    due_again = {"state": DeliveryState.DEFERRED, "holder": None, "next_at": deliveries.c.changed_at}
    change(connection, edition.id, tried, due_again)
    return len(untouched) + len(tried)


def change(connection: Connection, edition_id: int, subscribers: Iterable[int], values: Mapping[str, Any]) -> None:
    """Set the same values in the rows of these subscribers."""
    for ids in chunks(subscribers):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.edition_id == edition_id, deliveries.c.subscription_id.in_(ids))
            .values(dict(values))
        )


def claimed_by(
    connection: Connection, sender: int | None, edition_id: int, subscribers: Iterable[int]
) -> list[Row[Any]]:
    """Find, of these, what `sender` has claimed and not offered yet, with the subscription as it is now."""
    found: list[Row[Any]] = []
    if sender is not None:
        for ids in chunks(subscribers):
            found += connection.execute(_CLAIMED, {"edition": edition_id, "sender": sender, "ids": ids})
    return found


def offer(connection: Connection, edition_id: int, subscribers: Iterable[int], *, now: datetime) -> None:
    """Mark claims as handed to the relay."""
    for ids in chunks(subscribers):
        connection.execute(_OFFER, {"edition": edition_id, "ids": ids, "now": now})


def chunks(keys: Iterable[int]) -> Iterator[list[int]]:
    """Split keys into lists that an IN (...) can hold."""
    every = sorted(keys)
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def _until_enough(rows: Sequence[Row[Any]], wanted: int) -> Sequence[Row[Any]]:
    going = 0
    for place, row in enumerate(rows):
        going += not stopped(row)
        if going == wanted:
            return rows[: place + 1]
    return rows


def stopped(row: Row[Any]) -> bool:
    """Tell whether a subscription gets no mail as it is now."""
    return bool(why_not(row.status, listed=row.listed))


def _skipped(row: Row[Any], now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.SKIPPED, "changed_at": now, "reply": why_not(row.status, listed=row.listed)}


def _insert_skipped(connection: Connection, edition_id: int, former: Sequence[Row[Any]], now: datetime) -> None:
    if former:
        rows = [_skipped(row, now) | {"edition_id": edition_id, "subscription_id": row.id} for row in former]
        connection.execute(insert(deliveries), rows)
