"""What became of a mail: for one address over all editions, and for one edition over all its audience."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from digest.audience.address import normalise_address
from digest.errors import StoreError, UsageError
from digest.model import DeliveryState, Edition, EditionStatus, Subscriber, Tally
from digest.store import Member, Store, Trace

_PLAIN = {DeliveryState.CLAIMED: "a sender has taken it", DeliveryState.OFFERED: "it is being handed to the relay"}
COLUMNS = ("address", "state", "at", "attempts", "relay", "reply", "message_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one edition for one address."""

    newsletter: str
    edition: str
    subject: str
    state: str  # a DeliveryState, or "not in the audience", "not sent" (it did not begin to go out), "not known"
    reason: str  # why, where the state alone does not say it
    at: datetime | None
    next_at: datetime | None
    attempts: int
    relay: str  # whom it was offered to last; empty where it was to nobody, or nobody wrote it down
    reply: str  # the relay's words
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """All that the ledger knows of one address, the latest edition first."""

    address: str
    subscriptions: tuple[Subscriber, ...]
    answers: tuple[Answer, ...]


def why(store: Store, address: str) -> Why:
    """Tell for each edition of each newsletter that `address` was ever on what became of it.

    Raises AudienceError for what is no address.
    """
    address = normalise_address(address)
    return Why(
        address=address,
        subscriptions=tuple(store.subscribers.find(address)),
        answers=tuple(explain(trace) for trace in store.proof.of_address(address)),
    )


def explain(trace: Trace) -> Answer:
    """Put one edition's trace into words; pure."""
    state, reason = _fate(trace)
    member = trace.member
    settled_by_us = member is None or member.state is DeliveryState.SKIPPED  # then `reply` holds no relay's words
    return Answer(
        newsletter=trace.newsletter,
        edition=trace.edition,
        subject=trace.subject,
        state=state,
        reason=reason,
        at=member.at if member else None,
        next_at=member.next_at if member else None,
        attempts=member.attempts if member else 0,
        relay="" if member is None or settled_by_us else member.relay,
        reply="" if member is None or settled_by_us else member.reply,
        message_id=member.message_id if member else None,
    )


def _fate(trace: Trace) -> tuple[str, str]:
    member = trace.member
    if trace.fixed is None:
        if trace.status is EditionStatus.SKIPPED:
            return "not sent", f"the edition was skipped: {trace.note}"
        bar = f"; this address would not get it: {trace.closed}" if trace.closed else ""
        return "not sent", f"the edition is {trace.status.said} and has not begun to go out{bar}"
    if trace.dropped is not None:
        return "not known", f"the edition was {trace.status}, and its ledger dropped on {trace.dropped:%Y-%m-%d}"
    if member is None:
        joined, fixed = (f"{moment:%Y-%m-%d %H:%M %Z}" for moment in (trace.subscribed, trace.fixed))
        return "not in the audience", f"it joined {joined}, after the audience was fixed {fixed}"
    return str(member.state), _reason(trace, member)


def _reason(trace: Trace, member: Member) -> str:
    if trace.status is EditionStatus.PAUSED and member.state in (DeliveryState.PENDING, DeliveryState.DEFERRED):
        return f"the edition is paused: {trace.note}" if trace.note else "the edition is paused"
    match member.state:
        case DeliveryState.PENDING:
            return f"it will be skipped: {trace.closed}" if trace.closed else "its turn has not come"
        case DeliveryState.SKIPPED:
            return member.reply
        case DeliveryState.UNCERTAIN:
            return f"the relay's reply was never read; digest reconcile {trace.edition} settles it"
    return _PLAIN.get(member.state, "")


def report(store: Store, edition: Edition, file: TextIO | None = None) -> Tally:
    """Count the audience of `edition` member by member, and write a CSV row for each into `file`, if there is one.

    Raises UsageError before the edition began to go out, and StoreError where the members are not the audience.
    """
    members = store.proof.members(edition)
    rows = None if file is None else csv.writer(file, lineterminator="\n")
    if rows is not None:
        rows.writerow(COLUMNS)
    counts: Counter[str] = Counter()
    for member in members:
        counts[member.state] += 1
        if rows is not None:
            at = member.at.isoformat(timespec="seconds") if member.at else ""
            words = (member.relay, member.reply, member.message_id or "")
            rows.writerow([member.address, member.state, at, member.attempts, *words])
    audience = store.deliveries.tally(edition).audience
    if counts.total() != audience:
        raise StoreError(
            f"{counts.total():,} members were counted where the audience is {audience:,}",
            where=edition.key,
            remedy="The database was changed by something else than digest; compare it with a backup.",
        )
    return Tally(audience=audience, **counts)


def export_report(store: Store, edition: Edition, path: Path) -> Tally:
    """Write the report of `edition` to a file, whole or not at all; else as `report`."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                tally = report(store, edition, file)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        why_not = f"it cannot be written: {error.strerror}"
        raise UsageError(why_not, where=str(path), remedy="Name another --out.") from error
    return tally
