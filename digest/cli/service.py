"""run, worker: the service, and one more machine's worth of sending."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, first_newsletter, now, site
from digest.config import Settings
from digest.errors import ConfigError, UsageError
from digest.model import Newsletter
from digest.schedule import Service
from digest.store import Store, open_store


@app.command()
def run(
    context: typer.Context,
    *,
    work: Annotated[
        bool, typer.Option("--work/--no-work", help="On PostgreSQL: send as well, as digest worker does.")
    ] = True,
) -> None:
    """Send every newsletter at its time, and serve readers' pages. Ctrl-C or SIGTERM ends it cleanly.

    Example: digest run
    """
    with site(context) as (settings, store):
        first_newsletter(settings)
        for problem in [*pipeline.still_to_set(settings), *pipeline.missing(settings)]:
            errors.print(f"warning: {problem}", markup=False)
        asyncio.run(_serve_shared(settings, store, work=work) if is_shared(settings) else _serve(settings, store))


@app.command()
def worker(
    context: typer.Context,
    queue: Annotated[
        list[str] | None,
        typer.Option(help='"send", "site" or both; "site" jobs need the site\'s articles and list files.'),
    ] = None,
) -> None:
    """Send what digest run hands out, beside other workers. Ctrl-C or SIGTERM ends it cleanly.

    It needs digest.toml, the database (PostgreSQL) and the site's secret, and may start and end at any moment.

    Example: digest worker
    """
    with site(context) as (settings, store):
        if not is_shared(settings):
            raise ConfigError(
                "workers share their work through PostgreSQL, and this site has a file of its own",
                where="site.database",
                remedy="digest db copy moves a site over; on one machine digest run does all by itself",
            )
        from digest.workers import QUEUES, SEND  # noqa: PLC0415 - an extra that one machine alone does without

        queues = queue or [SEND]
        if unknown := sorted(set(queues).difference(QUEUES)):
            raise UsageError(f"there is no queue {unknown[0]!r}", where="--queue", remedy='Name "send" or "site".')
        if settings.site.secret is None and settings.site.secret_file is None:
            raise ConfigError(
                "every machine must sign the links in mails with the same secret",
                where="site.secret_file",
                remedy="Set DIGEST_SITE__SECRET on each to what stands in the file secret beside the first one's data",
            )
        pipeline.require_same_secret(settings, store, now=now())
        asyncio.run(_work(settings, store, queues))


async def _serve(settings: Settings, store: Store) -> None:
    service = Service(settings, store, clock=now)
    _end_by_signal(service.stop)
    async with AsyncExitStack() as pages:
        await _open_pages(pages, settings, store)
        # The pages outlive the last message of a send that is told to stop: its readers can already leave.
        await service.run(on_ready=_say_what_is_next)


async def _serve_shared(settings: Settings, store: Store, *, work: bool) -> None:
    """Schedule and serve pages like every other `digest run` of the site; whoever works does each thing once."""
    from digest.workers import Queue, Worker  # noqa: PLC0415

    # Before its pages open: they would turn away readers whose links another host signed.
    pipeline.require_same_secret(settings, store, now=now())
    async with AsyncExitStack() as opened:
        queue = await opened.enter_async_context(Queue(settings))
        service = Service(settings, store, clock=now, take_turn=queue.take_turn, hand_over=queue.hand_over)
        helper: Worker | None = None
        stops: list[Callable[[], None]] = [service.stop]
        if work:
            # A worker has its store to itself.
            own = opened.enter_context(open_store(settings.database_url))
            put = Queue(settings)
            turns = Service(settings, own, clock=now, hand_over=put.hand_over)
            helper = Worker(settings, own, queue=put, clock=now, turn=turns.turn_of)
            stops += [turns.stop, helper.stop]

        def stop() -> None:
            for one in stops:
                one()

        _end_by_signal(stop)
        if settings.site.secret is None and settings.site.secret_file is None:
            errors.print(
                "the secret that signs links is this machine's own: every other needs the same, in DIGEST_SITE__SECRET",
                markup=False,
            )
        await _open_pages(opened, settings, store)
        running = [asyncio.create_task(service.run(on_ready=_say_what_is_next))]
        if helper is not None:
            # In a loop of its own: it waits for the database in its ledger's calls, and readers must not wait with it.
            running.append(asyncio.create_task(asyncio.to_thread(asyncio.run, helper.run())))
        try:
            await asyncio.gather(*running)
        finally:  # where one fails, the other ends as if it were told to
            stop()
            await asyncio.wait(running)


async def _work(settings: Settings, store: Store, queues: list[str]) -> None:
    from digest.workers import Queue, Worker  # noqa: PLC0415

    queue = Queue(settings)
    turns = Service(settings, store, clock=now, hand_over=queue.hand_over)
    helper = Worker(settings, store, queue=queue, clock=now, turn=turns.turn_of, queues=queues)

    def stop() -> None:
        turns.stop()
        helper.stop()

    _end_by_signal(stop)
    errors.print(f"working at {' and '.join(queues)} jobs of {queue.where}", markup=False)
    await helper.run()


async def _open_pages(stack: AsyncExitStack, settings: Settings, store: Store) -> None:
    if settings.web.enabled:
        # Imported here: a web server is needed for this one command only.
        from digest.web.public import public_pages  # noqa: PLC0415

        address = await stack.enter_async_context(public_pages(settings, store, clock=now))
        errors.print(f"readers' pages: {settings.site.public_url} answered at {address}", markup=False)


def _say_what_is_next(coming: list[tuple[Newsletter, datetime]]) -> None:
    for newsletter, slot in coming:
        errors.print(f"next: {newsletter.title}, {slot:%A %Y-%m-%d %H:%M} {slot.tzinfo}", markup=False)


def _end_by_signal(stop: Callable[[], None]) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)


def is_shared(settings: Settings) -> bool:
    """Tell whether workers on other machines may share the site's work."""
    return settings.database_url.startswith("postgresql")
