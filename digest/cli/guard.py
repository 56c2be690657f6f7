"""arm: let a database send again that was copied or restored."""

from __future__ import annotations

import getpass
import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from digest.cli.app import app, errors, site
from digest.cli.output import show_json
from digest.errors import UsageError
from digest.pipeline.armed import Armed, arm, inspect, take_secret


@app.command("arm")
def arm_command(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what was found and is at risk; arm nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    new_secret: Annotated[
        bool,
        typer.Option("--new-secret", help="On PostgreSQL: let this host's secret sign the site's links from now on."),
    ] = False,
) -> None:
    """Let a copied or restored database send. Until then it refuses to, for it may not know what went out.

    Example: digest arm --dry-run
    """
    now = datetime.now(UTC)
    with site(context) as (settings, store):
        if new_secret:
            if dry_run or as_json:
                raise UsageError("--new-secret goes with nothing else", remedy="Run it alone: digest arm --new-secret")
            take_secret(settings, store, now=now)
            typer.echo("This host's secret signs the site's links from now on. Every other host needs it too.")
            return
        who = f"{_user()}@{socket.gethostname()}"
        found = inspect(settings, store, now=now) if dry_run else arm(settings, store, now=now, who=who)
    if as_json:
        show_json(_document(found, armed=not dry_run or not found.standing.against))
        return
    _say(found)
    if not found.standing.against:
        typer.echo("Nothing speaks against sending from this database." if dry_run else "It could send already.")
    elif dry_run:
        errors.print("It sends nothing until: digest arm", markup=False)
        raise typer.Exit(1)
    else:
        typer.echo(f"Armed by {who}.")


def _say(found: Armed) -> None:
    for sentence in found.standing.against:
        typer.echo(f"Found: {sentence}.")
    for sentence in found.risks:
        typer.echo(f"At risk: {sentence}")
    for earlier in found.standing.armed:
        typer.echo(f"Armed before: {earlier.at:%Y-%m-%d %H:%M %Z} by {earlier.who}")


def _document(found: Armed, *, armed: bool) -> dict[str, object]:
    return {
        "armed": armed,
        "found": list(found.standing.against),
        "at_risk": list(found.risks),
        "last_at": found.standing.last_at.isoformat() if found.standing.last_at else None,
        "before": [
            {"at": one.at.isoformat(), "who": one.who, "found": one.found.splitlines()} for one in found.standing.armed
        ],
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user number without a name
        return "?"
