"""A ledger in lists, and a send against a scripted relay: what the tests of the send share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from digest.delivery import Delivered, deliver
from digest.delivery.smtp import Relay
from digest.model import Attempt, DeliveryState, Envelope
from tests.delivery.scripted_relay import Act, Script, ScriptedRelay, Step

NOW = datetime(2022, 1, 28, 14, tzinfo=UTC)


def an_envelope(number: int, *, recipient: str | None = None, size: int = 0) -> Envelope:
    return Envelope(
        subscriber=number,
        sender="news@example.org",
        recipient=recipient or f"r{number}@example.org",
        message_id=f"<{number}@example.org>",
        message=f"Subject: {number}\r\n\r\nbody\r\n".encode() + (b"x" * 70 + b"\r\n") * size,
    )


class MemoryLedger:
    """A ledger in lists, which holds the send to the order of its calls."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.due = list(envelopes)
        self.claimed: dict[int, Envelope] = {}
        self.open: set[int] = set()  # offered and without a reply
        self.attempts: dict[int, Attempt] = {}
        self.deferred: dict[int, Envelope] = {}
        self.lengthened: list[timedelta] = []
        self.postponed: dict[int, tuple[datetime, Envelope, str]] = {}
        self.most_open = 0
        self.offered_to: dict[int, str] = {}  # names of relays
        self.recorded = asyncio.Event()

    def claim(self, limit: int) -> Sequence[int]:
        batch, self.due = self.due[:limit], self.due[limit:]
        self.claimed.update({envelope.subscriber: envelope for envelope in batch})
        return [envelope.subscriber for envelope in batch]

    def address(self, subscriber: int) -> Envelope:
        return self.claimed[subscriber]

    def commit(self, attempts: Sequence[Attempt], offering: Mapping[int, str]) -> frozenset[int]:
        if attempts:
            self.record(attempts)
        self.offered_to.update(offering)
        return self.offered([*offering]) if offering else frozenset()

    def offered(self, subscribers: Sequence[int]) -> frozenset[int]:
        for subscriber in subscribers:
            assert subscriber in self.claimed
            assert subscriber not in self.open
            self.open.add(subscriber)
        self.most_open = max(self.most_open, len(self.open))
        return frozenset(subscribers)

    def record(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            assert attempt.subscriber not in self.attempts
            envelope = self.claimed.pop(attempt.subscriber)
            if attempt.state is DeliveryState.DEFERRED:
                self.deferred[attempt.subscriber] = envelope
            self.open.discard(attempt.subscriber)
            self.attempts[attempt.subscriber] = attempt
        self.recorded.set()

    def release(self, subscribers: Sequence[int]) -> None:
        for subscriber in subscribers:
            assert subscriber not in self.open
            self.due.append(self.claimed.pop(subscriber))

    def domain(self, subscriber: int) -> str:
        return self.claimed[subscriber].recipient.rpartition("@")[2]

    def postpone(self, due: Mapping[int, datetime], reason: str) -> None:
        for subscriber, at in due.items():
            assert subscriber not in self.open
            self.postponed[subscriber] = at, self.claimed.pop(subscriber), reason

    def spare(self, subscribers: Collection[int]) -> None:
        for subscriber in subscribers:
            attempt = self.attempts.get(subscriber)
            if attempt is not None and attempt.state is DeliveryState.DEFERRED:
                del self.attempts[subscriber]
                self.due.append(self.deferred.pop(subscriber))

    def lengthen(self, time: timedelta) -> None:
        self.lengthened.append(time)

    def states(self) -> Counter[DeliveryState]:
        return Counter(attempt.state for attempt in self.attempts.values())


def relay_at(port: int, *, timeout_seconds: float = 5.0, data_timeout_seconds: float = 5.0) -> Relay:
    return Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        timeout_seconds=timeout_seconds,
        data_timeout_seconds=data_timeout_seconds,
    )


async def send(
    ledger: MemoryLedger, relay: ScriptedRelay, *, connections: int = 1, timeout_seconds: float = 5.0
) -> Delivered:
    return await deliver(
        ledger,
        relays=[relay_at(relay.port, timeout_seconds=timeout_seconds, data_timeout_seconds=timeout_seconds)],
        clock=lambda: NOW,
        connections=connections,
        pause_seconds=0.0,
    )


def answer(verb: str, reply: str | Act, *, recipient: str = "", times: int = 1_000_000) -> Script:
    """Give one reply at one verb, for one recipient or all, so many times."""
    left = [times]

    def script(step: Step) -> str | Act | None:
        if step.verb != verb or (recipient and step.recipient != recipient) or left[0] == 0:
            return None
        left[0] -= 1
        return reply

    return script
