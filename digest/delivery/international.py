"""Addresses with letters beyond ASCII before the @: only a relay that offers SMTPUTF8 (RFC 6531) carries mail to them.

Of several relays one may and another not, which is known once it was reached.  What a relay cannot carry goes to the
end of the line, for one that can; where that one is out of action, it is put off; where none can, it has failed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from digest.delivery.refusals import needs_smtputf8
from digest.errors import MailServerError
from digest.model import DeliveryState, Envelope

_NONE = "not offered: the address needs SMTPUTF8, which the relay lacks"
_NOT_NOW = "not offered: the address needs SMTPUTF8, and no relay that may have it takes mail now"


class Carrier(Protocol):
    """A relay, as far as this is concerned."""

    carries: bool | None  # whether it offers SMTPUTF8; None before it was reached
    error: MailServerError | None  # why it is out of action


class International:
    """What was left for others, by all relays of one send."""

    def __init__(self) -> None:
        self.relays: list[Carrier] = []
        self.left: set[int] = set()  # subscribers, who wait for a relay that can carry their mail

    def may_go_elsewhere(self, relay: Carrier) -> bool:
        """Whether there is something that others may carry, and not this one."""
        return bool(self.left) and any(other.error is None for other in self._others(relay))

    def choose(
        self,
        relay: Carrier,
        take: Callable[[], Envelope | None],
        *,
        put_last: Callable[[Envelope, set[int]], bool],
        settle: Callable[[Envelope, DeliveryState, str], None],
    ) -> Envelope | None:
        """Take the first envelope that a relay without SMTPUTF8 can carry; None where others are left, or none."""
        met: set[int] = set()
        while (envelope := take()) is not None and needs_smtputf8(envelope):
            others = self._others(relay)
            if not any(other.error is None for other in others):
                self.left.discard(envelope.subscriber)
                settle(envelope, *((DeliveryState.DEFERRED, _NOT_NOW) if others else (DeliveryState.FAILED, _NONE)))
                continue
            self.left.add(envelope.subscriber)
            more = put_last(envelope, self.left)
            if not more or envelope.subscriber in met:  # the others may have to wait, for a limit
                return None
            met.add(envelope.subscriber)
        return envelope

    def _others(self, relay: Carrier) -> list[Carrier]:
        """Give the relays that may carry what this one cannot."""
        return [other for other in self.relays if other is not relay and other.carries is not False]
