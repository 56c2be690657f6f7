"""`digest send --processes`: several processes of one machine, on SQLite as on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
SUBSCRIBERS = 1500
CLAIMED = 500  # by one process at once


def others_of(sender: subprocess.Popen[bytes]) -> list[int]:
    """Find the processes that the first one started to send beside it."""
    found = Path(f"/proc/{sender.pid}/task/{sender.pid}/children").read_text(encoding="ascii")
    return [int(number) for number in found.split()]


def begun(site: Cluster, sender: subprocess.Popen[bytes]) -> list[int]:
    site.wait_for(100)
    assert sender.poll() is None
    return others_of(sender)


def test_several_processes_send_once(tmp_path: Path, database_url: str) -> None:
    """Each takes a share of the connections, and nobody is missed or written to twice."""
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS, workers=0, delay_ms=20) as site:
        sender = site.send(processes=2)
        assert len(begun(site, sender)) == 1
        assert sender.wait(timeout=60) == 0, site.logs()
        site.wait_until_sent(seconds=5)
        assert (site.missed(), site.duplicates()) == (0, 0)


def test_the_death_of_one_process_loses_nothing(tmp_path: Path, database_url: str) -> None:
    """SIGKILL of one that helps, with some in hand when all others have theirs: the first says so, and sends those."""
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS, workers=0, delay_ms=20) as site:
        sender = site.send(processes=2)
        (other,) = begun(site, sender)
        site.wait_for(SUBSCRIBERS // 2)  # both are at it
        os.kill(other, signal.SIGSTOP)
        site.wait_for(SUBSCRIBERS - CLAIMED)
        time.sleep(1)  # the first has nothing left to do but to wait for it
        assert site.store.deliveries.tally(site.edition).claimed > 0
        os.kill(other, signal.SIGKILL)
        assert sender.wait(timeout=60) == 0
        assert "a sending process ended early" in site.logs()
        site.wait_until_sent(seconds=1)
        assert site.missed() == 0
        assert site.duplicates() <= 2  # its share of the connections


def test_the_death_of_the_first_ends_the_others(tmp_path: Path, database_url: str) -> None:
    """SIGKILL of the one that is watched: the others end and leave no doubt, and the next send goes on."""
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS, workers=0, delay_ms=20) as site:
        sender = site.send(processes=2)
        (other,) = begun(site, sender)
        site.wait_for(SUBSCRIBERS // 3)  # both are at it
        sender.kill()
        sender.wait()
        for _ in range(100):
            if not Path(f"/proc/{other}").exists():
                break
            time.sleep(0.1)
        assert not Path(f"/proc/{other}").exists()
        assert "is gone" in site.logs()
        assert site.missed() > 0
        assert site.send(processes=2).wait(timeout=60) == 0
        site.wait_until_sent(seconds=5)
        assert site.missed() == 0
        assert site.duplicates() <= 2  # the first one's share of the connections


def test_stopped_all_of_them_finish_what_is_in_flight(tmp_path: Path, database_url: str) -> None:
    """SIGTERM to the first ends the others as well; nothing is in doubt, and the next send does the rest."""
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS, workers=0, delay_ms=20) as site:
        sender = site.send(processes=2)
        (other,) = begun(site, sender)
        sender.send_signal(signal.SIGTERM)
        assert sender.wait(timeout=60) == 1
        time.sleep(0.2)
        assert not Path(f"/proc/{other}").exists()
        assert site.missed() > 0
        assert site.send(processes=2).wait(timeout=60) == 0
        site.wait_until_sent(seconds=5)
        assert (site.missed(), site.duplicates()) == (0, 0)
