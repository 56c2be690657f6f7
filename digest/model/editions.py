"""An issue of a newsletter: its stories in sections, where it stands, and what it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.model.articles import Article, KeyPoint
from digest.model.instants import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One event: the lead article, the others that report it, and its points."""

    lead: Article
    others: tuple[Article, ...] = ()
    points: tuple[KeyPoint, ...]
    update_of: str | None = None  # key of the earlier edition that this continues

    @property
    def id(self) -> str:
        """The lead article's id: an article leads at most one story of an edition."""
        return self.lead.id

    @property
    def articles(self) -> tuple[Article, ...]:
        """The lead first, then the others."""
        return (self.lead, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Stories under one heading; a `brief` section shows each with its first point only."""

    title: str  # empty for the edition's main part
    stories: tuple[Story, ...]
    brief: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that an edition was made of, so that it can be made again byte for byte from the same store."""

    articles: tuple[str, ...]  # ids of all candidates, sorted
    beside: Mapping[str, str] = field(default_factory=dict)  # JSON by id: what stood around an article's words
    earlier: tuple[str, ...]  # keys of the editions that it remembers, sorted
    partner: str | None  # key of the paired newsletter's edition, if it follows one
    partner_stories: tuple[tuple[str, ...], ...] = ()  # ids of the articles of its stories then, in its order
    pins: tuple[str, ...] = ()  # an editor's, of a former draft of this slot
    drops: tuple[str, ...] = ()
    collected_until: datetime  # what the store held at this instant counted
    settings: str  # the newsletter's definition as JSON
    versions: Mapping[str, str]  # of digest, and of its code and data that decide what an edition says


class EditionStatus(StrEnum):
    """Where an edition stands; only a draft may still change."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"  # stopped on its way by a person, who may let it go on
    CANCELLED = "cancelled"  # stopped for good: whoever had not had it is skipped
    MERGED = "merged"  # ended at its deadline: whoever had not had it sees its stories in the next edition
    SKIPPED = "skipped"

    @property
    def begun(self) -> bool:
        """Whether it began to go out: its mail and audience are fixed."""
        return self not in (EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.SKIPPED)

    @property
    def said(self) -> str:
        """What follows "it is": sent, approved, but a draft."""
        return "a draft" if self is EditionStatus.DRAFT else self.value

    @property
    def ended(self) -> bool:
        """Whether it began to go out, and nobody is due it any more."""
        return self in (EditionStatus.SENT, EditionStatus.CANCELLED, EditionStatus.MERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One issue before it is addressed to anyone; `newsletter` and `slot` are its identity."""

    newsletter: str
    slot: datetime  # when it is due, in the newsletter's own time zone: nine is nine on the wall clock
    language: str
    number: int  # counts a newsletter's editions from 1, skipped ones left out
    subject: str
    preheader: str
    intro: str
    sections: tuple[Section, ...]  # in reading order; empty on a quiet day
    window: tuple[datetime, datetime]  # articles published after the first and up to the second
    reading_minutes: int
    status: EditionStatus = EditionStatus.DRAFT
    note: str = ""  # why it was skipped or held, for status and logs
    edited: bool = False  # an editor changed it: it is not built again by itself
    pins: tuple[str, ...] = ()  # ids of stories that the editor keeps first, in this order
    drops: tuple[str, ...] = ()  # ids of stories that the editor took out
    recipe: Recipe | None = None  # None only for editions that were never built from a store

    def __post_init__(self) -> None:
        require_aware("slot", self.slot)

    @property
    def key(self) -> str:
        """How the edition is named to people; see `edition_key`."""
        return edition_key(self.newsletter, self.slot)

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story in reading order."""
        return tuple(story for section in self.sections for story in section.stories)


def edition_key(newsletter: str, slot: datetime) -> str:
    """`ukraine-today/2022-01-28T09:00`: how an edition is named to people and in Message-IDs."""
    return f"{newsletter}/{slot:%Y-%m-%dT%H:%M}"
