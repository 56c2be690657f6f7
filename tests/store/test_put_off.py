"""Deliveries that are put off without an attempt that counts."""

from datetime import datetime, timedelta
from typing import Any

from digest.model import DeliveryState as S
from digest.model import Edition
from digest.store import Store
from digest.store.ledger import backoff

MINUTE = timedelta(minutes=1)


def test_what_must_wait_is_due_at_its_time_and_no_attempt_counts(
    store: Store, on_its_way: Edition, now: datetime
) -> None:
    """Each comes up at its own time, the others are claimed first, and the ledger says why it waits."""
    taken = [one.id for one in store.deliveries.claim(on_its_way, limit=4, now=now)]
    due = {identity: now + MINUTE * minutes for minutes, identity in enumerate(taken, start=1)}
    assert store.put_off.postpone(on_its_way, due, "not offered yet: the limit of x.org", now=now) == 4
    tally = store.deliveries.tally(on_its_way)
    assert (tally.pending, tally.claimed, tally.deferred) == (6, 0, 4)
    others = store.deliveries.claim(on_its_way, limit=99, now=now)
    assert len(others) == 6
    assert not {one.id for one in others} & set(taken)
    assert store.deliveries.next_due(on_its_way) == now + MINUTE
    again = store.deliveries.claim(on_its_way, limit=99, now=now + 2 * MINUTE)
    assert [one.id for one in again] == taken[:2]
    row = store.deliveries.of_address(again[0].address)[0]
    assert (row.attempts, row.reply) == (0, "not offered yet: the limit of x.org")


def test_postponed_again_it_waits_again_and_keeps_what_a_server_said(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """A second postponement moves the time; the words of an earlier attempt stay."""
    one, two, *rest = [each.id for each in store.deliveries.claim(on_its_way, limit=9, now=now)]
    store.deliveries.release(on_its_way, rest)
    store.put_off.postpone(on_its_way, {one: now}, "a limit", now=now)
    greylisted = an_attempt(two, S.DEFERRED, reply="451 greylisted")
    store.deliveries.record(on_its_way, [greylisted], retry_in=lambda *_: MINUTE)
    claimed = store.deliveries.claim(on_its_way, limit=99, now=now + 20 * MINUTE)
    later = now + 40 * MINUTE
    assert store.put_off.postpone(on_its_way, {one: later, two: later}, "a pause", now=now) == 2
    by_id = {each.id: store.deliveries.of_address(each.address)[0] for each in claimed if each.id in {one, two}}
    assert {by_id[one].next_at, by_id[two].next_at} == {later}
    assert (by_id[one].reply, by_id[two].reply) == ("a pause", "451 greylisted")
    assert (by_id[one].attempts, by_id[two].attempts) == (0, 1)


def test_only_what_this_sender_has_in_hand_is_postponed(store: Store, on_its_way: Edition, now: datetime) -> None:
    """What was never claimed is nobody's to put off."""
    (one,) = store.deliveries.claim(on_its_way, limit=1, now=now)
    assert store.put_off.postpone(on_its_way, {one.id + 1: now}, "", now=now) == 0
    assert store.deliveries.tally(on_its_way).deferred == 0


def test_an_attempt_at_a_relay_that_takes_nobodys_mail_does_not_count(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Spared, the first try never was and the second leaves the first; both are due at once."""
    one, two, three = [each.id for each in store.deliveries.claim(on_its_way, limit=3, now=now)]
    store.deliveries.offered(on_its_way, [one, two, three], now=now)
    store.deliveries.record(on_its_way, [an_attempt(one, S.DEFERRED), an_attempt(three, S.SENT)])
    store.put_off.spare(on_its_way, [one, two, three], now=now + MINUTE)
    assert store.deliveries.next_due(on_its_way) == now + MINUTE
    tally = store.deliveries.tally(on_its_way)
    assert (tally.sent, tally.deferred, tally.offered) == (1, 1, 1)
    long_after = now + timedelta(hours=30)
    again = store.deliveries.claim(on_its_way, limit=99, now=long_after)
    first = next(each for each in again if each.id == one)
    assert store.deliveries.of_address(first.address)[0].attempts == 0
    store.deliveries.offered(on_its_way, [one], now=long_after)
    store.deliveries.record(on_its_way, [an_attempt(one, S.DEFERRED, at=long_after)])
    found = store.deliveries.of_address(first.address)[0]
    assert (found.state, found.attempts) == (S.DEFERRED, 1)


def test_an_outage_is_not_in_the_account(store: Store, on_its_way: Edition, now: datetime, an_attempt: Any) -> None:
    """Who was put off before a relay was out of order for a day is tried again after it, and not given up."""
    one, two = store.deliveries.claim(on_its_way, limit=2, now=now)
    store.deliveries.record(on_its_way, [an_attempt(each.id, S.DEFERRED, at=now) for each in (one, two)])
    store.put_off.lengthen(on_its_way, timedelta(hours=24))
    after = now + timedelta(hours=25)
    store.deliveries.claim(on_its_way, limit=99, now=after)
    store.deliveries.record(on_its_way, [an_attempt(one.id, S.DEFERRED, at=after)])
    assert store.deliveries.of_address(one.address)[0].state is S.DEFERRED
    much_later = now + timedelta(hours=49)
    store.deliveries.claim(on_its_way, limit=99, now=much_later)
    store.deliveries.record(on_its_way, [an_attempt(one.id, S.DEFERRED, reply="451 4.7.1 no", at=much_later)])
    found = store.deliveries.of_address(one.address)[0]
    assert (found.state, found.reply) == (S.FAILED, "gave up after 24 h: 451 4.7.1 no")


def test_the_usual_way_spreads_the_waits_and_keeps_to_the_window(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """What a send records apace waits as the ledger's rules say, and never past the time for trying."""
    taken = [one.id for one in store.deliveries.claim(on_its_way, limit=2, now=now)]
    for identity, window in zip(taken, (timedelta(hours=1), MINUTE), strict=True):
        assert store.deliveries.commit(on_its_way, [], [identity], now=now) == {identity}
        attempt = an_attempt(identity, S.DEFERRED, at=now)
        store.deliveries.commit(on_its_way, [attempt], [], now=now, retry_for=window)
    rows = {each: store.deliveries.of_address(f"r{each}@example.org") for each in range(10)}
    due = {found[0].subscriber: found[0].next_at for found in rows.values() if found}
    assert due == {taken[0]: now + backoff(1, taken[0]), taken[1]: now + MINUTE}
