from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.errors import StoreError, UsageError
from digest.model import ListEntry, Subscriber, SubscriberStatus
from digest.store import Store, SyncReport
from digest.store.subscribers import Followed

A, B = "ukraine-today", "daidzhest"
READER = "reader@example.org"
DAY = timedelta(days=1)


def the(store: Store, newsletter: str, address: str = READER) -> Subscriber:
    return next(one for one in store.subscribers.find(address) if one.newsletter == newsletter)


def gets_mail(store: Store, newsletter: str) -> list[str]:
    return [
        one.address for one in store.subscribers.of(newsletter) if one.status is SubscriberStatus.ACTIVE and one.listed
    ]


def test_a_list_file_adds_and_takes_away(store: Store, a_list: Any, now: datetime) -> None:
    """A new line subscribes, a line taken out ends it, and the line back again takes it up."""
    sync = store.subscribers.sync
    assert sync(A, a_list("a@example.org", READER), now=now) == SyncReport(added=2)
    assert sync(A, a_list("a@example.org", READER), now=now) == SyncReport()
    assert sync(A, a_list("a@example.org"), now=now) == SyncReport(removed=1)
    assert gets_mail(store, A) == ["a@example.org"]
    assert the(store, A).status is SubscriberStatus.ACTIVE
    assert store.subscribers.reachable(A) == 1
    assert sync(A, a_list("a@example.org", READER), now=now) == SyncReport(returned=1)
    assert gets_mail(store, A) == ["a@example.org", READER]


def test_who_is_listed_and_gets_nothing_is_counted(store: Store, a_list: Any, now: datetime) -> None:
    """Whoever left and stands in the list again is no riddle: how many there are, and the first of them."""
    store.subscribers.sync(A, a_list("a@example.org", READER, "b@example.org", "c@example.org"), now=now)
    assert store.subscribers.kept_out(A) == (0, ())
    store.subscribers.unsubscribe(the(store, A).id, now=now, how="a button")
    store.subscribers.suppress("b@example.org", SubscriberStatus.BOUNCED, now=now, reason="550 5.1.1")
    store.subscribers.sync(B, a_list(READER), now=now)
    assert store.subscribers.kept_out(A) == (2, (READER, "b@example.org"))
    assert store.subscribers.kept_out(A, examples=1) == (2, (READER,))
    assert store.subscribers.kept_out(B) == (1, (READER,))
    assert store.subscribers.reachable(A) == 2
    store.subscribers.sync(A, a_list("a@example.org", "c@example.org"), now=now)
    assert store.subscribers.kept_out(A) == (0, ())


def test_keys_follow_the_file(store: Store, a_list: Any, now: datetime) -> None:
    """Mail leaves in key order, which is the order of the lines, also past one batch of them."""
    addresses = [f"r{number * 7919 % 2500}@example.org" for number in range(2500)]
    store.subscribers.sync(A, a_list(*addresses), now=now)
    kept = store.subscribers.of(A)
    assert [one.address for one in kept] == addresses
    assert [one.id for one in kept] == sorted(one.id for one in kept)
    assert store.subscribers.get(kept[5].id) == kept[5]
    assert store.subscribers.get(10**9) is None


def test_names_and_attributes_are_those_of_the_file(store: Store, now: datetime) -> None:
    """An edited line changes what a mail is filled with, and nothing else."""
    first = ListEntry(address=READER, name="Олена", attributes={"city": "Київ"}, line=2)
    store.subscribers.sync(A, [first], now=now)
    before = the(store, A)
    assert (before.name, before.attributes) == ("Олена", {"city": "Київ"})
    edited = ListEntry(address=READER, name="O.", attributes={"city": "Lviv\0"}, line=9)
    assert store.subscribers.sync(A, [edited], now=now) == SyncReport()
    after = the(store, A)
    assert (after.id, after.name, dict(after.attributes)["city"][:4]) == (before.id, "O.", "Lviv")


def test_one_mailbox_is_one_subscription(store: Store, a_list: Any, now: datetime) -> None:
    """Capital letters make no second subscriber; of several lines the first counts."""
    entries = [
        ListEntry(address="Reader@example.org", name="first", attributes={}, line=2),
        ListEntry(address=READER, name="second", attributes={}, line=3),
    ]
    assert store.subscribers.sync(A, entries, now=now).added == 1
    assert (the(store, A).address, the(store, A).name) == ("Reader@example.org", "first")
    assert store.subscribers.sync(A, a_list(READER), now=now) == SyncReport()
    assert the(store, A).address == READER
    assert len(store.subscribers.find("READER@EXAMPLE.ORG")) == 1


def test_who_unsubscribed_stays_out_though_the_line_is_there(store: Store, a_list: Any, now: datetime) -> None:
    """No list file brings back who left, whether its line stays, goes and comes again, or changes."""
    store.subscribers.sync(A, a_list(READER), now=now)
    one = the(store, A)
    assert store.subscribers.unsubscribe(one.id, now=now, how="one-click") is True
    assert store.subscribers.unsubscribe(one.id, now=now + DAY, how="again") is False
    for lines in ([READER], [], [READER.upper()]):
        report = store.subscribers.sync(A, a_list(*lines), now=now)
        assert (report.added, report.returned, report.removed) == (0, 0, 0)
        assert report.suppressed == tuple(lines)
        assert gets_mail(store, A) == []
    assert report.reasons == {READER.upper(): "unsubscribed"}


def test_an_unknown_key_unsubscribes_nobody(store: Store) -> None:
    """An old link whose subscription is gone is no error for the one who follows it."""
    assert store.subscribers.unsubscribe(99, now=datetime.fromisoformat("2022-01-01T00:00Z"), how="link") is False


def test_leaving_one_newsletter_bars_only_what_one_never_had(store: Store, a_list: Any, now: datetime) -> None:
    """An active subscription to B goes on, also when its line comes and goes; a first one by list file is refused."""
    for newsletter in (A, B):
        store.subscribers.sync(newsletter, a_list(READER), now=now)
    store.subscribers.unsubscribe(the(store, A).id, now=now, how="one-click")
    assert gets_mail(store, B) == [READER]
    assert store.subscribers.sync(B, [], now=now).removed == 1
    assert store.subscribers.sync(B, a_list(READER), now=now).returned == 1
    assert gets_mail(store, B) == [READER]
    report = store.subscribers.sync("third", a_list(READER, "new@example.org"), now=now)
    assert (report.added, report.suppressed) == (1, (READER,))
    assert report.reasons == {READER: f"unsubscribed from {A}"}
    assert gets_mail(store, "third") == ["new@example.org"]
    assert store.subscribers.sync("third", a_list(READER), now=now).suppressed == (READER,)


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_a_bounce_or_complaint_counts_everywhere(
    store: Store, a_list: Any, now: datetime, status: SubscriberStatus
) -> None:
    """Every subscription of the address ends, and a list file that brings it later is refused, with the reason."""
    for newsletter in (A, B):
        store.subscribers.sync(newsletter, a_list(READER, "other@example.org"), now=now)
    assert store.subscribers.suppress("Reader@Example.org", status, now=now, reason="550 5.1.1") == 2
    assert store.subscribers.suppress(READER, status, now=now, reason="550 5.1.1") == 0
    assert gets_mail(store, A) == gets_mail(store, B) == ["other@example.org"]
    report = store.subscribers.sync("third", a_list(READER), now=now)
    assert report.added == 0
    assert "550 5.1.1" in report.reasons[READER]
    assert the(store, "third").status is status


def test_an_address_is_suppressed_before_it_ever_subscribed(store: Store, a_list: Any, now: datetime) -> None:
    """A suppression list brought from another system holds for whoever turns up later."""
    store.subscribers.suppress(READER, SubscriberStatus.COMPLAINED, now=now, reason="from the old system")
    assert store.subscribers.sync(A, a_list(READER), now=now).suppressed == (READER,)
    assert gets_mail(store, A) == []


def test_a_status_only_grows_worse(store: Store, a_list: Any, now: datetime) -> None:
    """Unsubscribing, or a later bounce, does not make up for a complaint; a complaint outweighs a bounce."""
    store.subscribers.sync(A, a_list(READER), now=now)
    for status, kept in [
        (SubscriberStatus.BOUNCED, SubscriberStatus.BOUNCED),
        (SubscriberStatus.COMPLAINED, SubscriberStatus.COMPLAINED),
        (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED),
    ]:
        store.subscribers.suppress(READER, status, now=now, reason="r")
        assert the(store, A).status is kept
    assert store.subscribers.unsubscribe(the(store, A).id, now=now, how="link") is False
    report = store.subscribers.sync(B, a_list(READER), now=now)
    assert report.reasons[READER].startswith("complained")
    with pytest.raises(ValueError, match="does not suppress"):
        store.subscribers.suppress(READER, SubscriberStatus.ACTIVE, now=now, reason="r")


def test_only_consent_brings_back(store: Store, a_list: Any, now: datetime) -> None:
    """`reactivate` is the way back, for one newsletter, with the consent on record; the line is needed as ever."""
    for newsletter in (A, B):
        store.subscribers.sync(newsletter, a_list(READER), now=now)
    store.subscribers.suppress(READER, SubscriberStatus.BOUNCED, now=now, reason="550 5.1.1")
    one = the(store, A)
    with pytest.raises(ValueError, match="no consent"):
        store.subscribers.reactivate(one.id, now=now, consent_note=" ")
    with pytest.raises(UsageError, match="no subscription 99"):
        store.subscribers.reactivate(99, now=now, consent_note="asked")
    woken = store.subscribers.reactivate(one.id, now=now + DAY, consent_note="asked by phone")
    assert woken.status is SubscriberStatus.ACTIVE
    assert (gets_mail(store, A), gets_mail(store, B)) == ([READER], [])
    assert store.subscribers.sync(A, a_list(READER), now=now) == SyncReport()
    assert store.subscribers.sync("third", a_list(READER), now=now).suppressed == (READER,)
    last = store.subscribers.history(READER)[-1]
    assert (last.what, last.how, last.at, last.newsletter) == ("reactivated", "asked by phone", now + DAY, A)
    assert store.subscribers.suppress(READER, SubscriberStatus.BOUNCED, now=now, reason="again") == 1


def test_the_record_tells_the_whole_story(store: Store, a_list: Any, now: datetime) -> None:
    """Each change of consent is on record with its time and how we know of it, in order."""
    steps = [[READER], [], [READER]]
    for day, lines in enumerate(steps):
        store.subscribers.sync(A, a_list(*lines), now=now + day * DAY)
    store.subscribers.unsubscribe(the(store, A).id, now=now + 3 * DAY, how="one-click from 192.0.2.1")
    store.subscribers.sync(B, a_list(READER), now=now + 4 * DAY)
    told = [(event.newsletter, event.what, event.at) for event in store.subscribers.history(READER.upper())]
    assert told == [
        (A, "listed", now),
        (A, "unlisted", now + DAY),
        (A, "relisted", now + 2 * DAY),
        (A, "unsubscribed", now + 3 * DAY),
        (B, "unsubscribed", now + 4 * DAY),
    ]
    how = [event.how for event in store.subscribers.history(READER)]
    assert how[0] == "line 2 of the list file"
    assert how[4] == f"line 2 of the list file: unsubscribed from {A}"


def test_a_failing_sync_changes_nothing(store: Store, a_list: Any, now: datetime) -> None:
    """Half a list would end the other half's subscriptions: all of it counts, or none."""
    store.subscribers.sync(A, a_list(READER), now=now)
    with store._database.writing() as connection:  # the record of consent is written last
        connection.exec_driver_sql("ALTER TABLE consent_events RENAME TO elsewhere")
    with pytest.raises(StoreError):
        store.subscribers.sync(A, a_list(*(f"r{number}@example.org" for number in range(3000))), now=now)
    with store._database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO consent_events")
    assert gets_mail(store, A) == [READER]
    assert [event.what for event in store.subscribers.history(READER)] == ["listed"]


@pytest.mark.slow
def test_a_large_list_is_followed(store: Store, a_list: Any, now: datetime) -> None:
    """100,000 lines are added, and compared again, and one that is gone is found."""
    entries = a_list(*(f"reader{number}@example.org" for number in range(100_000)))
    assert store.subscribers.sync(A, entries, now=now).added == 100_000
    assert store.subscribers.sync(A, entries, now=now) == SyncReport()
    assert store.subscribers.sync(A, entries[:-1], now=now).removed == 1


def test_what_a_list_was_followed_in_is_remembered_until_the_next(store: Store, now: datetime, a_list: Any) -> None:
    """The mark of a followed file stands until the next call, and never outlives a change made without one."""
    assert store.subscribers.followed(A) is None
    mark = Followed(fingerprint="f" * 64, problems="[]")
    store.subscribers.sync(A, a_list("a@example.org"), now=now, followed=mark)
    assert store.subscribers.followed(A) == mark
    assert store.subscribers.followed(B) is None
    store.subscribers.sync(A, a_list("b@example.org"), now=now)
    assert store.subscribers.followed(A) is None
