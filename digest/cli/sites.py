"""demo, init: a first look, and a site of one's own."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors
from digest.cli.output import plural, show_json


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the site and its inbox.")] = Path("digest-demo"),
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open what arrived.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the whole pipeline on the shipped samples. Into an inbox on this machine; no mail leaves it.

    Example: digest demo
    """
    arrived = asyncio.run(pipeline.demo(folder, on_stage=lambda said: errors.print(said, markup=False)))
    if as_json:
        show_json(
            [
                {
                    "edition": one.edition.key,
                    "subject": one.subject,
                    "subscribers": one.tally.sent,
                    "eml": [str(path) for path in one.messages],
                    "html": str(one.html),
                }
                for one in arrived
            ]
        )
    else:
        for one in arrived:
            typer.echo(f"\n{one.title}, no. {one.edition.number}: {plural(one.tally.sent, 'subscriber')}")
            typer.echo(f"  Subject: {one.subject}")
            typer.echo(f"  Message: {one.messages[0]}")
            typer.echo(f"  HTML:    {one.html}")
        typer.echo(f"\nThe site it was made from: {folder}. Yours begins with: digest init DIR")
    if open_browser and _has_screen():
        for one in arrived:
            webbrowser.open(one.html.absolute().as_uri())


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Make a new site in a folder: settings, templates, samples.

    Example: digest init my-news
    """
    for path in pipeline.make_site(folder, example_subscribers=False):
        typer.echo(path)
    typer.echo(
        f"\nNext: cd {folder}; digest collect; digest preview."
        "\nThen set what is yours in digest.toml (smtp, public_url, postal_address, from; it holds examples),"
        "\nadd subscribers, and start: digest run"
    )


def _has_screen() -> bool:
    """Tell whether a browser window could show: on a server webbrowser would start a text browser and hang."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
