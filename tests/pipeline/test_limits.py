"""Limits as the settings name them: over restarts and days, told in status, and given up where they say so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest import pipeline
from digest.config import Settings
from digest.config.delivery import DeliverySettings
from digest.delivery import Inbox
from digest.errors import MailServerLost
from digest.model import EditionStatus
from digest.pipeline.limits import SiteLimits, day_cap
from digest.store import open_store
from tests.conftest import Site, clock
from tests.delivery.scripted_relay import ScriptedRelay
from tests.delivery.sending import answer

KYIV = ZoneInfo("Europe/Kyiv")


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def limited(settings: Settings, **delivery: object) -> Settings:
    return settings.model_copy(update={"delivery": DeliverySettings.model_validate(delivery)})


def with_readers(site: Site, count: int, *, domain: str = "example.org") -> None:
    lines = "".join(f"reader{number}@{domain}\n" for number in range(count))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=site.slot - timedelta(minutes=5))


async def test_what_a_days_cap_leaves_goes_on_the_next_day(site: Site, tmp_path: Path) -> None:
    """Restarted or not, a day takes no more than its cap; the rest is due from midnight on, in the site's zone."""
    with_readers(site, 10)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = limited(site.with_relay(inbox.host, inbox.port), rate="6/day")
        morning = site.slot + timedelta(minutes=1)
        midnight = datetime(2026, 3, 6, tzinfo=KYIV)
        for _start in range(2):
            with open_store(settings.database_url) as store:
                sent = await pipeline.send(settings, store, site.newsletter, site.slot, clock=at(morning))
                assert inbox.received == sent.tally.sent == 6
                assert (sent.held_until, sent.held_by) == (midnight, "the site's limit is reached")
                assert sent.edition.status is EditionStatus.SENDING
                found = pipeline.status(settings, store, now=morning).day
                assert found is not None
                assert (found.used, found.most, found.ends, found.warmup) == (6, 6, midnight, False)
        edition = sent.edition
        share = await pipeline.share_out(settings, site.store, site.newsletter, edition, clock=at(morning))
        assert (share.parts, share.again_in) == ((), timedelta(minutes=1))
        share = await pipeline.share_out(settings, site.store, site.newsletter, edition, clock=at(midnight))
        assert share.parts
        assert pipeline.unfinished(settings, site.store, site.newsletter, now=midnight)
        assert not pipeline.unfinished(settings, site.store, site.newsletter, now=midnight + timedelta(days=1))
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=at(midnight))
    assert inbox.received == 10
    assert sent.edition.status is EditionStatus.SENT
    assert sent.held_until is None


async def test_a_warm_up_grows_from_day_to_day(site: Site, tmp_path: Path) -> None:
    """Two on its first day, four on the second, eight on the third, as status tells."""
    with_readers(site, 12)
    warmup = {"start": date(2026, 3, 5), "first_day": 2, "growth": 2, "until": 100}
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = limited(site.with_relay(inbox.host, inbox.port), warmup=warmup, rate="50/day")
        received = []
        for day in range(3):
            noon = datetime(2026, 3, 5 + day, 18, tzinfo=KYIV)
            await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=at(noon))
            received.append(inbox.received)
            cap = day_cap(settings, site.store, now=noon)
            assert cap is not None
            assert (cap.most, cap.warmup) == (2 ** (day + 1), True)
    assert received == [2, 6, 12]


async def test_a_limited_domain_waits_and_the_others_have_their_mail(site: Site, tmp_path: Path) -> None:
    """Those of the domain are due at their time, and `digest why` says what they wait for."""
    lines = "".join(f"r{number}@{name}\n" for number in range(5) for name in ("slow.example", "example.org"))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=site.slot - timedelta(minutes=5))
    now = site.slot
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = limited(site.with_relay(inbox.host, inbox.port), domains={"slow.example": "2/h", "*": "1000/s"})
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=at(now))
    assert inbox.received == 7
    assert (sent.tally.sent, sent.tally.deferred) == (7, 3)
    assert sent.held_until is not None
    assert now < sent.held_until <= now + timedelta(minutes=66)
    waiting = [
        trace.member
        for number in range(5)
        for trace in site.store.proof.of_address(f"r{number}@slow.example")
        if trace.member is not None and trace.member.next_at is not None
    ]
    assert [one.reply for one in waiting] == ["not offered yet: the limit of its domain is reached"] * 3
    assert [one.attempts for one in waiting] == [0, 0, 0]


async def test_two_senders_at_once_keep_to_a_days_cap(site: Site, tmp_path: Path) -> None:
    """However they share it, together they send what is allowed and no more."""
    with_readers(site, 60)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = limited(site.with_relay(inbox.host, inbox.port), rate=["1000/s", "25/day"])
        with open_store(settings.database_url) as other:
            async with asyncio.TaskGroup() as group:
                for store in (site.store, other):
                    group.create_task(pipeline.send(settings, store, site.newsletter, site.slot, clock=at(site.slot)))
        assert inbox.received == 25


async def test_an_unlimited_send_asks_for_nothing(site: Site, tmp_path: Path) -> None:
    """Without limits no leave is asked for, and nothing is written."""
    with_readers(site, 20)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        limits = SiteLimits(settings, site.store, clock=clock)
        assert not limits.limited
        await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    with site.store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM allowances").scalar_one() == 0


async def test_a_delivery_is_given_up_when_its_time_is_over(site: Site) -> None:
    """Put off again and again, it ends as failed with the server's last words, and the edition is done."""
    with_readers(site, 1)
    async with ScriptedRelay(answer("RCPT", "450 4.2.1 mailbox busy")) as relay:
        settings = limited(site.with_relay("127.0.0.1", relay.port), retry_for="1h")
        now, tries = site.slot.astimezone(UTC), 0
        begun = now
        while True:
            sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=at(now))
            tries += 1
            due = site.store.deliveries.next_due(sent.edition)
            if due is None:
                break
            now = due
            assert pipeline.unfinished(settings, site.store, site.newsletter, now=now + timedelta(hours=24))
        assert pipeline.unfinished(settings, site.store, site.newsletter, now=now + timedelta(hours=24)) == []
    assert now == begun + timedelta(hours=1)
    assert tries == 5
    assert sent.edition.status is EditionStatus.SENT
    (found,) = site.store.deliveries.of_address("reader0@example.org")
    assert found.reply == "gave up after 1 h: 450 4.2.1 mailbox busy"
    assert sent.tally.failed == 1


async def test_status_names_a_relay_that_puts_everybody_off(site: Site) -> None:
    """The pause, its reason and its end are there for people, and nobody has an attempt to his account."""
    with_readers(site, 0)
    lines = "".join(f"r{number}@{name}.example\n" for number in range(6) for name in "abc")
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    async with ScriptedRelay(answer("RCPT", "451 4.3.0 no")) as relay:
        settings = site.with_relay("127.0.0.1", relay.port)
        with pytest.raises(MailServerLost, match="it puts everybody off"):
            await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        (pause,) = pipeline.status(settings, site.store, now=clock()).pauses
        assert (pause.name, pause.reason) == (
            f"relay 127.0.0.1:{relay.port}",
            "it puts everybody off (451 4.3.0 no)",
        )
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        tally = site.store.deliveries.tally(edition)
        assert tally.pending + tally.deferred == 18
        assert {row.attempts for row in site.store.deliveries.of_address("r0@a.example")} <= {0}
        relay.script = lambda _step: None
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        assert sent.tally.sent == 18
        assert not pipeline.status(settings, site.store, now=clock()).pauses


def test_a_domains_limit_is_found_in_either_spelling(site: Site) -> None:
    """An internationalised domain is one, and of two limits for the same time the smaller holds."""
    settings = limited(site.settings, domains={"пошта.укр": "5/s"}, rate=["7/s", "9/s"])
    limits = SiteLimits(settings, site.store, clock=clock)
    name = limits.of_domain("пошта.укр")
    assert name == limits.of_domain("xn--80a1acn3a.xn--j1amh") == "xn--80a1acn3a.xn--j1amh, per s"
    assert limits.of_domain("example.org") is None
    assert limits.every(name) == timedelta(milliseconds=200)
    assert limits.every(limits.of_site[0]) == timedelta(seconds=1) / 7
    settings = limited(site.settings, domains={"straße.example": "1/s"})
    limits = SiteLimits(settings, site.store, clock=clock)
    assert limits.of_domain("straße.example") == "xn--strae-oqa.example, per s"
