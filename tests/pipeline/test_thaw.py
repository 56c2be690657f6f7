"""An edition that no relay takes for its size, made again with less: while nobody has it, and never afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest import pipeline
from digest.config import Settings
from digest.errors import MessageTooLarge, UsageError
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.reconcile import reconcile
from digest.schedule import Service
from tests.conftest import Site, clock
from tests.delivery.scripted_relay import ScriptedRelay, Step
from tests.pipeline.test_send_relays import configure, smtp


def with_fewer_stories(site: Site) -> Newsletter:
    """The newsletter after its editor has saved `max_stories = 1`."""
    file = site.root / "digest.toml"
    file.write_text(
        file.read_text(encoding="utf-8") + "\n[newsletters.morning.selection]\nmax_stories = 1\n", encoding="utf-8"
    )
    return site.reread().newsletter


def kept(site: Site) -> Edition:
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    return edition


async def refused_for_its_size(site: Site) -> None:
    pipeline.collect(site.settings, site.store, now=clock())
    with pytest.raises(MessageTooLarge, match=r"digest resume .*max_stories.*digest build .* --rebuild.*digest cancel"):
        await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    assert kept(site).status is EditionStatus.PAUSED


async def test_made_again_with_less_it_goes_out_by_itself(site: Site) -> None:
    """The service runs on with the settings of before, and builds nothing over it: all have the smaller mail, once."""
    async with ScriptedRelay(extensions=("SIZE 2000",)) as relay:
        site = configure(site, smtp(relay.port))
        await refused_for_its_size(site)
        before = kept(site)
        fewer = with_fewer_stories(site)
        with pytest.raises(UsageError, match="it is paused"):  # by itself it is not built over
            await pipeline.send(site.settings, site.store, fewer, site.slot, clock=clock)
        again = pipeline.build(site.store, fewer, site.slot, now=clock(), afresh=True)
        assert (len(before.stories), len(again.stories)) == (2, 1)
        assert (again.status, again.number) == (EditionStatus.DRAFT, before.number)
        assert again.note.startswith("made again: too big: ")
        relay.extensions = ("SIZE 2000000",)
        await Service(site.settings, site.store, clock=lambda: site.slot + timedelta(minutes=1)).turn()
    assert (kept(site).status, kept(site).note, len(kept(site).stories)) == (EditionStatus.SENT, "", 1)
    assert sorted(one.recipient for one in relay.kept) == ["ann@example.org", "bo@example.org", "cy@example.org"]
    assert all(b"Seeds" in one.message or b"seeds" in one.message for one in relay.kept)
    assert not any(b"Bridge over the Ros" in one.message for one in relay.kept)


async def send_one_and_pause(site: Site, relay: ScriptedRelay) -> Settings:
    def pause_at_the_second(step: Step) -> str | None:
        if step.verb == "RCPT" and step.message == 2:
            pipeline.pause(site.store, kept(site))
        return "452 4.3.1 later" if step.verb == "RCPT" and step.message > 1 else None

    relay.script = pause_at_the_second
    settings = site.with_relay("127.0.0.1", relay.port, connections=1)
    pipeline.collect(settings, site.store, now=clock())
    sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (sent.edition.status, sent.tally.sent) == (EditionStatus.PAUSED, 1)
    return settings


async def test_what_one_reader_has_is_not_made_again(site: Site) -> None:
    """The others get the same, or nothing; the way out says so."""
    async with ScriptedRelay() as relay:
        settings = await send_one_and_pause(site, relay)
        with pytest.raises(UsageError, match=r"1 of 3 have it.*digest resume (?!.*--rebuild).*digest cancel"):
            pipeline.build(site.store, with_fewer_stories(site), site.slot, now=clock(), afresh=True)
        assert (kept(site).status, len(kept(site).stories)) == (EditionStatus.PAUSED, 2)
        relay.script = lambda _step: None
        pipeline.resume(site.store, kept(site))
        later = clock() + timedelta(minutes=30)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=lambda: later)
    assert sent.tally.sent == len(relay.kept) == 3
    assert all(b"Bridge over the Ros" in one.message for one in relay.kept)


async def test_what_a_person_paused_before_anyone_had_it_is_made_again(site: Site) -> None:
    """The mistake was seen in time: with other words it goes out as if it had never begun."""
    pipeline.collect(site.settings, site.store, now=clock())
    await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    with pytest.raises(UsageError, match="it is sending"):
        pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    pipeline.pause(site.store, kept(site))
    again = pipeline.build(site.store, with_fewer_stories(site), site.slot, now=clock(), afresh=True)
    assert (again.status, again.note, len(again.stories)) == (EditionStatus.DRAFT, "made again", 1)
    assert "seeds" in pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    with pytest.raises(UsageError, match="has not begun to go out"):
        await reconcile(site.settings, site.store, again, clock=clock, resend=True)
    async with ScriptedRelay() as relay:
        settings = site.with_relay("127.0.0.1", relay.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (sent.edition.status, sent.tally.sent, len(relay.kept)) == (EditionStatus.SENT, 3, 3)


async def test_a_sender_that_lives_is_waited_for(site: Site) -> None:
    """What it has in hand may leave at any moment."""
    pipeline.collect(site.settings, site.store, now=clock())
    started = await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    site.store.deliveries.claim(started.edition, limit=2, now=clock())
    pipeline.pause(site.store, kept(site))
    with pytest.raises(UsageError, match=r"a sender still has 2 messages in hand.*two minutes"):
        pipeline.build(site.store, site.newsletter, site.slot, now=clock(), afresh=True)
    assert kept(site).status is EditionStatus.PAUSED
