"""`digest arm` as its user meets it: a copied site refuses, says why, and sends once it is armed."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digest.delivery import Inbox
from tests.conftest import SLOT


def digest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from digest.cli import main; main()", "--config", str(folder / "digest.toml")]
    return subprocess.run([*program, *words], capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_copied_site_refuses_until_it_is_armed(site_folder: Path, tmp_path: Path, database_kind: str) -> None:
    """The commands exit with 1 and the way out; a dry run arms nothing; the original never stops."""
    del database_kind
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = (site_folder / "digest.toml").read_text(encoding="utf-8")
        relay = f'\n[smtp]\nhost = "{inbox.host}"\nport = {inbox.port}\n'
        (site_folder / "digest.toml").write_text(settings + relay, encoding="utf-8")

        async def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(digest, folder, *words)

        await run(site_folder, "collect")
        first = await run(site_folder, "send", "morning", "--slot", SLOT)
        assert (first.returncode, inbox.received) == (0, 3)
        copy = tmp_path / "copy"
        shutil.copytree(site_folder, copy, ignore=shutil.ignore_patterns("inbox", "copy"))
        edition = f"morning/{SLOT}"
        for words in (("send", "morning", "--slot", SLOT), ("reconcile", edition)):
            refused = await run(copy, *words)
            assert refused.returncode == 1
            assert "must not send" in refused.stderr
            assert "digest arm" in refused.stderr
        assert "must not send" in (await run(copy, "status")).stdout
        told = await run(copy, "arm", "--dry-run")
        assert told.returncode == 1
        assert "Found: it is another file than the one that sent last" in told.stdout
        assert "At risk: What went out after" in told.stdout
        assert json.loads((await run(copy, "status", "--json")).stdout)["armed"] is False
        armed = await run(copy, "arm")
        assert (armed.returncode, "Armed by" in armed.stdout) == (0, True)
        again = await run(copy, "send", "morning", "--slot", SLOT)
        assert (again.returncode, inbox.received) == (0, 3)
        kept = json.loads((await run(copy, "arm", "--json")).stdout)
        assert kept["found"] == []
        assert "@" in kept["before"][0]["who"]
        assert "Nothing speaks against" in (await run(site_folder, "arm", "--dry-run")).stdout
