"""The ledger's parts: on PostgreSQL a table an edition, made when it begins to go out and dropped whole.

A row of an edition without its part is refused, so no row precedes or outlives its edition.  On SQLite the ledger is
one table, and there is nothing to make.
"""

from __future__ import annotations

from sqlalchemy import Connection


def ledger_of(edition_id: int) -> str:
    """Name the table that holds the deliveries of an edition on PostgreSQL."""
    return f"deliveries_{edition_id:d}"


def make_ledger(connection: Connection, edition_id: int) -> None:
    """Make the part for an edition, within the caller's transaction; one that is there already stays as it is."""
    if connection.dialect.name != "postgresql":
        return
    part = ledger_of(edition_id)
    if connection.exec_driver_sql(f"SELECT to_regclass('{part}')").scalar_one() is not None:
        return
    # Made apart and then attached: that waits for nobody who reads or writes other editions' parts.
    connection.exec_driver_sql(
        f"CREATE TABLE {part} (LIKE deliveries INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
    )
    connection.exec_driver_sql(f"ALTER TABLE deliveries ATTACH PARTITION {part} FOR VALUES IN ({edition_id:d})")
