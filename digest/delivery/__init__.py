"""From an edition to a relay: the message, the connection, the send and what each reply means.

Wraps SMTP and turns its errors into MailServerLost and MailServerRefused.  Knows no database: who is due, what was
offered and what came of it pass through the `Ledger` that the caller hands in.
"""

from digest.delivery.inbox import Inbox
from digest.delivery.ledger import Delivered, Ledger
from digest.delivery.message import MessageTemplate, compile_message, message_id
from digest.delivery.permits import Limits, Paused, Permit
from digest.delivery.replies import Outcome, Reply, outcome_of
from digest.delivery.send import deliver
from digest.delivery.slowdown import Memory
from digest.delivery.smtp import Relay, connect

__all__ = [
    "Delivered",
    "Inbox",
    "Ledger",
    "Limits",
    "Memory",
    "MessageTemplate",
    "Outcome",
    "Paused",
    "Permit",
    "Relay",
    "Reply",
    "compile_message",
    "connect",
    "deliver",
    "message_id",
    "outcome_of",
]
