"""digest/workers: three workers and what may happen to them in the middle of a send."""

from __future__ import annotations

import random
import time
from pathlib import Path

import psycopg
import pytest

from digest.model import EditionStatus
from digest.pipeline import pause, resume
from tests import databases
from tests.faults.cluster import CONNECTIONS, cluster
from tests.faults.networks import network, reason_against

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SUBSCRIBERS = 3000
FEWER = 1500  # where what happens takes no long send


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


def test_killed_workers_are_taken_over(tmp_path: Path, database_url: str) -> None:
    """SIGKILL of worker after worker: nobody is missed, and a kill repeats at most what was in flight."""
    chance = random.Random(2022)  # noqa: S311 - a test's dice
    kills = 4
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS) as site:
        site.hand_over()
        site.wait_for(100)
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.0))
            victim = chance.choice([worker for worker in site.workers if worker.poll() is None])
            victim.kill()
            victim.wait()
            site.add_worker()
        assert site.missed() > 0  # else nothing was killed in the middle
        site.wait_until_sent()
        assert site.missed() == 0
        assert site.duplicates() <= kills * CONNECTIONS
        site.wait_for_rest()


def test_a_frozen_worker_sends_nothing_that_others_took_over(tmp_path: Path, database_url: str) -> None:
    """SIGSTOP past the lease, then SIGCONT: only what was in flight at that moment may come twice."""
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS) as site:
        site.hand_over()
        site.wait_for(200)
        frozen = site.freeze_one_at_work()
        site.wait_until_sent()  # the others take its part over once its lease has run out
        assert site.missed() == 0
        before = site.accepted().total()
        site.wake(frozen)
        assert site.accepted().total() - before <= CONNECTIONS
        assert site.duplicates() <= CONNECTIONS
        site.wait_for_rest()
        assert frozen.poll() is None  # and it goes on working


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_the_database_restarts_in_the_middle_of_a_send(
    tmp_path: Path, postgres: databases.Server, database_url: str, mode: str
) -> None:
    """Workers wait for the database, and go on with what it has kept."""
    if not isinstance(postgres, databases.Embedded):
        pytest.skip("the server that DIGEST_TEST_POSTGRES names is not ours to restart")
    with psycopg.connect(database_url, autocommit=True) as connection:
        # Off for the other tests' haste; a server that dies would lose what it has called kept.
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = on".encode())
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS) as site:
        site.hand_over()
        site.wait_for(300)
        postgres.restart(mode)
        assert site.missed() > 0
        site.wait_until_sent()
        assert site.missed() == 0
        assert site.duplicates() <= len(site.workers) * CONNECTIONS
        site.wait_for_rest()
        assert [worker.poll() for worker in site.workers] == [None, None, None]


def test_cut_connections_are_made_anew(tmp_path: Path, database_url: str) -> None:
    """Every session of the workers is ended, three times: they connect again, and nobody is missed."""
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    with cluster(tmp_path, database_url, subscribers=SUBSCRIBERS) as site:
        site.hand_over()
        site.wait_for(300)
        for _ in range(3):
            with psycopg.connect(database_url) as connection:
                connection.execute(cut, [connection.info.backend_pid])
            time.sleep(1)
        site.wait_until_sent()
        assert site.missed() == 0
        assert site.duplicates() <= 3 * len(site.workers) * CONNECTIONS
        site.wait_for_rest()


def test_a_queue_filled_twice_sends_once(tmp_path: Path, database_url: str) -> None:
    """Whoever fills the queue, and however often, everybody gets one message."""
    with cluster(tmp_path, database_url, subscribers=FEWER, delay_ms=5) as site:
        site.fill_twice()
        site.hand_over(times=3)
        site.wait_until_sent()
        site.wait_for_rest()
        assert (site.missed(), site.duplicates()) == (0, 0)


def test_a_worker_that_joins_helps_at_once(tmp_path: Path, database_url: str) -> None:
    """One that starts in the middle of a send takes parts of it."""
    with cluster(tmp_path, database_url, subscribers=FEWER, workers=1) as site:
        site.hand_over()
        site.wait_for(100)
        site.add_worker()
        site.wait_until_sent()
        assert (site.missed(), site.duplicates()) == (0, 0)
        assert "part done" in (site.folder / "worker-1.log").read_text(encoding="utf-8")


def test_a_paused_edition_stops_on_all_of_them(tmp_path: Path, database_url: str) -> None:
    """Within seconds no worker sends any more; told to go on, they do, and nobody is missed or written to twice."""
    with cluster(tmp_path, database_url, subscribers=FEWER) as site:
        site.hand_over()
        site.wait_for(200)
        pause(site.store, site.edition)
        time.sleep(4)
        before = site.accepted().total()
        time.sleep(2)
        assert site.accepted().total() == before < FEWER
        assert site.store.editions.status(site.edition) is EditionStatus.PAUSED
        resume(site.store, site.edition)
        site.hand_over()
        site.wait_until_sent()
        site.wait_for_rest()
        assert (site.missed(), site.duplicates()) == (0, 0)


def test_stopped_workers_leave_nothing_in_doubt(tmp_path: Path, database_url: str) -> None:
    """SIGTERM: a worker finishes what is in flight and ends well; others go on with its part; nothing comes twice."""
    with cluster(tmp_path, database_url, subscribers=FEWER) as site:
        site.hand_over()
        site.wait_for(200)
        for worker in site.workers[:2]:
            worker.terminate()
        assert [worker.wait(timeout=30) for worker in site.workers[:2]] == [0, 0]
        site.wait_until_sent()
        site.wait_for_rest()
        assert (site.missed(), site.duplicates()) == (0, 0)


@pytest.mark.skipif(bool(reason_against()), reason=reason_against())
def test_a_host_that_is_cut_off_from_the_relay_hands_its_part_over(tmp_path: Path, database_url: str) -> None:
    """Its cable is pulled in the middle of a send: others send what it had, and what was in flight at most twice."""
    with network() as far, cluster(tmp_path, database_url, subscribers=SUBSCRIBERS, workers=1, host=far.near) as site:
        settings = (site.folder / "digest.toml").read_text(encoding="utf-8")
        patience = 'connections = 4\ntimeout = "3s"\nconnect_timeout = "3s"\ndata_timeout = "3s"\n'
        settings = settings.replace("connections = 4\n", patience, 1)
        (site.folder / "digest.toml").write_text(settings, encoding="utf-8")
        site.add_worker(*far.run)
        time.sleep(3)
        site.hand_over()
        site.wait_for(600)
        far.cut()
        assert site.missed() > 0
        site.wait_until_sent()
        assert site.missed() == 0
        assert site.duplicates() <= CONNECTIONS
        assert "part done" in (site.folder / "worker-0.log").read_text(encoding="utf-8")
