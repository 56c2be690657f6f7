"""The service: each slot once, caught up within its grace, and a clean end."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from structlog.testing import capture_logs

from digest import pipeline
from digest.config import SmtpSettings, read_settings
from digest.config.delivery import DeliverySettings
from digest.delivery import Inbox
from digest.model import EditionStatus, Newsletter
from digest.pipeline import slot_coming
from digest.schedule import Service, cron_trigger
from digest.store import open_store
from tests.conftest import Site
from tests.delivery.scripted_relay import ScriptedRelay


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


async def test_a_slot_missed_within_its_grace_is_caught_up(site: Site, tmp_path: Path) -> None:
    """A service that starts at ten collects, builds and sends nine o'clock's edition, once."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        for _start in range(2):
            service = Service(settings, site.store, clock=at(site.slot + timedelta(hours=1)))
            running = asyncio.create_task(service.run())
            await until(lambda: inbox.received >= 3)
            service.stop()
            await running
    assert inbox.received == 3
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.SENT


async def test_one_mistake_in_every_line_does_not_fill_the_log(site: Site, tmp_path: Path) -> None:
    """Of a list's bad lines the first twenty are told, and how many more there are; the good ones get their mail."""
    bad = "".join(f"reader{number}\n" for number in range(50))
    (site.root / "subscribers.csv").write_text(f"email\nann@example.org\n{bad}", encoding="utf-8")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with capture_logs() as logged:
            await Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1))).turn()
    assert inbox.received == 1
    assert sum(one["event"] == "list line skipped" for one in logged) == 20
    (more,) = [one for one in logged if one["event"] == "list lines skipped"]
    assert (more["more"], more["edition"]) == (30, "morning/2026-03-05T09:00")


async def test_a_slot_missed_by_more_is_left(site: Site, tmp_path: Path) -> None:
    """At noon nobody wants nine o'clock's mail any more: the next slot is announced, nothing is sent."""
    said: list[datetime] = []
    async with Inbox(tmp_path / "inbox") as inbox:
        service = Service(site.with_relay(inbox.host, inbox.port), site.store, clock=at(site.slot + timedelta(hours=3)))
        running = asyncio.create_task(service.run(on_ready=lambda coming: said.extend(due[1] for due in coming)))
        await until(lambda: bool(said))
        await asyncio.sleep(0.2)
        service.stop()
        await running
        assert inbox.received == 0
    assert said == [site.slot + timedelta(days=1)]


async def test_two_services_send_a_slot_once(site: Site, tmp_path: Path) -> None:
    """Two of them over one database share the work and repeat none of it."""
    lines = "".join(f"reader{number}@example.org\n" for number in range(60))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with open_store(settings.database_url) as other:
            moment = at(site.slot + timedelta(minutes=1))
            services = [Service(settings, store, clock=moment) for store in (site.store, other)]
            async with asyncio.TaskGroup() as group:
                for service in services:
                    group.create_task(service.run())
                await until(lambda: inbox.received >= 60)
                await asyncio.sleep(0.2)
                for service in services:
                    service.stop()
    assert inbox.received == 60


async def test_a_relay_that_was_away_is_tried_again(site: Site, tmp_path: Path) -> None:
    """An edition that could not leave goes out with the next turn."""
    async with Inbox(tmp_path / "inbox") as inbox:
        host, port = inbox.host, inbox.port
    service = Service(site.with_relay(host, port), site.store, clock=at(site.slot + timedelta(minutes=1)))
    await service.turn()
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.SENDING
    async with Inbox(tmp_path / "inbox", host=host, port=port) as inbox:
        await service.turn()
    assert inbox.received == 3


async def test_a_relay_that_refuses_us_is_asked_less_and_less_often(site: Site) -> None:
    """A wrong password is tried at most eleven times in the two hours of an edition's grace, not each minute."""
    now = site.slot
    async with ScriptedRelay(login=("news", "right")) as relay:
        smtp = SmtpSettings(host="127.0.0.1", port=relay.port, username="news", password=SecretStr("wrong"))
        settings = site.settings.model_copy(update={"smtp": smtp})
        service = Service(settings, site.store, clock=lambda: now)
        asked = []
        for minute in range(120):
            now = site.slot + timedelta(minutes=minute)
            connections = relay.connections
            await service.turn()
            if relay.connections > connections:
                asked.append(minute)
        assert asked[:5] == [0, 2, 6, 14, 30]
        assert len(asked) <= 11
        relay.login = ("news", "wrong")
        now += timedelta(minutes=16)
        await service.turn()
    assert len(relay.kept) == 3


async def test_what_failed_before_the_first_mail_is_tried_again_within_the_grace(site: Site, tmp_path: Path) -> None:
    """A list file that was away for a minute costs a minute, not the day's edition."""
    lines = site.root / "subscribers.csv"
    lines.rename(site.root / "away.csv")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        service = Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1)))
        await service.turn()
        assert inbox.received == 0
        (site.root / "away.csv").rename(lines)
        await service.turn()
    assert inbox.received == 3


async def test_an_edition_of_days_ago_does_not_go_out_by_itself(site: Site, tmp_path: Path) -> None:
    """What found no relay for a day is news no more; only a person may still send it."""
    async with Inbox(tmp_path / "inbox") as inbox:
        host, port = inbox.host, inbox.port
    settings = site.with_relay(host, port)
    await Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1))).turn()
    async with Inbox(tmp_path / "inbox", host=host, port=port) as inbox:
        await Service(settings, site.store, clock=at(site.slot + timedelta(hours=25, minutes=30))).turn()
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        assert site.store.deliveries.tally(edition).sent == 0


async def test_one_newsletter_that_fails_leaves_the_others_their_turn(site: Site, tmp_path: Path) -> None:
    """Whatever goes wrong with the first, the second goes out."""
    text = (site.root / "digest.toml").read_text(encoding="utf-8")
    second = text[text.index("[newsletters.morning]") :].replace("[newsletters.morning]", "[newsletters.second]")
    broken = text.replace('theme = "ukraine-today"', 'theme = "nosuch"')
    (site.root / "digest.toml").write_text(broken + second, encoding="utf-8")
    settings = read_settings(site.root / "digest.toml")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = settings.model_copy(update={"smtp": SmtpSettings(host=inbox.host, port=inbox.port)})
        await Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1))).turn()
    assert inbox.received == 3


class SlowInbox(Inbox):
    """An inbox that takes its time over each message, as relays do."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        await asyncio.sleep(0.3)
        return await super().handle_DATA(server, session, envelope)


async def test_a_stop_while_the_schedule_is_sending_leaves_nothing_in_doubt(site: Site, tmp_path: Path) -> None:
    """The scheduler's own wake-up starts the send; told to stop, it finishes and records what is in flight."""
    lines = "".join(f"reader{number}@example.org\n" for number in range(40))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    began = time.monotonic()
    nine = site.slot - timedelta(seconds=1.5)  # the service's clock reaches nine in a second and a half
    async with SlowInbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)

        def clock() -> datetime:
            return nine + timedelta(seconds=time.monotonic() - began)

        service = Service(settings, site.store, clock=clock, tick=timedelta(seconds=1))
        running = asyncio.create_task(service.run())
        await until(lambda: inbox.received >= 2)
        service.stop()
        await running
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        stopped = site.store.deliveries.tally(edition)
        assert (stopped.uncertain, stopped.claimed, stopped.offered) == (0, 0, 0)
        assert 2 <= stopped.sent < 40
        assert stopped.sent == inbox.received
        async with Inbox(tmp_path / "inbox2") as quick:
            again = site.with_relay(quick.host, quick.port)
            await Service(again, site.store, clock=at(site.slot + timedelta(minutes=1))).turn()
            assert quick.received == 40 - stopped.sent


async def test_apscheduler_wakes_the_service_at_the_slot(site: Site) -> None:
    """The cron trigger of each newsletter fires at its time on its own wall clock, in winter and in summer."""
    trigger = cron_trigger(site.newsletter)
    for day in (datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)):
        assert trigger.get_next_fire_time(None, day) == slot_coming(site.newsletter, now=day)


async def test_a_look_at_an_empty_slot_does_not_cost_the_days_edition(site: Site, tmp_path: Path) -> None:
    """Built or previewed before its articles came in, a slot is skipped; at nine it has them, and goes out."""
    early = pipeline.build(site.store, site.newsletter, site.slot, now=site.slot - timedelta(hours=3))
    assert early.status is EditionStatus.SKIPPED
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        await Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1))).turn()
    assert inbox.received == 3


async def test_an_edition_skipped_by_hand_stays_skipped(site: Site, tmp_path: Path) -> None:
    """What an editor skipped is not built again behind their back; taken back within the grace, it goes out."""
    pipeline.collect(site.settings, site.store, now=site.slot - timedelta(hours=1))
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=site.slot - timedelta(hours=1))
    pipeline.skip(site.store, edition, why="a holiday")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        service = Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1)))
        await service.turn()
        await service.turn()
        assert inbox.received == 0
        skipped = site.store.editions.get("morning", site.slot)
        assert skipped is not None
        pipeline.unskip(site.store, site.newsletter, skipped, now=site.slot + timedelta(minutes=1))
        await service.turn()
    assert inbox.received == 3


async def test_what_a_days_cap_leaves_goes_at_midnight_by_itself(site: Site, tmp_path: Path) -> None:
    """Until then the service lets it be, tick after tick; from then on it is sent, without a word from anybody."""
    moment = [site.slot + timedelta(minutes=1)]
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        settings = settings.model_copy(update={"delivery": DeliverySettings.model_validate({"rate": "2/day"})})
        service = Service(settings, site.store, clock=lambda: moment[0])
        received = []
        for hours in (0, 1, 4, 8):  # nine in New York is four in the afternoon in Kyiv, whose midnight counts
            moment[0] = site.slot + timedelta(hours=hours, minutes=1)
            await service.turn()
            received.append(inbox.received)
    assert received == [2, 2, 2, 3]
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.SENT


async def test_told_to_stop_it_asks_for_no_more_turns(site: Site) -> None:
    """Each may wait for a database that is away, and there may be a hundred newsletters."""
    morning = site.settings.newsletters["morning"]
    settings = site.settings.model_copy(update={"newsletters": {"morning": morning, "evening": morning}})
    asked: list[str] = []

    async def take_turn(newsletter: Newsletter) -> None:
        asked.append(newsletter.id)
        service.stop()

    service = Service(settings, site.store, clock=at(site.slot), take_turn=take_turn)
    await asyncio.wait_for(service.run(), timeout=5)
    assert len(asked) == 1
