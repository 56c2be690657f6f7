import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ForeignKeyConstraint, inspect, text
from sqlalchemy.schema import SchemaItem

from digest.errors import StoreError
from digest.store import Store, open_store
from digest.store.address import open_database
from digest.store.migrate import MIGRATIONS
from digest.store.schema import REVISION, metadata
from tests import databases


def test_migrated_and_declared_tables_agree(store: Store) -> None:
    """The migrations make exactly the tables that schema.py declares."""

    def compared(thing: SchemaItem, _name: str | None, _kind: str, *_: object) -> bool:
        # Alembic does not see that a constraint is declared for one database alone.
        return not (isinstance(thing, ForeignKeyConstraint) and thing.table.name == "deliveries" and on_postgres)

    with store._database.reading() as connection:
        on_postgres = connection.dialect.name == "postgresql"
        options = {"compare_type": True, "compare_server_default": True, "include_object": compared}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_every_index_is_migrated(store: Store) -> None:
    """Partial and ordinary indexes, which a comparison may overlook, are there under their declared names."""
    with store._database.reading() as connection:
        inspector = inspect(connection)
        there = {index["name"] for table in inspector.get_table_names() for index in inspector.get_indexes(table)}
    declared = {str(index.name) for table in metadata.tables.values() for index in table.indexes}
    assert declared
    assert declared <= there


def test_the_declared_revision_is_the_last_script() -> None:
    """Whoever adds a migration sets schema.REVISION, or databases would stay behind."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_opening_again_changes_nothing(url: str, tmp_path: Path) -> None:
    """A database that is up to date is opened without a write."""
    open_store(url).close()
    before = (tmp_path / "site" / "digest.db").read_bytes()
    open_store(url).close()
    assert (tmp_path / "site" / "digest.db").read_bytes() == before


def test_a_newer_database_asks_for_an_upgrade(url: str) -> None:
    """An older digest must not write into tables that it does not know."""
    with open_store(url) as store, store._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"digest\S*: a newer digest made this database .*9999.*Upgrade digest"):
        open_store(url)


def test_a_strangers_database_is_left_alone(url: str) -> None:
    """Tables of another program are no reason to add ours to them."""
    open_store(url).close()
    with open_store(url) as store, store._database.writing() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(StoreError, match="belongs to another program"):
        open_store(url)


def test_a_migration_that_fails_leaves_nothing(url: str) -> None:
    """All tables come in one transaction: a failure at the last leaves none of the first."""
    store = open_store(url)
    with store._database.writing() as connection:
        for table in [*reversed(metadata.sorted_tables)]:
            connection.execute(text(f"DROP TABLE {table.name}"))
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("CREATE VIEW deliveries AS SELECT 1"))  # no table, and in the way of one
    store.close()
    with pytest.raises(StoreError, match="deliveries"):
        open_store(url)
    database = open_database(url, busy_timeout=timedelta(seconds=1))
    with database.reading() as connection:
        inspector = inspect(connection)
        assert (inspector.get_table_names(), inspector.get_view_names()) == ([], ["deliveries"])
    database.close()


@pytest.fixture
def untouched(database_kind: str, url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without a table."""
    if database_kind == "sqlite":
        yield url
        return
    server: databases.Server = request.getfixturevalue("postgres")
    address = server.make(empty=True)
    yield address
    server.drop(address)


def test_processes_that_start_together_migrate_once(untouched: str, tmp_path: Path) -> None:
    """A schedule and a manual command on a fresh machine both find their tables."""
    program = (
        "import pathlib, sys, time\n"
        "from digest.store import open_store\n"
        "import alembic.command\n"
        "go = pathlib.Path(sys.argv[2])\n"
        "while not go.exists(): time.sleep(0.001)\n"
        "with open_store(sys.argv[1]) as store: assert store.articles.count() == 0\n"
    )
    go = tmp_path / "go"
    started = [subprocess.Popen([sys.executable, "-c", program, untouched, str(go)]) for _ in range(4)]
    go.touch()
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0, 0]
