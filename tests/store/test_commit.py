from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from digest.model import Attempt, DeliveryState, Edition, ListEntry, Rendered, SubscriberStatus
from digest.store import Store, open_store
from digest.store.schema import claims, deliveries, relays, subscriptions, suppressions

NOW = datetime(2022, 1, 28, 14, tzinfo=UTC)
SLOT = datetime(2022, 1, 28, 9, tzinfo=ZoneInfo("America/New_York"))
S = DeliveryState


def begun(url: str) -> tuple[Store, Edition]:
    """A store with an edition for twelve that has begun to go out."""
    store = open_store(url)
    entries = [ListEntry(address=f"r{n}@example.org", name="", attributes={}, line=n) for n in range(1, 13)]
    store.subscribers.sync("daily", entries, now=NOW)
    edition = Edition(
        newsletter="daily",
        slot=SLOT,
        language="en",
        number=1,
        subject="",
        preheader="",
        intro="",
        sections=(),
        window=(SLOT - timedelta(days=1), SLOT),
        reading_minutes=0,
    )
    rendered = Rendered(subject="", preheader="", html="", text="", language="en")
    store.editions.freeze(store.editions.save(edition), rendered, date=NOW)
    return store, edition


def whole(store: Store) -> list[list[tuple[object, ...]]]:
    with store._database.reading() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in (deliveries, claims, suppressions, subscriptions, relays)
        ]


def attempts_of(outcomes: list[tuple[int, DeliveryState, bool]], now: datetime) -> list[Attempt]:
    return [
        Attempt(
            subscriber=key,
            state=state,
            reply="250 ok\0",
            at=now,
            message_id=f"<{key}@x>",
            bounced=bounced and state is S.FAILED,
            relay=f"mx{key % 3}.example.org:25" if key % 3 else "",
        )
        for key, state, bounced in outcomes
    ]


_RELAYS = [f"mx{number}.example.org:25" for number in range(1, 4)]
_KEYS = st.lists(st.integers(1, 12), max_size=4, unique=True)
_ATTEMPTS = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([S.SENT, S.SENT, S.DEFERRED, S.FAILED, S.UNCERTAIN]), st.booleans()),
    max_size=3,
    unique_by=lambda one: one[0],
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.integers(1, 5)),
        st.tuples(st.just("commit"), st.tuples(_ATTEMPTS, _KEYS)),
        st.tuples(st.just("leave"), st.integers(1, 12)),
        st.tuples(st.just("release"), _KEYS),
        st.tuples(st.just("other"), st.integers(1, 3)),
    ),
    max_size=12,
)


@given(steps=_STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_short_way_ends_where_the_long_one_does(  # noqa: C901 - a table
    database_urls: Callable[[int], AbstractContextManager[list[str]]], steps: list[tuple[str, object]]
) -> None:
    """Whatever is told and offered in whatever state, `commit` leaves the ledger as `record` and `offered` do."""
    with database_urls(2) as urls, ExitStack() as opened:
        (quick, edition), (slow, _) = (begun(url) for url in urls)
        others = [open_store(url) for url in urls]
        for store in (quick, slow, *others):
            opened.enter_context(store)
        for store in (quick, slow):
            store.deliveries.claim(edition, limit=5, now=NOW)
            store.deliveries._relays.numbers(_RELAYS)  # a relay's number tells who was met first
        for minute, (step, told) in enumerate(steps):
            now = NOW + timedelta(minutes=minute)
            answers: list[object] = []
            for store, other in zip((quick, slow), others, strict=True):
                match step, told:
                    case "claim", int(limit):
                        answers.append(store.deliveries.claim(edition, limit=limit, now=now))
                    case "other", int(limit):
                        answers.append(other.deliveries.claim(edition, limit=limit, now=now))
                    case "leave", int(key):
                        store.subscribers.unsubscribe(key, now=now, how="link")
                    case "release", list(keys):
                        answers.append(store.deliveries.release(edition, keys))
                    case "commit", (list(outcomes), list(offering)):
                        attempts = attempts_of(outcomes, now)
                        to = {key: f"mx{key % 4}.example.org:25" for key in offering if key % 4}
                        if store is quick:
                            answers.append(store.deliveries.commit(edition, attempts, offering, relays=to, now=now))
                        else:
                            store.deliveries.record(edition, attempts)
                            answers.append(store.deliveries.offered(edition, offering, relays=to, now=now))
            assert answers[:1] == answers[1:]
        assert whole(quick) == whole(slow)


def test_an_ordinary_turn_takes_the_short_way(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepted, put off and refused at the first try, and offers to readers, need nothing of the long way."""
    store, edition = begun(database_url)
    taken = [one.id for one in store.deliveries.claim(edition, limit=6, now=NOW)]
    store.deliveries.commit(edition, [], [], now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(store._database, "writing", None)
        patched.setattr(store._database, "writing_rows", None)
        assert store.deliveries.commit(edition, [], taken[:3], now=NOW) == set(taken[:3])
        attempts = [
            Attempt(subscriber=key, state=state, reply="", at=NOW, message_id="<x>")
            for key, state in zip(taken, (S.SENT, S.DEFERRED, S.FAILED), strict=False)
        ]
        assert store.deliveries.commit(edition, attempts, taken[3:], now=NOW) == set(taken[3:])
    tally = store.deliveries.tally(edition)
    assert (tally.sent, tally.deferred, tally.failed, tally.offered) == (1, 1, 1, 3)
    store.close()


def test_who_left_since_the_claim_is_found_by_the_long_way(database_url: str) -> None:
    """One reader's leaving costs that turn the short way, and no one else their mail."""
    store, edition = begun(database_url)
    one, two, three = [reader.id for reader in store.deliveries.claim(edition, limit=3, now=NOW)]
    store.deliveries.commit(edition, [], [one], now=NOW)
    store.subscribers.suppress("r2@example.org", SubscriberStatus.COMPLAINED, now=NOW, reason="loop")
    sent = Attempt(subscriber=one, state=S.SENT, reply="250 ok", at=NOW, message_id="<1@x>")
    assert store.deliveries.commit(edition, [sent], [two, three], now=NOW) == {three}
    tally = store.deliveries.tally(edition)
    assert (tally.sent, tally.skipped, tally.offered, tally.pending) == (1, 1, 1, 9)
    store.close()
