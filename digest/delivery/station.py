"""One relay in a send: whether it is in action, how many connections it has, and whom its refusals are about.

A relay that cannot be reached, or that takes nobody's mail, rests: the others have its share meanwhile, and it is
tried again.  What it refuses marks nobody, for another relay may take the same mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

from digest.delivery.conversation import Conversation
from digest.delivery.outbox import Outbox
from digest.delivery.smtp import Relay
from digest.errors import MailServerError, MailServerRefused
from digest.model import DeliveryState, Envelope

_DOUBTS = 3  # recipients at whom a refusal that seems to be about us is believed
_LONGEST_REST = 20  # times the first one
_REST_OF_REFUSED = 30  # times: somebody has to mend something first, and wrong passwords lock accounts
_MORE_AFTER_SECONDS = 30.0  # one connection more than the relay allowed the last time


class Station:
    """A relay, and the connections to it; to each of its conversations it is their Desk."""

    def __init__(
        self, relay: Relay, outbox: Outbox, *, proven: bool, rest_seconds: float, on_rest: Callable[[], None]
    ) -> None:
        """`proven` tells that it took mail of this edition before; `on_rest` hears when it goes out of action."""
        self.relay = relay
        self.name = relay.name
        self.proven = proven
        self.busy = 0  # workers that are at it: connecting, conversing, or waiting to try again
        self.reached = False  # since it last rested
        self.conversations: set[Conversation] = set()
        self.error: MailServerError | None = None  # why it rests
        self._outbox = outbox
        self._on_rest = on_rest
        self._first_rest_seconds = rest_seconds
        self._rests = 0  # in a row, with nothing settled between
        self._rested_at = -inf  # when it may be tried again, by the loop's clock
        self._doubted: set[int] = set()
        self._limit: float = inf  # connections that it turned out to allow
        self._more_at = inf
        self._loop = asyncio.get_running_loop()

    @property
    def limit(self) -> float:
        """How many connections there may be."""
        return min(self._limit, self.relay.connections or inf)

    def spare(self) -> None:
        """Be content with the connections that stand: one more was turned away.  Later another is tried."""
        self._limit = max(1, len(self.conversations))
        self._more_at = self._loop.time() + _MORE_AFTER_SECONDS

    def look(self) -> None:
        """Go back into action when the rest is over; try a connection more, and leave idle ones, when it is time to."""
        now = self._loop.time()
        if self.error is not None and now >= self._rested_at:
            self.error = None
            self._doubted.clear()
        if now >= self._more_at:
            self._limit += 1
            self._more_at = now + _MORE_AFTER_SECONDS
        for conversation in tuple(self.conversations):
            conversation.expire(now)

    def fail(self, error: MailServerError) -> None:
        """Go out of action for a while: no message is begun, and what is under way is finished."""
        if self.error is not None:
            return
        times = _REST_OF_REFUSED if isinstance(error, MailServerRefused) else min(2**self._rests, _LONGEST_REST)
        self._rests += 1
        self._rested_at = self._loop.time() + self._first_rest_seconds * times
        self.error = error
        self.reached = False
        for conversation in tuple(self.conversations):
            conversation.leave()
        self._on_rest()

    # As the desk of its conversations

    @property
    def broken(self) -> bool:
        """Whether no more messages are to be handed over."""
        return self.error is not None or self._outbox.broken

    def take(self) -> Envelope | None:
        """Give the next envelope; None when there is none, or none is to be begun now."""
        return None if self.error is not None else self._outbox.take()

    def rest(self, conversation: Conversation) -> bool:
        """Call `go_on` when there may be an envelope again; False where none will come, and leave is to be taken."""
        return self.error is None and self._outbox.rest(conversation)

    def settle(self, envelope: Envelope, state: DeliveryState, reply: str, *, bounced: bool = False) -> None:
        """Keep an outcome."""
        if state is DeliveryState.SENT:
            self.proven, self._rests = True, 0
        self._outbox.settle(envelope, state, reply, relay=self.name, bounced=bounced)

    def give_back(self, envelope: Envelope, *, lost: str = "") -> None:
        """Take an unsettled envelope back."""
        self._outbox.give_back(envelope, relay=self.name, lost=lost)

    def doubt(self, envelope: Envelope, error: MailServerRefused) -> None:
        """Ask others before believing that a refusal is about us: one recipient's server must not stop every send."""
        self._doubted.add(envelope.subscriber)
        others = self._outbox.put_last(envelope, after_others_than=self._doubted, enough=_DOUBTS)
        if not others or len(self._doubted) >= _DOUBTS:
            self.end(error)

    def end(self, error: MailServerRefused) -> None:
        """Go out of action: what this error says concerns every recipient."""
        self.fail(error)

    def call_back(self, conversation: Conversation) -> None:
        """Call `go_on` after the next transaction."""
        self._outbox.call_back(conversation)
