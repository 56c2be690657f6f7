from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.send import Delivered, deliver
from digest.delivery.smtp import Relay
from digest.errors import MailServerLost, MailServerRefused, StoreError
from digest.model import Attempt, DeliveryState, Envelope
from tests.delivery.scripted_relay import Act, Script, ScriptedRelay, Step

NOW = datetime(2022, 1, 28, 14, tzinfo=UTC)


def an_envelope(number: int, *, recipient: str | None = None, size: int = 0) -> Envelope:
    return Envelope(
        subscriber=number,
        sender="news@example.org",
        recipient=recipient or f"r{number}@example.org",
        message_id=f"<{number}@example.org>",
        message=f"Subject: {number}\r\n\r\nbody\r\n".encode() + (b"x" * 70 + b"\r\n") * size,
    )


class MemoryLedger:
    """A ledger in lists, which holds the send to the order of its calls."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.due = list(envelopes)
        self.claimed: dict[int, Envelope] = {}
        self.open: set[int] = set()  # offered and without a reply
        self.attempts: dict[int, Attempt] = {}
        self.most_open = 0
        self.recorded = asyncio.Event()

    def claim(self, limit: int) -> Sequence[int]:
        batch, self.due = self.due[:limit], self.due[limit:]
        self.claimed.update({envelope.subscriber: envelope for envelope in batch})
        return [envelope.subscriber for envelope in batch]

    def address(self, subscriber: int) -> Envelope:
        return self.claimed[subscriber]

    def commit(self, attempts: Sequence[Attempt], offering: Sequence[int]) -> frozenset[int]:
        if attempts:
            self.record(attempts)
        return self.offered(offering) if offering else frozenset()

    def offered(self, subscribers: Sequence[int]) -> frozenset[int]:
        for subscriber in subscribers:
            assert subscriber in self.claimed
            assert subscriber not in self.open
            self.open.add(subscriber)
        self.most_open = max(self.most_open, len(self.open))
        return frozenset(subscribers)

    def record(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            assert attempt.subscriber not in self.attempts
            del self.claimed[attempt.subscriber]
            self.open.discard(attempt.subscriber)
            self.attempts[attempt.subscriber] = attempt
        self.recorded.set()

    def release(self, subscribers: Sequence[int]) -> None:
        for subscriber in subscribers:
            assert subscriber not in self.open
            self.due.append(self.claimed.pop(subscriber))

    def states(self) -> Counter[DeliveryState]:
        return Counter(attempt.state for attempt in self.attempts.values())


def relay_at(port: int, *, timeout_seconds: float = 5.0, data_timeout_seconds: float = 5.0) -> Relay:
    return Relay(
        host="127.0.0.1",
        port=port,
        security="none",
        timeout_seconds=timeout_seconds,
        data_timeout_seconds=data_timeout_seconds,
    )


@pytest.fixture(params=["lockstep", "pipelining"])
def extensions(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """What the relay offers: in one write or word by word, the same must come of it."""
    usual = ("SIZE 10485760", "8BITMIME", "SMTPUTF8")
    return (*usual, "PIPELINING") if request.param == "pipelining" else usual


async def send(
    ledger: MemoryLedger, relay: ScriptedRelay, *, connections: int = 1, timeout_seconds: float = 5.0
) -> Delivered:
    return await deliver(
        ledger,
        relay=relay_at(relay.port, timeout_seconds=timeout_seconds, data_timeout_seconds=timeout_seconds),
        clock=lambda: NOW,
        connections=connections,
        pause_seconds=0.0,
    )


def answer(verb: str, reply: str | Act, *, recipient: str = "", times: int = 1_000_000) -> Script:
    """Give one reply at one verb, for one recipient or all, so many times."""
    left = [times]

    def script(step: Step) -> str | Act | None:
        if step.verb != verb or (recipient and step.recipient != recipient) or left[0] == 0:
            return None
        left[0] -= 1
        return reply

    return script


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


async def test_a_message_found_too_big_once_sent_is_put_off_and_ends_the_send(extensions: tuple[str, ...]) -> None:
    """It was offered and surely not taken: due again when the edition has been made smaller, like all the others."""
    ledger = MemoryLedger([an_envelope(number) for number in range(20)])
    async with ScriptedRelay(answer("MESSAGE", "552 5.3.4 Message too big"), extensions=extensions) as relay:
        with pytest.raises(MailServerRefused, match="too big"):
            await send(ledger, relay)
    assert ledger.states() == {DeliveryState.DEFERRED: 1}
    assert len(ledger.due) == 19


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
        assert await deliver(ledger, relay=relay_at(port), clock=lambda: NOW, connections=1) == Delivered(sent=3)
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
        delivered = await deliver(ledger, relay=relay_at(relay.port), clock=lambda: NOW, proven=True)
    assert delivered == Delivered(failed=1)


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
        delivered = await deliver(ledger, relay=relay_at(port), clock=lambda: NOW, connections=1)
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
    async with ScriptedRelay(script, extensions=extensions) as relay:
        delivered = await send(ledger, relay, connections=2)
    assert delivered == Delivered(sent=21)
    assert len(relay.kept) == 21


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
        await deliver(ledger, relay=relay_at(port), clock=lambda: NOW)
    assert len(ledger.due) == 1
    assert not ledger.claimed
    assert await deliver(MemoryLedger([]), relay=relay_at(port), clock=lambda: NOW) == Delivered(), "nobody to send to"


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


async def test_stop_finishes_what_is_under_way_and_releases_the_rest(extensions: tuple[str, ...]) -> None:
    """After SIGTERM nobody is in doubt: each is sent and recorded, or due."""
    stop = asyncio.Event()
    ledger = MemoryLedger([an_envelope(number) for number in range(200)])

    def script(step: Step) -> None:
        if step.verb == "MESSAGE" and len(relay.kept) == 10:
            stop.set()

    relay = ScriptedRelay(script, extensions=extensions)
    async with relay:
        delivered = await deliver(ledger, relay=relay_at(relay.port), clock=lambda: NOW, connections=3, stop=stop)
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
            ledger, relay=relay_at(relay.port), clock=lambda: NOW, connections=1, stop=stop, stop_grace_seconds=0.1
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

        def commit(self, attempts: Sequence[Attempt], offering: Sequence[int]) -> frozenset[int]:
            self.turns += 1
            return super().commit(attempts, offering)

    ledger = CountingLedger([an_envelope(number) for number in range(900)])
    async with ScriptedRelay(extensions=("PIPELINING",)) as relay:
        assert await send(ledger, relay, connections=9) == Delivered(sent=900)
    assert ledger.turns < 600


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
    assert len(ledger.open) <= 4
    settled = {f"r{number}@example.org" for number in ledger.attempts}
    in_doubt = {f"r{number}@example.org" for number in ledger.open}
    assert settled <= {kept.recipient for kept in relay.kept} <= settled | in_doubt


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
            delivered = await deliver(ledger, relay=relay, clock=lambda: NOW, connections=2)
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
