"""A site on PostgreSQL, a relay that keeps a journal, and workers in processes of their own, to be ill-treated.

It is also what benchmarks/scale.py starts its workers with.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pydantic import SecretStr

from digest import pipeline
from digest.config import Settings, read_settings
from digest.model import Edition, EditionStatus
from digest.store import open_store
from digest.workers import Queue
from tests.faults.killing import ARTICLE, RELAY, SETTINGS, SLOT

SECRET = "a secret of this test, and of no site"
CONNECTIONS = 4  # of each worker
_LEASE = """
[web]
port = 0

[delivery]
lease = "10s"
"""
_IN_HAND = """
SELECT EXISTS (
    SELECT 1 FROM senders WHERE pid = %s AND (
        EXISTS (SELECT 1 FROM claims WHERE claims.holder = senders.id)
        OR EXISTS (SELECT 1 FROM deliveries WHERE deliveries.holder = senders.id)
    )
)
"""
_ENDS_OF_PARTS = ("part done", "part given up", "job failed")
_UNFINISHED = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('doing', 'failed', 'aborting')"


class Cluster:
    """Three workers, unless told otherwise, that send one edition."""

    def __init__(self, folder: Path, address: str, *, subscribers: int, port: int, host: str = "127.0.0.1") -> None:
        self.folder, self.subscribers, self.address = folder, subscribers, address
        self._environment = os.environ | {"DIGEST_SITE__DATABASE": address, "DIGEST_SITE__SECRET": SECRET}
        self.workers: list[subprocess.Popen[bytes]] = []
        self._make_site(host, port)
        self.settings = self._read_settings()
        self.store = open_store(address)
        self.edition = self._start()

    def _make_site(self, host: str, port: int) -> None:
        (self.folder / "articles").mkdir(parents=True)
        (self.folder / "articles" / "bridge.txt").write_text(ARTICLE, encoding="utf-8")
        settings = SETTINGS.format(port=port, connections=CONNECTIONS, database="")
        settings = settings.replace("\n[delivery]\n", _LEASE, 1).replace("127.0.0.1", host, 1)
        (self.folder / "digest.toml").write_text(settings, encoding="utf-8")
        lines = "".join(f"r{number}@example.org\n" for number in range(self.subscribers))
        (self.folder / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")

    def _read_settings(self) -> Settings:
        settings = read_settings(self.folder / "digest.toml")
        # As the workers have it from their environment.
        site = settings.site.model_copy(update={"database": SecretStr(self.address), "secret": SecretStr(SECRET)})
        return settings.model_copy(update={"site": site})

    def _start(self) -> Edition:
        now = datetime.now(UTC)
        pipeline.collect(self.settings, self.store, now=now)
        newsletter = self.settings.newsletter("morning")
        slot = pipeline.named_slot(newsletter, SLOT)
        started = asyncio.run(pipeline.start(self.settings, self.store, newsletter, slot, clock=lambda: now))
        assert started.mail is not None
        return started.edition

    def add_worker(self, *within: str) -> subprocess.Popen[bytes]:
        """Start one more, by the command `within` if there is one; what it says is in a file of its number."""
        program = [*within, sys.executable, "-c", "from digest.cli import main; main()"]
        program += ["--config", str(self.folder / "digest.toml"), "worker"]
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen(program, env=self._environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def send(self, *, processes: int) -> subprocess.Popen[bytes]:
        """Start `digest send` on this machine alone."""
        program = [sys.executable, "-c", "from digest.cli import main; main()"]
        program += ["--config", str(self.folder / "digest.toml"), "send", "morning", "--slot", SLOT]
        program += ["--processes", str(processes)]
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen(program, env=self._environment, stdout=log, stderr=log)

    def hand_over(self, times: int = 1) -> None:
        """Have the workers send; any number of times it is the same send."""

        async def put() -> None:
            async with Queue(self.settings) as queue:
                for _ in range(times):
                    await queue.hand_over(self.edition)

        asyncio.run(put())

    def fill_twice(self) -> None:
        """Put every part of the edition into the queue, and once more."""

        async def put() -> None:
            async with Queue(self.settings) as queue:
                parts = self.store.deliveries.ranges(self.edition, size=pipeline.PART)
                for _ in range(2):
                    slot = self.edition.slot.isoformat()
                    await queue.put_parts({"newsletter": self.edition.newsletter, "slot": slot}, parts)

        asyncio.run(put())

    def accepted(self) -> Counter[str]:
        """Count what the relay took, by recipient."""
        journal = self.folder.parent / "journal"
        return Counter(journal.read_text(encoding="ascii").split()) if journal.exists() else Counter()

    def wait_for(self, accepted: int, *, seconds: float = 60) -> None:
        """Wait until the relay has taken so many."""
        deadline = time.monotonic() + seconds
        while self.accepted().total() < accepted:
            assert time.monotonic() < deadline, f"only {self.accepted().total()} of {accepted} came: {self.logs()}"
            time.sleep(0.05)

    def wait_until_sent(self, *, seconds: float = 120) -> None:
        """Wait until the edition is called sent."""
        deadline = time.monotonic() + seconds
        while self.store.editions.status(self.edition) is not EditionStatus.SENT:
            said = f"{self.store.deliveries.tally(self.edition)} after {seconds} s: {self.logs()}"
            assert time.monotonic() < deadline, said
            time.sleep(0.1)

    def freeze_one_at_work(self, *, seconds: float = 60) -> subprocess.Popen[bytes]:
        """Stop a worker in the middle of a part, with subscribers in hand; gives it."""
        deadline = time.monotonic() + seconds
        while True:
            for worker in self.workers:
                worker.send_signal(signal.SIGSTOP)
                if self._has_in_hand(worker):
                    return worker
                worker.send_signal(signal.SIGCONT)
            assert time.monotonic() < deadline, f"no worker has anybody in hand: {self.logs()}"

    def wake(self, worker: subprocess.Popen[bytes], *, seconds: float = 60) -> None:
        """Let a stopped worker go on, and wait until it says that it has ended the part that it was at."""
        before = self._parts_ended(worker)
        worker.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + seconds
        while self._parts_ended(worker) == before:
            assert time.monotonic() < deadline, f"it does not end its part: {self.logs()}"
            time.sleep(0.05)

    def wait_for_rest(self, *, seconds: float = 60) -> None:
        """Wait until no worker is at a job, and none is left that failed."""
        deadline = time.monotonic() + seconds
        while self.stuck_jobs():
            assert time.monotonic() < deadline, f"{self.stuck_jobs()} jobs do not end: {self.logs()}"
            time.sleep(0.1)

    def _has_in_hand(self, worker: subprocess.Popen[bytes]) -> bool:
        with psycopg.connect(self.address) as connection:
            found = connection.execute(_IN_HAND, (worker.pid,)).fetchone()
        return found is not None and bool(found[0])

    def _parts_ended(self, worker: subprocess.Popen[bytes]) -> int:
        log = self.folder / f"worker-{self.workers.index(worker)}.log"
        text = log.read_text(encoding="utf-8")
        return sum(text.count(f'"{said}') for said in _ENDS_OF_PARTS)

    def missed(self) -> int:
        """Count those who never got it."""
        return self.subscribers - len(self.accepted())

    def duplicates(self) -> int:
        """Count the messages beyond the first to anybody."""
        return self.accepted().total() - len(self.accepted())

    def stuck_jobs(self) -> int:
        """Count jobs that nobody ends: the edition is sent, and workers are at rest."""
        with psycopg.connect(self.address) as connection:
            found = connection.execute(_UNFINISHED).fetchone()
        assert found is not None
        return int(found[0])

    def logs(self) -> str:
        """Give what the workers said last."""
        return "\n".join(path.read_text(encoding="utf-8")[-2000:] for path in sorted(self.folder.glob("worker-*.log")))

    def close(self) -> list[int]:
        """Stop every worker as an operator does, and give their exit codes."""
        running = [worker for worker in self.workers if worker.poll() is None]
        for worker in running:
            worker.send_signal(signal.SIGCONT)
            worker.send_signal(signal.SIGTERM)
        try:
            return [worker.wait(timeout=30) for worker in running]
        finally:
            for worker in running:
                worker.kill()
            self.store.close()


@contextmanager
def cluster(
    folder: Path,
    address: str,
    *,
    subscribers: int,
    workers: int = 3,
    delay_ms: int = 60,
    host: str = "127.0.0.1",
) -> Iterator[Cluster]:
    """Give a cluster whose relay waits up to `delay_ms` before each reply to a message."""
    port_file, journal = folder / "port", folder / "journal"
    relay = subprocess.Popen([sys.executable, str(RELAY), str(port_file), str(journal), str(delay_ms), "0", host])
    made: Cluster | None = None
    try:
        while not port_file.exists():
            time.sleep(0.01)
        made = Cluster(folder / "site", address, subscribers=subscribers, port=int(port_file.read_text()), host=host)
        for _ in range(workers):
            made.add_worker()
        yield made
    finally:
        if made is not None:
            made.close()
        relay.terminate()
        relay.wait()
