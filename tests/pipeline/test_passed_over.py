"""Editions that never went out, and the next one: it has their number, and what nobody was told it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.errors import UsageError
from digest.model import Edition, EditionStatus, Newsletter
from tests.conftest import Site, clock

STORM = """Storm fells forty trees along the embankment

5 March 2026, 06:00 PM

A storm felled forty trees along the embankment of Dnipro overnight and cut the power of two districts.

Crews cleared the tram line by six in the morning, the city's transport office said.
"""
_DAY = timedelta(days=1)
_PAST_GRACE = timedelta(hours=7)


def build(site: Site, newsletter: Newsletter, day: int) -> Edition:
    slot = site.slot + day * _DAY
    now = slot - timedelta(hours=1)  # while the draft lies on the desk
    passed = pipeline.passed_over(site.settings, newsletter, slot, now=now)
    return pipeline.build(site.store, newsletter, slot, now=now, passed=passed)


def plain_text(path: Path) -> str:
    body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def stored(site: Site) -> Site:
    (site.root / "articles/storm.txt").write_text(STORM, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=site.slot - _DAY)
    return site


async def test_an_approved_edition_that_was_never_sent_leaves_no_gap(stored: Site, tmp_path: Path) -> None:
    """The next day's draft shows its number and is approved with it; sent by hand after all, it takes a new one."""
    newsletter = replace(stored.newsletter, approval="required", editors=("ed@example.org",))
    first = build(stored, newsletter, 0)
    late = stored.slot + _PAST_GRACE
    assert pipeline.approve(stored.settings, stored.store, newsletter, first, now=late).number == 1
    second = build(stored, newsletter, 1)
    assert (first.number, second.number) == (1, 1)
    tomorrow = second.slot - timedelta(minutes=30)
    assert pipeline.approve(stored.settings, stored.store, newsletter, second, now=tomorrow).number == 1
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = stored.with_relay(inbox.host, inbox.port)
        with pytest.raises(UsageError, match=r"nobody approved it.*digest approve"):
            await pipeline.send(settings, stored.store, newsletter, stored.slot, clock=lambda: tomorrow)
        left = stored.store.editions.get("morning", stored.slot)
        assert left is not None
        assert "which has its number: approve it anew" in left.note
        assert pipeline.approve(settings, stored.store, newsletter, left, now=tomorrow).number == 2
        for slot in (second.slot, stored.slot):
            sent = await pipeline.send(settings, stored.store, newsletter, slot, clock=lambda: second.slot)
            assert sent.edition.status is EditionStatus.SENT
        texts = [plain_text(path) for path in sorted(inbox.folder.glob("*.eml"))]
    assert sorted(text.partition("No.")[2].split()[0] for text in texts) == ["1"] * 3 + ["2"] * 3


async def test_what_waits_within_its_grace_keeps_its_number(stored: Site) -> None:
    """The relay is away, or it goes with the service's next turn: tomorrow's, approved early, counts on."""
    first = build(stored, stored.newsletter, 0)
    soon = stored.slot + timedelta(minutes=30)
    pipeline.approve(stored.settings, stored.store, stored.newsletter, first, now=soon)
    second = pipeline.build(
        stored.store,
        stored.newsletter,
        stored.slot + _DAY,
        now=soon,
        passed=pipeline.passed_over(stored.settings, stored.newsletter, stored.slot + _DAY, now=soon),
    )
    assert pipeline.approve(stored.settings, stored.store, stored.newsletter, second, now=soon).number == 2
    kept = stored.store.editions.get("morning", stored.slot)
    assert kept is not None
    assert (kept.status, kept.number) == (EditionStatus.APPROVED, 1)


async def test_what_was_cancelled_before_anybody_had_it_is_told_by_the_next(stored: Site) -> None:
    """As with an edition that was skipped: nobody has seen its stories, nor its number."""
    started = await pipeline.start(stored.settings, stored.store, stored.newsletter, stored.slot, clock=clock)
    titles = {story.lead.title for story in started.edition.stories}
    assert len(titles) == 2
    await pipeline.cancel(stored.store, started.edition, reason="the lead was wrong", clock=clock)
    following = build(stored, stored.newsletter, 1)
    assert following.number == 1
    assert {story.lead.title for story in following.stories} > titles
    assert not any(story.update_of for story in following.stories)
