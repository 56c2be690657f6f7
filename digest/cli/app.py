"""The `digest` program: options that every command shares, exit codes, and one plain sentence for an error.

Exit codes: 0 done, 1 it failed, 2 used wrongly, 130 stopped by Ctrl-C.  A traceback is a bug of
ours, never a user's mistake.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from digest.cli.commands import AllCommands
from digest.config import FILE_NAME, Settings, read_settings
from digest.errors import ConfigError, DigestError, UsageError
from digest.log import configure_logging
from digest.store import Store, open_store

app = typer.Typer(
    name="digest",
    cls=AllCommands,
    help="Turn a day's stored articles into one email of key points, and send it once to each subscriber.",
    epilog="Begin with: digest demo, then digest init my-news.  Each command has --help with an example.",
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
    quiet = logging.INFO if context.invoked_subcommand in ("run", "worker") else logging.WARNING
    configure_logging(logging.DEBUG if verbose else quiet)
    context.obj = Options(config=config)


def settings_of(context: typer.Context) -> Settings:
    """Read the settings that this run is for."""
    options: Options = context.obj
    return read_settings(options.config)


def first_newsletter(settings: Settings) -> str:
    """Give the id of the newsletter that stands first; ConfigError where there is none."""
    if not settings.newsletters:
        raise ConfigError(
            "no newsletter is configured", where=str(settings.root / FILE_NAME), remedy="Add a [newsletters.ID] table."
        )
    return next(iter(settings.newsletters))


def now() -> datetime:
    """Read the clock: here, at the edge, and nowhere below."""
    return datetime.now(UTC)


@contextmanager
def site(context: typer.Context) -> Iterator[tuple[Settings, Store]]:
    """Give the settings and the open store."""
    settings = settings_of(context)
    with open_store(settings.database_url) as store:
        yield settings, store


def _forget_output() -> None:
    """Point stdout nowhere: Python flushes it once more at its end, and would fail there again with a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Run the program; a DigestError is one sentence on stderr."""
    # Registers the commands.  Imported here, for they import this module.
    from digest.cli import (  # noqa: F401, PLC0415
        building,
        check,
        collecting,
        database,
        desk,
        dkim,
        editions,
        guard,
        halt,
        proof,
        service,
        sites,
        subscribers,
    )

    try:
        app()
        sys.stdout.flush()  # here, where a full disk is still an error of ours to tell
    except UsageError as error:
        errors.print(f"digest: {error}", markup=False)
        sys.exit(2)
    except DigestError as error:
        errors.print(f"digest: {error}", markup=False)
        sys.exit(1)
    except BrokenPipeError:  # `digest articles | head`: the reader has seen enough
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        errors.print("digest: the disk is full, and what it has to say cannot be written", markup=False)
        _forget_output()
        sys.exit(1)
