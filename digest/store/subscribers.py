"""Subscriptions and their consent record: who gets mail, since when, and who must never get it again.

A subscription gets mail while it is active and its line stands in the list file.  The line coming and going only lists
and unlists it.  Its status falls from active to unsubscribed, bounced or complained, never rises by itself, and comes
back only through `reactivate`, which asks for the consent that allows it.

A bounce or a complaint suppresses the address everywhere, also where it turns up later.  An unsubscription ends one
newsletter; others that the address has go on, but a list file cannot subscribe it to one that it never had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, select, update

from digest.errors import UsageError
from digest.model import ListEntry, Subscriber, SubscriberStatus
from digest.store.database import Database, repeated
from digest.store.documents import attributes_document, read_attributes
from digest.store.schema import consent_events, followed_lists, storable, subscriptions, suppressions

# A status only ever grows worse by itself: unsubscribing does not make up for a complaint.
_GRAVITY = {
    SubscriberStatus.PENDING: 0,
    SubscriberStatus.ACTIVE: 0,
    SubscriberStatus.UNSUBSCRIBED: 1,
    SubscriberStatus.BOUNCED: 2,
    SubscriberStatus.COMPLAINED: 3,
}
_REASONS = {
    SubscriberStatus.PENDING: "has not confirmed yet",
    SubscriberStatus.UNSUBSCRIBED: "unsubscribed",
    SubscriberStatus.BOUNCED: "mail to it bounced",
    SubscriberStatus.COMPLAINED: "complained",
}
_CHUNK = 900  # names in one IN (...): under the 999 that older SQLite builds allow


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a list file changed; `suppressed` stand in it and get nothing all the same, each with its reason."""

    added: int = 0
    returned: int = 0
    removed: int = 0
    suppressed: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A state of a list file, and what there was to tell about it."""

    fingerprint: str
    problems: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One line of the consent record: `what` happened to a subscription, when, and `how` we know."""

    subscriber: int
    newsletter: str
    what: str  # listed, unlisted, relisted, unsubscribed, bounced, complained, reactivated
    at: datetime
    how: str


class Subscribers:
    """The subscriptions of a store; each method is one transaction and may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sync(
        self, newsletter: str, entries: Sequence[ListEntry], *, now: datetime, followed: Followed | None = None
    ) -> SyncReport:
        """Bring the subscriptions of `newsletter` in line with its list file, all or on an error none.

        Names and attributes are those of the file.  Of several entries for one address the first counts.
        `followed` is what `followed()` is to give until the next call.
        """
        listed = {_key(entry.address): entry for entry in reversed(entries)}
        with self._database.writing() as connection:
            gone = {
                row.id: row.status
                for row in connection.execute(
                    select(subscriptions.c.id, subscriptions.c.status).where(
                        subscriptions.c.newsletter == newsletter, subscriptions.c.listed.is_(True)
                    )
                )
            }
            listing = _Listing(newsletter=newsletter, now=now)
            # In the file's order, so that keys, and with them the order of sending, follow it.
            for keys in _chunks(dict.fromkeys(_key(entry.address) for entry in entries)):
                found = _found(connection, newsletter, keys)
                barred = _barred(connection, [key for key in keys if key not in found])
                for key in keys:
                    listing.take(key, listed[key], found.get(key), barred.get(key))
                for row in found.values():
                    gone.pop(row.id, None)
            for identity, status in sorted(gone.items()):
                listing.take_away(identity, status)
            listing.write(connection)
            _keep_followed(connection, newsletter, followed)
        return listing.report()

    def followed(self, newsletter: str) -> Followed | None:
        """Tell which state of its list file the subscriptions of `newsletter` follow; None where nobody said."""
        with self._database.reading() as connection:
            row = connection.execute(select(followed_lists).where(followed_lists.c.newsletter == newsletter)).first()
        return None if row is None else Followed(fingerprint=row.fingerprint, problems=row.problems)

    def find(self, address: str) -> list[Subscriber]:
        """Give every subscription of `address`, whatever its status, in the order in which they began."""
        return self._read(select(*OF_SUBSCRIBER).where(subscriptions.c.address_key == _key(address)))

    def get(self, id: int) -> Subscriber | None:  # noqa: A002 - the model's own word
        """Give one subscription by its key."""
        found = self._read(select(*OF_SUBSCRIBER).where(subscriptions.c.id == id))
        return found[0] if found else None

    def of(self, newsletter: str) -> list[Subscriber]:
        """Give every subscription that `newsletter` ever had, whatever its status, in key order."""
        return self._read(select(*OF_SUBSCRIBER).where(subscriptions.c.newsletter == newsletter))

    def reachable(self, newsletter: str) -> int:
        """Count the subscriptions of `newsletter` that are active and listed: who would get an edition now."""
        with self._database.reading() as connection:
            counted = select(func.count()).select_from(subscriptions).where(*_listed(newsletter), _REACHED)
            return connection.execute(counted).scalar_one()

    def any_reachable(self, newsletter: str) -> bool:
        """Tell whether `reachable` is more than none, without counting a million."""
        with self._database.reading() as connection:
            one = select(subscriptions.c.id).where(*_listed(newsletter), _REACHED).limit(1)
            return connection.execute(one).first() is not None

    def kept_out(self, newsletter: str, *, examples: int = 3) -> tuple[int, tuple[str, ...]]:
        """Count who is listed and gets nothing, for they unsubscribed, bounced or complained; name the first."""
        wanted = (*_listed(newsletter), subscriptions.c.status.in_(_OUT))
        with self._database.reading() as connection:
            number = connection.execute(select(func.count()).select_from(subscriptions).where(*wanted)).scalar_one()
            first = select(subscriptions.c.address).where(*wanted).order_by(subscriptions.c.id).limit(examples)
            return number, tuple(connection.execute(first).scalars())

    def history(self, address: str) -> list[ConsentEvent]:
        """Give the consent record of `address` over all newsletters, oldest first."""
        query = (
            select(consent_events, subscriptions.c.newsletter)
            .join(subscriptions)
            .where(subscriptions.c.address_key == _key(address))
            .order_by(consent_events.c.at, consent_events.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            ConsentEvent(
                subscriber=row.subscription_id, newsletter=row.newsletter, what=row.what, at=row.at, how=row.how
            )
            for row in rows
        ]

    @repeated
    def unsubscribe(self, id: int, *, now: datetime, how: str) -> bool:  # noqa: A002 - the model's own word
        """End one subscription at its owner's wish; tell whether it was still open.

        Repeating it, or naming a key that does not exist, changes nothing.  Its owner does not wait for a list that is
        being followed: that never opens what is closed.
        """
        with self._database.writing_rows() as connection:
            found = connection.execute(
                select(subscriptions).where(subscriptions.c.id == id).with_for_update(key_share=True)
            ).all()
            return _worsen(connection, found, SubscriberStatus.UNSUBSCRIBED, now=now, how=how) > 0

    def suppress(self, address: str, status: SubscriberStatus, *, now: datetime, reason: str) -> int:
        """Send nothing to `address` any more, on any newsletter now or later; count the subscriptions that ended."""
        with self._database.writing() as connection:
            return suppress_keys(connection, {_key(address): reason}, status, now=now)

    def reactivate(self, id: int, *, now: datetime, consent_note: str) -> Subscriber:  # noqa: A002 - the model's own word
        """Let one subscription have mail again, on the consent that `consent_note` tells of.

        The only way back.  It concerns this newsletter alone: an address that is suppressed everywhere stays so for
        the others.  A line in the list file is needed as ever.  Raises UsageError when there is no such subscription.
        """
        if not consent_note.strip():
            raise ValueError("no consent, no mail: say when and how it was given")
        with self._database.writing() as connection:
            woken = connection.execute(
                update(subscriptions).where(subscriptions.c.id == id).values(status=SubscriberStatus.ACTIVE)
            )
            if not woken.rowcount:
                raise UsageError(f"there is no subscription {id}", remedy="digest subscribers show ADDRESS lists them.")
            connection.execute(insert(consent_events), _event(id, "reactivated", now, consent_note))
            return subscriber(connection.execute(select(*OF_SUBSCRIBER).where(subscriptions.c.id == id)).one())

    def _read(self, query: Select[Any]) -> list[Subscriber]:
        with self._database.reading() as connection:
            return [subscriber(row) for row in connection.execute(query.order_by(subscriptions.c.id))]


OF_SUBSCRIBER = tuple(column for column in subscriptions.c if column.name not in {"address_key", "created_at"})
_REACHED = subscriptions.c.status == SubscriberStatus.ACTIVE
_OUT = (SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)
_STATUSES = {str(status): status for status in SubscriberStatus}
_NO_ATTRIBUTES = attributes_document({})


def _listed(newsletter: str) -> tuple[ColumnElement[bool], ...]:
    return subscriptions.c.newsletter == newsletter, subscriptions.c.listed.is_(True)


def subscriber(row: Row[Any]) -> Subscriber:
    """Make the model's value of the columns OF_SUBSCRIBER, in their order."""
    identity, newsletter, address, name, attributes, status, listed = row
    return Subscriber(
        id=identity,
        newsletter=newsletter,
        address=address,
        name=name,
        attributes={} if attributes == _NO_ATTRIBUTES else read_attributes(attributes),
        status=_STATUSES[status],
        listed=listed,
    )


def why_not(status: str, *, listed: bool) -> str:
    """Tell why a subscription gets no mail; empty when it does."""
    if status == SubscriberStatus.ACTIVE:
        return "" if listed else "not in the list file any more"
    return _REASONS[SubscriberStatus(status)]


def _keep_followed(connection: Connection, newsletter: str, followed: Followed | None) -> None:
    connection.execute(delete(followed_lists).where(followed_lists.c.newsletter == newsletter))
    if followed is not None:
        row = {"newsletter": newsletter, "fingerprint": followed.fingerprint, "problems": followed.problems}
        connection.execute(insert(followed_lists), row)


def suppress_keys(
    connection: Connection, reasons: Mapping[str, str], status: SubscriberStatus, *, now: datetime
) -> int:
    """Suppress addresses, given by their keys, within the caller's transaction; count the subscriptions that ended."""
    if not _GRAVITY[status]:
        raise ValueError(f"{status} does not suppress an address")
    ended = 0
    for keys in _chunks(reasons):
        known = {
            row.address_key: SubscriberStatus(row.status)
            for row in connection.execute(select(suppressions).where(suppressions.c.address_key.in_(keys)))
        }
        fresh = [
            {"address_key": key, "status": status, "at": now, "reason": reasons[key]}
            for key in keys
            if key not in known
        ]
        if fresh:
            connection.execute(insert(suppressions), fresh)
        for key in keys:
            if key in known and _GRAVITY[known[key]] < _GRAVITY[status]:
                connection.execute(
                    update(suppressions)
                    .where(suppressions.c.address_key == key)
                    .values(status=status, at=now, reason=reasons[key])
                )
        found = connection.execute(
            select(subscriptions).where(subscriptions.c.address_key.in_(keys)).with_for_update(key_share=True)
        ).all()
        for row in found:
            ended += _worsen(connection, [row], status, now=now, how=reasons[row.address_key])
    return ended


def _worsen(
    connection: Connection, rows: Sequence[Row[Any]], status: SubscriberStatus, *, now: datetime, how: str
) -> int:
    worse = [row.id for row in rows if _GRAVITY[SubscriberStatus(row.status)] < _GRAVITY[status]]
    for identity in worse:
        connection.execute(update(subscriptions).where(subscriptions.c.id == identity).values(status=status))
        connection.execute(insert(consent_events), _event(identity, status, now, how))
    return len(worse)


class _Bar(NamedTuple):
    """Why an address may not be subscribed, and the status that says so."""

    status: SubscriberStatus
    reason: str


class _Listing:
    """What one list file changes, gathered first and written in a few statements."""

    def __init__(self, *, newsletter: str, now: datetime) -> None:
        self._newsletter = newsletter
        self._now = now
        self._fresh: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._unlisted: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._first_events: dict[str, tuple[str, str]] = {}  # by address key, for a row gets its own key on insert
        self._returned = self._removed = 0
        self._reasons: dict[str, str] = {}

    def take(self, key: str, entry: ListEntry, row: Row[Any] | None, barred: _Bar | None) -> None:
        """Note one address of the file: `row` is its subscription if it has one, `barred` why it may have none."""
        said: dict[str, Any] = {
            "address": storable(entry.address),
            "name": storable(entry.name),
            "attributes": attributes_document(entry.attributes),
            "listed": True,
        }
        place = f"line {entry.line} of the list file"
        if row is None:
            status = barred.status if barred else SubscriberStatus.ACTIVE
            self._fresh.append(
                said | {"newsletter": self._newsletter, "address_key": key, "status": status, "created_at": self._now}
            )
            self._first_events[key] = (status, f"{place}: {barred.reason}") if barred else ("listed", place)
            reason = barred.reason if barred else ""
        else:
            if not row.listed:
                self._events.append(_event(row.id, "relisted", self._now, place))
                self._returned += row.status == SubscriberStatus.ACTIVE
            if any(getattr(row, name) != value for name, value in said.items()):
                self._changed.append(said | {"identity": row.id})
            reason = why_not(row.status, listed=True)
        if reason:
            self._reasons[entry.address] = reason

    def take_away(self, identity: int, status: str) -> None:
        """Note a subscription whose line is gone: it ends, and nothing bars it from coming back."""
        self._removed += status == SubscriberStatus.ACTIVE
        self._unlisted.append({"identity": identity})
        self._events.append(_event(identity, "unlisted", self._now, "the line was taken out of the list file"))

    def write(self, connection: Connection) -> None:
        its_row = update(subscriptions).where(subscriptions.c.id == bindparam("identity"))
        if self._fresh:
            connection.execute(insert(subscriptions), self._fresh)
            for keys in _chunks(self._first_events):
                for key, row in _found(connection, self._newsletter, keys).items():
                    what, how = self._first_events[key]
                    self._events.append(_event(row.id, what, self._now, how))
        if self._changed:
            said: dict[str, Any] = {name: bindparam(name) for name in ("address", "name", "attributes", "listed")}
            connection.execute(its_row.values(said), self._changed)
        if self._unlisted:
            connection.execute(its_row.values(listed=False), self._unlisted)
        if self._events:
            connection.execute(insert(consent_events), self._events)

    def report(self) -> SyncReport:
        return SyncReport(
            added=sum(row["status"] == SubscriberStatus.ACTIVE for row in self._fresh),
            returned=self._returned,
            removed=self._removed,
            suppressed=tuple(self._reasons),
            reasons=dict(self._reasons),
        )


def _found(connection: Connection, newsletter: str, keys: Sequence[str]) -> dict[str, Row[Any]]:
    query = select(subscriptions).where(subscriptions.c.newsletter == newsletter, subscriptions.c.address_key.in_(keys))
    return {row.address_key: row for row in connection.execute(query)}


def _barred(connection: Connection, keys: Sequence[str]) -> dict[str, _Bar]:
    """Tell which of these addresses a list file cannot subscribe."""
    barred: dict[str, _Bar] = {}
    if keys:
        elsewhere = select(subscriptions.c.address_key, subscriptions.c.newsletter).where(
            subscriptions.c.address_key.in_(keys), subscriptions.c.status == SubscriberStatus.UNSUBSCRIBED
        )
        for row in connection.execute(elsewhere.order_by(subscriptions.c.id.desc())):
            barred[row.address_key] = _Bar(SubscriberStatus.UNSUBSCRIBED, f"unsubscribed from {row.newsletter}")
        for row in connection.execute(select(suppressions).where(suppressions.c.address_key.in_(keys))):
            status = SubscriberStatus(row.status)
            barred[row.address_key] = _Bar(status, f"{_REASONS[status]} ({row.reason})")
    return barred


def _event(identity: int, what: str, at: datetime, how: str) -> dict[str, Any]:
    return {"subscription_id": identity, "what": what, "at": at, "how": how}


def _key(address: str) -> str:
    return storable(address).lower()


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    every = list(keys)
    for start in range(0, len(every), _CHUNK):
        yield every[start : start + _CHUNK]
