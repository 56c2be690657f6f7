"""What real relays do with a connection: limits, old manners, slow words, silence; and how long each is waited for."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import Counter
from dataclasses import replace

import pytest
import trustme

from digest.delivery import Delivered, deliver
from digest.delivery.conversation import Conversation
from digest.delivery.replies import Reply
from digest.delivery.session import Session
from digest.delivery.smtp import Relay, connect
from digest.errors import MailServerRefused
from digest.model import DeliveryState, Envelope
from tests.delivery.scripted_relay import Act, Drip, ScriptedRelay, Step
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, answer, relay_at, send


def everyone(count: int) -> Counter[str]:
    return Counter(f"r{number}@example.org" for number in range(count))


def reached(relay: ScriptedRelay) -> Counter[str]:
    return Counter(kept.recipient for kept in relay.kept)


async def send_to(relay: Relay, ledger: MemoryLedger, *, connections: int = 1, pause_seconds: float = 0.0) -> Delivered:
    return await deliver(
        ledger, relays=[relay], clock=lambda: NOW, connections=connections, pause_seconds=pause_seconds
    )


@pytest.mark.parametrize("refused", ["", "r3@example.org"])
async def test_a_connection_takes_leave_after_its_messages(refused: str, extensions: tuple[str, ...]) -> None:
    """So many are begun on each, a refused one counted; then QUIT is said, and a new connection goes on at once."""
    ledger = MemoryLedger([an_envelope(number) for number in range(10)])
    script = answer("RCPT", "550 5.1.1 unknown", recipient=refused) if refused else lambda _step: None
    async with ScriptedRelay(script, extensions=extensions) as relay:
        named = replace(relay_at(relay.port), messages_per_connection=3)
        delivered = await send_to(named, ledger, pause_seconds=1000.0)
    assert delivered.sent == 10 - bool(refused)
    begun = Counter(step.connection for step in relay.steps if step.verb == "MAIL")
    assert list(begun.values()) == [3, 3, 3, 1]
    assert relay.verbs().count("QUIT") == 4


@pytest.mark.parametrize("connections", [1, 3])
async def test_a_relay_that_closes_without_a_word_is_gone_back_to_at_once(
    connections: int, extensions: tuple[str, ...]
) -> None:
    """Yahoo closes after an unpublished number of messages: with progress made, no pause ever comes between."""
    ledger = MemoryLedger([an_envelope(number) for number in range(30)])
    async with ScriptedRelay(extensions=extensions, most_messages=2) as relay:
        delivered = await send_to(relay_at(relay.port), ledger, connections=connections, pause_seconds=1000.0)
    assert delivered == Delivered(sent=30)
    assert reached(relay) == everyone(30)
    assert relay.connections >= 15


async def test_a_limit_of_connections_is_kept_to(extensions: tuple[str, ...]) -> None:
    """One more is turned away with 421: those that stand do all the work, and nobody waits for a pause."""
    ledger = MemoryLedger([an_envelope(number) for number in range(300)])
    async with ScriptedRelay(extensions=extensions, most_connections=2) as relay:
        delivered = await send_to(relay_at(relay.port), ledger, connections=6, pause_seconds=1000.0)
    assert delivered == Delivered(sent=300)
    assert reached(relay) == everyone(300)
    assert relay.most_standing == 2


async def test_old_manners_are_understood() -> None:
    """A server that knows no EHLO is greeted with HELO (RFC 5321 3.2), and has no extension used on it."""
    ledger = MemoryLedger([an_envelope(number) for number in range(3)])
    async with ScriptedRelay(answer("EHLO", "502 5.5.1 command not implemented")) as relay:
        assert await send(ledger, relay) == Delivered(sent=3)
    assert relay.verbs()[:4] == ["CONNECT", "EHLO", "HELO", "MAIL"]
    assert {step.argument for step in relay.steps if step.verb == "MAIL"} == {"FROM:<news@example.org>"}


async def test_a_server_that_refuses_both_greetings_turns_us_away() -> None:
    """What it says of HELO is told, for that is the plainest thing that was said."""

    def script(step: Step) -> str | None:
        return {"EHLO": "502 5.5.1 what?", "HELO": "550 5.7.1 not you"}.get(step.verb)

    ledger = MemoryLedger([an_envelope(1)])
    async with ScriptedRelay(script) as relay:
        with pytest.raises(MailServerRefused, match=r"550 5\.7\.1 not you"):
            await send(ledger, relay)
    assert len(ledger.due) == 1


async def test_a_demand_for_a_login_is_ours_to_meet(extensions: tuple[str, ...]) -> None:
    """A server with AUTH that we do not use says 530 (RFC 4954 6): nobody is marked, and the error says what to set."""
    ledger = MemoryLedger([an_envelope(number) for number in range(5)])
    async with ScriptedRelay(login=("news", "secret"), extensions=extensions) as relay:
        with pytest.raises(MailServerRefused, match="Give the user name and password"):
            await send(ledger, relay)
    assert not ledger.attempts
    assert len(ledger.due) == 5


async def test_a_demand_for_tls_is_ours_to_meet(extensions: tuple[str, ...]) -> None:
    """In the clear it says 530 (RFC 3207 4) and nobody is marked; encrypted it takes everything."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ledger = MemoryLedger([an_envelope(number) for number in range(5)])
    with authority.cert_pem.tempfile() as ca_file:
        async with ScriptedRelay(tls=context, demands_tls=True, extensions=extensions) as server:
            with pytest.raises(MailServerRefused, match="the security it demands"):
                await send(ledger, server)
            assert len(ledger.due) == 5
            relay = Relay(host="localhost", port=server.port, security="starttls", ca_file=ca_file)
            assert await send_to(relay, ledger) == Delivered(sent=5)


async def test_without_size_and_with_it(extensions: tuple[str, ...]) -> None:
    """SIZE is told only to who asks for it (RFC 1870): a server without it has no limit that we know of."""
    for offers in (extensions, tuple(offer for offer in extensions if not offer.startswith("SIZE"))):
        ledger = MemoryLedger([an_envelope(1, size=1000)])
        async with ScriptedRelay(extensions=offers) as relay:
            assert await send(ledger, relay) == Delivered(sent=1)
        told = [step.argument.partition(" SIZE=")[2] for step in relay.steps if step.verb == "MAIL"]
        assert told == [str(len(an_envelope(1, size=1000).message)) if offers is extensions else ""]


async def test_replies_that_drip_in_are_waited_for(extensions: tuple[str, ...]) -> None:
    """A reply is one when its line has ended, however many packets it came in."""
    words = {
        "CONNECT": "220-slow\r\n220 relay",
        "MAIL": "250 ok",
        "RCPT": "250-2.1.5 it\r\n250-2.1.5 is\r\n250 2.1.5 ok",
        "DATA": "354 go on",
        "MESSAGE": "250 2.0.0 queued",
    }
    ledger = MemoryLedger([an_envelope(number) for number in range(4)])

    def script(step: Step) -> Drip | None:
        return Drip(words[step.verb]) if step.verb in words else None

    async with ScriptedRelay(script, extensions=extensions) as relay:
        assert await send(ledger, relay, connections=2) == Delivered(sent=4)
    assert {attempt.reply for attempt in ledger.attempts.values()} == {"250 2.0.0 queued"}


@pytest.mark.parametrize(
    ("verb", "command_seconds", "data_seconds", "expected"),
    [
        pytest.param("RCPT", 0.1, 1000.0, Delivered(sent=2), id="a command"),
        pytest.param("MESSAGE", 1000.0, 0.1, Delivered(sent=1, uncertain=1), id="a message"),
    ],
)
async def test_commands_and_messages_have_their_own_patience(
    verb: str, command_seconds: float, data_seconds: float, expected: Delivered, extensions: tuple[str, ...]
) -> None:
    """RFC 5321 4.5.3.2 waits longer for a message's reply than for a command's: each time-out works by itself."""
    ledger = MemoryLedger([an_envelope(number) for number in range(2)])
    async with ScriptedRelay(answer(verb, Act.STALL, times=1), extensions=extensions) as relay:
        named = relay_at(relay.port, timeout_seconds=command_seconds, data_timeout_seconds=data_seconds)
        assert await send_to(named, ledger) == expected


async def test_a_share_is_put_off_and_a_share_refused(extensions: tuple[str, ...]) -> None:
    """Whatever the mixture, each envelope has the outcome that its reply says, and the others are not held up."""
    chance = random.Random(2022)  # noqa: S311 - a relay's moods
    said: dict[str, str] = {}

    def script(step: Step) -> str | None:
        if step.verb != "RCPT":
            return None
        recipient = step.argument[step.argument.index("<") + 1 : step.argument.index(">")]
        lot = chance.random()
        said[recipient] = "450 4.2.0 later" if lot < 0.3 else "550 5.1.1 unknown" if lot < 0.5 else ""
        return said[recipient] or None

    ledger = MemoryLedger([an_envelope(number) for number in range(200)])
    async with ScriptedRelay(script, extensions=extensions) as relay:
        await send(ledger, relay, connections=3)
    states = {
        "450 4.2.0 later": DeliveryState.DEFERRED,
        "550 5.1.1 unknown": DeliveryState.FAILED,
        "": DeliveryState.SENT,
    }
    assert {f"r{number}@example.org": attempt.state for number, attempt in ledger.attempts.items()} == {
        recipient: states[reply] for recipient, reply in said.items()
    }
    assert len(set(said.values())) == 3


class Resting:
    """A desk that has nothing for now."""

    proven, broken = True, False

    def __init__(self) -> None:
        self.next: list[Envelope] = []
        self.resting: list[Conversation] = []
        self.states: list[DeliveryState] = []

    def take(self, *, smtputf8: bool) -> Envelope | None:
        del smtputf8  # whatever it offers
        return self.next.pop() if self.next else None

    def rest(self, conversation: Conversation) -> bool:
        self.resting.append(conversation)
        return True

    def hear(self, envelope: Envelope, reply: Reply) -> None:
        raise AssertionError((envelope, reply))

    def settle(self, _envelope: Envelope, state: DeliveryState, _reply: str, *, bounced: bool = False) -> None:
        assert not bounced
        self.states.append(state)

    def give_back(self, envelope: Envelope, *, lost: str = "") -> None:
        raise AssertionError((envelope, lost))

    def doubt(self, _envelope: Envelope, error: MailServerRefused) -> None:
        raise error

    def suspect(self, _envelope: Envelope, error: MailServerRefused) -> None:
        raise error

    def end(self, error: MailServerRefused) -> None:
        raise error

    def call_back(self, conversation: Conversation) -> None:
        asking = conversation.asking
        noted = () if asking is None else (asking.subscriber,)
        asyncio.get_running_loop().call_soon(conversation.go_on, noted)


async def test_a_connection_with_nothing_to_send_rests_and_then_takes_leave(extensions: tuple[str, ...]) -> None:
    """It goes on where there is mail again; silent for longer, it says QUIT before the relay hangs up on it."""
    loop = asyncio.get_running_loop()
    async with ScriptedRelay(extensions=extensions) as server:
        relay = replace(relay_at(server.port), idle_seconds=20.0)
        async with connect(relay) as client:
            desk = Resting()
            conversation = Conversation(Session(client, relay), desk)
            conversation.start()
            assert desk.resting == [conversation]
            desk.next = [an_envelope(1)]
            conversation.go_on(())
            while len(desk.resting) < 2:
                await asyncio.sleep(0)
            assert desk.states == [DeliveryState.SENT]
            conversation.expire(loop.time() + 19.0)
            assert not conversation.retiring
            conversation.expire(loop.time() + 21.0)
            assert await conversation.over == ""
    assert server.verbs()[-2:] == ["MESSAGE", "QUIT"]
    assert server.connections == 1


@pytest.mark.parametrize("offers", [(), ("SIZE 10485760", "PIPELINING")])
async def test_an_international_domain_needs_nothing_of_the_relay(offers: tuple[str, ...]) -> None:
    """Sent as punycode it says no SMTPUTF8; only a local part beyond ASCII fails, and says why."""
    envelopes = [
        an_envelope(1, recipient="ann@xn--80a1acn3a.xn--j1amh"),
        an_envelope(2, recipient="лист@пошта.укр"),
        an_envelope(3),
    ]
    ledger = MemoryLedger(envelopes)
    async with ScriptedRelay(extensions=offers) as relay:
        assert await send(ledger, relay) == Delivered(sent=2, failed=1)
    assert ledger.attempts[2].reply == "not offered: the address needs SMTPUTF8, which the relay lacks"
    assert not any("SMTPUTF8" in step.argument for step in relay.steps)
