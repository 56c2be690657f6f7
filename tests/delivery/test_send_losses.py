"""The send when lines are lost, relays stall, go away, or answer with garbage."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Sequence

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from digest.delivery import Delivered, deliver
from digest.delivery.smtp import Relay
from digest.errors import MailServerLost
from digest.model import DeliveryState
from tests.delivery.scripted_relay import Act, ScriptedRelay, Step
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, answer, relay_at, send


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
@pytest.mark.parametrize("reply", [Act.DROP, "421 4.3.2 shutting down"])
async def test_a_line_lost_before_the_message_is_no_loss(
    verb: str, reply: str | Act, extensions: tuple[str, ...]
) -> None:
    """The message is offered again on a new connection, and arrives once."""
    ledger = MemoryLedger([an_envelope(number) for number in range(3)])
    async with ScriptedRelay(answer(verb, reply, times=1), extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=3)
    assert len(relay.kept) == 3
    assert relay.connections == 2


@pytest.mark.parametrize("reply", [Act.DROP, "421 4.3.2 shutting down"])
async def test_a_line_lost_at_data_puts_the_message_off(reply: str | Act, extensions: tuple[str, ...]) -> None:
    """The relay has none of it: put off if it was noted as offered, and offered again if not; never uncertain."""
    ledger = MemoryLedger([an_envelope(number) for number in range(3)])
    async with ScriptedRelay(answer("DATA", reply, times=1), extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    noted = "PIPELINING" not in extensions
    assert delivered == (Delivered(sent=2, deferred=1) if noted else Delivered(sent=3))
    assert len(relay.kept) == delivered.sent


async def test_who_leaves_while_the_send_runs_gets_nothing(extensions: tuple[str, ...]) -> None:
    """The ledger is asked once more just before the message goes; its no is no, and the others are sent.

    A relay that has said yes to DATA already waits for a message: only a new connection takes that back.
    """

    class WatchfulLedger(MemoryLedger):
        def offered(self, subscribers: Sequence[int]) -> frozenset[int]:
            if 1 in subscribers:
                del self.claimed[1]
                return frozenset()
            return super().offered(subscribers)

    ledger = WatchfulLedger([an_envelope(number) for number in range(3)])
    async with ScriptedRelay(extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=2, skipped=1)
    assert [kept.recipient for kept in relay.kept] == ["r0@example.org", "r2@example.org"]
    assert relay.connections == (2 if "PIPELINING" in extensions else 1)


@pytest.mark.parametrize("act", [Act.DROP, Act.KEEP_AND_DROP])
async def test_a_line_lost_after_the_message_leaves_it_uncertain(act: Act, extensions: tuple[str, ...]) -> None:
    """Nobody can tell whether it was kept, so it is not offered again here; the others are sent."""
    ledger = MemoryLedger([an_envelope(number) for number in range(3)])
    async with ScriptedRelay(answer("MESSAGE", act, times=1), extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=2, uncertain=1)
    assert ledger.attempts[0].state is DeliveryState.UNCERTAIN
    assert Counter(kept.recipient for kept in relay.kept)["r0@example.org"] == (act is Act.KEEP_AND_DROP)


async def test_421_after_the_message_means_it_was_not_taken(extensions: tuple[str, ...]) -> None:
    """A 421 is a reply, so nothing is in doubt: the message is put off, and the rest go on a new connection."""
    ledger = MemoryLedger([an_envelope(number) for number in range(2)])
    async with ScriptedRelay(answer("MESSAGE", "421 4.3.2 shutting down", times=1), extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=1, deferred=1)
    assert ledger.attempts[0].reply == "421 4.3.2 shutting down"
    assert len(relay.kept) == 1


async def test_a_message_that_never_left_whole_is_not_in_doubt() -> None:
    """If the relay hangs up in the middle of a large message, its end never left: it is put off, not uncertain."""
    ledger = MemoryLedger([an_envelope(1, size=200_000)])

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in ("220 hello", "250 hello", "250 ok", "250 ok", "354 go on"):
            writer.write(reply.encode() + b"\r\n")
            if not reply.startswith("354"):
                await reader.readline()
        await reader.readexactly(100_000)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        delivered = await deliver(ledger, relays=[relay_at(port)], clock=lambda: NOW, connections=1)
    assert delivered == Delivered(deferred=1)
    assert ledger.attempts[1].state is DeliveryState.DEFERRED


async def test_a_message_that_fells_the_relay_is_put_off(extensions: tuple[str, ...]) -> None:
    """Three lost connections for the same message are enough; the rest of the list does not wait for it."""
    ledger = MemoryLedger([an_envelope(number) for number in range(4)])
    async with ScriptedRelay(answer("RCPT", Act.DROP, recipient="r1@example.org"), extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=3, deferred=1)
    assert ledger.attempts[1].state is DeliveryState.DEFERRED


async def test_a_relay_that_closes_after_two_messages_is_used_all_the_same(extensions: tuple[str, ...]) -> None:
    """Some close after an unpublished number of messages without an error; each gets its reply first."""

    def script(step: Step) -> str | Act | None:
        return Act.DROP if step.verb == "MAIL" and step.message == 3 else None

    ledger = MemoryLedger([an_envelope(number) for number in range(21)])
    with capture_logs() as log:
        async with ScriptedRelay(script, extensions=extensions) as relay:
            delivered = await send(ledger, relay, connections=2)
    assert delivered == Delivered(sent=21)
    assert len(relay.kept) == 21
    lost = [line for line in log if line["event"] == "connection lost"]
    assert lost
    assert {line["log_level"] for line in log} == {"info"}, "a million messages would warn ten thousand times"
    assert all("without settling" not in line["reason"] for line in lost if line["losses"] == 1)


async def test_a_relay_that_allows_one_connection_gets_everything_over_it(extensions: tuple[str, ...]) -> None:
    """Connections that are turned away retire, and what they held goes out over the one that stands."""

    def script(step: Step) -> str | None:
        return "421 4.7.0 too many connections" if step.verb == "CONNECT" and step.connection > 1 else None

    ledger = MemoryLedger([an_envelope(number) for number in range(50)])
    async with ScriptedRelay(script, extensions=extensions) as relay:
        delivered = await send(ledger, relay, connections=4)
    assert delivered == Delivered(sent=50)
    assert {kept.connection for kept in relay.kept} == {1}


async def test_an_unreachable_relay_is_said_and_everyone_is_due_as_before() -> None:
    """With nothing listening, the error names host and way out, and what was claimed is given back."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    ledger = MemoryLedger([an_envelope(1)])
    with pytest.raises(MailServerLost, match=rf"^127.0.0.1:{port}: nothing listens there .* run again$"):
        await deliver(ledger, relays=[relay_at(port)], clock=lambda: NOW)
    assert len(ledger.due) == 1
    assert not ledger.claimed
    assert await deliver(MemoryLedger([]), relays=[relay_at(port)], clock=lambda: NOW) == Delivered(), (
        "nobody to send to"
    )


async def test_a_relay_that_goes_away_for_good_loses_nobody(extensions: tuple[str, ...]) -> None:
    """What was settled is recorded, what was not is due again, and the error says to run again."""
    gone = [False]

    def script(step: Step) -> str | Act | None:
        gone[0] = gone[0] or (step.verb == "MAIL" and step.message == 10)
        return Act.DROP if gone[0] else None

    ledger = MemoryLedger([an_envelope(number) for number in range(40)])
    async with ScriptedRelay(script, extensions=extensions) as relay:
        with pytest.raises(MailServerLost, match=r"(?i)run again"):
            await send(ledger, relay)
    assert ledger.states()[DeliveryState.SENT] == len(relay.kept) == 9
    assert len(ledger.due) + len(ledger.attempts) == 40
    assert not ledger.claimed


async def test_a_relay_that_swallows_messages_is_not_fed_the_whole_list(extensions: tuple[str, ...]) -> None:
    """One that drops the line after every message makes a handful uncertain, then the send ends."""
    ledger = MemoryLedger([an_envelope(number) for number in range(100)])
    async with ScriptedRelay(answer("MESSAGE", Act.DROP), extensions=extensions) as relay:
        with pytest.raises(MailServerLost):
            await send(ledger, relay)
    assert ledger.states()[DeliveryState.UNCERTAIN] < 10
    assert len(ledger.due) + len(ledger.attempts) == 100


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("MAIL", Delivered(sent=2)), ("MESSAGE", Delivered(sent=1, uncertain=1))],
)
async def test_a_relay_that_stalls_is_left(verb: str, expected: Delivered, extensions: tuple[str, ...]) -> None:
    """A time-out before the message costs a connection; after it, certainty."""
    ledger = MemoryLedger([an_envelope(number) for number in range(2)])
    async with ScriptedRelay(answer(verb, Act.STALL, times=1), extensions=extensions) as relay:
        assert await send(ledger, relay, timeout_seconds=0.2) == expected


@pytest.mark.parametrize("garbage", ["hello there", "25", "999 what", "250-never ends\r\n" * 4000, "354 not now"])
async def test_garbage_for_a_reply_ends_the_conversation(garbage: str, extensions: tuple[str, ...]) -> None:
    """What is not SMTP is not guessed at: the message goes again on a new connection."""
    ledger = MemoryLedger([an_envelope(number) for number in range(2)])
    async with ScriptedRelay(answer("RCPT", garbage, times=1), extensions=extensions) as relay:
        delivered = await send(ledger, relay)
    assert delivered == Delivered(sent=2)


async def test_a_reply_too_many_is_never_taken_for_the_next_messages(extensions: tuple[str, ...]) -> None:
    """A server a step ahead would have its replies read one message off; the connection is dropped instead.

    With PIPELINING the step is missed only at DATA, so that the refusal is not believed and the message goes again.
    """
    ledger = MemoryLedger([an_envelope(number) for number in range(4)])
    script = answer("RCPT", "550 5.1.1 unknown\r\n250 2.1.5 ok", recipient="r1@example.org", times=1)
    async with ScriptedRelay(script, extensions=extensions) as relay:
        await send(ledger, relay)
    bounced = [] if "PIPELINING" in extensions else [1]
    assert [number for number, attempt in ledger.attempts.items() if attempt.bounced] == bounced
    kept = sorted(message.recipient for message in relay.kept)
    assert kept == [f"r{number}@example.org" for number in range(4) if number not in bounced]


async def test_smtputf8_is_asked_for_only_by_an_address_that_needs_it() -> None:
    """A local part beyond ASCII says SMTPUTF8 (RFC 6531); without the extension that one fails and the rest go on."""
    envelopes = [an_envelope(1), an_envelope(2, recipient="лист@пошта.укр"), an_envelope(3)]
    async with ScriptedRelay() as able:
        await send(ledger := MemoryLedger(envelopes), able)
    assert ledger.states() == {DeliveryState.SENT: 3}
    assert [step.argument.endswith("SMTPUTF8") for step in able.steps if step.verb == "MAIL"] == [False, True, False]
    async with ScriptedRelay(extensions=()) as unable:
        await send(ledger := MemoryLedger(envelopes), unable)
    assert ledger.states() == {DeliveryState.SENT: 2, DeliveryState.FAILED: 1}
    assert "SMTPUTF8" in ledger.attempts[2].reply


async def test_large_messages_travel_encrypted_and_whole(extensions: tuple[str, ...]) -> None:
    """Over TLS, with more in a message than any buffer holds, bytes and bookkeeping are the same."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    envelopes = [an_envelope(number, size=20_000) for number in range(4)]
    ledger = MemoryLedger(envelopes)
    with authority.cert_pem.tempfile() as ca_file:
        async with ScriptedRelay(tls=context, extensions=extensions) as server:
            relay = Relay(host="localhost", port=server.port, ca_file=ca_file)
            delivered = await deliver(ledger, relays=[relay], clock=lambda: NOW, connections=2)
    assert delivered == Delivered(sent=4)
    assert {kept.message for kept in server.kept} == {envelope.message for envelope in envelopes}


_MISHAPS = st.sampled_from(
    [
        *(
            (verb, act)
            for verb in ("MAIL", "RCPT", "DATA", "MESSAGE")
            for act in (Act.DROP, "421 4.3.2 bye", "451 4.0.0 no")
        ),
        ("MESSAGE", Act.KEEP_AND_DROP),
        ("RCPT", "550 5.1.1 unknown"),
        ("MESSAGE", "550 5.7.1 spam"),
        ("CONNECT", "421 4.3.2 busy"),
        ("RSET", Act.DROP),
        None,
    ]
)


@given(mishaps=st.lists(_MISHAPS, max_size=25), connections=st.integers(1, 3), pipelining=st.booleans())
@settings(max_examples=120, deadline=None)
def test_whatever_befalls_the_lines_nobody_is_missed_or_sent_twice(
    mishaps: list[tuple[str, str | Act] | None], connections: int, *, pipelining: bool
) -> None:
    """Each envelope ends sent and kept once, refused and not kept, uncertain, or due again: never in two ways."""
    left = list(mishaps)

    def script(step: Step) -> str | Act | None:
        if not left or (left[0] is not None and left[0][0] != step.verb):
            return None
        mishap = left.pop(0)
        return mishap[1] if mishap else None

    async def run() -> None:
        ledger = MemoryLedger([an_envelope(number) for number in range(12)])
        async with ScriptedRelay(script, extensions=("PIPELINING",) if pipelining else ()) as relay:
            try:
                await send(ledger, relay, connections=connections)
            except MailServerLost:
                assert mishaps
            kept = Counter(message.recipient for message in relay.kept)
        assert not ledger.claimed
        assert sorted([*ledger.attempts, *(envelope.subscriber for envelope in ledger.due)]) == list(range(12))
        for number in range(12):
            attempt = ledger.attempts.get(number)
            copies = kept[f"r{number}@example.org"]
            if attempt is not None and attempt.state is DeliveryState.UNCERTAIN:
                assert copies <= 1
            else:
                assert copies == (attempt is not None and attempt.state is DeliveryState.SENT)

    asyncio.run(run())
