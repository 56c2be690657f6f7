"""Editions: what each says, where it stands, and the mail that was fixed when it began to go out.

    save (draft) -> move (approved | skipped) -> freeze (sending) -> move (sent)

An edition is found by its newsletter and its slot on the wall clock.  What it says is one JSON document, so that what
was previewed is, to the byte, what is sent.

Which number each has, numbers.py tells; approved editions whose slot is before `passed` do not hold theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, insert, select, update

from digest.errors import StoreError
from digest.model import Edition, EditionStatus, Rendered
from digest.store.database import Database
from digest.store.documents import edition_document, read_edition, read_rendered, rendered_document
from digest.store.numbers import number_of, take_number
from digest.store.partitions import make_ledger
from digest.store.schema import edition_contents, editions, subscriptions

_GOING = (EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.PAUSED)
_WENT_OUT = (*_GOING, EditionStatus.CANCELLED)
_FIXED = (*_WENT_OUT, EditionStatus.MERGED)
_NOT_GONE_OUT = (EditionStatus.DRAFT, EditionStatus.APPROVED)


class Editions:
    """The editions of a store; each method is one transaction and may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, edition: Edition, *, built: datetime | None = None, passed: datetime | None = None) -> Edition:
        """Keep `edition`, and return what is kept: an edition past its draft stays as it is.

        One that a build found to have too few stories is a draft still, as far as this goes, and may be built again;
        one that was skipped by `move` is not.  A draft that is kept again gets the number of this moment, see
        `numbered`.  `built` is when it was assembled, for `built_at`.
        """
        with self._database.writing() as connection:
            found = _row(connection, edition.newsletter, edition.slot, lock=True)
            if found is None:
                if edition.status in _FIXED:
                    raise ValueError(f"{edition.key} was never saved, yet is {edition.status}")
                edition_id = connection.execute(
                    insert(editions).returning(editions.c.id), _columns(edition, built)
                ).scalar_one()
                connection.execute(
                    insert(edition_contents), {"edition_id": edition_id, "document": edition_document(edition)}
                )
            elif _may_change(found) and edition.status not in _FIXED:
                number = number_of(connection, edition.newsletter, found, passed)
                columns = _columns(replace(edition, number=number), built or found.built_at) | {"decided": False}
                connection.execute(update(editions).where(editions.c.id == found.id).values(columns))
                connection.execute(
                    update(edition_contents)
                    .where(edition_contents.c.edition_id == found.id)
                    .values(document=edition_document(edition), rendered=None)
                )
            kept = connection.execute(_whole(_is(edition.newsletter, edition.slot))).one()
        return _edition(kept)

    def get(self, newsletter: str, slot: datetime) -> Edition | None:
        """Give the edition of `newsletter` for `slot`, which must be in the newsletter's zone."""
        found = self._read(_whole(_is(newsletter, slot)))
        return found[0] if found else None

    def status(self, edition: Edition) -> EditionStatus:
        """Tell how `edition` stands at this moment."""
        with self._database.reading() as connection:
            return EditionStatus(edition_row(connection, edition).status)

    def built_at(self, newsletter: str, slot: datetime) -> datetime | None:
        """Tell when the edition that is kept was assembled, in UTC; None where nobody said."""
        with self._database.reading() as connection:
            found = _row(connection, newsletter, slot)
        return found.built_at if found else None

    def recent(self, newsletter: str | None, limit: int) -> list[Edition]:
        """Give the `limit` editions with the latest slots, latest first; of all newsletters when None."""
        wanted = [] if newsletter is None else [editions.c.newsletter == newsletter]
        return self._read(_whole(*wanted).order_by(editions.c.slot.desc(), editions.c.newsletter).limit(limit))

    def between(self, newsletter: str, since: datetime, until: datetime) -> list[Edition]:
        """Give the editions of `newsletter` with a slot from `since` to `until`, both included, latest first."""
        wanted = _whole(editions.c.newsletter == newsletter, editions.c.slot >= since, editions.c.slot <= until)
        return self._read(wanted.order_by(editions.c.slot.desc()))

    def next_number(self, newsletter: str, slot: datetime, *, passed: datetime | None = None) -> int:
        """Tell which number the edition for `slot` holds, or would get if it went out now."""
        with self._database.reading() as connection:
            return number_of(connection, newsletter, _row(connection, newsletter, slot), passed)

    def numbered(self, edition: Edition, *, passed: datetime | None = None) -> Edition:
        """Give `edition` with its number of this moment, and keep that: a draft waits while others go out.

        Raises StoreError when it is not kept.
        """
        number = self.next_number(edition.newsletter, edition.slot, passed=passed)
        if number == edition.number:
            return edition
        with self._database.writing() as connection:
            found = edition_row(connection, edition, lock=True)
            number = number_of(connection, edition.newsletter, found, passed)
            connection.execute(update(editions).where(editions.c.id == found.id).values(number=number))
        return replace(edition, number=number)

    def last_published(self, newsletter: str, before: datetime) -> Edition | None:
        """Give the latest edition with a slot before `before` that went out or is going out.

        A merged one does not count, though some have had it, nor one that ended before anybody had it: the next edition
        is to tell its stories.
        """
        went_out = _whole(
            editions.c.newsletter == newsletter,
            editions.c.slot < before,
            editions.c.status.in_(_WENT_OUT),
            editions.c.number > 0,
        )
        found = self._read(went_out.order_by(editions.c.slot.desc()).limit(1))
        return found[0] if found else None

    def move(
        self, edition: Edition, *, to: EditionStatus, allowed: Collection[EditionStatus], note: str | None = None
    ) -> bool:
        """Set the status to `to` if it is one of `allowed` at this moment; tell whether it was.

        Without a `note` the earlier note stays.  Only `freeze` makes an edition `sending`.
        """
        if to is EditionStatus.SENDING and not set(allowed) <= set(_GOING):
            raise ValueError("only freeze() starts an edition: without it there are no bytes to send")
        values: dict[str, Any] = {"status": to, "decided": True} | ({} if note is None else {"note": note})
        with self._database.writing() as connection:
            moved = connection.execute(
                update(editions)
                .where(_is(edition.newsletter, edition.slot), editions.c.status.in_(list(allowed)))
                .values(values)
            )
            return moved.rowcount == 1

    def unskip(self, edition: Edition, *, note: str = "") -> bool:
        """Make an edition that `move` skipped a draft again; tell whether it was one at this moment."""
        skipped = (editions.c.status == EditionStatus.SKIPPED) & editions.c.decided
        with self._database.writing() as connection:
            back = connection.execute(
                update(editions)
                .where(_is(edition.newsletter, edition.slot), skipped)
                .values(status=EditionStatus.DRAFT, decided=False, note=note)
            )
            return back.rowcount == 1

    def approve(self, edition: Edition, rendered: Rendered, *, passed: datetime | None = None) -> bool:
        """Set a draft `approved`, and keep its mail as it was approved; tell whether it was a draft at this moment.

        Raises StoreError when it says something else by now than the edition handed in, or another has its number.
        """
        with self._database.writing() as connection:
            found = edition_row(connection, edition, lock=True)
            if found.status != EditionStatus.DRAFT:
                return False
            _check_unchanged(connection, found, edition)
            take_number(connection, found, edition, passed)
            connection.execute(
                update(editions)
                .where(editions.c.id == found.id)
                .values(status=EditionStatus.APPROVED, number=edition.number, decided=True, note="")
            )
            connection.execute(
                update(edition_contents)
                .where(edition_contents.c.edition_id == found.id)
                .values(rendered=rendered_document(rendered))
            )
        return True

    def approved(self, newsletter: str, slot: datetime) -> Rendered | None:
        """Give the mail of an approved edition as `approve` kept it; None for any other."""
        with self._database.reading() as connection:
            found = connection.execute(
                select(edition_contents.c.rendered)
                .join(editions)
                .where(_is(newsletter, slot), editions.c.status == EditionStatus.APPROVED)
            ).scalar_one_or_none()
        return None if found is None else read_rendered(found)

    def freeze(
        self, edition: Edition, rendered: Rendered, *, date: datetime, passed: datetime | None = None
    ) -> tuple[Rendered, datetime]:
        """Fix mail, Date and audience of `edition` and set it `sending`; return what is fixed.

        The audience is every subscription that exists at this moment.  Frozen before, the first stands and is returned.
        Raises StoreError when the edition is not kept, was skipped, says something else than the one handed in, or
        when another has its number.
        """
        with self._database.writing() as connection:
            found = edition_row(connection, edition, lock=True)
            if found.mail_date is None:
                _check_unchanged(connection, found, edition)
                take_number(connection, found, edition, passed)
                make_ledger(connection, found.id)
                last = select(func.coalesce(func.max(subscriptions.c.id), 0)).where(
                    subscriptions.c.newsletter == edition.newsletter
                )
                connection.execute(
                    update(editions)
                    .where(editions.c.id == found.id)
                    .values(
                        status=EditionStatus.SENDING,
                        number=edition.number,  # the mail tells it
                        note="",  # why it was held: it is not any more
                        mail_date=date,
                        audience_through=connection.execute(last).scalar_one(),
                    )
                )
                connection.execute(
                    update(edition_contents)
                    .where(edition_contents.c.edition_id == found.id)
                    .values(rendered=rendered_document(rendered))
                )
            frozen = _frozen(connection, edition.newsletter, edition.slot)
        if frozen is None:
            raise AssertionError("frozen in this very transaction")
        return frozen

    def frozen(self, newsletter: str, slot: datetime) -> tuple[Rendered, datetime] | None:
        """Give the mail and its Date (UTC) as fixed by `freeze`; None before that."""
        with self._database.reading() as connection:
            return _frozen(connection, newsletter, slot)

    def mail_date(self, edition: Edition) -> datetime | None:
        """Give the Date (UTC) of the mail that is fixed at this moment; None where none is."""
        with self._database.reading() as connection:
            date: datetime | None = edition_row(connection, edition).mail_date
        return date

    def _read(self, query: Select[Any]) -> list[Edition]:
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [_edition(row) for row in rows]


def read_editions(connection: Connection, *conditions: ColumnElement[bool], order: ColumnElement[Any]) -> list[Edition]:
    """Give editions within the caller's transaction."""
    return [_edition(row) for row in connection.execute(_whole(*conditions).order_by(order))]


def edition_row(connection: Connection, edition: Edition, *, lock: bool = False) -> Row[Any]:
    """Give the row of `edition`, held against other writers if `lock`; StoreError when there is none."""
    found = _row(connection, edition.newsletter, edition.slot, lock=lock)
    if found is None:
        raise StoreError("this edition is not in the store", where=edition.key, remedy="Build it first.")
    return found


def read_slot(slot_local: str, slot_fold: int, zone: str) -> datetime:
    """Put a slot together again as it was scheduled, even when the zone's rules have changed since."""
    try:
        return datetime.fromisoformat(slot_local).replace(tzinfo=ZoneInfo(zone), fold=slot_fold)
    except ZoneInfoNotFoundError as error:
        raise StoreError(
            f"this machine does not know the time zone {zone!r}",
            where=slot_local,
            remedy="Install the tzdata package, or its newest version.",
        ) from error


def _wall_clock(slot: datetime) -> dict[str, Any]:
    zone = (
        "UTC" if not slot.utcoffset() and not isinstance(slot.tzinfo, ZoneInfo) else getattr(slot.tzinfo, "key", None)
    )
    if zone is None:
        raise ValueError(f"a slot in no named time zone: {slot!r}")
    # Outside the repeated hour both folds are one instant, and so one edition.
    twice = slot.replace(fold=0).utcoffset() != slot.replace(fold=1).utcoffset()
    return {
        "slot_local": slot.replace(tzinfo=None, fold=0).isoformat(),
        "slot_fold": slot.fold if twice else 0,
        "zone": zone,
    }


def _is(newsletter: str, slot: datetime) -> ColumnElement[bool]:
    clock = _wall_clock(slot)
    return and_(
        editions.c.newsletter == newsletter,
        editions.c.slot_local == clock["slot_local"],
        editions.c.slot_fold == clock["slot_fold"],
    )


# Built once: every claim asks for it.
_ROW = select(editions).where(
    editions.c.newsletter == bindparam("newsletter"),
    editions.c.slot_local == bindparam("slot_local"),
    editions.c.slot_fold == bindparam("slot_fold"),
)
_ROW_LOCKED = _ROW.with_for_update(key_share=True)


def _row(connection: Connection, newsletter: str, slot: datetime, *, lock: bool = False) -> Row[Any] | None:
    named = {"newsletter": newsletter, **_wall_clock(slot)}
    del named["zone"]
    return connection.execute(_ROW_LOCKED if lock else _ROW, named).first()


def _whole(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(editions, edition_contents.c.document).join(edition_contents).where(*conditions)


def _columns(edition: Edition, built: datetime | None) -> dict[str, Any]:
    return _wall_clock(edition.slot) | {
        "newsletter": edition.newsletter,
        "slot": edition.slot,
        "number": edition.number,
        "status": edition.status,
        "subject": edition.subject,
        "note": edition.note,
        "built_at": built,
    }


def _may_change(found: Row[Any]) -> bool:
    return found.status == EditionStatus.DRAFT or (found.status == EditionStatus.SKIPPED and not found.decided)


def _check_unchanged(connection: Connection, found: Row[Any], edition: Edition) -> None:
    if found.status not in _NOT_GONE_OUT:
        raise StoreError(
            f"this edition is {found.status} and does not go out" + (f" ({found.note})" if found.note else ""),
            where=edition.key,
        )
    kept = connection.execute(_whole(editions.c.id == found.id)).one()
    # Both written by this version: an earlier one's document lacks what has come to the model since.
    if edition_document(_edition(kept)) != edition_document(edition):
        raise StoreError(
            "this edition was built again while its mail was being made; nothing has been sent",
            where=edition.key,
            remedy="Run the same command again.",
        )


def _frozen(connection: Connection, newsletter: str, slot: datetime) -> tuple[Rendered, datetime] | None:
    found = connection.execute(
        select(editions.c.mail_date, edition_contents.c.rendered)
        .join(edition_contents)
        .where(_is(newsletter, slot), editions.c.mail_date.is_not(None))
    ).first()
    return None if found is None else (read_rendered(found.rendered), found.mail_date)


def _edition(row: Row[Any]) -> Edition:
    return read_edition(
        row.document,
        newsletter=row.newsletter,
        slot=read_slot(row.slot_local, row.slot_fold, row.zone),
        number=row.number,
        status=EditionStatus(row.status),
        note=row.note,
    )
