from __future__ import annotations

from dataclasses import dataclass
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.shares import next_place, to_move


@dataclass(eq=False)
class Relay:
    weight: float
    busy: int = 0
    limit: float = inf
    well: bool = True
    reached: bool = True


RELAYS = st.lists(
    st.builds(
        Relay,
        weight=st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0]),
        busy=st.integers(0, 8),
        limit=st.sampled_from([1, 2, 5, inf]),
        well=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize(
    ("weights", "connections", "shares"),
    [
        pytest.param((1, 1), 4, [2, 2], id="alike"),
        pytest.param((3, 1), 4, [3, 1], id="three to one"),
        pytest.param((3, 1), 8, [6, 2], id="and more of them"),
        pytest.param((10, 1), 4, [3, 1], id="none goes without"),
        pytest.param((5, 3, 2), 20, [10, 6, 4], id="three of them"),
        pytest.param((1, 2, 3), 2, [0, 1, 1], id="fewer connections than relays"),
        pytest.param((2, 0), 4, [4, 0], id="in reserve"),
        pytest.param((0, 0), 4, [2, 2], id="nothing but reserves"),
    ],
)
def test_connections_go_by_weight(weights: tuple[float, ...], connections: int, shares: list[int]) -> None:
    """Each gets its part, as near as whole connections come, and at least one."""
    relays = [Relay(weight) for weight in weights]
    for _ in range(connections):
        place = next_place(relays)
        assert place is not None
        place.busy += 1
    assert [relay.busy for relay in relays] == shares
    assert to_move(relays) is None


@given(relays=RELAYS)
def test_moving_comes_to_an_end_where_one_would_have_begun(relays: list[Relay]) -> None:
    """However they stand, move after move they reach a state that no move leaves; nobody well goes without for long."""
    total = sum(relay.busy for relay in relays)
    for _ in range(100):
        move = to_move(relays)
        if move is None:
            break
        source, target = move
        assert source is not target
        source.busy -= 1
        target.busy += 1
        assert target.busy <= target.limit
    assert to_move(relays) is None
    assert sum(relay.busy for relay in relays) == total
    well = [relay for relay in relays if relay.well]
    well = [relay for relay in well if relay.weight] or well
    if len(well) <= total:
        assert all(relay.busy >= 1 for relay in well)


@given(relays=RELAYS)
def test_no_connection_goes_where_it_may_not(relays: list[Relay]) -> None:
    """Not to a relay that rests, nor over a limit, nor to a reserve while another works."""
    place = next_place(relays)
    if place is not None:
        assert place.well
        assert place.busy < place.limit
        assert place.weight or not any(relay.well and relay.weight for relay in relays)


def test_a_relay_is_first_reached_over_one_connection() -> None:
    """Its share is kept while it is being reached, and goes to the others when that fails."""
    one, new = Relay(1, busy=1), Relay(1, busy=1, reached=False)
    one.busy = 2
    assert next_place([one, new]) is None
    new.well = False
    assert next_place([one, new]) is one
    new.well = new.reached = True
    assert next_place([one, new]) is new


def test_all_leave_a_relay_that_rests() -> None:
    """What is at it when it fails moves on, one after another."""
    gone, other = Relay(5, busy=3, well=False), Relay(1)
    for left in (2, 1, 0):
        assert to_move([gone, other]) == (gone, other)
        gone.busy, other.busy = left, other.busy + 1
    assert to_move([gone, other]) is None
