"""db copy: the site's database moved to another one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, now
from digest.cli.output import plural, progress, show_json, show_table

commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Move the database.")
app.add_typer(commands, name="db")


@commands.command()
def copy(
    source: Annotated[str, typer.Argument(help="The database as it is: var/digest.db, or an address.")],
    target: Annotated[str, typer.Argument(help="An empty one: postgresql://user@host/name")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy a database into an empty one, whole, and compare each row before any is kept. Stop digest first.

    A send that was under way goes on in the new database. A password is best given in PGPASSWORD or ~/.pgpass.

    Example: digest db copy var/digest.db postgresql://digest@db.example.org/digest
    """
    with progress("rows") as bar:

        def show(name: str, rows: int) -> None:
            bar.update(bar.task_ids[0], description=name, completed=rows)

        copied = pipeline.copy_site(source, target, now=now(), on_rows=show)
    if as_json:
        show_json([asdict(table) for table in copied])
        return
    show_table(("TABLE", "ROWS"), [(table.name, f"{table.rows:,}") for table in copied], empty="")
    total = sum(table.rows for table in copied)
    typer.echo(f"\n{plural(total, 'row')} copied, each compared with the one it was copied from.")
    errors.print(
        "Now: 1. set site.database to the new address (with its password: DIGEST_SITE__DATABASE)."
        "\n     2. digest arm: it is another database than the one that sent last, and sends only when you say so."
        "\n     3. put the old one away, so that nothing sends from it.",
        markup=False,
    )
