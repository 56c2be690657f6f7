"""The ledger's usual case, in statements of the driver's own: what a send asks for every few messages.

Through SQLAlchemy each row costs ten times as much, which a send of a million would feel.  Whatever is not plain is
left to deliveries.py, whose results these statements must equal: tests/store/test_commit.py holds them to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from digest.model import Attempt, DeliveryState
from digest.store.schema import microseconds, storable

_PLAIN = frozenset({DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED})

_RECORD = """
UPDATE deliveries
SET state = ?, holder = NULL, changed_at = ?, attempts = 1, attempted_at = ?, next_at = ?, reply = ?, message_id = ?,
    relay_id = ?
WHERE edition_id = ? AND subscription_id = ? AND state = 'offered' AND holder = ? AND attempts = 0
"""
_OFFER = """
INSERT INTO deliveries (edition_id, subscription_id, state, holder, changed_at, attempts, reply)
SELECT ?1, id, 'offered', ?2, ?3, 0, ''
FROM subscriptions
WHERE id = ?4 AND status = 'active' AND listed
  AND EXISTS (SELECT 1 FROM claims WHERE edition_id = ?1 AND first_id <= ?4 AND last_id >= ?4 AND holder = ?2)
ON CONFLICT DO NOTHING
"""


def settle_plainly(
    driver: sqlite3.Connection,
    edition_id: int,
    sender: int,
    attempts: Sequence[Attempt],
    offering: Sequence[int],
    *,
    relays: Mapping[str, int],
    now: datetime,
    retry_in: timedelta,
) -> bool:
    """Record first attempts and mark first offers of `sender`; False, with the transaction to be undone, for others.

    `relays` has the numbers of the attempts' relays; `retry_in` is how long after it a deferred one is tried again.
    """
    if attempts:
        rows = []
        for attempt in attempts:
            if attempt.bounced or attempt.state not in _PLAIN:
                return False
            at = microseconds(attempt.at)
            next_at = microseconds(attempt.at + retry_in) if attempt.state is DeliveryState.DEFERRED else None
            reply, message_id = storable(attempt.reply), storable(attempt.message_id)
            relay = relays.get(attempt.relay)
            rows.append(
                (attempt.state.value, at, at, next_at, reply, message_id, relay, edition_id, attempt.subscriber, sender)
            )
        if driver.executemany(_RECORD, rows).rowcount != len(rows):
            return False
    if offering:
        at = microseconds(now)
        offers = [(edition_id, sender, at, subscriber) for subscriber in offering]
        if driver.executemany(_OFFER, offers).rowcount != len(offers):
            return False
    return True
