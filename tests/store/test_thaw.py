"""An edition that was fixed and that nobody has: a draft again, with nothing left of what was fixed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.model import DeliveryState, Edition, EditionStatus, Rendered, Tally
from digest.store import Store, open_store
from digest.store.senders import LEASE

NOTE = "made again"


def pause(store: Store, edition: Edition) -> None:
    assert store.editions.move(edition, to=EditionStatus.PAUSED, allowed={EditionStatus.SENDING}, note="too big: 2 MB")


def test_what_nobody_has_is_a_draft_again(
    store: Store, on_its_way: Edition, rendered: Rendered, now: datetime, an_attempt: Any
) -> None:
    """Refused, put off or skipped, all of its audience is due the next mail; who left meanwhile is not."""
    one, two, *_ = store.deliveries.claim(on_its_way, limit=3, now=now)
    store.deliveries.offered(on_its_way, [one.id, two.id], now=now)
    store.deliveries.record(
        on_its_way, [an_attempt(one.id, DeliveryState.FAILED), an_attempt(two.id, DeliveryState.DEFERRED)]
    )
    store.deliveries.leave(on_its_way, now=now)
    gone = store.subscribers.find("r9@example.org")[0]
    store.subscribers.unsubscribe(gone.id, now=now, how="a test")
    pause(store, on_its_way)
    assert store.deliveries.thaw(on_its_way, note=NOTE, now=now)
    draft = store.editions.get(on_its_way.newsletter, on_its_way.slot)
    assert draft == replace(on_its_way, status=EditionStatus.DRAFT, note=NOTE)
    assert store.editions.frozen(on_its_way.newsletter, on_its_way.slot) is None
    assert store.deliveries.tally(on_its_way) == Tally(audience=9, pending=9)
    changed = store.editions.save(replace(on_its_way, subject="Less", status=EditionStatus.DRAFT))
    other = replace(rendered, subject="Less")
    assert store.editions.freeze(changed, other, date=now + LEASE) == (other, now + LEASE)
    assert len(store.deliveries.claim(changed, limit=99, now=now)) == 9


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.UNCERTAIN])
def test_what_somebody_may_have_stays(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any, state: DeliveryState
) -> None:
    """Accepted once, or in doubt once: the edition is what that reader has."""
    one, *_ = store.deliveries.claim(on_its_way, limit=1, now=now)
    store.deliveries.offered(on_its_way, [one.id], now=now)
    store.deliveries.record(on_its_way, [an_attempt(one.id, state)])
    pause(store, on_its_way)
    assert not store.deliveries.thaw(on_its_way, note=NOTE, now=now)
    assert store.editions.status(on_its_way) is EditionStatus.PAUSED
    assert store.editions.mail_date(on_its_way) == now


def test_only_a_paused_edition_thaws(store: Store, on_its_way: Edition, now: datetime) -> None:
    """One that is on its way is stopped first, and one that has ended is over."""
    assert not store.deliveries.thaw(on_its_way, note=NOTE, now=now)
    store.editions.move(on_its_way, to=EditionStatus.SENT, allowed={EditionStatus.SENDING})
    assert not store.deliveries.thaw(on_its_way, note=NOTE, now=now)
    assert store.editions.status(on_its_way) is EditionStatus.SENT


def test_a_living_sender_lets_go_first(store: Store, url: str, on_its_way: Edition, now: datetime) -> None:
    """What it has in hand may leave at any moment; once it is gone, what it had offered is in doubt."""
    with open_store(url) as other:
        one, _ = other.deliveries.claim(on_its_way, limit=2, now=now)
        pause(store, on_its_way)
        assert not store.deliveries.thaw(on_its_way, note=NOTE, now=now)
        other.deliveries.offered(on_its_way, [one.id], now=now)
    assert not store.deliveries.thaw(on_its_way, note=NOTE, now=now)
    assert store.deliveries.tally(on_its_way).uncertain == 1


def test_a_sender_with_the_old_mail_gets_nobody(
    store: Store, on_its_way: Edition, rendered: Rendered, now: datetime
) -> None:
    """It slept through the pause and the second beginning, and has the first mail in its memory."""
    pause(store, on_its_way)
    assert store.deliveries.thaw(on_its_way, note=NOTE, now=now)
    later = now + timedelta(minutes=3)
    draft = store.editions.get(on_its_way.newsletter, on_its_way.slot)
    assert draft is not None
    store.editions.freeze(draft, rendered, date=later)
    assert store.deliveries.claim(on_its_way, limit=5, now=later, mail_date=now) == []
    assert len(store.deliveries.claim(on_its_way, limit=5, now=later, mail_date=later)) == 5
