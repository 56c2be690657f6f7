"""The ledger's side of a send: what waits to go out, what came of what went, and one transaction for many of them.

All replies that arrived in one turn of the event loop are recorded in one transaction, before any of those connections
sends its next message: each message is durable, at the price of a batch.
Kept out: the connections (`lines.py`), and what is said on them (`conversation.py`).
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from math import inf

import structlog

from digest.delivery.conversation import Conversation
from digest.delivery.gate import EVER, Gate, domain_of
from digest.delivery.ledger import Delivered, Ledger
from digest.delivery.notices import Notices
from digest.delivery.permits import Limits
from digest.delivery.replies import Reply
from digest.delivery.slowdown import Memory
from digest.errors import DigestError
from digest.model import Attempt, DeliveryState, Envelope

_log = structlog.get_logger(__name__)

_CLAIMED_AHEAD = 500  # subscribers: enough that a claim costs a message nothing, and little to give back at a stop
_OFFERS = 3  # of one message, before it is put off: a message that fells the relay must not hold up the rest
# A transaction costs as much as three messages, so where replies come in faster than this, half of the connections wait
# for one another, no longer than the event loop's shortest timer.  The relay has the others' mail meanwhile.
_RUSH_SECONDS = 0.001
_GATHERING_SECONDS = 0.001
_LONG_WAIT = timedelta(seconds=5)  # worth a word
_A_LONG_TIME = 3600.0  # seconds
_FOLLOW_SECONDS = 5.0


class Bell:
    """Wakes everyone who waits when it rings."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake them."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next time it rings."""
        await self._event.wait()


class Outbox:
    """What all connections of one send share, to whichever relay.

    `bell` rings when there may be something to do for a worker that found nothing.  `ending` is set by an error or by
    the wish to stop; from then on no message is begun.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], datetime],
        *,
        connections: int,
        limits: Limits | None,
        patience: timedelta,
        notices: Notices,
        memory: Memory | None = None,
    ) -> None:
        """`patience` is how long it waits where nobody may go."""
        self._loop = asyncio.get_running_loop()
        self._ledger = ledger
        self._clock = clock
        self._waiting: deque[int] = deque()
        self._ready: deque[Envelope] = deque()  # composed ahead; next in line before those who wait
        self._dry = False
        self._attempts: list[Attempt] = []  # since the last transaction
        self._to_call: dict[Conversation, None] = {}  # in order
        self._flush_is_due: asyncio.Handle | None = None
        self._gathered = max(1, connections // 2)  # so many who wait need not wait for more
        self._flushed = -inf  # when last, by the loop's clock
        self._closed = False
        self._offers: Counter[int] = Counter()  # by subscriber, of those that lost their connection
        self._count: Counter[str] = Counter()
        self._resting: dict[Conversation, None] = {}  # in order
        self._released: asyncio.TimerHandle | None = None  # when messages are handed out again
        self._gate = Gate(
            limits,
            clock=clock,
            domain_of=ledger.domain,
            postpone=ledger.postpone,
            most_at_once=connections,
            memory=memory,
        )
        self._patience = patience
        self.notices = notices
        self._held_until: datetime | None = None
        self._spared: set[int] = set()
        self._follow_at = self._loop.time() + _FOLLOW_SECONDS
        self.bell = Bell()
        self.ending = asyncio.Event()
        self.error: Exception | None = None

    @property
    def broken(self) -> bool:
        """Whether an error has ended the send."""
        return self.error is not None

    @property
    def held(self) -> bool:
        """Whether messages are held back for a while; connections rest meanwhile."""
        return self._released is not None

    def hold(self, seconds: float) -> None:
        """Hand no message out for so long."""
        if self._released is not None:
            self._released.cancel()
        self._released = self._loop.call_later(seconds, self._release)

    def fill(self) -> bool:
        """Claim more where none waits; tell whether one waits now, or will be let through later."""
        if self._gate.free:
            return bool(self._ready) or self._fill()
        subscriber = self._gate.choose(self._line(), self._fill)
        if subscriber is not None:
            self._gate.undo(subscriber)
            self._waiting.appendleft(subscriber)
            return True
        self._wait_at_gate()
        return self.held

    def take(self) -> Envelope | None:
        """Give the next envelope; None when there is none, or none is to be begun now."""
        if self._released is not None or self.ending.is_set():
            return None
        try:
            if self._gate.free:
                if self._ready:
                    return self._ready.popleft()
                return self._ledger.address(self._waiting.popleft()) if self._fill() else None
            subscriber = self._gate.choose(self._line(), self._fill)
            if subscriber is not None:
                self.notices.tell("")
                return self._ledger.address(subscriber)
            self._wait_at_gate()
        except Exception as error:  # noqa: BLE001 - a callback of the event loop would lose it; deliver() raises it
            self.end(error)
        return None

    def hear(self, envelope: Envelope, reply: Reply) -> bool:
        """Hear a 4xx about an envelope; tell whether it is its receiver's wish that we slow down."""
        return self._gate.hear(domain_of(envelope.recipient), reply)

    def lengthen(self, seconds: float) -> None:
        """Leave an outage out of the account of those who were put off before it."""
        self._ledger.lengthen(timedelta(seconds=seconds))

    def spare(self, subscribers: Collection[int]) -> None:
        """Undo, after the next transaction, the attempts of those whom a relay put off that puts everybody off."""
        self._spared.update(subscribers)

    def follow(self) -> None:
        """Learn, from time to time, from others who send what is paused."""
        now = self._loop.time()
        if now < self._follow_at:
            return
        self._follow_at = now + _FOLLOW_SECONDS
        try:
            self._gate.follow()
        except DigestError as error:  # the next look may succeed; what is recorded has its own errors
            _log.warning("pauses could not be read", problem=str(error))

    def rest(self, conversation: Conversation) -> bool:
        """Call `go_on` when messages are no longer held back; False where they are not, or the send is over."""
        if self._released is None or self.ending.is_set():
            return False
        self._resting[conversation] = None
        return True

    def settle(
        self, envelope: Envelope, state: DeliveryState, reply: str, *, relay: str, bounced: bool = False
    ) -> None:
        """Keep an outcome for the next transaction."""
        self._attempts.append(
            Attempt(
                subscriber=envelope.subscriber,
                state=state,
                reply=reply,
                at=self._clock(),
                message_id=envelope.message_id,
                bounced=bounced,
                relay=relay,
            )
        )
        if self._offers:
            self._offers.pop(envelope.subscriber, None)
        if not self._gate.free:
            self._went(envelope, taken=state is DeliveryState.SENT)
        self._count[state] += 1
        self._count["bounced"] += bounced

    def give_back(self, envelope: Envelope, *, relay: str, lost: str = "") -> None:
        """Take an unsettled envelope back, to be next in line, or put it off where it has felled the line too often."""
        self._offers[envelope.subscriber] += bool(lost)
        if self._offers[envelope.subscriber] >= _OFFERS:
            self.settle(envelope, DeliveryState.DEFERRED, lost, relay=relay)
        else:
            self._take_back(envelope)
            self._waiting.appendleft(envelope.subscriber)

    def put_last(self, envelope: Envelope, *, after_others_than: Collection[int], enough: int) -> bool:
        """Take an envelope back, to be the last in line; tell whether another than these waits before it.

        More are claimed to find out, where there are not yet `enough` of these.
        """
        others = not all(other in after_others_than for other in self._line())
        if not others and not self._dry and len(after_others_than) < enough:
            self._claim()
            others = not all(other in after_others_than for other in self._waiting)
        self._take_back(envelope)
        self._waiting.append(envelope.subscriber)
        return others

    def end(self, error: Exception | None) -> None:
        """End the send: every connection finishes the message it is at, and begins no other."""
        self.error = self.error or error
        self.ending.set()
        self._release()

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
        offering = {envelope.subscriber: one.relay for one in waited if (envelope := one.offering) is not None}
        noted: Collection[int] = ()
        try:
            if self.error is not None:
                offering = {}
            if attempts or offering:
                noted = self._ledger.commit(attempts, offering)
            self._count[DeliveryState.SKIPPED] += len(offering) - len(noted)
            if self._spared:
                spared, self._spared = self._spared, set()
                self._ledger.spare(spared)
                self._dry = False
        except Exception as error:  # noqa: BLE001 - see `take`
            self.end(error)
        self._flushed = self._loop.time()
        if not self._gate.free and len(noted) < len(offering):
            for one in waited:
                if one.asking is not None and one.asking.subscriber not in noted:
                    self._went(one.asking, taken=False)
        for conversation in waited:
            conversation.go_on(noted)
        self._compose_ahead(len(waited))

    def close(self) -> None:
        """Give back what was claimed and not offered; nothing is recorded any more."""
        self._closed = True
        try:
            if self._line():
                self._ledger.release(list(self._waiting))
                self._waiting.clear()
            self._gate.close()
        except DigestError as error:
            self.error = self.error or error  # claimed ones are found again when the next send starts

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
            held_until=self._held_until,
            held_by=self._gate.reason if self._held_until is not None else "",
        )

    def _release(self) -> None:
        if self._released is not None:
            self._released.cancel()
            self._released = None
        resting, self._resting = self._resting, {}
        for conversation in resting:
            self.call_back(conversation)
        self.bell.ring()

    def _compose_ahead(self, count: int) -> None:
        """Have messages ready for so many connections: the relay has work meanwhile, and need not wait for them."""
        try:
            while len(self._ready) < count and self._gate.free and not self.held and not self.ending.is_set():
                if not self._fill():
                    return
                self._ready.append(self._ledger.address(self._waiting.popleft()))
        except Exception as error:  # noqa: BLE001 - see `take`
            self.end(error)

    def _line(self) -> deque[int]:
        """Give all who wait, those composed ahead at the head again: they may be anything but next by now."""
        while self._ready:
            self._waiting.appendleft(self._ready.pop().subscriber)
        return self._waiting

    def _fill(self) -> bool:
        if not self._waiting and (not self._dry or (not self._gate.free and self._gate.claims_again())):
            self._claim()
        return bool(self._waiting)

    def _wait_at_gate(self) -> None:
        """Let connections rest until somebody may go; end the send where that is too far away."""
        opens, now = self._gate.opens, self._clock()
        if opens == EVER:
            if self._gate.waits:
                self.hold(_A_LONG_TIME)  # until one that is under way makes room
            return
        wait = opens - now
        if wait > self._patience:
            self._held_until = opens
            self.end(None)
            return
        if wait >= _LONG_WAIT:
            self.notices.tell(f"{self._gate.reason}; on at {opens:%H:%M:%S %Z}")
        self.hold(max(0.0, wait.total_seconds()))

    def _went(self, envelope: Envelope, *, taken: bool) -> None:
        if self._gate.went(envelope.subscriber, domain_of(envelope.recipient), taken=taken) and self.held:
            self._release()

    def _take_back(self, envelope: Envelope) -> None:
        if not self._gate.free:
            self._gate.went(envelope.subscriber, domain_of(envelope.recipient), taken=False)
            if self.held:
                self._release()

    def _claim(self) -> None:
        taken = self._ledger.claim(_CLAIMED_AHEAD)
        self._waiting.extend(taken)
        self._dry = not taken
