"""The send: several connections, each used for many messages, and a ledger that is told before and after each.

    claim a few -> [a connection] MAIL RCPT DATA -> offered -> the message -> its reply -> record -> the next

A refused recipient is an outcome and the rest go on; a refused sender or login concerns all and ends the send.
Kept out: who is due and what was recorded (the ledger's), when to run, and whether an uncertain message is repeated.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from digest.delivery.offer import PerhapsRefused, offer
from digest.delivery.replies import Outcome
from digest.delivery.session import Session, SessionLost
from digest.delivery.smtp import Relay, connect
from digest.errors import DigestError, MailServerLost
from digest.model import Attempt, DeliveryState, Envelope

_log = structlog.get_logger(__name__)

_CLAIMED_AHEAD = 4  # envelopes a connection: few, for each is held in memory and goes back when the send stops
_OFFERS = 3  # of one message, before it is put off: a message that fells the relay must not hold up the rest
_DOUBTS = 3  # recipients at whom a refusal that seems to be about us is believed
_LOSSES = 5  # of a connection in a row, with nothing settled between, before it is given up
_LONGEST_PAUSE_SECONDS = 60.0


class Ledger(Protocol):
    """What the send asks of whoever keeps count.  Each call is one transaction and may raise StoreError.

    The calls do not await, so that nothing comes between a reply and its record.
    """

    def claim(self, limit: int) -> Sequence[Envelope]:
        """Take up to `limit` subscribers who are due, addressed; none left is an empty sequence."""

    def offered(self, subscribers: Sequence[int]) -> Collection[int]:
        """Keep that messages to these are about to be handed over, and give those to whom they still may be.

        The others have left since they were claimed, or are another sender's by now: the ledger has settled them.
        """

    def record(self, attempts: Sequence[Attempt]) -> object:
        """Keep the replies.  A recipient may be refused before the message was offered, while it is claimed."""

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
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(send.watch(stop or asyncio.Event(), stop_grace_seconds))
        workers = [group.create_task(send.work(lead=number == 0)) for number in range(connections)]
        await asyncio.wait(workers)
        watch.cancel()
    send.close()
    if send.error is not None:
        raise send.error
    return send.delivered(stopped=stop is not None and stop.is_set())


class _Send:
    """What the connections of one send share."""

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
        self._proven = proven
        self._ahead = connections * _CLAIMED_AHEAD
        self._waiting: deque[Envelope] = deque()
        self._dry = False
        self._offers: Counter[int] = Counter()  # by subscriber, of those that lost their connection
        self._doubted: set[int] = set()
        self._count: Counter[str] = Counter()
        self._sessions: set[Session] = set()
        self._working = connections
        self._reached = asyncio.Event()  # the relay answered, or the send is over
        self._ending = asyncio.Event()
        self.error: DigestError | None = None

    async def watch(self, stop: asyncio.Event, grace_seconds: float) -> None:
        await stop.wait()
        self._end(None)
        await asyncio.sleep(grace_seconds)
        for session in tuple(self._sessions):
            session.abandon("stopped while the relay had not replied")

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
        settled = 0
        async with connect(self._relay) as client:
            session = Session(client, self._relay)
            self._sessions.add(session)
            self._reached.set()
            try:
                while not self._ending.is_set() and self._fill():
                    await self._settle(session, self._waiting.popleft())
                    settled += 1
                await session.quit()
            except SessionLost as lost:
                return settled, lost.reason
            finally:
                self._sessions.discard(session)
                session.abandon("done")
        return settled, ""

    async def _settle(self, session: Session, envelope: Envelope) -> None:
        """Offer one envelope and record what came of it.

        Raises SessionLost where the connection is gone; the envelope is by then put back, put off or uncertain.
        """
        granted = False

        def hand_over() -> bool:
            nonlocal granted
            granted = envelope.subscriber in self._ledger.offered([envelope.subscriber])
            return granted

        try:
            settled = await offer(session, envelope, hand_over=hand_over, proven=self._proven)
        except SessionLost as lost:
            self._offers[envelope.subscriber] += 1
            if lost.in_doubt:
                self._record(envelope, DeliveryState.UNCERTAIN, lost.reason)
            elif granted or self._offers[envelope.subscriber] == _OFFERS:
                self._record(envelope, DeliveryState.DEFERRED, lost.reason)
            else:
                self._waiting.appendleft(envelope)
            raise
        except PerhapsRefused:
            self._waiting.append(envelope)
            if self._believed(envelope):
                raise
            return
        except DigestError as error:
            if granted:  # refused for everyone, yet after it was offered: it must not be taken for one in doubt
                self._record(envelope, DeliveryState.DEFERRED, error.what)
            else:
                self._waiting.appendleft(envelope)
            raise
        if settled is None:
            self._count[DeliveryState.SKIPPED] += 1
            return
        outcome, reply = settled
        state = DeliveryState.FAILED if outcome is Outcome.BOUNCED else DeliveryState(outcome.value)
        self._record(envelope, state, reply, bounced=outcome is Outcome.BOUNCED)

    def _believed(self, envelope: Envelope) -> bool:
        """Ask others before believing that a refusal is about us: one recipient's server must not stop every send."""
        self._doubted.add(envelope.subscriber)
        return len(self._doubted) >= _DOUBTS or all(other.subscriber in self._doubted for other in self._waiting)

    def _record(self, envelope: Envelope, state: DeliveryState, reply: str, *, bounced: bool = False) -> None:
        self._ledger.record(
            [
                Attempt(
                    subscriber=envelope.subscriber,
                    state=state,
                    reply=reply,
                    at=self._clock(),
                    message_id=envelope.message_id,
                    bounced=bounced,
                )
            ]
        )
        self._offers.pop(envelope.subscriber, None)
        self._proven = self._proven or state is DeliveryState.SENT
        self._count[state] += 1
        self._count["bounced"] += bounced

    def _fill(self) -> bool:
        """Claim more where none waits; tell whether one waits now."""
        if not self._waiting and not self._dry:
            self._waiting.extend(self._ledger.claim(self._ahead))
            self._dry = not self._waiting
        return bool(self._waiting)

    async def _pause(self, losses: int) -> None:
        """Wait before the next connection, not at all after a first loss: some relays close after so many messages."""
        seconds = 0.0 if losses <= 1 else min(self._pause_seconds * 2.0 ** (losses - 2), _LONGEST_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()

    def _end(self, error: DigestError | None) -> None:
        """Let every connection finish the message it is at, and begin no other."""
        self.error = self.error or error
        self._ending.set()
        self._reached.set()

    def close(self) -> None:
        """Give back what was claimed and not offered."""
        if not self._waiting:
            return
        try:
            self._ledger.release([envelope.subscriber for envelope in self._waiting])
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
