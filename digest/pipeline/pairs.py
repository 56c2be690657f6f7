"""Which newsletter follows which: a partner's edition comes before those that tell its stories in its order."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.config import Settings
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.slots import slot_past
from digest.store import Store

_DAY = timedelta(hours=24)  # on the wall clock: a partner's edition of this time yesterday is yesterday's


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
    return latest if _behind(latest, slot) < _DAY else None


def partner_edition(store: Store, newsletter: Newsletter, slot: datetime) -> Edition | None:
    """Give the partner's edition that is nearest before `slot`, or at it, less than a day; None where none is kept."""
    if newsletter.pair is None:
        return None
    kept = store.editions.between(newsletter.pair, slot - 2 * _DAY, slot)
    near = (one for one in kept if one.status is not EditionStatus.SKIPPED and _behind(one.slot, slot) < _DAY)
    return next(near, None)


def _behind(earlier: datetime, slot: datetime) -> timedelta:
    """How long `slot` is after `earlier` on its own wall clock, so that a day is one through both clock changes."""
    return slot.replace(tzinfo=None) - earlier.astimezone(slot.tzinfo).replace(tzinfo=None)
