"""What a recipient costs as lists, workers and misfortunes grow, and whether each got it once.

    python benchmarks/scale.py [--subscribers 10000 100000] [--workers 1] [--kill 0] [--postgres]
                               [--per-second 0] [--json]

On SQLite it sends with `digest send --processes WORKERS`, and starts it again after each kill; with --postgres, on a
server that is started for it or that DIGEST_TEST_POSTGRES names, with so many `digest worker`.  The relay is one that
discards every message and keeps a journal of recipients; --per-second has it take so many a second on a connection.
Each worker has 4 connections.

recipients                   on the list
seconds                      from the first reply to the last, by the ledger
us_per_recipient             seconds / recipients
rss_mb                       the largest sender's peak
missed, duplicates           by the relay's journal
in_flight                    what may be in doubt at most: connections of the killed, over all kills
ledger_bytes_per_delivery    of the database's growth during the send; on PostgreSQL of the edition's part of the ledger

An object a size is printed, as a line of JSON with --json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import databases
from tests.faults.cluster import CONNECTIONS, Cluster
from tests.faults.killing import RELAY

_PATIENCE_SECONDS = 3600
_SPAN = "SELECT min(attempted_at), max(attempted_at) FROM deliveries WHERE state = 'sent'"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one send was like; see the head of this file."""

    recipients: int
    workers: int
    seconds: float
    us_per_recipient: float
    rss_mb: float
    missed: int
    duplicates: int
    in_flight: int
    ledger_bytes_per_delivery: float


@contextmanager
def relay(folder: Path, *, per_second: float) -> Iterator[int]:
    """Run the relay, and give its port."""
    port_file = folder / "port"
    words = [str(port_file), str(folder / "journal"), "0", str(per_second)]
    process = subprocess.Popen([sys.executable, str(RELAY), *words])
    try:
        while not port_file.exists():
            time.sleep(0.01)
        yield int(port_file.read_text(encoding="ascii"))
    finally:
        process.terminate()
        process.wait()


def measure(asked: argparse.Namespace, subscribers: int) -> Found:
    """Send one edition to so many."""
    with tempfile.TemporaryDirectory(prefix="digest-scale-") as name:
        folder = Path(name)
        with relay(folder, per_second=asked.per_second) as port:
            if not asked.postgres:
                address = f"sqlite:///{folder / 'digest.db'}"
                return _sent(asked, Cluster(folder / "site", address, subscribers=subscribers, port=port))
            # As a site's server is: what is called kept is on the disk, and dead rows are swept up.
            named = os.environ.get("DIGEST_TEST_POSTGRES")
            server = databases.Server(named) if named else databases.Embedded(hasty=False)
            try:
                site = Cluster(folder / "site", server.make(empty=True), subscribers=subscribers, port=port)
                return _sent(asked, site)
            finally:
                server.close()


def _sent(asked: argparse.Namespace, site: Cluster) -> Found:
    before = _bytes(site)
    started = time.monotonic()
    with _peaks() as peaks:
        (_send_shared if asked.postgres else _send_alone)(asked, site)
        site.wait_until_sent(seconds=_PATIENCE_SECONDS - (time.monotonic() - started))
    first, last = _times(site)
    after = _bytes(site)
    missed, duplicates = site.missed(), site.duplicates()
    site.close()
    seconds = max((last - first) / 1e6, 1e-6)
    return Found(
        recipients=site.subscribers,
        workers=asked.workers,
        seconds=round(seconds, 2),
        us_per_recipient=round(seconds / site.subscribers * 1e6, 1),
        rss_mb=round(max(peaks.values()) / 1024, 1),
        missed=missed,
        duplicates=duplicates,
        in_flight=asked.kill * CONNECTIONS * (1 if asked.postgres else asked.workers),
        ledger_bytes_per_delivery=round((after - before) / site.subscribers, 1),
    )


@contextmanager
def _peaks() -> Iterator[dict[int, int]]:
    """Watch the peak memory of every process that this one starts, or that such a one starts; in KB by process."""
    peaks: dict[int, int] = {}
    over = threading.Event()

    def watch() -> None:
        ours = {os.getpid()}
        while not over.wait(0.1):
            for status in Path("/proc").glob("[0-9]*/status"):
                with suppress(OSError, KeyError):
                    said = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
                    if int(said["PPid"]) in ours and "python" in said["Name"]:
                        process = int(said["Pid"])
                        ours.add(process)
                        peaks[process] = max(peaks.get(process, 0), int(said["VmHWM"].split()[0]))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield peaks
    finally:
        over.set()
        watching.join()


def _send_shared(asked: argparse.Namespace, site: Cluster) -> None:
    for _ in range(asked.workers):
        site.add_worker()
    time.sleep(3)  # until they listen: a worker's start is no part of a recipient's cost
    site.hand_over()
    for number in range(asked.kill):
        site.wait_for(site.subscribers * (number + 1) // (asked.kill + 1), seconds=_PATIENCE_SECONDS)
        victim = random.choice([worker for worker in site.workers if worker.poll() is None])  # noqa: S311
        victim.kill()
        victim.wait()
        site.add_worker()


def _send_alone(asked: argparse.Namespace, site: Cluster) -> None:
    for number in range(asked.kill):
        sender = site.send(processes=asked.workers)
        site.wait_for(site.subscribers * (number + 1) // (asked.kill + 1), seconds=_PATIENCE_SECONDS)
        sender.kill()
        sender.wait()
    code = site.send(processes=asked.workers).wait()
    if code:
        raise SystemExit(f"digest send ended with {code}: {site.logs()}")


def _times(site: Cluster) -> tuple[int, int]:
    engine = create_engine(_sqlalchemy(site.address))
    with engine.connect() as connection:
        first, last = connection.execute(text(_SPAN)).one()
    engine.dispose()
    return first, last


def _bytes(site: Cluster) -> int:
    engine = create_engine(_sqlalchemy(site.address))
    with engine.connect() as connection:
        if _on_postgres(site):
            parts = (
                "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits "
                "WHERE inhparent = 'deliveries'::regclass"
            )
            found = int(connection.execute(text(parts)).scalar_one())
        else:
            pages, size = (
                connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size")
            )
            found = int(pages) * int(size)
    engine.dispose()
    return found


def _on_postgres(site: Cluster) -> bool:
    """Tell whether the site is on PostgreSQL."""
    return site.address.startswith("postgresql")


def _sqlalchemy(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://", 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--kill", type=int, default=0, help="SIGKILL a sender so often on the way.")
    parser.add_argument("--per-second", type=float, default=0, help="What the relay takes on a connection; 0: all.")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for subscribers in asked.subscribers:
        for workers in asked.workers:
            one = argparse.Namespace(**{**vars(asked), "workers": workers})
            found = asdict(measure(one, subscribers))
            print(json.dumps(found) if asked.json else json.dumps(found, indent=2), flush=True)


if __name__ == "__main__":
    main()
