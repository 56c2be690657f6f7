"""pause, resume, cancel: an edition on its way."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, now, site
from digest.cli.arguments import NewsletterArgument, SlotOption
from digest.cli.output import show_json
from digest.cli.service import is_shared
from digest.config import Settings
from digest.errors import UsageError
from digest.model import Edition
from digest.store import Store

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def pause(
    context: typer.Context, newsletter: NewsletterArgument, slot: SlotOption = None, as_json: _AsJson = False
) -> None:
    """Stop an edition on its way, for a while. Within seconds no more of it leaves, from whatever machine.

    Example: digest pause ukraine-today
    """
    with site(context) as (settings, store):
        edition = _edition(settings, store, newsletter, slot)
        pipeline.pause(store, edition)
        _say(store, edition, "is paused", as_json=as_json)
    if not as_json:
        typer.echo(f"To go on: digest resume {edition.newsletter} --slot {edition.slot:%Y-%m-%dT%H:%M}")


@app.command()
def resume(
    context: typer.Context, newsletter: NewsletterArgument, slot: SlotOption = None, as_json: _AsJson = False
) -> None:
    """Let a paused edition go on. Workers do at once, digest run alone at its next look, or digest send by hand.

    Example: digest resume ukraine-today
    """
    with site(context) as (settings, store):
        edition = _edition(settings, store, newsletter, slot)
        pipeline.resume(store, edition)
        if is_shared(settings):
            asyncio.run(_hand_over(settings, edition))
        _say(store, edition, "goes on", as_json=as_json)


@app.command()
def cancel(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    reason: Annotated[str, typer.Option(help="Kept with each delivery that is skipped for it.")] = "cancelled",
    as_json: _AsJson = False,
) -> None:
    """End an edition on its way for good. Whoever has not had it never gets it.

    Example: digest cancel ukraine-today --reason "the lead story was wrong"
    """
    with site(context) as (settings, store):
        edition = _edition(settings, store, newsletter, slot)
        ended = asyncio.run(pipeline.cancel(store, edition, reason=reason, clock=now))
        _say(store, ended, "is cancelled", as_json=as_json)


async def _hand_over(settings: Settings, edition: Edition) -> None:
    from digest.workers import Queue  # noqa: PLC0415 - an extra that one machine alone does without

    async with Queue(settings) as queue:
        await queue.hand_over(edition)


def _edition(settings: Settings, store: Store, newsletter: str, slot: str | None) -> Edition:
    chosen = settings.newsletter(newsletter)
    if slot is None:  # whatever its hour: the one that is on its way
        going = [one for one in store.editions.recent(chosen.id, limit=10) if one.status.begun and not one.status.ended]
        if len(going) == 1:
            return going[0]
    when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
    found = store.editions.get(chosen.id, when)
    if found is None:
        raise UsageError("there is no such edition", where=f"{chosen.id}/{when:%Y-%m-%dT%H:%M}")
    return found


def _say(store: Store, edition: Edition, what: str, *, as_json: bool) -> None:
    tally = store.deliveries.tally(edition)
    if as_json:
        show_json({"edition": edition.key, "status": store.editions.status(edition), **pipeline.counts(tally)})
    else:
        left = tally.pending + tally.claimed + tally.offered + tally.deferred  # senders let go of theirs in a moment
        typer.echo(f"{edition.key} {what}: {tally.sent:,} of {tally.audience:,} have had it, {left:,} are due.")
