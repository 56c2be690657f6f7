"""Whose turn it is: the statements that take subscribers out of the audience and give them back.

Those whose first turn has come are taken by ranges of keys (`claims`), so that nothing is written for any of them
before its message goes out; a deferred one, which has a row, is taken by its row.
Each works within the caller's transaction, which holds the edition's row; deliveries.py tells what the rows mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from digest.model import DeliveryState, Subscriber, SubscriberStatus
from digest.store.schema import claims, deliveries, editions, subscriptions
from digest.store.subscribers import OF_SUBSCRIBER, subscriber, why_not

_CHUNK = 900  # names in one IN (...): under the 999 that older SQLite builds allow
_ACTIVE = SubscriberStatus.ACTIVE.value
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
_ALL_CLAIMED = select(deliveries.c.subscription_id).where(
    deliveries.c.edition_id == bindparam("edition"),
    deliveries.c.holder == bindparam("sender"),
    deliveries.c.state == DeliveryState.CLAIMED,
)
_OFFER = (
    update(deliveries)
    .where(THESE)
    .values(state=DeliveryState.OFFERED, changed_at=bindparam("now"), relay_id=bindparam("relay"))
)
NO_ROW = ~exists().where(
    deliveries.c.edition_id == bindparam("edition"), deliveries.c.subscription_id == subscriptions.c.id
)
_NEXT_IN_LINE = (  # the next members of the audience, by key, that have no row and that nobody has taken
    select(*OF_SUBSCRIBER)
    .where(
        subscriptions.c.newsletter == bindparam("newsletter"),
        subscriptions.c.id > bindparam("after"),
        subscriptions.c.id <= bindparam("last"),
        NO_ROW,
        ~exists().where(
            claims.c.edition_id == bindparam("edition"),
            claims.c.first_id <= subscriptions.c.id,
            claims.c.last_id >= subscriptions.c.id,
        ),
    )
    .order_by(subscriptions.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_CLAIMS_WITHIN = (
    select(claims.c.first_id)
    .where(
        claims.c.edition_id == bindparam("edition"),
        claims.c.first_id <= bindparam("last"),
        claims.c.last_id >= bindparam("first"),
    )
    .limit(1)
)
_COUNT_WITHIN = select(func.count()).where(
    subscriptions.c.newsletter == bindparam("newsletter"),
    subscriptions.c.id.between(bindparam("first"), bindparam("last")),
    NO_ROW,
)
_USED = delete(claims).where(
    claims.c.edition_id == bindparam("edition"),
    claims.c.holder == bindparam("sender"),
    ~exists(
        select(subscriptions.c.id).where(
            subscriptions.c.newsletter == bindparam("newsletter"),
            subscriptions.c.id >= claims.c.first_id,
            subscriptions.c.id <= claims.c.last_id,
            NO_ROW,
        )
    ),
)
_WALKED = update(editions).where(editions.c.id == bindparam("edition")).values(claimed_through=bindparam("through"))
_DUE = (
    select(*OF_SUBSCRIBER)
    .join(deliveries, deliveries.c.subscription_id == subscriptions.c.id)
    .where(
        deliveries.c.edition_id == bindparam("edition"),
        deliveries.c.next_at <= bindparam("now"),
        deliveries.c.subscription_id.between(bindparam("first"), bindparam("last")),
    )
    .order_by(deliveries.c.next_at, subscriptions.c.id)
    .limit(bindparam("limit", type_=Integer))
)


def take_fresh(
    connection: Connection,
    edition: Row[Any],
    *,
    limit: int,
    me: int,
    now: datetime,
    within: tuple[int, int] | None = None,
) -> list[Subscriber]:
    """Claim those without a row, from where the last claim stopped or of a range; skip who gets no mail."""
    _forget_used(connection, edition, me)
    taken: list[Row[Any]] = []
    through, last = edition.claimed_through, edition.audience_through
    if within is not None:
        through, last = within[0] - 1, min(within[1], last)
    stride = limit
    line = {"edition": edition.id, "newsletter": edition.newsletter, "last": last}
    while len(taken) < limit and through < last:
        rows = connection.execute(_NEXT_IN_LINE, line | {"after": through, "limit": stride}).all()
        walked, going = _until_enough(rows, limit - len(taken))
        more_left = len(walked) < len(rows) or len(rows) == stride
        through = walked[-1].id if more_left else last
        if len(going) < len(walked):
            _insert_skipped(connection, edition.id, [row for row in walked if stopped(row)], now)
        taken += going
        stride = _STRIDE
    _hold(connection, edition, [row.id for row in taken], me)
    if within is None and through != edition.claimed_through:
        connection.execute(_WALKED, {"edition": edition.id, "through": through})
    return [subscriber(row) for row in taken]


def take_due(
    connection: Connection,
    edition: Row[Any],
    *,
    limit: int,
    me: int,
    now: datetime,
    within: tuple[int, int] | None = None,
) -> list[Subscriber]:
    """Claim deferred ones whose time has come, of all or of a range; skip who gets no mail any more."""
    first, last = within or (0, edition.audience_through)
    line = {"edition": edition.id, "now": now, "first": first, "last": last}
    taken: list[Row[Any]] = []
    while len(taken) < limit:
        rows = connection.execute(_DUE, line | {"limit": limit - len(taken)}).all()
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


def give_back(connection: Connection, edition: Row[Any], sender: int, subscribers: Iterable[int] | None = None) -> int:
    """Undo what `sender` claimed and did not offer, of these or of all: who was never tried is as before, others due.

    Counts them.
    """
    fresh = fresh_of(connection, edition, sender, subscribers)
    if fresh or subscribers is None:
        back = {row.id for row in fresh}
        held = claims.c.edition_id == edition.id, claims.c.holder == sender
        kept = [] if subscribers is None else [row.id for row in fresh_of(connection, edition, sender)]
        connection.execute(delete(claims).where(*held))
        _hold(connection, edition, [identity for identity in kept if identity not in back], sender)
    if fresh:
        # In SQL: a sender that is given back before this one in the same transaction may have lowered it already.
        first = fresh[0].id - 1
        connection.execute(
            update(editions)
            .where(editions.c.id == edition.id, editions.c.claimed_through > first)
            .values(claimed_through=first)
        )
    tried = [row.subscription_id for row in claimed_by(connection, sender, edition.id, subscribers)]
    due_again = {"state": DeliveryState.DEFERRED, "holder": None, "next_at": deliveries.c.changed_at}
    change(connection, edition.id, tried, due_again)
    return len(fresh) + len(tried)


def change(connection: Connection, edition_id: int, subscribers: Iterable[int], values: Mapping[str, Any]) -> None:
    """Set the same values in the rows of these subscribers."""
    for ids in chunks(subscribers):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.edition_id == edition_id, deliveries.c.subscription_id.in_(ids))
            .values(dict(values))
        )


def claimed_by(
    connection: Connection, sender: int, edition_id: int, subscribers: Iterable[int] | None
) -> list[Row[Any]]:
    """Find, of these or of all, the deferred ones that `sender` has claimed, with the subscription as it is now."""
    if subscribers is None:
        return list(connection.execute(_ALL_CLAIMED, {"edition": edition_id, "sender": sender}))
    found: list[Row[Any]] = []
    for ids in chunks(subscribers):
        found += connection.execute(_CLAIMED, {"edition": edition_id, "sender": sender, "ids": ids})
    return found


def fresh_of(
    connection: Connection, edition: Row[Any], sender: int | None = None, subscribers: Iterable[int] | None = None
) -> list[Row[Any]]:
    """Find who has no row and is claimed: by `sender` or by anyone; of these or of all; with the `holder`, by key."""
    query = (
        select(subscriptions.c.id, subscriptions.c.status, subscriptions.c.listed, claims.c.holder)
        .select_from(claims)
        .join(subscriptions, in_range(edition))
        .where(claims.c.edition_id == edition.id, NO_ROW)
        .order_by(subscriptions.c.id)
    )
    if sender is not None:
        query = query.where(claims.c.holder == sender)
    if subscribers is None:
        taken = select(func.min(claims.c.first_id), func.max(claims.c.last_id)).where(claims.c.edition_id == edition.id)
        first, last = connection.execute(taken).one()
        # Without bounds SQLite walks every subscription to look for the range that it lies in: a second and a half of a
        # million.  The ranges lie close together, where the send is.
        near = query.where(subscriptions.c.id.between(first, last))
        return [] if first is None else list(connection.execute(near, {"edition": edition.id}))
    found: list[Row[Any]] = []
    for ids in chunks(subscribers):
        found += connection.execute(query.where(subscriptions.c.id.in_(ids)), {"edition": edition.id})
    return found


def in_range(edition: Row[Any]) -> ColumnElement[bool]:
    """Tell that a subscription of `edition` lies in a claimed range."""
    return and_(
        subscriptions.c.newsletter == edition.newsletter,
        subscriptions.c.id >= claims.c.first_id,
        subscriptions.c.id <= claims.c.last_id,
    )


def offer(
    connection: Connection, edition: Row[Any], sender: int, offers: Mapping[int, int | None], *, now: datetime
) -> frozenset[int]:
    """Mark claims of `sender` as handed to the relay, but for those who get no mail any more; give the others.

    `offers` has the number of the relay of each, or None.
    """
    wanted = set(offers)
    again = claimed_by(connection, sender, edition.id, wanted)
    skip(connection, edition.id, {row.subscription_id: row for row in again if stopped(row)}, now=now)
    due = [row.subscription_id for row in again if not stopped(row)]
    for relay in {offers[identity] for identity in due}:
        for ids in chunks(identity for identity in due if offers[identity] == relay):
            connection.execute(_OFFER, {"edition": edition.id, "ids": ids, "now": now, "relay": relay})
    fresh = fresh_of(connection, edition, sender, wanted)
    _insert_skipped(connection, edition.id, [row for row in fresh if stopped(row)], now)
    going = [row.id for row in fresh if not stopped(row)]
    if going:
        offered = {"edition_id": edition.id, "state": DeliveryState.OFFERED, "holder": sender, "changed_at": now}
        rows = [offered | {"subscription_id": identity, "relay_id": offers[identity]} for identity in going]
        connection.execute(insert(deliveries), rows)
    return frozenset((*due, *going))


def chunks(keys: Iterable[int]) -> Iterator[list[int]]:
    """Split keys into lists that an IN (...) can hold."""
    every = sorted(keys)
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]


def _hold(connection: Connection, edition: Row[Any], taken: Sequence[int], me: int) -> None:
    """Claim these keys, in key order: as one range, or as many as others' claims between them ask for."""
    if not taken:
        return
    bounds = {"edition": edition.id, "newsletter": edition.newsletter, "first": taken[0], "last": taken[-1]}
    whole = connection.execute(_CLAIMS_WITHIN, bounds).first() is None and (
        connection.execute(_COUNT_WITHIN, bounds).scalar_one() == len(taken)
    )
    ranges = [(taken[0], taken[-1])] if whole else [(identity, identity) for identity in taken]
    held = {"edition_id": edition.id, "holder": me}
    connection.execute(insert(claims), [held | {"first_id": one, "last_id": other} for one, other in ranges])


def _forget_used(connection: Connection, edition: Row[Any], me: int) -> None:
    """Drop the claims of which everyone has a row by now."""
    connection.execute(_USED, {"edition": edition.id, "newsletter": edition.newsletter, "sender": me})


def _until_enough(rows: Sequence[Row[Any]], wanted: int) -> tuple[Sequence[Row[Any]], list[Row[Any]]]:
    """Give the first rows with `wanted` among them who get mail, or all; and those who do."""
    going: list[Row[Any]] = []
    for place, row in enumerate(rows):
        if not stopped(row):
            going.append(row)
            if len(going) == wanted:
                return rows[: place + 1], going
    return rows, going


def stopped(row: Row[Any]) -> bool:
    """Tell whether a subscription gets no mail as it is now."""
    return not (row.listed and row.status == _ACTIVE)


def _skipped(row: Row[Any], now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.SKIPPED, "changed_at": now, "reply": why_not(row.status, listed=row.listed)}


def _insert_skipped(connection: Connection, edition_id: int, former: Sequence[Row[Any]], now: datetime) -> None:
    if former:
        rows = [_skipped(row, now) | {"edition_id": edition_id, "subscription_id": row.id} for row in former]
        connection.execute(insert(deliveries), rows)
