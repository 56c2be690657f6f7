"""A deadline in the middle of a send, after a restart, and through what `late` says."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest import pipeline
from digest.config import Settings
from digest.delivery import Inbox
from digest.model import EditionStatus, Newsletter
from digest.pipeline.proof import why
from digest.pipeline.reconcile import reconcile
from digest.schedule import Service
from tests.conftest import Site

READERS = 40
STORM = """---
title: Storm fells forty trees along the Dnipro embankment
published: 2026-03-06T08:00:00+02:00
source: Dnipro Wire
url: https://dnipro-wire.example/storm
---
A storm felled forty trees along the embankment of Dnipro overnight and cut the power of two districts.

Crews cleared the tram line by six in the morning, the city's transport office said.
"""


class SlowInbox(Inbox):
    """An inbox that takes its time over each message, as relays do."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        await asyncio.sleep(0.2)
        return await super().handle_DATA(server, session, envelope)


def with_deadline(settings: Settings, **words: Any) -> Settings:
    """The settings with nine o'clock's deadline at eleven, and whatever else is said."""
    chosen = settings.newsletters["morning"].model_copy(update={"not_after": datetime(1, 1, 1, 11).time(), **words})  # noqa: DTZ001
    return settings.model_copy(update={"newsletters": {"morning": chosen}})


def deadline_after(inbox: Inbox, messages: int, slot: datetime) -> Callable[[], datetime]:
    """A clock that comes to the deadline when so many messages have arrived."""
    return lambda: slot + (timedelta(hours=1) if inbox.received < messages else timedelta(hours=2))


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


@pytest.fixture
def many(site: Site) -> Site:
    lines = "".join(f"reader{number}@example.org\n" for number in range(READERS))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=site.slot)
    return site


async def cut_short(site: Site, inbox_folder: Path, late: str, **words: Any) -> tuple[Settings, Newsletter, int]:
    """Begin a send that its deadline ends in the middle; give how many had it by then."""
    async with SlowInbox(inbox_folder) as inbox:
        settings = with_deadline(site.with_relay(inbox.host, inbox.port), late=late, **words)
        newsletter = settings.newsletter("morning")
        clock = deadline_after(inbox, 3, site.slot)
        sent = await pipeline.send(settings, site.store, newsletter, site.slot, clock=clock)
        assert sent.tally.sent == inbox.received
        assert 2 <= inbox.received < READERS
        assert (sent.tally.claimed, sent.tally.offered, sent.tally.uncertain) == (0, 0, 0)
        return settings, newsletter, inbox.received


async def test_a_send_that_is_under_way_stops_at_its_deadline_and_is_held(many: Site, tmp_path: Path) -> None:
    """What is in flight is finished; the rest waits for a person, also through a restart, and then goes out."""
    settings, newsletter, had = await cut_short(many, tmp_path / "slow", "hold")
    held = many.store.editions.get("morning", many.slot)
    assert held is not None
    assert held.status is EditionStatus.SENDING
    assert held.note == f"held: {READERS - had} of {READERS} had not had it at its deadline, 11:00"
    async with Inbox(tmp_path / "quick") as inbox:
        settings = with_deadline(many.with_relay(inbox.host, inbox.port))
        for later in (timedelta(hours=2, minutes=1), timedelta(hours=5)):  # a service that has just started
            await Service(settings, many.store, clock=at(many.slot + later)).turn()
        assert inbox.received == 0
        clock = at(many.slot + timedelta(hours=2, minutes=5))
        sent = await pipeline.send(settings, many.store, newsletter, many.slot, clock=clock, past_deadline=True)
        assert inbox.received == READERS - had
    assert (sent.edition.status, sent.edition.note) == (EditionStatus.SENT, "finished after its deadline")


async def test_the_rest_is_merged_into_the_next_edition(many: Site, tmp_path: Path) -> None:
    """Those without it are skipped, each with the reason; the next edition tells the stories after its own."""
    _, _, had = await cut_short(many, tmp_path / "slow", "merge")
    merged = many.store.editions.get("morning", many.slot)
    assert merged is not None
    assert (merged.status, merged.note) == (EditionStatus.MERGED, "merged into morning/2026-03-06T09:00")
    tally = many.store.deliveries.tally(merged)
    assert (tally.sent, tally.skipped, tally.pending) == (had, READERS - had, 0)
    answers = [why(many.store, f"reader{number}@example.org").answers[0] for number in range(READERS)]
    assert {(one.state, one.reason) for one in answers} == {
        ("sent", ""),
        ("skipped", "merged into morning/2026-03-06T09:00"),
    }
    (many.root / "articles" / "storm.md").write_text(STORM, encoding="utf-8")
    async with Inbox(tmp_path / "next") as inbox:
        settings = with_deadline(many.with_relay(inbox.host, inbox.port), late="merge")
        await Service(settings, many.store, clock=at(many.slot + timedelta(days=1, minutes=1))).turn()
        assert inbox.received == READERS
    following = many.store.editions.get("morning", many.slot + timedelta(days=1))
    assert following is not None
    news, missed = following.sections
    assert [story.lead.title for story in news.stories] == ["Storm fells forty trees along the Dnipro embankment"]
    assert missed.title == "What you may have missed"
    assert {story.id for story in missed.stories} == {story.id for story in merged.stories}
    assert pipeline.verify(many.store, many.newsletter, following.slot).differences == ()


async def test_merged_is_merged_whoever_asks_again(many: Site, tmp_path: Path) -> None:
    """Neither a send by hand nor a reconciliation that resends writes to anyone a second time."""
    await cut_short(many, tmp_path / "slow", "merge")
    merged = many.store.editions.get("morning", many.slot)
    assert merged is not None
    async with Inbox(tmp_path / "again") as inbox:
        settings = with_deadline(many.with_relay(inbox.host, inbox.port), late="merge")
        clock = at(many.slot + timedelta(hours=3))
        newsletter = settings.newsletter("morning")
        await pipeline.send(settings, many.store, newsletter, many.slot, clock=clock, past_deadline=True)
        done = await reconcile(settings, many.store, merged, clock=clock, resend=True)
        assert inbox.received == 0
    assert done.edition.status is EditionStatus.MERGED


async def test_late_mail_goes_on_where_that_is_wished(many: Site, tmp_path: Path) -> None:
    """`late = "send"` changes nothing but that it is said: everyone gets it."""
    async with SlowInbox(tmp_path / "slow") as inbox:
        settings = with_deadline(many.with_relay(inbox.host, inbox.port, connections=10), late="send")
        clock = deadline_after(inbox, 3, many.slot)
        sent = await pipeline.send(settings, many.store, settings.newsletter("morning"), many.slot, clock=clock)
        assert inbox.received == READERS
    assert sent.edition.status is EditionStatus.SENT


async def test_deferred_mail_is_not_tried_again_after_the_deadline(site: Site, tmp_path: Path) -> None:
    """What a relay put off at ten to eleven is held at eleven like the rest, or merged."""

    class Deferring(Inbox):
        async def handle_RCPT(  # noqa: N802 - aiosmtpd's
            self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
        ) -> str:
            del server, session, options
            if address.startswith("ann"):
                return "451 4.7.1 try again in five minutes"
            envelope.rcpt_tos.append(address)
            return "250 OK"

    async with Deferring(tmp_path / "inbox") as inbox:
        for late in ("hold", "merge"):
            settings = with_deadline(site.with_relay(inbox.host, inbox.port), late=late)
            if late == "hold":
                await Service(settings, site.store, clock=at(site.slot + timedelta(hours=1, minutes=50))).turn()
                assert inbox.received == 2
            await Service(settings, site.store, clock=at(site.slot + timedelta(hours=2, minutes=1))).turn()
            edition = site.store.editions.get("morning", site.slot)
            assert edition is not None
            tally = site.store.deliveries.tally(edition)
            assert (tally.deferred, tally.skipped) == ((1, 0) if late == "hold" else (0, 1))
            assert edition.status is (EditionStatus.SENDING if late == "hold" else EditionStatus.MERGED)
        assert inbox.received == 2


async def test_a_slot_that_has_not_begun_by_its_deadline_is_not_begun(site: Site, tmp_path: Path) -> None:
    """The grace may be longer: only where late mail is wished does the slot still begin."""
    async with Inbox(tmp_path / "inbox") as inbox:
        grace = timedelta(hours=6)
        settings = with_deadline(site.with_relay(inbox.host, inbox.port), late="hold", grace=grace)
        moment = at(site.slot + timedelta(hours=2, minutes=30))
        await Service(settings, site.store, clock=moment).turn()
        assert inbox.received == 0
        assert site.store.editions.get("morning", site.slot) is None
        await Service(with_deadline(settings, late="send", grace=grace), site.store, clock=moment).turn()
        assert inbox.received == 3


async def test_an_edition_that_is_fixed_already_takes_nothing_in(many: Site, tmp_path: Path) -> None:
    """Where tomorrow's was approved before today's deadline, the rest of today's is held instead, and says so."""
    async with Inbox(tmp_path / "none") as inbox:
        host, port = inbox.host, inbox.port
    (many.root / "articles" / "storm.md").write_text(STORM, encoding="utf-8")
    settings = with_deadline(many.with_relay(host, port), late="merge")
    newsletter = settings.newsletter("morning")
    service = Service(settings, many.store, clock=at(many.slot + timedelta(hours=1)))
    await service.turn()  # no relay: it has begun, and nobody has it
    tomorrow = many.slot + timedelta(days=1)
    pipeline.collect(settings, many.store, now=tomorrow)
    following = pipeline.build(many.store, newsletter, tomorrow, now=tomorrow)
    pipeline.approve(settings, many.store, newsletter, following, now=tomorrow)
    await Service(settings, many.store, clock=at(many.slot + timedelta(hours=2))).turn()
    edition = many.store.editions.get("morning", many.slot)
    assert edition is not None
    assert edition.status is EditionStatus.SENDING
    assert edition.note.startswith("held and could not be merged: the next edition is fixed already")


async def test_the_editors_are_told_once(many: Site, tmp_path: Path) -> None:
    """One mail says how many have not had it and what to do, however often the service looks."""
    async with Inbox(tmp_path / "inbox") as inbox:
        host, port = inbox.host, inbox.port
    settings = with_deadline(many.with_relay(host, port), late="hold", editors=("desk@example.org",))
    await Service(settings, many.store, clock=at(many.slot + timedelta(hours=1))).turn()
    late = Service(settings, many.store, clock=at(many.slot + timedelta(hours=2)))
    await late.turn()  # the relay is still away
    edition = many.store.editions.get("morning", many.slot)
    assert edition is not None
    assert edition.note.endswith("(its editors are not told yet)")
    async with Inbox(tmp_path / "inbox", host=host, port=port) as inbox:
        for _turn in range(3):
            await late.turn()
        assert inbox.received == 1
    (message,) = (tmp_path / "inbox").glob("*.eml")
    told = message.read_text(encoding="utf-8")
    assert f"held: {READERS} of {READERS} had not had it" in told
    assert "digest send morning --slot 2026-03-05T09:00" in told


def test_a_deadline_decides_no_edition(many: Site) -> None:
    """A slot's edition is the same with and without one, down to its recipe."""
    first = pipeline.build(many.store, many.newsletter, many.slot, now=many.slot)
    other = replace(many.newsletter, not_after=datetime(1, 1, 1, 11).time(), late="merge")  # noqa: DTZ001
    assert pipeline.build(many.store, other, many.slot, now=many.slot) == first
