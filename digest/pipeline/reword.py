"""An edition's extracted points in a language model's words, where one is configured; the edition stands without.

Selection and order are settled before, from the extracted points: a model changes how an edition reads, never what
is in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from digest.edition.assemble import intro_line, reading_minutes
from digest.edition.subject import preheader_line
from digest.keypoints.rewrite import Rewriting, rewrite_request, verified
from digest.model import Article, Edition, KeyPoint, Newsletter, Section, Span, Story
from digest.rewriter import Answer, Endpoint, Question, ask

_log = structlog.get_logger(__name__)
_TIMES_IN_ALL = 10  # all answers of an edition together take at most this many times the time-out of one

_Told = tuple[Article, tuple[KeyPoint, ...]]  # an article of the edition and its points in it


def reworded(edition: Edition, newsletter: Newsletter, rewriter: Endpoint, *, kept: Edition | None) -> Edition:
    """Give `edition` with those of its extracted points in other words that are borne out in them.

    What `kept`, the slot's former draft, already had rewritten from the same sentences is taken from there: a slot
    built twice is the same edition, and a preview does not ask again at each save.  Whatever goes wrong with the
    model ends in the extracted points and a line in the log.  Call it where no event loop runs: it starts its own.
    Raises ConfigError where the client is not installed.
    """
    told = _told(edition)
    former = _told(kept) if kept is not None else {}
    new = {name: before for name, one in told.items() if (before := _remembered(one, former))}
    open_still = {name: one for name, one in told.items() if name not in new}
    new |= _asked(edition, open_still, rewriter)
    sections = tuple(_section(section, new) for section in edition.sections)
    minutes = reading_minutes(sections)
    stories = [story for section in sections for story in section.stories]
    return replace(
        edition,
        sections=sections,
        preheader=preheader_line(newsletter, stories, subject=edition.subject),
        intro=intro_line(edition.language, stories=len(stories), minutes=minutes),
        reading_minutes=minutes,
    )


def _told(edition: Edition) -> dict[str, _Told]:
    """The articles of `edition` that have points in it, by their id."""
    return {
        article.id: (article, points)
        for story in edition.stories
        for article in story.articles
        if (points := tuple(point for point in story.points if point.article == article.id))
    }


def _remembered(one: _Told, kept: Mapping[str, _Told]) -> tuple[KeyPoint, ...]:
    """The article's points in the former draft, if some are rewritten and all rest on today's sentences."""
    article, points = one
    _, before = kept.get(article.id, (article, ()))
    known = {point.text for point in points}
    rewritten = any(point.origin == "rewritten" for point in before)
    same = all((point.original or point.text) in known for point in before)
    return before if rewritten and same and _ground(before) == _ground(points) else ()


def _ground(points: Sequence[KeyPoint]) -> set[Span]:
    return {span for point in points for span in point.spans}


def _asked(edition: Edition, told: Mapping[str, _Told], rewriter: Endpoint) -> dict[str, tuple[KeyPoint, ...]]:
    requests = {name: request for name, one in told.items() if (request := rewrite_request(*one))}
    questions = [
        Question(instructions=request.instructions, material=request.material, schema=request.schema)
        for request in requests.values()
    ]
    if not questions:
        return {}
    answers = asyncio.run(ask(questions, rewriter, seconds=_TIMES_IN_ALL * rewriter.timeout_seconds))
    results = {name: _result(*told[name], answer) for name, answer in zip(requests, answers, strict=True)}
    log = _log.bind(edition=edition.key, model=rewriter.model)
    for name, answer in zip(results, answers, strict=True):
        if answer.problem:
            log.warning("points not rewritten", article=name, reason=answer.problem)
        for fallback in () if answer.problem else results[name].fallbacks:
            log.warning("point not rewritten", article=name, reason=fallback.reason, point=fallback.point.text)
    points = [point for result in results.values() for point in result.points]
    rewritten = sum(point.origin == "rewritten" for point in points)
    log.info("points rewritten", rewritten=rewritten, extracted=len(points) - rewritten)
    return {name: result.points for name, result in results.items()}


def _result(article: Article, points: tuple[KeyPoint, ...], answer: Answer) -> Rewriting:
    if answer.problem:
        return Rewriting(points=points, fallbacks=())
    return verified(article, points, answer.value)


def _section(section: Section, new: Mapping[str, tuple[KeyPoint, ...]]) -> Section:
    return replace(section, stories=tuple(_story(story, new) for story in section.stories))


def _story(story: Story, new: Mapping[str, tuple[KeyPoint, ...]]) -> Story:
    """The story with each article's points in place of its former ones, where the first of them stood."""
    points: list[KeyPoint] = []
    placed: set[str] = set()
    for point in story.points:
        if point.article not in new:
            points.append(point)
        elif point.article not in placed:
            placed.add(point.article)
            points.extend(new[point.article])
    return replace(story, points=tuple(points))
