"""The names of relays, kept once: a delivery names the one that took or answered it by a small number."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select, text

from digest.store.database import Database
from digest.store.schema import relays, storable

# Both databases take these words alike, and only so do two senders that meet a new relay together not collide.
_ADD = text("INSERT INTO relays (name) VALUES (:name) ON CONFLICT DO NOTHING")


class RelayNames:
    """Names and their numbers, which never change; may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[str, int] = {}

    def numbers(self, names: Collection[str]) -> Mapping[str, int]:
        """Give the numbers of at least these; a new name is written down, in a transaction of its own."""
        if not self._numbers.keys() >= set(names):
            missing = sorted({storable(name) for name in names}.difference(self._numbers))
            with self._database.writing() as connection:
                connection.execute(_ADD, [{"name": name} for name in missing])
                found = connection.execute(select(relays).where(relays.c.name.in_(missing)))
                kept = {row.name: row.id for row in found}
            self._numbers |= {name: kept[storable(name)] for name in names if storable(name) in kept}
        return self._numbers
