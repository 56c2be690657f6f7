"""Two hosts of one site, as their operator meets them: the one with another secret refuses, and says both ways out."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from digest.delivery import Inbox
from tests.cli.test_database_commands import digest
from tests.conftest import SLOT

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


async def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(digest, *words, cwd=folder, **env)


async def test_a_host_with_another_secret_refuses_and_says_the_way_out(site_folder: Path, tmp_path: Path) -> None:
    """It neither sends nor works nor opens pages; with the first one's secret it does, and with a new one for all."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = (site_folder / "digest.toml").read_text(encoding="utf-8")
        relay = f'\n[smtp]\nhost = "{inbox.host}"\nport = {inbox.port}\n'
        settings += relay
        (site_folder / "digest.toml").write_text(settings, encoding="utf-8")
        second = tmp_path / "second"
        second.mkdir()
        for name in ("digest.toml", "subscribers.csv"):
            shutil.copy(site_folder / name, second)
        shutil.copytree(site_folder / "articles", second / "articles")
        await run(site_folder, "collect")
        sent = await run(site_folder, "send", "morning", "--slot", SLOT)
        assert (sent.returncode, inbox.received) == (0, 3), sent.stderr
        # Another secret, by way of the environment, for `digest worker` would not start without any.
        other = {"DIGEST_SITE__SECRET": "another secret, which signs other links"}
        for words in (("send", "morning", "--slot", SLOT), ("worker",), ("run",)):
            refused = await run(second, *words, **other)
            assert refused.returncode == 1, words
            assert "signs links with another secret than the site" in refused.stderr
            assert "Set DIGEST_SITE__SECRET here" in refused.stderr
            assert "digest arm --new-secret" in refused.stderr
            assert "another secret, which" not in refused.stderr
        assert (
            "This host must not send, for it signs links with another secret"
            in (await run(second, "status", **other)).stdout
        )
        # Nor with one that it makes for itself.
        assert (await run(second, "send", "morning", "--slot", SLOT)).returncode == 1
        first = {"DIGEST_SITE__SECRET": (site_folder / "var" / "secret").read_text(encoding="ascii")}
        assert (await run(second, "send", "morning", "--slot", SLOT, **first)).returncode == 0
        armed = await run(second, "arm", "--new-secret", **other)
        assert armed.stdout == "This host's secret signs the site's links from now on. Every other host needs it too.\n"
        assert (await run(second, "send", "morning", "--slot", SLOT, **other)).returncode == 0
        assert (await run(site_folder, "send", "morning", "--slot", SLOT)).returncode == 1
        assert inbox.received == 3
    assert (await run(second, "arm", "--new-secret", "--dry-run")).returncode == 2
