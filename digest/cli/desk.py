"""edit, approve, skip, diff: an editor's desk."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, now, site
from digest.cli.arguments import NewsletterArgument, SlotOption
from digest.cli.editor import edited, put_away
from digest.cli.output import show_json
from digest.config import Settings
from digest.errors import UsageError
from digest.model import Edition, Newsletter
from digest.store import Store


@app.command()
def edit(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    show: Annotated[bool, typer.Option("--print", help="Print the text instead of opening an editor.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", help="Take back this text instead of opening an editor.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Keep words that say more than their sentences; the edition records it.")
    ] = False,
) -> None:
    """Change a draft in $EDITOR. Reorder, drop, pin, reword, change the subject; the original words are kept.

    A reworded point may say no number, date, name or quotation that its article's sentences do not.

    Example: digest edit ukraine-today --slot 2022-01-28T09:00
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        _draft(settings, store, chosen, when)
        text = pipeline.text_to_edit(store, chosen, when)
        if show:
            typer.echo(text)
            return

        def take(changed: str) -> None:
            pipeline.take_back(store, chosen, when, changed, force=force)

        folder = settings.path(settings.site.data) / "edits"
        if file is not None:
            take(_read(file))
            put_away(file, folder=folder)
        elif not edited(
            text,
            folder=folder,
            name=f"{chosen.id}-{when:%Y-%m-%dT%H%M}",
            command=f"digest edit {chosen.id} --slot {when:%Y-%m-%dT%H:%M}",
            take=take,
            again=lambda: sys.stdin.isatty() and typer.confirm("Open it again?", default=True),
        ):
            typer.echo("Nothing was changed.")
            return
        edition = pipeline.on_desk(store, chosen, when)
    state = "edited" if edition.edited else "unchanged"
    typer.echo(f"{edition.key} is {state}: {edition.subject}")
    if edition.edited and chosen.approval == "required":
        typer.echo(f"Approve it: digest approve {chosen.id} --slot {when:%Y-%m-%dT%H:%M}")


@app.command()
def approve(context: typer.Context, newsletter: NewsletterArgument, slot: SlotOption = None) -> None:
    """Approve a draft, to go out at its slot.

    The mail as it is now is what goes out, whatever changes later.

    Example: digest approve ukraine-today --slot 2022-01-28T09:00
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        edition = pipeline.approve(settings, store, chosen, pipeline.on_desk(store, chosen, when), now=now())
        typer.echo(f"{edition.key} is approved, no. {edition.number}: {edition.subject}")
        _say_how_it_goes_out(settings, chosen, when, approved=True)


@app.command()
def skip(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    why: Annotated[str, typer.Option("--why", help="Kept with it, for status.")] = "skipped by hand",
    undo: Annotated[bool, typer.Option("--undo", help="Make a skipped edition a draft again.")] = False,
) -> None:
    """Let an edition not go out; with --undo take that back.

    Example: digest skip ukraine-today --why "a holiday"
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        if undo:
            edition = pipeline.unskip(store, chosen, pipeline.on_desk(store, chosen, when), now=now())
            typer.echo(f"{edition.key} is a draft again: {edition.subject}")
            _say_how_it_goes_out(settings, chosen, when)
            return
        edition = _draft(settings, store, chosen, when)
        edition = pipeline.skip(store, edition, why=why)
    typer.echo(f"{edition.key} is skipped: {edition.note}")


@app.command()
def diff(
    context: typer.Context,
    one: Annotated[str, typer.Argument(help="An edition: ukraine-today/2022-01-28T09:00")],
    other: Annotated[str, typer.Argument(help="Another.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what differs between two editions.

    Between languages: which events each tells, and where names and figures disagree.

    Example: digest diff ukraine-today/2022-01-27T09:00 ukraine-today/2022-01-28T09:00
    """
    with site(context) as (settings, store):
        found = pipeline.compare(settings, store, one, other)
    if as_json:
        show_json(
            {
                "differences": list(found.differences),
                "disagreements": list(found.disagreements),
                "same_events": list(found.same_events),
            }
        )
        return
    same = (f"= {pair}" for pair in found.same_events)
    for line in (*same, *found.differences, *(f"! {said}" for said in found.disagreements)):
        typer.echo(line)
    if not found.differences and not found.disagreements:
        typer.echo("They tell the same events." if found.same_events else "They say the same.")


def _say_how_it_goes_out(settings: Settings, newsletter: Newsletter, slot: datetime, *, approved: bool = False) -> None:
    """Say what is left to do for an edition to go out, where something is."""
    named = f"{newsletter.id} --slot {slot:%Y-%m-%dT%H:%M}"
    if newsletter.approval == "required" and not approved:
        typer.echo(f"Approve it: digest approve {named}")
    elif pipeline.past_its_grace(settings, newsletter, slot, now=now()):
        typer.echo(f"Its slot is past its grace, so it does not go out by itself. Send it: digest send {named}")
    elif slot <= now():
        typer.echo(f"It goes out with the next turn of digest run; or now, by hand: digest send {named}")


def _draft(settings: Settings, store: Store, newsletter: Newsletter, slot: datetime) -> Edition:
    rewriter, partners = pipeline.rewriter_of(settings), pipeline.partners_of(settings, newsletter)
    passed = pipeline.passed_over(settings, newsletter, slot, now=now())
    return pipeline.draft(store, newsletter, slot, now=now(), rewriter=rewriter, partners=partners, passed=passed)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"it cannot be read ({error})", where=str(file), remedy="Name a text file.") from error
