"""digest/pipeline/halt.py: an edition that a person stops on its way."""

from __future__ import annotations

import asyncio

import pytest

from digest import pipeline
from digest.errors import UsageError
from digest.model import EditionStatus, SubscriberStatus
from tests.conftest import Site, clock
from tests.delivery.scripted_relay import ScriptedRelay, Step


async def test_a_send_under_way_stops_and_goes_on(site: Site) -> None:
    """Paused, the send ends within seconds and nothing is called sent; told to go on, the rest get theirs."""
    pipeline.collect(site.settings, site.store, now=clock())
    held = asyncio.Event()

    def pause_at_the_second(step: Step) -> None:
        if step.verb == "MESSAGE" and step.message == 2 and not held.is_set():
            held.set()
            edition = site.store.editions.get("morning", site.slot)
            assert edition is not None
            pipeline.pause(site.store, edition)

    async with ScriptedRelay(script=pause_at_the_second) as relay:
        settings = site.with_relay("127.0.0.1", relay.port, connections=1)
        first = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        assert first.edition.status is EditionStatus.PAUSED
        with pytest.raises(UsageError, match=r"it is paused.*digest resume"):
            await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        pipeline.resume(site.store, first.edition)
        with pytest.raises(UsageError, match="not paused"):
            pipeline.resume(site.store, first.edition)
        last = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (last.edition.status, last.tally.sent) == (EditionStatus.SENT, 3)
    assert sorted(kept.recipient for kept in relay.kept) == ["ann@example.org", "bo@example.org", "cy@example.org"]


async def test_cancelled_whoever_had_not_had_it_is_skipped(site: Site) -> None:
    """The ledger says why, for each; an edition that has ended is not stopped again, nor one that has not begun."""
    pipeline.collect(site.settings, site.store, now=clock())
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    with pytest.raises(UsageError, match=r"it is a draft, not on its way.*digest skip"):
        pipeline.pause(site.store, edition)
    started = await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    gone = site.store.subscribers.find("bo@example.org")[0]
    site.store.subscribers.unsubscribe(gone.id, now=clock(), how="by hand")
    assert site.store.subscribers.find("bo@example.org")[0].status is SubscriberStatus.UNSUBSCRIBED
    ended = await pipeline.cancel(site.store, started.edition, reason="the lead was wrong", clock=clock)
    assert ended.status is EditionStatus.CANCELLED
    assert site.store.deliveries.tally(ended).skipped == 3
    assert site.store.deliveries.of_address("ann@example.org")[0].reply == "the lead was wrong"
    assert site.store.deliveries.of_address("bo@example.org")[0].reply != "the lead was wrong"
    with pytest.raises(UsageError, match="it is cancelled, not on its way"):
        await pipeline.cancel(site.store, ended, reason="again", clock=clock)
    async with ScriptedRelay() as relay:
        settings = site.with_relay("127.0.0.1", relay.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (sent.edition.status, relay.kept) == (EditionStatus.CANCELLED, [])


async def test_a_paused_edition_may_be_cancelled(site: Site) -> None:
    """The usual way: stop at once, look, and end it."""
    pipeline.collect(site.settings, site.store, now=clock())
    started = await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    pipeline.pause(site.store, started.edition)
    ended = await pipeline.cancel(site.store, started.edition, reason="wrong", clock=clock)
    assert ended.status is EditionStatus.CANCELLED
