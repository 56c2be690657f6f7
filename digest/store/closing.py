"""An edition that ends before everyone has had it: whoever is left is skipped, with the reason, in one statement each.

Or before anyone has: then it may be a draft again, as if it had never begun.
Kept apart from the turns that a send takes: this walks the whole rest of an audience at once, be it a million.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, insert, literal, select, update

from digest.model import DeliveryState, EditionStatus, SubscriberStatus
from digest.store.schema import Instant, Words, claims, deliveries, edition_contents, editions, subscriptions
from digest.store.subscribers import why_not


def close(
    connection: Connection, edition: Row[Any], *, reason: str, to: EditionStatus, now: datetime, ended: bool
) -> None:
    """Skip every member of the audience that nobody has in hand and that has had no answer; `to` once `ended`.

    Who gets no mail anyway is skipped for that reason, not for `reason`.  Where nobody has it by then its number is 0,
    and the next edition gets the one that it had.
    """
    for status in SubscriberStatus:
        for listed in (True, False):
            of_kind = and_(subscriptions.c.status == status, subscriptions.c.listed.is_(listed))
            why = why_not(status, listed=listed) or reason
            _skip_rowless(connection, edition, of_kind, why, now)
            _skip_deferred(connection, edition, of_kind, why, now)
    if ended:
        values: dict[str, Any] = {"status": to, "decided": True, "note": reason}
        if not _anybody_has(connection, edition.id):
            values["number"] = 0
        connection.execute(update(editions).where(editions.c.id == edition.id).values(values))


def thaw(connection: Connection, edition_id: int, *, note: str) -> None:
    """Forget mail, date, audience and ledger of an edition that nobody has: it is a draft."""
    connection.execute(delete(deliveries).where(deliveries.c.edition_id == edition_id))
    connection.execute(delete(claims).where(claims.c.edition_id == edition_id))
    values: dict[str, Any] = {
        "status": EditionStatus.DRAFT,
        "decided": False,
        "note": note,
        "mail_date": None,
        "audience_through": None,
        "claimed_through": 0,
    }
    connection.execute(update(editions).where(editions.c.id == edition_id).values(values))
    connection.execute(
        update(edition_contents).where(edition_contents.c.edition_id == edition_id).values(rendered=None)
    )


def anybody_is_due(connection: Connection, edition_id: int) -> bool:
    """Tell whether somebody who has a row is deferred, or in a sender's hands; by index, not by counting."""
    of_edition = deliveries.c.edition_id == edition_id
    due = select(deliveries.c.edition_id).where(of_edition, deliveries.c.next_at.is_not(None)).limit(1)
    in_hand = select(deliveries.c.edition_id).where(of_edition, deliveries.c.holder > 0).limit(1)
    return any(connection.execute(one).first() is not None for one in (due, in_hand))


def _anybody_has(connection: Connection, edition_id: int) -> bool:
    had = deliveries.c.state.in_((DeliveryState.SENT, DeliveryState.UNCERTAIN))
    one = select(deliveries.c.subscription_id).where(deliveries.c.edition_id == edition_id, had).limit(1)
    return connection.execute(one).first() is not None


def _skip_rowless(connection: Connection, edition: Row[Any], of_kind: Any, why: str, now: datetime) -> None:
    is_taken = exists().where(
        claims.c.edition_id == edition.id,
        claims.c.first_id <= subscriptions.c.id,
        claims.c.last_id >= subscriptions.c.id,
    )
    rest = select(
        literal(edition.id),
        subscriptions.c.id,
        literal(DeliveryState.SKIPPED.value),
        literal(now, Instant),
        literal(0),
        literal(why, Words),
    ).where(
        subscriptions.c.newsletter == edition.newsletter,
        subscriptions.c.id <= edition.audience_through,
        of_kind,
        ~exists().where(deliveries.c.edition_id == edition.id, deliveries.c.subscription_id == subscriptions.c.id),
        ~is_taken,
    )
    columns = ["edition_id", "subscription_id", "state", "changed_at", "attempts", "reply"]
    connection.execute(insert(deliveries).from_select(columns, rest, include_defaults=False))


def _skip_deferred(connection: Connection, edition: Row[Any], of_kind: Any, why: str, now: datetime) -> None:
    whose = select(subscriptions.c.id).where(
        subscriptions.c.newsletter == edition.newsletter, subscriptions.c.id <= edition.audience_through, of_kind
    )
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.edition_id == edition.id,
            deliveries.c.next_at.is_not(None),
            deliveries.c.state == DeliveryState.DEFERRED,
            deliveries.c.subscription_id.in_(whose),
        )
        .values(state=DeliveryState.SKIPPED, changed_at=now, next_at=None, reply=why)
    )
