"""What attempts do to rows of the delivery ledger, written down: the whole way, for whatever may come.

ledger.py decides what an attempt does to a row; apace.py has a shorter way for the usual case, to the same end.
Each works within the caller's transaction, which holds the edition's row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, insert, select, update

from digest.errors import StoreError
from digest.model import Attempt, DeliveryState, SubscriberStatus
from digest.store import ledger, turns
from digest.store.schema import deliveries, subscriptions
from digest.store.subscribers import suppress_keys

_ENTRY = tuple(column.name for column in fields(ledger.Entry))
# Built once: see turns.py.
_ITS_ROW = and_(
    deliveries.c.edition_id == bindparam("of_edition"), deliveries.c.subscription_id == bindparam("of_subscription")
)
_KEY: dict[str, Any] = {"edition_id": bindparam("of_edition"), "subscription_id": bindparam("of_subscription")}
_VALUES: dict[str, Any] = {name: bindparam(name) for name in _ENTRY}
_INSERT = insert(deliveries).values(_KEY | _VALUES)
_UPDATE = update(deliveries).where(_ITS_ROW).values(_VALUES)
_SELECT = select(deliveries).where(turns.THESE).with_for_update()


def keep(
    connection: Connection,
    edition: Row[Any],
    attempts: Sequence[Attempt],
    *,
    sender: int | None,
    relays: Mapping[str, int],
    retry_in: Callable[[int, int], timedelta] = ledger.backoff,
    retry_for: timedelta,
) -> int:
    """Keep what attempts came to, but for those that change nothing (see ledger.after); count the others.

    `sender` made them; `relays` has the numbers of their relays.
    """
    entries, known = _entries(connection, edition, {attempt.subscriber for attempt in attempts})
    changed: dict[int, ledger.Entry] = {}
    bounced: dict[int, Attempt] = {}
    kept = 0
    for attempt in attempts:
        entry = ledger.after(
            entries.get(attempt.subscriber),
            attempt,
            sender=sender,
            retry_in=retry_in,
            retry_for=retry_for,
            relay_id=relays.get(attempt.relay),
        )
        if entry is not None:
            entries[attempt.subscriber] = changed[attempt.subscriber] = entry
            kept += 1
            if attempt.bounced:
                bounced[attempt.subscriber] = attempt
    _write(connection, edition.id, changed, known)
    _suppress(connection, bounced)
    return kept


def named(attempts: Sequence[Attempt]) -> set[str]:
    """Name the relays that answered them."""
    return {attempt.relay for attempt in attempts if attempt.relay}


def _entries(
    connection: Connection, edition: Row[Any], subscribers: set[int]
) -> tuple[dict[int, ledger.Entry], set[int]]:
    """Give how each stands, a claimed one without a row among them, and who has a row."""
    entries: dict[int, ledger.Entry] = {}
    for ids in turns.chunks(subscribers):
        for row in connection.execute(_SELECT, {"edition": edition.id, "ids": ids}):
            columns = {name: getattr(row, name) for name in _ENTRY} | {"state": DeliveryState(row.state)}
            entries[row.subscription_id] = ledger.Entry(**columns)
    known = set(entries)
    for row in turns.fresh_of(connection, edition, subscribers=subscribers - known):
        entries[row.id] = ledger.claimed(row.holder)
    _check_known(connection, edition, subscribers.difference(entries))
    return entries, known


def _check_known(connection: Connection, edition: Row[Any], strangers: set[int]) -> None:
    """Refuse attempts at what is no subscription: on PostgreSQL the ledger would take them."""
    for ids in turns.chunks(strangers):
        found = set(connection.execute(select(subscriptions.c.id).where(subscriptions.c.id.in_(ids))).scalars())
        for missing in sorted(set(ids) - found):
            raise StoreError(f"there is no subscription {missing}", where=edition.newsletter)


def _write(connection: Connection, edition_id: int, changed: Mapping[int, ledger.Entry], known: set[int]) -> None:
    fresh: list[dict[str, Any]] = []
    there: list[dict[str, Any]] = []
    for identity, entry in changed.items():
        row = {"of_edition": edition_id, "of_subscription": identity} | {name: getattr(entry, name) for name in _ENTRY}
        (there if identity in known else fresh).append(row)
    if fresh:
        connection.execute(_INSERT, fresh)
    if there:
        connection.execute(_UPDATE, there)


def _suppress(connection: Connection, bounced: Mapping[int, Attempt]) -> None:
    for identity, attempt in bounced.items():
        key = connection.execute(select(subscriptions.c.address_key).where(subscriptions.c.id == identity)).scalar_one()
        suppress_keys(connection, {key: attempt.reply}, SubscriberStatus.BOUNCED, now=attempt.at)
