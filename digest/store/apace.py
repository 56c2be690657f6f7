"""The ledger's usual case, in statements of the driver's own: what a send asks for every few messages.

Through SQLAlchemy each row costs ten times as much, which a send of a million would feel; and on PostgreSQL each
statement a way to the server and back, so that there all is one statement.  Whatever is not plain is left to
deliveries.py, whose results these statements must equal: tests/store/test_commit.py holds them to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, cast

from digest.model import Attempt, DeliveryState
from digest.store.database import Database
from digest.store.ledger import backoff
from digest.store.partitions import ledger_of
from digest.store.schema import microseconds, storable
from digest.store.sqlite import Sqlite

if TYPE_CHECKING:
    from digest.store.postgres import Postgres

_PLAIN = frozenset({DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED})

_RECORD = """
UPDATE deliveries
SET state = ?, changed_at = ?, attempted_at = ?, next_at = ?, reply = ?, message_id = ?, relay_id = ?,
    holder = NULL, attempts = 1
WHERE subscription_id = ? AND edition_id = ? AND state = 'offered' AND holder = ? AND attempts = 0
"""
_OFFER = """
INSERT INTO deliveries (edition_id, subscription_id, state, holder, changed_at, attempts, reply, relay_id)
SELECT ?1, id, 'offered', ?2, ?3, 0, '', ?5
FROM subscriptions
WHERE id = ?4 AND status = 'active' AND listed
  AND EXISTS (SELECT 1 FROM claims WHERE edition_id = ?1 AND first_id <= ?4 AND last_id >= ?4 AND holder = ?2)
ON CONFLICT DO NOTHING
"""
# It divides by zero where a row is missing, and so undoes itself in the same journey.
_BOTH = """
WITH settled AS (
  UPDATE {ledger} AS kept
  SET state = told.state, changed_at = told.at, attempted_at = told.attempted_at, next_at = told.next_at,
      reply = told.reply, message_id = told.message_id, relay_id = told.relay_id, holder = NULL, attempts = 1
  FROM unnest(%(states)s::text[], %(ats)s::bigint[], %(ats)s::bigint[], %(next_ats)s::bigint[], %(replies)s::text[],
              %(message_ids)s::text[], %(relays)s::smallint[], %(settled)s::bigint[])
    AS told (state, at, attempted_at, next_at, reply, message_id, relay_id, id)
  WHERE kept.edition_id = {edition} AND kept.subscription_id = told.id
    AND kept.state = 'offered' AND kept.holder = %(sender)s::bigint AND kept.attempts = 0
  RETURNING 1
), offered AS (
  INSERT INTO {ledger} (edition_id, subscription_id, state, holder, changed_at, attempts, reply, relay_id)
  SELECT {edition}, subscriptions.id, 'offered', %(sender)s::bigint, %(now)s::bigint, 0, '', wanted.relay_id
  FROM unnest(%(offered)s::bigint[], %(offered_to)s::smallint[]) AS wanted (id, relay_id)
    JOIN subscriptions ON subscriptions.id = wanted.id
  WHERE status = 'active' AND listed
    AND EXISTS (SELECT 1 FROM claims WHERE edition_id = {edition} AND first_id <= subscriptions.id
                AND last_id >= subscriptions.id AND holder = %(sender)s::bigint)
  ON CONFLICT DO NOTHING
  RETURNING 1
)
SELECT 1 / ((SELECT count(*) FROM settled) = %(settling)s::bigint
            AND (SELECT count(*) FROM offered) = %(offering)s::bigint)::int
"""


class _Told(NamedTuple):
    """A first attempt as its row takes it, times in microseconds."""

    state: str
    at: int
    attempted_at: int
    next_at: int | None
    reply: str
    message_id: str
    relay: int | None
    subscriber: int


def settle_plainly(
    database: Database,
    edition_id: int,
    sender: int,
    attempts: Sequence[Attempt],
    offering: Mapping[int, int | None],
    *,
    relays: Mapping[str, int],
    now: datetime,
    retry_for: timedelta,
) -> bool:
    """Record first attempts and mark first offers of `sender`; False, with nothing kept, where one is no such thing.

    `relays` has the numbers of the attempts' relays, `offering` those of the offers'; a deferred one is tried again
    within `retry_for`.
    """
    told: list[_Told] = []
    for attempt in attempts:
        if attempt.bounced or attempt.state not in _PLAIN:
            return False
        at = microseconds(attempt.at)
        next_at = None
        if attempt.state is DeliveryState.DEFERRED:
            next_at = microseconds(attempt.at + min(backoff(1, attempt.subscriber), retry_for))
        reply, message_id = storable(attempt.reply), storable(attempt.message_id)
        relay = relays.get(attempt.relay)
        told.append(_Told(attempt.state.value, at, at, next_at, reply, message_id, relay, attempt.subscriber))
    if isinstance(database, Sqlite):
        return database.apace(lambda driver: _in_turn(driver, edition_id, sender, told, offering, now=now))
    return _at_once(cast("Postgres", database), edition_id, sender, told, offering, now=now)


def _in_turn(
    driver: sqlite3.Connection,
    edition_id: int,
    sender: int,
    told: Sequence[_Told],
    offering: Mapping[int, int | None],
    *,
    now: datetime,
) -> bool:
    if told and driver.executemany(_RECORD, [(*one, edition_id, sender) for one in told]).rowcount != len(told):
        return False
    if offering:
        at = microseconds(now)
        offers = [(edition_id, sender, at, subscriber, relay) for subscriber, relay in offering.items()]
        if driver.executemany(_OFFER, offers).rowcount != len(offers):
            return False
    return True


def _at_once(
    database: Postgres,
    edition_id: int,
    sender: int,
    told: Sequence[_Told],
    offering: Mapping[int, int | None],
    *,
    now: datetime,
) -> bool:
    ordered = sorted(told, key=lambda one: one.subscriber)  # rows locked in one order by all: nobody waits in a ring
    values = {
        "states": [one.state for one in ordered],
        "ats": _array(one.at for one in ordered),
        "next_ats": _array(one.next_at for one in ordered),
        "replies": [one.reply for one in ordered],
        "message_ids": [one.message_id for one in ordered],
        "relays": _array(one.relay for one in ordered),
        "settled": _array(one.subscriber for one in ordered),
        "settling": str(len(told)),
        "offered": _array(in_order := sorted(offering)),
        "offered_to": _array(offering[subscriber] for subscriber in in_order),
        "offering": str(len(offering)),
        "sender": str(sender),
        "now": str(microseconds(now)),
    }
    return database.at_once(_BOTH.format(ledger=ledger_of(edition_id), edition=edition_id), values)


def _array(numbers: Iterable[int | None]) -> str:
    # As text: the driver sends a number in the smallest type that holds it, and each type is another statement.
    return "{" + ",".join("NULL" if number is None else str(number) for number in numbers) + "}"
