"""How much of a limit may be used now: pure decisions over what was used, which limits.py keeps.

Time is cut into slices, and what was used is counted by slice.  A window of a limit's length touches no more slices
than are counted together, so that in any such window, wherever it begins, never more is used than allowed; a slice's
share must be used within the slice, or be given back.  The price is one slice in twenty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

_SLICES = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SMOOTH_BELOW = timedelta(seconds=10)
_SHARE = 8  # at most so large a part of what is left goes to one asker: others ask too, and a killed one loses it
_MOST_AT_ONCE = 500
_CLOCKS_APART = timedelta(minutes=1)

Spent = Mapping[int, int]  # by slice


class Limit(Protocol):
    """A number of messages in a stretch of time, as slices see it."""

    @property
    def together(self) -> int:
        """How many slices, the present one included, count together."""

    def slice_at(self, instant: datetime) -> int:
        """Number the slice that `instant` lies in."""

    def begin_of(self, number: int) -> datetime:
        """Tell when a slice begins, which is when the one before it ends."""

    def most(self, number: int) -> int:
        """Tell how much may be used in the slices that count together with this one."""

    def in_one(self, number: int) -> int:
        """Tell how much of it may be used in this slice alone."""


@dataclass(frozen=True, slots=True)
class Window:
    """So many in any stretch of so long: 14 in a second.  Short ones are spread, long ones may be used at once."""

    count: int
    period: timedelta

    def __post_init__(self) -> None:
        if self.count < 1 or self.period < timedelta(milliseconds=100):
            raise ValueError(f"no limit: {self.count} in {self.period}")

    @property
    def _length(self) -> timedelta:
        return -(-self.period // _SLICES)

    @property
    def together(self) -> int:
        """See Limit: a window as long as twenty slices touches twenty-one."""
        return _SLICES + 1

    def slice_at(self, instant: datetime) -> int:
        """See Limit."""
        return (instant - _EPOCH) // self._length

    def begin_of(self, number: int) -> datetime:
        """See Limit."""
        return _EPOCH + number * self._length

    def most(self, number: int) -> int:  # noqa: ARG002 - Limit's
        """See Limit."""
        return self.count

    def in_one(self, number: int) -> int:  # noqa: ARG002 - Limit's
        """See Limit: a relay that counts seconds of its own, a little later than ours, sees no heap at their seam."""
        return -(-self.count // _SLICES) if self.period < _SMOOTH_BELOW else self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmup:
    """A day's cap that grows, for a sender that receivers do not know yet; it stays at `until`."""

    start: date
    first_day: int
    growth: float
    until: int

    def __post_init__(self) -> None:
        if self.first_day < 1 or self.growth <= 1 or self.until < self.first_day:
            raise ValueError(f"no warm-up: {self}")

    def cap(self, day: date) -> int:
        """Tell how many on this day; before the start, as many as on the first day."""
        cap, days = float(self.first_day), max(0, (day - self.start).days)
        while days and cap < self.until:
            cap, days = cap * self.growth, days - 1
        return min(self.until, int(cap))


@dataclass(frozen=True, slots=True, kw_only=True)
class PerDay:
    """So many on each day of a calendar, which is `zone`'s."""

    zone: ZoneInfo
    count: int | None = None
    warmup: Warmup | None = None

    def __post_init__(self) -> None:
        if self.count is None and self.warmup is None:
            raise ValueError("no limit a day")

    @property
    def together(self) -> int:
        """See Limit."""
        return 1

    def slice_at(self, instant: datetime) -> int:
        """See Limit."""
        return instant.astimezone(self.zone).toordinal()

    def begin_of(self, number: int) -> datetime:
        """See Limit: midnight; where a change of the clock skips it, the first moment after."""
        return datetime.combine(date.fromordinal(number), time(), tzinfo=self.zone).astimezone(UTC)

    def most(self, number: int) -> int:
        """See Limit."""
        caps = [self.count] if self.count is not None else []
        if self.warmup is not None:
            caps.append(self.warmup.cap(date.fromordinal(number)))
        return min(caps)

    def in_one(self, number: int) -> int:
        """See Limit."""
        return self.most(number)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an asker may use, in the slice and until its end; with nothing granted, when to ask again."""

    count: int
    slice: int
    until: datetime


def granted(spent: Spent, limit: Limit, wanted: int, *, now: datetime) -> tuple[Spent, Grant]:
    """Grant up to `wanted`, at least one where there is any, and give what is used by then.

    Clocks of several machines differ: the furthest one counts, so that none sees a slice anew that another has left.
    The times of a grant are those of the asker's clock.
    """
    present = limit.slice_at(now)
    newest = max(spent, default=present)
    ahead = limit.begin_of(newest) - now if newest > present else timedelta(0)
    if ahead > _CLOCKS_APART and newest - present > limit.together:
        # That clock was wrong, and must not stop us until it comes true.
        spent, ahead = {present: sum(spent.values())}, timedelta(0)
    else:
        present = max(present, newest)
    counted = {number: used for number, used in spent.items() if number > present - limit.together}
    left = limit.most(present) - sum(counted.values())
    left_here = min(left, limit.in_one(present) - counted.get(present, 0))
    count = min(wanted, left_here, max(1, left // _SHARE), _MOST_AT_ONCE)
    if count > 0:
        counted[present] = counted.get(present, 0) + count
        return counted, Grant(count, present, limit.begin_of(present + 1) - ahead)
    return counted, Grant(0, present, _again(counted, limit, present, left) - ahead)


def given_back(spent: Spent, grant: Grant, unused: int) -> Spent:
    """Take back what was not used of a grant, while its slice still counts."""
    if grant.slice not in spent or not unused:
        return spent
    return {**spent, grant.slice: max(0, spent[grant.slice] - unused)}


def used(spent: Spent, limit: Limit, *, now: datetime) -> int:
    """Count what is used of a limit now."""
    present = limit.slice_at(now)
    return sum(count for number, count in spent.items() if number > present - limit.together)


def read(text: str) -> dict[int, int]:
    """Read what `written` wrote."""
    pairs = (pair.partition(":") for pair in text.split())
    return {int(number): int(count) for number, _, count in pairs}


def written(spent: Spent) -> str:
    """Write what was used by slice as the database keeps it: `5734:3 5735:14`."""
    return " ".join(f"{number}:{count}" for number, count in sorted(spent.items()) if count)


def _again(counted: Spent, limit: Limit, present: int, left: int) -> datetime:
    """Tell when there is something again: in the next slice, or when the first used one no longer counts."""
    if left > 0:
        return limit.begin_of(present + 1)
    first = min((number for number, count in counted.items() if count), default=present)
    return limit.begin_of(first + limit.together)
