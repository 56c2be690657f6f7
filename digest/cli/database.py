"""db copy, db prune: the site's database moved to another one, and rid of what is old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, now, site
from digest.cli.commands import Commands
from digest.cli.output import plural, progress, show_json, show_table
from digest.errors import StoreError

if TYPE_CHECKING:
    from digest.workers.moving import Waiting

commands = typer.Typer(
    cls=Commands, no_args_is_help=True, rich_markup_mode=None, help="Move the database, or rid it of what is old."
)
app.add_typer(commands, name="db")


@commands.command()
def copy(
    source: Annotated[str, typer.Argument(help="The database as it is: var/digest.db, or an address.")],
    target: Annotated[str, typer.Argument(help="An empty one: postgresql://user@host/name")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy a database into an empty one. Stop digest first.

    Each row is compared before any is kept.

    A send that was under way goes on in the new database, and what waits in a queue of workers is put into the new one.
    A password is best given in PGPASSWORD or ~/.pgpass.

    Example: digest db copy var/digest.db postgresql://digest@db.example.org/digest
    """
    with progress("rows") as bar:

        def show(name: str, rows: int) -> None:
            bar.update(bar.task_ids[0], description=name, completed=rows)

        waiting = _waiting_in(source)
        copied = pipeline.copy_site(source, target, now=now(), on_rows=show)
    for line in _go_on(waiting, target):
        errors.print(line, markup=False)
    if as_json:
        show_json([asdict(table) for table in copied])
        return
    show_table(("TABLE", "ROWS"), [(table.name, f"{table.rows:,}") for table in copied], empty="")
    total = sum(table.rows for table in copied)
    typer.echo(f"\n{plural(total, 'row')} copied, each compared with the one it was copied from.")
    errors.print(
        "Now: 1. set site.database to the new address (with its password: DIGEST_SITE__DATABASE); another machine needs"
        "\n        the secret of this one too, for links in earlier mail: DIGEST_SITE__SECRET."
        "\n     2. digest arm: it is another database than the one that sent last, and sends only when you say so."
        "\n     3. put the old one away, so that nothing sends from it.",
        markup=False,
    )


def _waiting_in(source: str) -> Waiting | None:
    """Look into the queue of a PostgreSQL database; None for a file, which has none."""
    if not source.startswith("postgresql"):
        return None
    from digest.workers.moving import waiting_in  # noqa: PLC0415 - an extra that a file does without

    return waiting_in(source)


def _go_on(waiting: Waiting | None, target: str) -> Iterator[str]:
    """Put what waited in the old queue into the new one, and say so; or how it goes on without."""
    if waiting is None or not waiting.editions:
        return
    named = ", ".join(waiting.keys)
    by_hand = "digest run goes on with those of the last day, digest send with any other"
    if not target.startswith("postgresql"):
        yield f"In the queue of the old database waited {named}. A file has no queue: {by_hand}."
        return
    from digest.workers.moving import put_again  # noqa: PLC0415 - see above

    try:
        put_again(waiting, target)
    except StoreError as error:
        yield f"In the queue of the old database waited {named}, and the new one did not take it ({error}): {by_hand}."
    else:
        yield f"In the queue of the old database waited {named}: workers of the new one go on with it."


@commands.command()
def prune(
    context: typer.Context,
    keep_days: Annotated[int, typer.Option("--keep-days", min=1, help="Of editions due longer ago than this.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which; drop nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Forget who had which edition, of editions that ended long ago. Their counts, and what they said, are kept.

    On PostgreSQL an edition's ledger is a table, and goes at once; on SQLite the file keeps the room for later ones.

    Example: digest db prune --keep-days 400 --dry-run
    """
    with site(context) as (_settings, store):
        moment = now()
        dropped = pipeline.drop_ledgers(store, before=moment - timedelta(days=keep_days), now=moment, dry_run=dry_run)
    if as_json:
        show_json([{"edition": one.edition, **asdict(one.tally)} for one in dropped])
        return
    rows = [(one.edition, f"{one.tally.audience:,}", f"{one.tally.sent:,}") for one in dropped]
    show_table(("EDITION", "AUDIENCE", "SENT"), rows, empty="No edition is as old as that and still has its ledger.")
    if rows:
        typer.echo(f"\n{plural(len(rows), 'ledger')} {'would be ' if dry_run else ''}dropped.")
