"""Ledgers of editions that have ended, dropped."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import inspect

from digest.errors import UsageError
from digest.model import Attempt, DeliveryState, Edition, EditionStatus, Rendered, Tally
from digest.store import Store

DAY = timedelta(days=1)


@pytest.fixture
def ended(store: Store, on_its_way: Edition, now: datetime, an_attempt: Callable[..., Attempt]) -> Edition:
    """An edition that nine had and one refused."""
    taken = store.deliveries.claim(on_its_way, limit=10, now=now)
    states = [DeliveryState.FAILED, *[DeliveryState.SENT] * 9]
    store.deliveries.record(on_its_way, [an_attempt(one.id, state) for one, state in zip(taken, states, strict=True)])
    assert store.editions.move(on_its_way, to=EditionStatus.SENT, allowed=(EditionStatus.SENDING,))
    return on_its_way


def test_what_it_came_to_is_kept(store: Store, ended: Edition, now: datetime) -> None:
    """The counts stay as they were, though subscribers come and go; nobody is due, and nobody can be named."""
    before = store.deliveries.tally(ended)
    assert before == Tally(audience=10, sent=9, failed=1)
    assert store.past.drop(ended, now=now) == before
    assert store.past.drop(ended, now=now + DAY) == before
    store.subscribers.sync("ukraine-today", [], now=now)
    assert store.deliveries.tally(ended) == before
    assert store.deliveries.waiting(ended) == []
    assert store.deliveries.claim(ended, limit=5, now=now) == []
    assert store.deliveries.of_address("r0@example.org") == []
    with pytest.raises(UsageError, match=r"its ledger was dropped on 2022-01-28"):
        store.proof.members(ended)
    (trace,) = store.proof.of_address("r0@example.org")
    assert (trace.dropped, trace.member) == (now, None)


def test_other_editions_keep_theirs(
    store: Store, ended: Edition, an_edition: Callable[..., Edition], rendered: Rendered, now: datetime
) -> None:
    """Only the rows of the one go; on PostgreSQL its table with them."""
    other = store.editions.save(an_edition(slot=ended.slot + DAY, number=2))
    store.editions.freeze(other, rendered, date=now)
    taken = [one.id for one in store.deliveries.claim(other, limit=3, now=now)]
    store.deliveries.commit(other, [], taken, now=now)
    store.past.drop(ended, now=now)
    assert store.deliveries.tally(other) == Tally(audience=10, pending=7, offered=3)
    with store._database.reading() as connection:
        parts = [name for name in inspect(connection).get_table_names() if name.startswith("deliveries_")]
        assert parts in ([], ["deliveries_2"])


def test_only_what_has_ended_goes(store: Store, on_its_way: Edition, now: datetime) -> None:
    """While somebody is due, the ledger is what keeps the promise."""
    assert store.past.with_ledger(before=now + DAY) == []
    with pytest.raises(UsageError, match=r"it is sending, and its ledger says who is still due"):
        store.past.drop(on_its_way, now=now)


def test_the_old_ones_are_found(store: Store, ended: Edition, now: datetime) -> None:
    """By their slot, and as long as they have a ledger."""
    assert store.past.with_ledger(before=ended.slot) == []
    assert [one.key for one in store.past.with_ledger(before=ended.slot + DAY)] == [ended.key]
    store.past.drop(ended, now=now)
    assert store.past.with_ledger(before=ended.slot + DAY) == []
