"""How results are shown: tables for people, JSON for programs, progress for whoever waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_GAP = 2  # between two columns
_MOST_TOLD = 20  # of what was skipped
_LAST_COLUMN = 12  # at least, where the terminal has the room


def show_json(value: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def tell_skipped(problems: Sequence[object], *, to: Console, all_by: str = "") -> None:
    """Say what was skipped, a line each, but no screenful after screenful of one mistake.

    `all_by` is the option that shows them all, where there is one.
    """
    for problem in problems[:_MOST_TOLD]:
        to.print(f"skipped: {problem}", markup=False)
    if len(problems) > _MOST_TOLD:
        where = f"; {all_by} shows them all" if all_by else ""
        to.print(f"skipped: {len(problems) - _MOST_TOLD:,} more{where}", markup=False)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print a table, or `empty`, a sentence that says what to do, where there are no rows.

    The first column, by which a row is named, is never broken; the last is cut to the terminal's width.
    """
    if not rows:
        typer.echo(empty)
        return
    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    natural = [
        max(cell_len(str(text)) for text in (column, *(row[number] for row in rows)))
        for number, column in enumerate(columns[:-1])
    ]
    # Rich would take the room of a long last column from those before it, down to nothing.
    rest = max(console.width - sum(natural) - _GAP * len(natural), _LAST_COLUMN)
    for number, column in enumerate(columns):
        last = number == len(columns) - 1
        table.add_column(
            column,
            overflow="ellipsis" if last else "fold",
            no_wrap=last or number == 0,
            max_width=rest if last else None,
        )
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))  # Text, so that a title's [brackets] are no markup
    console.print(table)


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Show on stderr how far a stage is; silent where stderr is no terminal."""
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    bar.add_task(label, total=None)
    # Begun and ended where nobody watches, Rich would leave an empty line, which cron sends as a mail.
    with nullcontext() if bar.disable else bar:
        yield bar


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 story`, `2 stories`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
