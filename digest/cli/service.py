"""run, worker: the service, and one more machine's worth of sending.

What they say is a sentence in a terminal, and elsewhere a line of their log like any other.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import Annotated

import structlog
import typer

from digest import pipeline
from digest.cli.app import app, errors, first_newsletter, now, site
from digest.config import Settings
from digest.errors import ConfigError, DigestError, UsageError
from digest.model import Newsletter
from digest.schedule import Service
from digest.store import Store, open_store

_log = structlog.get_logger(__name__)


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
    with _ending_told(), site(context) as (settings, store):
        first_newsletter(settings)
        for problem in [*pipeline.still_to_set(settings), *pipeline.missing(settings)]:
            _warn("to be mended", f"warning: {problem}", problem=str(problem))
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
    with _ending_told(), site(context) as (settings, store):
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
            said = "the secret that signs links is this machine's own: every other needs it in DIGEST_SITE__SECRET"
            _warn("to be mended", said, problem=said)
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
    _say("working", f"working at {' and '.join(queues)} jobs of {queue.where}", queues=queues, database=queue.where)
    await helper.run()


async def _open_pages(stack: AsyncExitStack, settings: Settings, store: Store) -> None:
    if settings.web.enabled:
        # Imported here: a web server is needed for this one command only.
        from digest.web.public import public_pages  # noqa: PLC0415

        address = await stack.enter_async_context(public_pages(settings, store, clock=now))
        public = settings.site.public_url
        _say("readers' pages", f"readers' pages: {public} answered at {address}", public_url=public, address=address)


def _say_what_is_next(coming: list[tuple[Newsletter, datetime]]) -> None:
    for newsletter, slot in coming:
        sentence = f"next: {newsletter.title}, {slot:%A %Y-%m-%d %H:%M} {slot.tzinfo}"
        _say("next", sentence, newsletter=newsletter.id, at=slot.isoformat())


def _say(event: str, sentence: str, **fields: object) -> None:
    if sys.stderr.isatty():
        errors.print(sentence, markup=False)
    else:
        _log.info(event, **fields)


def _warn(event: str, sentence: str, **fields: object) -> None:
    if sys.stderr.isatty():
        errors.print(sentence, markup=False)
    else:
        _log.warning(event, **fields)


@contextmanager
def _ending_told() -> Iterator[None]:
    """Have what ends the service in its log, where that is no terminal: whoever reads the log reads JSON."""
    if sys.stderr.isatty():
        yield
        return
    logging.captureWarnings(True)
    try:
        yield
    except DigestError as error:
        _log.error("ended", problem=str(error))
        raise typer.Exit(2 if isinstance(error, UsageError) else 1) from error
    except Exception as error:
        _log.exception("ended: this is a bug of digest")
        raise typer.Exit(1) from error


def _end_by_signal(stop: Callable[[], None]) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)


def is_shared(settings: Settings) -> bool:
    """Tell whether workers on other machines may share the site's work."""
    return settings.database_url.startswith("postgresql")
