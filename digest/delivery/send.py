"""The send: several connections, each used for many messages, and a ledger that is told before and after each.

    claim many -> [a connection] MAIL RCPT DATA -> offered -> the message -> its reply -> record -> the next

All replies that arrived in one turn of the event loop are recorded in one transaction, before any of those connections
sends its next message: each message is durable, at the price of a batch.  A refused recipient is an outcome and the
rest go on; a refused sender or login concerns all and ends the send.
Kept out: who is due and what was recorded (the ledger's), when to run, and whether an uncertain message is repeated.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Protocol

import structlog

from digest.delivery.conversation import Conversation
from digest.delivery.session import Session
from digest.delivery.smtp import Relay, connect
from digest.errors import DigestError, MailServerLost, MailServerRefused
from digest.model import Attempt, DeliveryState, Envelope

_log = structlog.get_logger(__name__)

_CLAIMED_AHEAD = 500  # subscribers: enough that a claim costs a message nothing, and little to give back at a stop
_OFFERS = 3  # of one message, before it is put off: a message that fells the relay must not hold up the rest
_DOUBTS = 3  # recipients at whom a refusal that seems to be about us is believed
_LOSSES = 5  # of a connection in a row, with nothing settled between, before it is given up
_LONGEST_PAUSE_SECONDS = 60.0
# A transaction costs as much as three messages, so where replies come in faster than this, a third of the connections
# wait for one another, no longer than the event loop's shortest timer.  The relay has the others' mail meanwhile.
_RUSH_SECONDS = 0.0003
_GATHERING_SECONDS = 0.001
_LONGEST_LOOK_SECONDS = 1.0  # between two looks at who is overdue


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


async def deliver(
    ledger: Ledger,
    *,
    relay: Relay,
    clock: Callable[[], datetime],
    connections: int = 4,
    proven: bool = False,
    stop: asyncio.Event | None = None,
    stop_grace_seconds: float = 30.0,
    pause_seconds: float = 1.0,
) -> Delivered:
    """Offer what the ledger gives until it gives no more, and record each reply before that connection's next message.

    `proven` tells that the relay took messages of this edition in an earlier run: a refusal that might be about us
    ("relay access denied") is then the recipient's, as it is once one was taken in this run.

    When `stop` is set, the messages under way are finished and recorded and the rest is released; a relay that has
    not replied `stop_grace_seconds` later leaves them uncertain.  A lost connection is opened again, at once the
    first time and then after `pause_seconds`, doubled each time.

    With nobody due, no connection is opened.  Raises MailServerLost where the relay cannot be reached or goes away
    for good, and MailServerRefused where it refuses the sender or login; by then all replies are recorded, the rest is
    released and nobody is marked as failed for it.  A StoreError from the ledger ends the send likewise.
    """
    if connections < 1:
        raise ValueError(f"connections must be at least 1, got {connections}")
    send = _Send(ledger, relay, clock, connections, pause_seconds, proven=proven)
    try:
        async with asyncio.TaskGroup() as group:
            watches = (
                group.create_task(send.watch(stop or asyncio.Event(), stop_grace_seconds)),
                group.create_task(send.look_out()),
            )
            workers = [group.create_task(send.work(lead=number == 0)) for number in range(connections)]
            await asyncio.wait(workers)
            for watch in watches:
                watch.cancel()
        send.flush()
    finally:
        send.close()
    if send.error is not None:
        raise send.error
    return send.delivered(stopped=stop is not None and stop.is_set())


class _Send:
    """What the connections of one send share; to each conversation it is its Desk."""

    def __init__(
        self,
        ledger: Ledger,
        relay: Relay,
        clock: Callable[[], datetime],
        connections: int,
        pause_seconds: float,
        *,
        proven: bool,
    ) -> None:
        self._ledger = ledger
        self._relay = relay
        self._clock = clock
        self._pause_seconds = pause_seconds
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
        self._sessions: set[Session] = set()
        self._working = connections
        self._reached = asyncio.Event()  # the relay answered, or the send is over
        self._ending = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.proven = proven
        self.error: Exception | None = None

    # Life of the send and its connections

    async def watch(self, stop: asyncio.Event, grace_seconds: float) -> None:
        """Wait for the wish to stop, and be patient for so long with what is under way."""
        await stop.wait()
        self._end(None)
        await asyncio.sleep(grace_seconds)
        for session in tuple(self._sessions):
            session.abandon("stopped while the relay had not replied")

    async def look_out(self) -> None:
        """Give up connections whose reply is overdue."""
        least = min(self._relay.timeout_seconds, self._relay.data_timeout_seconds)
        while True:
            await asyncio.sleep(min(least / 4, _LONGEST_LOOK_SECONDS))
            now = self._loop.time()
            for session in tuple(self._sessions):
                session.expire(now)

    async def work(self, *, lead: bool) -> None:
        """One connection's life, through as many losses as it survives; the others follow once the lead is through."""
        if not lead:
            await self._reached.wait()
        try:
            await self._survive()
        except MailServerLost as error:
            if self._working == 1 or not self._reached.is_set():
                self._end(error)
            else:
                _log.warning("connection given up", relay=self._relay.name, others=self._working - 1, reason=error.what)
        except DigestError as error:
            self._end(error)
        finally:
            self._working -= 1
            self._reached.set()

    async def _survive(self) -> None:
        """Converse until nothing is left."""
        losses = 0
        while not self._ending.is_set() and self._fill():
            try:
                settled, reason = await self._converse()
            except MailServerLost as error:
                losses, reason = losses + 1, error.what
                if not self._reached.is_set() or losses > _LOSSES:
                    raise
            else:
                losses = (1 if settled else losses + 1) if reason else 0
                if losses > _LOSSES:
                    raise MailServerLost(
                        f"it closed the connection {losses} times without settling a message ({reason})",
                        where=self._relay.name,
                        remedy="See its log; then run again: what is recorded is not repeated",
                    )
            if losses:
                _log.warning("connection lost", relay=self._relay.name, losses=losses, reason=reason)
                await self._pause(losses)

    async def _converse(self) -> tuple[int, str]:
        """Send on one connection until nothing is left or it is lost; give how many it settled and why it was lost."""
        async with connect(self._relay) as client:
            session = Session(client, self._relay)
            conversation = Conversation(session, self)
            self._sessions.add(session)
            self._reached.set()
            try:
                conversation.start()
                reason = await conversation.over
            finally:
                self._sessions.discard(session)
                session.abandon("done")
        return conversation.settled, reason

    async def _pause(self, losses: int) -> None:
        """Wait before the next connection, not at all after a first loss: some relays close after so many messages."""
        seconds = 0.0 if losses <= 1 else min(self._pause_seconds * 2.0 ** (losses - 2), _LONGEST_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()

    def _end(self, error: Exception | None) -> None:
        """Let every connection finish the message it is at, and begin no other."""
        self.error = self.error or error
        self._ending.set()
        self._reached.set()

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

    # The desk

    @property
    def broken(self) -> bool:
        """Whether an error has ended the send."""
        return self.error is not None

    def take(self) -> Envelope | None:
        """Give the next envelope; None when there is none, or none is to be begun."""
        if self._ending.is_set():
            return None
        try:
            return self._ledger.address(self._waiting.popleft()) if self._fill() else None
        except Exception as error:  # noqa: BLE001 - a callback of the event loop would lose it; deliver() raises it
            self._end(error)
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
            self._end(error)

    def end(self, error: Exception) -> None:
        """End the send: what this error says concerns every recipient."""
        self._end(error)

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
            self._end(error)
        self._flushed = self._loop.time()
        for conversation in waited:
            conversation.go_on(noted)

    def _fill(self) -> bool:
        """Claim more where none waits; tell whether one waits now."""
        if not self._waiting and not self._dry:
            self._claim()
        return bool(self._waiting)

    def _claim(self) -> None:
        taken = self._ledger.claim(_CLAIMED_AHEAD)
        self._waiting.extend(taken)
        self._dry = not taken
