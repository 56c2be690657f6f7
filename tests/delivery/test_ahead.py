"""Messages are composed while the relay is at others: each for its reader, in their order, no more than soon leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from digest.delivery import Delivered, deliver
from digest.delivery.notices import Notices
from digest.delivery.outbox import Outbox
from digest.delivery.replies import Reply
from digest.model import DeliveryState, Envelope
from digest.store import Window
from tests.delivery.held_back import MemoryLimits
from tests.delivery.scripted_relay import ScriptedRelay, Step
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, relay_at, send

PIPELINING = ("SIZE 10485760", "PIPELINING")


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


@pytest.fixture
def ledger() -> ComposingLedger:
    """Eight readers, the fourth of them at another receiver than the rest."""
    at = ["gmail.com"] * 3 + ["example.org"] + ["gmail.com"] * 4
    return ComposingLedger([an_envelope(number, recipient=f"r{number}@{domain}") for number, domain in enumerate(at)])


@pytest.fixture
async def outbox(ledger: ComposingLedger) -> Outbox:
    """An outbox of four connections, none of which stands."""
    notices = Notices(None, lambda: NOW, lambda _text: None)
    patience = timedelta(hours=1)
    return Outbox(ledger, lambda: NOW, connections=4, limits=None, patience=patience, notices=notices)


def taken(outbox: Outbox, count: int) -> list[int]:
    envelopes = [outbox.take() for _ in range(count)]
    return [one.subscriber for one in envelopes if one is not None]


async def test_the_next_messages_are_composed_while_the_relay_is_at_others() -> None:
    """A connection has one under way, one offered with its end, one that waits ready: no more."""
    ledger = ComposingLedger([an_envelope(number) for number in range(200)])
    async with ScriptedRelay(extensions=PIPELINING) as relay:
        assert await send(ledger, relay, connections=4) == Delivered(sent=200)
    assert 2 * 4 < ledger.most_composed <= 3 * 4
    assert sorted(ledger.composed) == list(range(200))  # and each once


async def test_everybody_gets_the_message_that_was_composed_for_them() -> None:
    """Over several connections, some of them lost on the way: recipient, text and record are one reader's."""

    def script(step: Step) -> str | None:
        if step.verb == "RCPT" and step.message % 7 == 0:
            return "450 4.2.0 later"
        return "421 4.3.2 bye" if step.verb == "MESSAGE" and step.message % 11 == 0 else None

    ledger = ComposingLedger([an_envelope(number) for number in range(300)])
    async with ScriptedRelay(script, extensions=PIPELINING) as relay:
        await send(ledger, relay, connections=4)
    assert len(relay.kept) > 150
    for kept in relay.kept:
        number = int(kept.recipient.removeprefix("r").removesuffix("@example.org"))
        assert kept.message.startswith(f"Subject: {number}\r\n".encode())
        assert ledger.attempts[number].message_id == f"<{number}@example.org>"
        assert ledger.attempts[number].state is DeliveryState.SENT


async def test_they_go_in_the_order_of_the_list(outbox: Outbox, ledger: ComposingLedger) -> None:
    """Composed ahead or not; put back into the line when a receiver asks for a pause; and taken out of it again."""
    assert outbox.fill()
    assert taken(outbox, 1) == [0]
    outbox._compose_ahead(3)
    assert ledger.composed == [0, 1, 2, 3]
    assert taken(outbox, 1) == [1]
    assert outbox._line()[0] == 2
    assert list(outbox._line()) == [2, 3, 4, 5, 6, 7]
    outbox._compose_ahead(2)
    assert taken(outbox, 9) == [2, 3, 4, 5, 6, 7]


async def test_of_those_composed_ahead_none_is_lost_at_the_end(outbox: Outbox, ledger: ComposingLedger) -> None:
    """They are given back with the others who waited; told to end, no more are composed."""
    assert taken(outbox, 1) == [0]
    outbox._compose_ahead(3)
    outbox.end(None)
    outbox._compose_ahead(5)
    assert ledger.composed == [0, 1, 2, 3]
    outbox.close()
    assert sorted(one.subscriber for one in ledger.due) == [1, 2, 3, 4, 5, 6, 7]


async def test_whoever_is_put_last_comes_after_those_composed_ahead(outbox: Outbox, ledger: ComposingLedger) -> None:
    """They are others, though none waits besides: what one was refused for is asked of them."""
    first = outbox.take()
    assert first is not None
    outbox._compose_ahead(7)
    assert outbox.put_last(first, after_others_than={0}, enough=3)
    assert taken(outbox, 9) == [1, 2, 3, 4, 5, 6, 7, 0]
    assert len(ledger.composed) > 8  # those put back are composed again when their turn comes


async def test_what_was_composed_for_a_receiver_that_asks_for_a_pause_waits(outbox: Outbox) -> None:
    """Two were ready to go to it when it said so, and wait; the one behind them, for another receiver, goes."""
    first = outbox.take()
    assert first is not None
    outbox._compose_ahead(3)
    assert outbox.hear(first, Reply(421, "4.7.28 unusual rate - gsmtp"))
    assert taken(outbox, 2) == [3]
    assert outbox.held


async def test_under_a_limit_nothing_is_composed_ahead() -> None:
    """Who goes next is not known before: each message is composed once, when its turn has come."""
    limits = MemoryLimits(lambda: NOW, site={"all": Window(10_000, timedelta(seconds=1))})
    ledger = ComposingLedger([an_envelope(number) for number in range(60)])
    async with ScriptedRelay(extensions=PIPELINING) as relay:
        done = await deliver(ledger, relays=[relay_at(relay.port)], clock=lambda: NOW, connections=4, limits=limits)
    assert done == Delivered(sent=60)
    assert sorted(ledger.composed) == list(range(60))


async def test_what_was_composed_for_somebody_who_has_left_since_is_not_sent() -> None:
    """The ledger is asked once more before it leaves, whoever was composed ahead or not; all others get theirs."""
    gone = {30, 31, 32, 33}

    class LeavingLedger(ComposingLedger):
        def offered(self, subscribers: Sequence[int]) -> frozenset[int]:
            left = gone.intersection(subscribers)
            for subscriber in left:
                del self.claimed[subscriber]
            return super().offered([one for one in subscribers if one not in left])

    ledger = LeavingLedger([an_envelope(number) for number in range(80)])
    async with ScriptedRelay(extensions=PIPELINING) as relay:
        assert await send(ledger, relay, connections=4) == Delivered(sent=76, skipped=4)
    assert gone <= set(ledger.composed)
    assert {kept.recipient for kept in relay.kept} == {f"r{n}@example.org" for n in range(80) if n not in gone}
