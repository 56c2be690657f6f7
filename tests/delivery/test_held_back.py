"""A send that is held back, against a scripted relay: limits, receivers' wishes, and a relay that takes nobody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.delivery import Delivered
from digest.delivery.send import deliver
from digest.delivery.smtp import Relay
from digest.errors import MailServerLost
from digest.model import DeliveryState
from digest.store import Window
from tests.delivery.held_back import MemoryLimits, per_day, run_fast
from tests.delivery.scripted_relay import Act, ScriptedRelay, Step
from tests.delivery.sending import MemoryLedger, an_envelope, answer

Clock = Callable[[], datetime]
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PIPELINING = ("SIZE 10485760", "8BITMIME", "SMTPUTF8", "PIPELINING")


def patient(relay: ScriptedRelay, *, timeout_seconds: float = 36_000.0) -> Relay:
    """A relay for a clock that runs thousands of times as fast as sockets do."""
    return Relay(
        host="127.0.0.1",
        port=relay.port,
        security="none",
        connect_timeout_seconds=36_000.0,
        timeout_seconds=timeout_seconds,
        data_timeout_seconds=36_000.0,
        idle_seconds=600.0,
    )


def a_list(*domains: str, each: int) -> MemoryLedger:
    """Several domains' recipients, in turn."""
    names = [domain for _ in range(each) for domain in domains]
    return MemoryLedger([an_envelope(number, recipient=f"r{number}@{name}") for number, name in enumerate(names)])


def domains_of(relay: ScriptedRelay) -> list[str]:
    return [kept.recipient.rpartition("@")[2] for kept in relay.kept]


@pytest.mark.parametrize("verb", ["RCPT", "MESSAGE"])
def test_gmail_is_left_alone_for_ten_minutes_while_others_go_on(verb: str, extensions: tuple[str, ...]) -> None:
    """After its wish nothing goes to it until then; everyone else has his mail first, and at last all have it."""
    ledger = a_list("gmail.com", "example.org", "company.example", each=20)
    heard: list[datetime] = []
    said: list[str] = []

    async def main(clock: Clock) -> tuple[Delivered, list[tuple[str, datetime]]]:
        seen: list[tuple[str, datetime]] = []

        def script(step: Step) -> str | None:
            if step.verb != verb or not step.recipient.endswith(("gmail.com", "company.example")):
                return None
            seen.append((step.recipient, clock()))
            if heard and clock() >= heard[0] + 10 * MINUTE:
                return None
            heard.append(clock())
            return "421 4.7.28 Gmail has detected an unusual rate of mail originating from your IP - gsmtp"

        async with ScriptedRelay(script, extensions=extensions) as relay:
            delivered = await deliver(
                ledger,
                relays=[patient(relay)],
                clock=clock,
                connections=3,
                pause_seconds=0.0,
                limits=MemoryLimits(clock),
                patience_seconds=900.0,
                say=said.append,
            )
            first = domains_of(relay)[:20]
        assert set(first) == {"example.org"}
        return delivered, seen

    delivered, seen = run_fast(main)
    assert delivered.sent + delivered.deferred == 60
    assert len(heard) <= 6, "those that were under way when it first asked"
    assert delivered.deferred <= len(heard)
    assert not [at for _, at in seen if heard[-1] < at < heard[0] + 10 * MINUTE]
    assert said[0].startswith("Gmail asked us to slow down; on at ")
    assert said[-1] == ""


def test_who_waits_too_long_is_put_back_and_the_send_ends() -> None:
    """Without the patience for it, those of the receiver are due when its pause ends, and the send says until when."""
    ledger = a_list("gmail.com", "example.org", each=20)
    script = answer("RCPT", "450 4.7.28 too fast - gsmtp", recipient="r0@gmail.com")

    async def main(clock: Clock) -> tuple[Delivered, MemoryLimits]:
        limits = MemoryLimits(clock)
        async with ScriptedRelay(script, extensions=PIPELINING) as relay:
            done = await deliver(
                ledger, relays=[patient(relay)], clock=clock, connections=1, limits=limits, patience_seconds=5.0
            )
        return done, limits

    delivered, limits = run_fast(main)
    pause = limits.paused["Gmail"]
    assert (delivered.held_until, delivered.held_by) == (pause.until, "Gmail asked us to slow down")
    assert delivered.deferred == 1
    assert len(ledger.postponed) + delivered.sent == 39
    assert {at for at, _, _ in ledger.postponed.values()} == {pause.until}
    assert {why for _, _, why in ledger.postponed.values()} == {"not offered yet: Gmail asked us to slow down"}
    assert not ledger.due
    assert not ledger.claimed


@pytest.mark.parametrize("reply", ["451 4.3.0 mail server temporarily rejected message", "421 4.3.2 not now"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "MESSAGE"])
def test_a_relay_that_puts_everybody_off_rests_at_nobodys_cost(
    verb: str, reply: str, extensions: tuple[str, ...]
) -> None:
    """It pauses, says so, tries one message from time to time, and then all goes out as if nothing had been."""
    ledger = a_list("a.org", "b.org", "c.org", "d.org", each=25)
    refused: list[datetime] = []
    said: list[str] = []

    async def main(clock: Clock) -> tuple[Delivered, MemoryLimits]:
        begun = clock()

        def script(step: Step) -> str | None:
            if step.verb != verb or clock() - begun > HOUR:
                return None
            refused.append(clock())
            return reply

        limits = MemoryLimits(clock)
        async with ScriptedRelay(script, extensions=extensions) as relay:
            delivered = await deliver(
                ledger,
                relays=[patient(relay)],
                clock=clock,
                connections=4,
                pause_seconds=0.0,
                limits=limits,
                patience_seconds=900.0,
                say=said.append,
            )
            assert len({kept.recipient for kept in relay.kept}) == len(relay.kept) == 100
        return delivered, limits

    delivered, limits = run_fast(main, factor=5000.0)
    assert ledger.states() == {DeliveryState.SENT: 100}
    assert delivered.sent == 100
    assert len(refused) < 60
    assert said[0].startswith("127.0.0.1:"), "of several relays, which one"
    assert "it puts everybody off" in said[0] or "the connection ended" in said[0]
    assert "a trial at " in said[0]
    assert said[-1] == ""
    assert not limits.paused
    assert ledger.lengthened
    assert timedelta(minutes=30) < sum(ledger.lengthened, timedelta()) < 3 * HOUR


def test_without_patience_a_relay_that_puts_everybody_off_ends_the_send() -> None:
    """The error says what it says, nobody has an attempt to his account, and the next send begins with one message."""
    ledger = a_list("a.org", "b.org", "c.org", each=20)

    async def main(clock: Clock) -> MemoryLimits:
        limits = MemoryLimits(clock)
        async with ScriptedRelay(answer("RCPT", "450 4.3.0 no"), extensions=PIPELINING) as relay:
            with pytest.raises(MailServerLost, match=r"it puts everybody off \(450 4.3.0 no\).*run again"):
                await deliver(ledger, relays=[patient(relay)], clock=clock, connections=2, limits=limits)
            name = f"relay 127.0.0.1:{relay.port}"
            assert limits.paused[name].reason == "it puts everybody off (450 4.3.0 no)"
            tried = len([step for step in relay.steps if step.verb == "RCPT"])
            assert not ledger.attempts
            assert len(ledger.due) == 60
            with pytest.raises(MailServerLost, match="it puts everybody off"):
                await deliver(ledger, relays=[patient(relay)], clock=clock, connections=2, limits=limits)
            assert len([step for step in relay.steps if step.verb == "RCPT"]) == tried + 1
            relay.script = lambda _step: None
            delivered = await deliver(ledger, relays=[patient(relay)], clock=clock, connections=2, limits=limits)
        assert delivered.sent == 60
        return limits

    assert not run_fast(main).paused


def test_a_relay_that_stalls_rests_too() -> None:
    """One that says nothing is given up after three silences, and tried with one message until it speaks again."""
    ledger = a_list("a.org", "b.org", each=20)

    silences: list[datetime] = []

    async def main(clock: Clock) -> Delivered:
        begun = clock()

        def script(step: Step) -> Act | None:
            if step.verb != "RCPT" or clock() - begun > 2 * HOUR:
                return None
            silences.append(clock())
            return Act.STALL

        async with ScriptedRelay(script) as relay:
            return await deliver(
                ledger,
                relays=[patient(relay, timeout_seconds=300.0)],
                clock=clock,
                connections=2,
                limits=MemoryLimits(clock),
                patience_seconds=900.0,
            )

    assert run_fast(main, factor=5000.0).sent == 40
    assert len(silences) < 16
    assert ledger.states() == {DeliveryState.SENT: 40}


def test_one_of_two_relays_that_puts_everybody_off_leaves_its_share_to_the_other() -> None:
    """Nobody waits for it."""
    ledger = a_list("a.org", "b.org", "c.org", each=30)

    async def main(clock: Clock) -> Delivered:
        async with (
            ScriptedRelay(answer("RCPT", "451 4.3.0 no"), extensions=PIPELINING) as sick,
            ScriptedRelay(extensions=PIPELINING) as well,
        ):
            delivered = await deliver(
                ledger, relays=[patient(sick), patient(well)], clock=clock, connections=4, rest_seconds=36_000.0
            )
            assert not sick.kept
            return delivered

    delivered = run_fast(main)
    assert delivered.sent == 90
    assert ledger.states() == {DeliveryState.SENT: 90}


def test_greylisted_ones_among_others_are_only_put_off(extensions: tuple[str, ...]) -> None:
    """A relay that defers two in three works: no pause, and their attempts count."""
    ledger = a_list("a.org", "b.org", "c.org", each=30)

    def script(step: Step) -> str | None:
        return None if step.verb != "RCPT" or step.recipient.endswith("a.org") else "450 4.2.0 greylisted"

    async def main(clock: Clock) -> Delivered:
        async with ScriptedRelay(script, extensions=extensions) as relay:
            return await deliver(ledger, relays=[patient(relay)], clock=clock, connections=1)

    assert run_fast(main) == Delivered(sent=30, deferred=60)


def test_a_limit_is_kept_and_a_limited_domain_holds_up_nobody(extensions: tuple[str, ...]) -> None:
    """Twenty an hour in all, five of them to one domain: the others go first, and all is out in the time it takes."""
    ledger = a_list("slow.org", "a.org", "b.org", each=10)

    async def main(clock: Clock) -> tuple[Delivered, timedelta, list[str]]:
        begun = clock()
        limits = MemoryLimits(clock, {"site": Window(20, HOUR)}, {"slow.org": Window(5, HOUR)})
        async with ScriptedRelay(extensions=extensions) as relay:
            delivered = await deliver(
                ledger,
                relays=[patient(relay)],
                clock=clock,
                connections=3,
                limits=limits,
                patience_seconds=2 * 3600.0,
            )
            return delivered, clock() - begun, domains_of(relay)

    delivered, took, order = run_fast(main, factor=10_000.0)
    assert delivered.sent == 30
    assert took >= HOUR
    assert order[:20].count("slow.org") == 5


def test_a_days_cap_ends_the_send_and_says_until_when(extensions: tuple[str, ...]) -> None:
    """What it leaves is due as before, and a send that finds nothing left opens no connection."""
    ledger = a_list("a.org", each=30)
    zone = ZoneInfo("Europe/Kyiv")

    async def main(clock: Clock) -> None:
        limits = MemoryLimits(clock, {"day": per_day(12, zone)})
        async with ScriptedRelay(extensions=extensions) as relay:
            for sent in (12, 0):
                delivered = await deliver(
                    ledger, relays=[patient(relay)], clock=clock, connections=3, limits=limits, patience_seconds=900.0
                )
                assert delivered.sent == sent
                assert delivered.held_until == datetime(2022, 1, 29, tzinfo=zone)
                assert delivered.held_by == "the site's limit is reached"
                assert len(ledger.due) == 18
                assert not ledger.postponed
            assert relay.connections <= 3
            assert len(relay.kept) == 12

    run_fast(main, factor=10.0)
