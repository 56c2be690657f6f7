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
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from digest.errors import DigestError
from digest.model import Article, Edition, EditionStatus, Newsletter, Recipe, Section, Story
from digest.pipeline.ingredients import Ingredients
from digest.pipeline.pairs import partner_edition
from digest.pipeline.slots import window
from digest.store import Store

_MAKERS = ("edition", "keypoints", "locale")  # folders of digest whose code and data decide what an edition says
_SOURCE = (".py", ".toml", ".tsv", ".json", ".po")
_newsletter = TypeAdapter(Newsletter)
_article = TypeAdapter(Article)
_WORDS = {"id", "url", "title", "text", "blocks"}


def gather(
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    now: datetime,
    kept: Edition | None,
    passed: datetime | None = None,
) -> Ingredients:
    """Take from the store, as it is at `now`, what the edition of `slot` is made of; `kept` is its former draft.

    `passed`: see `passed_over`.
    """
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
        for edition in store.editions.between(newsletter.id, slot - newsletter.selection.memory, slot)
        if edition.status.begun
        and edition.status is not EditionStatus.MERGED
        and edition.number  # else nobody has it
        and edition.slot < slot
    ]
    return Ingredients(
        newsletter=newsletter,
        slot=slot,
        window=reach,
        articles=tuple(articles),
        earlier=tuple(reversed(earlier)),
        partner=partner_edition(store, newsletter, slot),
        number=store.editions.next_number(newsletter.id, slot, passed=passed),
        pins=kept.pins if kept else (),
        drops=kept.drops if kept else (),
    )


def written_down(given: Ingredients, *, now: datetime) -> Recipe:
    """Give the recipe of these ingredients, which the store held at `now`."""
    return Recipe(
        articles=tuple(sorted(article.id for article in given.articles)),
        beside={article.id: _beside(article) for article in (*given.articles, *_told(given.partner))},
        earlier=tuple(sorted(edition.key for edition in given.earlier)),
        partner=given.partner.key if given.partner else None,
        # A draft of the partner's may be built or edited again: what was followed is what its stories were then.
        partner_stories=tuple(
            tuple(article.id for article in story.articles)
            for story in (given.partner.stories if given.partner else ())
        ),
        pins=given.pins,
        drops=given.drops,
        collected_until=now,
        settings=_settings(given.newsletter),
        versions=dict(_versions()),
    )


def as_they_were(store: Store, edition: Edition, recipe: Recipe) -> Ingredients:
    """Take from the store what `edition` was made of; raises DigestError where something of it is gone.

    An editor's changes to `edition` came later and are no part of it.
    """
    found = {
        name: store.articles.get(name) for stories in (recipe.articles, *recipe.partner_stories) for name in stories
    }
    articles = {name: _as_it_was(article, recipe) for name, article in found.items() if article is not None}
    kept = {key: _edition_of(store, key) for key in (*recipe.earlier, *([recipe.partner] if recipe.partner else []))}
    editions = {key: one for key, one in kept.items() if one is not None}
    missing = [name for name in (*found, *kept) if name not in articles and name not in editions]
    if missing:
        raise DigestError(
            f"what it was made of is gone: {', '.join(missing[:5])}",
            where=edition.key,
            remedy="Verify it against a backup of the database that still has it.",
        )
    partner = None
    if recipe.partner:
        stories = [[articles[name] for name in names] for names in recipe.partner_stories]
        told = tuple(Story(lead=lead, others=tuple(others), points=()) for lead, *others in stories)
        partner = replace(editions[recipe.partner], sections=(Section(title="", stories=told),))
    return Ingredients(
        # The list file's place and the editors are no part of it.
        newsletter=_newsletter.validate_json(recipe.settings),
        slot=edition.slot,
        window=edition.window,
        articles=tuple(articles[name] for name in recipe.articles),
        earlier=tuple(sorted((editions[key] for key in recipe.earlier), key=lambda one: one.slot.timestamp())),
        partner=partner,
        number=edition.number,
        pins=recipe.pins,
        drops=recipe.drops,
    )


def _told(partner: Edition | None) -> list[Article]:
    return [article for story in (partner.stories if partner else ()) for article in story.articles]


def _beside(article: Article) -> str:
    """Write down what a publisher may mend without changing a word: date, source, category and the like."""
    fields = _article.dump_python(article, mode="json", exclude=_WORDS, exclude_defaults=True)
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


def _as_it_was(article: Article, recipe: Recipe) -> Article:
    """Give the article as the recipe's edition had it; its words follow from its id."""
    if article.id not in recipe.beside:
        return article
    words = _article.dump_python(article, include=_WORDS)
    return _article.validate_python(words | json.loads(recipe.beside[article.id]))


def _edition_of(store: Store, key: str) -> Edition | None:
    """Give the edition that a recipe names; a slot is always the first of two equal times, so its zone is nothing."""
    newsletter, _, local = key.partition("/")
    return store.editions.get(newsletter, datetime.fromisoformat(local).replace(tzinfo=UTC))


def versions_changed(recipe: Recipe) -> list[str]:
    """Name what decides editions and is another version now than the recipe's."""
    now = _versions()
    return [f"{name} was {then}, is {now.get(name)}" for name, then in recipe.versions.items() if now.get(name) != then]


@cache
def _versions() -> Mapping[str, str]:
    # A release's number alone would not tell a patched digest from the one that was released.
    own = {f"digest.{name}": _content(files("digest").joinpath(name)).hexdigest()[:12] for name in _MAKERS}
    return {"digest": version("digest-mail"), **own}


def _content(folder: Traversable) -> hashlib._Hash:
    found = hashlib.sha256()
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found.update(_content(entry).digest())
        elif entry.name.endswith(_SOURCE):
            found.update(entry.name.encode() + b"\0" + hashlib.sha256(entry.read_bytes()).digest())
    return found


def _settings(newsletter: Newsletter) -> str:
    """Write down a newsletter's definition, alike in every process; what decides no edition is left out."""
    ours = replace(newsletter, list_path="", editors=(), not_after=None, late="hold", bounces=None, verp=False)
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
