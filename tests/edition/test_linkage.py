"""Average linkage on a sparse graph gives what the definition gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.linkage import average_linkage, quadratic_linkage

graphs = st.integers(1, 9).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.dictionaries(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] < pair[1]),
            # Binary fractions add up without rounding, so that ties are ties in both computations.
            st.integers(1, 64).map(lambda value: value / 64),
        ),
    )
)


def by_definition(count: int, likeness: dict[tuple[int, int], float], threshold: float) -> list[list[int]]:
    """Merge the best pair of groups over and over, each average computed afresh."""
    groups = [[number] for number in range(count)]
    while True:
        best = min(
            (
                (
                    -sum(likeness.get((min(a, b), max(a, b)), 0.0) for a in one for b in other) / len(one) / len(other),
                    one,
                    other,
                )
                for place, one in enumerate(groups)
                for other in groups[place + 1 :]
            ),
            default=None,
        )
        if best is None or -best[0] < threshold:
            return groups
        _, one, other = best
        groups = sorted([sorted(one + other), *(group for group in groups if group not in (one, other))])


@given(graph=graphs, threshold=st.integers(1, 64).map(lambda value: value / 64))
def test_it_agrees_with_the_definition(graph: tuple[int, dict[tuple[int, int], float]], threshold: float) -> None:
    """The heap and the running sums change the cost, never the groups."""
    count, likeness = graph
    found = average_linkage([1] * count, likeness, threshold=threshold)
    assert sorted(number for group in found for number in group) == list(range(count))
    expected = by_definition(count, likeness, threshold)
    assert quality(found, likeness) == pytest.approx(quality(expected, likeness), abs=1e-9) or found == expected


def quality(groups: list[list[int]], likeness: dict[tuple[int, int], float]) -> list[float]:
    """The likenesses inside each group, added up: equal where two results differ by a tie alone."""
    return sorted(sum(likeness.get((a, b), 0.0) for a in group for b in group) for group in groups)


def test_one_bridge_does_not_chain_two_events_together() -> None:
    """Single linkage would put all four in one group; the averages keep two and two."""
    likeness = {(0, 1): 0.9, (2, 3): 0.9, (1, 2): 0.5}
    assert average_linkage([1] * 4, likeness, threshold=0.2) == [[0, 1], [2, 3]]


def test_a_threshold_must_be_above_zero() -> None:
    """At 0 every pair that is not listed would merge too."""
    with pytest.raises(ValueError, match="above 0"):
        average_linkage([1, 1], {}, threshold=0.0)


def test_a_number_may_stand_for_several_equal_things() -> None:
    """Four copies of an article weigh four times in every average, as if each had been compared."""
    likeness = {(0, 1): 0.3, (1, 2): 0.2}
    assert average_linkage([1, 1, 1], likeness, threshold=0.12) == [[0, 1], [2]]
    assert average_linkage([1, 4, 1], likeness, threshold=0.12) == [[0, 1, 2]]


def test_a_third_report_binds_two_that_share_little() -> None:
    """By the quadratic average one report joins the two it belongs to when it is surely like one of them."""
    likeness = {(0, 1): 0.9, (1, 2): 0.7, (0, 2): 0.05}
    assert average_linkage([1] * 3, likeness, threshold=0.4) == [[0, 1], [2]]
    assert quadratic_linkage([1] * 3, likeness, threshold=0.4) == [[0, 1, 2]]


def test_two_alone_are_judged_by_their_likeness() -> None:
    """Whatever the average, a pair merges from the threshold up."""
    assert quadratic_linkage([1, 1], {(0, 1): 0.4}, threshold=0.4) == [[0, 1]]
    assert quadratic_linkage([1, 1], {(0, 1): 0.39}, threshold=0.4) == [[0], [1]]
