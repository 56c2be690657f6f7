"""A Postfix of a test's own, from Debian's packages, on loopback: its settings, queue and log lie in a folder."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.judges.tools import REQUIRED

_MAIN = {
    "compatibility_level": "3.6",
    "queue_directory": "{folder}/spool",
    "data_directory": "{folder}/data",
    "maillog_file": "{folder}/mail.log",
    "maillog_file_prefixes": "{folder}",
    "myhostname": "mx.example.org",
    "mydestination": "",
    "alias_maps": "",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "smtpd_peername_lookup": "no",
    "disable_dns_lookups": "yes",
}
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
relay unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
verify unix - - n - 1 verify
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""
_TRIES = 600


def why_not() -> str:
    """Why no Postfix can be started here; empty where one can, and in the gate, where one that is missing must fail."""
    if REQUIRED:
        return ""
    if program("postfix") is None:
        return "Debian's postfix is not installed"
    if os.geteuid() != 0:
        return "only root starts a Postfix"
    return ""


def program(name: str) -> str | None:
    """Find a program of Postfix's, which a user's PATH often lacks."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running one."""

    port: int
    folder: Path

    @property
    def log_file(self) -> Path:
        return self.folder / "mail.log"

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def postfix(*, next_hop: int = 1, settings: Mapping[str, str] | None = None) -> Iterator[Postfix]:
    """Run a Postfix that takes mail from this machine and hands it to the port `next_hop`.

    `settings` of main.cf go before those here; {folder} in them is its folder, which Postfix's own user can read.
    """
    folder = Path(tempfile.mkdtemp(prefix="digest-postfix-", dir="/tmp"))
    folder.chmod(0o755)  # pytest's own folders are closed to Postfix's user
    port = free_port()
    try:
        for name in ("etc", "spool", "data"):
            (folder / name).mkdir()
        os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        main = {**_MAIN, "relayhost": f"[127.0.0.1]:{next_hop}", **(settings or {})}
        lines = "".join(f"{key} = {value.format(folder=folder)}\n" for key, value in main.items())
        (folder / "etc" / "main.cf").write_text(lines, encoding="utf-8")
        (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port), encoding="utf-8")
        command = [str(program("postfix")), "-c", str(folder / "etc")]
        done = subprocess.run([*command, "start"], capture_output=True, text=True, check=False)
        running = Postfix(port, folder)
        if done.returncode:
            log = running.log() if running.log_file.exists() else ""
            raise RuntimeError(f"Postfix does not start: {done.stderr}{log}")
        try:
            wait_for(port)
            yield running
        finally:
            subprocess.run([*command, "stop"], capture_output=True, check=True)
    finally:
        shutil.rmtree(folder)


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Run Postfix's discarding server with these options, on a free port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([str(program("smtp-sink")), *user, *options, f"127.0.0.1:{port}", "100"])
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
    for _ in range(_TRIES):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"nothing came to listen at {port}")
