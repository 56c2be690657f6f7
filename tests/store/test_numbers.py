"""Numbers are those of editions that went out: what was approved and passed over, or ended unseen, leaves its own."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.errors import StoreError
from digest.model import Edition, EditionStatus, Rendered
from digest.store import Store

NEW_YORK = ZoneInfo("America/New_York")


def slot(day: int) -> datetime:
    return datetime(2022, 1, day, 9, 0, tzinfo=NEW_YORK)


def kept(store: Store, day: int) -> Edition:
    edition = store.editions.get("ukraine-today", slot(day))
    assert edition is not None
    return edition


@pytest.fixture
def approved(store: Store, an_edition: Any, rendered: Rendered) -> Edition:
    """The first day's edition, approved as no. 1 and never sent."""
    draft = store.editions.save(an_edition(slot=slot(1), number=1))
    assert store.editions.approve(draft, rendered)
    return replace(draft, status=EditionStatus.APPROVED)


def test_what_was_passed_over_leaves_its_number_to_the_next(
    store: Store, an_edition: Any, approved: Edition, rendered: Rendered
) -> None:
    """Whoever is approved next has it, and the one left behind must be approved anew, for its mail tells no. 1."""
    assert store.editions.next_number("ukraine-today", slot(2)) == 2
    assert store.editions.next_number("ukraine-today", slot(2), passed=slot(1)) == 2  # its turn has not gone by
    passed = slot(1) + timedelta(hours=2)
    draft = store.editions.save(an_edition(slot=slot(2), number=1), passed=passed)
    assert store.editions.numbered(draft, passed=passed).number == 1
    assert kept(store, 1) == approved  # until another takes it, it stands as it is
    assert store.editions.approve(store.editions.numbered(draft, passed=passed), rendered, passed=passed)
    assert (kept(store, 2).number, kept(store, 2).status) == (1, EditionStatus.APPROVED)
    assert kept(store, 1).status is EditionStatus.DRAFT
    assert "ukraine-today/2022-01-02T09:00, which has its number: approve it anew" in kept(store, 1).note
    assert store.editions.approved("ukraine-today", slot(1)) is None
    again = store.editions.numbered(kept(store, 1), passed=passed)
    assert again.number == 2
    assert store.editions.approve(again, rendered, passed=passed)


def test_what_begins_to_go_out_takes_it_as_well(
    store: Store, an_edition: Any, approved: Edition, rendered: Rendered, now: datetime
) -> None:
    """A newsletter that needs no approval counts on without a gap."""
    passed = slot(1) + timedelta(hours=2)
    draft = store.editions.save(an_edition(slot=slot(2), number=1), passed=passed)
    store.editions.freeze(draft, rendered, date=now, passed=passed)
    assert kept(store, 2).number == approved.number == 1
    assert kept(store, 1).status is EditionStatus.DRAFT


def test_one_sent_by_hand_after_all_keeps_its_number(
    store: Store, an_edition: Any, approved: Edition, rendered: Rendered, now: datetime
) -> None:
    """While nobody has taken it, it goes out as it was approved; the next one's mail, made meanwhile, is refused."""
    passed = slot(1) + timedelta(hours=2)
    draft = store.editions.save(an_edition(slot=slot(2), number=1), passed=passed)
    store.editions.freeze(approved, rendered, date=now, passed=passed)
    with pytest.raises(StoreError, match=r"no\. 1 went to the edition of 2022-01-01"):
        store.editions.freeze(draft, rendered, date=now, passed=passed)
    assert store.editions.numbered(draft, passed=passed).number == 2
    assert kept(store, 1).status is EditionStatus.SENDING


@pytest.mark.parametrize("to", [EditionStatus.CANCELLED, EditionStatus.MERGED])
def test_what_ended_before_anybody_had_it_has_no_number(
    store: Store, on_its_way: Edition, now: datetime, to: EditionStatus
) -> None:
    """The next edition is the one that went out, and tells its stories."""
    tomorrow = on_its_way.slot + timedelta(days=1)
    assert store.editions.next_number("ukraine-today", tomorrow) == 2
    store.deliveries.close(on_its_way, reason="wrong", to=to, now=now)
    found = store.editions.get("ukraine-today", on_its_way.slot)
    assert found is not None
    assert (found.status, found.number) == (to, 0)
    assert store.editions.next_number("ukraine-today", tomorrow) == 1
    assert store.editions.last_published("ukraine-today", tomorrow) is None


def test_what_one_reader_has_keeps_its_number(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Cancelled in the middle, it went out all the same."""
    one, *_ = store.deliveries.claim(on_its_way, limit=1, now=now)
    store.deliveries.offered(on_its_way, [one.id], now=now)
    store.deliveries.record(on_its_way, [an_attempt(one.id)])
    store.deliveries.close(on_its_way, reason="wrong", to=EditionStatus.CANCELLED, now=now)
    tomorrow = on_its_way.slot + timedelta(days=1)
    assert store.editions.next_number("ukraine-today", tomorrow) == 2
    last = store.editions.last_published("ukraine-today", tomorrow)
    assert last is not None
    assert (last.number, last.status) == (1, EditionStatus.CANCELLED)
