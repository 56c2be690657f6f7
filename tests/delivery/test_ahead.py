"""Messages are composed while the relay is at others, and no more of them than its connections will soon take."""

from __future__ import annotations

from digest.delivery import Delivered
from digest.model import Envelope
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.sending import MemoryLedger, an_envelope, send


class ComposingLedger(MemoryLedger):
    """Counts how many messages are composed and not settled."""

    most_composed = 0

    def __init__(self, envelopes: list[Envelope]) -> None:
        super().__init__(envelopes)
        self.composed: list[int] = []

    def address(self, subscriber: int) -> Envelope:
        self.composed.append(subscriber)
        self.most_composed = max(self.most_composed, len(self.composed) - len(self.attempts))
        return super().address(subscriber)


async def test_the_next_messages_are_composed_while_the_relay_is_at_others() -> None:
    """A connection has one under way, one offered with its end, one that waits ready: no more."""
    ledger = ComposingLedger([an_envelope(number) for number in range(200)])
    async with ScriptedRelay(extensions=("SIZE 10485760", "PIPELINING")) as relay:
        assert await send(ledger, relay, connections=4) == Delivered(sent=200)
    assert 2 * 4 < ledger.most_composed <= 3 * 4
    assert sorted(ledger.composed) == list(range(200))  # and each once
