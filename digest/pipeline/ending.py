"""When a part of a send ends: when it is asked to, or when what is looked at from time to time says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def ending_when(
    over: Callable[[], bool], stop: asyncio.Event | None, *, look_seconds: Callable[[], float]
) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when `stop` is, and when `over` says yes.

    It is asked at once, and again after each `look_seconds`.  `stop` itself is not set.
    """
    asked, ending = stop or asyncio.Event(), asyncio.Event()

    async def watch() -> None:
        while not asked.is_set() and not over():
            with suppress(TimeoutError):
                async with asyncio.timeout(look_seconds()):
                    await asked.wait()
        ending.set()

    watching = asyncio.create_task(watch())
    try:
        yield ending
    finally:
        watching.cancel()
