"""why, report, reconcile: what became of a mail, and an edition brought to its end."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.app import app, errors, site
from digest.cli.output import progress, show_json
from digest.config import Settings
from digest.model import Edition, EditionStatus, Tally
from digest.pipeline.find import edition_named
from digest.pipeline.halt import ways_on
from digest.pipeline.proof import Answer, export_report, report, why
from digest.pipeline.reconcile import Reconciled, read_logs, reconcile
from digest.store import Store

EditionArgument = Annotated[str, typer.Argument(help="ukraine-today/2022-01-28T09:00, as digest status names it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _clock() -> datetime:
    return datetime.now(UTC)


@app.command("why")
def why_command(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="ann@example.org")],
    newsletter: Annotated[
        str | None, typer.Option("--newsletter", "-n", help="Its id in digest.toml; all by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell for each edition whether an address got it. Sent, tried again, refused, skipped and why, or never due.

    Example: digest why ann@example.org
    """
    with site(context) as (_, store):
        found = why(store, address)
    answers = [answer for answer in found.answers if newsletter in (None, answer.newsletter)]
    if as_json:
        subscriptions = [
            {"newsletter": one.newsletter, "status": one.status, "listed": one.listed} for one in found.subscriptions
        ]
        editions = [
            {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}
            for one in answers
        ]
        show_json({"address": found.address, "subscriptions": subscriptions, "editions": editions})
        return
    if not found.subscriptions:
        typer.echo(f"{found.address} was on no list when an edition went out. See: digest subscribers show")
        return
    for one in answers:
        typer.echo("  ".join(part for part in (one.edition, one.state, _moment(one.at)) if part))
        if words := _words(one):
            typer.echo(f"    {words}")
    if not answers:
        typer.echo(f"{found.address} is known, and no edition of its newsletters was built yet.")


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S %Z}" if at else ""


def _words(answer: Answer) -> str:
    parts = [answer.reason, f"through {answer.relay}" if answer.relay else "", answer.reply]
    if answer.next_at is not None:
        parts.append(f"tried again {_moment(answer.next_at)}")
    return "; ".join(part for part in parts if part)


@app.command("report")
def report_command(
    context: typer.Context,
    edition: EditionArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Write the rows here instead.")] = None,
    as_json: Json = False,
) -> None:
    """Export what became of an edition. A CSV row for each member of its audience, and totals that add up to it.

    Example: digest report ukraine-today/2022-01-28T09:00 --out report.csv
    """
    with site(context) as (settings, store):
        found = edition_named(settings, store, edition)
        if out is not None:
            tally = export_report(store, found, out)
        else:
            tally = report(store, found, None if as_json else sys.stdout)
    if as_json:
        show_json({"edition": found.key, "status": found.status, **asdict(tally)})
    else:
        # Beside the rows, not among them: what reads the CSV must not take the totals for a member.
        typer.echo(_adding_up(found, tally), err=out is None)
        if found.status is EditionStatus.PAUSED:
            errors.print(ways_on(found, tally), markup=False)


@app.command("reconcile")
def reconcile_command(
    context: typer.Context,
    edition: EditionArgument,
    log: Annotated[
        list[Path] | None, typer.Option("--log", help="A Postfix mail log, plain or gzipped; repeat it, oldest first.")
    ] = None,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send again what the log does not settle, whatever digest.toml says.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Settle what is uncertain, and send what remains. By the relay's log or by policy, until the states add up.

    Example: digest reconcile ukraine-today/2022-01-28T09:00 --log /var/log/mail.log
    """
    with site(context) as (settings, store), progress("Reconciling") as bar:

        def advanced(done: int, audience: int) -> None:
            bar.update(bar.task_ids[0], total=audience, completed=done)

        done = asyncio.run(
            _reconcile_until_stopped(
                settings,
                store,
                edition_named(settings, store, edition),
                logs=log or [],
                resend=resend or settings.delivery.uncertain == "resend",
                on_progress=advanced,
            )
        )
    _say_what_was_settled(done, as_json=as_json)


async def _reconcile_until_stopped(
    settings: Settings,
    store: Store,
    edition: Edition,
    *,
    logs: list[Path],
    resend: bool,
    on_progress: Callable[[int, int], None],
) -> Reconciled:
    """Reconcile; SIGTERM and Ctrl-C finish what is in flight and leave the rest for the next run."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await reconcile(
        settings,
        store,
        edition,
        clock=_clock,
        resend=resend,
        log=read_logs(logs) if logs else None,
        stop=stop,
        on_progress=on_progress,
    )


def _say_what_was_settled(done: Reconciled, *, as_json: bool) -> None:
    edition, tally = done.edition, done.tally
    settled = {"found": done.uncertain, "accepted": done.accepted, "failed": done.failed, "resent": done.resent}
    if as_json:
        document = {"edition": edition.key, "status": edition.status, **asdict(tally), "settled": settled}
        show_json(document | {"offered_to": done.offered_to})
    else:
        if done.uncertain:
            parts = [f"{done.accepted:,} accepted by the log", f"{done.failed:,} failed by the log"]
            parts += [f"{done.resent:,} sent again", f"{done.left:,} left"]
            typer.echo(f"{done.uncertain:,} uncertain: {', '.join(parts)}")
            to = ", ".join(f"{name or 'a relay that is not known'} ({n:,})" for name, n in done.offered_to.items())
            typer.echo(f"They were offered to {to}.")
        typer.echo(_adding_up(edition, tally))
    if edition.status is EditionStatus.SENDING:
        errors.print("It is not finished: run the same command again, or leave it to digest run.", markup=False)
        raise typer.Exit(1)


def _adding_up(edition: Edition, tally: Tally) -> str:
    parts = [f"{count:,} {state}" for state, count in asdict(tally).items() if state != "audience" and count]
    why = f" ({edition.note})" if edition.status is EditionStatus.PAUSED and edition.note else ""
    return f"{edition.key}: {edition.status}{why}; {tally.audience:,} in the audience = {' + '.join(parts) or '0'}"
