"""What a refusal at each step of an offer is about: one message, or all of them.  Pure decisions over replies."""

from __future__ import annotations

from digest.delivery.replies import Reply, refuses_client, refuses_sender, too_big
from digest.delivery.smtp import Relay
from digest.errors import MailServerRefused, MessageTooLarge
from digest.model import Envelope


def at_mail(relay: Relay, envelope: Envelope, reply: Reply) -> MailServerRefused | None:
    """Give the error where a reply to MAIL concerns every message, None where it is this one's alone."""
    if not reply.permanent:
        return None
    if needs_smtputf8(envelope) and not refuses_client(reply):
        # RFC 6531 3.5 has 5.6.7 for what it does not like about SMTPUTF8; relays say it in other ways too.  A sender
        # that is refused for its own sake is found out by the next ordinary address.
        return None
    return too_large(relay, envelope, str(reply)) if too_big(reply) else _refused(relay, envelope, reply)


def at_recipient(relay: Relay, envelope: Envelope, reply: Reply) -> MailServerRefused | None:
    """Give the error where a reply to RCPT may concern us, or the message, and not the recipient."""
    if reply.enhanced is not None and too_big(reply):  # without a code of its own, 552 is a full mailbox here
        return too_large(relay, envelope, str(reply))
    return _refused(relay, envelope, reply) if refuses_sender(reply) or refuses_client(reply) else None


def at_message(relay: Relay, envelope: Envelope, reply: Reply) -> MailServerRefused | None:
    """Give the error where a reply to DATA or to the message says that none of this size is taken."""
    return too_large(relay, envelope, str(reply)) if too_big(reply) else None


def too_large(relay: Relay, envelope: Envelope, why: str) -> MessageTooLarge:
    """Say that the edition is too big for the relay."""
    return MessageTooLarge(
        f"a message of {len(envelope.message):,} bytes is too big for it ({why})",
        where=relay.name,
        remedy="Show fewer stories or key points (max_stories, max_points), or raise the server's limit",
    )


def needs_smtputf8(envelope: Envelope) -> bool:
    """Whether only a relay that offers SMTPUTF8 (RFC 6531) can carry it."""
    return not (envelope.sender.isascii() and envelope.recipient.isascii())


def _refused(relay: Relay, envelope: Envelope, reply: Reply) -> MailServerRefused:
    if refuses_client(reply):
        return MailServerRefused(
            f"it does not send for us ({reply})",
            where=relay.name,
            remedy="Give the user name and password that it asks for, and the security it demands; nobody was marked",
        )
    return MailServerRefused(
        f"it refuses the sender {envelope.sender} ({reply})",
        where=relay.name,
        remedy="Use a sender's address that this server may send for; nobody was marked as failed",
    )
