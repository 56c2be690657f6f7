"""Any number of `digest run` on one database: each slot once, and the loss of one is not noticed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from digest.model import EditionStatus
from digest.store import open_store
from tests.faults.cluster import SECRET
from tests.faults.killing import RELAY, SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
SUBSCRIBERS = 600
ARTICLE = """---
title: Bridge over the Ros opens after two years
published: {published}
---
The road bridge over the Ros at Bila Tserkva opened on Wednesday, two years after a flood took its middle span.

Engineers replaced 140 metres of deck and raised the piers by 1.5 metres, the regional roads office said.
"""


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


def make_site(folder: Path, *, port: int) -> None:
    """Make a site whose slot came two minutes ago, so that whoever starts now catches it up."""
    now = datetime.now(UTC)
    settings = SETTINGS.format(port=port, connections=4, database="")
    settings = settings.replace('"America/New_York"', '"UTC"')
    settings = settings.replace('send_at = "09:00"', f'send_at = "{now - timedelta(minutes=2):%H:%M}"\ngrace = "1h"')
    settings = settings.replace("\n[delivery]\n", '\n[web]\nport = 0\n\n[delivery]\nlease = "10s"\n', 1)
    (folder / "articles").mkdir(parents=True)
    article = ARTICLE.format(published=(now - timedelta(hours=3)).isoformat())
    (folder / "articles" / "bridge.md").write_text(article, encoding="utf-8")
    (folder / "digest.toml").write_text(settings, encoding="utf-8")
    lines = "".join(f"r{number}@example.org\n" for number in range(SUBSCRIBERS))
    (folder / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")


@contextmanager
def relay(folder: Path) -> Iterator[int]:
    words = [str(folder / "port"), str(folder / "journal"), "60"]
    process = subprocess.Popen([sys.executable, str(RELAY), *words])
    try:
        while not (folder / "port").exists():
            time.sleep(0.01)
        yield int((folder / "port").read_text(encoding="ascii"))
    finally:
        process.terminate()
        process.wait()


def services(folder: Path, address: str, number: int) -> list[subprocess.Popen[bytes]]:
    """Start so many at once, as so many hosts would."""
    environment = os.environ | {"DIGEST_SITE__DATABASE": address, "DIGEST_SITE__SECRET": SECRET}
    program = [sys.executable, "-c", "from digest.cli import main; main()", "--config", str(folder / "digest.toml")]
    started = []
    for one in range(number):
        with (folder / f"run-{one}.log").open("wb") as log:
            started.append(subprocess.Popen([*program, "run"], env=environment, stdout=log, stderr=log))
    return started


def accepted(folder: Path) -> list[str]:
    journal = folder / "journal"
    return journal.read_text(encoding="ascii").split() if journal.exists() else []


def logs(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8")[-3000:] for path in sorted(folder.glob("run-*.log")))


def test_each_slot_happens_once_though_a_scheduler_is_lost(tmp_path: Path, database_url: str) -> None:
    """Three catch the same slot up at once, and one is killed: all have it, twice only what it had in flight."""
    site = tmp_path / "site"
    with relay(tmp_path) as port:
        make_site(site, port=port)
        running = services(site, database_url, 3)
        try:
            deadline = time.monotonic() + 120
            while len(accepted(tmp_path)) < SUBSCRIBERS // 4:
                assert time.monotonic() < deadline, logs(site)
                time.sleep(0.05)
            lost = running.pop(0)
            lost.kill()
            lost.wait()
            assert len(set(accepted(tmp_path))) < SUBSCRIBERS
            with open_store(database_url) as store:
                while [edition.status for edition in store.editions.recent("morning", limit=5)] != [EditionStatus.SENT]:
                    assert time.monotonic() < deadline, logs(site)
                    time.sleep(0.2)
        finally:
            for one in running:
                one.terminate()
            codes = [one.wait(timeout=40) for one in running]
    assert codes == [0, 0], logs(site)
    had = accepted(tmp_path)
    assert len(set(had)) == SUBSCRIBERS
    assert len(had) - SUBSCRIBERS <= 4  # what the lost one had in flight


def test_readers_do_not_wait_with_a_send_that_waits_for_the_ledger(tmp_path: Path, database_url: str) -> None:
    """Somebody holds the claims, and no message can leave: the pages of the same `digest run` answer at once."""
    site = tmp_path / "site"
    with relay(tmp_path) as port:
        make_site(site, port=port)
        (running,) = services(site, database_url, 1)
        try:
            deadline = time.monotonic() + 60
            while not accepted(tmp_path):
                assert time.monotonic() < deadline, logs(site)
                time.sleep(0.05)
            found = re.search(r'"address": "(http[^"]+)"', logs(site))
            assert found is not None, logs(site)
            with psycopg.connect(database_url) as connection:
                connection.execute("LOCK TABLE claims, deliveries IN ACCESS EXCLUSIVE MODE")
                time.sleep(2)
                before = len(accepted(tmp_path))
                asked = time.monotonic()
                with urlopen(f"{found[1]}/healthz", timeout=20) as answer:  # noqa: S310 - our own pages
                    assert answer.status == 200
                assert time.monotonic() - asked < 3
                assert len(accepted(tmp_path)) == before < SUBSCRIBERS
        finally:
            running.terminate()
            code = running.wait(timeout=40)
    assert code == 0, logs(site)
