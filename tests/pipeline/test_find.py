"""An edition by its name, however old the name is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest import pipeline
from digest.errors import UsageError
from digest.pipeline.find import edition_named, find_edition
from tests.conftest import SLOT, Site, clock


@pytest.mark.parametrize(
    "key",
    [
        "",
        "morning",
        "morning/",
        f"evening/{SLOT}",
        f"morning/{SLOT}:00",
        "morning/2026-03-05",
        "morning/2026-13-05T09:00",
        "morning/2026-02-30T09:00",
        "morning/2026-03-06T09:00",
        f"../morning/{SLOT}",
        f"morning/{SLOT}\n",
    ],
)
def test_a_name_of_nothing_finds_nothing(site: Site, key: str) -> None:
    """Whatever stands in a link or a command: no edition, and for a person the way to find one's name."""
    assert find_edition(site.settings, site.store, key) is None
    with pytest.raises(UsageError, match="digest status"):
        edition_named(site.settings, site.store, key)


def test_an_edition_is_found_when_its_newsletter_has_moved_on(site: Site) -> None:
    """A new hour of sending, or no newsletter at all any more: the editions that went out keep their names."""
    pipeline.collect(site.settings, site.store, now=clock())
    built = pipeline.who_is_due(site.settings, site.store, site.newsletter, site.slot, now=clock()).edition
    found = find_edition(site.settings, site.store, built.key)
    assert found == built
    without = site.settings.model_copy(update={"newsletters": {}})
    assert find_edition(without, site.store, f"morning/{SLOT}") == built


def test_the_second_pass_of_a_repeated_hour_is_found(site: Site) -> None:
    """Its key is that of the first pass, which is taken where both are kept."""
    pipeline.collect(site.settings, site.store, now=clock())
    zone = ZoneInfo("America/New_York")
    twice = datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=1)
    built = pipeline.who_is_due(site.settings, site.store, site.newsletter, twice, now=clock()).edition
    found = find_edition(site.settings, site.store, built.key)
    assert found is not None
    assert found.slot.utcoffset() == timedelta(hours=-5)
