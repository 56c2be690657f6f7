"""A whole database into another, empty one: every row, checked one by one before any of it is kept.

A send that is under way goes along with its claims and doubts, and goes on there.  One transaction: whatever happens,
the other database holds all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import Column, Connection, Select, String, Table, func, select, text, type_coerce
from sqlalchemy.types import TypeDecorator, TypeEngine

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.partitions import make_ledger
from digest.store.schema import editions, metadata, senders
from digest.store.senders import LEASE, dead

OnRows = Callable[[str, int], None]  # a table's name, and how many of its rows are copied or compared so far
_BATCH = 5000  # rows read together


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTable:
    """One table, and how many rows of it were copied and then compared."""

    name: str
    rows: int


def copy_database(
    source: Database,
    target: Database,
    *,
    now: datetime,
    on_rows: OnRows = lambda _name, _rows: None,
) -> list[CopiedTable]:
    """Copy all of `source` into `target`, both migrated; gives what was copied, table by table.

    Nobody else writes to either meanwhile.
    Raises StoreError, with `target` as it was, where it is not empty, where a sender is at work in `source`, or where a
    row does not come out as it went in.
    """
    copied = []
    with source.writing() as origin, target.writing() as copy:
        _check_at_rest(origin, now=now, where=source.where)
        _check_empty(copy, where=target.where)
        for edition_id in origin.execute(select(editions.c.id).where(editions.c.mail_date.is_not(None))).scalars():
            make_ledger(copy, edition_id)
        for table in metadata.sorted_tables:
            _write(copy, table, _counted(_rows(origin, table), table, on_rows))
            if _grows(table):
                _set_next_key(copy, table, _last_key(origin, table))
        for table in metadata.sorted_tables:
            rows = 0
            with closing(_rows(origin, table)) as given, closing(_rows(copy, table)) as taken:
                for one, other in zip_longest(given, _counted(taken, table, on_rows)):
                    if one != other:
                        what = f"row {_key_of(table, one or other)} of {table.name} did not come out as it went in"
                        raise StoreError(f"{what}; nothing was kept", where=target.where)
                    rows += 1
            copied.append(CopiedTable(name=table.name, rows=rows))
    return copied


def _check_at_rest(origin: Connection, *, now: datetime, where: str) -> None:
    known = set(origin.execute(select(senders.c.id)).scalars())
    alive = known - dead(origin, known, now=now, lease=LEASE)
    for row in origin.execute(select(senders).where(senders.c.id.in_(sorted(alive)))):
        raise StoreError(
            f"a send is under way in it (process {row.pid} on {row.host.partition('/')[0]})",
            where=where,
            remedy="Stop digest there, then run this again: the send goes on in the new database.",
        )


def _check_empty(copy: Connection, *, where: str) -> None:
    if copy.dialect.name == "postgresql":  # against senders too, who do not wait for the writer's lock
        names = ", ".join(table.name for table in metadata.sorted_tables)
        copy.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    for table in metadata.sorted_tables:
        rows = copy.execute(select(func.count()).select_from(table)).scalar_one()
        if rows:
            raise StoreError(
                f"it is not empty: {table.name} has {rows} row{'s' if rows > 1 else ''}",
                where=where,
                remedy="Name an empty database to copy into.",
            )


def _rows(connection: Connection, table: Table) -> Generator[tuple[Any, ...], None, None]:
    """Give the rows as they are kept, by key."""
    of_postgres = connection.dialect.name == "postgresql"
    # In the order of their bytes: that of a language differs from server to server.
    by_key = [
        column.collate("C") if of_postgres and isinstance(_kept(column), String) else column
        for column in table.primary_key
    ]
    query: Select[Any] = select(*(type_coerce(column, _kept(column)) for column in table.c)).order_by(*by_key)
    with connection.execution_options(yield_per=_BATCH).execute(query) as result:
        for row in result:
            yield tuple(row)


def _kept(column: Column[Any]) -> TypeEngine[Any]:
    """Give the type that a column has in the database: Instant's microseconds, not its datetime."""
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type


def _counted(
    rows: Iterable[tuple[Any, ...]], table: Table, on_rows: Callable[[str, int], None]
) -> Iterator[tuple[Any, ...]]:
    number = 0
    for number, row in enumerate(rows, start=1):
        if number % _BATCH == 0:
            on_rows(table.name, number)
        yield row
    on_rows(table.name, number)


def _write(copy: Connection, table: Table, rows: Iterator[tuple[Any, ...]]) -> None:
    names = ", ".join(column.name for column in table.c)
    driver = copy.connection.driver_connection
    if driver is None:
        raise AssertionError("a connection that is open has a driver's")
    if copy.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
    else:
        places = ", ".join("?" for _ in table.c)
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)  # noqa: S608 - our own names


def _grows(table: Table) -> bool:
    """Tell whether the database numbers the rows itself."""
    return [column.name for column in table.primary_key] == ["id"] and table.autoincrement_column is not None


def _last_key(origin: Connection, table: Table) -> int:
    """Tell the last key that was ever given, for it is never given again: links in old mails carry it."""
    last = int(origin.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one())
    if origin.dialect.name == "postgresql":
        query = text("SELECT last_value FROM pg_sequences WHERE schemaname = current_schema() AND sequencename = :name")
        given = origin.execute(query, {"name": f"{table.name}_id_seq"}).scalar_one_or_none()
    elif table.dialect_options["sqlite"]["autoincrement"]:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        given = origin.execute(query, {"name": table.name}).scalar_one_or_none()
    else:
        given = None
    return max(last, given or 0)


def _set_next_key(copy: Connection, table: Table, last: int) -> None:
    if not last:
        return
    if copy.dialect.name == "postgresql":
        copy.exec_driver_sql(f"SELECT setval('{table.name}_id_seq', {last:d})")
    elif table.dialect_options["sqlite"]["autoincrement"]:
        copy.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        copy.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": table.name, "last": last})


def _key_of(table: Table, row: Sequence[Any]) -> str:
    places = [place for place, column in enumerate(table.c) if column.primary_key]
    return "/".join(str(row[place]) for place in places)
