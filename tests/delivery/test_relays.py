"""Several relays: mail shared out by weight, a failing relay's share handed over, and nobody marked for its failure."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery import Delivered, deliver
from digest.delivery.smtp import Relay
from digest.errors import MailServerError, MailServerLost, MailServerRefused
from digest.model import DeliveryState
from tests.delivery.scripted_relay import Act, Script, ScriptedRelay, Step
from tests.delivery.sending import NOW, MemoryLedger, an_envelope, answer, relay_at


async def send_through(
    ledger: MemoryLedger, relays: Sequence[Relay], *, connections: int = 4, rest_seconds: float = 1000.0
) -> Delivered:
    return await deliver(
        ledger,
        relays=relays,
        clock=lambda: NOW,
        connections=connections,
        pause_seconds=0.0,
        rest_seconds=rest_seconds,
    )


def a_ledger(count: int) -> MemoryLedger:
    return MemoryLedger([an_envelope(number) for number in range(count)])


def recipients(*relays: ScriptedRelay) -> Counter[str]:
    return Counter(kept.recipient for relay in relays for kept in relay.kept)


@pytest.mark.parametrize(
    ("weights", "connections", "shares"),
    [
        pytest.param((1, 1), 4, [2, 2], id="alike"),
        pytest.param((3, 1), 4, [3, 1], id="three to one"),
        pytest.param((10, 1), 4, [3, 1], id="nobody goes without"),
        pytest.param((5, 3, 2), 10, [5, 3, 2], id="three of them"),
        pytest.param((1, 0), 4, [4, 0], id="in reserve"),
    ],
)
async def test_connections_are_shared_out_by_weight(
    weights: Sequence[float], connections: int, shares: list[int], extensions: tuple[str, ...]
) -> None:
    """Each relay stands its part of the connections, and every envelope goes through one of them."""
    ledger = a_ledger(600)
    relays = [ScriptedRelay(extensions=extensions) for _ in weights]
    for relay in relays:
        await relay.__aenter__()
    named = [replace(relay_at(relay.port), weight=weight) for relay, weight in zip(relays, weights, strict=True)]
    assert await send_through(ledger, named, connections=connections) == Delivered(sent=600)
    for relay in relays:
        await relay.__aexit__(None, None, None)
    assert [relay.most_standing for relay in relays] == shares
    assert recipients(*relays) == Counter(f"r{number}@example.org" for number in range(600))
    for named_as, relay in zip(named, relays, strict=True):
        said = [number for number, attempt in ledger.attempts.items() if attempt.relay == named_as.name]
        assert sorted(f"r{number}@example.org" for number in said) == sorted(kept.recipient for kept in relay.kept)


async def test_a_relay_gets_no_more_connections_than_its_own_limit() -> None:
    """What one may not have, the other has."""
    async with ScriptedRelay() as one, ScriptedRelay() as other:
        named = [replace(relay_at(one.port), connections=1, label="small"), replace(relay_at(other.port), label="big")]
        ledger = a_ledger(400)
        assert await send_through(ledger, named) == Delivered(sent=400)
    assert (one.most_standing, other.most_standing) == (1, 3)
    assert {attempt.relay for attempt in ledger.attempts.values()} == {"small", "big"}


def refusals() -> list[object]:
    ours = "554 5.7.1 Relay access denied"
    return [
        pytest.param("CONNECT", "554 5.7.1 you are listed", id="turns us away"),
        pytest.param("CONNECT", "421 4.3.2 too busy", id="takes none now"),
        pytest.param("CONNECT", Act.DROP, id="hangs up"),
        pytest.param("EHLO", Act.DROP, id="hangs up at EHLO"),
        pytest.param("MAIL", "550 5.1.0 sender rejected", id="refuses the sender"),
        pytest.param("MAIL", "530 5.7.0 Must issue a STARTTLS command first", id="demands TLS"),
        pytest.param("MAIL", "530 5.7.0 Authentication required", id="demands a login"),
        pytest.param("MAIL", "552 5.3.4 too big", id="takes nothing so big"),
        pytest.param("RCPT", ours, id="does not send for us"),
    ]


@pytest.mark.parametrize(("verb", "reply"), refusals())
@pytest.mark.parametrize("first", [True, False])
async def test_what_one_relay_refuses_the_other_takes(
    verb: str, reply: str | Act, first: bool, extensions: tuple[str, ...]
) -> None:
    """A refusal of us at one relay marks nobody: all mail goes through the other, and each once."""
    ledger = a_ledger(60)
    async with (
        ScriptedRelay(answer(verb, reply), extensions=extensions) as bad,
        ScriptedRelay(extensions=extensions) as good,
    ):
        ports = [bad.port, good.port] if first else [good.port, bad.port]
        delivered = await send_through(ledger, [relay_at(port) for port in ports])
    assert delivered == Delivered(sent=60)
    assert not bad.kept
    assert recipients(good) == Counter(f"r{number}@example.org" for number in range(60))
    assert {attempt.relay for attempt in ledger.attempts.values()} == {f"127.0.0.1:{good.port}"}


async def test_neither_a_wrong_password_nor_a_bad_certificate_stops_the_others() -> None:
    """Each is said of its relay, and the mail goes through the one that is set up well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    ledger = a_ledger(30)
    async with (
        ScriptedRelay(login=("news", "right")) as locked,
        ScriptedRelay(tls=context) as forged,
        ScriptedRelay() as good,
    ):
        named = [
            replace(relay_at(locked.port), username="news", password="wrong"),
            Relay(host="localhost", port=forged.port, security="starttls"),
            relay_at(good.port),
        ]
        assert await send_through(ledger, named) == Delivered(sent=30)
    assert len(good.kept) == 30
    assert locked.connections == 1, "a wrong password is not tried again and again"


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        pytest.param("554 5.7.1 you are listed", MailServerRefused, id="mend both"),
        pytest.param("421 4.3.2 too busy", MailServerLost, id="run again"),
    ],
)
async def test_only_when_none_is_left_the_send_ends(
    second: str, kind: type[MailServerError], extensions: tuple[str, ...]
) -> None:
    """The error tells what each of them said, and everybody is due as before."""
    ledger = a_ledger(20)
    async with (
        ScriptedRelay(answer("MAIL", "550 5.1.0 sender rejected"), extensions=extensions) as one,
        ScriptedRelay(answer("CONNECT", second), extensions=extensions) as other,
    ):
        with pytest.raises(kind, match="none of the 2 relays") as caught:
            await send_through(ledger, [relay_at(one.port), relay_at(other.port)])
    for relay in (one, other):
        assert f"127.0.0.1:{relay.port}: " in str(caught.value)
    assert "sender rejected" in str(caught.value)
    assert not ledger.attempts
    assert len(ledger.due) == 20


async def test_a_relay_that_goes_away_hands_over_what_it_held(extensions: tuple[str, ...]) -> None:
    """From its tenth message on it is gone; the rest goes through the other, and nobody gets it twice."""
    gone = [False]

    def script(step: Step) -> Act | None:
        gone[0] = gone[0] or (step.verb == "MAIL" and len(one.kept) >= 10)
        return Act.DROP if gone[0] and step.verb in ("CONNECT", "MAIL") else None

    ledger = a_ledger(300)
    one, other = ScriptedRelay(script, extensions=extensions), ScriptedRelay(extensions=extensions)
    async with one, other:
        await send_through(ledger, [relay_at(one.port), relay_at(other.port)])
    assert set(ledger.states()) == {DeliveryState.SENT}
    assert recipients(one, other) == Counter(f"r{number}@example.org" for number in range(300))
    assert len(one.kept) >= 10


class EndlessLedger(MemoryLedger):
    """It has readers for as long as `until` has no mail."""

    def __init__(self, until: ScriptedRelay) -> None:
        super().__init__([])
        self.until, self.number = until, 0

    def claim(self, limit: int) -> Sequence[int]:
        if not self.until.kept:
            self.due = [an_envelope(self.number + more) for more in range(min(limit, 20))]
            self.number += len(self.due)
        return super().claim(limit)


@pytest.mark.parametrize("reply", ["421 4.3.2 restarting", Act.DROP])
async def test_a_relay_that_failed_is_tried_again_and_gets_its_share_back(reply: str | Act) -> None:
    """It refuses the first connection and takes the second; the other works on meanwhile."""
    async with ScriptedRelay(answer("CONNECT", reply, times=1)) as back, ScriptedRelay() as other:
        ledger = EndlessLedger(back)
        named = [relay_at(port, timeout_seconds=0.4) for port in (back.port, other.port)]
        await send_through(ledger, named, connections=2, rest_seconds=0.0)
    assert back.kept
    assert other.kept
    assert set(ledger.states()) == {DeliveryState.SENT}


async def test_the_relay_in_reserve_works_only_while_no_other_does() -> None:
    """Weight 0: it stands in, and gives the mail back when the first is well again."""
    async with ScriptedRelay(answer("CONNECT", "421 4.3.2 restarting", times=1)) as first, ScriptedRelay() as reserve:
        ledger = EndlessLedger(first)
        named = [
            relay_at(first.port, timeout_seconds=0.4),
            replace(relay_at(reserve.port, timeout_seconds=0.4), weight=0.0),
        ]
        await send_through(ledger, named, connections=2, rest_seconds=0.0)
    assert first.kept
    assert reserve.kept


async def test_one_recipient_refused_by_one_relay_is_not_tried_at_the_other(extensions: tuple[str, ...]) -> None:
    """Failover is for relays that fail; a mailbox that is missing is missing everywhere, and is not asked for twice."""
    script = answer("RCPT", "550 5.1.1 unknown")
    ledger = a_ledger(8)
    async with (
        ScriptedRelay(script, extensions=extensions) as one,
        ScriptedRelay(script, extensions=extensions) as other,
    ):
        assert await send_through(ledger, [relay_at(one.port), relay_at(other.port)]) == Delivered(failed=8, bounced=8)
    assert one.verbs().count("RCPT") + other.verbs().count("RCPT") == 8


_MISHAPS = st.sampled_from(
    [
        *(
            (verb, act)
            for verb in ("MAIL", "RCPT", "DATA", "MESSAGE")
            for act in (Act.DROP, "421 4.3.2 bye", "451 4.0.0 no")
        ),
        ("CONNECT", "421 4.3.2 busy"),
        ("CONNECT", "554 5.7.1 you are listed"),
        ("CONNECT", Act.DROP),
        ("MAIL", "550 5.1.0 sender rejected"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "550 5.1.1 unknown"),
        ("MESSAGE", Act.KEEP_AND_DROP),
        ("MESSAGE", "552 5.3.4 too big"),
        ("MESSAGE", "550 5.7.1 spam"),
        None,
    ]
)
_COURSES = st.lists(_MISHAPS, max_size=15)


@given(
    one=_COURSES,
    other=_COURSES,
    connections=st.integers(1, 4),
    pipelining=st.booleans(),
    international=st.sets(st.integers(0, 11)),  # addresses that only the second carries
)
@settings(max_examples=100, deadline=None)
def test_whatever_befalls_both_relays_nobody_is_missed_or_sent_twice(
    one: list[tuple[str, str | Act] | None],
    other: list[tuple[str, str | Act] | None],
    connections: int,
    *,
    pipelining: bool,
    international: set[int],
) -> None:
    """Over two relays as over one: sent and kept once, refused and not kept, uncertain, or due again."""

    def course(mishaps: list[tuple[str, str | Act] | None]) -> Script:
        left = list(mishaps)

        def script(step: Step) -> str | Act | None:
            if not left or (left[0] is not None and left[0][0] != step.verb):
                return None
            mishap = left.pop(0)
            return mishap[1] if mishap else None

        return script

    async def run() -> None:
        named = [f"{'ё' if number in international else 'r'}{number}@example.org" for number in range(12)]
        ledger = MemoryLedger([an_envelope(number, recipient=named[number]) for number in range(12)])
        offers = ("PIPELINING",) if pipelining else ()
        async with (
            ScriptedRelay(course(one), extensions=offers) as first,
            ScriptedRelay(course(other), extensions=(*offers, "SMTPUTF8")) as second,
        ):
            try:
                await send_through(
                    ledger, [relay_at(first.port), relay_at(second.port)], connections=connections, rest_seconds=0.0
                )
            except MailServerError:
                assert one
                assert other
            kept = recipients(first, second)
        assert not ledger.claimed
        assert sorted([*ledger.attempts, *(envelope.subscriber for envelope in ledger.due)]) == list(range(12))
        for number in range(12):
            attempt = ledger.attempts.get(number)
            copies = kept[named[number]]
            if attempt is not None and attempt.state is DeliveryState.UNCERTAIN:
                assert copies <= 1
            else:
                assert copies == (attempt is not None and attempt.state is DeliveryState.SENT)

    asyncio.run(run())
