"""What a send asks of whoever keeps count of it, and what it tells at its end.

Kept out: how the count is kept (the store's), and when each is asked (outbox.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from digest.model import Attempt, Envelope


class Ledger(Protocol):
    """What the send asks of whoever keeps count.  Each call is one transaction and may raise StoreError.

    The calls do not await, so that nothing comes between a reply and its record.
    """

    def claim(self, limit: int) -> Sequence[int]:
        """Take up to `limit` subscribers who are due, and give their keys; none left is an empty sequence."""

    def address(self, subscriber: int) -> Envelope:
        """Compose the message to one who was claimed; the same bytes whenever it is asked."""

    def commit(self, attempts: Sequence[Attempt], offering: Mapping[int, str]) -> Collection[int]:
        """Keep replies, and that messages to `offering` are about to be handed over; give those that still may be.

        `offering` names the relay of each, so that one whose sender dies is known to be in that relay's hands, or not.
        The others have left since they were claimed, or are another sender's by now: the ledger has settled them.
        A recipient may be refused, and an attempt recorded, before the message was offered.
        """

    def release(self, subscribers: Sequence[int]) -> object:
        """Put claimed ones back among those who are due; the relay has nothing for them."""

    def domain(self, subscriber: int) -> str:
        """Give the domain of one who was claimed, lower case."""

    def postpone(self, due: Mapping[int, datetime], reason: str) -> object:
        """Put claimed ones back, each due at its time; the relay has nothing for them, and no attempt was made."""

    def spare(self, subscribers: Collection[int]) -> object:
        """Undo the last attempt of those whom a relay put off that puts everybody off; they are due again at once."""

    def lengthen(self, time: timedelta) -> object:
        """Leave so much time, in which no relay took mail, out of the account of those who are tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one run of `deliver` did; the ledger has the same and more."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0  # bounced ones too
    bounced: int = 0
    uncertain: int = 0
    skipped: int = 0  # claimed, and not to be had when their turn came
    stopped: bool = False  # asked to, with envelopes perhaps still due
    held_until: datetime | None = None  # nobody could go before, and that was too long to wait
    held_by: str = ""  # what held them
