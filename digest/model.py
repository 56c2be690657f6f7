"""The values that pass from room to room, in the order in which they come to be.

    Article -> KeyPoint -> Story -> Edition -> Rendered -> Envelope -> Attempt

A value is whole and checked once it exists, so no later room checks it again.
Nothing here reads a clock, a file or a setting.  Every instant is aware.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

BlockKind = Literal["paragraph", "heading", "item", "quote"]
Origin = Literal["authored", "extracted", "rewritten"]


def _require_aware(name: str, instant: datetime) -> None:
    if instant.utcoffset() is None:  # our own bug, so not a DigestError
        raise ValueError(f"{name} has no time zone: {instant!r}")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (not included) of an article's `text`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading, list item or quote of an article.

    `text` is what a reader sees: one line, white space folded, list bullet and markup gone.
    `span` is where it stands in the article's `text`, markup and bullet left outside where possible.
    """

    kind: BlockKind
    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    r"""One piece as its publisher published it; `id` follows from its content.

    `text` is the body as it came, decoded to Unicode with line ends as \n; every span counts its characters.
    `blocks` are its parts in order, page furniture included: what is worth reading is decided later.
    """

    id: str  # see article_id
    url: str  # canonical: no fragment, no utm_* parameters; empty for a file without one
    title: str  # empty only for raw text that was never stored
    published: datetime
    language: str  # BCP 47 primary subtag: en, ru, uk; "und" where it cannot be told
    source: str  # who published it, as a reader would name it; empty where nobody says
    text: str
    blocks: tuple[Block, ...]
    author: str | None = None
    image: str | None = None
    category: str | None = None  # the publisher's own rubric, if it gives one
    keywords: tuple[str, ...] = ()
    origin: str = ""  # where it was read, as an address: what comes from there later is a newer version of it

    def __post_init__(self) -> None:
        _require_aware(f"{self.title}: published", self.published)


def article_id(*, url: str, title: str, text: str) -> str:
    """16 hexadecimal digits that change whenever the address, title or text of an article does."""
    return hashlib.sha256(f"{url}\0{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """One bullet of a story, with the evidence for it.

    `spans` are characters of the text of the article whose id is `article`.
    """

    text: str
    group: str | None = None  # whose words or deeds these are: "Blinken"
    origin: Origin
    spans: tuple[Span, ...]
    article: str
    original: str | None = None  # the wording before a rewriter or an editor changed it
    on_trust: str = ""  # what an editor's wording adds to the sentences, kept on the editor's word alone

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError(f"nothing in the article bears out {self.text!r}")
        if not self.text.strip():
            raise ValueError("an empty key point")


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
        _require_aware("slot", self.slot)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """At `at` on the wall clock, on these weekdays (0 is Monday)."""

    at: time
    weekdays: frozenset[int] = frozenset(range(7))

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError(f"weekdays are 0 to 6, at least one: {sorted(self.weekdays)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who a newsletter is from; `address` is also the envelope sender unless a bounce address is set."""

    name: str
    address: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRule:
    """Which stories go under a heading: those whose lead article meets every condition that is not empty.

    The rules of a newsletter are tried in order, and the first that fits takes the story; what fits none stays in the
    edition's main part.
    """

    title: str
    categories: frozenset[str] = frozenset()  # of the publisher, compared without case
    keywords: frozenset[str] = frozenset()  # one of the article's keywords or a word of its title, without case
    sources: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    brief: bool = False
    max_stories: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles make an edition, and how much of them."""

    languages: frozenset[str] = frozenset()  # empty: the newsletter's own
    sources: frozenset[str] = frozenset()  # names of articles' sources; empty: all
    min_stories: int = 1
    max_stories: int = 10
    max_points: int | None = None  # extracted points a story; None lets the article decide
    brief_after: int = 5  # stories past this many go "In brief"
    max_minutes: int | None = None  # of reading, titles and points together
    max_per_source: int | None = None  # stories led by one source
    half_life: timedelta = timedelta(hours=12)  # an article's freshness halves with each
    source_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # 1 where not named
    section_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # by category
    sections: tuple[SectionRule, ...] = ()
    memory: timedelta = timedelta(days=14)  # what was sent within it is not told again as new


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """The standing definition of a newsletter, as the configuration gives it."""

    id: str
    title: str
    description: str
    language: str
    timezone: ZoneInfo
    schedule: Schedule
    sender: Sender
    list_path: str  # absolute path of the list file
    theme: str  # a folder of templates/
    postal_address: str
    public_url: str  # where `digest run` serves unsubscribe and view-in-browser pages; no trailing slash
    selection: Selection = Selection()
    theme_settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # accent = "#0b57a4", …
    social_links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # label -> address
    approval: Literal["auto", "required"] = "auto"
    unapproved: Literal["send", "hold", "skip"] = "hold"  # what becomes of a draft that nobody approved by its slot
    editors: tuple[str, ...] = ()  # addresses that are told of drafts, and of what became of those nobody approved
    pair: str | None = None  # a newsletter in another language whose stories this one tells in the same order
    not_after: time | None = None  # on its wall clock: from then on none of a slot's messages leaves by itself
    late: Literal["hold", "send", "merge"] = "hold"  # what becomes of those who have not had it by then
    bounces: str | None = None  # where bounces go; None: to the sender's address
    verp: bool = False  # each message has a return path of its own there: see audience.returnpath

    @property
    def list_id(self) -> str:
        """The RFC 2919 identifier: `ukraine-today.news.example`."""
        return f"{self.id}.{self.sender.address.rpartition('@')[2]}"


class SubscriberStatus(StrEnum):
    """Whether mail may go to a subscriber: only to an active one."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One good line of a list file."""

    address: str  # normalised: see audience.address
    name: str
    attributes: Mapping[str, str]
    line: int  # counted from 1, for messages about it


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """One bad line of a list file, reported; the rest goes on."""

    path: str
    line: int
    text: str  # the line, shortened, control characters escaped
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One address on one newsletter."""

    id: int  # the subscription's key in the store; grows with time
    newsletter: str
    address: str
    name: str
    attributes: Mapping[str, str]
    status: SubscriberStatus
    listed: bool = True  # the list file names it; a line taken out ends the subscription


# A slot is written into a rendered part as \ue000 name \ue001: private-use characters never stand in
# rendered text otherwise (render strips them from articles), survive MRML, and so cannot be forged.
SLOT_OPEN, SLOT_CLOSE = "\ue000", "\ue001"


SLOT_OR = "|"  # parts a slot's name from its fallback, both percent-encoded


def slot(name: str, fallback: str | None = None) -> str:
    """The mark that stands for a per-subscriber value until the message is addressed.

    `fallback` is the text for whoever has no such value, or an empty one; without it, everybody must have one.
    Percent-encoded, neither can be taken for markup, folded as white space or read as the mark's own end.
    """
    rest = "" if fallback is None else SLOT_OR + quote(fallback, safe="", errors="replace")
    return f"{SLOT_OPEN}{quote(name, safe='', errors='replace')}{rest}{SLOT_CLOSE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An edition as mail, before it is addressed: rendered once, with slots for what varies."""

    subject: str
    preheader: str
    html: str
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message as SMTP is told it: who from, who to, and the bytes (CRLF line ends)."""

    subscriber: int
    sender: str
    recipient: str
    message_id: str
    message: bytes


class DeliveryState(StrEnum):
    """Where one edition to one subscriber stands in the ledger."""

    PENDING = "pending"  # no row in the ledger: its turn has not come
    CLAIMED = "claimed"  # taken by a sender; nothing was offered to the relay yet
    OFFERED = "offered"  # handed to the relay; its reply is not read yet
    SENT = "sent"
    DEFERRED = "deferred"  # a 4xx: tried again later
    FAILED = "failed"  # a 5xx
    SKIPPED = "skipped"  # suppressed, or gone from the list, when its turn came
    UNCERTAIN = "uncertain"  # offered, and the process or connection died before the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one offer of an envelope came to."""

    subscriber: int
    state: DeliveryState
    reply: str  # "250 2.0.0 queued as 4F2", trimmed; empty where none came
    at: datetime
    message_id: str
    bounced: bool = False  # a mailbox fault (5.1.x): suppress the address
    relay: str = ""  # the name of the mail server that it was offered to; empty where it is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The deliveries of one edition by state; a state with none counts 0."""

    audience: int
    pending: int = 0
    claimed: int = 0
    offered: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    skipped: int = 0
    uncertain: int = 0
