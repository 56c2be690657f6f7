"""subscribers add, remove, show: who gets a newsletter, by its list file and by what they said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, site
from digest.cli.commands import Commands
from digest.cli.output import plural, show_json, show_table, tell_skipped
from digest.errors import UsageError
from digest.model import LineProblem
from digest.pipeline.armed import note_change

commands = typer.Typer(
    cls=Commands, no_args_is_help=True, rich_markup_mode=None, help="Add, remove and show subscribers."
)
app.add_typer(commands, name="subscribers")

NewsletterOption = Annotated[
    str | None, typer.Option("--newsletter", "-n", help="Its id in digest.toml; needed where there are several.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _chosen(known: list[str], newsletter: str | None) -> str:
    if newsletter is not None:
        return newsletter
    if len(known) != 1:
        names = ", ".join(sorted(known)) or "none"
        raise UsageError("no newsletter is named", remedy=f"Add --newsletter with one of: {names}.")
    return known[0]


@commands.command()
def add(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="ann@example.org")],
    newsletter: NewsletterOption = None,
    name: Annotated[str, typer.Option("--name", help="What to call them.")] = "",
    consent: Annotated[
        str | None, typer.Option("--consent", help="When and how they asked; takes back who had left or bounced.")
    ] = None,
) -> None:
    """Put an address on the list file. One that unsubscribed, bounced or complained needs --consent.

    Example: digest subscribers add ann@example.org -n ukraine-today --name Ann
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(_chosen(list(settings.newsletters), newsletter))
        added = pipeline.subscribe(
            store, chosen, address, now=datetime.now(UTC), name=name, attributes={}, consent=consent
        )
    typer.echo(f"{added.address} gets {chosen.title}.")


@commands.command()
def remove(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="ann@example.org")],
    newsletter: NewsletterOption = None,
) -> None:
    """Unsubscribe an address for good: no list file brings it back. Takes effect in a send under way, too.

    Example: digest subscribers remove ann@example.org -n ukraine-today
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(_chosen(list(settings.newsletters), newsletter))
        removed = pipeline.unsubscribe(store, chosen, address, now=datetime.now(UTC), how="digest subscribers remove")
        note_change(settings, store, now=datetime.now(UTC))
    typer.echo(f"{removed.address} is unsubscribed from {chosen.title}.")


@commands.command()
def show(
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(help="One address; all by default.")] = None,
    newsletter: NewsletterOption = None,
    as_json: Json = False,
) -> None:
    """Show who gets a newsletter, or all that is known of one address. Reads the list file first.

    Example: digest subscribers show ann@example.org
    """
    with site(context) as (settings, store):
        names = [newsletter] if newsletter else list(settings.newsletters)
        problems: list[LineProblem] = []
        for one in names:
            problems += pipeline.synchronise(store, settings.newsletter(one), now=datetime.now(UTC)).problems
        found = (
            [one for one in store.subscribers.find(address) if one.newsletter in names]
            if address
            else [one for name in names for one in store.subscribers.of(name)]
        )
        events = store.subscribers.history(address) if address else []
    tell_skipped(problems, to=errors)
    if as_json:
        show_json(
            [
                {
                    "newsletter": one.newsletter,
                    "address": one.address,
                    "name": one.name,
                    "status": one.status,
                    "listed": one.listed,
                    "attributes": dict(one.attributes),
                }
                for one in found
            ]
        )
        return
    show_table(
        ["newsletter", "address", "name", "status"],
        [(o.newsletter, o.address, o.name, o.status if o.listed else f"{o.status}, not on the list") for o in found],
        empty=f"{address} is not known."
        if address
        else "The lists are empty. Begin with: digest subscribers add ADDRESS",
    )
    if events:
        typer.echo()
        show_table(
            ["when", "newsletter", "what", "how"],
            [(f"{e.at:%Y-%m-%d %H:%M %Z}", e.newsletter, e.what, e.how) for e in events],
            empty="",
        )
    if not address and found:
        active = sum(one.listed and one.status == "active" for one in found)
        errors.print(f"{plural(active, 'active subscriber')} of {len(found)}")
