"""A process of its own for the tests: it opens the store that others have open, and works in it until told or killed.

worker.py save URL GO NAME           waits for the file GO, then saves the edition of one slot
worker.py claim URL GO NAME          waits for GO, then claims until nobody is due, and prints whom it got
worker.py hold URL                   claims three, offers one of them, prints their ids, and waits
worker.py send URL JOURNAL SEED      sends until nobody is due: each acceptance is appended to JOURNAL before it is
                                     recorded, as a relay would have the mail before we read its reply
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.model import Attempt, DeliveryState, Edition
from digest.store import open_store

SLOT = datetime(2022, 1, 28, 9, 0, tzinfo=ZoneInfo("America/New_York"))


def wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.001)


def save(url: str, go: str, name: str) -> None:
    edition = Edition(
        newsletter="ukraine-today",
        slot=SLOT,
        language="en",
        number=1,
        subject=f"by {name}",
        preheader="",
        intro="",
        sections=(),
        window=(SLOT - timedelta(days=1), SLOT),
        reading_minutes=0,
    )
    with open_store(url) as store:
        wait_for(go)
        kept = [store.editions.save(edition) for _ in range(10)]
        assert {one.key for one in kept} == {edition.key}
    print("ok")  # noqa: T201 - the answer


def claim(url: str, go: str, _name: str) -> None:
    mine: list[int] = []
    with open_store(url) as store:
        edition = store.editions.recent(None, 1)[0]
        wait_for(go)
        while taken := store.deliveries.claim(edition, limit=7, now=datetime.now(UTC)):
            mine += [one.id for one in taken]
        print(json.dumps(mine))  # noqa: T201 - the answer
        sys.stdout.flush()
        os._exit(0)  # without a goodbye


def hold(url: str) -> None:
    store = open_store(url)
    edition = store.editions.recent(None, 1)[0]
    taken = [one.id for one in store.deliveries.claim(edition, limit=3, now=datetime.now(UTC))]
    store.deliveries.offered(edition, taken[:1], now=datetime.now(UTC))
    print(json.dumps(taken), flush=True)  # noqa: T201 - the answer
    time.sleep(600)


def send(url: str, journal: str, seed: str) -> None:
    chance = random.Random(int(seed))  # noqa: S311 - a test's dice
    with open_store(url) as store, Path(journal).open("ab", buffering=0) as accepted:
        edition = store.editions.recent(None, 1)[0]
        store.deliveries.recover(edition, now=datetime.now(UTC))
        while taken := store.deliveries.claim(edition, limit=chance.randint(1, 9), now=datetime.now(UTC)):
            for one in taken:
                if not store.deliveries.offered(edition, [one.id], now=datetime.now(UTC)):
                    continue
                os.write(accepted.fileno(), f"{one.id}\n".encode())
                sent = Attempt(
                    subscriber=one.id,
                    state=DeliveryState.SENT,
                    reply="250 ok",
                    at=datetime.now(UTC),
                    message_id=f"<{one.id}@x>",
                )
                store.deliveries.record(edition, [sent])
    print("done")  # noqa: T201 - the answer


TASKS: dict[str, Callable[..., None]] = {"save": save, "claim": claim, "hold": hold, "send": send}
TASKS[sys.argv[1]](*sys.argv[2:])
