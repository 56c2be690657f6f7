"""An edition that ends early: everyone who is left has a row that says why, and nobody who is in hand is touched."""

from datetime import datetime, timedelta
from typing import Any

from digest.model import DeliveryState, Edition, EditionStatus, Tally
from digest.store import Store, open_store
from digest.store.senders import LEASE

REASON = "merged into ukraine-today/2022-01-29T09:00"


def test_whoever_is_left_is_skipped_for_the_reason_that_is_theirs(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Pending and deferred ones are merged; who left meanwhile is skipped for that; what was answered stays."""
    sent, deferred, doubtful, *_ = store.deliveries.claim(on_its_way, limit=3, now=now)
    store.deliveries.offered(on_its_way, [sent.id, deferred.id, doubtful.id], now=now)
    store.deliveries.record(
        on_its_way,
        [an_attempt(sent.id), an_attempt(deferred.id, DeliveryState.DEFERRED, reply="451 later")],
    )
    store.deliveries.leave(on_its_way, now=now)  # the third was never answered
    gone = store.subscribers.find("r9@example.org")[0]
    store.subscribers.unsubscribe(gone.id, now=now, how="a test")
    assert store.deliveries.close(on_its_way, reason=REASON, to=EditionStatus.MERGED, now=now).held == 0
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, sent=1, skipped=8, uncertain=1)
    members = {member.address: member for member in store.proof.members(on_its_way)}
    assert members["r9@example.org"].reply == "unsubscribed"
    assert members[deferred.address].reply == REASON
    assert members["r5@example.org"].reply == REASON
    assert store.deliveries.next_due(on_its_way) is None
    kept = store.editions.get(on_its_way.newsletter, on_its_way.slot)
    assert kept is not None
    assert (kept.status, kept.note) == (EditionStatus.MERGED, REASON)
    assert store.deliveries.claim(on_its_way, limit=5, now=now) == []


def test_what_a_living_sender_has_in_hand_ends_first(
    store: Store, url: str, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Its messages are finished and recorded; the edition is over once the last of them is."""
    with open_store(url) as other:
        taken = other.deliveries.claim(on_its_way, limit=2, now=now)
        other.deliveries.offered(on_its_way, [taken[0].id], now=now)
        assert store.deliveries.close(on_its_way, reason=REASON, to=EditionStatus.MERGED, now=now).held == 2
        assert store.deliveries.tally(on_its_way) == Tally(audience=10, claimed=1, offered=1, skipped=8)
        kept = store.editions.get(on_its_way.newsletter, on_its_way.slot)
        assert kept is not None
        assert kept.status is EditionStatus.SENDING
        other.deliveries.record(on_its_way, [an_attempt(taken[0].id)])
        other.deliveries.release(on_its_way, [taken[1].id])
        assert other.deliveries.claim(on_its_way, limit=0, now=now) == []
    assert store.deliveries.close(on_its_way, reason=REASON, to=EditionStatus.MERGED, now=now).held == 0
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, sent=1, skipped=9)


def test_what_a_dead_sender_left_is_settled_with_the_rest(
    store: Store, url: str, on_its_way: Edition, now: datetime
) -> None:
    """Offered and never answered is uncertain, not skipped: it may have arrived."""
    other = open_store(url)
    taken = other.deliveries.claim(on_its_way, limit=2, now=now)
    other.deliveries.offered(on_its_way, [taken[0].id], now=now)
    later = now + LEASE + timedelta(seconds=1)
    assert store.deliveries.close(on_its_way, reason=REASON, to=EditionStatus.MERGED, now=later).uncertain == 1
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, skipped=9, uncertain=1)
    other.close()


def test_only_an_edition_that_is_going_out_ends_so(store: Store, on_its_way: Edition, now: datetime) -> None:
    """One that is sent stays as it is."""
    store.editions.move(on_its_way, to=EditionStatus.SENT, allowed={EditionStatus.SENDING})
    store.deliveries.close(on_its_way, reason=REASON, to=EditionStatus.MERGED, now=now)
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=10)


def test_an_edition_is_not_called_sent_while_somebody_is_due(store: Store, on_its_way: Edition, now: datetime) -> None:
    """Whoever counted that nobody is left, and was slower than a doubt that became due again, calls nothing sent."""
    taken = [one.id for one in store.deliveries.claim(on_its_way, limit=99, now=now)]
    store.deliveries.offered(on_its_way, taken, now=now)
    assert not store.deliveries.conclude(on_its_way)
    store.deliveries.leave(on_its_way, now=now)
    assert store.deliveries.tally(on_its_way).uncertain == 10
    assert store.deliveries.settle(on_its_way, resend=True, now=now) == 10
    assert not store.deliveries.conclude(on_its_way, note="over")
    assert store.editions.status(on_its_way) is EditionStatus.SENDING


def test_a_doubt_that_is_due_again_opens_the_edition(store: Store, on_its_way: Edition, now: datetime) -> None:
    """In one transaction: it is never called sent while the second copy waits; one that was ended stays ended."""
    one, *_ = store.deliveries.claim(on_its_way, limit=1, now=now)
    store.deliveries.offered(on_its_way, [one.id], now=now)
    store.deliveries.leave(on_its_way, now=now)
    assert store.deliveries.conclude(on_its_way, note="over")  # whoever calls it has counted
    assert store.editions.status(on_its_way) is EditionStatus.SENT
    assert store.deliveries.settle(on_its_way, resend=True, now=now) == 1
    assert store.editions.status(on_its_way) is EditionStatus.SENDING
    store.deliveries.claim(on_its_way, limit=99, now=now)
    store.deliveries.offered(on_its_way, [one.id], now=now)
    store.deliveries.leave(on_its_way, now=now)
    store.deliveries.close(on_its_way, reason="wrong", to=EditionStatus.CANCELLED, now=now)
    assert store.deliveries.settle(on_its_way, resend=True, now=now) == 0
    assert store.editions.status(on_its_way) is EditionStatus.CANCELLED
    assert store.deliveries.tally(on_its_way).uncertain == 1
