"""What one attempt does to one row of the delivery ledger: pure decisions, which deliveries.py writes down.

(no row: pending) -> claimed -> offered -> sent | failed | deferred | uncertain
                        |                            deferred -> claimed again when `next_at` has come, and failed
                        |                                        when it was put off for too long
                        +-> skipped                  uncertain -> deferred when policy says to resend
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.model import Attempt, DeliveryState

ENDED = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED})
IN_HAND = frozenset({DeliveryState.CLAIMED, DeliveryState.OFFERED})
RETRY_FOR = timedelta(hours=24)
_JITTER = 0.25  # of a wait, by which it may be longer
_EVER = datetime.min.replace(tzinfo=UTC)
_OUTCOMES = frozenset(
    {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DEFERRED, DeliveryState.SKIPPED, DeliveryState.UNCERTAIN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the ledger, as far as an attempt concerns it."""

    state: DeliveryState
    holder: int | None
    attempts: int
    attempted_at: datetime | None
    changed_at: datetime
    next_at: datetime | None
    reply: str
    message_id: str | None
    relay_id: int | None
    put_off_since: datetime | None = None  # of the first attempt, once there were several


def claimed(holder: int) -> Entry:
    """Give the row that one would have who is claimed by a range, and was never tried."""
    return Entry(
        state=DeliveryState.CLAIMED,
        holder=holder,
        attempts=0,
        attempted_at=None,
        changed_at=_EVER,
        next_at=None,
        reply="",
        message_id=None,
        relay_id=None,
    )


def after(
    entry: Entry | None,
    attempt: Attempt,
    *,
    sender: int | None,
    retry_in: Callable[[int, int], timedelta],
    retry_for: timedelta = RETRY_FOR,
    relay_id: int | None = None,
) -> Entry | None:
    """Give the row as it is after `attempt`, which `sender` made; None when the attempt changes nothing.

    - An attempt told twice, or one older than the newest that is kept, changes nothing.
    - That a message was accepted is kept whatever the row says: nothing else ends so surely in a reader's inbox.
    - Else an ended row stays ended, and a row that another sender has in hand is left to it.

    - One that is put off once more after `retry_for`, counted from its first attempt, has failed; the last attempt is
      made when that time is over.

    `retry_in` tells how long after its n-th attempt a deferred delivery to a subscriber is tried again.  `relay_id` is
    the number of the attempt's relay; what learns of it elsewhere, as from a log, leaves the one that is known.
    """
    if attempt.state not in _OUTCOMES:
        raise ValueError(f"{attempt.state} is no outcome of an attempt")
    if entry is not None and not _overrules(entry, attempt, sender):
        return None
    attempts = (entry.attempts if entry else 0) + (attempt.state is not DeliveryState.SKIPPED)
    since = (entry.put_off_since or entry.attempted_at) if entry is not None else None
    state, next_at, reply = attempt.state, None, attempt.reply
    if state is DeliveryState.DEFERRED:
        last = (since or attempt.at) + retry_for
        if since is not None and attempt.at >= last:
            state, reply = DeliveryState.FAILED, f"gave up after {_in_words(retry_for)}: {reply}"
        else:
            next_at = min(attempt.at + retry_in(attempts, attempt.subscriber), max(last, attempt.at))
    return Entry(
        state=state,
        holder=None,
        attempts=attempts,
        attempted_at=attempt.at,
        changed_at=attempt.at,
        next_at=next_at,
        reply=reply,
        message_id=attempt.message_id,
        relay_id=relay_id if relay_id is not None or entry is None else entry.relay_id,
        put_off_since=since,
    )


def _overrules(entry: Entry, attempt: Attempt, sender: int | None) -> bool:
    if entry.state is DeliveryState.SENT:
        return False
    if attempt.state is DeliveryState.SENT:
        return True
    if entry.state in ENDED:
        return False
    if entry.state in IN_HAND and entry.holder != sender:
        return False
    return entry.attempted_at is None or attempt.at > entry.attempted_at


def backoff(attempts: int, subscriber: int = 0) -> timedelta:
    """Wait 5 minutes after the first 4xx and twice as long after each further one, 4 hours at most, and a bit more.

    RFC 5321 4.5.4.1 asks for 30 minutes and more, but leaves room for who knows the reason: most first 4xx replies are
    greylisting, which passes within five minutes, and a morning's digest is read early.  The bit is a subscriber's own:
    those who were put off together must not come back together.
    """
    doublings = max(0, min(attempts - 1, 6))
    wait = min(timedelta(minutes=5) * (1 << doublings), timedelta(hours=4))
    own = subscriber * (0x9E3779B1 + 2 * attempts) % 2**32 / 2**32  # Knuth's multiplicative hash, anew each time
    return wait * (1 + _JITTER * own)


def _in_words(time: timedelta) -> str:
    for unit, name in ((timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if time >= unit and not time % unit:
            return f"{time // unit} {name}"
    return f"{time.total_seconds():g} s"
