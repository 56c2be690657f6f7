"""The big receivers: which domains are theirs, and which of their replies ask a sender to slow down.  Pure.

A relay of one's own takes the mail and waits for them by itself; their words arrive here only where a relay passes them
on while it is asked.  Then they count for all of a receiver's domains, and for those whose mail it hosts.

Sources: Gmail's email sender guidelines and SMTP error reference (4.7.28: wait ten minutes, then one connection, then
add one at a time); Yahoo's sender hub, "SMTP error codes" ([TSnn]); Microsoft's 4.7.5xx and 4.7.65x, and Outlook.com's
RP-00n.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.delivery.replies import Reply

_POLICY = 7  # the subject of an enhanced code (RFC 3463): security and policy
_GMAIL_RATE = (4, 7, 28)
_GMAIL = re.compile(r"\bgsmtp\b|support\.google\.com/(mail|a)\b", re.IGNORECASE)
_YAHOO = re.compile(r"\[TSS?\d\d\]|temporarily deferred .*\b4\.16\.5\d|postmaster\.yahoo(inc)?\.com", re.IGNORECASE)
_OUTLOOK = re.compile(r"\bRP-00[123]\b|\bS(775|3114|3115|3140|3150)\b")
_OUTLOOK_DETAILS = frozenset((500, *range(650, 655)))

_DOMAINS = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), "Gmail"),
    **dict.fromkeys(("ymail.com", "rocketmail.com", "myyahoo.com", "aol.com", "aim.com", "verizon.net"), "Yahoo"),
    **dict.fromkeys(("msn.com", "passport.com", "windowslive.com"), "Outlook"),
}
_FAMILIES = {"yahoo": "Yahoo", "aol": "Yahoo", "outlook": "Outlook", "hotmail": "Outlook", "live": "Outlook"}
_PAUSES = {"Gmail": 600.0, "Yahoo": 300.0, "Outlook": 300.0}  # seconds; Gmail's is what Gmail says
RECEIVERS = frozenset(_PAUSES)
_COUNTRY = re.compile(r"(com?\.)?[a-z]{2}\Z|com\Z|fr\Z")


@dataclass(frozen=True, slots=True)
class Throttle:
    """A receiver's wish for a pause."""

    receiver: str
    seconds: float


def receiver_of(domain: str) -> str:
    """Name the receiver whose domain this is, lower case; itself where it is none of the big ones."""
    if (known := _DOMAINS.get(domain)) is not None:
        return known
    family, _, rest = domain.partition(".")
    return _FAMILIES[family] if family in _FAMILIES and _COUNTRY.match(rest) else domain


def throttle_of(reply: Reply) -> Throttle | None:
    """Tell whose wish to slow down a reply is; None where it is none, or concerns one mailbox."""
    if not reply.transient:
        return None
    enhanced = reply.enhanced or (0, 0, 0)
    policy = enhanced[1] == _POLICY
    if enhanced == _GMAIL_RATE or (policy and _GMAIL.search(reply.text)):
        receiver = "Gmail"
    elif _YAHOO.search(reply.text):
        receiver = "Yahoo"
    elif _OUTLOOK.search(reply.text) or (policy and enhanced[2] in _OUTLOOK_DETAILS):
        receiver = "Outlook"
    else:
        return None
    return Throttle(receiver, _PAUSES[receiver])
