"""Addresses beyond ASCII over several relays, of which not every one offers SMTPUTF8 (RFC 6531)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.delivery import Delivered, deliver
from digest.delivery.smtp import Relay
from digest.model import DeliveryState
from digest.store import Window
from tests.delivery.held_back import MemoryLimits
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, answer, relay_at

WITHOUT, WITH = ("SIZE 10485760",), ("SIZE 10485760", "SMTPUTF8")


async def send_through(
    ledger: MemoryLedger, relays: Sequence[Relay], *, connections: int = 4, limits: MemoryLimits | None = None
) -> Delivered:
    return await deliver(
        ledger,
        relays=relays,
        clock=lambda: NOW,
        connections=connections,
        pause_seconds=0.0,
        rest_seconds=1000.0,
        limits=limits,
    )


def recipients(*relays: ScriptedRelay) -> Counter[str]:
    return Counter(kept.recipient for relay in relays for kept in relay.kept)


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("weight", [1.0, 0.0])
@pytest.mark.parametrize("international", [(1,), (0, 1, 2), (11,), tuple(range(12))])
async def test_an_address_beyond_ascii_goes_through_the_relay_that_can_carry_it(
    international: tuple[int, ...], weight: float, connections: int
) -> None:
    """Though the other has more weight, or one is only in reserve; both carry the rest."""
    named = {number: f"лист{number}@пошта.укр" for number in international}
    ledger = MemoryLedger([an_envelope(number, recipient=named.get(number)) for number in range(12)])
    async with ScriptedRelay(extensions=WITHOUT) as one, ScriptedRelay(extensions=WITH) as other:
        relays = [replace(relay_at(one.port), weight=5.0), replace(relay_at(other.port), weight=weight)]
        assert await send_through(ledger, relays, connections=connections) == Delivered(sent=12)
    assert not recipients(one).keys() & set(named.values())
    assert recipients(other).keys() >= set(named.values())
    assert set(recipients(one, other).values()) == {1}


async def test_an_address_that_no_relay_can_carry_fails(extensions: tuple[str, ...]) -> None:
    """Only once each was asked; what they can carry goes on."""
    without = tuple(offer for offer in extensions if offer != "SMTPUTF8")
    ledger = MemoryLedger([an_envelope(n, recipient="лист@пошта.укр" if n == 3 else None) for n in range(8)])
    async with ScriptedRelay(extensions=without) as one, ScriptedRelay(extensions=without) as other:
        assert await send_through(ledger, [relay_at(one.port), relay_at(other.port)]) == Delivered(sent=7, failed=1)
        assert min(one.connections, other.connections) > 0
    assert ledger.attempts[3].reply == "not offered: the address needs SMTPUTF8, which the relay lacks"


@pytest.mark.parametrize("connections", [1, 3])
async def test_an_address_whose_relay_is_away_is_put_off(connections: int) -> None:
    """It may be carried when that one is back; nobody else waits for it."""
    ledger = MemoryLedger([an_envelope(n, recipient="лист@пошта.укр" if n == 3 else None) for n in range(8)])
    script = answer("CONNECT", "554 5.7.1 not today")
    async with ScriptedRelay(extensions=WITHOUT) as one, ScriptedRelay(script, extensions=WITH) as other:
        relays = [relay_at(one.port), relay_at(other.port)]
        delivered = await send_through(ledger, relays, connections=connections)
    assert delivered == Delivered(sent=7, deferred=1)
    assert ledger.attempts[3].state is DeliveryState.DEFERRED
    assert "no relay that may have it" in ledger.attempts[3].reply


async def test_whom_a_limit_holds_back_does_not_keep_a_relay_asking() -> None:
    """The one who may go is not for it, the others must wait: it leaves, and the other relay has the one."""
    ledger = MemoryLedger([an_envelope(n, recipient="лист@пошта.укр" if n == 0 else None) for n in range(6)])
    limits = MemoryLimits(lambda: NOW, domains={"example.org": Window(2, timedelta(days=1))})
    async with ScriptedRelay(extensions=WITHOUT) as one, ScriptedRelay(extensions=WITH) as other:
        relays = [relay_at(one.port), relay_at(other.port)]
        delivered = await send_through(ledger, relays, connections=2, limits=limits)
    assert delivered.sent == 3
    assert recipients(other)["лист@пошта.укр"] == 1
    assert one.connections <= 2
