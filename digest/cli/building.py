"""build: from articles to an edition, why it is as it is, and whether it still follows from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import pipeline
from digest.cli.app import app, errors, now, site
from digest.cli.arguments import Json, NewsletterArgument, SlotOption
from digest.cli.output import plural, progress, show_json
from digest.errors import DigestError
from digest.model import Edition, EditionStatus, Newsletter
from digest.store import Store

if TYPE_CHECKING:  # it brings the whole room with it
    from digest.edition.choose import Decision


def _edition_document(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.key,
        "slot": edition.slot.isoformat(),
        "number": edition.number,
        "status": edition.status,
        "note": edition.note,
        "subject": edition.subject,
        "preheader": edition.preheader,
        "intro": edition.intro,
        "reading_minutes": edition.reading_minutes,
        "window": [instant.isoformat() for instant in edition.window],
        "sections": [
            {
                "title": section.title,
                "brief": section.brief,
                "stories": [
                    {
                        "id": story.id,
                        "title": story.lead.title,
                        "url": story.lead.url,
                        "articles": [article.id for article in story.articles],
                        "points": [
                            {
                                "article": point.article,
                                **pipeline.point_document(point),
                                "original": point.original,
                                "on_trust": point.on_trust,
                            }
                            for point in story.points
                        ],
                    }
                    for story in section.stories
                ],
            }
            for section in edition.sections
        ],
    }


@app.command()
def build(
    context: typer.Context,
    newsletter: NewsletterArgument,
    slot: SlotOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each article why it is in, merged or out.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Make the kept edition again and compare; keep nothing.")
    ] = False,
    afresh: Annotated[
        bool,
        typer.Option("--rebuild", help="Take in what came since; an editor's words go, pins and drops stay."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Assemble the edition of a slot from the stored articles. Building it twice gives the same edition.

    Example: digest build ukraine-today --slot 2022-01-28T09:00
    """
    with site(context) as (settings, store), progress("Condensing"):
        chosen = settings.newsletter(newsletter)
        when = pipeline.slot_meant(settings, store, chosen, slot, now=now())
        if verify:
            _say_verified(pipeline.verify(store, chosen, when), as_json=as_json)
            return
        edition = pipeline.build(
            store,
            chosen,
            when,
            now=now(),
            rewriter=pipeline.rewriter_of(settings),
            afresh=afresh,
            partners=pipeline.partners_of(settings, chosen),
            passed=pipeline.passed_over(settings, chosen, when, now=now()),
        )
        hint = _newest(store, chosen) if edition.status is EditionStatus.SKIPPED and not edition.stories else None
        decisions = pipeline.explain(store, edition) if explain else ()
        articles = {one.article: store.articles.get(one.article) for one in decisions}
    if as_json:
        document = _edition_document(edition)
        if explain:
            document["decisions"] = [_decision_document(one) for one in decisions]
        show_json(document)
        return
    _show_edition(edition)
    if edition.status is EditionStatus.DRAFT and edition.note and afresh:
        verb = "approve" if chosen.approval == "required" else "send"
        errors.print(f"It is a draft again: digest {verb} {chosen.id} --slot {when:%Y-%m-%dT%H:%M}", markup=False)
    elif edition.status is EditionStatus.DRAFT and (edition.edited or edition.note):
        errors.print("It stays as its editors have it; --rebuild takes in what came since.")
    elif afresh and edition.status not in (EditionStatus.DRAFT, EditionStatus.SKIPPED):
        errors.print(f"It is {edition.status}, so it stays as it is: --rebuild changes drafts.", markup=False)
    if hint is not None:
        errors.print(hint, markup=False)
    titles = {name: article.title for name, article in articles.items() if article and article.title}
    for one in decisions:
        because = re.sub(r"\b[0-9a-f]{16}\b", lambda found: f"“{titles.get(found[0], found[0])}”", one.because)
        typer.echo(f"\n{one.fate:<6}  {titles.get(one.article, one.article)}")
        typer.echo(f"        {because}" + (f"\n        {one.score}" if one.score else ""))


def _newest(store: Store, newsletter: Newsletter) -> str:
    """Say what is stored for a newsletter whose edition found nothing."""
    languages = sorted(newsletter.selection.languages)
    latest = store.articles.newest(languages)
    if latest is None:
        return f"No article in {', '.join(languages)} is stored. To add some: digest collect"
    return (
        f"The newest article in {', '.join(languages)} is of {latest.astimezone(newsletter.timezone):%Y-%m-%dT%H:%M}."
    )


def _say_verified(found: pipeline.Verified, *, as_json: bool) -> None:
    trusted = sum(bool(point.on_trust) for story in found.edition.stories for point in story.points)
    if as_json:
        document = {name: getattr(found, name) for name in ("differences", "edits", "reworded", "versions")}
        show_json({"edition": found.edition.key, **document, "on_trust": trusted})
    else:
        for line in found.differences:
            typer.echo(line)
        for changed in found.versions:
            errors.print(f"another version: {changed}", markup=False)
    if found.differences:
        raise DigestError("made again it is another edition", where=found.edition.key)
    if as_json:
        return
    if found.edits:
        typer.echo("Its editor changed what was built:")
    for line in found.edits:
        typer.echo(f"  {line}")
    by_hand = f"; {plural(found.reworded, 'point')} in other words than the article's" if found.reworded else ""
    on_trust = f", {trusted} of them on an editor's word alone" if trusted else ""
    typer.echo(f"{found.edition.key} is what it was made of{by_hand}{on_trust}.")


def _decision_document(decision: Decision) -> dict[str, Any]:
    score = decision.score
    return {
        "article": decision.article,
        "fate": decision.fate,
        "because": decision.because,
        "score": None if score is None else score.total,
        "figures": None if score is None else str(score),
    }


def _show_edition(edition: Edition) -> None:
    note = f": {edition.note}" if edition.note else ""
    typer.echo(f"{edition.key}  no. {edition.number}  {edition.status}{note}{'  (edited)' if edition.edited else ''}")
    typer.echo(f"Subject: {edition.subject}")
    for section in edition.sections:
        if section.title:
            typer.echo(f"\n{section.title}")
        for story in section.stories:
            update = f"  (update of {story.update_of})" if story.update_of else ""
            typer.echo(f"\n  {story.lead.title}{update}")
            group = None
            for point in story.points:
                if point.group != group:
                    group = point.group
                    typer.echo(f"    {group}:" if group else "")
                typer.echo(f"    • {point.text}")
                if point.on_trust:
                    typer.echo(f"      (on an editor's word: {point.on_trust})")
