import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.model import DeliveryState, Edition, Rendered, Tally
from digest.store import Recovered, Store

WORKER = str(Path(__file__).with_name("worker.py"))


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, WORKER, *words], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def a_crowd(store: Store, an_edition: Any, a_list: Any, rendered: Rendered, now: datetime) -> Edition:
    """An edition with an audience of three hundred that has begun to go out."""
    store.subscribers.sync("ukraine-today", a_list(*(f"r{n}@example.org" for n in range(300))), now=now)
    edition = store.editions.save(an_edition())
    store.editions.freeze(edition, rendered, date=now)
    return edition


def test_processes_share_an_audience_without_overlap(url: str, store: Store, a_crowd: Edition, tmp_path: Path) -> None:
    """Three real processes that claim at once get everyone between them, and nobody twice."""
    go = tmp_path / "go"
    started = [start("claim", url, str(go), name) for name in "abc"]
    go.touch()
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in started]
    everyone = [one for answer in answers for one in answer]
    assert len(everyone) == len(set(everyone)) == 300
    assert store.deliveries.tally(a_crowd) == Tally(audience=300, claimed=300)
    # They went without a goodbye, but this machine knows that they are gone.
    assert store.deliveries.recover(a_crowd, now=datetime.now(UTC)) == Recovered(released=300)
    assert store.deliveries.tally(a_crowd) == Tally(audience=300, pending=300)


def test_a_killed_process_is_known_to_be_dead(url: str, store: Store, a_crowd: Edition) -> None:
    """While it runs its claims are its own; killed, they are taken over without waiting for the lease."""
    process = start("hold", url)
    assert process.stdout is not None
    held = json.loads(process.stdout.readline())
    try:
        assert store.deliveries.recover(a_crowd, now=datetime.now(UTC)) == Recovered(held=3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert store.deliveries.recover(a_crowd, now=datetime.now(UTC)) == Recovered(released=2, uncertain=1)
    taken = store.deliveries.claim(a_crowd, limit=2, now=datetime.now(UTC))
    assert [one.id for one in taken] == held[1:]


def test_a_stopped_process_loses_its_claims_with_its_lease(url: str, store: Store, a_crowd: Edition) -> None:
    """Frozen past its lease it is as good as dead: others finish its work."""
    process = start("hold", url)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        os.kill(process.pid, signal.SIGSTOP)
        later = datetime.now(UTC) + timedelta(minutes=3)
        assert store.deliveries.recover(a_crowd, now=later) == Recovered(released=2, uncertain=1)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_nobody_is_missed_or_sent_to_twice_by_senders_that_are_killed(
    url: str, store: Store, a_crowd: Edition, tmp_path: Path
) -> None:
    """Killed at random moments and started again: all get their mail once, and a kill puts at most one in doubt."""
    journal = tmp_path / "accepted"
    chance = random.Random(2022)  # noqa: S311 - a test's dice
    kills = 0
    for round_ in range(40):
        process = start("send", url, str(journal), str(round_))
        if kills < 4:
            while process.poll() is None and not (journal.exists() and journal.stat().st_size > kills * 120):
                time.sleep(0.001)  # let it get on, so that not every kill falls into the start of Python
            time.sleep(chance.random() * 0.02)
            process.send_signal(signal.SIGKILL)
            kills += 1
        answer, _ = process.communicate(timeout=60)
        if answer == "done\n":
            break
    assert kills == 4
    accepted = Counter(journal.read_text(encoding="ascii").split())
    found = store.deliveries.recover(a_crowd, now=datetime.now(UTC))
    assert (found.released, found.held) == (0, 0)
    tally = store.deliveries.tally(a_crowd)
    assert tally.sent + tally.uncertain == tally.audience == 300
    assert tally.uncertain <= kills
    assert set(accepted.values()) == {1}
    states = {
        str(one.id): store.deliveries.of_address(one.address)[0].state for one in store.subscribers.of("ukraine-today")
    }
    # Whom the ledger calls sent the relay has accepted, and whom it does not know of the relay may have or not.
    assert {one for one, state in states.items() if state is DeliveryState.SENT} <= set(accepted)
    assert set(states.values()) <= {DeliveryState.SENT, DeliveryState.UNCERTAIN}
