"""An edition by the name that people and links give it: `ukraine-today/2022-01-28T09:00`."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.config import Settings
from digest.errors import UsageError
from digest.model import Edition
from digest.store import Store

_KEY = re.compile(r"([a-z0-9][a-z0-9-]{0,62})/(\d{4}-\d\d-\d\dT\d\d:\d\d)", re.ASCII)


def find_edition(settings: Settings, store: Store, key: str) -> Edition | None:
    """Give the edition that is kept under `key`, whatever the schedule says now; None where there is none.

    A key does not tell the two passes of a repeated hour apart; the first that is kept is meant.
    """
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    known = settings.newsletters.get(found[1])
    zone = ZoneInfo(known.timezone if known else "UTC")  # a newsletter that is no longer configured keeps its editions
    try:
        slot = datetime.fromisoformat(found[2]).replace(tzinfo=zone)
    except ValueError:  # the 30th of February
        return None
    kept = (store.editions.get(found[1], slot.replace(fold=fold)) for fold in (0, 1))
    return next((edition for edition in kept if edition is not None), None)


def edition_named(settings: Settings, store: Store, key: str) -> Edition:
    """Give the edition that a person names; raises UsageError, with the way to find its name, where there is none."""
    edition = find_edition(settings, store, key)
    if edition is None:
        raise UsageError(
            f"no edition is called {key!r}",
            remedy="It is written as ukraine-today/2022-01-28T09:00; digest status lists the latest.",
        )
    return edition
