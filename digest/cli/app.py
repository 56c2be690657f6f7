"""The `digest` program: options that every command shares, exit codes, and one plain sentence for an error.

Exit codes: 0 done, 1 it failed, 2 used wrongly.  A traceback is a bug of ours, never a user's mistake.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from digest.config import Settings, read_settings
from digest.errors import DigestError, UsageError
from digest.log import configure_logging
from digest.store import Store, open_store

app = typer.Typer(
    name="digest",
    help="Turn a day's stored articles into one email of key points, and send it once to each subscriber.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Options:
    """What stands before the command's name."""

    config: Path | None


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"digest {version('digest-mail')}")
        raise typer.Exit


@app.callback()
def _shared(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", help="The settings; ./digest.toml by default.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    # What a command did, it says itself; the service has nothing but its log to say it in.
    quiet = logging.INFO if context.invoked_subcommand == "run" else logging.WARNING
    configure_logging(logging.DEBUG if verbose else quiet)
    context.obj = Options(config=config)


def settings_of(context: typer.Context) -> Settings:
    """Read the settings that this run is for."""
    options: Options = context.obj
    return read_settings(options.config)


@contextmanager
def site(context: typer.Context) -> Iterator[tuple[Settings, Store]]:
    """Give the settings and the open store."""
    settings = settings_of(context)
    with open_store(settings.database_url) as store:
        yield settings, store


def main() -> None:
    """Run the program; a DigestError is one sentence on stderr."""
    # Registers the commands.  Imported here, for they import this module.
    from digest.cli import collecting, dkim, editions, proof, service, sites, subscribers  # noqa: F401, PLC0415

    try:
        app()
    except UsageError as error:
        errors.print(f"digest: {error}", markup=False)
        sys.exit(2)
    except DigestError as error:
        errors.print(f"digest: {error}", markup=False)
        sys.exit(1)
    except BrokenPipeError:  # `digest articles | head`: the reader has seen enough
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("digest: stopped", markup=False)
        sys.exit(1)
