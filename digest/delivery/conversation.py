"""What is said on one connection: the order of commands, which replies let it go on, and what a lost line left open.

    lockstep     MAIL - RCPT - (the ledger notes the offer) - DATA - message - (its reply is recorded) - MAIL ...
    pipelining   MAIL RCPT DATA - (offer noted, last reply recorded) - message MAIL RCPT DATA - ...

Where the relay offers PIPELINING, a message and the next one's MAIL, RCPT and DATA leave in one write (RFC 2920 3.1),
but the next message itself waits until the reply to the last is in the ledger.  So at most one message a connection is
ever in doubt.  No task and no future for a message: replies drive it, and the desk calls back after each transaction.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from enum import Enum, auto
from math import inf
from typing import Protocol

from digest.delivery import refusals
from digest.delivery.replies import Outcome, Reply, outcome_of
from digest.delivery.session import Session
from digest.errors import MailServerRefused
from digest.model import DeliveryState, Envelope

_QUIT_SECONDS = 5.0
_STATES = {
    Outcome.SENT: DeliveryState.SENT,
    Outcome.DEFERRED: DeliveryState.DEFERRED,
    Outcome.FAILED: DeliveryState.FAILED,
}


class Desk(Protocol):
    """Where envelopes come from and outcomes go; shared by all connections to one relay."""

    @property
    def proven(self) -> bool:
        """Whether the relay took a message before: a refusal which might be about us is then about its recipient."""

    @property
    def broken(self) -> bool:
        """Whether no more messages are to be handed over."""

    def take(self, *, smtputf8: bool) -> Envelope | None:
        """Give the next envelope, on a connection with or without SMTPUTF8; None where none is to be begun now."""

    def rest(self, conversation: Conversation) -> bool:
        """Call `go_on` when there may be an envelope again; False where none will come, and leave is to be taken."""

    def hear(self, envelope: Envelope, reply: Reply) -> None:
        """Hear a 4xx before the envelope is settled or given back: it may be about more than this one."""

    def settle(self, envelope: Envelope, state: DeliveryState, reply: str, *, bounced: bool = False) -> None:
        """Keep an outcome."""

    def give_back(self, envelope: Envelope, *, lost: str = "") -> None:
        """Take an unsettled envelope back; `lost` tells why the line was lost over it, if it was."""

    def doubt(self, envelope: Envelope, error: MailServerRefused) -> None:
        """Take an envelope back whose refusal may be about us."""

    def suspect(self, envelope: Envelope, error: MailServerRefused) -> None:
        """Hear that an envelope was put off, after it was offered, for what may concern every recipient."""

    def end(self, error: MailServerRefused) -> None:
        """End all connections to this relay: what the error says concerns every recipient."""

    def call_back(self, conversation: Conversation) -> None:
        """Call `go_on` after the transaction that keeps all outcomes so far and notes that `asking` is offered."""


class _Step(Enum):
    """What a reply is awaited to."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    MESSAGE = auto()
    NOTHING = auto()  # the lone dot that ends a message to nobody
    RSET = auto()
    QUIT = auto()


class Conversation:
    """One connection at work.  `over` tells why it ended: nothing where we took leave."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session = session
        self._relay = session.relay
        self.relay = session.relay.name  # put together once: the ledger hears it with every offer
        self._desk = desk
        self._awaited: deque[_Step] = deque()
        self._next: Envelope | None = None  # being offered
        self._refusal: tuple[_Step, Reply] | None = None  # the first of the replies to it that was no yes
        self._noted = False  # the ledger has `_next` as offered
        self._under_way: Envelope | None = None  # handed over, its reply not read
        self._dirty = False  # a transaction was begun and must be reset before the next
        self._stage: _Step | None = None  # of `_next`, where it waits for the ledger
        self.asking: Envelope | None = None  # what is to be noted as offered
        self._begun = 0  # envelopes
        self._idle_since = inf  # by the loop's clock, while there is nothing to offer
        self.retiring = False  # no further envelope is begun
        self._leaving = False
        self.settled = 0
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[str] = self._loop.create_future()

    def start(self) -> None:
        """Begin with the first envelope."""
        self._session.listen(self)
        self.go_on(())

    def leave(self) -> None:
        """Finish what is under way, begin no other, and take leave."""
        if not self.retiring:
            self.retiring = True
            self._desk.call_back(self)

    def expire(self, now: float) -> bool:
        """Give up a relay whose reply is overdue, and tell where mail waits for it; leave one before it hangs up."""
        if self._session.expire(now):
            return not self._leaving
        if now - self._idle_since > self._relay.idle_seconds:
            self.leave()
        return False

    def abandon(self, reason: str) -> None:
        """Hang up."""
        self._session.abandon(reason)

    @property
    def offering(self) -> Envelope | None:
        """What may be noted as offered: nothing where the relay turned out to take nobody's mail."""
        return None if self._desk.broken else self.asking

    def go_on(self, noted: Collection[int]) -> None:
        """Do what waited for the ledger, which has `noted` these as offered."""
        if self._session.lost:
            return
        asking, self.asking = self.asking, None
        if asking is not None:
            self._noted = asking.subscriber in noted
            if self._desk.broken:
                self._session.abandon("no more is handed over")
            elif not self._noted:
                self._vetoed()
            elif self._stage is _Step.DATA:
                self._hand_over(asking)
            else:
                self._say(b"DATA\r\n", _Step.DATA)
        elif not self._awaited and self._next is None and self._under_way is None:
            self._begin()

    def heard(self, reply: Reply) -> None:
        """Take a reply to the oldest command that has none."""
        step = self._awaited.popleft()
        if step is _Step.QUIT:
            self._session.abandon("we took leave")
        elif step is _Step.MESSAGE and self._under_way is not None:
            self._heard_verdict(self._under_way, reply)
        elif reply.closing:
            if self._next is not None:
                self._desk.hear(self._next, reply)
            self._session.abandon(str(reply))
        elif step is _Step.RSET:
            if not reply.accepted:
                self._session.abandon(f"it cannot be reset ({reply})")
                return
            self._dirty = False
            self._begin()
        elif step is _Step.NOTHING:
            self._dirty = False
            self._judge()
        else:
            self._heard_offer(step, reply)

    def lost(self, reason: str) -> None:
        """Settle or give back what the lost line leaves open."""
        if self._under_way is not None:
            # Where its end never left, the relay has not taken it; else nobody can tell.
            state = DeliveryState.DEFERRED if self._session.unsent else DeliveryState.UNCERTAIN
            self._desk.settle(self._under_way, state, reason)
        if self._next is not None:
            if self._noted:
                self._desk.settle(self._next, DeliveryState.DEFERRED, reason)
            else:
                blameless = self._under_way is not None or self._desk.broken
                self._desk.give_back(self._next, lost="" if blameless else reason)
        self._under_way = self._next = self.asking = None
        self._desk.call_back(self)
        if not self.over.done():
            self.over.set_result("" if self._leaving else reason)

    def _begin(self) -> None:
        """Say what offers the next envelope; take leave where there is none."""
        self._idle_since = inf
        if self._dirty and not self.retiring:
            self._say(b"RSET\r\n", _Step.RSET)
            return
        opening = self._opening()
        if self._session.lost:
            return
        if not opening and not self.retiring and self._desk.rest(self):
            self._idle_since = self._loop.time()
        elif not opening:
            self._leaving = True
            self._awaited.append(_Step.QUIT)
            patience = min(self._relay.timeout_seconds, _QUIT_SECONDS)
            self._session.write(b"QUIT\r\n", replies=1, patience_seconds=patience)
        elif self._session.pipelining:
            self._say(opening, _Step.MAIL, _Step.RCPT, _Step.DATA)
        else:
            self._say(opening[: opening.index(b"\r\n") + 2], _Step.MAIL)

    def _opening(self) -> bytes:
        """Take the next envelope and give MAIL, RCPT and DATA for it; nothing where there is none."""
        session = self._session
        envelope = None if self.retiring else self._desk.take(smtputf8=session.smtputf8)
        if envelope is None:
            return b""
        if session.largest and len(envelope.message) > session.largest:
            self._desk.give_back(envelope)
            self._desk.end(refusals.too_large(self._relay, envelope, f"it takes {session.largest:,} bytes"))
            return b""
        parameters = f" SIZE={len(envelope.message)}" if session.sizes else ""
        if refusals.needs_smtputf8(envelope):
            parameters += " BODY=8BITMIME SMTPUTF8"
        self._next, self._refusal, self._noted, self._stage = envelope, None, False, None
        self._begun += 1
        self.retiring = self._begun == self._relay.messages_per_connection
        return (f"MAIL FROM:<{envelope.sender}>{parameters}\r\nRCPT TO:<{envelope.recipient}>\r\nDATA\r\n").encode()

    def _say(self, raw: bytes, *steps: _Step) -> None:
        self._awaited.extend(steps)
        self._session.write(raw, replies=len(steps), patience_seconds=self._relay.timeout_seconds)

    def _hand_over(self, envelope: Envelope) -> None:
        """Send the message, and in the same write what offers the next one.

        The message has CRLF line ends, also at its end, and no line that begins with a dot.
        """
        self._under_way, self._next, self._dirty = envelope, None, False
        self._awaited.append(_Step.MESSAGE)
        tail = self._opening() if self._session.pipelining else b""
        replies = 1
        if tail:
            self._awaited.extend((_Step.MAIL, _Step.RCPT, _Step.DATA))
            replies = 4
        self._session.write(
            b"".join((envelope.message, b".\r\n", tail)),
            replies=replies,
            patience_seconds=self._relay.data_timeout_seconds,
            tail=len(tail),
        )

    def _heard_offer(self, step: _Step, reply: Reply) -> None:
        """Take a reply to MAIL, RCPT or DATA."""
        yes = reply.go_ahead if step is _Step.DATA else reply.accepted
        if not (yes or reply.transient or reply.permanent):
            self._session.abandon(f"out of step: {reply}")
            return
        if step is _Step.MAIL and yes:
            self._dirty = True
        if not yes and self._refusal is None:
            self._refusal = step, reply
        if self._session.pipelining:
            if step is _Step.DATA:
                self._heard_last(reply)
        elif not yes:
            self._judge()
        elif step is _Step.MAIL and self._next is not None:
            self._say(f"RCPT TO:<{self._next.recipient}>\r\n".encode(), _Step.RCPT)
        elif step is _Step.RCPT:
            self._ask(step)
        elif self._next is not None:
            self._hand_over(self._next)

    def _heard_last(self, reply: Reply) -> None:
        """Take the reply to the DATA that was sent with MAIL and RCPT."""
        if self._refusal is None:
            self._ask(_Step.DATA)
        elif reply.go_ahead:
            # RFC 2920 3.1: it said yes to a message to nobody, which a single dot ends.
            self._say(b".\r\n", _Step.NOTHING)
        else:
            self._judge()

    def _ask(self, stage: _Step) -> None:
        self._stage, self.asking = stage, self._next
        self._desk.call_back(self)

    def _vetoed(self) -> None:
        """Drop an envelope that must not be handed over any more; the ledger has settled it."""
        self._next = None
        self.settled += 1
        if self._stage is _Step.DATA:
            # It waits for a message, and nothing but the end of the line takes that back.
            self._session.abandon("a message was withdrawn at the last moment")
        else:
            self._begin()

    def _judge(self) -> None:
        """Settle the offer by the first reply that was no yes."""
        envelope, refusal, desk = self._next, self._refusal, self._desk
        if envelope is None or refusal is None:
            raise AssertionError("nothing to judge")
        step, reply = refusal
        self._next = None
        error: MailServerRefused | None = None
        if step is _Step.MAIL:
            error = refusals.at_mail(self._relay, envelope, reply)
        elif not desk.proven:
            at_step = refusals.at_recipient if step is _Step.RCPT else refusals.at_message
            error = at_step(self._relay, envelope, reply)
        if error is None:
            self._settle(envelope, reply)
        elif self._noted:  # refused for everyone, yet after it was offered: it must not be taken for one in doubt
            desk.settle(envelope, DeliveryState.DEFERRED, str(reply))
            desk.suspect(envelope, error)
        elif step is _Step.RCPT:
            desk.doubt(envelope, error)
        else:
            desk.give_back(envelope)
            desk.end(error)
        desk.call_back(self)

    def _heard_verdict(self, envelope: Envelope, reply: Reply) -> None:
        """Take the reply that says whose the message now is."""
        if reply.intermediate:
            self._session.abandon(f"out of step: {reply}")
            return
        self._under_way = None
        error = None if self._desk.proven else refusals.at_message(self._relay, envelope, reply)
        if error is None:
            self._settle(envelope, reply)
        else:
            self._desk.settle(envelope, DeliveryState.DEFERRED, str(reply))
            self._desk.suspect(envelope, error)
        if reply.closing:
            self._session.abandon(str(reply))
        else:
            self._desk.call_back(self)

    def _settle(self, envelope: Envelope, reply: Reply) -> None:
        self.settled += 1
        outcome = outcome_of(reply.code, reply.text)
        if outcome is Outcome.DEFERRED:
            self._desk.hear(envelope, reply)
        if outcome is Outcome.BOUNCED:
            self._desk.settle(envelope, DeliveryState.FAILED, str(reply), bounced=True)
        else:
            self._desk.settle(envelope, _STATES[outcome], str(reply))
