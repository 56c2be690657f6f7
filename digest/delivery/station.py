"""One relay in a send: whether it is in action, how many connections it has, and whom its refusals are about.

A relay that cannot be reached, or that takes nobody's mail, rests: the others have its share meanwhile, and it is
tried again.  What it refuses marks nobody, for another relay may take the same mail; and one that puts everybody off
uses up nobody's patience: after its rest one message tries it, and the others follow once that was settled.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from math import inf

import structlog

from digest.delivery.circuit import Circuit
from digest.delivery.conversation import Conversation
from digest.delivery.gate import domain_of
from digest.delivery.international import International
from digest.delivery.outbox import Outbox
from digest.delivery.replies import Reply
from digest.delivery.smtp import Relay
from digest.errors import MailServerError, MailServerLost, MailServerRefused
from digest.model import DeliveryState, Envelope

_log = structlog.get_logger(__name__)

_DOUBTS = 3  # recipients at whom a refusal that seems to be about us is believed
_LONGEST_REST = 20  # times the first one
_REST_OF_REFUSED = 30  # times: somebody has to mend something first, and wrong passwords lock accounts
_SILENCES = 3  # connections given up for want of a reply, with nothing settled between, before the relay is
_AGAIN = "See its log; then run again: what is recorded is not repeated"
_MOST_LEFT = 500  # for others, before it looks no further for what it can carry
_JITTER = 0.25  # of a rest: many senders must not come back at one moment
_MORE_AFTER_SECONDS = 30.0  # one connection more than the relay allowed the last time


class Station:
    """A relay, and the connections to it; to each of its conversations it is their Desk."""

    def __init__(
        self,
        relay: Relay,
        outbox: Outbox,
        *,
        international: International,
        proven: bool,
        rest_seconds: float,
        on_rest: Callable[[], None],
    ) -> None:
        """`proven` tells that it took mail of this edition before; `on_rest` hears when it goes out of action.

        All stations of a send have `international` in common.
        """
        self.relay = relay
        self.name = relay.name
        self.proven = proven
        self.busy = 0  # workers that are at it: connecting, conversing, or waiting to try again
        self.reached = False  # since it last rested
        self.conversations: set[Conversation] = set()
        self.error: MailServerError | None = None  # why it rests
        self.carries: bool | None = None  # addresses that need SMTPUTF8; None before it was reached
        self._international = international
        international.relays.append(self)
        self._left_all = False  # what waited when it last asked was for others
        self._outbox = outbox
        self._on_rest = on_rest
        self._first_rest_seconds = rest_seconds
        self._rests = 0  # in a row, with nothing settled between
        self._rested_at = -inf  # when it may be tried again, by the loop's clock
        self._doubted: set[int] = set()
        self._circuit = Circuit()
        self._silences = 0  # connections given up for them, since it last settled a message
        self._tripped = outbox.notices.is_paused(relay.name)  # it put everybody off, and nothing was settled since
        self.trial = self._tripped  # it gets one message, and no other before that is settled
        self._tried: int | None = None  # the one that it has got
        self._was_reached = False
        self._failed_at: float | None = None  # since when it takes nobody's mail
        self._limit: float = inf  # connections that it turned out to allow
        self._more_at = inf
        self._loop = asyncio.get_running_loop()

    @property
    def weight(self) -> float:
        """Its part of the connections."""
        return self.relay.weight

    @property
    def well(self) -> bool:
        """Whether it is in action, and has something to do."""
        return self.error is None and not (self._left_all and self._international.may_go_elsewhere(self))

    @property
    def limit(self) -> float:
        """How many connections there may be."""
        return 1 if self.trial else min(self._limit, self.relay.connections or inf)

    @property
    def hope_in_seconds(self) -> float:
        """How long until it is tried again, which for one that refused us or was never reached has no promise."""
        lost = isinstance(self.error, MailServerLost) and (self._was_reached or self._tripped)
        return max(0.0, self._rested_at - self._loop.time()) if lost else inf

    def spare(self) -> None:
        """Be content with the connections that stand: one more was turned away.  Later another is tried."""
        self._limit = max(1, len(self.conversations))
        self._more_at = self._loop.time() + _MORE_AFTER_SECONDS

    def look(self) -> None:
        """Go back into action when the rest is over; try a connection more, and leave idle ones, when it is time to."""
        now = self._loop.time()
        if self.error is not None and now >= self._rested_at:
            self.trial = isinstance(self.error, MailServerLost)
            self._tried = None
            self.error = None
            self._doubted.clear()
        if now >= self._more_at:
            self._limit += 1
            self._more_at = now + _MORE_AFTER_SECONDS
        silent = sum(conversation.expire(now) for conversation in tuple(self.conversations))
        if silent:
            self._silences += silent
            if self._silences >= _SILENCES:
                self.fail(MailServerLost("it does not answer within the time for it", where=self.name, remedy=_AGAIN))

    def fail(self, error: MailServerError) -> None:
        """Go out of action for a while: no message is begun, and what is under way is finished."""
        if self.error is not None:
            return
        times = _REST_OF_REFUSED if isinstance(error, MailServerRefused) else min(2**self._rests, _LONGEST_REST)
        seconds = self._first_rest_seconds * times * (1 + _JITTER * random.random())  # noqa: S311 - no secret
        self._rests += 1
        self._rested_at = self._loop.time() + seconds
        self.error = error
        self._failed_at = self._failed_at or self._loop.time()
        self._was_reached = self._was_reached or self.reached
        self.reached = False
        self._outbox.spare(self._circuit.run)
        self._circuit.settled()
        if self._tripped:
            self._outbox.notices.relay_paused(self.name, seconds, error.what)
        for conversation in tuple(self.conversations):
            conversation.leave()
        self._on_rest()
        if not self._outbox.ending.is_set():  # else the error that ends the send says it
            _log.warning("relay paused", relay=self.name, seconds=round(seconds), reason=error.what)

    # As the desk of its conversations

    @property
    def broken(self) -> bool:
        """Whether no more messages are to be handed over."""
        return self.error is not None or self._outbox.broken

    def take(self, *, smtputf8: bool) -> Envelope | None:
        """Give the next envelope, on a connection with or without SMTPUTF8; None where none is to be begun now."""
        if self.error is not None or (self.trial and self._tried is not None):
            return None
        self.carries = smtputf8
        envelope = self._outbox.take() if smtputf8 else self._take_in_ascii()
        if smtputf8 and envelope is not None and self._international.left:
            self._international.left.discard(envelope.subscriber)
        if self.trial and envelope is not None:
            self._tried = envelope.subscriber
        return envelope

    def rest(self, conversation: Conversation) -> bool:
        """Call `go_on` when there may be an envelope again; False where none will come, and leave is to be taken."""
        if self.error is not None:
            return False
        if self._tried is not None:  # and is no longer to be had: its subscriber has left
            self._tried = None
            self._outbox.call_back(conversation)
            return True
        return self._outbox.rest(conversation)

    def hear(self, envelope: Envelope, reply: Reply) -> None:
        """Hear a 4xx: it is about a receiver, about this recipient, or, where nobody fares better, about the relay."""
        if self._outbox.hear(envelope, reply):
            return
        if isinstance(self.error, MailServerLost):  # one that was under way when it turned out to be the relay
            self._outbox.spare((envelope.subscriber,))
            return
        if self._circuit.put_off(envelope.subscriber, domain_of(envelope.recipient)) or self.trial:
            self._tripped = True
            self.fail(
                MailServerLost(
                    f"it puts everybody off ({reply})",
                    where=self.name,
                    remedy=_AGAIN,
                )
            )

    def settle(self, envelope: Envelope, state: DeliveryState, reply: str, *, bounced: bool = False) -> None:
        """Keep an outcome."""
        if state is DeliveryState.SENT:
            self.proven, self._rests = True, 0
        if state is DeliveryState.SENT or state is DeliveryState.FAILED:
            self._circuit.settled(domain_of(envelope.recipient) if self._circuit.learns else "")
            self._silences = 0
            if self.trial:
                self._recover()
        self._tried = None
        self._outbox.settle(envelope, state, reply, relay=self.name, bounced=bounced)

    def give_back(self, envelope: Envelope, *, lost: str = "") -> None:
        """Take an unsettled envelope back."""
        self._tried = None
        if lost:
            self._circuit.put_off(envelope.subscriber, domain_of(envelope.recipient))  # in case it takes nobody's
        self._outbox.give_back(envelope, relay=self.name, lost=lost)

    def doubt(self, envelope: Envelope, error: MailServerRefused) -> None:
        """Ask others before believing that a refusal is about us: one recipient's server must not stop every send."""
        self._doubted.add(envelope.subscriber)
        others = self._outbox.put_last(envelope, after_others_than=self._doubted, enough=_DOUBTS)
        if not others or len(self._doubted) >= _DOUBTS:
            self.end(error)

    def suspect(self, envelope: Envelope, error: MailServerRefused) -> None:
        """Ask others before believing that none is taken; where that is so, the attempts of those asked do not count.

        It was offered, and stays put off where others fare better: then it is tried again after them.
        """
        if self.error is not None:
            self._outbox.spare((envelope.subscriber,))
            return
        self._doubted.add(envelope.subscriber)
        if len(self._doubted) >= _DOUBTS or not self._outbox.fill():
            self._outbox.spare(self._doubted)
            self.end(error)

    def end(self, error: MailServerRefused) -> None:
        """Go out of action: what this error says concerns every recipient."""
        self.fail(error)

    def call_back(self, conversation: Conversation) -> None:
        """Call `go_on` after the next transaction."""
        self._outbox.call_back(conversation)

    def _take_in_ascii(self) -> Envelope | None:
        outbox = self._outbox
        envelope = self._international.choose(
            self,
            outbox.take,
            put_last=lambda one, left: outbox.put_last(one, after_others_than=left, enough=_MOST_LEFT),
            settle=lambda one, state, why: outbox.settle(one, state, why, relay=self.name),
        )
        self._left_all = envelope is None
        return envelope

    def _recover(self) -> None:
        self.trial = False
        _log.info("relay takes mail again", relay=self.name)
        self._outbox.notices.tell("")
        if self._failed_at is not None:
            self._outbox.lengthen(self._loop.time() - self._failed_at)
            self._failed_at = None
        if self._tripped:
            self._tripped = False
            self._outbox.notices.relay_back(self.name)
        self._outbox.bell.ring()
