"""A site's database moved to another one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.errors import UsageError
from digest.store import CopiedTable, OnRows, open_store

_SQLITE = "sqlite:///"


def copy_site(
    source: str, target: str, *, now: datetime, on_rows: OnRows = lambda _name, _rows: None
) -> list[CopiedTable]:
    """Copy the database `source`, an address or a SQLite file, into the empty `target`; gives what was copied.

    Raises UsageError where there is no such file, or both are one; StoreError with `target` as it was.
    """
    source, target = (place if "://" in place else f"{_SQLITE}{place}" for place in (source, target))
    if source.startswith(_SQLITE) and not Path(source.removeprefix(_SQLITE)).is_file():
        file = source.removeprefix(_SQLITE)
        raise UsageError("there is no such file", where=file, remedy="Name the database to copy.")
    if source == target:
        raise UsageError("that is one database, and takes two", remedy="digest db copy OLD NEW")
    with open_store(source) as origin, open_store(target) as copy:
        return origin.copy_to(copy, now=now, on_rows=on_rows)
