"""What came of an edition's mail, address by address and in all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one edition to one subscriber stands in the ledger."""

    PENDING = "pending"  # no row in the ledger: its turn has not come
    CLAIMED = "claimed"  # taken by a sender; nothing was offered to the relay yet
    OFFERED = "offered"  # handed to the relay; its reply is not read yet
    SENT = "sent"
    DEFERRED = "deferred"  # a 4xx: tried again later
    FAILED = "failed"  # a 5xx
    SKIPPED = "skipped"  # suppressed, or gone from the list, when its turn came
    UNCERTAIN = "uncertain"  # offered, and the process or connection died before the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one offer of an envelope came to."""

    subscriber: int
    state: DeliveryState
    reply: str  # "250 2.0.0 queued as 4F2", trimmed; empty where none came
    at: datetime
    message_id: str
    bounced: bool = False  # a mailbox fault (5.1.x): suppress the address
    relay: str = ""  # the name of the mail server that it was offered to; empty where it is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The deliveries of one edition by state; a state with none counts 0."""

    audience: int
    pending: int = 0
    claimed: int = 0
    offered: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    skipped: int = 0
    uncertain: int = 0
