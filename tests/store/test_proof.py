"""The ledger read as a proof: each member once, and each edition that an address could have had."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from digest.errors import UsageError
from digest.model import Attempt, DeliveryState, Edition, EditionStatus, ListEntry, Rendered
from digest.store import Store

AN_EDITION = Callable[..., Edition]


def entries(*names: str) -> list[ListEntry]:
    return [
        ListEntry(address=f"{name}@example.org", name="", attributes={}, line=line)
        for line, name in enumerate(names, start=2)
    ]


MAIL = Rendered(subject="S", preheader="", html="<p></p>", text="t", language="en")


def going_out(store: Store, edition: Edition, now: datetime, *names: str) -> Edition:
    store.subscribers.sync("ukraine-today", entries(*names), now=now)
    store.editions.save(edition)
    store.editions.freeze(edition, MAIL, date=now)
    return edition


def sent_to(store: Store, edition: Edition, now: datetime, limit: int) -> None:
    for one in store.deliveries.claim(edition, limit=limit, now=now):
        store.deliveries.offered(edition, [one.id], now=now)
        attempt = Attempt(
            subscriber=one.id, state=DeliveryState.SENT, reply="250 ok", at=now, message_id=f"<{one.id}@example.org>"
        )
        store.deliveries.record(edition, [attempt])


def test_each_member_is_given_once_whatever_the_stride(
    store: Store, an_edition: AN_EDITION, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read in strides of any length, the members are the audience: in key order, none twice, none left out."""
    names = [f"reader{number}" for number in range(7)]
    edition = going_out(store, an_edition(), now, *names)
    sent_to(store, edition, now, 3)
    store.subscribers.sync("ukraine-today", entries(*names, "late"), now=now)
    expected = [(f"{name}@example.org", "sent" if place < 3 else "pending") for place, name in enumerate(names)]
    for stride in (1, 2, 7, 100):
        monkeypatch.setattr("digest.store.proof._STRIDE", stride)
        members = list(store.proof.members(edition))
        assert [(member.address, str(member.state)) for member in members] == expected


def test_members_of_some_states_alone(store: Store, an_edition: AN_EDITION, now: datetime) -> None:
    """Pending ones have no row, and are found all the same."""
    edition = going_out(store, an_edition(), now, "ann", "bo", "cy")
    sent_to(store, edition, now, 1)
    found = {
        state: [member.address[:3] for member in store.proof.members(edition, states=(state,))]
        for state in (DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.FAILED)
    }
    assert found == {DeliveryState.SENT: ["ann"], DeliveryState.PENDING: ["bo@", "cy@"], DeliveryState.FAILED: []}
    both = store.proof.members(edition, states=(DeliveryState.SENT, DeliveryState.PENDING))
    assert len(list(both)) == 3


def test_one_that_a_sender_has_taken_is_claimed(store: Store, an_edition: AN_EDITION, now: datetime) -> None:
    """The proof and the tally count a claim alike, though it has no row of its own."""
    edition = going_out(store, an_edition(), now, "ann", "bo", "cy")
    store.deliveries.claim(edition, limit=2, now=now)
    members = list(store.proof.members(edition))
    assert [str(member.state) for member in members] == ["claimed", "claimed", "pending"]
    assert store.deliveries.tally(edition).claimed == 2
    assert len(list(store.proof.members(edition, states=(DeliveryState.CLAIMED,)))) == 2
    [trace] = store.proof.of_address("bo@example.org")
    assert trace.member == members[1]


def test_before_the_freeze_there_is_no_audience(store: Store, an_edition: AN_EDITION, now: datetime) -> None:
    """Who would get it now is a guess, and no proof."""
    store.subscribers.sync("ukraine-today", entries("ann"), now=now)
    edition = store.editions.save(an_edition())
    with pytest.raises(UsageError, match="has not begun to go out"):
        store.proof.members(edition)


def test_an_address_is_traced_over_all_editions_of_its_newsletters(
    store: Store, an_edition: AN_EDITION, now: datetime
) -> None:
    """Latest first: the draft, the one it was too late for, and the one that it got; typed in any case."""
    first, second = an_edition(), an_edition(slot=an_edition().slot + timedelta(days=1), number=2)
    going_out(store, first, now, "ann")
    sent_to(store, first, now, 1)
    store.subscribers.sync("ukraine-today", entries("ann", "bo"), now=now)
    store.editions.save(second)
    ann, bo = (store.proof.of_address(f"{name}@EXAMPLE.org") for name in ("Ann", "Bo"))
    assert [trace.edition for trace in ann] == [second.key, first.key]
    assert [trace.status for trace in ann] == [EditionStatus.DRAFT, EditionStatus.SENDING]
    assert ann[0].member is None
    assert ann[0].fixed is None
    assert ann[1].member is not None
    assert (ann[1].member.state, ann[1].member.reply) == (DeliveryState.SENT, "250 ok")
    assert bo[1].member is None
    assert bo[1].fixed == now
    assert store.proof.of_address("cy@example.org") == []
