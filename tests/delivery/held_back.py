"""Limits in memory, and an event loop whose clock is faster than ours: what the tests of held-back mail share."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from digest.delivery.permits import Paused, Permit
from digest.store import Grant, Limit, PerDay, Window
from digest.store.allowance import Spent, given_back, granted

START = datetime(2022, 1, 28, 14, tzinfo=UTC)
_T = TypeVar("_T")


@dataclass
class MemoryLimits:
    """The store's limits, kept in a dictionary."""

    clock: Callable[[], datetime]
    site: dict[str, Limit] = field(default_factory=dict)
    domains: dict[str, Limit] = field(default_factory=dict)
    spent: dict[str, Spent] = field(default_factory=dict)
    paused: dict[str, Paused] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    asked: int = 0

    @property
    def limited(self) -> bool:
        return bool(self.site or self.domains)

    @property
    def of_site(self) -> tuple[str, ...]:
        return tuple(self.site)

    def of_domain(self, domain: str) -> str | None:
        return domain if domain in self.domains else None

    def every(self, name: str) -> timedelta:
        limit = self.domains[name]
        assert isinstance(limit, Window)
        return limit.period / limit.count

    def reserve(self, wanted: Mapping[str, int], unused: Mapping[str, int]) -> Mapping[str, Permit]:
        self.asked += 1
        for name, count in unused.items():
            self.spent[name] = given_back(self.spent[name], self.grants[name], count)
        permits: dict[str, Permit] = {}
        for name, count in wanted.items():
            limit = self.site.get(name) or self.domains[name]
            self.spent[name], grant = granted(self.spent.get(name, {}), limit, count, now=self.clock())
            self.grants[name] = grant
            permits[name] = Permit(grant.count, grant.until)
        return permits

    def pauses(self) -> Mapping[str, Paused]:
        return {name: pause for name, pause in self.paused.items() if pause.until > self.clock() - timedelta(hours=1)}

    def pause(self, name: str, until: datetime, reason: str) -> None:
        self.paused[name] = Paused(until, reason)

    def resume(self, name: str) -> None:
        self.paused.pop(name, None)


def per_day(count: int, zone: Any) -> PerDay:
    return PerDay(zone=zone, count=count)


class _FastSelector(selectors.DefaultSelector):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / self._factor)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop in which ten minutes pass in less than a second; sockets are as fast as they are."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        super().__init__(_FastSelector(factor))

    def time(self) -> float:
        return super().time() * self._factor


def run_fast(main: Callable[[Callable[[], datetime]], Coroutine[Any, Any, _T]], *, factor: float = 2000.0) -> _T:
    """Run `main`, which is handed a clock, in a loop so many times as fast as the world."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(factor)) as runner:
        loop = runner.get_loop()
        begun = loop.time()
        return runner.run(main(lambda: START + timedelta(seconds=loop.time() - begun)))
