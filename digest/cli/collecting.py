"""collect, articles, keypoints: from texts to points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import pipeline
from digest.cli.app import app, errors, site
from digest.cli.output import plural, progress, show_json, show_table, tell_skipped
from digest.errors import SourceUnreadable
from digest.model import Article, KeyPoint

if TYPE_CHECKING:  # it brings whole rooms with it
    from digest.pipeline.condense import Answer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def collect(
    context: typer.Context,
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; all configured sources by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Store articles from files and folders. Safe to repeat: what is known stays once.

    Example: digest collect articles/moscow.txt
    """
    with site(context) as (settings, store), progress("Reading articles") as bar:
        result = pipeline.collect(
            settings,
            store,
            now=datetime.now(UTC),
            paths=sources or [],
            on_article=lambda _article: bar.advance(bar.task_ids[0]),
        )
    if as_json:
        show_json(
            {
                "new": result.new,
                "known": result.known,
                "replaced": result.replaced,
                "problems": [str(problem) for problem in result.problems],
            }
        )
    else:
        typer.echo(
            f"{plural(result.new, 'new article')} from {plural(result.sources, 'source')}"
            f" ({result.known} known, {result.replaced} replaced)"
        )
    tell_skipped(result.problems, to=errors, all_by="--json")
    mistyped = [path for path in sources or () if not path.exists()]  # a script must not take it for read
    if mistyped or (result.problems and not (result.new or result.known or result.replaced)):
        raise typer.Exit(1)


@app.command()
def articles(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List what is stored, newest first.

    Example: digest articles --limit 20
    """
    with site(context) as (_settings, store):
        found = store.articles.recent(limit)
    if as_json:
        show_json(
            [
                {
                    "id": article.id,
                    "published": article.published.isoformat(),
                    "language": article.language,
                    "source": article.source,
                    "title": article.title,
                    "url": article.url,
                }
                for article in found
            ]
        )
        return
    show_table(
        ["published", "lang", "source", "title"],
        [(f"{a.published:%Y-%m-%d %H:%M %Z}", a.language, a.source, a.title) for a in found],
        empty="Nothing is stored yet. Begin with: digest collect",
    )


@app.command()
def keypoints(
    file: Annotated[Path | None, typer.Argument(help="One article, or a folder of them.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read {id, lang, title, text[, max_points]} a line on standard input.")
    ] = False,
    max_points: Annotated[int | None, typer.Option("--max-points", min=1, max=20, help="At most so many.")] = None,
    as_json: Json = False,
) -> None:
    """Condense an article to its key points. Each names the characters of the text that it rests on.

    Example: digest keypoints articles/moscow.txt
    """
    if jsonl == (file is not None):
        raise typer.BadParameter("name one FILE, or pass --jsonl and feed it on standard input")
    if file is None:
        _answer(pipeline.condense_lines(typer.get_binary_stream("stdin"), max_points=max_points))
        return
    found = pipeline.condense_file(file, max_points=max_points)
    if not found:
        raise SourceUnreadable("it holds nothing worth a key point", where=str(file), remedy="Is it an article?")
    if as_json:
        show_json([{"id": article.id, "points": [pipeline.point_document(p) for p in ps]} for article, ps in found])
    for article, points in found:
        if not as_json:
            _show_points(article, points)
        if note := pipeline.reading_note(article):
            errors.print(f"{article.title}: {note}", markup=False)


@app.command()
def stories(
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read {id, lang, title, text, date} a line on standard input.")
    ] = False,
) -> None:
    """Group records by the event they report. Prints {id, story} a line, in the order in which they came.

    Example: digest stories --jsonl < articles.jsonl
    """
    if not jsonl:
        raise typer.BadParameter("pass --jsonl and feed the records on standard input")
    _answer(pipeline.group_lines(typer.get_binary_stream("stdin")))


def _answer(answers: Iterator[Answer]) -> None:
    """Print each answer, report each problem; a bad line is no failure of the run."""
    skipped = 0
    notes: Counter[str] = Counter()
    for answer in answers:
        if answer.problem:
            skipped += 1
            errors.print(f"skipped: {answer.problem}", markup=False)
        else:
            typer.echo(answer.line)
            notes.update([answer.note] if answer.note else [])
    if skipped:
        errors.print(f"{plural(skipped, 'line')} skipped", markup=False)
    for note, count in sorted(notes.items()):
        errors.print(f"{plural(count, 'record')} {note}", markup=False)


def _show_points(article: Article, points: tuple[KeyPoint, ...]) -> None:
    typer.echo(article.title)
    group = None
    for point in points:
        if point.group != group:
            group = point.group
            typer.echo(f"\n  {group}" if group else "")
        where = ", ".join(f"{span.start}–{span.end}" for span in point.spans)
        typer.echo(f"  • {point.text}  [{point.origin} {where}]")
