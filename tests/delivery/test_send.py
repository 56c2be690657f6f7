"""The send: each envelope offered once, each reply an outcome, and whom a refusal is about."""

from __future__ import annotations

import asyncio

import pytest

from digest.delivery import Delivered, deliver
from digest.errors import MailServerRefused, MessageTooLarge
from digest.model import DeliveryState
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, answer, relay_at, send


async def test_everyone_gets_the_message_once_over_kept_connections(extensions: tuple[str, ...]) -> None:
    """A hundred envelopes arrive once each, byte for byte, over no more connections than allowed."""
    envelopes = [an_envelope(number) for number in range(100)]
    ledger = MemoryLedger(envelopes)
    async with ScriptedRelay(extensions=extensions) as relay:
        delivered = await send(ledger, relay, connections=4)
    assert delivered == Delivered(sent=100)
    assert {(kept.recipient, kept.message) for kept in relay.kept} == {(e.recipient, e.message) for e in envelopes}
    assert len(relay.kept) == 100
    assert relay.connections <= 4
    assert ledger.attempts[7].reply == "250 2.0.0 queued"
    assert ledger.attempts[7].message_id == "<7@example.org>"
    assert ledger.attempts[7].at == NOW
    assert relay.verbs().count("QUIT") == relay.connections


async def test_a_reply_is_recorded_before_the_next_message(extensions: tuple[str, ...]) -> None:
    """At no time are more messages without a recorded reply than there are connections."""
    ledger = MemoryLedger([an_envelope(number) for number in range(60)])
    async with ScriptedRelay(extensions=extensions) as relay:
        await send(ledger, relay, connections=3)
    assert 1 <= ledger.most_open <= 3


async def test_a_refused_recipient_is_an_outcome_and_the_rest_go_on(extensions: tuple[str, ...]) -> None:
    """A missing mailbox bounces; its neighbours on the same connection are sent."""
    ledger = MemoryLedger([an_envelope(number) for number in range(3)])
    script = answer("RCPT", "550 5.1.1 no such user", recipient="r1@example.org")
    async with ScriptedRelay(script, extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=2, failed=1, bounced=1)
    assert (ledger.attempts[1].state, ledger.attempts[1].bounced) == (DeliveryState.FAILED, True)
    assert ledger.attempts[1].reply == "550 5.1.1 no such user"
    assert relay.connections == 1


@pytest.mark.parametrize(
    ("verb", "reply", "state"),
    [
        pytest.param("RCPT", "452 4.2.2 over quota", DeliveryState.DEFERRED, id="full today"),
        pytest.param("RCPT", "552 5.2.2 over quota", DeliveryState.FAILED, id="full for good"),
        pytest.param("RCPT", "550 5.7.1 listed", DeliveryState.FAILED, id="policy"),
        pytest.param("MAIL", "451 4.3.0 try later", DeliveryState.DEFERRED, id="busy at MAIL"),
        pytest.param("DATA", "451 4.3.0 try later", DeliveryState.DEFERRED, id="busy at DATA"),
        pytest.param("MESSAGE", "451 4.7.1 greylisted", DeliveryState.DEFERRED, id="greylisted after the message"),
        pytest.param("MESSAGE", "550 5.7.1 spam", DeliveryState.FAILED, id="unwanted"),
        pytest.param("DATA", "554 5.5.1 no valid recipients", DeliveryState.FAILED, id="refused at DATA"),
    ],
)
async def test_each_refusal_concerns_its_own_message(
    verb: str, reply: str, state: DeliveryState, extensions: tuple[str, ...]
) -> None:
    """Whatever the step, one refused message leaves the connection fit for the next."""
    ledger = MemoryLedger([an_envelope(number) for number in range(2)])
    async with ScriptedRelay(answer(verb, reply, times=1), extensions=extensions) as relay:
        await send(ledger, relay)
    assert ledger.attempts[0].state is state
    assert ledger.attempts[0].reply == reply
    assert not ledger.attempts[0].bounced
    assert ledger.attempts[1].state is DeliveryState.SENT
    assert relay.connections == 1


@pytest.mark.parametrize(
    ("verb", "reply", "said"),
    [
        pytest.param("MAIL", "550 5.1.0 sender rejected", "refuses the sender news@example.org", id="at MAIL"),
        pytest.param(
            "RCPT", "553 5.7.1 <n>: Sender address rejected: not owned by user", "sender", id="Postfix, later"
        ),
        pytest.param("RCPT", "550 5.1.8 sender's domain not found", "sender", id="by its code"),
        pytest.param(
            "RCPT", "554 5.7.1 <r>: Relay access denied", "does not send for us", id="an open relay it is not"
        ),
        pytest.param("MAIL", "530 5.7.0 Must issue a STARTTLS command first", "does not send for us", id="wants TLS"),
        pytest.param("MAIL", "552 5.3.4 Message size exceeds fixed limit", "too big", id="too big at MAIL"),
    ],
)
async def test_a_refusal_of_us_ends_the_send_and_marks_nobody(
    verb: str, reply: str, said: str, extensions: tuple[str, ...]
) -> None:
    """What concerns every recipient stops at the first; none is recorded, all are due again."""
    ledger = MemoryLedger([an_envelope(number) for number in range(20)])
    async with ScriptedRelay(answer(verb, reply), extensions=extensions) as relay:
        with pytest.raises(MailServerRefused, match=said):
            await send(ledger, relay, connections=2)
    assert not ledger.attempts
    assert len(ledger.due) == 20
    assert not relay.kept


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "MESSAGE"])
async def test_a_message_found_too_big_at_three_ends_the_send_and_marks_nobody(
    verb: str, extensions: tuple[str, ...]
) -> None:
    """Surely not taken, though perhaps offered: no attempt counts, and all are due when the limit has been raised."""
    ledger = MemoryLedger([an_envelope(number) for number in range(20)])
    async with ScriptedRelay(answer(verb, "552 5.3.4 Message too big"), extensions=extensions) as relay:
        with pytest.raises(MessageTooLarge, match="too big"):
            await send(ledger, relay)
    assert not ledger.attempts
    assert len(ledger.due) == 20
    assert 1 <= relay.verbs().count(verb) <= 3


@pytest.mark.parametrize("verb", ["RCPT", "MESSAGE"])
async def test_one_recipient_with_a_limit_of_their_own_does_not_stop_the_others(
    verb: str, extensions: tuple[str, ...]
) -> None:
    """A server behind the relay may take less: what others get is not too big for the relay."""
    ledger = MemoryLedger([an_envelope(number) for number in range(6)])
    script = answer(verb, "552 5.3.4 Message too big", recipient="r0@example.org")
    async with ScriptedRelay(script, extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered.sent == 5
    assert ledger.attempts[0].state in (DeliveryState.FAILED, DeliveryState.DEFERRED)


async def test_a_yes_to_a_message_to_nobody_is_answered_with_a_dot() -> None:
    """A pipelining relay may say 354 though it refused the recipient (RFC 2920 3.1): nobody gets anything for it."""
    ledger = MemoryLedger([an_envelope(number) for number in range(4)])
    script = answer("RCPT", "550 5.1.1 unknown", recipient="r1@example.org")
    async with ScriptedRelay(script, extensions=("PIPELINING",), lax=True) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=3, failed=1, bounced=1)
    assert len(relay.kept) == 3
    assert relay.connections == 1


async def test_a_message_and_the_next_ones_commands_leave_in_one_write() -> None:
    """With PIPELINING a message costs one turn of the line: its end, and MAIL, RCPT and DATA of the next, together."""
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-hello\r\n250 PIPELINING\r\n")
        seen.append(await reader.read(65536))
        for _ in range(3):
            writer.write(b"250 ok\r\n250 ok\r\n354 go on\r\n")
            seen.append(await reader.read(65536))
            writer.write(b"250 kept\r\n")
        seen.append(await reader.read(65536))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        ledger = MemoryLedger([an_envelope(number) for number in range(3)])
        assert await deliver(ledger, relays=[relay_at(port)], clock=lambda: NOW, connections=1) == Delivered(sent=3)
    offers = [f"MAIL FROM:<news@example.org>\r\nRCPT TO:<r{n}@example.org>\r\nDATA\r\n".encode() for n in range(3)]
    messages = [an_envelope(n).message + b".\r\n" for n in range(3)]
    assert seen == [offers[0], messages[0] + offers[1], messages[1] + offers[2], messages[2], b"QUIT\r\n"]


async def test_a_message_over_the_announced_size_is_never_offered() -> None:
    """SIZE is read from the greeting (RFC 1870), so a relay with a low limit is told nothing in vain."""
    ledger = MemoryLedger([an_envelope(1, size=100)])
    async with ScriptedRelay(extensions=("SIZE 1000",)) as relay:
        with pytest.raises(MailServerRefused, match="takes 1,000 bytes"):
            await send(ledger, relay)
    assert "MAIL" not in relay.verbs()
    assert len(ledger.due) == 1


@pytest.mark.parametrize("refused", ["r0@example.org", "r1@example.org"])
async def test_a_doubtful_refusal_beside_a_success_is_the_recipients(refused: str, extensions: tuple[str, ...]) -> None:
    """If the relay takes other mail from us, `relay access denied` is about that recipient, though it came first."""
    ledger = MemoryLedger([an_envelope(number) for number in range(3)])
    script = answer("RCPT", "554 5.7.1 Relay access denied", recipient=refused)
    async with ScriptedRelay(script, extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=2, failed=1)


@pytest.mark.parametrize("readers", [1, 2, 3, 40])
async def test_a_doubtful_refusal_of_everyone_is_ours(readers: int, extensions: tuple[str, ...]) -> None:
    """Three recipients are enough to tell, and a list of fewer is told by all of them."""
    ledger = MemoryLedger([an_envelope(number) for number in range(readers)])
    async with ScriptedRelay(answer("RCPT", "554 5.7.1 Relay access denied"), extensions=extensions) as relay:
        with pytest.raises(MailServerRefused, match="does not send for us"):
            await send(ledger, relay)
    assert not ledger.attempts
    assert len(ledger.due) == readers
    assert relay.verbs().count("RCPT") <= 4


async def test_the_last_doubtful_recipient_does_not_hold_up_an_edition_for_ever(extensions: tuple[str, ...]) -> None:
    """Run again with only that one due, the relay known to take the rest, it fails by itself."""
    ledger = MemoryLedger([an_envelope(1)])
    async with ScriptedRelay(answer("RCPT", "554 5.7.1 Relay access denied"), extensions=extensions) as relay:
        delivered = await deliver(
            ledger, relays=[relay_at(relay.port)], clock=lambda: NOW, proven={relay_at(relay.port).name}
        )
    assert delivered == Delivered(failed=1)
