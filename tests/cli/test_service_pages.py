"""`digest run` serves its readers' pages beside the schedule: up before anything is sent, gone when told to stop."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import sys
from pathlib import Path

import httpx

from digest import pipeline
from digest.audience.consent import make_token
from digest.model import SubscriberStatus
from digest.pipeline.links import UNSUBSCRIBE
from tests.cli.test_commands import digest
from tests.conftest import Site, clock


async def started(folder: Path, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from digest.cli import main; main()",
        "run",
        cwd=folder,
        env=os.environ | {f"DIGEST_WEB__{name.upper()}": value for name, value in settings.items()},
        stderr=asyncio.subprocess.PIPE,
    )


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"it never said {words!r}")


async def test_what_is_missing_is_said_at_the_start(site: Site) -> None:
    """A list file that is not there is a warning of the service and of status; the service waits for its slot."""
    (site.root / "subscribers.csv").unlink()
    service = await started(site.root, port="0")
    assert "news.example.org is nobody's domain" in await line_with(service, '"problem": "site.public_url')
    assert "subscribers.csv: the list file cannot be read" in await line_with(service, '"problem": "/')
    await line_with(service, '"event": "next"')
    service.send_signal(signal.SIGTERM)
    await asyncio.wait_for(service.communicate(), timeout=20)
    assert service.returncode == 0
    said = digest("status", cwd=site.root).stdout
    assert "Warning: " in said
    assert "subscribers.csv: the list file cannot be read" in said


async def test_a_reader_gets_out_while_the_service_waits(site: Site) -> None:
    """The link works over the socket that the service names, the ledger shows it, and SIGTERM ends both at once."""
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    [ann] = site.store.subscribers.find("ann@example.org")
    token = make_token(site.settings.signing_key(), purpose=UNSUBSCRIBE, subscriber=ann.id)
    service = await started(site.root, port="0")
    said = await line_with(service, "readers' pages")
    told = json.loads(said)
    assert told["public_url"] == "https://news.example.org"
    async with httpx.AsyncClient(base_url=told["address"]) as client:
        assert (await client.get("/healthz")).text == "ok\n"
        answer = await client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert site.store.subscribers.find("ann@example.org")[0].status is SubscriberStatus.UNSUBSCRIBED
    service.send_signal(signal.SIGTERM)
    _, rest = await asyncio.wait_for(service.communicate(), timeout=20)
    assert service.returncode == 0
    assert "Traceback" not in rest.decode()


async def test_a_port_in_use_ends_it_with_one_sentence(site: Site) -> None:
    """Before anything is sent: where, what and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = await started(site.root, port=str(port))
        _, said = await asyncio.wait_for(service.communicate(), timeout=60)
    assert service.returncode == 1
    *_, last = [json.loads(line) for line in said.decode().splitlines()]
    where = f"127.0.0.1:{port}: the readers' pages cannot listen there (Address already in use)"
    assert (last["event"], last["level"], last["problem"].startswith(where)) == ("ended", "error", True)
    assert "web.enabled = false" in last["problem"]


async def test_in_a_terminal_the_service_speaks_in_sentences(site: Site) -> None:
    """Whoever starts it by hand reads what comes next and where its pages are, and no JSON."""
    ours, its = pty.openpty()
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from digest.cli import main; main()",
        "run",
        cwd=site.root,
        env=os.environ | {"DIGEST_WEB__PORT": "0"},
        stderr=its,
    )
    os.close(its)
    said = ""
    async with asyncio.timeout(60):
        while "next: Morning" not in said:
            said += (await asyncio.to_thread(os.read, ours, 1000)).decode()
    service.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(service.wait(), timeout=20) == 0
    os.close(ours)
    assert re.search(r"readers' pages: https://news\.example\.org answered at http://127\.0\.0\.1:\d+", said)
    assert re.search(r"next: Morning, \w+ [\d-]+ 09:00 America/New_York", said)


async def test_pages_can_be_left_to_another(site: Site) -> None:
    """With web.enabled = false the service only sends, and needs no port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = await started(site.root, enabled="false", port=str(taken.getsockname()[1]))
        said = await line_with(service, '"event": "next"')
        service.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(service.communicate(), timeout=20)
    assert service.returncode == 0
    assert "readers' pages" not in said + rest.decode()
