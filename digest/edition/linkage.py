"""Linkage clustering of a sparse graph: who belongs together, given how alike each pair is.

Average linkage merges the two groups whose members are most alike on average, so one bridge between two events does
not chain them together as single linkage would.  A pair that is not listed has likeness 0.  The average may be a
quadratic one: then strong likeness counts for more than weak, as between two reports of one event that share little
with each other and much with a third.  What the likeness rests on is decided elsewhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence


def quadratic_linkage(
    sizes: Sequence[int], likeness: Mapping[tuple[int, int], float], *, threshold: float
) -> list[list[int]]:
    """Group as `average_linkage` does, by the root of the mean square of likenesses in place of their mean."""
    squares = {pair: value * value for pair, value in likeness.items()}
    return average_linkage(sizes, squares, threshold=threshold * threshold)


def average_linkage(
    sizes: Sequence[int], likeness: Mapping[tuple[int, int], float], *, threshold: float
) -> list[list[int]]:
    """Group the numbers of `sizes`; groups merge while their average likeness is at least `threshold` (above 0).

    Each number stands for `sizes[number]` equal things.  `likeness` is by pair (a, b) with a < b.  Each group is
    sorted, and groups by their first member.  Equal averages merge in the order of their members, so the result is a
    function of the graph alone.

    Time is about E log E for E pairs: the unweighted pair group method of Sokal and Michener (1958), on a heap.
    """
    if threshold <= 0:
        raise ValueError(f"threshold must be above 0, for pairs that are not listed have likeness 0: {threshold}")
    members = {number: [number] for number in range(len(sizes))}
    size = dict(enumerate(sizes))
    # sums[a][b]: the likenesses between the things in a and in b, added up; kept on both sides.
    sums: dict[int, dict[int, float]] = {number: {} for number in members}
    for (one, other), value in sorted(likeness.items()):
        sums[one][other] = sums[other][one] = value * sizes[one] * sizes[other]
    # A group keeps the number of its first member; its size tells a stale entry of the heap from a live one.
    heap = [
        (-value, one, other, sizes[one], sizes[other]) for (one, other), value in likeness.items() if value >= threshold
    ]
    heapq.heapify(heap)
    while heap:
        _, one, other, one_size, other_size = heapq.heappop(heap)
        if size.get(one) != one_size or size.get(other) != other_size:
            continue
        members[one] += members.pop(other)
        size[one] += size.pop(other)
        row = sums[one]
        row.pop(other)
        for third, value in sums.pop(other).items():
            if third == one:
                continue
            row[third] = row.get(third, 0.0) + value
            del sums[third][other]
            sums[third][one] = row[third]
        _offer_again(heap, one, row, size, threshold)
    return [sorted(group) for _, group in sorted(members.items())]


def _offer_again(
    heap: list[tuple[float, int, int, int, int]],
    grown: int,
    row: Mapping[int, float],
    size: Mapping[int, int],
    threshold: float,
) -> None:
    """Put the new averages of a grown group on the heap."""
    for third, total in row.items():
        average = total / (size[grown] * size[third])
        if average >= threshold:
            first, second = min(grown, third), max(grown, third)
            heapq.heappush(heap, (-average, first, second, size[first], size[second]))
