from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, func, select

from digest.errors import StoreError
from digest.model import DeliveryState, Edition, EditionStatus, Rendered, SubscriberStatus, Tally
from digest.store import Recovered, Store, open_store
from digest.store.schema import claims, deliveries

NEWSLETTER = "ukraine-today"
MINUTE = timedelta(minutes=1)
S = DeliveryState


def ids_of(taken: Any) -> list[int]:
    return [one.id for one in taken]


def test_each_is_claimed_once_in_key_order(store: Store, on_its_way: Edition, now: datetime) -> None:
    """Claims walk the audience without a gap and without meeting anyone twice."""
    first = store.deliveries.claim(on_its_way, limit=4, now=now)
    rest = store.deliveries.claim(on_its_way, limit=99, now=now)
    assert [one.address for one in [*first, *rest]] == [f"r{number}@example.org" for number in range(10)]
    assert store.deliveries.claim(on_its_way, limit=99, now=now) == []
    assert store.deliveries.claim(on_its_way, limit=0, now=now) == []
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, claimed=10)


def test_a_delivery_runs_its_course(store: Store, on_its_way: Edition, now: datetime, an_attempt: Any) -> None:
    """Claimed, offered, recorded: the ledger counts each step, and tells the address's owner."""
    one, two, *_ = store.deliveries.claim(on_its_way, limit=3, now=now)
    assert store.deliveries.offered(on_its_way, [one.id, two.id], now=now) == {one.id, two.id}
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=7, claimed=1, offered=2)
    reply = "550 5.7.1 not\0welcome\udcff"
    attempts = [an_attempt(one.id), an_attempt(two.id, S.FAILED, reply=reply)]
    assert store.deliveries.record(on_its_way, attempts) == 2
    assert store.deliveries.record(on_its_way, attempts) == 0
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=7, claimed=1, sent=1, failed=1)
    (told,) = store.deliveries.of_address("R1@example.org")
    assert (told.state, told.edition, told.attempts) == (S.FAILED, on_its_way.key, 1)
    assert (told.reply, told.message_id) == ("550 5.7.1 not\ufffdwelcome\ufffd", attempts[1].message_id)
    assert (told.at, told.slot) == (attempts[1].at, on_its_way.slot)
    assert store.subscribers.get(two.id).status is SubscriberStatus.ACTIVE  # type: ignore[union-attr]


def test_nothing_before_the_freeze_and_nothing_once_stopped(
    store: Store, an_edition: Any, a_list: Any, rendered: Rendered, now: datetime
) -> None:
    """Before the freeze there is no audience to claim; when the edition is stopped nobody more is."""
    store.subscribers.sync(NEWSLETTER, a_list("a@example.org", "b@example.org"), now=now)
    edition = store.editions.save(an_edition())
    assert store.deliveries.tally(edition) == Tally(audience=2, pending=2)
    with pytest.raises(ValueError, match="no audience before freeze"):
        store.deliveries.claim(edition, limit=1, now=now)
    store.editions.freeze(edition, rendered, date=now)
    assert len(store.deliveries.claim(edition, limit=1, now=now)) == 1
    store.editions.move(edition, to=EditionStatus.SKIPPED, allowed={EditionStatus.SENDING}, note="stopped by hand")
    assert store.deliveries.claim(edition, limit=1, now=now) == []


def test_an_unknown_edition_is_an_error(store: Store, an_edition: Any, now: datetime) -> None:
    """A ledger without its edition does not exist."""
    with pytest.raises(StoreError, match="not in the store"):
        store.deliveries.tally(an_edition())
    with pytest.raises(StoreError, match="not in the store"):
        store.deliveries.claim(an_edition(), limit=1, now=now)


def test_the_audience_is_who_was_there(store: Store, on_its_way: Edition, a_list: Any, now: datetime) -> None:
    """Who subscribes after the freeze gets the next edition; another newsletter's readers get none of this."""
    store.subscribers.sync("another", a_list("x@example.org"), now=now)
    store.subscribers.sync(NEWSLETTER, a_list(*(f"r{n}@example.org" for n in range(10)), "late@example.org"), now=now)
    assert len(store.deliveries.waiting(on_its_way)) == 10
    assert len(store.deliveries.claim(on_its_way, limit=99, now=now)) == 10
    assert store.deliveries.tally(on_its_way).audience == 10
    assert store.deliveries.waiting(on_its_way) == []


def test_who_may_not_have_mail_is_skipped_with_the_reason(
    store: Store, on_its_way: Edition, a_list: Any, now: datetime
) -> None:
    """Unsubscribed, suppressed or unlisted since the freeze: no mail, and a row that says why."""
    store.subscribers.sync(NEWSLETTER, a_list(*(f"r{n}@example.org" for n in range(10) if n != 2)), now=now)
    (one,) = store.subscribers.find("r0@example.org")
    store.subscribers.unsubscribe(one.id, now=now, how="link")
    store.subscribers.suppress("r9@example.org", SubscriberStatus.COMPLAINED, now=now, reason="feedback loop")
    expected = [f"r{n}@example.org" for n in (1, 3, 4, 5, 6, 7, 8)]
    assert [one.address for one in store.deliveries.waiting(on_its_way)] == expected
    taken = store.deliveries.claim(on_its_way, limit=3, now=now) + store.deliveries.claim(on_its_way, limit=9, now=now)
    assert [one.address for one in taken] == expected
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, claimed=7, skipped=3)
    reasons = [store.deliveries.of_address(f"r{n}@example.org")[0].reply for n in (0, 2, 9)]
    assert reasons == ["unsubscribed", "not in the list file any more", "complained"]


def test_a_long_run_of_former_readers_is_walked_in_one_claim(
    store: Store, an_edition: Any, a_list: Any, rendered: Rendered, now: datetime
) -> None:
    """Thousands who left stand between two who stay; a small claim finds both and counts everyone."""
    store.subscribers.sync(NEWSLETTER, a_list(*(f"r{n}@example.org" for n in range(2500))), now=now)
    store.subscribers.sync(NEWSLETTER, a_list("r3@example.org", "r2400@example.org"), now=now)
    edition = store.editions.save(an_edition())
    store.editions.freeze(edition, rendered, date=now)
    assert len(store.deliveries.claim(edition, limit=1, now=now)) == 1
    assert [one.address for one in store.deliveries.claim(edition, limit=5, now=now)] == ["r2400@example.org"]
    assert store.deliveries.tally(edition) == Tally(audience=2500, claimed=2, skipped=2498)


def test_leaving_takes_effect_between_claim_and_offer(store: Store, on_its_way: Edition, now: datetime) -> None:
    """An unsubscription in the middle of a send stops the mail that was claimed but not handed over."""
    one, two, *_ = store.deliveries.claim(on_its_way, limit=2, now=now)
    store.subscribers.unsubscribe(one.id, now=now, how="one-click")
    assert store.deliveries.offered(on_its_way, [one.id, two.id], now=now) == {two.id}
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=8, offered=1, skipped=1)
    assert store.deliveries.offered(on_its_way, [two.id], now=now) == set()


def test_deferred_mail_waits_its_time(store: Store, on_its_way: Edition, now: datetime, an_attempt: Any) -> None:
    """A 4xx comes up again when its time has come, after those whose turn has not come yet, and counts its tries."""
    one, *rest = store.deliveries.claim(on_its_way, limit=9, now=now)
    store.deliveries.release(on_its_way, ids_of(rest))
    store.deliveries.offered(on_its_way, [one.id], now=now)
    deferred = an_attempt(one.id, S.DEFERRED, reply="451 4.7.1 greylisted", at=now)
    store.deliveries.record(on_its_way, [deferred], retry_in=lambda attempts, _subscriber: attempts * 10 * MINUTE)
    assert store.deliveries.next_due(on_its_way) == now + 10 * MINUTE
    assert one in store.deliveries.waiting(on_its_way)
    early = store.deliveries.claim(on_its_way, limit=2, now=now + 9 * MINUTE)
    assert one.id not in ids_of(early)
    again = store.deliveries.claim(on_its_way, limit=99, now=now + 10 * MINUTE)
    assert again[-1] == one
    assert store.deliveries.next_due(on_its_way) is None
    assert store.deliveries.record(on_its_way, [deferred]) == 0
    store.deliveries.offered(on_its_way, [one.id], now=now + 10 * MINUTE)
    second = an_attempt(one.id, S.DEFERRED, at=now + 11 * MINUTE)
    store.deliveries.record(on_its_way, [second], retry_in=lambda attempts, _subscriber: attempts * 10 * MINUTE)
    assert store.deliveries.next_due(on_its_way) == now + 31 * MINUTE
    assert store.deliveries.of_address(one.address)[0].attempts == 2


def test_deferred_mail_is_skipped_when_its_reader_left(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Consent is asked again at every try."""
    taken = store.deliveries.claim(on_its_way, limit=10, now=now)
    store.deliveries.record(on_its_way, [an_attempt(one.id, S.DEFERRED) for one in taken], retry_in=lambda *_: MINUTE)
    store.subscribers.unsubscribe(taken[0].id, now=now, how="link")
    again = store.deliveries.claim(on_its_way, limit=3, now=now + timedelta(days=1))
    assert again == taken[1:4]
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, claimed=3, deferred=6, skipped=1)


def test_a_bounce_suppresses_with_its_record(
    store: Store, on_its_way: Edition, a_list: Any, now: datetime, an_attempt: Any
) -> None:
    """A mailbox that does not exist gets nothing from any newsletter, from the same transaction on."""
    store.subscribers.sync("another", a_list("r0@example.org"), now=now)
    one, *_ = store.deliveries.claim(on_its_way, limit=1, now=now)
    bounce = an_attempt(one.id, S.FAILED, reply="550 5.1.1 user unknown", bounced=True)
    assert store.deliveries.record(on_its_way, [bounce]) == 1
    assert {found.status for found in store.subscribers.find(one.address)} == {SubscriberStatus.BOUNCED}
    event = store.subscribers.history(one.address)[-1]
    assert (event.what, event.how, event.at) == ("bounced", "550 5.1.1 user unknown", bounce.at)
    store.subscribers.reactivate(one.id, now=now, consent_note="mailbox is back")
    assert store.deliveries.record(on_its_way, [bounce]) == 0
    assert store.subscribers.get(one.id).status is SubscriberStatus.ACTIVE  # type: ignore[union-attr]


def test_a_batch_is_kept_whole_or_not_at_all(store: Store, on_its_way: Edition, now: datetime, an_attempt: Any) -> None:
    """One attempt that cannot be written takes the others of its call with it, and the call may be repeated."""
    one, *_ = store.deliveries.claim(on_its_way, limit=1, now=now)
    with pytest.raises(StoreError, match="there is no subscription 1000000000"):
        store.deliveries.record(on_its_way, [an_attempt(one.id), an_attempt(10**9)])
    assert store.deliveries.tally(on_its_way).sent == 0
    assert store.deliveries.record(on_its_way, [an_attempt(one.id)]) == 1


def test_nothing_is_written_for_anyone_before_its_turn(store: Store, on_its_way: Edition, now: datetime) -> None:
    """A claim is one range of keys, however many it takes; rows come with the offers, and the range goes with them."""

    def count(table: Table) -> int:
        with store._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    taken = store.deliveries.claim(on_its_way, limit=6, now=now)
    assert (count(claims), count(deliveries)) == (1, 0)
    store.deliveries.commit(on_its_way, [], ids_of(taken), now=now)
    store.deliveries.claim(on_its_way, limit=2, now=now)
    assert (count(claims), count(deliveries)) == (1, 6)
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=2, claimed=2, offered=6)


def test_claims_that_lie_between_others_are_told_apart(
    url: str, store: Store, on_its_way: Edition, now: datetime
) -> None:
    """A sender that takes what another gave back from the middle of its range does not get the rest of that range."""
    with open_store(url) as other:
        theirs = ids_of(other.deliveries.claim(on_its_way, limit=6, now=now))
        assert other.deliveries.release(on_its_way, [theirs[1], theirs[4]]) == 2
        mine = ids_of(store.deliveries.claim(on_its_way, limit=4, now=now))
        assert mine == [theirs[1], theirs[4], 7, 8]
        assert store.deliveries.offered(on_its_way, [*theirs, *mine], now=now) == set(mine)
        assert other.deliveries.offered(on_its_way, [*theirs, *mine], now=now) == set(theirs) - set(mine)
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=2, offered=8)


def test_released_claims_are_due_again_at_once(store: Store, on_its_way: Edition, now: datetime) -> None:
    """A clean stop gives back what was not offered; those come first, and what was offered is not given back."""
    taken = store.deliveries.claim(on_its_way, limit=5, now=now)
    store.deliveries.offered(on_its_way, [taken[4].id], now=now)
    assert store.deliveries.release(on_its_way, ids_of(taken)) == 4
    assert store.deliveries.release(on_its_way, ids_of(taken)) == 0
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=9, offered=1)
    again = store.deliveries.claim(on_its_way, limit=9, now=now)
    assert again[:4] == taken[:4]
    assert len(again) == 9


def test_release_gives_back_only_ones_own(url: str, store: Store, on_its_way: Edition, now: datetime) -> None:
    """Naming another sender's claims does not free them."""
    with open_store(url) as other:
        theirs = ids_of(other.deliveries.claim(on_its_way, limit=2, now=now))
        store.deliveries.claim(on_its_way, limit=2, now=now)
        assert store.deliveries.release(on_its_way, theirs) == 0
        assert store.deliveries.offered(on_its_way, theirs, now=now) == set()


def test_recover_settles_what_this_store_left(store: Store, on_its_way: Edition, now: datetime) -> None:
    """After a send that broke off: claimed is pending again, offered is in doubt, and nothing is lost."""
    taken = store.deliveries.claim(on_its_way, limit=4, now=now)
    store.deliveries.offered(on_its_way, [taken[0].id], now=now)
    assert store.deliveries.recover(on_its_way, now=now) == Recovered(released=3, uncertain=1)
    assert store.deliveries.recover(on_its_way, now=now) == Recovered()
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=9, uncertain=1)
    assert taken[0] not in store.deliveries.claim(on_its_way, limit=99, now=now)


def test_a_send_that_ends_lets_go_of_its_edition_only(
    url: str, store: Store, on_its_way: Edition, an_edition: Any, now: datetime
) -> None:
    """Two newsletters' sends share a store: the end of one frees its claims for others, and disturbs no other's."""
    other = store.editions.save(an_edition(slot=on_its_way.slot + timedelta(days=1), number=2))
    store.editions.freeze(other, Rendered(subject="", preheader="", html="", text="", language="en"), date=now)
    store.deliveries.claim(on_its_way, limit=3, now=now)
    (mine,) = store.deliveries.claim(other, limit=1, now=now)
    assert store.deliveries.leave(on_its_way, now=now) == Recovered(released=3)
    with open_store(url) as another:
        assert len(another.deliveries.claim(on_its_way, limit=99, now=now)) == 10
    assert store.deliveries.offered(other, [mine.id], now=now) == {mine.id}
    assert store.deliveries.tally(other).offered == 1


def test_the_repeated_hours_two_editions_have_two_ledgers(
    store: Store, an_edition: Any, a_list: Any, rendered: Rendered, now: datetime
) -> None:
    """Half past one in summer time and half past one in winter time go out apart."""
    store.subscribers.sync(NEWSLETTER, a_list("a@example.org"), now=now)
    first = an_edition(slot=datetime(2022, 11, 6, 1, 30, tzinfo=ZoneInfo("America/New_York")))
    for edition in (first, replace(first, slot=first.slot.replace(fold=1), number=2)):
        store.editions.freeze(store.editions.save(edition), rendered, date=now)
        (one,) = store.deliveries.claim(edition, limit=1, now=now)
        assert store.deliveries.offered(edition, [one.id], now=now) == {one.id}


def test_a_claim_that_was_tried_before_stays_deferred(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Recovering a second try does not forget the first."""
    (one,) = store.deliveries.claim(on_its_way, limit=1, now=now)
    store.deliveries.record(on_its_way, [an_attempt(one.id, S.DEFERRED)], retry_in=lambda *_: MINUTE)
    store.deliveries.claim(on_its_way, limit=99, now=now + 5 * MINUTE)
    store.deliveries.recover(on_its_way, now=now + 5 * MINUTE)
    assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=9, deferred=1)
    assert store.deliveries.of_address(one.address)[0].attempts == 1


@pytest.mark.parametrize("resend", [True, False])
def test_policy_settles_what_is_in_doubt(store: Store, on_its_way: Edition, now: datetime, resend: bool) -> None:
    """Resent, they are due at once; left, they stay in doubt and are never claimed."""
    taken = store.deliveries.claim(on_its_way, limit=10, now=now)
    store.deliveries.offered(on_its_way, ids_of(taken[:2]), now=now)
    store.deliveries.record(on_its_way, [])
    store.deliveries.recover(on_its_way, now=now)
    assert store.deliveries.settle(on_its_way, resend=resend, now=now) == 2
    again = store.deliveries.claim(on_its_way, limit=99, now=now)
    assert len(again) == (10 if resend else 8)
    assert store.deliveries.tally(on_its_way).uncertain == (0 if resend else 2)


def test_a_live_senders_claims_are_left_alone(url: str, store: Store, on_its_way: Edition, now: datetime) -> None:
    """Another open store keeps what it has in hand while its lease runs, and loses it when it is closed."""
    with open_store(url) as other:
        other.deliveries.claim(on_its_way, limit=2, now=now)
        assert store.deliveries.recover(on_its_way, now=now + MINUTE) == Recovered(held=2)
    assert store.deliveries.recover(on_its_way, now=now + MINUTE) == Recovered(released=2)


def test_a_frozen_sender_does_not_send_what_others_took_over(
    url: str, store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Stopped past its lease and woken, a sender is refused its old claims; a copy that did leave is still recorded."""
    late = now + 3 * MINUTE
    with open_store(url) as sleeper:
        one, two, three = sleeper.deliveries.claim(on_its_way, limit=3, now=now)
        sleeper.deliveries.offered(on_its_way, [one.id], now=now)
        assert store.deliveries.recover(on_its_way, now=late) == Recovered(released=2, uncertain=1)
        assert store.deliveries.claim(on_its_way, limit=1, now=late) == [two]
        assert sleeper.deliveries.offered(on_its_way, [one.id, two.id, three.id], now=late) == set()
        assert sleeper.deliveries.record(on_its_way, [an_attempt(two.id, S.DEFERRED)]) == 0
        assert sleeper.deliveries.record(on_its_way, [an_attempt(one.id)]) == 1
        assert store.deliveries.tally(on_its_way) == Tally(audience=10, pending=8, claimed=1, sent=1)


def test_a_busy_senders_lease_goes_on(
    url: str, store: Store, on_its_way: Edition, now: datetime, an_attempt: Any
) -> None:
    """Every step renews the lease, and so does a beat while nothing else happens."""
    with open_store(url) as other:
        one, *_ = other.deliveries.claim(on_its_way, limit=3, now=now)
        other.deliveries.offered(on_its_way, [one.id], now=now + 1.5 * MINUTE)
        assert store.deliveries.recover(on_its_way, now=now + 3 * MINUTE).held == 3
        other.deliveries.record(on_its_way, [an_attempt(one.id, at=now + 3 * MINUTE)])
        assert store.deliveries.recover(on_its_way, now=now + 4.5 * MINUTE).held == 2
        other.deliveries.beat(now=now + 4.5 * MINUTE)
        assert store.deliveries.recover(on_its_way, now=now + 6 * MINUTE).held == 2
        assert store.deliveries.recover(on_its_way, now=now + 9 * MINUTE).released == 2
