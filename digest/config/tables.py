"""The tables of digest.toml: their keys, defaults and what must hold between them."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from digest.config.kinds import (
    Address,
    Clock,
    Domain,
    Duration,
    Host,
    Language,
    OneLine,
    Selector,
    WebAddress,
    Weekdays,
    Weight,
    Whole,
    Zone,
)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class SiteSettings(_Table):
    """What holds for the whole site."""

    data: Path = Path("var")  # the database, the signing key, pictures
    database: SecretStr | None = None  # by default SQLite in `data`; a password only by DIGEST_SITE__DATABASE
    templates: Path = Path("templates")
    public_url: WebAddress = "http://localhost:8025"  # where readers reach the unsubscribe page
    postal_address: OneLine = "(set site.postal_address in digest.toml)"
    timezone: Zone = "UTC"  # of articles' dates that name none
    host: str = ""  # your name for where it runs; a database that sent under another name is a copy
    secret: SecretStr | None = None  # environment only: DIGEST_SITE__SECRET
    secret_file: Path | None = None

    @field_validator("database")
    @classmethod
    def _can_be_opened(cls, database: SecretStr | None) -> SecretStr | None:
        kind = database.get_secret_value().partition("://")[0] if database is not None else "sqlite"
        if kind not in ("sqlite", "postgresql"):
            raise ValueError('expected "sqlite:///path/to/digest.db" or "postgresql://user@host/name"')
        if kind == "postgresql" and None in map(importlib.util.find_spec, ("psycopg", "procrastinate")):
            raise ValueError("PostgreSQL needs its driver and its queue: pip install 'digest-mail[postgres]'")
        return database


class ImagesSettings(_Table):
    """How articles' pictures are shown; they are fetched once, when the edition is made."""

    mode: Literal["hosted", "cid", "off"] = "hosted"  # by the readers' pages, as parts of the mail, or not at all


class WebSettings(_Table):
    """Where `digest run` serves the readers' pages; `site.public_url` is how readers reach them."""

    enabled: bool = True
    host: Host = "127.0.0.1"
    port: Annotated[Whole, Field(ge=0, le=65535)] = 8025  # 0 takes any that is free


class DkimKeySettings(_Table):
    """One key that signs our mail; its public half stands in DNS at `selector`._domainkey.`domain`."""

    selector: Selector
    file: Path  # PEM: Ed25519 or RSA
    domain: Domain | None = None  # dkim.domain by default


class DkimSettings(_Table):
    """What our mail is signed with; every message is signed with each key of its sender's domain."""

    domain: Domain | None = None  # each sender's own by default
    keys: tuple[DkimKeySettings, ...] = ()

    @field_validator("keys")
    @classmethod
    def _named_apart(cls, keys: tuple[DkimKeySettings, ...]) -> tuple[DkimKeySettings, ...]:
        names = [(key.selector.lower(), key.domain) for key in keys]
        if twice := sorted({selector for selector, domain in names if names.count((selector, domain)) > 1}):
            raise ValueError(f"each key needs a selector of its own; used twice: {', '.join(twice)}")
        return keys


class SourceSettings(_Table):
    """One place that articles come from."""

    path: Path
    name: str = ""  # the publisher, as readers know it, for articles that do not say
    timezone: Zone | None = None  # of dates that name none; site.timezone by default
    language: Language | None = None  # None: detected article by article


class KeypointsSettings(_Table):
    """The language model that may reword extracted points; none by default."""

    rewriter: OneLine | None = None  # the model's name
    endpoint: WebAddress = "http://localhost:11434/v1"  # any OpenAI-compatible server
    api_key: SecretStr | None = None  # environment only: DIGEST_KEYPOINTS__API_KEY
    api_key_file: Path | None = None
    timeout: Duration = timedelta(seconds=30)  # for one article's answer
    max_concurrency: Annotated[Whole, Field(ge=1, le=64)] = 2

    @field_validator("rewriter")
    @classmethod
    def _installed(cls, rewriter: str | None) -> str | None:
        # Said here, so that a service does not learn it at nine in the morning.
        if rewriter is not None and importlib.util.find_spec("openai") is None:
            raise ValueError("it needs the openai package: pip install 'digest-mail[rewrite]'")
        return rewriter

    @field_validator("endpoint")
    @classmethod
    def _has_port(cls, endpoint: str) -> str:
        try:
            found = urlsplit(endpoint)
            usable = bool(found.hostname) and found.port != 0 and found.username is None
        except ValueError:
            usable = False
        if not usable:
            raise ValueError('expected an address such as "http://localhost:11434/v1", a key not in it')
        return endpoint


class SenderSettings(_Table):
    """The From line; `from` in digest.toml."""

    name: OneLine
    address: Address
    reply_to: Address | None = None


class SectionSettings(_Table):
    """A heading, and which stories go under it; every condition that is set must hold."""

    title: OneLine
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()
    brief: bool = False
    max_stories: Annotated[Whole, Field(ge=1, le=100)] | None = None


class SelectionSettings(_Table):
    """Which articles make an edition."""

    languages: tuple[Language, ...] = ()
    sources: tuple[str, ...] = ()
    min_stories: Annotated[Whole, Field(ge=0, le=1000)] = 1
    max_minutes: Annotated[Whole, Field(ge=1, le=600)] | None = None
    max_per_source: Annotated[Whole, Field(ge=1, le=100)] | None = None
    half_life: Duration = timedelta(hours=12)
    source_weights: dict[str, Weight] = {}
    section_weights: dict[str, Weight] = {}
    memory: Duration = timedelta(days=14)
    sections: tuple[SectionSettings, ...] = ()
    max_stories: Annotated[Whole, Field(ge=1, le=100)] = 10
    max_points: Annotated[Whole, Field(ge=1, le=20)] | None = None
    brief_after: Annotated[Whole, Field(ge=1, le=100)] = 5


class NewsletterSettings(_Table):
    """One newsletter; its id is the table's name."""

    title: OneLine
    description: str = ""
    language: Language
    timezone: Zone
    send_at: Clock
    days: Weekdays = frozenset(range(7))
    grace: Duration = timedelta(hours=2)  # a slot missed by less is still begun
    not_after: Clock | None = None  # the deadline of its messages, on the newsletter's clock
    late: Literal["hold", "send", "merge"] = "hold"  # what becomes of those who have not had it by then
    sender: Annotated[SenderSettings, Field(alias="from")]
    list_file: Annotated[Path, Field(alias="list")]
    theme: OneLine
    postal_address: OneLine | None = None  # in its own language; the site's where there is none
    bounces: Address | None = None  # delivery.bounces by default
    verp: bool | None = None
    selection: SelectionSettings = SelectionSettings()
    approval: Literal["auto", "required"] = "auto"
    unapproved: Literal["send", "hold", "skip"] = "hold"  # a draft that nobody approved by its slot
    draft_before: Duration = timedelta(hours=1)  # how long before its slot a draft is built for approval
    editors: tuple[Address, ...] = ()  # who is told of drafts
    pair: str | None = None  # a newsletter in another language whose stories this one follows
    style: dict[str, str] = {}
    social: dict[str, WebAddress] = {}

    @model_validator(mode="after")
    def _somebody_is_told(self) -> Self:
        if self.approval == "required" and not self.editors:
            raise ValueError('approval = "required" needs editors = ["…"]: who is told of drafts and approves them')
        return self

    @model_validator(mode="after")
    def _deadline_makes_sense(self) -> Self:
        if self.not_after is None and "late" in self.model_fields_set:
            raise ValueError('late says what happens at not_after, so it needs one, such as not_after = "11:00"')
        if self.not_after == self.send_at:
            raise ValueError(f"not_after is send_at itself, {self.send_at:%H:%M}: nothing could leave")
        return self
