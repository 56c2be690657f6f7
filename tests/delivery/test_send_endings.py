"""A send that ends early: told to stop, cancelled, or left by its ledger; nothing is lost and little is in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from digest.delivery import Delivered, deliver
from digest.errors import StoreError
from digest.model import Attempt, DeliveryState, Envelope
from tests.delivery.scripted_relay import Act, ScriptedRelay, Step
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, relay_at, send


async def test_stop_finishes_what_is_under_way_and_releases_the_rest(extensions: tuple[str, ...]) -> None:
    """After SIGTERM nobody is in doubt: each is sent and recorded, or due."""
    stop = asyncio.Event()
    ledger = MemoryLedger([an_envelope(number) for number in range(200)])

    def script(step: Step) -> None:
        if step.verb == "MESSAGE" and len(relay.kept) == 10:
            stop.set()

    relay = ScriptedRelay(script, extensions=extensions)
    async with relay:
        delivered = await deliver(ledger, relays=[relay_at(relay.port)], clock=lambda: NOW, connections=3, stop=stop)
    assert delivered.stopped
    assert delivered.sent == len(relay.kept) == len(ledger.attempts)
    # What was announced together with a message under way goes out too.
    assert 11 <= delivered.sent <= (17 if "PIPELINING" in extensions else 14)
    assert len(ledger.due) == 200 - delivered.sent
    assert not ledger.claimed


async def test_stop_does_not_wait_forever_for_a_silent_relay(extensions: tuple[str, ...]) -> None:
    """When the grace is over, what has no reply is uncertain and the send ends."""
    stop = asyncio.Event()
    ledger = MemoryLedger([an_envelope(number) for number in range(5)])

    def script(step: Step) -> Act | None:
        if step.verb != "MESSAGE":
            return None
        stop.set()
        return Act.STALL

    async with ScriptedRelay(script, extensions=extensions) as relay:
        delivered = await deliver(
            ledger, relays=[relay_at(relay.port)], clock=lambda: NOW, connections=1, stop=stop, stop_grace_seconds=0.1
        )
    assert delivered == Delivered(uncertain=1, stopped=True)
    assert len(ledger.due) == 4


async def test_a_ledger_that_cannot_record_ends_the_send(extensions: tuple[str, ...]) -> None:
    """With the disk full, no message goes out whose reply could not be kept."""

    class FullLedger(MemoryLedger):
        def record(self, attempts: Sequence[Attempt]) -> None:
            if len(self.attempts) == 3:
                raise StoreError("no space left")
            super().record(attempts)

    ledger = FullLedger([an_envelope(number) for number in range(50)])
    async with ScriptedRelay(extensions=extensions) as relay:
        with pytest.raises(StoreError, match="no space left"):
            await send(ledger, relay)
    assert len(relay.kept) == 4
    assert ledger.open == {3}


async def test_a_message_whose_offer_could_not_be_noted_is_not_handed_over(extensions: tuple[str, ...]) -> None:
    """The ledger is told before the first byte of the message leaves; if it fails, the relay gets none."""

    class FullLedger(MemoryLedger):
        def offered(self, subscribers: Sequence[int]) -> frozenset[int]:
            raise StoreError(f"no space left for {len(subscribers)}")

    ledger = FullLedger([an_envelope(1)])
    async with ScriptedRelay(extensions=extensions) as relay:
        with pytest.raises(StoreError, match="no space left"):
            await send(ledger, relay)
    assert not relay.kept
    assert len(ledger.due) == 1


async def test_an_error_over_one_message_leaves_none_of_the_others_in_doubt(extensions: tuple[str, ...]) -> None:
    """What was noted as offered in the turn that broke off is put off, for the relay has nothing of it."""

    class BrokenLedger(MemoryLedger):
        def address(self, subscriber: int) -> Envelope:
            if subscriber == 30:
                raise StoreError("its row cannot be read")
            return super().address(subscriber)

    ledger = BrokenLedger([an_envelope(number) for number in range(60)])
    async with ScriptedRelay(extensions=extensions) as relay:
        with pytest.raises(StoreError, match="cannot be read"):
            await send(ledger, relay, connections=6)
    assert not ledger.open
    assert ledger.states()[DeliveryState.SENT] == len(relay.kept)
    assert set(ledger.states()) <= {DeliveryState.SENT, DeliveryState.DEFERRED}


async def test_replies_that_come_fast_share_a_transaction() -> None:
    """With nine connections in a rush there are far fewer transactions than messages."""

    class CountingLedger(MemoryLedger):
        turns = 0

        def commit(self, attempts: Sequence[Attempt], offering: Mapping[int, str]) -> frozenset[int]:
            self.turns += 1
            return super().commit(attempts, offering)

    ledger = CountingLedger([an_envelope(number) for number in range(900)])
    async with ScriptedRelay(extensions=("PIPELINING",)) as relay:
        assert await send(ledger, relay, connections=9) == Delivered(sent=900)
    assert ledger.turns < 600


async def test_a_cancelled_send_leaves_at_most_one_message_a_connection_in_doubt(extensions: tuple[str, ...]) -> None:
    """As after kill -9: what is offered without a record is all that is unsure, and nothing recorded is wrong."""
    ledger = MemoryLedger([an_envelope(number) for number in range(500)])
    async with ScriptedRelay(extensions=extensions) as relay:
        task = asyncio.create_task(send(ledger, relay, connections=4))
        while len(ledger.attempts) < 50:
            await ledger.recorded.wait()
            ledger.recorded.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    settled = {n for n, attempt in ledger.attempts.items() if attempt.state is DeliveryState.SENT}
    in_doubt = ledger.open | {n for n, attempt in ledger.attempts.items() if attempt.state is DeliveryState.UNCERTAIN}
    assert len(in_doubt) <= 4
    kept = {int(one.recipient[1:].partition("@")[0]) for one in relay.kept}
    assert settled <= kept <= settled | in_doubt
