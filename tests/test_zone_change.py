"""A newsletter that moves to another zone: the morning's edition goes out once, at nine of the new zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest import pipeline
from digest.config import Settings
from digest.delivery import Inbox
from digest.model import EditionStatus
from digest.schedule import Service
from tests.conftest import SLOT, Site

LOS_ANGELES = ZoneInfo("America/Los_Angeles")  # its nine is noon in New York


def at(hour: int, minute: int = 1) -> Callable[[], datetime]:
    return lambda: datetime(2026, 3, 5, hour, minute, tzinfo=UTC)


def moved(settings: Settings, zone: str) -> Settings:
    """The same site after its newsletter's zone was changed."""
    there = settings.newsletters["morning"].model_copy(update={"timezone": zone})
    return settings.model_copy(update={"newsletters": {"morning": there}})


async def test_what_went_out_is_not_sent_again_at_nine_elsewhere(site: Site, tmp_path: Path) -> None:
    """Nine came twice that day, and readers have one edition of it; the next is due tomorrow."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        await Service(settings, site.store, clock=at(14)).turn()
        assert inbox.received == 3
        west = moved(settings, LOS_ANGELES.key)
        await Service(west, site.store, clock=at(17)).turn()
        assert inbox.received == 3
        coming = pipeline.slot_coming(west.newsletter("morning"), now=at(17)())
        assert coming == datetime(2026, 3, 6, 9, tzinfo=LOS_ANGELES)
        assert len(site.store.editions.recent("morning", 9)) == 1


async def test_a_draft_of_the_old_zone_goes_out_at_nine_of_the_new(site: Site, tmp_path: Path) -> None:
    """Somebody looked at it before; it is neither early nor lost, and takes in what came until then."""
    pipeline.collect(site.settings, site.store, now=at(10)())
    pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=at(10)())
    async with Inbox(tmp_path / "inbox") as inbox:
        west = moved(site.with_relay(inbox.host, inbox.port), LOS_ANGELES.key)
        await Service(west, site.store, clock=at(14)).turn()
        assert inbox.received == 0
        await Service(west, site.store, clock=at(17)).turn()
        assert inbox.received == 3
    (edition,) = site.store.editions.recent("morning", 9)
    assert edition.status is EditionStatus.SENT
    assert edition.slot == datetime.fromisoformat(SLOT).replace(tzinfo=LOS_ANGELES)
    assert edition.window[1] == edition.slot


async def test_an_edition_under_way_is_finished_in_the_new_zone(site: Site, tmp_path: Path) -> None:
    """Those who have it keep it, the others get it, whatever zone the settings name by then."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        daily = settings.model_copy(update={"delivery": settings.delivery.model_validate({"rate": "2/day"})})
        await Service(daily, site.store, clock=at(14)).turn()
        assert inbox.received == 2
        west = moved(settings, LOS_ANGELES.key)
        await Service(west, site.store, clock=at(14, 30)).turn()
        assert inbox.received == 3
        await Service(west, site.store, clock=at(17)).turn()
        assert inbox.received == 3


async def test_a_zone_whose_nine_has_just_passed_is_caught_up(site: Site, tmp_path: Path) -> None:
    """To the east it is past nine at once: within the grace the edition goes out, beyond it the next day's does."""
    async with Inbox(tmp_path / "inbox") as inbox:
        east = moved(site.with_relay(inbox.host, inbox.port), "Europe/Kyiv")
        await Service(east, site.store, clock=at(9, 30)).turn()
        assert inbox.received == 0  # half past eleven in Kyiv
        await Service(east, site.store, clock=at(8, 30)).turn()
        assert inbox.received == 3
    (edition,) = site.store.editions.recent("morning", 9)
    assert edition.slot == datetime(2026, 3, 5, 7, tzinfo=UTC)
