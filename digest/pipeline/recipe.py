"""What an edition is made of: gathered from the store, written down with it, and put together again the same.

    ingredients (of this moment) -> recipe (kept with the edition) -> ingredients (as they were)

Everything that decides an edition is in its Ingredients; `cook` adds nothing, so the same ingredients give the same
edition whatever has happened to the store since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from digest.edition.assemble import assemble
from digest.errors import DigestError
from digest.keypoints import condense
from digest.model import Article, Edition, EditionStatus, Newsletter, Recipe
from digest.pipeline.slots import slot_past, window
from digest.store import Store

_WENT_OUT = (EditionStatus.SENDING, EditionStatus.SENT)
_MOST_EARLIER = 100  # editions that are looked through for those within a newsletter's memory
_PARTNER_REACH = timedelta(hours=24)
_FITTED = (  # data files that decide what is chosen and how it is grouped
    ("digest.edition", "weights.toml"),
    ("digest.edition", "background.tsv"),
    ("digest.keypoints", "weights.json"),
)
_newsletter = TypeAdapter(Newsletter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """All that decides an edition."""

    newsletter: Newsletter
    slot: datetime
    window: tuple[datetime, datetime]
    articles: tuple[Article, ...]
    earlier: tuple[Edition, ...]
    partner: Edition | None
    number: int
    pins: tuple[str, ...]
    drops: tuple[str, ...]


def gather(store: Store, newsletter: Newsletter, slot: datetime, *, now: datetime, kept: Edition | None) -> Ingredients:
    """Take from the store, as it is at `now`, what the edition of `slot` is made of; `kept` is its former draft."""
    reach = window(store, newsletter, slot)
    last = store.editions.last_published(newsletter.id, slot)
    articles = store.articles.published(
        *reach,
        languages=newsletter.selection.languages,
        sources=newsletter.selection.sources,
        collected_until=now,
        # What came in after the last edition was built, though it was published before, has not had its chance.
        late_since=store.editions.built_at(newsletter.id, last.slot) if last else None,
    )
    earlier = [
        edition
        for edition in store.editions.recent(newsletter.id, limit=_MOST_EARLIER)
        if edition.status in _WENT_OUT and edition.slot < slot and slot - edition.slot <= newsletter.selection.memory
    ]
    return Ingredients(
        newsletter=newsletter,
        slot=slot,
        window=reach,
        articles=tuple(articles),
        earlier=tuple(reversed(earlier)),
        partner=_partner(store, newsletter, slot),
        number=store.editions.next_number(newsletter.id, slot),
        pins=kept.pins if kept else (),
        drops=kept.drops if kept else (),
    )


def cook(given: Ingredients) -> Edition:
    """Make the edition: condense each article, and assemble."""
    most = given.newsletter.selection.max_points
    edition = assemble(
        given.newsletter,
        slot=given.slot,
        window=given.window,
        articles=given.articles,
        points={article.id: condense(article, max_points=most) for article in given.articles},
        number=given.number,
        earlier=given.earlier,
        regular_start=slot_past(given.newsletter, now=given.slot - timedelta(seconds=1)),
        pins=given.pins,
        drops=frozenset(given.drops),
        partner=given.partner,
    )
    return replace(edition, pins=given.pins, drops=given.drops)


def written_down(given: Ingredients, *, now: datetime) -> Recipe:
    """Give the recipe of these ingredients, which the store held at `now`."""
    return Recipe(
        articles=tuple(sorted(article.id for article in given.articles)),
        earlier=tuple(sorted(edition.key for edition in given.earlier)),
        partner=given.partner.key if given.partner else None,
        collected_until=now,
        settings=_settings(given.newsletter),
        versions=dict(_versions()),
    )


def as_they_were(store: Store, edition: Edition, recipe: Recipe) -> Ingredients:
    """Take from the store what `edition` was made of; raises DigestError where something of it is gone."""
    # The list file's place and the lists of others are no part of it; a reader's place for them is enough.
    newsletter = _newsletter.validate_json(recipe.settings)
    articles = [store.articles.get(name) for name in recipe.articles]
    missing = [name for name, article in zip(recipe.articles, articles, strict=True) if article is None]
    known = {one.key: one for one in store.editions.recent(None, limit=10 * _MOST_EARLIER)}
    wanted = [*recipe.earlier, *([recipe.partner] if recipe.partner else [])]
    missing += [key for key in wanted if key not in known]
    if missing:
        raise DigestError(
            f"what it was made of is gone: {', '.join(missing[:5])}",
            where=edition.key,
            remedy="Verify it against a backup of the database that still has it.",
        )
    return Ingredients(
        newsletter=newsletter,
        slot=edition.slot,
        window=edition.window,
        articles=tuple(article for article in articles if article is not None),
        earlier=tuple(sorted((known[key] for key in recipe.earlier), key=lambda one: one.slot.timestamp())),
        partner=known[recipe.partner] if recipe.partner else None,
        number=edition.number,
        pins=edition.pins,
        drops=edition.drops,
    )


def versions_changed(recipe: Recipe) -> list[str]:
    """Name what decides editions and is another version now than the recipe's."""
    now = _versions()
    return [f"{name} was {then}, is {now.get(name)}" for name, then in recipe.versions.items() if now.get(name) != then]


def _partner(store: Store, newsletter: Newsletter, slot: datetime) -> Edition | None:
    """Give the paired newsletter's latest edition of the day before `slot`."""
    if newsletter.pair is None:
        return None
    for edition in store.editions.recent(newsletter.pair, limit=10):
        behind = slot.timestamp() - edition.slot.timestamp()
        if edition.status is not EditionStatus.SKIPPED and 0 <= behind <= _PARTNER_REACH.total_seconds():
            return edition
    return None


@cache
def _versions() -> Mapping[str, str]:
    found = {"digest": version("digest-mail")}
    for package, name in _FITTED:
        content = files(package).joinpath(name).read_bytes()
        found[f"{package}/{name}"] = hashlib.sha256(content).hexdigest()[:12]
    return found


def _settings(newsletter: Newsletter) -> str:
    """Write down a newsletter's definition, alike in every process; what decides no edition is left out."""
    ours = replace(newsletter, list_path="", editors=())
    return json.dumps(ours, default=_plain, ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    """What json.dumps asks for whatever JSON does not know."""
    plain: Any
    match value:
        case Mapping():
            plain = dict(value)
        case AbstractSet():
            plain = sorted(value)
        case ZoneInfo():
            plain = value.key
        case time():
            plain = value.isoformat()
        case timedelta():
            plain = value.total_seconds()
        case _ if is_dataclass(value):
            plain = {field.name: getattr(value, field.name) for field in fields(value)}
        case _:
            raise TypeError(f"{value!r} has no plain form")
    return plain
