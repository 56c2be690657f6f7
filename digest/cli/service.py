"""run: the service."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import typer

from digest.cli.app import app, errors, first_newsletter, site
from digest.config import Settings
from digest.model import Newsletter
from digest.schedule import Service
from digest.store import Store


@app.command()
def run(context: typer.Context) -> None:
    """Send every newsletter at its time and serve its readers' pages, until stopped (Ctrl-C, SIGTERM: cleanly).

    Example: digest run
    """
    with site(context) as (settings, store):
        first_newsletter(settings)
        asyncio.run(_serve(settings, store))


async def _serve(settings: Settings, store: Store) -> None:
    # Imported here: a web server is needed for this one command only.
    from digest.web.public import public_pages  # noqa: PLC0415

    service = Service(settings, store, clock=_clock)
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, service.stop)

    def say_what_is_next(coming: list[tuple[Newsletter, datetime]]) -> None:
        for newsletter, slot in coming:
            errors.print(f"next: {newsletter.title}, {slot:%A %Y-%m-%d %H:%M} {slot.tzinfo}", markup=False)

    async with AsyncExitStack() as pages:
        if settings.web.enabled:
            address = await pages.enter_async_context(public_pages(settings, store, clock=_clock))
            errors.print(f"readers' pages: {settings.site.public_url} answered at {address}", markup=False)
        # The pages outlive the last message of a send that is told to stop: its readers can already leave.
        await service.run(on_ready=say_what_is_next)


def _clock() -> datetime:
    return datetime.now(UTC)
