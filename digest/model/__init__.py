"""The values that pass from room to room, in the order in which they come to be.

    Article -> KeyPoint -> Story -> Edition -> Rendered -> Envelope -> Attempt
    articles.py         editions.py          mail.py               deliveries.py

Beside them stand the newsletter's definition (newsletters.py) and who gets it (subscribers.py).

A value is whole and checked once it exists, so no later room checks it again.
Nothing here reads a clock, a file or a setting.  Every instant is aware.
"""

from __future__ import annotations

from digest.model.articles import Article, Block, BlockKind, KeyPoint, Origin, Span, article_id
from digest.model.deliveries import Attempt, DeliveryState, Tally
from digest.model.editions import Edition, EditionStatus, Recipe, Section, Story, edition_key
from digest.model.mail import SLOT_CLOSE, SLOT_OPEN, SLOT_OR, Envelope, Rendered, slot
from digest.model.newsletters import Newsletter, Schedule, SectionRule, Selection, Sender
from digest.model.subscribers import LineProblem, ListEntry, Subscriber, SubscriberStatus

__all__ = [
    "SLOT_CLOSE",
    "SLOT_OPEN",
    "SLOT_OR",
    "Article",
    "Attempt",
    "Block",
    "BlockKind",
    "DeliveryState",
    "Edition",
    "EditionStatus",
    "Envelope",
    "KeyPoint",
    "LineProblem",
    "ListEntry",
    "Newsletter",
    "Origin",
    "Recipe",
    "Rendered",
    "Schedule",
    "Section",
    "SectionRule",
    "Selection",
    "Sender",
    "Span",
    "Story",
    "Subscriber",
    "SubscriberStatus",
    "Tally",
    "article_id",
    "edition_key",
    "slot",
]
