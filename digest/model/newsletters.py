"""A newsletter as its editors define it: when it goes out, from whom, and which articles make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo


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
