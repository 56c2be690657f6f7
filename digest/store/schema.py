"""The tables, and the three column types under them; what the rows mean stands with the class that writes them.

articles                 one row a version of an article; `superseded` is when a newer version of its address came in
editions                 one row a newsletter and slot: status, number, and from the freeze on the bound of its audience
edition_contents         what an edition says (JSON) and its frozen mail (JSON); apart, for `editions` changes often
subscriptions            one address on one newsletter
followed_lists           the state of its list file that a newsletter's subscriptions follow
suppressions             addresses that get nothing, whatever newsletter they turn up in
consent_events           who consented or withdrew when and how; rows are only ever added
relays                   names of mail servers, so that a delivery names its own by a small number
senders                  processes that claim deliveries, and when each was last seen
claims                   ranges of subscriptions that a sender has taken: those of them without a row are in its hands
deliveries               the ledger: one row an edition and subscription, none before the subscription's turn
allowances               what of each limit is used, by slices of time
pauses                   receivers and relays that get no mail for a while, and why
guard                    one row: which database this is, how far it came, and where it sent last; see guard.py
armings                  who let a copied or restored database send again; rows are only ever added

Everything is SQLAlchemy Core that SQLite and PostgreSQL take alike.  `REVISION` names the migration that makes them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

REVISION = "0007"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """An instant as the database keeps it: see `Instant`."""
    if instant.utcoffset() is None:
        raise ValueError(f"an instant without a time zone: {instant!r}")
    return (instant - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 UTC and returned in UTC.

    An integer compares, indexes and round-trips alike in every database; SQLite has no time type of its own.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn an instant into what the driver takes."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn what the driver gives into an instant."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with lone surrogates and NUL, which no database holds, replaced one for one, so that spans stay true."""
    return text if text.isascii() and "\0" not in text else _UNSTORABLE.sub("\ufffd", text)


class Words(TypeDecorator[str]):
    """Text from the outside world: see `storable`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn text into what the driver takes."""
        return None if value is None else storable(value)


# SQLite grows a key by itself only where the type is exactly INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

articles = Table(
    "articles",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("url", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("published", Instant, nullable=False),
    Column("language", String(35), nullable=False),
    Column("source", Words, nullable=False),
    Column("collected", Instant, nullable=False),
    Column("superseded", Instant),
    Column("document", Text, nullable=False),
    # On PostgreSQL by hash: an address may be longer than an entry of a tree may be.
    Index(None, "url", postgresql_using="hash"),
    Index(None, "origin", postgresql_using="hash"),
    Index(None, "published", "id"),
    Index(None, "collected"),
)

editions = Table(
    "editions",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("newsletter", String(100), nullable=False),
    # The wall clock is the identity: a change of the zone's rules must not make a second edition of a morning.
    Column("slot_local", String(32), nullable=False),
    Column("slot_fold", SmallInteger, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("slot", Instant, nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("subject", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("decided", Boolean, nullable=False, default=False),  # the status was set by `move`, not found by a build
    Column("built_at", Instant),
    Column("mail_date", Instant),
    Column("audience_through", BigInteger),  # the last subscription id that belongs to the audience
    Column("claimed_through", BigInteger, nullable=False, server_default="0"),  # all up to it have a row or a holder
    Column("ledger_dropped_at", Instant),  # from then on it has no deliveries,
    Column("final_tally", Text),  # and this is what they came to (JSON)
    UniqueConstraint("newsletter", "slot_local", "slot_fold"),
    Index(None, "newsletter", "slot"),
    Index(None, "slot"),
)

edition_contents = Table(
    "edition_contents",
    metadata,
    Column("edition_id", _Key, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("rendered", Text),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("newsletter", String(100), nullable=False),
    Column("address", Words, nullable=False),
    Column("address_key", Words, nullable=False),  # lower case: one mailbox is one subscription however it is typed
    Column("name", Words, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("newsletter", "address_key"),
    Index(None, "newsletter", "id"),
    Index(None, "address_key"),
    # A key that was deleted is never given again: links in old mails carry it.
    sqlite_autoincrement=True,
)

followed_lists = Table(
    "followed_lists",
    metadata,
    Column("newsletter", String(100), primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # SHA-256 of the file's bytes
    Column("problems", Words, nullable=False),  # what the caller would tell about the file, in its own form
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", Words, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Words, nullable=False),
)

consent_events = Table(
    "consent_events",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False),
    Column("what", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("how", Words, nullable=False),
    Index(None, "subscription_id"),
)

senders = Table(
    "senders",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant),  # none: it said goodbye
    sqlite_autoincrement=True,
)

relays = Table(
    "relays",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("name", Words, nullable=False),
    UniqueConstraint("name"),
)

claims = Table(
    "claims",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("editions.id"), primary_key=True),
    Column("first_id", BigInteger, primary_key=True),
    Column("last_id", BigInteger, nullable=False),
    Column("holder", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("edition_id", BigInteger, primary_key=True, autoincrement=False),
    Column("subscription_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("holder", BigInteger),  # the sender that has it in hand: set while claimed or offered, and only then
    Column("changed_at", Instant, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("attempted_at", Instant),  # of the newest attempt that is kept, so that one told twice is known
    Column("next_at", Instant),  # set while deferred, and only then
    Column("reply", Words, nullable=False, default=""),  # the relay's words; for a skipped one, why
    Column("message_id", Words),
    Column("relay_id", SmallInteger),  # of `relays`: whom it was offered to last
    Column("put_off_since", Instant),  # the first attempt of those that a 4xx answered
    # On PostgreSQL each would write into the other's row for every delivery; there the edition's part vouches for the
    # edition, and the statements for the subscription.
    ForeignKeyConstraint(["edition_id"], ["editions.id"]).ddl_if(dialect="sqlite"),
    ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"]).ddl_if(dialect="sqlite"),
    sqlite_with_rowid=False,  # on SQLite the row lives in its key: no second tree
    postgresql_partition_by="LIST (edition_id)",  # a part an edition: see partitions.py
)
# Both hold only the few rows that are under way, so a settled delivery costs its own row and nothing more.
Index(
    "ix_deliveries_held",
    deliveries.c.edition_id,
    deliveries.c.holder,
    sqlite_where=deliveries.c.holder.is_not(None),
    postgresql_where=deliveries.c.holder.is_not(None),
)
Index(
    "ix_deliveries_due",
    deliveries.c.edition_id,
    deliveries.c.next_at,
    sqlite_where=deliveries.c.next_at.is_not(None),
    postgresql_where=deliveries.c.next_at.is_not(None),
)

allowances = Table(
    "allowances",
    metadata,
    Column("name", Words, primary_key=True),
    Column("spent", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("name", Words, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("reason", Words, nullable=False),
)

guard = Table(
    "guard",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("site", String(32), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("advanced_at", Instant, nullable=False),
    Column("machine", Words, nullable=False),
    Column("place", Words, nullable=False),
    Column("body", Words, nullable=False),
)

armings = Table(
    "armings",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Words, nullable=False),
    Column("found", Words, nullable=False),
)
