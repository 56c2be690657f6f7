"""How fast `digest send` is beside other senders, what it costs, and whether everything arrived once.

    python benchmarks/send.py [--messages 20000] [--rounds 5] [--large 1000000] [--kills 200]
                              [--dkim ed25519 rsa] [--uvloop] [--json]

Runs the whole command (a site with SQLite, a list, 40 KB messages, 10 connections, one process) into Postfix's
discarding server `smtp-sink`, and in turn, in each round, the others into the same server: `smtp-source -d`, smtplib,
aiosmtplib with kept connections, nodemailer's pool with ready bytes and composing.  The ratios are medians over rounds.

A rate is messages over the time from the first to the last reply: for `digest` by its ledger, which holds each
reply's instant; for the others, which start in no time, by their whole run.  The time that `digest` takes to its
first message is told by itself.  CPU is the whole command's, less that of one with ten subscribers, by message.
Memory is the largest resident set of the command or of a process that it started, the one that builds included.
`--dkim` measures signed mail as well, by each kind of key, with RSA in two processes too, and `--uvloop` the command on
that event loop, if it is installed: each beside the plain command and smtp-source in the same rounds.
The list file is as it was when it was last followed: a changed one is read first, and adds its own time.
Needs Debian's postfix; without node and npm its ratios are left out, with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "peers"
RELAY = HERE.parent / "tests" / "faults" / "journal_relay.py"
KILLING = HERE.parent / "tests" / "faults" / "killing.py"
SINK, SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"
SLOT = "2026-03-05T09:00"
ARTICLE = """Bridge over the Ros opens after two years

4 March 2026, 05:46 PM

The road bridge over the Ros at Bila Tserkva opened on Wednesday, two years after a flood took its middle span.

Engineers replaced 140 metres of deck and raised the piers by 1.5 metres, the regional roads office said.
"""
NEWSLETTER = "ukraine-today"
MESSAGE_BYTES = 40_000
CONNECTIONS = 10
# An installed command has its compiled modules at hand, also where this environment writes none.
AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
DIGEST = (sys.executable, "-c", "from digest.cli import main; main()")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the whole command."""

    rate: float  # messages a second, from the first reply to the last
    first_seconds: float  # from the start of the process to the first reply
    cpu_seconds: float
    rss_mb: float


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to run the command beside the plain one."""

    site: Path
    program: Sequence[str] = DIGEST
    words: Sequence[str] = ()  # added to the command


ON_UVLOOP = (sys.executable, "-c", "import uvloop; uvloop.install(); from digest.cli import main; main()")


def run_digest(site: Path, program: Sequence[str] = DIGEST, words: Sequence[str] = ()) -> Run:
    """Send the edition with a fresh ledger and measure the process."""
    shutil.rmtree(site / "var", ignore_errors=True)
    shutil.copytree(site / "before", site / "var")
    started = time.time()
    process = subprocess.Popen(
        [*program, "--config", str(site / "digest.toml"), "send", NEWSLETTER, "--slot", SLOT, *words],
        stdout=subprocess.DEVNULL,
        env=AS_INSTALLED,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"digest send ended with {process.returncode}")
    with closing(sqlite3.connect(site / "var" / "digest.db")) as ledger:
        first, last, count = ledger.execute(
            "SELECT min(attempted_at), max(attempted_at), count(*) FROM deliveries WHERE state = 'sent'"
        ).fetchone()
    return Run(
        rate=count / max((last - first) / 1e6, 1e-6),
        first_seconds=first / 1e6 - started,
        cpu_seconds=used.ru_utime + used.ru_stime,
        rss_mb=used.ru_maxrss / 1024,
    )


def make_site(folder: Path, *, port: int, subscribers: int) -> Path:
    """Make a site whose messages have 40 KB, its list followed already; `before` keeps its database as it is then."""
    digest(folder, "init", str(folder), config=False)
    settings = (folder / "digest.toml").read_text(encoding="utf-8")
    settings = settings.replace("port = 25 ", f"port = {port} ").replace("port = 25\n", f"port = {port}\n")
    settings = settings.replace('host = "localhost"', 'host = "127.0.0.1"')
    settings = settings.replace("connections = 4", f"connections = {CONNECTIONS}")
    (folder / "digest.toml").write_text(settings, encoding="utf-8")
    with (folder / "subscribers" / f"{NEWSLETTER}.csv").open("w", encoding="utf-8") as file:
        file.write("email,name\n")
        file.writelines(f"reader{number}@example.org,Reader {number}\n" for number in range(subscribers))
    shutil.rmtree(folder / "articles")
    (folder / "articles").mkdir()
    (folder / "articles" / "bridge.txt").write_text(ARTICLE, encoding="utf-8")
    digest(folder, "collect")
    template = folder / "templates" / NEWSLETTER / "edition.mjml"
    plain = template.read_text(encoding="utf-8")
    missing = MESSAGE_BYTES - message_bytes(folder)
    line = "The road bridge over the Ros opened on Wednesday, two years after a flood. "
    filler = (line * (missing // len(line) + 1))[:missing]
    filled = f"<mj-section><mj-column><mj-text>{filler}</mj-text></mj-column></mj-section></mj-body>"
    template.write_text(plain.replace("</mj-body>", filled), encoding="utf-8")
    digest(folder, "send", NEWSLETTER, "--slot", SLOT, "--dry-run")
    shutil.copytree(folder / "var", folder / "before")
    return folder


def signed(site: Path, folder: Path, algorithm: str) -> Path:
    """Give the same site with a DKIM key."""
    shutil.copytree(site, folder)
    command = [*DIGEST, "--config", str(folder / "digest.toml"), "dkim", NEWSLETTER, "--algorithm", algorithm, "--json"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=AS_INSTALLED)
    with (folder / "digest.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{json.loads(said.stdout)['settings']}\n")
    # Beside the database, where a run does not clear it away.
    shutil.copytree(folder / "var" / "dkim", folder / "before" / "dkim")
    return folder


def message_bytes(folder: Path) -> int:
    """Tell how many bytes a message has."""
    digest(folder, "preview", NEWSLETTER, "--slot", SLOT, "--out", str(folder / "preview"))
    return (folder / "preview" / "message.eml").stat().st_size


def digest(folder: Path, *words: str, config: bool = True) -> None:
    """Run one command of the site."""
    named = ["--config", str(folder / "digest.toml")] if config else []
    subprocess.run(
        [*DIGEST, *named, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=AS_INSTALLED
    )


@contextmanager
def sink() -> Iterator[int]:
    """Run smtp-sink on a free port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([SINK, *user, f"127.0.0.1:{port}", "1000"])
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens there."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"nothing came to listen at {port}")


class Peers:
    """The other senders, each a program that is given a port, a number of messages and a file with one."""

    def __init__(self, folder: Path, message: Path) -> None:
        self._folder, self._message = folder, message
        self.reasons: dict[str, str] = {}
        self._node = self._install_nodemailer()

    def rates(self, port: int, messages: int) -> dict[str, float]:
        """Run each in turn; messages a second."""
        size = self._message.stat().st_size
        words = [str(port), str(CONNECTIONS), str(self._message)]
        found = {}
        source = [SOURCE, "-d", "-s", str(CONNECTIONS), "-l", str(size), "-f", "a@example.org", "-t", "b@example.org"]
        found["smtp-source"] = timed([*source, "-m", str(messages), f"127.0.0.1:{port}"], messages)
        for name, share in (("aiosmtplib", 4), ("smtplib", 8)):
            few = messages // share
            found[name] = timed([sys.executable, str(PEERS / f"{name}_kept.py"), *words, str(few)], few)
        if self._node is not None:
            for name, way, share in (("nodemailer-raw", "raw", 4), ("nodemailer", "compose", 16)):
                few = messages // share
                script = ["node", str(self._node / "nodemailer_pool.cjs"), way]
                found[name] = timed([*script, *words, str(few)], few)
        return found

    def _install_nodemailer(self) -> Path | None:
        if shutil.which("npm") is None or shutil.which("node") is None:
            self.reasons["nodemailer"] = "npm or node is missing"
            return None
        folder = self._folder / "node"
        folder.mkdir()
        shutil.copy(PEERS / "nodemailer_pool.cjs", folder)
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "nodemailer"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.reasons["nodemailer"] = f"npm install failed: {done.stderr.strip()[-200:]}"
            return None
        return folder


def timed(command: list[str], messages: int) -> float:
    """Run a peer; it prints the seconds that its sending took, or else its whole run counts."""
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    said = done.stdout.strip()
    return messages / (float(said) if said else seconds)


def arrived_once(folder: Path, *, subscribers: int) -> bool:
    """Send to a server that writes every recipient down, and compare with the list."""
    journal, port_file = folder / "journal", folder / "port"
    folder.mkdir()
    relay = subprocess.Popen([sys.executable, str(RELAY), str(port_file), str(journal)])
    try:
        while not port_file.exists():
            time.sleep(0.01)
        site = make_site(folder / "site", port=int(port_file.read_text()), subscribers=subscribers)
        run_digest(site)
    finally:
        relay.send_signal(signal.SIGTERM)
        relay.wait()
    wanted = Counter(f"reader{number}@example.org" for number in range(subscribers))
    return Counter(journal.read_text(encoding="ascii").split()) == wanted


def measure(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Take all measurements."""
    say = (lambda *words: print(*words, file=sys.stderr)) if asked.json else print
    once = arrived_once(folder / "counted", subscribers=2000)
    say(f"each of 2,000 received exactly once: {once}")
    with sink() as port:
        site = make_site(folder / "site", port=port, subscribers=asked.messages)
        few = make_site(folder / "few", port=port, subscribers=10)
        size = message_bytes(site)
        peers = Peers(folder, site / "preview" / "message.eml")
        ways = {name: Way(site=signed(site, folder / name, name)) for name in asked.dkim}
        if "rsa" in ways:
            ways["rsa in two processes"] = Way(site=ways["rsa"].site, words=("--processes", "2"))
        if asked.uvloop:
            ways["uvloop"] = Way(site=site, program=ON_UVLOOP)
        of_ways: dict[str, list[float]] = {}
        ratios: dict[str, list[float]] = {}
        runs: list[Run] = []
        base = [run_digest(few).cpu_seconds for _ in range(3)]
        for number in range(asked.rounds):
            run = run_digest(site)
            runs.append(run)
            rates = peers.rates(port, asked.messages)
            for name, rate in rates.items():
                ratios.setdefault(name, []).append(run.rate / rate)
            for name, way in ways.items():
                rate = rates[name] = run_digest(way.site, way.program, way.words).rate
                of_ways.setdefault(f"{name} of smtp-source", []).append(rate / rates["smtp-source"])
                of_ways.setdefault(f"{name} of plain", []).append(rate / run.rate)
            others = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
            say(f"round {number + 1}: digest {run.rate:,.0f} messages/s ({others})")
        start = statistics.median(base)
        found: dict[str, object] = {
            "ratios": {name: round(statistics.median(values), 3) for name, values in ratios.items()},
            "ways": {name: round(statistics.median(values), 3) for name, values in of_ways.items()},
            "messages_per_second": round(statistics.median(run.rate for run in runs)),
            "cpu_us": round(statistics.median(run.cpu_seconds - start for run in runs) / asked.messages * 1e6, 1),
            "rss_mb": round(max(run.rss_mb for run in runs), 1),
            "first_message_seconds": round(statistics.median(run.first_seconds for run in runs), 2),
            "start_cpu_seconds": round(start, 2),
            "message_bytes": size,
            "messages": asked.messages,
            "rounds": asked.rounds,
            "once": once,
            "left_out": peers.reasons,
        }
        if asked.large:
            run = run_digest(make_site(folder / "large", port=port, subscribers=asked.large))
            found["large"] = {
                "messages": asked.large,
                "messages_per_second": round(run.rate),
                "rss_mb": round(run.rss_mb, 1),
                "first_message_seconds": round(run.first_seconds, 2),
                "cpu_us": round((run.cpu_seconds - start) / asked.large * 1e6, 1),
            }
    if asked.kills:
        found["kills"] = {
            name: json.loads(
                subprocess.run(
                    [sys.executable, str(KILLING), str(folder / name), "--kills", str(asked.kills), "--signal", name],
                    check=True,
                    capture_output=True,
                    env=os.environ | {"PYTHONPATH": str(HERE.parent)},
                ).stdout
            )
            for name in ("KILL", "TERM")
        }
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=0, help="Also send one edition to so many, for memory and start.")
    parser.add_argument("--kills", type=int, default=0, help="Also kill a send so often, and stop one so often.")
    parser.add_argument("--dkim", nargs="+", choices=("ed25519", "rsa"), default=[], help="Also measure signed mail.")
    parser.add_argument("--uvloop", action="store_true", help="Also measure the command on uvloop.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not (Path(SINK).exists() and Path(SOURCE).exists()):
        raise SystemExit("smtp-sink and smtp-source are missing: install Debian's postfix")
    with tempfile.TemporaryDirectory(prefix="digest-send-") as folder:
        found = measure(asked, Path(folder))
    print(json.dumps(found) if asked.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
