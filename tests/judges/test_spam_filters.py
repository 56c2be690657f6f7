"""What SpamAssassin and rspamd, Debian's packages with their own rules, make of the mail without asking the network."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.judges.conftest import Mail
from tests.judges.tools import absent, program, run

pytestmark = pytest.mark.slow

# ALL_TRUSTED, which a message gets that came through the receiver's own relay alone.  No local rule gives more to mail
# that nobody has put on a list: whatever else is found can only add to it.
CLEAN = -1.0
NOTHING = 0.01  # what informational rules score

# It counts Latin e's against Cyrillic ones, and takes the addresses in a Cyrillic text part for disguised words.
CYRILLIC_WITH_LINKS = {"MIXED_ES"}

PREFERENCES = """
use_bayes 0
skip_rbl_checks 1
trusted_networks 127.0.0.1/32
add_header all Scored _TESTSSCORES(,)_
"""

RSPAMD = """
.include "$CONFDIR/common.conf"
options {{
  .include "$CONFDIR/options.inc"
  filters = "chartable,regexp";
  pidfile = "{folder}/rspamd.pid";
  dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""
# What asks a server: DNS, lists, Redis.  hfilter judges the machine that connects, of which there is none.
ASKING = """
rbl surbl fuzzy_check neural history_redis greylist ratelimit reputation replies asn spf dkim dkim_signing dmarc arc
mx_check url_redirector rspamd_update p0f hfilter bayes_expiry
"""


def _spamassassin(message: bytes, folder: Path) -> dict[str, float]:
    judge = program("spamassassin", "spamassassin")
    (folder / "prefs").write_text(PREFERENCES, encoding="ascii")
    said = run(
        judge,
        "--local",
        "--nocreate-prefs",
        "--configpath=/usr/share/spamassassin",
        f"--prefs-file={folder / 'prefs'}",
        stdin=message.replace(b"\r\n", b"\n"),
    )
    header = re.search(r"^X-Spam-Scored: (?P<tests>\S+(?:\n\s\S+)*)", said.stdout.decode(), re.MULTILINE)
    assert header, said.stderr.decode()[-500:]
    tests = (test.split("=") for test in re.sub(r"\s", "", header["tests"]).split(","))
    return {name: float(score) for name, score in tests}


def test_spamassassin(mail: Mail, tmp_path: Path) -> None:
    """Its local rules find nothing: -1.0, as a note from a colleague gets."""
    found = _spamassassin(mail.received, tmp_path)
    scored = {name: score for name, score in found.items() if name not in CYRILLIC_WITH_LINKS}
    assert "ALL_TRUSTED" in scored
    assert {name: score for name, score in scored.items() if score > NOTHING} == {}
    assert sum(scored.values()) <= CLEAN + NOTHING


def test_spamassassin_would_tell(mails: dict[str, Mail], tmp_path: Path) -> None:
    """The same mail without its date is found out."""
    found = _spamassassin(_without_date(mails["ukraine-today/sample"].received), tmp_path)
    assert found["MISSING_DATE"] > NOTHING


def _without_date(message: bytes) -> bytes:
    return re.sub(rb"\r\nDate: .*(?:\r\n[ \t].*)*", b"", message, count=1)


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a rspamd with Debian's rules and nothing that asks anybody."""
    judge = program("rspamd", "rspamd")
    folder = tmp_path_factory.mktemp("rspamd")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "local.d").mkdir()
    for module in ASKING.split():
        (folder / "local.d" / f"{module}.conf").write_text("enabled = false;\n", encoding="ascii")
    config = folder / "rspamd.conf"
    config.write_text(RSPAMD.format(folder=folder, port=port), encoding="ascii")
    own = [f"--var={name}={folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR")]
    insecure = ["--insecure"] if os.geteuid() == 0 else []  # its word for running as root, which a container does
    with (folder / "said").open("wb") as said:
        server = subprocess.Popen([judge, "--no-fork", *insecure, *own, "-c", str(config)], stdout=said, stderr=said)
    address = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(400):
            if server.poll() is not None or _answers(f"{address}/ping"):
                break
            time.sleep(0.2)
        if not _answers(f"{address}/ping"):
            absent(f"rspamd does not start: {(folder / 'said').read_text(encoding='utf-8')[-300:]}")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - ours, on this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _rspamd(message: bytes, address: str) -> tuple[float, dict[str, float]]:
    request = urllib.request.Request(f"{address}/checkv2", data=message)  # noqa: S310 - as above
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
        verdict = json.load(answer)
    return verdict["score"], {name: found["score"] for name, found in verdict["symbols"].items() if found["score"]}


def test_rspamd(mail: Mail, rspamd: str) -> None:
    """Its rules on content come to nothing or less, and nothing is held against the mail but that it is in base64."""
    score, symbols = _rspamd(mail.raw, rspamd)
    assert {"MIME_GOOD", "HAS_LIST_UNSUB"} <= symbols.keys()
    assert {name for name, value in symbols.items() if value > 0} <= {"MIME_BASE64_TEXT"}
    assert score <= 0, symbols


def test_rspamd_would_tell(mails: dict[str, Mail], rspamd: str) -> None:
    """The same mail without its date is found out."""
    score, symbols = _rspamd(_without_date(mails["ukraine-today/sample"].raw), rspamd)
    assert symbols["MISSING_DATE"] > 0
    assert score > 0
