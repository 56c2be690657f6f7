"""A database copied into another goes on there as if nothing had happened."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.errors import StoreError
from digest.model import DeliveryState, Edition, Rendered, SubscriberStatus, Tally
from digest.store import Recovered, Store, open_store
from digest.store.schema import metadata
from tests import databases

LATER = datetime.now(UTC)


def whole(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store._database.reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new.db"
        return
    server: databases.Server = request.getfixturevalue("postgres")
    address = server.make(empty=True)
    yield address
    server.drop(address)


@pytest.fixture
def in_progress(url: str, on_its_way: Edition, an_article: Any, now: datetime, an_attempt: Any) -> Iterator[None]:
    """A site in the middle of a send, whose sender is gone without a word, with a row in every table that has one."""
    sender = open_store(url)
    ledger = sender.deliveries
    sender.articles.add([an_article("Заголовок\ud83d\\t\t\n"), an_article("2")], collected=now)
    taken = [one.id for one in ledger.claim(on_its_way, limit=6, now=now)]
    ledger.offered(on_its_way, taken[:4], now=now)
    ledger.record(on_its_way, [an_attempt(taken[0]), an_attempt(taken[1], DeliveryState.DEFERRED)])
    sender.subscribers.suppress("r9@example.org", SubscriberStatus.COMPLAINED, now=now, reason="a\tb\\N\n")
    yield
    sender.close()


@pytest.mark.usefixtures("in_progress")
def test_every_row_is_there(target: str, store: Store) -> None:
    """All tables are the same on the other side, whatever the two databases are."""
    heard: list[tuple[str, int]] = []
    with open_store(target) as other:
        copied = store.copy_to(other, now=LATER, on_rows=lambda *told: heard.append(told))
        assert whole(other) == whole(store)
    counts = {table.name: table.rows for table in copied}
    assert counts["subscriptions"] == 10
    assert counts["deliveries"] == 4
    assert set(counts) == set(metadata.tables)
    assert ("deliveries", 4) in heard


@pytest.mark.usefixtures("in_progress")
def test_the_send_goes_on(target: str, store: Store, on_its_way: Edition, now: datetime, an_attempt: Any) -> None:
    """What was in the dead sender's hands is settled in the new database as it would have been in the old one."""
    with open_store(target) as other:
        store.copy_to(other, now=LATER)
        assert other.deliveries.recover(on_its_way, now=LATER) == Recovered(released=2, uncertain=2)
        rest = other.deliveries.claim(on_its_way, limit=99, now=now)
        assert len(rest) == 5
        assert len(other.deliveries.commit(on_its_way, [], [one.id for one in rest], now=now)) == 5
        other.deliveries.commit(on_its_way, [an_attempt(one.id) for one in rest], [], now=now)
        tally = other.deliveries.tally(on_its_way)
        assert tally == Tally(audience=10, sent=6, deferred=1, uncertain=2, skipped=1)


def test_keys_go_on_where_they_were(
    target: str, store: Store, a_list: Any, an_edition: Any, rendered: Rendered
) -> None:
    """No key that was ever given is given to another, for links in old mails carry it; new editions have a ledger."""
    now = LATER
    store.subscribers.sync("a", a_list(*(f"r{n}@example.org" for n in range(5))), now=now)
    with store._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM consent_events")
        connection.exec_driver_sql("DELETE FROM subscriptions WHERE id > 3")
    with open_store(target) as other:
        store.copy_to(other, now=now)
        other.subscribers.sync("ukraine-today", a_list("new@example.org"), now=now)
        (one,) = other.subscribers.find("new@example.org")
        assert one.id == 6
        edition = other.editions.save(an_edition())
        other.editions.freeze(edition, rendered, date=now)
        assert other.deliveries.claim(edition, limit=1, now=now) == [one]


@pytest.mark.usefixtures("in_progress")
def test_a_target_that_is_not_empty_stays_as_it_is(target: str, store: Store, a_list: Any, now: datetime) -> None:
    """Two sites are never mixed."""
    with open_store(target) as other:
        other.subscribers.sync("a", a_list("a@example.org"), now=now)
        before = whole(other)
        with pytest.raises(StoreError, match=r"not empty: \w+ has 1 row\..*empty database"):
            store.copy_to(other, now=LATER)
        assert whole(other) == before


def test_a_sender_at_work_is_not_pulled_away_from_under(
    url: str, target: str, store: Store, on_its_way: Edition, now: datetime
) -> None:
    """What it would write to the old database after the copy would be lost to the new one."""
    with open_store(url) as sender, open_store(target) as other:
        sender.deliveries.claim(on_its_way, limit=1, now=now)
        with pytest.raises(StoreError, match=r"a send is under way in it \(process \d+ on .*Stop digest"):
            store.copy_to(other, now=now + timedelta(seconds=3))
        assert not any(whole(other).values())


@pytest.mark.usefixtures("in_progress")
def test_a_row_that_comes_out_otherwise_undoes_all(target: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison finds one wrong character, names the row, and leaves nothing."""
    from digest.store import copy  # noqa: PLC0415 - to be patched

    write: Callable[..., None] = copy._write

    def with_a_slip(connection: Any, table: Any, rows: Iterator[tuple[Any, ...]]) -> None:
        write(
            connection, table, (tuple("slip" if value == "r3@example.org" else value for value in row) for row in rows)
        )

    monkeypatch.setattr(copy, "_write", with_a_slip)
    with open_store(target) as other:
        with pytest.raises(StoreError, match="row 4 of subscriptions did not come out as it went in"):
            store.copy_to(other, now=LATER)
        assert not any(whole(other).values())
