"""What a Postfix mail log tells of messages whose reply we never read.  Pure: lines in, findings out.

postfix/smtpd   -> cleanup: 4F2ABC: message-id=<…>       the message came; not accepted yet
                -> qmgr:    4F2ABC: from=<…> (queue active)   accepted: from here on it is Postfix's to deliver
                -> smtp:    4F2ABC: to=<…>, …, dsn=2.0.0, status=sent (250 2.0.0 ok)
                -> qmgr:    4F2ABC: removed              its name may now be another's
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The daemon's name stands last before its number, whatever syslog_name and master.cf put before it.
_LINE = re.compile(r"(?:^|[\s/])([\w-]+)\[\d+\]: ([0-9A-Za-z]{5,24}): (.*)")
_MESSAGE_ID = re.compile(r"message-id=(<[^\s<>]+>)")
_RECIPIENT = re.compile(r"\b(?:orig_)?to=<([^>]*)>")
_STATUS = re.compile(r"\bstatus=(\w+)\b(?:,? (.*))?")
_DSN = re.compile(r"\bdsn=([245]\.\d{1,3}\.\d{1,3})")
_GAVE_UP = frozenset({"bounced", "expired", "undeliverable"})
_LONGEST_TOLD = 300  # characters of a line that are repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The last that a log says of one message."""

    accepted: bool  # Postfix took it, and has delivered it or still tries; False: it gave up
    dsn: str  # the enhanced status code, "5.1.1", or empty
    told: str  # the log's words, for the ledger


def in_mail_log(lines: Iterable[str], wanted: Mapping[str, str]) -> dict[str, Finding]:
    """Find in a log the messages whose Message-IDs are `wanted`, each with its recipient; gives them by Message-ID.

    A message that came and was not queued (refused by a milter, or cut off by the client) is not found.  That Postfix
    gave up counts only for the recipient named, for a copy to an archive (`always_bcc`) has a fate of its own.
    """
    found: dict[str, Finding] = {}
    named: dict[str, str] = {}  # queue names that hold a wanted message now
    for line in lines:
        parts = _LINE.search(line)
        if parts is None:
            continue
        daemon, queued, rest = parts.groups()
        if daemon == "cleanup" and (its := _MESSAGE_ID.search(rest)):
            named.pop(queued, None)
            if its[1] in wanted:
                named[queued] = its[1]
        elif queued in named:
            identifier = named[queued]
            if rest.startswith("removed"):
                del named[queued]
            elif (finding := _read(rest, queued, wanted[identifier], known=identifier in found)) is not None:
                found[identifier] = finding
    return found


def _read(rest: str, queued: str, recipient: str, *, known: bool) -> Finding | None:
    status = _STATUS.search(rest)
    if status is None:
        if known or not rest.rstrip().endswith("(queue active)"):
            return None
        return Finding(accepted=True, dsn="", told=f"the relay's log: queued as {queued}")
    gave_up = status[1] in _GAVE_UP
    ours = recipient.casefold() in {address.casefold() for address in _RECIPIENT.findall(rest)}
    if not ours and (gave_up or known):
        return None
    dsn = _DSN.search(rest)
    told = f"the relay's log: {queued} {status[1]} {status[2] or ''}".strip()
    return Finding(accepted=not gave_up, dsn=dsn[1] if dsn else "", told=told[:_LONGEST_TOLD])
