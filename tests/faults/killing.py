"""Kill a real `digest send` again and again, start it again each time, and count what its relay accepted.

    python tests/faults/killing.py FOLDER --kills 200 --subscribers 2000 [--signal TERM] [--database URL]

It prints a JSON object: see Count.  What is in doubt after a kill is sent again, so that nobody is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

RELAY = Path(__file__).with_name("journal_relay.py")
SLOT = "2026-03-05T09:00"
SETTINGS = """
[site]
{database}
public_url = "https://news.example.org"
postal_address = "Morning, 1 Example Street"
timezone = "Europe/Kyiv"

[smtp]
host = "127.0.0.1"
port = {port}
connections = {connections}

[delivery]
uncertain = "resend"

[[sources]]
path = "articles"

[newsletters.morning]
title = "Morning"
language = "en"
timezone = "America/New_York"
send_at = "09:00"
from = {{ name = "Morning", address = "morning@news.example.org" }}
list = "subscribers.csv"
theme = "ukraine-today"
"""
ARTICLE = """Bridge over the Ros opens after two years

4 March 2026, 05:46 PM

The road bridge over the Ros at Bila Tserkva opened on Wednesday, two years after a flood took its middle span.

Engineers replaced 140 metres of deck and raised the piers by 1.5 metres, the regional roads office said.
"""


@dataclass(frozen=True, kw_only=True)
class Count:
    """What came of a send that was ended `kills` times."""

    subscribers: int
    connections: int
    kills: int
    kills_while_sending: int  # with some accepted since the start, and some left
    missed: int
    duplicates: int
    codes: tuple[int, ...]  # exit codes of the runs that were not killed


def make_site(folder: Path, *, port: int, connections: int, subscribers: int, database: str = "") -> None:
    (folder / "articles").mkdir(parents=True)
    (folder / "articles" / "bridge.txt").write_text(ARTICLE, encoding="utf-8")
    named = f'database = "{database}"' if database else ""
    settings = SETTINGS.format(port=port, connections=connections, database=named)
    (folder / "digest.toml").write_text(settings, encoding="utf-8")
    lines = "".join(f"r{number}@example.org\n" for number in range(subscribers))
    (folder / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    digest(folder, "collect").wait()


def digest(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start the command as its user does."""
    program = [sys.executable, "-c", "from digest.cli import main; main()", "--config", str(folder / "digest.toml")]
    return subprocess.Popen([*program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_and_count(
    folder: Path,
    *,
    kills: int,
    subscribers: int,
    connections: int,
    end_by: signal.Signals,
    seed: int = 2022,
    database: str = "",
) -> Count:
    """Send to so many, ended so often by `end_by` at random moments of the send, until the command says it is done.

    `database` is the address of an empty one; without it the site has its own, on SQLite.
    """
    journal, port_file = folder / "journal", folder / "port"
    folder.mkdir(parents=True, exist_ok=True)
    relay = subprocess.Popen([sys.executable, str(RELAY), str(port_file), str(journal), "4"])
    try:
        while not port_file.exists():
            time.sleep(0.01)
        port = int(port_file.read_text())
        make_site(folder / "site", port=port, connections=connections, subscribers=subscribers, database=database)
        return _run(
            site=folder / "site",
            journal=journal,
            chance=random.Random(seed),  # noqa: S311 - a test's dice
            kills=kills,
            subscribers=subscribers,
            connections=connections,
            end_by=end_by,
        )
    finally:
        relay.terminate()
        relay.wait()


def _run(
    *,
    site: Path,
    journal: Path,
    chance: random.Random,
    kills: int,
    subscribers: int,
    connections: int,
    end_by: signal.Signals,
) -> Count:
    done, while_sending = 0, 0
    codes: list[int] = []
    while not codes or codes[-1] != 0:
        before = _accepted(journal)
        process = digest(site, "send", "morning", "--slot", SLOT)
        if done < kills:
            # So many messages into this run, evenly over what is left, and then a moment more.
            further = chance.randrange(max(1, 2 * (subscribers - before.total()) // (kills - done + 1)))
            until = before.total() + further
            while process.poll() is None and _lines(journal) < until:
                time.sleep(0.0005)
            time.sleep(chance.random() * 0.004)
            if process.poll() is None:
                process.send_signal(end_by)
                done += 1
        codes.append(process.wait())
        after = _accepted(journal)
        while_sending += before.total() < after.total() < subscribers
        if len(codes) > kills + 20:
            raise RuntimeError(f"it does not come to an end: {codes[-5:]}, {after.total()} of {subscribers}")
    accepted = _accepted(journal)
    wanted = {f"r{number}@example.org" for number in range(subscribers)}
    return Count(
        subscribers=subscribers,
        connections=connections,
        kills=done,
        kills_while_sending=while_sending,
        missed=len(wanted - set(accepted)),
        duplicates=_repeated(accepted),
        codes=tuple(code for code in codes if code >= 0),
    )


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _accepted(journal: Path) -> Counter[str]:
    return Counter(journal.read_text(encoding="ascii").split()) if journal.exists() else Counter()


def _repeated(accepted: Counter[str]) -> int:
    return accepted.total() - len(accepted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--database", default="", help="the address of an empty one; by default SQLite in FOLDER")
    parser.add_argument("--signal", choices=("KILL", "TERM"), default="KILL")
    asked = parser.parse_args()
    count = kill_and_count(
        asked.folder,
        kills=asked.kills,
        subscribers=asked.subscribers,
        connections=asked.connections,
        end_by=signal.Signals[f"SIG{asked.signal}"],
        database=asked.database,
    )
    print(json.dumps(asdict(count)))  # noqa: T201 - the answer
