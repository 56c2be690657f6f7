"""One message offered on one session: the order of commands, and what each refusal is about."""

from __future__ import annotations

from collections.abc import Callable

from digest.delivery.replies import CLOSING, Outcome, Reply, outcome_of, refuses_client, refuses_sender, too_big
from digest.delivery.session import Session, SessionLost
from digest.errors import MailServerRefused
from digest.model import Envelope

_GO_AHEAD = 354


class PerhapsRefused(MailServerRefused):
    """A refusal that speaks of us, in reply to one recipient: it may be that recipient's alone."""


async def offer(
    session: Session, envelope: Envelope, *, hand_over: Callable[[], bool], proven: bool
) -> tuple[Outcome, str] | None:
    """Offer a message and give its outcome with the reply that settled it, or None if it may not be handed over.

    `hand_over` is called once the relay has taken the recipient, before DATA: it keeps that the message is about to
    leave, and says whether it still may.  `proven` tells that this relay took a message of this send before, so that
    a refusal which might be about us is taken to be about the recipient.

    Raises MailServerRefused where the relay refuses the sender, the login or any message of this size, which
    concerns every recipient; PerhapsRefused where it may.  Raises SessionLost where no reply came.
    """
    international = not (envelope.sender.isascii() and envelope.recipient.isascii())
    if international and not session.smtputf8:
        return Outcome.FAILED, "not offered: the address needs SMTPUTF8, which the relay lacks"
    await _make_ready(session, envelope)
    parameters = f" SIZE={len(envelope.message)}" if session.sizes else ""
    parameters += " BODY=8BITMIME SMTPUTF8" if international else ""
    reply = _heard(await session.command(f"MAIL FROM:<{envelope.sender}>{parameters}"))
    if not reply.accepted:
        return _sender_refused(session, envelope, reply, international=international)
    session.dirty = True
    reply = _heard(await session.command(f"RCPT TO:<{envelope.recipient}>"))
    if not reply.accepted:
        if not proven and (refuses_sender(reply) or refuses_client(reply)):
            raise _refused(session, envelope, reply, kind=PerhapsRefused)
        return _verdict(session, reply)
    if not hand_over():
        return None
    reply = _heard(await session.command("DATA"))
    if reply.code != _GO_AHEAD:
        return _after_data(session, envelope, reply, proven=proven)
    reply = _heard(await session.message(envelope.message))
    session.dirty = False
    return _after_data(session, envelope, reply, proven=proven, handed_over=True)


async def _make_ready(session: Session, envelope: Envelope) -> None:
    if session.largest and len(envelope.message) > session.largest:
        raise _too_big(session, envelope, f"it takes {session.largest:,} bytes")
    if session.dirty:
        reply = _heard(await session.command("RSET"))
        if not reply.accepted:
            session.abandon(f"it cannot be reset ({reply})")
            raise SessionLost(f"it cannot be reset ({reply})")
        session.dirty = False


def _sender_refused(session: Session, envelope: Envelope, reply: Reply, *, international: bool) -> tuple[Outcome, str]:
    if not reply.permanent:
        return _verdict(session, reply)
    if international and not refuses_client(reply):
        # RFC 6531 3.5 has 5.6.7 for what it does not like about SMTPUTF8; relays say it in other ways too.  A sender
        # that is refused for its own sake is found out by the next ordinary address.
        return Outcome.FAILED, str(reply)
    raise _too_big(session, envelope, str(reply)) if too_big(reply) else _refused(session, envelope, reply)


def _after_data(
    session: Session, envelope: Envelope, reply: Reply, *, proven: bool, handed_over: bool = False
) -> tuple[Outcome, str]:
    if too_big(reply) and not proven:
        raise _too_big(session, envelope, str(reply))
    if reply.accepted and not handed_over:
        session.abandon(f"out of step: {reply} to DATA")
        raise SessionLost(f"out of step: {reply} to DATA")
    return _verdict(session, reply, in_doubt=handed_over)


def _verdict(session: Session, reply: Reply, *, in_doubt: bool = False) -> tuple[Outcome, str]:
    if reply.intermediate:
        session.abandon(f"out of step: {reply}")
        raise SessionLost(f"out of step: {reply}", in_doubt=in_doubt)
    return outcome_of(reply.code, reply.text), str(reply)


def _heard(reply: Reply) -> Reply:
    """421 says that the relay is closing (RFC 5321 3.8), whatever it is a reply to: nothing was taken."""
    if reply.code == CLOSING:
        raise SessionLost(str(reply))
    return reply


def _refused(
    session: Session, envelope: Envelope, reply: Reply, *, kind: type[MailServerRefused] = MailServerRefused
) -> MailServerRefused:
    if refuses_client(reply):
        return kind(
            f"it does not send for us ({reply})",
            where=session.relay.name,
            remedy="Give the user name and password that it asks for, and the security it demands; nobody was marked",
        )
    return kind(
        f"it refuses the sender {envelope.sender} ({reply})",
        where=session.relay.name,
        remedy="Use a sender's address that this server may send for; nobody was marked as failed",
    )


def _too_big(session: Session, envelope: Envelope, why: str) -> MailServerRefused:
    return MailServerRefused(
        f"a message of {len(envelope.message):,} bytes is too big for it ({why})",
        where=session.relay.name,
        remedy="Show fewer stories or key points (max_stories, max_points), or raise the server's limit",
    )
