"""The ledger's side of a send: what waits to go out, what came of what went, and one transaction for many of them.

All replies that arrived in one turn of the event loop are recorded in one transaction, before any of those connections
sends its next message: each message is durable, at the price of a batch.
Kept out: the connections (`lines.py`), and what is said on them (`conversation.py`).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Protocol

from digest.delivery.conversation import Conversation
from digest.errors import DigestError, MailServerRefused
from digest.model import Attempt, DeliveryState, Envelope

_CLAIMED_AHEAD = 500  # subscribers: enough that a claim costs a message nothing, and little to give back at a stop
_OFFERS = 3  # of one message, before it is put off: a message that fells the relay must not hold up the rest
_DOUBTS = 3  # recipients at whom a refusal that seems to be about us is believed
# A transaction costs as much as three messages, so where replies come in faster than this, a third of the connections
# wait for one another, no longer than the event loop's shortest timer.  The relay has the others' mail meanwhile.
_RUSH_SECONDS = 0.0003
_GATHERING_SECONDS = 0.001


class Ledger(Protocol):
    """What the send asks of whoever keeps count.  Each call is one transaction and may raise StoreError.

    The calls do not await, so that nothing comes between a reply and its record.
    """

    def claim(self, limit: int) -> Sequence[int]:
        """Take up to `limit` subscribers who are due, and give their keys; none left is an empty sequence."""

    def address(self, subscriber: int) -> Envelope:
        """Compose the message to one who was claimed; the same bytes whenever it is asked."""

    def commit(self, attempts: Sequence[Attempt], offering: Sequence[int]) -> Collection[int]:
        """Keep replies, and that messages to `offering` are about to be handed over; give those that still may be.

        The others have left since they were claimed, or are another sender's by now: the ledger has settled them.
        A recipient may be refused, and an attempt recorded, before the message was offered.
        """

    def release(self, subscribers: Sequence[int]) -> object:
        """Put claimed ones back among those who are due; the relay has nothing for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one run of `deliver` did; the ledger has the same and more."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0  # bounced ones too
    bounced: int = 0
    uncertain: int = 0
    skipped: int = 0  # claimed, and not to be had when their turn came
    stopped: bool = False  # asked to, with envelopes perhaps still due


class Outbox:
    """What all connections of one send share; to each conversation it is its Desk."""

    def __init__(
        self, ledger: Ledger, clock: Callable[[], datetime], *, connections: int, proven: bool, ending: asyncio.Event
    ) -> None:
        """`ending` is set here by an error, and elsewhere by a wish to stop; from then on no message is begun."""
        self._ledger = ledger
        self._clock = clock
        self._waiting: deque[int] = deque()
        self._dry = False
        self._attempts: list[Attempt] = []  # since the last transaction
        self._to_call: dict[Conversation, None] = {}  # in order
        self._flush_is_due: asyncio.Handle | None = None
        self._gathered = max(1, connections // 3)  # so many who wait need not wait for more
        self._flushed = -inf  # when last, by the loop's clock
        self._closed = False
        self._offers: Counter[int] = Counter()  # by subscriber, of those that lost their connection
        self._doubted: set[int] = set()
        self._count: Counter[str] = Counter()
        self._ending = ending
        self._loop = asyncio.get_running_loop()
        self.proven = proven
        self.error: Exception | None = None

    @property
    def broken(self) -> bool:
        """Whether an error has ended the send."""
        return self.error is not None

    def fill(self) -> bool:
        """Claim more where none waits; tell whether one waits now."""
        if not self._waiting and not self._dry:
            self._claim()
        return bool(self._waiting)

    def take(self) -> Envelope | None:
        """Give the next envelope; None when there is none, or none is to be begun."""
        if self._ending.is_set():
            return None
        try:
            return self._ledger.address(self._waiting.popleft()) if self.fill() else None
        except Exception as error:  # noqa: BLE001 - a callback of the event loop would lose it; deliver() raises it
            self.end(error)
            return None

    def settle(self, envelope: Envelope, state: DeliveryState, reply: str, *, bounced: bool = False) -> None:
        """Keep an outcome for the next transaction."""
        self._attempts.append(
            Attempt(
                subscriber=envelope.subscriber,
                state=state,
                reply=reply,
                at=self._clock(),
                message_id=envelope.message_id,
                bounced=bounced,
            )
        )
        if self._offers:
            self._offers.pop(envelope.subscriber, None)
        self.proven = self.proven or state is DeliveryState.SENT
        self._count[state] += 1
        self._count["bounced"] += bounced

    def give_back(self, envelope: Envelope, *, lost: str = "") -> None:
        """Take an unsettled envelope back, to be next in line, or put it off where it has felled the line too often."""
        self._offers[envelope.subscriber] += bool(lost)
        if self._offers[envelope.subscriber] >= _OFFERS:
            self.settle(envelope, DeliveryState.DEFERRED, lost)
        else:
            self._waiting.appendleft(envelope.subscriber)

    def doubt(self, envelope: Envelope, error: MailServerRefused) -> None:
        """Ask others before believing that a refusal is about us: one recipient's server must not stop every send."""
        self._doubted.add(envelope.subscriber)
        others = all(other in self._doubted for other in self._waiting)
        if others and not self._dry and len(self._doubted) < _DOUBTS:
            self._claim()
            others = all(other in self._doubted for other in self._waiting)
        self._waiting.append(envelope.subscriber)
        if others or len(self._doubted) >= _DOUBTS:
            self.end(error)

    def end(self, error: Exception) -> None:
        """End the send: every connection finishes the message it is at, and begins no other."""
        self.error = self.error or error
        self._ending.set()

    def call_back(self, conversation: Conversation) -> None:
        """Call `go_on` after the next transaction, once all that has arrived by now is heard."""
        self._to_call[conversation] = None
        if self._flush_is_due is None:
            rush = self._loop.time() - self._flushed < _RUSH_SECONDS
            if rush and len(self._to_call) < self._gathered:
                self._flush_is_due = self._loop.call_later(_GATHERING_SECONDS, self.flush)
            else:
                self._flush_is_due = self._loop.call_soon(self.flush)
        elif len(self._to_call) == self._gathered and isinstance(self._flush_is_due, asyncio.TimerHandle):
            self._flush_is_due.cancel()
            self._flush_is_due = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Keep what has come in since the last time in one transaction, and let those who waited for it go on."""
        self._flush_is_due = None
        if self._closed:
            return
        attempts, self._attempts = self._attempts, []
        waited, self._to_call = self._to_call, {}
        offering = [one.asking.subscriber for one in waited if one.asking is not None]
        noted: Collection[int] = ()
        try:
            if self.error is not None:
                offering = []
            if attempts or offering:
                noted = self._ledger.commit(attempts, offering)
            self._count[DeliveryState.SKIPPED] += len(offering) - len(noted)
        except Exception as error:  # noqa: BLE001 - see `take`
            self.end(error)
        self._flushed = self._loop.time()
        for conversation in waited:
            conversation.go_on(noted)

    def close(self) -> None:
        """Give back what was claimed and not offered; nothing is recorded any more."""
        self._closed = True
        if not self._waiting:
            return
        try:
            self._ledger.release(list(self._waiting))
        except DigestError as error:
            self.error = self.error or error  # claimed ones are found again when the next send starts
        self._waiting.clear()

    def delivered(self, *, stopped: bool) -> Delivered:
        """Count up."""
        count = self._count
        return Delivered(
            sent=count[DeliveryState.SENT],
            deferred=count[DeliveryState.DEFERRED],
            failed=count[DeliveryState.FAILED],
            bounced=count["bounced"],
            uncertain=count[DeliveryState.UNCERTAIN],
            skipped=count[DeliveryState.SKIPPED],
            stopped=stopped,
        )

    def _claim(self) -> None:
        taken = self._ledger.claim(_CLAIMED_AHEAD)
        self._waiting.extend(taken)
        self._dry = not taken
