"""pause, resume and cancel as their user meets them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from digest import pipeline
from tests.cli.test_guard import digest
from tests.conftest import SLOT, Site, clock


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_edition_is_stopped_and_ended_by_hand(site: Site, site_folder: Path, database_kind: str) -> None:
    """Without --slot the one on its way is meant; each step counts who has had it; a wrong one says the way out."""
    del database_kind
    pipeline.collect(site.settings, site.store, now=clock())
    early = digest(site_folder, "pause", "morning", "--slot", SLOT)
    assert (early.returncode, "there is no such edition" in early.stderr) == (2, True)
    asyncio.run(pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock))
    paused = digest(site_folder, "pause", "morning")
    assert paused.returncode == 0
    assert f"morning/{SLOT} is paused" in paused.stdout
    assert "0 of 3 have had it, 3 are due" in paused.stdout
    assert f"To go on: digest resume morning --slot {SLOT}\n" in paused.stdout
    ways = f"digest resume morning --slot {SLOT}. To change it, for nobody has it: digest build morning --slot {SLOT}"
    assert ways in digest(site_folder, "status").stdout
    assert ways in digest(site_folder, "report", f"morning/{SLOT}").stderr
    refused = digest(site_folder, "send", "morning", "--slot", SLOT)
    assert (refused.returncode, "digest resume morning" in refused.stderr) == (2, True)
    again = digest(site_folder, "build", "morning", "--slot", SLOT, "--rebuild")
    assert "no. 1  draft: made again" in again.stdout
    assert f"It is a draft again: digest send morning --slot {SLOT}" in again.stderr
    asyncio.run(pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock))
    assert digest(site_folder, "pause", "morning").returncode == 0
    assert "goes on" in digest(site_folder, "resume", "morning").stdout
    ended = json.loads(digest(site_folder, "cancel", "morning", "--reason", "wrong lead", "--json").stdout)
    assert (ended["status"], ended["skipped"]) == ("cancelled", 3)
    assert "cancelled" in digest(site_folder, "status").stdout
