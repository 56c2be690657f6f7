"""What the ledger bears out: every member of an edition's audience, and every edition that an address could have had.

It only reads.  A member without a row is pending, or claimed where a sender has taken its range; whoever subscribed
after the freeze is no member.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Label, Row, and_, exists, or_, select

from digest.errors import UsageError
from digest.model import DeliveryState, Edition, EditionStatus, edition_key
from digest.store.database import Database
from digest.store.editions import edition_row, read_slot
from digest.store.schema import claims, deliveries, editions, relays, storable, subscriptions
from digest.store.subscribers import why_not

_STRIDE = 5000  # members read in one transaction: a reader that takes its time must not hold up the database

_SOME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a frozen audience, and where the edition stands for it."""

    subscriber: int
    address: str
    state: DeliveryState
    at: datetime | None  # when it came to this state, UTC; None while pending
    attempts: int
    next_at: datetime | None  # when a deferred one is tried again, UTC
    reply: str  # the relay's words; for a skipped one, why
    message_id: str | None
    relay: str  # whom it was offered to last; empty where that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One edition as one subscription met it."""

    newsletter: str
    edition: str  # its key
    slot: datetime  # in the newsletter's zone
    subject: str
    status: EditionStatus
    note: str
    fixed: datetime | None  # when mail and audience were fixed, UTC; None before
    subscribed: datetime  # when the subscription began, UTC
    closed: str  # why the subscription gets no mail now; empty when it does
    dropped: datetime | None  # when its ledger was dropped, UTC: then nobody knows who had it
    member: Member | None  # None outside the audience, before there is one, and once the ledger was dropped


class Proof:
    """The ledger, read for whoever asks what became of a mail; each method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def members(self, edition: Edition, *, states: Collection[DeliveryState] = ()) -> Iterator[Member]:
        """Give the audience of `edition` in key order, each member once; of some `states` alone when any are named.

        Read in strides: while a send is under way, later members are those of a later moment.
        Raises UsageError before the freeze, for until then there is no audience, and once the ledger was dropped.
        """
        with self._database.reading() as connection:
            row = edition_row(connection, edition)
        if row.audience_through is None:
            raise UsageError(
                "it has not begun to go out, so its audience is not fixed",
                where=edition.key,
                remedy="See: digest status",
            )
        if row.ledger_dropped_at is not None:
            raise UsageError(
                f"its ledger was dropped on {row.ledger_dropped_at:%Y-%m-%d}, so who had it is not known any more",
                where=edition.key,
                remedy="digest status has what it came to.",
            )
        query = (
            select(subscriptions.c.id, subscriptions.c.address, *_OF_DELIVERY, _claimed(row.id))
            .outerjoin(
                deliveries,
                and_(deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.edition_id == row.id),
            )
            .outerjoin(relays, relays.c.id == deliveries.c.relay_id)
            .where(subscriptions.c.newsletter == row.newsletter, subscriptions.c.id <= row.audience_through)
            .order_by(subscriptions.c.id)
            .limit(_STRIDE)
        )
        if states:
            of_states = deliveries.c.state.in_(sorted(states))
            rowless = not _WITHOUT_ROW.isdisjoint(states)
            query = query.where(or_(of_states, deliveries.c.state.is_(None)) if rowless else of_states)
            return (member for member in self._strides(query) if member.state in states)
        return self._strides(query)

    def relays_of(self, edition: Edition) -> frozenset[str]:
        """Name the relays that have taken messages of `edition`; empty for one that was not written down.

        Told by a thousand deliveries: every part of a send asks it, and the whole ledger may hold millions.
        """
        with self._database.reading() as connection:
            some = select(deliveries.c.relay_id).where(
                deliveries.c.state == DeliveryState.SENT,
                deliveries.c.edition_id == edition_row(connection, edition).id,
            )
            few = some.limit(_SOME).subquery()
            named = few.outerjoin(relays, relays.c.id == few.c.relay_id)
            names = select(relays.c.name).select_from(named).distinct()
            return frozenset(name or "" for name in connection.execute(names).scalars())

    def of_address(self, address: str) -> list[Trace]:
        """Give every edition of every newsletter that `address` was ever on, the latest slot first."""
        query = (
            select(
                subscriptions.c.id,
                subscriptions.c.address,
                subscriptions.c.status.label("standing"),
                subscriptions.c.listed,
                subscriptions.c.created_at,
                *_OF_EDITION,
                *_OF_DELIVERY,
                _claimed(editions.c.id),
            )
            .select_from(subscriptions)
            .join(editions, editions.c.newsletter == subscriptions.c.newsletter)
            .outerjoin(
                deliveries,
                and_(deliveries.c.edition_id == editions.c.id, deliveries.c.subscription_id == subscriptions.c.id),
            )
            .outerjoin(relays, relays.c.id == deliveries.c.relay_id)
            .where(subscriptions.c.address_key == storable(address).lower())
            .order_by(editions.c.slot.desc(), editions.c.newsletter)
        )
        with self._database.reading() as connection:
            return [_trace(row) for row in connection.execute(query)]

    def _strides(self, query: Any) -> Iterator[Member]:
        through = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(subscriptions.c.id > through)).all()
            yield from map(_member, rows)
            if len(rows) < _STRIDE:
                return
            through = rows[-1].id


_WITHOUT_ROW = frozenset({DeliveryState.PENDING, DeliveryState.CLAIMED})
_OF_DELIVERY = (
    deliveries.c.state,
    deliveries.c.changed_at,
    deliveries.c.attempts,
    deliveries.c.next_at,
    deliveries.c.reply,
    deliveries.c.message_id,
    relays.c.name.label("relay"),
)


_OF_EDITION = (
    editions.c.newsletter,
    editions.c.slot_local,
    editions.c.slot_fold,
    editions.c.zone,
    editions.c.subject,
    editions.c.status,
    editions.c.note,
    editions.c.mail_date,
    editions.c.audience_through,
    editions.c.ledger_dropped_at,
)


def _claimed(edition_id: Any) -> Label[bool]:
    """Tell whether a sender has the subscription in a range that it took."""
    taken = exists().where(
        claims.c.edition_id == edition_id,
        subscriptions.c.id >= claims.c.first_id,
        subscriptions.c.id <= claims.c.last_id,
    )
    return taken.label("claimed")


def _member(row: Row[Any]) -> Member:
    return Member(
        subscriber=row.id,
        address=row.address,
        state=DeliveryState(row.state or (DeliveryState.CLAIMED if row.claimed else DeliveryState.PENDING)),
        at=row.changed_at,
        attempts=row.attempts or 0,
        next_at=row.next_at,
        reply=row.reply or "",
        message_id=row.message_id,
        relay=row.relay or "",
    )


def _trace(row: Row[Any]) -> Trace:
    slot = read_slot(row.slot_local, row.slot_fold, row.zone)
    through = row.audience_through
    return Trace(
        newsletter=row.newsletter,
        edition=edition_key(row.newsletter, slot),
        slot=slot,
        subject=row.subject,
        status=EditionStatus(row.status),
        note=row.note,
        fixed=row.mail_date,
        subscribed=row.created_at,
        closed=why_not(row.standing, listed=row.listed),
        dropped=row.ledger_dropped_at,
        member=_member(row) if through is not None and row.id <= through and not row.ledger_dropped_at else None,
    )
