"""What puts deliveries off without an attempt that counts: a limit, a receiver's pause, a relay that takes nobody's.

Each method is one transaction, as those of deliveries.py, whose rows it writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, case, func, insert, literal, null, type_coerce, update

from digest.model import DeliveryState, Edition
from digest.store import turns
from digest.store.database import Database
from digest.store.editions import edition_row
from digest.store.schema import deliveries
from digest.store.senders import Senders

_ITS_ROW = (
    deliveries.c.edition_id == bindparam("of_edition"),
    deliveries.c.subscription_id == bindparam("of_subscription"),
)
_POSTPONE = (
    update(deliveries)
    .where(*_ITS_ROW)
    .values(
        state=DeliveryState.DEFERRED,
        holder=None,
        next_at=bindparam("due"),
        # What a server said to an attempt says more than that it waits.
        reply=case((deliveries.c.attempts > 0, deliveries.c.reply), else_=bindparam("why")),
    )
)
_SPARE = (
    update(deliveries)
    .where(turns.THESE, deliveries.c.state == DeliveryState.DEFERRED, deliveries.c.attempts > 0)
    .values(
        attempts=deliveries.c.attempts - 1,
        attempted_at=case((deliveries.c.attempts > 1, deliveries.c.attempted_at), else_=null()),
        put_off_since=case((deliveries.c.attempts > 1, deliveries.c.put_off_since), else_=null()),
        next_at=bindparam("now"),
    )
)


class PutOff:
    """The ledger of a store, as far as nobody's attempts are concerned."""

    def __init__(self, database: Database, senders: Senders) -> None:
        self._database = database
        self._senders = senders

    def postpone(self, edition: Edition, due: Mapping[int, datetime], reason: str, *, now: datetime) -> int:
        """Put claims of this store back, each due at its time, with the reason where no reply says more; count them."""
        me = self._senders.me
        if me is None or not due:
            return 0
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            again = [one.subscription_id for one in turns.claimed_by(connection, me, row.id, due)]
            if again:
                rows = [
                    {"of_edition": row.id, "of_subscription": identity, "due": due[identity], "why": reason}
                    for identity in again
                ]
                connection.execute(_POSTPONE, rows)
            fresh = [one.id for one in turns.fresh_of(connection, row, me, due)]
            if fresh:
                put_off = {"edition_id": row.id, "state": DeliveryState.DEFERRED, "changed_at": now, "reply": reason}
                rows = [put_off | {"subscription_id": identity, "next_at": due[identity]} for identity in fresh]
                connection.execute(insert(deliveries), rows)
            return len(again) + len(fresh)

    def spare(self, edition: Edition, subscribers: Collection[int], *, now: datetime) -> None:
        """Undo the last attempt of those who are deferred, for it was the relay's fault: it is due again, uncounted."""
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            for ids in turns.chunks(subscribers):
                connection.execute(_SPARE, {"edition": row.id, "ids": ids, "now": now})

    def lengthen(self, edition: Edition, time: timedelta) -> None:
        """Leave so much time out of the account of those who are deferred: nobody could be tried."""
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            microseconds = literal(time // timedelta(microseconds=1), BigInteger)
            since = type_coerce(func.coalesce(deliveries.c.put_off_since, deliveries.c.attempted_at), BigInteger)
            connection.execute(
                update(deliveries)
                .where(deliveries.c.edition_id == row.id, deliveries.c.next_at.is_not(None), since.is_not(None))
                .values(put_off_since=since + microseconds)
            )
