"""What a relay's reply means for one delivery, for an address, and for the whole send (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

CLOSING = 421  # said at any time, and the connection is gone (RFC 5321 3.8)
_GO_AHEAD = 354
_LOG_IN_FIRST = 530  # RFC 4954 6, and RFC 3207 4 for TLS
_STORAGE_EXCEEDED = 552  # a size or a quota
_TOO_BIG = frozenset({(5, 3, 4), (5, 2, 3)})  # the relay takes no more; the latter is what Gmail says
_ACCEPTED, _INTERMEDIATE, _TRANSIENT, _PERMANENT = 2, 3, 4, 5  # first digits, RFC 5321 4.2.1
_LONGEST_KEPT = 400  # characters of a reply that a ledger keeps
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
# Of "5.1.x, addressing": these are about the sender's address, or about the relay further on, not the mailbox.
_NOT_THE_MAILBOX = frozenset({5, 7, 8, 9})
# Relays without enhanced codes say it in words.  Policy replies that merely mention a user do not match.
_NO_MAILBOX = re.compile(
    r"(user|mailbox|recipient|address)\s+(is\s+)?(unknown|not\s+found|does\s+not\s+exist|doesn't\s+exist)"
    r"|(unknown|no\s+such|invalid|nonexistent)\s+(local\s+)?(user|mailbox|recipient|address)",
    re.IGNORECASE,
)
# Postfix delays its verdict on the client and the sender until RCPT, so the reply to a recipient may be about us.
_ABOUT_SENDER = re.compile(
    r"sender address rejected|sender verify failed|sender denied|not owned by user", re.IGNORECASE
)
_ABOUT_MAILBOX = re.compile(r"\b(quota|mailbox|inbox|recipient|user)\b", re.IGNORECASE)
_ABOUT_CLIENT = re.compile(
    r"relay(ing)? (access )?(denied|not permitted|prohibited)|not permitted to relay|unable to relay"
    r"|client host rejected|authentication required|must authenticate|must issue a starttls",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a relay, its lines joined by blanks."""

    code: int
    text: str

    def __str__(self) -> str:
        kept = f"{self.code} {self.text}".strip()
        if not kept.isprintable():
            kept = "".join(char if char.isprintable() else " " for char in kept)
        return kept if len(kept) <= _LONGEST_KEPT else kept[: _LONGEST_KEPT - 1] + "…"

    @property
    def enhanced(self) -> tuple[int, int, int] | None:
        """The enhanced status code (RFC 2034) at the start of the text, if its class agrees with the reply's."""
        found = _ENHANCED.match(self.text)
        if found is None or int(found[1]) != self.code // 100:
            return None
        return int(found[1]), int(found[2]), int(found[3])

    @property
    def closing(self) -> bool:
        """Whether the relay takes leave, whatever it is a reply to: nothing was taken."""
        return self.code == CLOSING

    @property
    def go_ahead(self) -> bool:
        """Whether it asks for the message."""
        return self.code == _GO_AHEAD

    @property
    def accepted(self) -> bool:
        """Whether it is a 2xx."""
        return self.code // 100 == _ACCEPTED

    @property
    def intermediate(self) -> bool:
        """Whether it is a 3xx, which asks for more and settles nothing."""
        return self.code // 100 == _INTERMEDIATE

    @property
    def transient(self) -> bool:
        """Whether it is a 4xx: the same may succeed later."""
        return self.code // 100 == _TRANSIENT

    @property
    def permanent(self) -> bool:
        """Whether it is a 5xx."""
        return self.code // 100 == _PERMANENT


class Outcome(StrEnum):
    """What an offer of one message to one recipient came to."""

    SENT = "sent"
    DEFERRED = "deferred"  # try again later
    BOUNCED = "bounced"  # there is no such mailbox: never again
    FAILED = "failed"  # not this message; the mailbox may be fine


def outcome_of(code: int, text: str) -> Outcome:
    """Sort a reply by its class, and a 5xx by its subject: x.1 is the address, x.7 policy, x.2.2 a full mailbox.

    Without an enhanced code the words decide, and only words that say the mailbox is missing make a bounce:
    550 alone is also what a blocklist says (RFC 5321 4.2.2: "not found, no access, or rejected for policy reasons").
    Raises ValueError for a code that is no final reply: 1xx, 3xx or out of range.
    """
    reply = Reply(code, text)
    if reply.accepted:
        return Outcome.SENT
    if reply.transient:
        return Outcome.DEFERRED
    if not reply.permanent:
        raise ValueError(f"not a final reply: {code} {text}")
    if reply.enhanced is not None:
        _, subject, detail = reply.enhanced
        return Outcome.BOUNCED if subject == 1 and detail not in _NOT_THE_MAILBOX else Outcome.FAILED
    return Outcome.BOUNCED if _NO_MAILBOX.search(text) else Outcome.FAILED


def refuses_sender(reply: Reply) -> bool:
    """Whether a 5xx to a recipient is in truth about the envelope's sender, and so about every recipient."""
    if not reply.permanent:
        return False
    return reply.enhanced in {(5, 1, 7), (5, 1, 8)} or bool(_ABOUT_SENDER.search(reply.text))


def refuses_client(reply: Reply) -> bool:
    """Whether a 5xx to a recipient asks us to log in or to use TLS, or says that this relay does not work for us."""
    if not reply.permanent:
        return False
    return reply.code == _LOG_IN_FIRST or bool(_ABOUT_CLIENT.search(reply.text))


def too_big(reply: Reply) -> bool:
    """Whether a reply to MAIL or to the message says that it is larger than the relay takes (RFC 1870 6)."""
    if reply.enhanced is not None:
        return reply.enhanced in _TOO_BIG
    return reply.code == _STORAGE_EXCEEDED and not _ABOUT_MAILBOX.search(reply.text)
