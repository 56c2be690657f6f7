"""Limits as a send asks for them: leave to send so many, taken in batches that grow with the pace, the unused returned.

Kept out: what the limits are and how they hold over restarts and several senders (the caller's `Limits`), and who goes
first (`gate.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

_MOST = 500  # in one batch


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to send so many until then; where it is none, when to ask again."""

    count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Paused:
    """A receiver or a relay that gets no mail until then."""

    until: datetime
    reason: str


class Limits(Protocol):
    """What holds mail back, for all who send from one database.  Each call is one transaction; may raise StoreError."""

    @property
    def limited(self) -> bool:
        """Tell whether there is any limit at all."""

    @property
    def of_site(self) -> Collection[str]:
        """Name the limits that every message counts against."""

    def of_domain(self, domain: str) -> str | None:
        """Name the limit that mail to this domain counts against."""

    def every(self, name: str) -> timedelta:
        """Tell how far apart messages are under this limit, in the long run."""

    def reserve(self, wanted: Mapping[str, int], unused: Mapping[str, int]) -> Mapping[str, Permit]:
        """Give leave, up to so many, and take back what was not used of the leave given before."""

    def pauses(self) -> Mapping[str, Paused]:
        """Give the pauses that last or were over lately, by the name of receiver or relay."""

    def pause(self, name: str, until: datetime, reason: str) -> None:
        """Let the others know of a pause."""

    def resume(self, name: str) -> None:
        """Let the others know that all is as before a pause."""


@dataclass(slots=True)
class _InHand:
    """What a limit gave the last time."""

    left: int
    until: datetime
    batch: int  # how many were asked for

    def serves(self, now: datetime) -> bool:
        """Whether there is leave in it."""
        return self.left > 0 and now < self.until


class Permits:
    """The leave that a send has in hand."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._hands: dict[str, _InHand] = {}
        self._refused: dict[str, datetime] = {}  # when to ask again

    def ready(self, names: Collection[str], *, now: datetime, ahead: Callable[[], Mapping[str, int]]) -> datetime:
        """Tell when one message may go under all of these limits: `now`, or later.

        `ahead` counts what will soon be asked for, of these and of other limits: leave for it comes with the same
        transaction.
        """
        if self._all_serve(names, now):
            return now
        later = self._later(names, now)
        if later > now:
            return later
        coming = ahead()
        self._reserve({*names, *coming}, now, coming)
        return self._later(names, now)

    def use(self, names: Collection[str], *, count: int = 1) -> None:
        """Use leave for one message under each of these; -1 takes that back."""
        for name in names:
            self._hands[name].left -= count

    def close(self) -> None:
        """Give back all that is unused."""
        unused = {name: hand.left for name, hand in self._hands.items() if hand.left}
        self._hands.clear()
        if unused:
            self._limits.reserve({}, unused)

    def _all_serve(self, names: Collection[str], now: datetime) -> bool:
        return all((hand := self._hands.get(name)) is not None and hand.serves(now) for name in names)

    def _later(self, names: Collection[str], now: datetime) -> datetime:
        """Tell when all of these may be asked for: none was refused until a moment that is still to come."""
        return max((self._refused[name] for name in names if name in self._refused), default=now)

    def _reserve(self, names: Collection[str], now: datetime, ahead: Mapping[str, int]) -> None:
        wanted: dict[str, int] = {}
        unused: dict[str, int] = {}
        for name in names:
            hand = self._hands.get(name)
            if (hand is not None and hand.serves(now)) or self._refused.get(name, now) > now:
                continue
            batch = ahead.get(name, 1)
            if hand is not None:
                # Twice as many where the last batch was used up before its time, fewer where some were left.
                batch = max(batch, hand.batch // 2 if hand.left else 2 * hand.batch)
                if hand.left:
                    unused[name] = hand.left
            wanted[name] = min(_MOST, batch)
        for name, permit in self._limits.reserve(wanted, unused).items():
            self._refused.pop(name, None)
            if permit.count:
                self._hands[name] = _InHand(permit.count, permit.until, wanted[name])
            else:
                self._refused[name] = permit.until
                if name in self._hands:
                    self._hands[name].left = 0
