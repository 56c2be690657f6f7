"""An edition as the reader meets it: every text clean and on one line, every link safe, points under their speakers.

The HTML part and the text part are both written from these values, so they say the same in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from digest.model import Article, Edition, KeyPoint, Newsletter, Section, Story, slot
from digest.render.clean import clean_line, clean_lines, safe_link, site_of
from digest.render.typeset import typeset
from digest.translation import Translator, text_direction, translator

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CUT_HERE = re.compile(r",\s|\s[(—–-]")  # what follows a point in its article where it is the head of a sentence
_UNENDED = re.compile(r"(?<![.!?…])[\w)%»”\"’']$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A label, and where it leads; `url` is empty where there is nowhere to go."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that is ours to show; as text, its address."""

    src: str  # https: or cid:
    width: int  # CSS pixels

    def __str__(self) -> str:
        return self.src

    @property
    def address(self) -> str:
        """Where it can be looked at outside the mail; empty where it comes with the mail."""
        return "" if self.src.startswith("cid:") else self.src


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One bullet; `source` is who tells it, empty where that is the story's own source."""

    text: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Points in order under whose words or deeds they are; `speaker` is empty for points of no one's."""

    speaker: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story.  `source` and `url` may be empty; then there is no such line, or no link in it."""

    position: int  # counts the edition's stories from 1
    title: str
    category: str
    source: str
    url: str
    image: Picture | None
    updated: str  # the day of the earlier edition that it continues, "March 4"; empty where it continues none
    language: str  # empty where it is the edition's own
    direction: str
    groups: tuple[Points, ...]
    related: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """Stories under a heading; `title` is empty for the main part."""

    title: str
    brief: bool
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """What templates know as `edition`."""

    language: str
    direction: str
    subject: str
    preheader: str
    title: str
    description: str
    date: str
    number: int
    intro: str
    sections: tuple[SectionView, ...]
    postal_address: tuple[str, ...]  # its lines
    social: tuple[Link, ...]
    unsubscribe_url: str
    preferences_url: str
    view_url: str
    name: str  # the subscriber's; a slot, so it may turn out empty
    whole: bool = False  # the browser's version, in which links lead to single stories
    more: Link | None = None  # to the stories that the mail had no room for; None where it has them all

    @property
    def stories(self) -> tuple[StoryView, ...]:
        """Every story in reading order."""
        return tuple(story for section in self.sections for story in section.stories)


VIEWS = (EditionView, SectionView, StoryView, Picture, Points, Point, Link)


def view_of(edition: Edition, newsletter: Newsletter, *, images: Mapping[str, Picture]) -> EditionView:
    """What a reader of `edition` is shown.  Sections without a story are left out, and pictures not in `images`."""
    voice = translator(edition.language)
    language = edition.language if _TAG.fullmatch(edition.language) and edition.language != "und" else voice.language
    sections: list[SectionView] = []
    position = 0
    for section in edition.sections:
        if section.stories:
            sections.append(_section(section, first=position + 1, language=language, voice=voice, images=images))
            position += len(section.stories)
    return EditionView(
        language=language,
        direction=text_direction(language),
        subject=clean_line(edition.subject),
        preheader=clean_line(edition.preheader),
        title=clean_line(newsletter.title),
        description=clean_line(newsletter.description),
        date=_date(edition, voice),
        number=edition.number,
        intro=clean_line(edition.intro),
        sections=tuple(sections),
        postal_address=clean_lines(newsletter.postal_address),
        social=_social(newsletter.social_links),
        unsubscribe_url=slot("unsubscribe_url"),
        preferences_url=slot("preferences_url"),
        view_url=slot("view_url"),
        name=slot("name"),
    )


def _date(edition: Edition, voice: Translator) -> str:
    date = voice.format_date(edition.slot, "full")
    return date[0].upper() + date[1:]  # Russian weekdays are lower case; here they open a line


def _section(
    section: Section, *, first: int, language: str, voice: Translator, images: Mapping[str, Picture]
) -> SectionView:
    stories = (
        _story(story, position=position, brief=section.brief, language=language, voice=voice, images=images)
        for position, story in enumerate(section.stories, start=first)
    )
    return SectionView(title=clean_line(section.title), brief=section.brief, stories=tuple(stories))


def _story(
    story: Story, *, position: int, brief: bool, language: str, voice: Translator, images: Mapping[str, Picture]
) -> StoryView:
    lead = story.lead
    url = safe_link(lead.url)
    foreign = lead.language != language.partition("-")[0] and bool(_TAG.fullmatch(lead.language))
    tag = lead.language if foreign and lead.language != "und" else ""
    return StoryView(
        position=position,
        title=typeset(clean_line(lead.title)) or site_of(url) or "…",  # a title of nothing but invisible characters
        category=clean_line(lead.category or ""),
        source=clean_line(lead.source) or site_of(url),
        url=url,
        image=images.get(lead.image or ""),
        updated=voice.format_day(_day_of(story.update_of)) if story.update_of else "",
        language=tag,
        direction=text_direction(tag or language),
        groups=_groups(story, story.points[:1] if brief else story.points),
        related=_related(story),
    )


def _day_of(key: str) -> date:
    """The day of an edition, from its key: ukraine-today/2022-01-27T09:00."""
    return datetime.fromisoformat(key.rpartition("/")[2]).date()


def _sources(story: Story) -> Mapping[str, str]:
    """Who tells what the lead article's source does not, by article id."""
    own = _link(story.lead).label
    labels = {article.id: _link(article).label for article in story.others}
    return {name: label for name, label in labels.items() if label != own}


def _groups(story: Story, points: Sequence[KeyPoint]) -> tuple[Points, ...]:
    sources, texts = _sources(story), {article.id: article.text for article in story.articles}
    groups: list[Points] = []
    for speaker, run in groupby(points, key=lambda point: clean_line(point.group or "")):
        shown = [
            Point(text=_as_sentence(point, texts.get(point.article, "")), source=sources.get(point.article, ""))
            for point in run
        ]
        told = tuple(point for point in shown if point.text)
        if told:
            groups.append(Points(speaker=speaker, points=told))
    return tuple(groups)


def _as_sentence(point: KeyPoint, article: str) -> str:
    """The point's words; one that was cut out of a sentence of `article` opens and ends like a sentence all the same.

    Only what is shown changes, blanks at which no line may end included: the point stays its article's words, and an
    author's own wording stays as it is.
    """
    text = typeset(clean_line(point.text))
    if point.origin != "extracted" or not text:
        return text
    if text.partition(" ")[0].islower():
        text = text[:1].upper() + text[1:]
    goes_on = _CUT_HERE.match(article, point.spans[-1].end)
    return f"{text}." if goes_on and _UNENDED.search(text) else text


def _related(story: Story) -> tuple[Link, ...]:
    """Who else reports it, each once, in order; named by the source, or else the site, or else the title.

    The lead's own source is not another one, unless it has a further article to read.
    """
    links: dict[tuple[str, str], Link] = {}
    own = _link(story.lead).label
    for article in story.others:
        link = _link(article)
        if link.label == own and not link.url:
            continue
        links.setdefault((link.label, link.url), link)
    return tuple(links.values())


def _link(article: Article) -> Link:
    url = safe_link(article.url)
    label = clean_line(article.source) or site_of(url) or clean_line(article.title)
    return Link(label=label, url=url)


def _social(links: Mapping[str, str]) -> tuple[Link, ...]:
    pairs = ((clean_line(label), safe_link(address)) for label, address in links.items())
    return tuple(Link(label=label, url=url) for label, url in pairs if label and url)
