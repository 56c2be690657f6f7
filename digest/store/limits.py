"""What of each limit is used, kept so that it holds over restarts and over all who send from one database; and pauses.

What a limit is and how much of it is left, `allowance.py` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text, update

from digest.store import allowance
from digest.store.allowance import Grant, Limit
from digest.store.database import Database, repeated
from digest.store.schema import allowances, microseconds, pauses

_FORGOTTEN_AFTER = timedelta(days=3)  # longer than any window of a limit
# Both databases take these words alike, and only so do two processes that meet a new name together not collide.
_MAKE = text("INSERT INTO allowances (name, spent, changed_at) VALUES (:name, '', :at) ON CONFLICT DO NOTHING")
_PAUSE = text(
    "INSERT INTO pauses (name, until, reason) VALUES (:name, :until, :reason)"
    " ON CONFLICT (name) DO UPDATE SET until = excluded.until, reason = excluded.reason"
)
_READ = (
    select(allowances)
    .where(allowances.c.name.in_(bindparam("names", expanding=True)))
    .order_by(allowances.c.name)  # always locked in this order, so that nobody waits in a ring
    .with_for_update()
)
_KEEP = (
    update(allowances)
    .where(allowances.c.name == bindparam("of"))
    .values(spent=bindparam("spent"), changed_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Pause:
    """A receiver or a relay that gets no mail until then."""

    name: str
    until: datetime  # UTC
    reason: str


class Limits:
    """Limits by name, and pauses; each method is one transaction and may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @repeated
    def reserve(
        self,
        wanted: Mapping[str, tuple[Limit, int]],
        *,
        unused: Mapping[str, tuple[Grant, int]],
        now: datetime,
    ) -> dict[str, Grant]:
        """Take up to so many of each limit, and give back what was not used of earlier grants."""
        # Repeated after it was kept, it takes more than it gives: then less goes out, never more.
        names = sorted({*wanted, *unused})
        if not names:
            return {}
        with self._database.writing_rows() as connection:
            rows = connection.execute(_READ, {"names": names}).all()
            if missing := set(wanted).difference(row.name for row in rows):
                at = microseconds(now)
                connection.execute(_MAKE, [{"name": name, "at": at} for name in sorted(missing)])
                rows = connection.execute(_READ, {"names": names}).all()
            grants: dict[str, Grant] = {}
            changed = []
            for row in rows:
                spent: allowance.Spent = allowance.read(row.spent)
                if row.name in unused:
                    spent = allowance.given_back(spent, *unused[row.name])
                if row.name in wanted:
                    limit, count = wanted[row.name]
                    spent, grants[row.name] = allowance.granted(spent, limit, count, now=now)
                if (kept := allowance.written(spent)) != row.spent:
                    changed.append({"of": row.name, "spent": kept, "at": now})
            if changed:
                connection.execute(_KEEP, changed)
        return grants

    def left(self, limits: Mapping[str, Limit], *, now: datetime) -> dict[str, Grant]:
        """Tell what an asker would get of each for one message, and take nothing."""
        with self._database.reading() as connection:
            query = select(allowances.c.name, allowances.c.spent).where(allowances.c.name.in_(sorted(limits)))
            spent = {row.name: allowance.read(row.spent) for row in connection.execute(query)}
        return {name: allowance.granted(spent.get(name, {}), limit, 1, now=now)[1] for name, limit in limits.items()}

    def used(self, limits: Mapping[str, Limit], *, now: datetime) -> dict[str, int]:
        """Count what is used of each now."""
        with self._database.reading() as connection:
            query = select(allowances.c.name, allowances.c.spent).where(allowances.c.name.in_(sorted(limits)))
            spent = {row.name: allowance.read(row.spent) for row in connection.execute(query)}
        return {name: allowance.used(spent.get(name, {}), limit, now=now) for name, limit in limits.items()}

    def pause(self, name: str, until: datetime, reason: str) -> None:
        """Keep that `name` gets no mail until then."""
        with self._database.writing() as connection:
            connection.execute(_PAUSE, {"name": name, "until": microseconds(until), "reason": reason})

    def resume(self, name: str) -> None:
        """End a pause."""
        with self._database.writing() as connection:
            connection.execute(delete(pauses).where(pauses.c.name == name))

    def pauses(self, *, now: datetime, names: Collection[str] = ()) -> list[Pause]:
        """Give the pauses that last, of these names or of all, by name."""
        query = select(pauses).where(pauses.c.until > now).order_by(pauses.c.name)
        if names:
            query = query.where(pauses.c.name.in_(sorted(names)))
        with self._database.reading() as connection:
            return [Pause(row.name, row.until, row.reason) for row in connection.execute(query)]

    def tidy(self, *, now: datetime) -> None:
        """Forget what counts no longer: receivers' domains come and go with the list."""
        with self._database.writing() as connection:
            connection.execute(delete(allowances).where(allowances.c.changed_at < now - _FORGOTTEN_AFTER))
            connection.execute(delete(pauses).where(pauses.c.until < now - _FORGOTTEN_AFTER))
