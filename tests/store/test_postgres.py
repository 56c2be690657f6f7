"""What only a server can do: be away, refuse a login, be set read-only, go down and come back."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from digest.errors import StoreError
from digest.model import Attempt, Edition, SubscriberStatus, Tally
from digest.store import Store, open_store
from digest.store.database import Interrupted, repeated
from tests import databases

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def lasting() -> Iterator[databases.Embedded]:
    """A server of one's own, to be restarted, that keeps what was committed."""
    server = databases.Embedded(hasty=False)
    yield server
    server.close()


def end_sessions(url: str) -> None:
    """Cut every line to a database, as a network or an administrator may."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_server_that_is_not_there_says_so() -> None:
    """The address is told without its password, and with the way out; nobody waits half a minute for a wrong name."""
    begun = time.monotonic()
    with pytest.raises(
        StoreError, match=r"postgresql://me@127\.0\.0\.1:1/news: .* cannot be reached.*Start it"
    ) as caught:
        open_store("postgresql://me:hunter2@127.0.0.1:1/news?sslpassword=hunter2")
    assert "hunter2" not in str(caught.value)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"database": "nowhere"}, r"no such database .*createdb", id="no database"),
        pytest.param({"username": "nobody_here"}, r"refuses the login .*PGPASSWORD", id="no such user"),
    ],
)
def test_what_the_server_refuses_says_what_to_do(url: str, change: dict[str, Any], sentence: str) -> None:
    """A database or a user that is not there is told as that."""
    with pytest.raises(StoreError, match=sentence):
        open_store(make_url(url).set(**change).render_as_string())


def test_a_read_only_server_is_named(url: str, now: datetime, a_list: Any) -> None:
    """A standby answers questions and takes no changes."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = make_url(url).database
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with open_store(url) as store:
        assert store.articles.count() == 0
        with pytest.raises(StoreError, match=r"takes no changes.*primary"):
            store.subscribers.sync("a", a_list("a@example.org"), now=now)


def test_a_send_outlives_lines_that_are_cut(
    url: str, store: Store, on_its_way: Edition, now: datetime, an_attempt: Callable[..., Attempt]
) -> None:
    """Each call of a send comes through, whatever line of it was cut before; nobody is missed, nobody had twice."""
    ledger = store.deliveries
    had: list[int] = []
    while True:
        end_sessions(url)
        taken = [one.id for one in ledger.claim(on_its_way, limit=3, now=now)]
        if not taken:
            break
        end_sessions(url)
        granted = ledger.commit(on_its_way, [], taken, now=now)
        had += granted
        end_sessions(url)
        ledger.commit(on_its_way, [an_attempt(one) for one in granted], [], now=now)
    assert sorted(had) == list(range(1, 11))
    end_sessions(url)
    assert ledger.tally(on_its_way) == Tally(audience=10, sent=10)
    end_sessions(url)
    assert store.subscribers.unsubscribe(1, now=now, how="link")


def test_a_send_waits_for_a_server_that_restarts(
    lasting: databases.Embedded, begun: Callable[[str], tuple[Store, Edition]], now: datetime
) -> None:
    """Gone for a moment, after an upgrade or a crash, it is waited for; what was committed is there."""
    store, edition = begun(lasting.make())
    ledger = store.deliveries
    had: list[int] = []
    for mode in ("fast", "immediate"):
        had += ledger.commit(edition, [], [one.id for one in ledger.claim(edition, limit=2, now=now)], now=now)
        restart = threading.Thread(target=lasting.restart, args=(mode,))
        restart.start()
        try:
            time.sleep(0.05)
            had += ledger.commit(edition, [], [one.id for one in ledger.claim(edition, limit=2, now=now)], now=now)
        finally:
            restart.join()
    while taken := ledger.claim(edition, limit=2, now=now):
        had += ledger.commit(edition, [], [one.id for one in taken], now=now)
    assert len(had) == len(set(had))
    # A call whose reply was lost was made again: what it had claimed or offered before is found at the end of a send.
    tally, left = ledger.tally(edition), ledger.leave(edition, now=now)
    assert tally.pending == 0
    assert (len(had) <= left.uncertain, left.released + left.uncertain) == (True, 10)
    assert left.uncertain - len(had) <= 4
    store.close()


def test_senders_of_one_edition_do_not_wait_for_the_writer(
    url: str, store: Store, on_its_way: Edition, now: datetime, an_attempt: Callable[..., Attempt]
) -> None:
    """A list of a million that is being followed holds up no mail, and nobody who leaves."""
    with open_store(url, busy_timeout=timedelta(seconds=2)) as sender, store._database.writing():
        taken = [one.id for one in sender.deliveries.claim(on_its_way, limit=3, now=now)]
        assert len(sender.deliveries.commit(on_its_way, [], taken, now=now)) == 3
        sender.deliveries.record(on_its_way, [an_attempt(one) for one in taken])
        with pytest.raises(StoreError, match=r"locked for more than 2 seconds.*pg_stat_activity"):
            sender.subscribers.suppress("r3@example.org", SubscriberStatus.BOUNCED, now=now, reason="550")
        assert sender.subscribers.unsubscribe(4, now=now, how="link")
    assert store.deliveries.tally(on_its_way).sent == 3


def test_a_row_that_another_wrote_first_is_looked_at_again(
    url: str, store: Store, on_its_way: Edition, now: datetime
) -> None:
    """A sender that woke up writes the row between another's look and its writing: the other lets it be."""
    (one,) = store.deliveries.claim(on_its_way, limit=1, now=now)
    with psycopg.connect(url) as sleeper:
        sleeper.execute(
            "INSERT INTO deliveries (edition_id, subscription_id, state, holder, changed_at, reply)"
            " VALUES (1, %s, 'offered', 99, 0, '')",
            (one.id,),
        )
        granted: list[frozenset[int]] = []
        mine = threading.Thread(target=lambda: granted.append(store.deliveries.offered(on_its_way, [one.id], now=now)))
        mine.start()
        time.sleep(0.3)  # it waits for the row that is not committed
        assert mine.is_alive()
        sleeper.commit()
    mine.join(20)
    assert granted == [frozenset()]


@pytest.mark.usefixtures("on_its_way")
def test_a_ring_of_locks_is_broken_and_the_call_made_again(url: str, store: Store) -> None:
    """Of two transactions that wait for one another the server ends one, which says that it may be repeated."""
    both_hold = threading.Barrier(2)

    class Turn:
        def __init__(self, database: Any) -> None:
            self._database = database
            self.tries = 0

        @repeated
        def take(self, *keys: int) -> bool:
            self.tries += 1
            with self._database.writing_rows() as connection:
                for key in keys:
                    connection.exec_driver_sql("SELECT 1 FROM subscriptions WHERE id = %s FOR UPDATE", (key,))
                    if self.tries == 1 and key == keys[0]:
                        both_hold.wait(20)
            return True

    with open_store(url) as other:
        turns = [Turn(store._database), Turn(other._database)]
        done: list[bool] = []
        threads = [
            threading.Thread(target=lambda turn=turn, keys=keys: done.append(turn.take(*keys)))
            for turn, keys in zip(turns, ((1, 2), (2, 1)), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert done == [True, True]
    assert sorted(turn.tries for turn in turns) == [1, 2]


def test_what_is_interrupted_for_ever_says_so(url: str) -> None:
    """A call is not repeated without end."""

    class Never:
        def __init__(self, database: Any) -> None:
            self._database = database

        @repeated
        def call(self) -> None:
            raise Interrupted("again", where="here")

    with open_store(url, busy_timeout=timedelta(seconds=0.2)) as store, pytest.raises(StoreError, match="again"):
        Never(store._database).call()


def test_an_error_does_not_spread_what_is_in_the_row(store: Store, now: datetime, a_list: Any) -> None:
    """The server adds the row to its sentence; it is for nobody's log."""
    store.subscribers.sync("a", a_list("ann@example.org"), now=now)
    with pytest.raises(StoreError, match="duplicate key") as caught, store._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO subscriptions SELECT * FROM subscriptions")
    assert "ann@" not in str(caught.value)


def test_an_address_longer_than_an_index_takes_is_kept(store: Store, an_article: Any, now: datetime) -> None:
    """The world's addresses have no limit; a tree's entries have."""
    long = "https://news.example/" + "".join(chr(97 + number * number % 26) for number in range(20_000))
    assert store.articles.add([an_article(url=long)], collected=now).new == 1
    assert store.articles.add([an_article("other words", url=long)], collected=now).replaced == 1
