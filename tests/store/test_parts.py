"""digest/store/parts.py, and claims that keep to a part."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from digest.model import Edition
from digest.store import Store


def test_parts_hold_everyone_whose_turn_has_not_come(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Parts follow each other without a gap; who has had an answer counts in none, and at the end there are none."""
    first, *_ = store.deliveries.claim(on_its_way, limit=1, now=now)
    store.deliveries.offered(on_its_way, [first.id], now=now)
    store.deliveries.record(on_its_way, [an_attempt(first.id)])
    parts = store.deliveries.ranges(on_its_way, size=4)
    assert len(parts) == 3  # nine are left
    assert all(one[1] + 1 == other[0] for one, other in pairwise(parts))
    assert parts[0][0] > first.id
    taken = [[one.id for one in store.deliveries.claim(on_its_way, limit=99, now=now, within=part)] for part in parts]
    assert [len(one) for one in taken] == [4, 4, 1]
    assert all(part[0] <= one <= part[1] for part, ids in zip(parts, taken, strict=True) for one in ids)
    everyone = [one for ids in taken for one in ids]
    store.deliveries.offered(on_its_way, everyone, now=now)
    store.deliveries.record(on_its_way, [an_attempt(one) for one in everyone])
    assert store.deliveries.ranges(on_its_way, size=4) == []
    assert store.deliveries.tally(on_its_way).sent == 10


def test_a_part_and_the_whole_share_nobody(store: Store, on_its_way: Edition, now: datetime) -> None:
    """Whoever sends without a part leaves out what a part has in hand, and the other way round."""
    (part,) = store.deliveries.ranges(on_its_way, size=100)
    middle = (part[0] + 3, part[0] + 5)
    held = [one.id for one in store.deliveries.claim(on_its_way, limit=99, now=now, within=middle)]
    rest = [one.id for one in store.deliveries.claim(on_its_way, limit=99, now=now)]
    assert held == list(range(middle[0], middle[1] + 1))
    assert len(rest) == 7
    assert not set(held) & set(rest)
    assert store.deliveries.claim(on_its_way, limit=99, now=now, within=part) == []


def test_a_part_that_was_given_back_is_had_again(store: Store, on_its_way: Edition, now: datetime) -> None:
    """What a part claimed and did not offer is due again, to the same part and to everyone."""
    first, second = store.deliveries.ranges(on_its_way, size=5)
    taken = [one.id for one in store.deliveries.claim(on_its_way, limit=99, now=now, within=second)]
    store.deliveries.leave(on_its_way, now=now)
    again = [one.id for one in store.deliveries.claim(on_its_way, limit=2, now=now, within=second)]
    assert again == taken[:2]
    store.deliveries.leave(on_its_way, now=now)
    assert len(store.deliveries.claim(on_its_way, limit=99, now=now)) == 10
    assert first[1] < taken[0]
