"""`digest run` as a process: it says what comes next, sends what is due, and ends cleanly."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.delivery import Inbox
from tests.conftest import BRIDGE, SETTINGS


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
async def test_the_service_sends_what_is_due_and_stops_when_told(tmp_path: Path, end: signal.Signals) -> None:
    """Started minutes after its slot it catches up and tells the next; SIGTERM or Ctrl-C ends it with exit code 0."""
    now = datetime.now(UTC)
    due = now - timedelta(minutes=5)
    settings = SETTINGS.replace("America/New_York", "UTC").replace("09:00", f"{due:%H:%M}")
    (tmp_path / "digest.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "articles").mkdir()
    story = BRIDGE.replace("4 March 2026, 05:46 PM", f"{due - timedelta(hours=2):%Y-%m-%dT%H:%M}Z")
    (tmp_path / "articles/bridge.txt").write_text(story, encoding="utf-8")
    (tmp_path / "subscribers.csv").write_text("email\nann@example.org\nbo@example.org\n", encoding="utf-8")
    async with Inbox(tmp_path / "inbox") as inbox:
        relay = {"DIGEST_SMTP__HOST": inbox.host, "DIGEST_SMTP__PORT": str(inbox.port)}
        service = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from digest.cli import main; main()",
            "run",
            cwd=tmp_path,
            env=os.environ | relay,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            while inbox.received < 2:
                await asyncio.sleep(0.05)
        service.send_signal(end)
        _, said = await asyncio.wait_for(service.communicate(), timeout=30)
    assert service.returncode == 0, said.decode()
    told = [json.loads(line) for line in said.decode().splitlines()]  # every line of a log is one of JSON
    assert not [line for line in told if "exception" in line]
    assert [line["at"][10:] for line in told if line["event"] == "next"] == [f"T{due:%H:%M}:00+00:00"] * 2
    assert {"readers' pages", "edition built", "edition done", "stopped"} <= {line["event"] for line in told}
    assert inbox.received == 2
