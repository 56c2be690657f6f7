"""Real processes of one site at the same time: whatever runs beside what, each reader gets the edition once.

And whoever leaves while it goes out does not get it.
"""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from digest.audience.consent import make_token
from digest.config import read_settings
from digest.model import DeliveryState
from digest.pipeline.links import UNSUBSCRIBE
from digest.pipeline.proof import why
from digest.store import open_store
from tests.faults.killing import ARTICLE, RELAY, SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
READERS, CONNECTIONS = 400, 2


@dataclass
class Town:
    """A site whose edition is due at this very moment, its relay, and the processes that were started."""

    folder: Path
    journal: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", "from digest.cli import main; main()", "--config", str(self.config)]
        process = subprocess.Popen([*program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.running.append(process)
        return process

    @property
    def config(self) -> Path:
        return self.folder / "digest.toml"

    def accepted(self) -> Counter[str]:
        return Counter(self.journal.read_text(encoding="ascii").split()) if self.journal.exists() else Counter()

    def until(self, condition: Callable[[Counter[str]], bool], *, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not condition(self.accepted()):
            assert time.monotonic() < deadline, f"{len(self.accepted())} of {READERS} arrived"
            time.sleep(0.01)

    def all_arrived_once(self) -> None:
        """Wait for everyone, give a second sender the time to repeat itself, and count."""
        self.until(lambda accepted: len(accepted) == READERS)
        time.sleep(1.0)
        assert set(self.accepted().values()) == {1}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    journal, port_file, folder = tmp_path / "journal", tmp_path / "port", tmp_path / "site"
    relay = subprocess.Popen([sys.executable, str(RELAY), str(port_file), str(journal), "60"])
    found = Town(folder, journal)
    try:
        while not port_file.exists():
            time.sleep(0.01)
        make_due(folder, port=int(port_file.read_text()))
        found.start("collect").wait()
        yield found
    finally:
        for process in found.running:
            process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
        relay.terminate()
        relay.wait()


def make_due(folder: Path, *, port: int) -> None:
    """A site whose slot is just past, with an article of the hour before."""
    now = datetime.now(UTC)
    slot, published = now - timedelta(minutes=1), now - timedelta(hours=1)
    settings = SETTINGS.format(port=port, connections=CONNECTIONS, database="").replace("America/New_York", "UTC")
    settings = settings.replace("Europe/Kyiv", "UTC").replace('send_at = "09:00"', f'send_at = "{slot:%H:%M}"')
    (folder / "articles").mkdir(parents=True)
    article = ARTICLE.replace("4 March 2026, 05:46 PM", f"{published:%d %B %Y, %I:%M %p}")
    (folder / "articles" / "bridge.txt").write_text(article, encoding="utf-8")
    (folder / "digest.toml").write_text(settings + "\n[web]\nport = 0\n", encoding="utf-8")
    lines = "".join(f"r{number}@example.org\n" for number in range(READERS))
    (folder / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")


def stop(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in said


def test_two_sends_at_once_share_the_work(town: Town) -> None:
    """Both end; between them everyone got it, and the last to end calls it sent."""
    senders = [town.start("send", "morning") for _sender in range(2)]
    codes = [(sender.communicate(timeout=120), sender.returncode)[1] for sender in senders]
    assert set(codes) <= {0, 1}
    assert 0 in codes
    town.all_arrived_once()


def test_the_schedule_fires_during_a_send_by_hand(town: Town) -> None:
    """The service starts in its middle, catches the slot up, and repeats nothing."""
    by_hand = town.start("send", "morning")
    town.until(lambda accepted: len(accepted) > 20)
    service = town.start("run")
    town.all_arrived_once()
    by_hand.communicate(timeout=60)
    stop(service)


def test_two_services_send_a_slot_once(town: Town) -> None:
    """Started together on one database, with the slot due."""
    services = [town.start("run") for _service in range(2)]
    town.all_arrived_once()
    stop(*services)


def test_a_service_killed_in_the_middle_of_a_send_goes_on(town: Town) -> None:
    """Killed and started again as its supervisor would: nobody is missed, and a kill repeats one a connection."""
    kills = 0
    for until in (60, 180, 300):
        service = town.start("run")
        town.until(lambda accepted, least=until: len(accepted) >= least)  # type: ignore[misc]
        service.kill()
        service.communicate()
        kills += 1
    service = town.start("run")
    town.until(lambda accepted: len(accepted) == READERS)
    time.sleep(1.0)
    repeated = town.accepted().total() - READERS
    assert repeated <= kills * CONNECTIONS
    stop(service)


async def test_whoever_leaves_while_it_goes_out_does_not_get_it(town: Town) -> None:
    """By the button of the page that the sending service serves, and by hand in another process."""
    service = town.start("run")
    try:
        address = await asyncio.to_thread(address_of, service)
        said = asyncio.create_task(asyncio.to_thread(service.stderr.read if service.stderr else str))
        await asyncio.to_thread(town.until, lambda accepted: len(accepted) > 10)
        settings = read_settings(town.config)
        last, before = f"r{READERS - 1}@example.org", f"r{READERS - 2}@example.org"
        with open_store(settings.database_url) as store:
            [reader] = store.subscribers.find(last)
            token = make_token(settings.signing_key(), purpose=UNSUBSCRIBE, subscriber=reader.id)
            async with httpx.AsyncClient(base_url=address) as client:
                answer = await client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
            removed = town.start("subscribers", "remove", before)
            assert await asyncio.to_thread(removed.wait, 60) == 0
            assert len(town.accepted()) < READERS - 2, "it was over before they left"
            await asyncio.to_thread(town.until, lambda accepted: len(accepted) == READERS - 2)
            service.send_signal(signal.SIGTERM)
            assert "Traceback" not in await said
            assert service.wait(timeout=60) == 0
            assert not {last, before} & set(town.accepted())
            for gone in (last, before):
                [told] = why(store, gone).answers
                assert (told.state, told.reason) == (DeliveryState.SKIPPED, "unsubscribed")
    finally:
        service.kill()  # what reads its words would wait for it


def address_of(service: subprocess.Popen[str]) -> str:
    assert service.stderr is not None
    for line in service.stderr:
        if found := re.search(r'"address": "(http://127\.0\.0\.1:\d+)"', line):
            return found[1]
    raise AssertionError("it served no pages")
