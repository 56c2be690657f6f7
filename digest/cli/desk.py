"""edit, approve, skip, diff: an editor's desk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import click
import typer

from digest import pipeline
from digest.cli.app import app, errors, now, site
from digest.cli.editions import NewsletterArgument, SlotOption
from digest.cli.output import show_json
from digest.errors import UsageError


@app.command()
def edit(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    show: Annotated[bool, typer.Option("--print", help="Print the text instead of opening an editor.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", help="Take back this text instead of opening an editor.")
    ] = None,
) -> None:
    """Change a draft in $EDITOR: reorder, drop, pin, reword, and change the subject; the original words are kept.

    Example: digest edit ukraine-today --slot 2022-01-28T09:00
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        pipeline.draft(store, chosen, when, now=now(), rewriter=pipeline.rewriter_of(settings))
        text = pipeline.text_to_edit(store, chosen, when)
        if show:
            typer.echo(text)
            return
        if file is not None:
            edition = pipeline.take_back(store, chosen, when, _read(file))
        else:
            while True:
                changed = click.edit(text, extension=".md")
                if changed is None or not changed.strip():
                    typer.echo("Nothing was changed.")
                    return
                try:
                    edition = pipeline.take_back(store, chosen, when, changed)
                    break
                except UsageError as error:
                    errors.print(f"digest: {error}", markup=False)
                    text = changed  # what was typed is not lost
                    if not sys.stdin.isatty() or not typer.confirm("Open it again?", default=True):
                        raise typer.Exit(1) from error
    state = "edited" if edition.edited else "unchanged"
    typer.echo(f"{edition.key} is {state}: {edition.subject}")


@app.command()
def approve(context: typer.Context, newsletter: NewsletterArgument, slot: SlotOption = None) -> None:
    """Approve a draft: what it says now is what goes out at its slot.

    Example: digest approve ukraine-today --slot 2022-01-28T09:00
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        edition = pipeline.draft(store, chosen, when, now=now(), rewriter=pipeline.rewriter_of(settings))
        edition = pipeline.approve(store, edition)
    typer.echo(f"{edition.key} is approved: {edition.subject}")


@app.command()
def skip(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    why: Annotated[str, typer.Option("--why", help="Kept with it, for status.")] = "skipped by hand",
) -> None:
    """Let an edition not go out.

    Example: digest skip ukraine-today --why "a holiday"
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        edition = pipeline.draft(store, chosen, when, now=now())
        edition = pipeline.skip(store, edition, why=why)
    typer.echo(f"{edition.key} is skipped: {edition.note}")


@app.command()
def diff(
    context: typer.Context,
    one: Annotated[str, typer.Argument(help="An edition: ukraine-today/2022-01-28T09:00")],
    other: Annotated[str, typer.Argument(help="Another.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what differs between two editions; between languages also where names and figures disagree.

    Example: digest diff ukraine-today/2022-01-27T09:00 ukraine-today/2022-01-28T09:00
    """
    with site(context) as (settings, store):
        found = pipeline.compare(settings, store, one, other)
    if as_json:
        show_json({"differences": list(found.differences), "disagreements": list(found.disagreements)})
        return
    for line in (*found.differences, *(f"! {said}" for said in found.disagreements)):
        typer.echo(line)
    if not found.differences:
        typer.echo("They say the same.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"it cannot be read ({error})", where=str(file), remedy="Name a text file.") from error
