"""How connections are shared out among relays: pure decisions over how many each has.

Each relay in action gets one, and the rest go by weight, by D'Hondt's divisors: the next connection goes where it
carries the most weight.  A relay without weight is in reserve: it gets some only while no other is in action.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Sharer(Protocol):
    """A relay, as far as its share of the connections is concerned."""

    @property
    def weight(self) -> float:
        """Its part of the whole; 0: in reserve."""

    @property
    def busy(self) -> int:
        """How many connections are at it, or on their way."""

    @property
    def limit(self) -> float:
        """How many there may be."""

    @property
    def well(self) -> bool:
        """Whether it takes mail, or may."""

    @property
    def reached(self) -> bool:
        """Whether a connection to it stood since it last went out of action."""


R = TypeVar("R", bound=Sharer)


def next_place(relays: Sequence[R]) -> R | None:
    """Give the relay that the next connection goes to; None where it has to wait.

    It waits for a relay that is being reached for the first time, whose share is kept for it.
    """
    free = [relay for relay in _in_action(relays) if relay.busy < relay.limit]
    if not free:
        return None
    best = max(free, key=lambda relay: (relay.busy == 0, _carried(relay, 1)))
    return None if best.busy and not best.reached else best


def to_move(relays: Sequence[R]) -> tuple[R, R] | None:
    """Give a relay that has a connection too many, and the one that should have it; None where all have their share.

    Moved one after another, they come to an end.
    """
    target = next_place(relays)
    if target is None:
        return None
    well = _in_action(relays)
    sources = [relay for relay in relays if relay.busy and relay is not target and _gives(relay, target, well)]
    return (max(sources, key=lambda relay: (relay not in well, -_carried(relay, 0))), target) if sources else None


def _in_action(relays: Sequence[R]) -> Sequence[R]:
    well = [relay for relay in relays if relay.well]
    return [relay for relay in well if relay.weight] or well


def _gives(source: R, target: R, well: Sequence[R]) -> bool:
    if source not in well:
        return True
    if target.busy == 0:
        return source.busy > 1 or target.weight > source.weight
    return source.busy > 1 and _carried(target, 1) > _carried(source, 0)


def _carried(relay: Sharer, more: int) -> float:
    """How much of a relay's weight each of its connections carries, with so many more of them."""
    return (relay.weight or 1.0) / (relay.busy + more)
