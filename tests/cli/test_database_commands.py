"""`digest db` as a process: a site moves to PostgreSQL and goes on there; old ledgers go."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases


def digest(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from digest.cli import main; main()", *words],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def database_kind() -> str:
    """The site is on SQLite; the test moves it."""
    return "sqlite"


@pytest.fixture
def new_address(postgres: databases.Server) -> Iterator[str]:
    address = postgres.make(empty=True)
    yield address
    postgres.drop(address)


@pytest.mark.postgres
def test_a_site_moves_and_goes_on(site_folder: Path, new_address: str) -> None:
    """Collected on SQLite, copied, built on PostgreSQL; copied again it refuses, and nothing is said twice."""
    assert digest("collect", cwd=site_folder).returncode == 0
    moved = digest("db", "copy", "var/digest.db", new_address, "--json", cwd=site_folder)
    assert moved.returncode == 0, moved.stderr
    assert {"name": "articles", "rows": 2} in json.loads(moved.stdout)
    built = digest("build", "morning", "--slot", "2026-03-05T09:00", cwd=site_folder, DIGEST_SITE__DATABASE=new_address)
    assert built.returncode == 0, built.stderr
    assert "Bridge over the Ros" in built.stdout
    again = digest("db", "copy", "var/digest.db", new_address, cwd=site_folder)
    assert (again.returncode, again.stdout) == (1, "")
    assert "it is not empty: articles has 2 rows. Name an empty database" in again.stderr


def test_a_wrong_file_is_not_made(site_folder: Path) -> None:
    """A slip in the name is told, and leaves no empty database behind."""
    said = digest("db", "copy", "var/digset.db", "new.db", cwd=site_folder)
    assert (said.returncode, said.stdout) == (2, "")
    assert "var/digset.db: there is no such file" in said.stderr
    assert not (site_folder / "new.db").exists()
    assert not (site_folder / "var/digset.db").exists()


def test_pruning_says_when_there_is_nothing_to_prune(site_folder: Path) -> None:
    """Nothing is dropped that a send may still need."""
    assert digest("build", "morning", "--slot", "2026-03-05T09:00", cwd=site_folder).returncode in {0, 1}
    said = digest("db", "prune", "--keep-days", "1", cwd=site_folder)
    assert (said.returncode, said.stdout) == (0, "No edition is as old as that and still has its ledger.\n")
    assert json.loads(digest("db", "prune", "--keep-days", "1", "--json", cwd=site_folder).stdout) == []
