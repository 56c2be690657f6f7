"""What decides an edition, as one value: taken from the store by recipe.py, made into an edition by cook.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model import Article, Edition, Newsletter


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
