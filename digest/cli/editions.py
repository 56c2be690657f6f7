"""preview, send, status: from an edition to its readers."""

from __future__ import annotations

import asyncio
import signal
import webbrowser
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, first_newsletter, now, site
from digest.cli.arguments import Json, NewsletterArgument, SlotOption
from digest.cli.output import plural, progress, show_json, show_table, tell_skipped
from digest.config import Settings
from digest.errors import UsageError
from digest.model import EditionStatus, LineProblem, Newsletter, Tally
from digest.store import Store

_MOST_PROCESSES = 64
_KeptOut = tuple[int, tuple[str, ...]]  # who is listed and gets nothing: how many, and the first of them
# A receiver's pause and a relay's rest are shorter; a day's cap is not waited for.
_PATIENCE = timedelta(minutes=15)


@app.command()
def preview(
    context: typer.Context,
    newsletter: Annotated[str | None, typer.Argument(help="Its id in digest.toml; the first one by default.")] = None,
    slot: SlotOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write message.eml, .html and .txt here instead.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open a browser.")] = True,
) -> None:
    """Show the edition as its readers will see it. A page follows every change; nothing is sent.

    Example: digest preview ukraine-today --out preview
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter or first_newsletter(settings))
        when = pipeline.named_slot(chosen, slot) if slot else None
        if out is not None:
            shown = pipeline.preview(settings, store, chosen, when, now=now())
            for path in pipeline.write_preview(shown, out):
                typer.echo(path)
            return
        # Imported here: a web server is needed for this one command only.
        from digest.web.preview import serve_preview  # noqa: PLC0415

        def ready(address: str) -> None:
            typer.echo(f"Preview: {address}  (Ctrl-C ends it)")
            if open_browser:
                webbrowser.open(address)

        asyncio.run(serve_preview(settings, store, chosen.id, when, clock=now, port=port, on_ready=ready))


@app.command()
def send(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    to: Annotated[str | None, typer.Option("--to", help="Send one copy to this address only, as a test.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say who would get it; send nothing.")] = False,
    processes: Annotated[
        str | None,
        typer.Option(help='How many processes send, or "auto" for one a core; else delivery.processes.'),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send the edition to everyone who has not had it. Safe to repeat after any interruption.

    Example: digest send ukraine-today --dry-run
    """
    with site(context) as (read, store):
        settings = _with_processes(read, processes)
        chosen = settings.newsletter(newsletter)
        # A look and a test copy may be of an edition to come, or of an archive's; what subscribers get must be due.
        if slot is None and not dry_run and to is None:
            when = pipeline.slot_to_send(settings, store, chosen, now=now())
        else:
            when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        if dry_run:
            due = pipeline.who_is_due(settings, store, chosen, when, now=now())
            _say_who_is_due(due, kept_out=store.subscribers.kept_out(chosen.id), as_json=as_json)
            return
        if to is not None:
            reply = asyncio.run(pipeline.send_copy(settings, store, chosen, when, to=to, now=now()))
            if as_json:
                show_json({"to": to, "reply": reply})
            else:
                typer.echo(f"One copy to {to}: {reply}. No subscriber got it.")
            return
        with progress("Sending") as bar:

            def advanced(done: int, audience: int) -> None:
                bar.update(bar.task_ids[0], total=audience, completed=done)

            def say(why: str) -> None:
                bar.update(bar.task_ids[0], description=f"Paused ({why})" if why else "Sending")
                if why and bar.disable:
                    errors.print(f"paused: {why}", markup=False)

            sent = asyncio.run(_send_until_stopped(settings, store, chosen, when, on_progress=advanced, say=say))
        kept_out = store.subscribers.kept_out(chosen.id)
    _say_what_was_sent(sent, kept_out=kept_out, as_json=as_json)


def _with_processes(settings: Settings, asked: str | None) -> Settings:
    if asked is None:
        return settings
    if asked != "auto" and not (asked.isdecimal() and 0 < int(asked) <= _MOST_PROCESSES):
        raise UsageError(
            f"{asked!r} processes cannot be had", where="--processes", remedy=f'1 to {_MOST_PROCESSES}, or "auto".'
        )
    delivery = settings.delivery.model_copy(update={"processes": asked if asked == "auto" else int(asked)})
    return settings.model_copy(update={"delivery": delivery})


async def _send_until_stopped(
    settings: Settings,
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    on_progress: Callable[[int, int], None],
    say: Callable[[str], None],
) -> pipeline.Sent:
    """Send; SIGTERM and Ctrl-C finish what is in flight and leave the rest for the next run."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await pipeline.send(
        settings,
        store,
        newsletter,
        slot,
        clock=now,
        stop=stop,
        # Asked for after the deadline, it is meant to go on; begun before, it ends there.
        past_deadline=pipeline.closed(newsletter, slot, now=now()),
        patience=_PATIENCE,
        on_progress=on_progress,
        say=say,
    )


def _say_who_is_due(due: pipeline.Due, *, kept_out: _KeptOut, as_json: bool) -> None:
    _report(due.problems, kept_out)
    edition = due.edition
    if as_json:
        document = {"edition": edition.key, "status": edition.status, "note": edition.note, "subject": edition.subject}
        problems = [str(problem) for problem in due.problems]
        show_json(document | {"due": list(due.addresses), "kept_out": kept_out[0], "problems": problems})
        return
    for address in due.addresses:
        typer.echo(address)
    if edition.status is EditionStatus.SKIPPED:
        errors.print(f"{edition.key} is skipped: {edition.note}", markup=False)
    else:
        count = plural(len(due.addresses), "subscriber")
        errors.print(f"{edition.key}: {count} would get “{edition.subject}”", markup=False)


def _report(problems: tuple[LineProblem, ...], kept_out: _KeptOut) -> None:
    tell_skipped(problems, to=errors, all_by="--json")
    number, first = kept_out
    if number:
        more = f" and {number - len(first):,} more" if number > len(first) else ""
        who = plural(number, "address in the list gets", "addresses in the list get")
        errors.print(
            f"{who} nothing, having unsubscribed, bounced or complained: {', '.join(first)}{more}. "
            f"digest subscribers show {first[0]} tells when.",
            markup=False,
        )


def _say_what_was_sent(sent: pipeline.Sent, *, kept_out: _KeptOut, as_json: bool) -> None:
    _report(sent.problems, kept_out)
    edition, tally = sent.edition, sent.tally
    if as_json:
        document = {"edition": edition.key, "status": edition.status, "note": edition.note, **pipeline.counts(tally)}
        before = sent.ended_before and sent.ended_before.isoformat()
        document |= {"sent_now": sent.sent_now, "ended_before": before, "kept_out": kept_out[0]}
        show_json(document | {"problems": [str(problem) for problem in sent.problems]})
    elif edition.status is EditionStatus.SKIPPED:
        typer.echo(f"{edition.key} is skipped: {edition.note}")
    else:
        ended = f"; {edition.note}" if edition.status in (EditionStatus.MERGED, EditionStatus.CANCELLED) else ""
        if sent.ended_before is not None:
            typer.echo(
                f"Nothing was sent now: {edition.key} began to go out on {sent.ended_before:%Y-%m-%d} at "
                f"{sent.ended_before:%H:%M %Z} and is {edition.status} ({_sentence(tally)}{ended})"
            )
        else:
            typer.echo(f"{edition.key}: {_sentence(tally, sent_now=sent.sent_now)}{ended}")
    if tally.uncertain:
        errors.print(
            "Of the uncertain ones no reply was ever read: they may have arrived. "
            f"digest reconcile {edition.key} settles them.",
            markup=False,
        )
    if edition.status is EditionStatus.PAUSED:
        why = f" ({edition.note})" if edition.note else ""
        errors.print(f"It was paused meanwhile{why}. {pipeline.ways_on(edition, tally)}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    if edition.status is not EditionStatus.SENDING:
        return
    if tally.pending or tally.deferred:
        if edition.note:
            errors.print(f"It is {edition.note}.", markup=False)
        if sent.held_until is not None:
            errors.print(f"Until {sent.held_until:%A %Y-%m-%d %H:%M %Z}: {sent.held_by}.", markup=False)
        errors.print("It is not finished: run the same command again, or leave it to digest run.", markup=False)
        raise typer.Exit(1)
    errors.print("Another sender has the rest in hand.", markup=False)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the editions, their deliveries and what runs next.

    Example: digest status --json
    """
    with site(context) as (settings, store):
        found = pipeline.status(settings, store, now=now())
        against = pipeline.guard_of(settings, store).examine().against
        secret = store.secret.look(settings.signing_key)
    missing = pipeline.missing(settings)
    if as_json:
        show_json(
            {
                "armed": not against and secret is None,
                "editions": [
                    {
                        "edition": edition.key,
                        "number": edition.number,
                        "status": edition.status,
                        "note": edition.note,
                        "subject": edition.subject,
                        **pipeline.counts(tally),
                    }
                    for edition, tally in found.editions
                ],
                "missing": [str(problem) for problem in missing],
                "next": [{"newsletter": newsletter.id, "slot": slot.isoformat()} for newsletter, slot in found.coming],
                "day": found.day and asdict(found.day),
                "pauses": [{"name": one.name, "until": one.until, "reason": one.reason} for one in found.pauses],
            }
        )
        return
    if against:
        typer.echo("This database must not send, for it was copied or restored: digest arm --dry-run\n")
    if secret is not None:
        typer.echo(f"This host must not send, for it signs links with another secret than {secret.host} does.\n")
    show_table(
        ["edition", "status", "deliveries", "subject"],
        [
            (e.key, e.status, "" if e.status is EditionStatus.SKIPPED else _sentence(t), e.note or e.subject)
            for e, t in found.editions
        ],
        empty=f"No edition yet. Begin with: digest build {next(iter(settings.newsletters), 'NEWSLETTER')}",
    )
    for edition, tally in found.editions:
        if edition.status is EditionStatus.PAUSED:
            typer.echo(f"\n{edition.key} is paused. {pipeline.ways_on(edition, tally)}")
        elif pipeline.is_left_behind(edition, tally, now=now()):
            by_hand = f"digest send {edition.newsletter} --slot {edition.slot:%Y-%m-%dT%H:%M}"
            typer.echo(f"\n{edition.key} is a day old and not finished; it goes on by hand only: {by_hand}")
    typer.echo()
    show_table(
        ["next", "when"],
        [(newsletter.title, f"{slot:%A %Y-%m-%d %H:%M} {slot.tzinfo}") for newsletter, slot in found.coming],
        empty="No newsletter is configured.",
    )
    for problem in missing:
        typer.echo(f"\nWarning: {problem}")
    if found.day is not None:
        used = f"{found.day.used:,} of {found.day.most:,} messages" + (" (warming up)" if found.day.warmup else "")
        typer.echo(f"\nToday: {used}, until {found.day.ends:%H:%M %Z}")
    for one in found.pauses:
        typer.echo(f"\n{one.name} is paused until {one.until:%Y-%m-%d %H:%M:%S} UTC: {one.reason}")


def _sentence(tally: Tally, *, sent_now: int | None = None) -> str:
    parts = [f"{tally.sent:,} sent" + (f" ({sent_now:,} of them now)" if sent_now not in {None, tally.sent} else "")]
    states = ("deferred", "failed", "skipped", "uncertain")
    parts += [f"{getattr(tally, state):,} {state}" for state in states if getattr(tally, state)]
    if left := tally.pending + tally.claimed + tally.offered:
        parts.append(f"{left:,} to go")
    return ", ".join(parts)
