"""Which newsletter follows which: a partner's edition comes before those that tell its stories in its order."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.config import Settings
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.slots import slot_past
from digest.store import Store

_REACH = timedelta(hours=24)  # a partner's edition of this time yesterday is yesterday's


def partners_of(settings: Settings, newsletter: Newsletter) -> tuple[Newsletter, ...]:
    """Give the newsletter that this one follows, the one that that one follows, and so on."""
    partners: list[Newsletter] = []
    following = newsletter.pair
    while following is not None:  # the settings are checked for circles
        partners.append(settings.newsletter(following))
        following = partners[-1].pair
    return tuple(partners)


def partners_first(settings: Settings) -> list[Newsletter]:
    """Give all newsletters in the order of the settings, but each behind the one that it follows."""
    ordered: dict[str, Newsletter] = {}
    for name in settings.newsletters:
        newsletter = settings.newsletter(name)
        for each in (*reversed(partners_of(settings, newsletter)), newsletter):
            ordered.setdefault(each.id, each)
    return list(ordered.values())


def partner_slot(partner: Newsletter, slot: datetime) -> datetime | None:
    """Give the slot whose edition an edition of `slot` follows: the partner's latest at or before it, of its day."""
    latest = slot_past(partner, now=slot)
    return latest if slot.timestamp() - latest.timestamp() < _REACH.total_seconds() else None


def partner_edition(store: Store, newsletter: Newsletter, slot: datetime) -> Edition | None:
    """Give the partner's edition that is nearest before `slot`, or at it, less than a day; None where none is kept."""
    if newsletter.pair is None:
        return None
    for edition in store.editions.between(newsletter.pair, slot - _REACH, slot):
        behind = slot.timestamp() - edition.slot.timestamp()
        if edition.status is not EditionStatus.SKIPPED and behind < _REACH.total_seconds():
            return edition
    return None
