"""`digest send` told again: what this call did, and what had been done before it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from digest import pipeline
from tests.cli.test_proof import digest
from tests.conftest import SLOT, Site, clock
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.sending import answer

KEY = f"morning/{SLOT}"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


async def test_an_edition_that_is_out_is_not_told_as_sent_again(site: Site) -> None:
    """It says that nothing was sent, when it went out, and to how many; a program reads the same."""
    pipeline.collect(site.settings, site.store, now=clock())
    async with ScriptedRelay() as relay:
        first = await digest("send", "morning", "--slot", SLOT, cwd=site.root, port=relay.port)
        again = await digest("send", "morning", "--slot", SLOT, cwd=site.root, port=relay.port)
        read = await digest("send", "morning", "--slot", SLOT, "--json", cwd=site.root, port=relay.port)
    assert (first.code, first.out) == (0, f"{KEY}: 3 sent\n")
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    date = site.store.editions.mail_date(edition)
    assert date is not None
    began = date.astimezone(site.newsletter.timezone)
    said = f"Nothing was sent now: {KEY} began to go out on {began:%Y-%m-%d} at {began:%H:%M %Z} and is sent (3 sent)\n"
    assert (again.code, again.out) == (0, said)
    told = json.loads(read.out)
    assert (told["sent"], told["sent_now"], told["ended_before"]) == (3, 0, began.isoformat())
    assert len(relay.kept) == 3


async def test_a_cancelled_edition_is_told_as_what_it_is(site: Site) -> None:
    """With the reason that it was cancelled for."""
    pipeline.collect(site.settings, site.store, now=clock())
    started = await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    await pipeline.cancel(site.store, started.edition, reason="wrong lead", clock=clock)
    said = await digest("send", "morning", "--slot", SLOT, cwd=site.root)
    assert said.out.endswith("and is cancelled (0 sent, 3 skipped; wrong lead)\n")


async def test_a_send_that_goes_on_tells_what_it_added(site: Site) -> None:
    """Two had it before, one was put off: of three, one was sent now."""
    earlier = clock() - timedelta(hours=1)
    pipeline.collect(site.settings, site.store, now=earlier)
    busy = answer("RCPT", "451 4.3.0 later", times=1)
    async with ScriptedRelay(busy) as relay:
        settings = site.with_relay("127.0.0.1", relay.port, connections=1)
        before = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=lambda: earlier)
        assert (before.tally.sent, before.sent_now, before.tally.deferred) == (2, 2, 1)
        said = await digest("send", "morning", "--slot", SLOT, cwd=site.root, port=relay.port)
        assert (said.code, said.out) == (0, f"{KEY}: 3 sent (1 of them now)\n")
    assert len(relay.kept) == 3
