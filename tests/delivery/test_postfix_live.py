"""The send against real servers: Postfix from Debian's packages, its smtp-sink, and aiosmtpd."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from digest.delivery import Delivered, Inbox, deliver
from digest.delivery.smtp import Relay
from digest.errors import MailServerRefused
from digest.model import DeliveryState
from tests.delivery.postfix_relay import postfix, program, smtp_sink, why_not
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, relay_at
from tests.judges.tools import REQUIRED

pytestmark = pytest.mark.timeout(120)
needs_postfix = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
needs_sink = pytest.mark.skipif(
    program("smtp-sink") is None and not REQUIRED, reason="Debian's postfix is not installed"
)


async def send_to(relay: Relay, ledger: MemoryLedger, *, connections: int = 5) -> Delivered:
    return await deliver(ledger, relays=[relay], clock=lambda: NOW, connections=connections, pause_seconds=0.01)


def a_ledger(count: int) -> MemoryLedger:
    return MemoryLedger([an_envelope(number, size=number % 50) for number in range(count)])


def files_of(inbox: Inbox) -> dict[str, list[bytes]]:
    """What arrived, by recipient."""
    found: dict[str, list[bytes]] = {}
    for file in inbox.folder.glob("*.eml"):
        found.setdefault(file.name.partition("-")[2].removesuffix(".eml"), []).append(file.read_bytes())
    return found


async def arrived(inbox: Inbox, count: int) -> None:
    while inbox.received < count:
        await asyncio.sleep(0.02)


@needs_postfix
async def test_postfix_takes_each_message_once_and_passes_it_on_unchanged(tmp_path: Path) -> None:
    """Three hundred go through its queue to the next server: each once, its body as it was, its reply kept."""
    ledger = a_ledger(300)
    async with Inbox(tmp_path) as inbox:
        with postfix(next_hop=inbox.port) as server:
            assert await send_to(relay_at(server.port), ledger) == Delivered(sent=300)
            await arrived(inbox, 300)
    found = files_of(inbox)
    assert found.keys() == {f"r{number}@example.org" for number in range(300)}
    for number in range(300):
        (message,) = found[f"r{number}@example.org"]
        body, wanted = (
            one.partition(b"\r\n\r\n")[2] for one in (message, an_envelope(number, size=number % 50).message)
        )
        assert body.rstrip(b"\r\n") == wanted.rstrip(b"\r\n")
    replies = {attempt.reply for attempt in ledger.attempts.values()}
    assert all(reply.startswith("250 2.0.0 Ok: queued as ") for reply in replies)
    assert len(replies) == 300


@needs_postfix
async def test_postfix_says_who_does_not_exist_and_takes_letters_beyond_ascii() -> None:
    """Its own words for a missing mailbox bounce; a local part in Cyrillic goes by SMTPUTF8."""
    envelopes = [
        an_envelope(1, recipient="ann@here.example.org"),
        an_envelope(2, recipient="gone@here.example.org"),
        an_envelope(3, recipient="лист@пошта.укр"),
    ]
    settings = {
        "virtual_mailbox_domains": "here.example.org",
        "virtual_mailbox_maps": "inline:{{ ann@here.example.org=ann }}",
        "virtual_transport": "discard:",
        "default_transport": "discard:",
        "relayhost": "",
    }
    ledger = MemoryLedger(envelopes)
    with postfix(settings=settings) as server:
        assert await send_to(relay_at(server.port), ledger) == Delivered(sent=2, failed=1, bounced=1)
    assert ledger.attempts[2].bounced
    assert "User unknown in virtual mailbox table" in ledger.attempts[2].reply


@needs_postfix
async def test_what_postfix_refuses_of_us_marks_nobody() -> None:
    """Not its client, too big, a forged sender: said with what to mend, and everyone is due as before."""
    settings = {
        "smtpd_relay_restrictions": "reject_unauth_destination",
        "message_size_limit": "20000",
        "smtpd_sender_restrictions": "check_sender_access inline:{{ bad@example.org=REJECT }}",
    }
    with postfix(settings=settings) as server:
        relay = relay_at(server.port)
        for envelope, said in (
            (an_envelope(1), "does not send for us"),
            (an_envelope(1, size=1000), "too big for it"),
            (replace(an_envelope(1), sender="bad@example.org"), "refuses the sender"),
        ):
            ledger = MemoryLedger([replace(envelope, subscriber=number) for number in range(5)])
            with pytest.raises(MailServerRefused, match=said):
                await send_to(relay, ledger)
            assert not ledger.attempts
            assert len(ledger.due) == 5


@needs_postfix
async def test_postfix_with_a_limit_of_connections_gets_all_of_it() -> None:
    """It turns the third connection away with 421 and a fourth; the two that stand send everything."""
    settings = {
        "smtpd_client_connection_count_limit": "2",
        "smtpd_client_event_limit_exceptions": "",
        "default_transport": "discard:",
        "relayhost": "",
    }
    ledger = a_ledger(300)
    with postfix(settings=settings) as server:
        assert await send_to(relay_at(server.port), ledger, connections=6) == Delivered(sent=300)
        assert "Connection concurrency limit exceeded" in server.log()


@needs_postfix
async def test_postfix_over_tls_with_a_certificate_that_holds() -> None:
    """STARTTLS with its own TLS, verified by name; without the authority's file nothing goes."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    settings = {
        "smtpd_tls_security_level": "encrypt",
        "smtpd_tls_chain_files": "{folder}/tls.pem",
        "default_transport": "discard:",
        "relayhost": "",
    }
    with postfix(settings=settings) as server, authority.cert_pem.tempfile() as ca_file:
        certificate.private_key_and_cert_chain_pem.write_to_path(str(server.folder / "tls.pem"))
        relay = Relay(host="localhost", port=server.port, security="starttls", ca_file=ca_file)
        assert await send_to(relay, a_ledger(50)) == Delivered(sent=50)
        for wrong, said in (
            (replace(relay, ca_file=None), "certificate does not hold"),
            (relay_at(server.port), "does not send for us"),  # 530 Must issue a STARTTLS command first
        ):
            ledger = a_ledger(3)
            with pytest.raises(MailServerRefused, match=said):
                await send_to(wrong, ledger)
            assert len(ledger.due) == 3


@needs_sink
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="as it is"),
        pytest.param(("-p",), id="no PIPELINING"),
        pytest.param(("-e",), id="no ESMTP"),
        pytest.param(("-f", "EHLO"), id="EHLO refused"),
        pytest.param(("-m", "2"), id="two at once"),
    ],
)
async def test_smtp_sink_takes_it_all(options: tuple[str, ...]) -> None:
    """Postfix's discarding server, with less and less of today's SMTP."""
    ledger = a_ledger(300)
    with smtp_sink(*options) as port:
        assert await send_to(relay_at(port), ledger) == Delivered(sent=300)
    assert len(ledger.attempts) == 300


@needs_sink
@pytest.mark.parametrize(
    ("options", "state"),
    [
        pytest.param(("-r", "RCPT"), DeliveryState.DEFERRED, id="puts everyone off"),
        pytest.param(("-f", "RCPT"), DeliveryState.FAILED, id="refuses everyone"),
        pytest.param(("-f", "."), DeliveryState.FAILED, id="refuses each message"),
    ],
)
async def test_smtp_sink_refuses_it_all(options: tuple[str, ...], state: DeliveryState) -> None:
    """A soft and a hard error of Postfix's tool are what they say, for a list too short to draw conclusions from."""
    ledger = a_ledger(3)
    with smtp_sink(*options) as port:
        await send_to(relay_at(port), ledger, connections=1)
    assert ledger.states() == {state: 3}
    assert not any(attempt.bounced for attempt in ledger.attempts.values())


async def test_aiosmtpd_takes_three_hundred_over_several_connections(tmp_path: Path) -> None:
    """A server by other hands, without PIPELINING, and each message as it was sent."""
    ledger = a_ledger(300)
    async with Inbox(tmp_path) as inbox:
        relay = relay_at(inbox.port)
        assert await send_to(relay, ledger) == Delivered(sent=300)
    assert files_of(inbox) == {
        f"r{number}@example.org": [an_envelope(number, size=number % 50).message] for number in range(300)
    }
