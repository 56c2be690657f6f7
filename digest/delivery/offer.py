"""One message offered on one session: the order of commands, and what each refusal is about."""

from __future__ import annotations

from collections.abc import Callable

from digest.delivery.replies import Outcome, Reply, outcome_of, refuses_client, refuses_sender, too_big
from digest.delivery.session import Session, SessionLost
from digest.errors import MailServerRefused
from digest.model import Envelope

_GO_AHEAD = 354


async def offer(
    session: Session, envelope: Envelope, *, handing_over: Callable[[], None], proven: bool
) -> tuple[Outcome, str]:
    """Offer a message and give its outcome with the reply that settled it.

    `handing_over` is called when the relay waits for the message, before its first byte leaves: until then a lost
    connection leaves nothing in doubt.  `proven` tells that this relay took a message of this send before, so that a
    refusal which might be about us is taken to be about the recipient.

    Raises MailServerRefused where the relay refuses the sender, the login or any message of this size: that
    concerns every recipient.  Raises SessionLost where no reply came.
    """
    international = not (envelope.sender.isascii() and envelope.recipient.isascii())
    if international and not session.smtputf8:
        return Outcome.FAILED, "not offered: the address needs SMTPUTF8, which the relay lacks"
    if session.largest and len(envelope.message) > session.largest:
        raise _too_big(session, envelope, f"it takes {session.largest:,} bytes")
    if session.dirty:
        _require(session, await session.command("RSET"))
        session.dirty = False

    parameters = f" SIZE={len(envelope.message)}" if session.sizes else ""
    parameters += " BODY=8BITMIME SMTPUTF8" if international else ""
    reply = _heard(await session.command(f"MAIL FROM:<{envelope.sender}>{parameters}"))
    if not reply.accepted:
        if reply.transient:
            return Outcome.DEFERRED, str(reply)
        if international and reply.enhanced == (5, 6, 7):  # RFC 6531 3.5: this address, not the sender
            return Outcome.FAILED, str(reply)
        raise _too_big(session, envelope, str(reply)) if too_big(reply) else _refused(session, envelope, reply)

    session.dirty = True
    reply = _heard(await session.command(f"RCPT TO:<{envelope.recipient}>"))
    if not reply.accepted:
        if not proven and (refuses_sender(reply) or refuses_client(reply)):
            raise _refused(session, envelope, reply)
        return _verdict(session, reply)

    reply = _heard(await session.command("DATA"))
    if reply.code != _GO_AHEAD:
        return _after_data(session, envelope, reply, proven=proven)
    handing_over()
    reply = _heard(await session.message(envelope.message))
    session.dirty = False
    return _after_data(session, envelope, reply, proven=proven, handed_over=True)


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
    if reply.code // 100 == 3:  # noqa: PLR2004
        session.abandon(f"out of step: {reply}")
        raise SessionLost(f"out of step: {reply}", in_doubt=in_doubt)
    return outcome_of(reply.code, reply.text), str(reply)


def _heard(reply: Reply) -> Reply:
    """421 says that the relay is closing (RFC 5321 3.8), whatever it is a reply to: nothing was taken."""
    if reply.code == 421:  # noqa: PLR2004
        raise SessionLost(str(reply))
    return reply


def _require(session: Session, reply: Reply) -> None:
    if not _heard(reply).accepted:
        session.abandon(f"it cannot be reset ({reply})")
        raise SessionLost(f"it cannot be reset ({reply})")


def _refused(session: Session, envelope: Envelope, reply: Reply) -> MailServerRefused:
    if refuses_client(reply):
        return MailServerRefused(
            f"it does not send for us ({reply})",
            where=session.relay.name,
            remedy="Give the user name and password that it asks for, and the security it demands; nobody was marked",
        )
    return MailServerRefused(
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
