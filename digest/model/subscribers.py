"""Who gets a newsletter: the lines of a list file, and what the store knows of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SubscriberStatus(StrEnum):
    """Whether mail may go to a subscriber: only to an active one."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One good line of a list file."""

    address: str  # normalised: see audience.address
    name: str
    attributes: Mapping[str, str]
    line: int  # counted from 1, for messages about it


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """One bad line of a list file, reported; the rest goes on."""

    path: str
    line: int
    text: str  # the line, shortened, control characters escaped
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One address on one newsletter."""

    id: int  # the subscription's key in the store; grows with time
    newsletter: str
    address: str
    name: str
    attributes: Mapping[str, str]
    status: SubscriberStatus
    listed: bool = True  # the list file names it; a line taken out ends the subscription
