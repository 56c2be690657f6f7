"""The delivery ledger: who has had which edition, who has it in hand, and who is still due.

A subscription without a row is pending, so nothing is written for a list of a million before its first mail leaves.
The audience is every subscription of the newsletter with a key up to the bound that the freeze set.  Claims walk it in
key order by ranges, and `editions.claimed_through` remembers how far they came, so that the last claim costs what the
first did.  The row comes with the offer.  Who may not have mail when the turn comes gets a row that says so: in the end
every member of the audience has one.

Each method is one transaction: killed at any instant, the ledger holds each call wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select, update

from digest.model import (
    Attempt,
    DeliveryState,
    Edition,
    EditionStatus,
    Subscriber,
    SubscriberStatus,
    Tally,
    edition_key,
)
from digest.store import ledger, turns
from digest.store.apace import settle_plainly
from digest.store.closing import anybody_is_due, close, thaw
from digest.store.database import Database, repeated
from digest.store.editions import edition_row, read_slot
from digest.store.parts import ranges
from digest.store.recording import keep, named
from digest.store.relays import RelayNames
from digest.store.schema import claims, deliveries, editions, relays, subscriptions
from digest.store.senders import LEASE, Senders, dead
from digest.store.subscribers import OF_SUBSCRIBER, subscriber
from digest.store.tallies import tally_of

_NOT_KNOWN: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What `recover` found: given back, now in doubt, and left with senders that are alive."""

    released: int = 0
    uncertain: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the ledger, for the person who asks what became of a mail."""

    subscriber: int
    newsletter: str
    edition: str  # its key: ukraine-today/2022-01-28T09:00
    slot: datetime  # in the newsletter's zone
    state: DeliveryState
    at: datetime  # when it came to this state, UTC
    attempts: int
    next_at: datetime | None  # when a deferred one is tried again, UTC
    reply: str  # the relay's words; for a skipped one, why
    message_id: str | None
    relay: str  # whom it was offered to last; empty where that is not known


class Deliveries:
    """The ledger of a store; each method is one transaction and may raise StoreError."""

    def __init__(self, database: Database, senders: Senders) -> None:
        self._database = database
        self._senders = senders
        self._relays = RelayNames(database)
        self._ids: dict[tuple[str, str], int] = {}  # of editions met: their keys never change

    @repeated
    def claim(
        self,
        edition: Edition,
        *,
        limit: int,
        now: datetime,
        within: tuple[int, int] | None = None,
        mail_date: datetime | None = None,
    ) -> list[Subscriber]:
        """Take up to `limit` subscribers who are due `edition`, in key order; no two callers get the same one.

        First those whose turn has not come, then deferred ones whose time has; of all, or of those whose keys lie
        `within`, both ends included.  Who may not have mail is skipped, with the reason in the ledger.  Gives nobody
        when nobody is due, the edition is not `sending` (any more), or its mail is not that of `mail_date` (any more).
        Raises ValueError before the freeze.
        """
        me = self._senders.join(now)
        with self._database.writing_rows() as connection:
            self._senders.beat(connection, now)
            row = edition_row(connection, edition, lock=True)
            if row.audience_through is None:
                raise ValueError(f"{edition.key} has no audience before freeze()")
            if row.status != EditionStatus.SENDING or mail_date not in {None, row.mail_date}:
                return []
            fresh = turns.take_fresh(connection, row, limit=limit, me=me, now=now, within=within)
            due = turns.take_due(connection, row, limit=limit - len(fresh), me=me, now=now, within=within)
            return [*fresh, *due]

    @repeated
    def commit(
        self,
        edition: Edition,
        attempts: Sequence[Attempt],
        offering: Collection[int],
        *,
        relays: Mapping[int, str] = _NOT_KNOWN,
        now: datetime,
        retry_for: timedelta = ledger.RETRY_FOR,
    ) -> frozenset[int]:
        """Record what attempts came to and mark claims as handed to the relay, in one transaction: see both.

        It is called for every few messages of a send, so the usual case (all accepted, put off or refused at their
        first try, all still to be had) takes a shorter way to the same end.
        """
        me = self._senders.join(now)
        self._senders.beat_in_time(now)
        edition_id = self._known_id(edition)
        numbers = self._relays.numbers(named(attempts) | {*relays.values()})
        offers = {one: numbers.get(relays.get(one, "")) for one in offering}
        if settle_plainly(
            self._database, edition_id, me, attempts, offers, relays=numbers, now=now, retry_for=retry_for
        ):
            return frozenset(offering)
        with self._turn(attempts) as connection:
            row = edition_row(connection, edition, lock=True)
            keep(connection, row, attempts, sender=me, relays=numbers, retry_for=retry_for)
            return turns.offer(connection, row, me, offers, now=now)

    @repeated
    def offered(
        self, edition: Edition, subscribers: Iterable[int], *, relays: Mapping[int, str] = _NOT_KNOWN, now: datetime
    ) -> frozenset[int]:
        """Mark claims as handed to the relay, just before they are; give those that may indeed be handed over.

        The others must not be sent: another sender has taken them over, or mail to them was stopped since the claim.
        `relays` names the relay of each.
        """
        me = self._senders.join(now)
        numbers = self._relays.numbers({*relays.values()})
        offers = {one: numbers.get(relays.get(one, "")) for one in subscribers}
        with self._database.writing_rows() as connection:
            self._senders.beat(connection, now)
            return turns.offer(connection, edition_row(connection, edition, lock=True), me, offers, now=now)

    @repeated
    def record(
        self,
        edition: Edition,
        attempts: Sequence[Attempt],
        *,
        retry_in: Callable[[int, int], timedelta] = ledger.backoff,
        retry_for: timedelta = ledger.RETRY_FOR,
    ) -> int:
        """Keep what attempts came to, all in one transaction; count those that changed something (see ledger.after).

        An attempt that says `bounced` suppresses its address everywhere, in the same transaction.  `retry_in` tells how
        long after its n-th attempt a deferred delivery is due again; after `retry_for` it has failed.
        """
        numbers = self._relays.numbers(named(attempts))
        with self._turn(attempts) as connection:
            row = edition_row(connection, edition, lock=True)
            if attempts:
                self._senders.beat(connection, max(attempt.at for attempt in attempts))
            return keep(
                connection,
                row,
                attempts,
                sender=self._senders.me,
                relays=numbers,
                retry_in=retry_in,
                retry_for=retry_for,
            )

    @repeated
    def release(self, edition: Edition, subscribers: Iterable[int]) -> int:
        """Give claims of this store back untouched: they are due again at once; count them."""
        me = self._senders.me
        with self._database.writing_rows() as connection:
            row = edition_row(connection, edition, lock=True)
            return 0 if me is None else turns.give_back(connection, row, me, subscribers)

    @repeated
    def beat(self, *, now: datetime) -> None:
        """Renew the lease on everything this store has in hand; needed only when no other call comes within LEASE."""
        with self._database.writing_rows() as connection:
            self._senders.beat(connection, now)

    @repeated
    def leave(self, edition: Edition, *, now: datetime) -> Recovered:
        """Let go of all that this store has in hand of `edition`, as `recover` does; for the end of a send."""
        me = self._senders.me
        with self._database.writing_rows() as connection:
            row = edition_row(connection, edition, lock=True)
            return _let_go(connection, row, set() if me is None else {me}, now=now)

    @repeated
    def recover(self, edition: Edition, *, now: datetime, lease: timedelta = LEASE) -> Recovered:
        """Settle what senders left behind: claimed becomes pending (or deferred) again, offered becomes uncertain.

        That is: what this store itself still has in hand, so call it only while this store sends nothing of `edition`;
        and what belongs to senders that are closed, whose process is gone, or that were not heard of for `lease`.
        """
        with self._database.writing_rows() as connection:
            row = edition_row(connection, edition, lock=True)
            holders = _holders(connection, row.id)
            gone = dead(connection, holders, now=now, lease=lease) | (holders & {self._senders.me})
            settled = _let_go(connection, row, gone, now=now)
            held = len(_in_hand(connection, row.id)) + len(turns.fresh_of(connection, row))
            return replace(settled, held=held)

    @repeated
    def settle(self, edition: Edition, *, resend: bool, now: datetime) -> int:
        """Apply the policy to uncertain deliveries: due again at once, or left as they are; count them.

        An edition that was called sent is `sending` again with them; of one that ended otherwise nobody is due.
        """
        with self._database.writing_rows() as connection:
            row = edition_row(connection, edition, lock=True)
            uncertain = and_(deliveries.c.edition_id == row.id, deliveries.c.state == DeliveryState.UNCERTAIN)
            if not resend:
                return connection.execute(select(func.count()).select_from(deliveries).where(uncertain)).scalar_one()
            if row.status in (EditionStatus.CANCELLED, EditionStatus.MERGED):
                return 0
            due = {"state": DeliveryState.DEFERRED, "next_at": now, "changed_at": now}
            again: int = connection.execute(update(deliveries).where(uncertain).values(due)).rowcount
            if again and row.status == EditionStatus.SENT:
                its_row = update(editions).where(editions.c.id == row.id)
                connection.execute(its_row.values(status=EditionStatus.SENDING))
            return again

    def conclude(self, edition: Edition, *, note: str | None = None) -> bool:
        """Call an edition that is `sending` sent, unless somebody is deferred or in hand at this moment; tell whether.

        For whoever has counted that nobody is left: what was in doubt may have become due again since.
        """
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            if row.status != EditionStatus.SENDING or anybody_is_due(connection, row.id):
                return False
            values = {"status": EditionStatus.SENT, "decided": True} | ({} if note is None else {"note": note})
            connection.execute(update(editions).where(editions.c.id == row.id).values(values))
            return True

    def close(self, edition: Edition, *, reason: str, to: EditionStatus, now: datetime) -> Recovered:
        """End `edition` where it stands: skip all who are due it, for `reason`, and set it `to`; see closing.py.

        While a sender that lives has somebody in hand the rest is skipped all the same, and the status stays: `held`
        tells of them, and the next call finds what they left.  Does nothing unless it is `sending` or `paused`.
        """
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            if row.status not in (EditionStatus.SENDING, EditionStatus.PAUSED):
                return Recovered()
            gone = dead(connection, _holders(connection, row.id), now=now, lease=LEASE)
            settled = _let_go(connection, row, gone, now=now)
            held = len(_in_hand(connection, row.id)) + len(turns.fresh_of(connection, row))
            close(connection, row, reason=reason, to=to, now=now, ended=not held)
            return replace(settled, held=held)

    def thaw(self, edition: Edition, *, note: str, now: datetime) -> bool:
        """Undo the freeze of a paused `edition` that nobody has: a draft with `note` again; tell whether it was one.

        Nobody: no message was accepted, none is in doubt, and no sender that lives has one in hand.  Its ledger goes
        with its mail: whoever was put off, refused or skipped is due the next mail by what holds then.
        """
        with self._database.writing() as connection:
            row = edition_row(connection, edition, lock=True)
            if row.status != EditionStatus.PAUSED:
                return False
            gone = dead(connection, _holders(connection, row.id), now=now, lease=LEASE)
            _let_go(connection, row, gone, now=now)
            tally = tally_of(connection, row)
            if tally.sent or tally.uncertain or tally.claimed or tally.offered:
                return False
            thaw(connection, row.id, note=note)
            return True

    def ranges(self, edition: Edition, *, size: int) -> list[tuple[int, int]]:
        """Part those whose turn has not come, and whom nobody has in hand, by ranges of keys: see parts.py."""
        with self._database.reading() as connection:
            return ranges(connection, edition_row(connection, edition), size=size)

    def next_due(self, edition: Edition) -> datetime | None:
        """Tell when the first deferred delivery is due again, in UTC; None when none is deferred."""
        with self._database.reading() as connection:
            row = edition_row(connection, edition)
            first = select(func.min(deliveries.c.next_at)).where(
                deliveries.c.edition_id == row.id, deliveries.c.next_at.is_not(None)
            )
            due: datetime | None = connection.execute(first).scalar_one()
        return due

    def waiting(self, edition: Edition) -> list[Subscriber]:
        """Give who would get `edition` if it went out now, in key order: pending and deferred ones."""
        with self._database.reading() as connection:
            row = edition_row(connection, edition)
            if row.ledger_dropped_at is not None:
                return []
            nobody_has_it = ~exists().where(claims.c.edition_id == row.id, turns.in_range(row))
            query = (
                select(*OF_SUBSCRIBER)
                .outerjoin(
                    deliveries,
                    and_(deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.edition_id == row.id),
                )
                .where(
                    subscriptions.c.newsletter == row.newsletter,
                    subscriptions.c.status == SubscriberStatus.ACTIVE,
                    subscriptions.c.listed.is_(True),
                    or_(and_(deliveries.c.state.is_(None), nobody_has_it), deliveries.c.next_at.is_not(None)),
                )
                .order_by(subscriptions.c.id)
            )
            if row.audience_through is not None:
                query = query.where(subscriptions.c.id <= row.audience_through)
            return [subscriber(one) for one in connection.execute(query)]

    def tally(self, edition: Edition) -> Tally:
        """Count the deliveries of `edition` by state; before the freeze, who would be its audience now.

        Of an edition whose ledger was dropped, as they were then.
        """
        with self._database.reading() as connection:
            return tally_of(connection, edition_row(connection, edition))

    def of_address(self, address: str) -> list[Delivery]:
        """Give every delivery to `address`, on any newsletter, the latest slot first."""
        query = (
            select(
                deliveries,
                editions.c.newsletter,
                editions.c.slot_local,
                editions.c.slot_fold,
                editions.c.zone,
                relays.c.name.label("relay"),
            )
            .select_from(subscriptions)
            .join(editions, editions.c.newsletter == subscriptions.c.newsletter)
            .join(
                deliveries,
                and_(deliveries.c.edition_id == editions.c.id, deliveries.c.subscription_id == subscriptions.c.id),
            )
            .outerjoin(relays, relays.c.id == deliveries.c.relay_id)
            .where(subscriptions.c.address_key == address.lower())
            .order_by(editions.c.slot.desc(), editions.c.newsletter)
        )
        with self._database.reading() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def _turn(self, attempts: Iterable[Attempt]) -> AbstractContextManager[Connection]:
        """Begin a transaction for these; alone where one suppresses an address, as whoever subscribes one is alone."""
        bounced = any(attempt.bounced for attempt in attempts)
        return self._database.writing() if bounced else self._database.writing_rows()

    def _known_id(self, edition: Edition) -> int:
        name = (edition.newsletter, edition.slot.isoformat())  # with its offset: the repeated hour is two slots
        if name not in self._ids:
            with self._database.reading() as connection:
                self._ids[name] = edition_row(connection, edition).id
        return self._ids[name]


def _holders(connection: Connection, edition_id: int) -> set[int]:
    of_ranges = select(claims.c.holder).where(claims.c.edition_id == edition_id)
    return {one.holder for one in _in_hand(connection, edition_id)} | set(connection.execute(of_ranges).scalars())


def _in_hand(connection: Connection, edition_id: int) -> Sequence[Row[Any]]:
    # Not IS NOT NULL: only a range makes SQLite prefer the small index to the edition's whole ledger.
    held = select(deliveries).where(deliveries.c.edition_id == edition_id, deliveries.c.holder > 0)
    return connection.execute(held.with_for_update()).all()


def _let_go(connection: Connection, edition: Row[Any], holders: Collection[int], *, now: datetime) -> Recovered:
    offered = [
        one.subscription_id
        for one in _in_hand(connection, edition.id)
        if one.holder in holders and one.state == DeliveryState.OFFERED
    ]
    released = sum(turns.give_back(connection, edition, holder) for holder in sorted(holders))
    doubt = {
        "state": DeliveryState.UNCERTAIN,
        "changed_at": now,
        "holder": None,
        "attempts": deliveries.c.attempts + 1,
        "reply": "its sender ended between offering it and reading the reply",
    }
    turns.change(connection, edition.id, offered, doubt)
    return Recovered(released=released, uncertain=len(offered))


def _delivery(row: Row[Any]) -> Delivery:
    slot = read_slot(row.slot_local, row.slot_fold, row.zone)
    return Delivery(
        subscriber=row.subscription_id,
        newsletter=row.newsletter,
        edition=edition_key(row.newsletter, slot),
        slot=slot,
        state=DeliveryState(row.state),
        at=row.changed_at,
        attempts=row.attempts,
        next_at=row.next_at,
        reply=row.reply,
        message_id=row.message_id,
        relay=row.relay or "",
    )
