"""The ledger's parts: on PostgreSQL a table an edition, made when it begins to go out and dropped whole.

A row of an edition without its part is refused, so no row precedes or outlives its edition.  On SQLite the ledger is
one table, and there is nothing to make.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete

from digest.store.schema import deliveries


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


def drop_ledger(connection: Connection, edition_id: int) -> None:
    """Drop the deliveries of an edition, within the caller's transaction.

    On PostgreSQL that waits for whoever reads or writes the ledger, of any edition, and those who come later wait for
    it: no longer than a moment, then it gives up with StoreError.
    """
    if connection.dialect.name != "postgresql":
        connection.execute(delete(deliveries).where(deliveries.c.edition_id == edition_id))
        return
    connection.exec_driver_sql("SET LOCAL lock_timeout = '3s'")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {ledger_of(edition_id)}")
