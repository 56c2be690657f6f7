"""Bring a database to the tables of this version of digest; Alembic's scripts are in migrations/."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.schema import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Run the migrations that are missing, all in one transaction; do nothing when there are none.

    Two processes that start together take turns at the write lock, and the second finds the work done.
    Raises StoreError when a newer digest has been here.
    """
    with database.reading() as connection:
        if _revision(connection) == REVISION:
            return
    with database.writing() as connection:
        found = _revision(connection)
        if found != REVISION:
            _upgrade(connection, found, where=database.where)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return revision


def _upgrade(connection: Connection, found: str | None, *, where: str) -> None:
    # Only a database that is behind pays for loading Alembic, a fifth of a second.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"a newer digest made this database (its tables are at {found}, this version knows {REVISION})",
            where=where,
            remedy="Upgrade digest here, or name another database in the configuration.",
        )
    if found is None and inspect(connection).get_table_names():
        raise StoreError(
            "this database belongs to another program",
            where=where,
            remedy="Name another file in the configuration; digest makes it.",
        )
    command.upgrade(config, REVISION)
