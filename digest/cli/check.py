"""check: what mail clients, spam filters and readers without pictures will make of an edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, get_args

import typer

from digest import pipeline
from digest.cli.app import app, errors, first_newsletter, now, site
from digest.cli.output import plural, show_json
from digest.errors import UsageError
from digest.model import EditionStatus
from digest.render.check import Finding, Level


@app.command()
def check(
    context: typer.Context,
    newsletter: Annotated[str | None, typer.Argument(help="Its id in digest.toml; the first one by default.")] = None,
    slot: Annotated[
        str | None, typer.Option("--slot", help="When it is due, on the newsletter's clock: 2022-01-28T09:00.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="List too what every mail has and some clients ignore.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: every finding.")] = False,
) -> None:
    """Look over the edition's mail as it would go out.

    It tells of size, links, contrast, headers, what mail clients ignore. Exit code 1 when there is an error;
    warnings and notes leave it 0. Nothing is fetched or sent.

    Example: digest check ukraine-today --json
    """
    with site(context) as (settings, store):
        chosen = settings.newsletter(newsletter or first_newsletter(settings))
        when = pipeline.named_slot(chosen, slot) if slot else None
        shown = pipeline.preview(settings, store, chosen, when, now=now())
    edition, findings = shown.edition, shown.findings
    if edition.status is EditionStatus.SKIPPED:
        raise UsageError(f"this edition is skipped: {edition.note}", where=edition.key, remedy="Name another --slot.")
    if as_json:
        show_json({"edition": edition.key, "findings": [asdict(finding) for finding in findings]})
    else:
        _tell(edition.key, findings, verbose=verbose)
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def _tell(edition_key: str, findings: Sequence[Finding], *, verbose: bool) -> None:
    for finding in findings:
        if verbose or finding.level != "known":
            typer.echo(_sentence(finding))
    levels = [finding.level for finding in findings]
    *counted, known = get_args(Level)
    errors.print(f"{edition_key}: {', '.join(plural(levels.count(level), level) for level in counted)}", markup=False)
    if (number := levels.count(known)) and not verbose:
        gaps = plural(number, "known gap")
        errors.print(
            f"{gaps} of some mail clients, which every mail has and none of which breaks it: --verbose lists them",
            soft_wrap=True,
        )


def _sentence(finding: Finding) -> str:
    where = f" [{finding.where}]" if finding.where else ""
    remedy = f"\n         {finding.remedy}" if finding.remedy else ""
    return f"{finding.level:<8} {finding.what}{where}{remedy}"
