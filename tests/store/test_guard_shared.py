"""The guard of a database that several hosts share: each keeps its own mark, and a database set back is told by all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.store import open_store
from digest.store.schema import guard

NOW = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize("database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_hosts_share_a_database_and_know_when_it_was_set_back(
    database_kind: str, database_url: str, tmp_path: Path
) -> None:
    """A new host needs no leave; after a restore each refuses; armed on one, the others go on by being armed once."""
    del database_kind
    with open_store(database_url) as store:
        hosts = [store.guard(folder=tmp_path / name, host="") for name in ("one", "two")]
        for _send in range(3):
            for host in hosts:
                assert host.examine().against == ()
                host.advance(now=NOW)
        assert store.guard(folder=tmp_path / "new", host="").examine().against == ()
        with store._database.writing() as connection:
            connection.execute(update(guard).values(generation=2))
        for host in hosts:
            [found] = host.examine().against
            assert "an older copy was put in its place" in found
        for host in reversed(hosts):
            host.arm(now=NOW, who="ann@one")
        for host in hosts:
            assert host.examine().against == ()
            host.advance(now=NOW)
        assert len(hosts[0].examine().armed) == 2


@pytest.mark.parametrize("database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_dump_restored_in_another_database_is_told(database_kind: str, database_url: str, tmp_path: Path) -> None:
    """It says which server and database it sent in, and this one is another."""
    del database_kind
    with open_store(database_url) as store:
        host = store.guard(folder=tmp_path, host="")
        host.advance(now=NOW)
        with store._database.writing() as connection:
            connection.execute(update(guard).values(body="7300000000000000000/16384", place="mail1/digest"))
        [found] = host.examine().against
        assert "it last sent in the database mail1/digest" in found
