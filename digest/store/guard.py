"""Whether a database may send: not when it is a copy, or was restored, until a person says so.

    never sent             it may: there is nothing that a copy could repeat
    sends                  `advance` counts a generation up, in the database and in a file beside it
    copied or restored     `examine` tells by which mark (see marks.py); nothing but `arm` makes it send again

The first advance of a database makes its marks.  A mark that decides nothing (a folder that was moved, a machine's name
that is known now) is brought up to date by each.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from digest.store.database import Database
from digest.store.marks import Beside, Marks, make_durable, mark_file, marks_of, read_mark, write_mark
from digest.store.schema import armings, guard

_AGAIN_SECONDS = (0.05, 0.2, 0.5)
_ROW = 1  # secret.py has another


@dataclass(frozen=True, slots=True, kw_only=True)
class Arming:
    """That a person let the database send: again, or though nothing spoke against it."""

    at: datetime
    who: str
    found: str  # what spoke against it, a line each; empty for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether the database may send, and what is known of it."""

    against: tuple[str, ...]  # what tells that it is a copy or was restored; empty: it may send
    last_at: datetime | None  # when it was last known to send or to lose a subscriber, UTC; None: never
    armed: tuple[Arming, ...]  # the latest first


class Guard:
    """The guard of one store; `folder` is the site's data folder, `host` the name that the site was given, or empty."""

    def __init__(self, database: Database, *, folder: Path, host: str) -> None:
        self._database = database
        self._folder = folder
        self._host = host

    def examine(self) -> Standing:
        """Look for what tells that this database is a copy or was restored; changes nothing.  May raise StoreError.

        Where something does, it looks again: a sender beside us may be between the database and the mark beside it.
        """
        standing = self._look()
        for seconds in _AGAIN_SECONDS:
            if not standing.against:
                break
            time.sleep(seconds)
            standing = self._look()
        return standing

    def _look(self) -> Standing:
        with self._database.reading() as connection:
            file = mark_file(connection, folder=self._folder)
            # The mark first: a sender beside us counts up in the database before it does so there.
            beside = None if file is None else read_mark(file)
            row = _row(connection)
            earlier = connection.execute(select(armings).order_by(armings.c.id.desc())).all()
            against = () if file is None else tuple(self._against(connection, row, file, beside))
        return Standing(
            against=against,
            last_at=row.advanced_at if row else None,
            armed=tuple(Arming(at=one.at, who=one.who, found=one.found) for one in earlier),
        )

    def advance(self, *, now: datetime) -> None:
        """Count one generation up, in the database and then beside it; call it only where `examine` found nothing.

        Raises StoreError; then the mark beside the database is behind it, which is no fault.
        """
        with self._database.writing() as connection:
            file = mark_file(connection, folder=self._folder)
            if file is None:
                return
            mark = self._count(connection, now, at_least=0, anew=False)
        self._keep(file, mark, now=now)

    def arm(self, *, now: datetime, who: str) -> Standing:
        """Let this database send as it is, here; gives what spoke against it, which is kept with who did it and when.

        A file that is a copy becomes a site of its own: the marks of the one it was copied from do not fit it any more.
        Hosts that share a PostgreSQL database keep theirs.
        """
        standing = self.examine()
        with self._database.writing() as connection:
            file = mark_file(connection, folder=self._folder)
            if file is None:
                return standing
            seen = read_mark(file)
            anew = bool(standing.against) and connection.dialect.name != "postgresql"
            mark = self._count(connection, now, at_least=seen.generation if seen else 0, anew=anew)
            row = {"at": now, "who": who, "found": "\n".join(standing.against)}
            connection.execute(insert(armings), row)
        self._keep(file, mark, now=now)
        return standing

    def _against(self, connection: Connection, row: Row[Any] | None, file: Path, beside: Beside | None) -> list[str]:
        if row is None:
            if beside is None:
                return []
            return [
                f"it has never sent, and the mark beside it, {file}, is of one that has: it is older than that mark"
            ]
        here = marks_of(connection, host=self._host)
        found = []
        if here.body != row.body and here.body and row.body:
            found.append(_another_body(connection, row, here))
        if here.machine != row.machine and here.machine and row.machine:
            found.append(f"it last sent on the machine {row.machine}, and this is {here.machine}")
        if beside is None:
            # Hosts that share a PostgreSQL database each have their own, and a new one has none yet.
            # And a process that died at its first step left none.
            if connection.dialect.name != "postgresql" and row.generation > 1:
                found.append(f"the mark that is kept beside it, {file}, is not there: it was copied without it")
        elif beside.site != row.site:
            found.append(f"the mark beside it, {file}, is another database's")
        elif beside.copied:
            found.append(f"the mark beside it, {file}, is a copy: its folder was copied, or restored from a backup")
        elif row.generation < beside.generation:
            found.append(
                f"it is at generation {row.generation}, and the mark beside it has seen {beside.generation}: "
                "an older copy was put in its place"
            )
        return found

    def _count(self, connection: Connection, now: datetime, *, at_least: int, anew: bool) -> Beside:
        row = _row(connection)
        here = marks_of(connection, host=self._host)
        mark = Beside(
            site=secrets.token_hex(16) if row is None or anew else row.site,
            generation=max(row.generation if row else 0, at_least) + 1,
        )
        values = {
            "site": mark.site,
            "generation": mark.generation,
            "advanced_at": now,
            # What cannot be told here for once is not forgotten.
            "machine": here.machine or (row.machine if row and not anew else ""),
            "place": here.place,
            "body": here.body or (row.body if row and not anew else ""),
        }
        if row is None:
            connection.execute(insert(guard), {"id": _ROW} | values)
        else:
            connection.execute(update(guard).where(guard.c.id == _ROW).values(values))
        return mark

    def _keep(self, file: Path, mark: Beside, *, now: datetime) -> None:
        with self._database.reading() as connection:
            make_durable(connection)
        beside = read_mark(file)
        if beside is None or beside.copied or beside.site != mark.site or beside.generation < mark.generation:
            write_mark(file, mark, now=now)


def _row(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(guard).where(guard.c.id == _ROW)).first()


def _another_body(connection: Connection, row: Row[Any], here: Marks) -> str:
    if connection.dialect.name == "postgresql":
        return f"it last sent in the database {row.place}, and this is another server or database, {here.place}"
    where = "at this very place" if row.place == here.place else f"at {row.place}"
    return f"it is another file than the one that sent last, {where}: it was copied, or restored from a backup"
