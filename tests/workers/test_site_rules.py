"""What a site's settings say holds among workers as it does on one machine: each rule through real jobs.

Approval, deadlines, pairs, limits, warm-up and the clone guard: turns and parts are taken from the queue by workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy.engine import make_url

from digest import pipeline
from digest.config.delivery import DeliverySettings
from digest.delivery import Inbox
from digest.model import EditionStatus
from digest.pipeline.armed import arm
from digest.store import open_store
from digest.workers import Queue
from tests.conftest import Site
from tests.pipeline.test_deadline import STORM, deadline_after, with_deadline
from tests.pipeline.test_desk import with_approval
from tests.pipeline.test_limits import KYIV
from tests.pipeline.test_pairs import MOST_TITLE, TEATR_TITLE, paired, titles
from tests.workers.hosts import (
    Clock,
    SlowInbox,
    ask,
    begun,
    delivering,
    hosts,
    kept,
    of_copy,
    received,
    to_editors,
    with_readers,
)

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


async def test_a_draft_waits_for_its_approval_and_is_told_of_once(site: Site, tmp_path: Path) -> None:
    """Laid on the desk two hours before, held at its slot, sent after `approve`; three turns of two workers each."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(with_approval(site, "hold").with_relay(inbox.host, inbox.port))
        clock = Clock(site.slot - timedelta(hours=1))
        async with hosts(settings, clock, workers=2) as cluster:
            for _turn in range(2):
                await cluster.turn("morning")
            assert to_editors(inbox) == ["morning/2026-03-05T09:00 is a draft for you to approve"]
            clock.set(site.slot + timedelta(minutes=1))
            for _turn in range(2):
                await cluster.turn("morning")
            assert to_editors(inbox)[1:] == ["morning/2026-03-05T09:00 is held until somebody approves it"]
            assert (kept(site).status, inbox.received, cluster.jobs()) == (EditionStatus.DRAFT, 2, [])
            pipeline.approve(settings, site.store, settings.newsletter("morning"), kept(site), now=clock())
            await cluster.turn("morning")
            await cluster.until(lambda: kept(site).status is EditionStatus.SENT and not cluster.jobs())
    assert inbox.received == 2 + 3


@pytest.mark.parametrize(
    ("unapproved", "status", "mails"), [("send", EditionStatus.SENT, 3), ("skip", EditionStatus.SKIPPED, 0)]
)
async def test_what_nobody_approved_goes_as_configured(
    site: Site, tmp_path: Path, unapproved: str, status: EditionStatus, mails: int
) -> None:
    """Sent or skipped at its slot by whichever worker has the turn; the editors hear of it once."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(with_approval(site, unapproved).with_relay(inbox.host, inbox.port))
        async with hosts(settings, Clock(site.slot + timedelta(minutes=1)), workers=2) as cluster:
            for _turn in range(2):
                await cluster.turn("morning")
            await cluster.until(lambda: kept(site).status is status and not cluster.jobs())
    assert len(to_editors(inbox)) == 1
    assert inbox.received == 1 + mails


READERS = 30


@pytest.mark.parametrize("late", ["hold", "send", "merge"])
async def test_a_deadline_in_the_middle_does_what_late_says(site: Site, tmp_path: Path, late: str) -> None:
    """Parts that are out end at the deadline; the rest is held, goes on, or is told by the next edition."""
    with_readers(site, [f"reader{number}@example.org" for number in range(READERS)])
    async with SlowInbox(tmp_path / "inbox") as inbox:
        settings = delivering(with_deadline(site.with_relay(inbox.host, inbox.port), late=late))
        clock = deadline_after(inbox, 3, site.slot)
        async with hosts(settings, clock, workers=1) as cluster:
            await cluster.turn("morning")
            await cluster.until(lambda: not cluster.jobs())
            for _turn in range(2):  # as a minute later, and again
                await cluster.turn("morning")
            await cluster.until(lambda: not cluster.jobs())
        edition, tally = kept(site), site.store.deliveries.tally(kept(site))
        had = inbox.received
        assert (tally.sent, tally.claimed, tally.offered, tally.uncertain) == (had, 0, 0, 0)
        if late == "send":
            assert (edition.status, had) == (EditionStatus.SENT, READERS)
            return
        assert 3 <= had < READERS
        if late == "hold":
            assert edition.status is EditionStatus.SENDING
            assert "held: " in edition.note
            settings = settings.model_copy(update={"delivery": DeliverySettings()})
            newsletter = settings.newsletter("morning")
            await pipeline.send(settings, site.store, newsletter, site.slot, clock=clock, past_deadline=True)
            assert (kept(site).status, inbox.received) == (EditionStatus.SENT, READERS)
            return
        assert edition.status is EditionStatus.MERGED
        assert tally.skipped == READERS - had
        (site.root / "articles" / "storm.md").write_text(STORM, encoding="utf-8")
        next_day = Clock(site.slot + timedelta(days=1, minutes=1))
        async with hosts(settings, next_day, workers=1) as cluster:
            await cluster.turn("morning")
            await cluster.until(lambda: kept(site, days=1).status is EditionStatus.SENT and not cluster.jobs())
        assert inbox.received == had + READERS
        assert {story.lead.title for story in edition.stories} < {
            story.lead.title for story in kept(site, days=1).stories
        }
    assert all(count == 1 for count in received(inbox).values())


async def test_a_slot_past_its_deadline_is_not_begun(site: Site, tmp_path: Path) -> None:
    """A cluster that comes up too late sends nothing, and leaves no job behind."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(with_deadline(site.with_relay(inbox.host, inbox.port), late="hold"))
        async with hosts(settings, Clock(site.slot + timedelta(hours=2)), workers=2) as cluster:
            await cluster.turn("morning")
            await cluster.until(lambda: not cluster.jobs())
    assert inbox.received == 0
    assert site.store.editions.get("morning", site.slot) is None


async def test_a_pair_whose_turns_are_taken_at_once_tells_the_same_events(site: Site, tmp_path: Path) -> None:
    """The follower's worker builds what it follows if the other has not yet; one edition of each comes of it."""
    pair = paired(site)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(pair.with_relay(inbox.host, inbox.port))
        async with hosts(settings, Clock(site.slot + timedelta(minutes=1)), workers=2) as cluster:
            for _turn in range(2):
                await cluster.turn("utro", "morning")
            ended = {EditionStatus.SENT}
            await cluster.until(lambda: {kept(pair).status, kept(pair, "utro").status} == ended and not cluster.jobs())
    english, russian = kept(pair), kept(pair, "utro")
    assert russian.recipe is not None
    assert russian.recipe.partner == english.key
    assert titles(russian) == [MOST_TITLE, TEATR_TITLE]
    assert "Bridge over the Ros opens after two years" in titles(english)
    assert sorted(received(inbox).values()) == [1] * 6


async def test_a_warm_up_is_one_for_all_workers_and_grows_from_day_to_day(site: Site, tmp_path: Path) -> None:
    """Three workers send two on the first day and four on the second; between them only one job waits."""
    with_readers(site, [f"reader{number}@example.org" for number in range(6)])
    warmup = {"start": date(2026, 3, 5), "first_day": 2, "growth": 2, "until": 100}
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(site.with_relay(inbox.host, inbox.port), warmup=warmup)
        clock = Clock(site.slot + timedelta(minutes=1))
        async with hosts(settings, clock, workers=3) as cluster:
            await cluster.turn("morning")
            await cluster.until(lambda: inbox.received >= 2)
            await cluster.at_rest()
            assert (inbox.received, cluster.jobs()) == (2, [("digest.shepherd", "todo")])
            clock.set(datetime(2026, 3, 6, 0, 1, tzinfo=KYIV))
            cluster.hurry()
            await cluster.until(lambda: kept(site).status is EditionStatus.SENT and not cluster.jobs())
    assert inbox.received == 6
    assert set(received(inbox).values()) == {1}


async def test_a_limited_domain_holds_up_no_other_and_no_worker(site: Site, tmp_path: Path) -> None:
    """Its readers wait their hour in the ledger, not in a part that comes back for ever."""
    with_readers(site, [f"r{number}@{name}" for number in range(4) for name in ("slow.example", "example.org")])
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(site.with_relay(inbox.host, inbox.port), domains={"slow.example": "2/h"})
        clock = Clock(site.slot + timedelta(minutes=1))
        async with hosts(settings, clock, workers=2) as cluster:
            await cluster.turn("morning")
            await cluster.until(lambda: inbox.received >= 6)
            await cluster.at_rest()
            assert (inbox.received, cluster.jobs()) == (6, [("digest.shepherd", "todo")])
            clock.set(clock() + timedelta(hours=2))
            cluster.hurry()
            await cluster.until(lambda: kept(site).status is EditionStatus.SENT and not cluster.jobs())
    assert inbox.received == 8


async def test_a_rate_holds_over_all_workers(site: Site, tmp_path: Path) -> None:
    """Two workers and twice the connections send no more in a second than one would."""
    with_readers(site, [f"reader{number}@example.org" for number in range(12)])
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(site.with_relay(inbox.host, inbox.port), rate="4/s")
        clock = Clock(site.slot + timedelta(minutes=1))
        async with hosts(settings, clock, workers=2) as cluster:
            await cluster.turn("morning")
            await cluster.until(lambda: kept(site).status is EditionStatus.SENT and not cluster.jobs())
    assert set(received(inbox).values()) == {1}
    assert inbox.received == 12
    arrived = sorted(path.stat().st_mtime for path in inbox.folder.glob("*.eml"))
    # A window of one second, wherever it is laid, and one message that was on its way when it opened.
    assert max(sum(start <= moment < start + 1 for moment in arrived) for start in arrived) <= 4 + 1


@pytest.fixture
def copied(site: Site) -> Iterator[Callable[[], str]]:
    """Copy the site's database as a backup does, its queue and all."""
    elsewhere = make_url(site.settings.database_url).set(database="postgres").render_as_string(hide_password=False)
    name = f"{make_url(site.settings.database_url).database}_copy"

    def copy() -> str:
        ask(elsewhere, f"CREATE DATABASE {name} TEMPLATE {make_url(site.settings.database_url).database}")
        return make_url(site.settings.database_url).set(database=name).render_as_string(hide_password=False)

    yield copy
    ask(elsewhere, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def test_workers_of_a_copied_database_send_nothing_until_it_is_armed(
    site: Site, tmp_path: Path, copied: Callable[[], str]
) -> None:
    """The queue came along in the middle of a send: workers say so once, and a minute after `digest arm` they go on."""
    with_readers(site, [f"reader{number}@example.org" for number in range(6)])
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = delivering(site.with_relay(inbox.host, inbox.port), rate="2/day")
        clock = Clock(site.slot + timedelta(minutes=1))
        await begun(settings, clock, inbox)
        site.store.close()
        moved = of_copy(settings, copied())
        slot = {"newsletter": "morning", "slot": site.slot.isoformat()}
        with open_store(moved.database_url) as store, structlog.testing.capture_logs() as said:
            async with Queue(moved) as queue:
                await queue.put_parts(slot, [(1, 6), None])  # as handed out when the copy was made
            async with hosts(moved, clock, workers=1) as cluster:
                for _look in range(3):
                    cluster.hurry()
                    await cluster.turn("morning")
                    await cluster.at_rest()
                assert (inbox.received, cluster.jobs()) == (2, [("digest.shepherd", "todo")])
                told = [one["event"] for one in said if "must not send" in str(one.get("problem"))]
                assert told == ["nothing is sent"] * 2  # by its turns, and by its parts
                assert not any(one["event"].startswith("job failed") for one in said)
                late = "SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now() + interval '1 minute'"
                assert ask(cluster.address, late) == [(0,)]
                arm(moved, store, now=clock(), who="ann@mail1")
                cluster.hurry()
                edition = store.editions.get("morning", site.slot)
                assert edition is not None
                await cluster.until(lambda: store.editions.status(edition) is EditionStatus.SENT)
                await cluster.until(lambda: not cluster.jobs())
    assert inbox.received == 6
    assert set(received(inbox).values()) == {1}


async def test_a_copied_database_ends_no_edition_and_tells_no_editor(
    site: Site, tmp_path: Path, copied: Callable[[], str]
) -> None:
    """Its deadline passes on the copy too; what becomes of the rest is the original's to decide and to tell."""
    with_readers(site, [f"reader{number}@example.org" for number in range(6)])
    async with Inbox(tmp_path / "inbox") as inbox:
        relayed = site.with_relay(inbox.host, inbox.port)
        settings = delivering(with_deadline(relayed, late="merge", editors=["ed@example.org"]), rate="2/day")
        clock = Clock(site.slot + timedelta(minutes=1))
        await begun(settings, clock, inbox)
        site.store.close()
        moved = of_copy(settings, copied())
        clock.set(site.slot + timedelta(hours=3))
        with open_store(moved.database_url) as store:
            async with hosts(moved, clock, workers=1) as cluster:
                cluster.hurry()
                await cluster.turn("morning")
                await cluster.at_rest()
            kept_there = store.editions.get("morning", site.slot)
            assert kept_there is not None
            assert (kept_there.status, kept_there.note) == (EditionStatus.SENDING, "")
        assert (inbox.received, to_editors(inbox)) == (2, [])


async def test_a_deadline_ends_the_parts_of_every_worker(site: Site, tmp_path: Path) -> None:
    """Two workers in the middle of a part each: what they have in hand is finished, the rest told tomorrow, once."""
    with_readers(site, [f"reader{number}@example.org" for number in range(1000)])
    async with SlowInbox(tmp_path / "inbox") as inbox:
        relayed = site.with_relay(inbox.host, inbox.port)
        settings = delivering(with_deadline(relayed, late="merge", editors=["ed@example.org"]))
        clock = Clock(site.slot)
        pipeline.collect(settings, site.store, now=clock())
        await pipeline.start(settings, site.store, settings.newsletter("morning"), site.slot, clock=clock)
        clock.set(site.slot + timedelta(hours=2, seconds=-4))
        async with hosts(settings, clock, workers=2) as cluster:
            async with Queue(settings) as queue:
                await queue.hand_over(kept(site))
            await cluster.until(lambda: not cluster.jobs())
            for _turn in range(2):
                await cluster.turn("morning")
        edition, tally = kept(site), site.store.deliveries.tally(kept(site))
    (told,) = to_editors(inbox)
    assert told.startswith("morning/2026-03-05T09:00 ended: ")
    assert edition.status is EditionStatus.MERGED
    assert tally.sent == inbox.received - 1 > 2
    assert (tally.skipped, tally.uncertain, tally.claimed) == (1000 - tally.sent, 0, 0)
    assert set(received(inbox).values()) == {1}
