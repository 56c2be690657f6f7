"""A copied site sends nothing by any way, still shows its editions, and sends once it is armed."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest import pipeline
from digest.config import read_settings
from digest.delivery import Inbox
from digest.errors import NotArmed
from digest.model import EditionStatus
from digest.pipeline.armed import arm, inspect
from digest.pipeline.reconcile import reconcile
from digest.schedule import Service
from digest.store import open_store
from tests.conftest import Site, clock
from tests.test_schedule import at


@pytest.fixture
def database_kind() -> str:
    """The database goes along with the folder only where it is a file in it."""
    return "sqlite"


@pytest.fixture
async def copy(site: Site, tmp_path: Path) -> AsyncIterator[Site]:
    """A copy of a site that has sent its edition of 5 March, on the day after."""
    async with Inbox(tmp_path / "first") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        await Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1))).turn()
        assert inbox.received == 3
    folder = tmp_path / "copy"
    shutil.copytree(site.root, folder, ignore=shutil.ignore_patterns("copy", "first"))
    settings = read_settings(folder / "digest.toml")
    with open_store(settings.database_url) as store:
        yield Site(folder, settings, store)


async def test_a_copy_sends_nothing_and_shows_all(copy: Site, tmp_path: Path) -> None:
    """Neither a send, nor a reconciliation, nor the service; building and looking are free."""
    later = copy.slot + timedelta(days=1, minutes=1)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = copy.with_relay(inbox.host, inbox.port)
        with pytest.raises(NotArmed, match=r"another file than the one that sent last.*digest arm --dry-run"):
            await pipeline.send(settings, copy.store, copy.newsletter, later, clock=clock)
        edition = copy.store.editions.get("morning", copy.slot)
        assert edition is not None
        with pytest.raises(NotArmed):
            await reconcile(settings, copy.store, edition, clock=clock, resend=True)
        await Service(settings, copy.store, clock=at(later)).turn()
        assert inbox.received == 0
        shown = pipeline.preview(settings, copy.store, copy.newsletter, copy.slot, now=later)
        assert shown.edition == edition
        pipeline.build(copy.store, copy.newsletter, copy.slot + timedelta(days=1), now=later)


async def test_a_service_goes_on_as_soon_as_it_is_armed(copy: Site, tmp_path: Path) -> None:
    """No restart is needed; what was at risk is said, and who armed it is kept."""
    article = copy.root / "articles" / "later.txt"
    text = (copy.root / "articles" / "bridge.txt").read_text(encoding="utf-8")
    article.write_text(text.replace("4 March", "5 March").replace("Bridge", "Ferry"), encoding="utf-8")
    later = copy.slot + timedelta(days=1, minutes=1)
    found = inspect(copy.settings, copy.store, now=later)
    assert any("morning/2026-03-06T09:00 has not begun here" in risk for risk in found.risks)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = copy.with_relay(inbox.host, inbox.port)
        service = Service(settings, copy.store, clock=at(later), tick=timedelta(seconds=0.05))
        armed = arm(settings, copy.store, now=later, who="ann@mail1")
        assert armed.standing.against == found.standing.against
        await service.turn()
        edition = copy.store.editions.get("morning", copy.slot + timedelta(days=1))
        assert edition is not None
        assert edition.status in (EditionStatus.SENT, EditionStatus.SKIPPED)
    assert inspect(settings, copy.store, now=later).standing.armed[0].who == "ann@mail1"


async def test_the_original_and_an_unsubscription_in_it_go_on(copy: Site, site: Site) -> None:
    """A backup from before a reader left is older than the mark, for it would write to them again."""
    before = inspect(site.settings, site.store, now=clock()).standing
    assert before.against == ()
    pipeline.unsubscribe(site.store, site.newsletter, "ann@example.org", now=clock(), how="a test")
    pipeline.note_change(site.settings, site.store, now=clock())
    after = inspect(site.settings, site.store, now=clock()).standing
    assert before.last_at is not None
    assert after.last_at is not None
    assert after.last_at > before.last_at
    pipeline.note_change(copy.settings, copy.store, now=clock())  # a copy's pages change no mark
    assert inspect(copy.settings, copy.store, now=clock()).standing.last_at == before.last_at
