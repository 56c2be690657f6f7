"""Which slot a command means that names none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from digest import pipeline
from digest.errors import UsageError
from digest.model import EditionStatus, Rendered
from tests.conftest import Site


@pytest.mark.parametrize("status", [EditionStatus.SENDING, EditionStatus.SENT, EditionStatus.PAUSED])
@pytest.mark.parametrize("hours", [0.1, 1, 5, 20])
def test_a_send_that_is_repeated_is_never_the_next_edition(site: Site, status: EditionStatus, hours: float) -> None:
    """All day long it means the one that went out, though an article has come in for tomorrow's."""
    edition = kept(site, status)
    now = site.slot + timedelta(hours=hours)
    assert pipeline.slot_to_send(site.settings, site.store, site.newsletter, now=now) == edition


@pytest.mark.parametrize("hours", [-3, 3, 5])
def test_nothing_is_sent_before_its_time_or_past_its_grace_unnamed(site: Site, hours: int) -> None:
    """The slots are named instead, and the command that sends the next one."""
    now = site.slot + timedelta(hours=hours)
    with pytest.raises(UsageError, match="nothing is due now") as caught:
        pipeline.slot_to_send(site.settings, site.store, site.newsletter, now=now)
    last, coming = ("2026-03-04", "2026-03-05") if hours < 0 else ("2026-03-05", "2026-03-06")
    assert f"{last}T09:00, the next is {coming}T09:00" in str(caught.value)
    assert f"digest send morning --slot {coming}T09:00" in str(caught.value)


def test_a_slot_within_its_grace_is_due(site: Site) -> None:
    """Built or not, from its moment on."""
    for minutes in (0, 5, 119):
        now = site.slot + timedelta(minutes=minutes)
        assert pipeline.slot_to_send(site.settings, site.store, site.newsletter, now=now) == site.slot


def kept(site: Site, status: EditionStatus) -> datetime:
    pipeline.collect(site.settings, site.store, now=site.slot)
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=site.slot)
    mail = Rendered(subject="s", preheader="", html="", text="", language="en")
    site.store.editions.freeze(edition, mail, date=site.slot)
    assert status is EditionStatus.SENDING or site.store.editions.move(edition, to=status, allowed=tuple(EditionStatus))
    return edition.slot
