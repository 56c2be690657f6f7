"""From a window's articles to one edition: the whole of what a reader gets to see.

Everything here follows from the values given: the slot stands for the time, so an edition built again later from
the same articles is the same edition.  What is in, and why, is decided in choose.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from digest.edition.choose import Choice, Decision, choose
from digest.edition.limits import reading_minutes
from digest.edition.memory import Retell
from digest.edition.subject import preheader_line, subject_line
from digest.model import Article, Edition, EditionStatus, KeyPoint, Newsletter
from digest.translation import translator

__all__ = ["Choice", "Decision", "assemble", "choose", "intro_line", "reading_minutes"]


def assemble(
    newsletter: Newsletter,
    *,
    slot: datetime,
    window: tuple[datetime, datetime],
    articles: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    number: int,
    earlier: Sequence[Edition] = (),
    regular_start: datetime | None = None,
    pins: tuple[str, ...] = (),
    drops: frozenset[str] = frozenset(),
    partner: Edition | None = None,
    retell: Retell | None = None,
) -> Edition:
    """Make the edition of `newsletter` for `slot` from the articles of its window; the order they come in is nothing.

    `points` are by article id; an article without any can stand behind another, never lead.  `earlier` editions of
    this newsletter are not told again, but for what changed since.  `regular_start` is the slot before this one by
    the schedule: where the window begins before it, what is no newer is what readers may have missed.  `pins` and
    `drops` are an editor's, ids or addresses of articles.  `partner` is the paired newsletter's edition to follow.
    `retell` gives the points of what is new in an article whose points are all told already.

    Below `selection.min_stories` the edition is SKIPPED and its note says why; its stories are kept for whoever looks.
    """
    choice = choose(
        newsletter,
        slot=slot,
        window=window,
        articles=articles,
        points=points,
        earlier=earlier,
        regular_start=regular_start,
        pins=pins,
        drops=drops,
        partner=partner,
        retell=retell,
    )
    stories, sections = choice.stories, choice.sections
    minutes = reading_minutes(sections)
    subject = subject_line(newsletter, stories, number=number)
    enough = len(stories) >= newsletter.selection.min_stories
    return Edition(
        newsletter=newsletter.id,
        slot=slot,
        language=newsletter.language,
        number=number,
        subject=subject,
        preheader=preheader_line(newsletter, stories, subject=subject),
        intro=intro_line(newsletter.language, stories=len(stories), minutes=minutes),
        sections=sections,
        window=window,
        reading_minutes=minutes,
        status=EditionStatus.DRAFT if enough else EditionStatus.SKIPPED,
        note="" if enough else _too_few(len(stories), newsletter.selection.min_stories, window),
        pins=pins,
        drops=tuple(sorted(drops)),
    )


def intro_line(language: str, *, stories: int, minutes: int) -> str:
    """Say how much there is to read, as `7 stories, 3 minutes` in `language`."""
    speak = translator(language)
    return ", ".join(
        (
            speak.ngettext("%(n)d story", "%(n)d stories", stories) % {"n": stories},
            speak.ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes},
        )
    )


def _too_few(found: int, needed: int, window: tuple[datetime, datetime]) -> str:
    after, until = window
    told = "1 story" if found == 1 else f"{found or 'no'} stories"
    between = f"between {after:%Y-%m-%dT%H:%M} and {until:%Y-%m-%dT%H:%M}"
    return f"{told} {between}, where selection.min_stories asks for {needed}"
