"""dkim: a key to sign mail with, and what to publish of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, settings_of
from digest.cli.output import show_json
from digest.errors import UsageError


class Algorithm(StrEnum):
    """What a key is for."""

    RSA = "rsa"
    ED25519 = "ed25519"


@app.command()
def dkim(
    context: typer.Context,
    newsletter: Annotated[str | None, typer.Argument(help="Its id in digest.toml: a key for its sender.")] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="A key for this domain.")] = None,
    algorithm: Annotated[
        Algorithm, typer.Option("--algorithm", help="RSA is verified everywhere; sign with both.")
    ] = Algorithm.RSA,
    selector: Annotated[
        str | None, typer.Option("--selector", help="The key's name in DNS; by default algorithm, year and month.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a key that signs mail (DKIM). Prints its DNS record and its lines for digest.toml.

    The key lies in the site's data folder, for its owner's eyes only, and is never overwritten: asked again, the
    command prints the same record.

    Example: digest dkim ukraine-today --algorithm ed25519
    """
    settings = settings_of(context)
    if (newsletter is None) == (domain is None):
        raise UsageError("name a newsletter or a --domain, one of the two")
    wanted = domain or pipeline.dkim_domain(settings, settings.newsletter(newsletter or ""))
    short = "ed" if algorithm is Algorithm.ED25519 else "rsa"
    made = pipeline.make_dkim_key(
        settings,
        domain=wanted,
        selector=selector or f"{short}{datetime.now(UTC):%Y%m}",
        algorithm=algorithm.value,
    )
    key = made.key
    lines = ["[[dkim.keys]]", f"selector = {_quoted(key.selector)}", f"file = {_quoted(str(made.setting.file))}"]
    if domain is not None or settings.dkim.domain not in (None, wanted):
        lines.append(f"domain = {_quoted(key.domain)}")
    strings = key.record_strings
    if as_json:
        show_json(
            {
                "file": str(made.path),
                "created": made.created,
                "algorithm": key.algorithm,
                "selector": key.selector,
                "domain": key.domain,
                "record": {"name": key.record_name, "type": "TXT", "value": key.record, "strings": strings},
                "settings": "\n".join(lines),
            }
        )
        return
    errors.print(f"{'Made' if made.created else 'Kept'} {made.path}", markup=False)
    joined = "; a form that asks for the value takes the strings joined" if len(strings) > 1 else ""
    typer.echo(f"; DNS: publish this before the next send{joined}.")
    typer.echo(f"{key.record_name}. 3600 IN TXT (")
    typer.echo("\n".join(f'    "{each}"' for each in strings) + " )")
    typer.echo("\n# digest.toml: sign with it.\n" + "\n".join(lines))
    if algorithm is Algorithm.ED25519:
        errors.print("Not every receiver verifies Ed25519 yet: add an RSA key beside it.", markup=False)


def _quoted(text: str) -> str:
    """A TOML basic string, whose escapes JSON's are."""
    return json.dumps(text, ensure_ascii=False)
