"""What a send asks for every few messages costs what it takes, however long the list and the ledger are."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from digest.model import Attempt, DeliveryState, Edition
from digest.store import Store
from digest.store.apace import _BOTH, _OFFER, _RECORD
from digest.store.partitions import ledger_of

_GROWS = {"deliveries", "subscriptions", "claims", "editions", "suppressions", "senders"}


def tables_read_whole(connection: Connection, statement: str, values: Any) -> set[str]:
    """Name the tables that grow and that the statement reads from one end to the other."""
    if connection.dialect.name == "sqlite":
        lines = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        read = {match[1] for line in lines if (match := re.match(r"SCAN (\w+)$", line[-1]))}
    else:
        lines = connection.exec_driver_sql(f"EXPLAIN {statement}", values).all()
        read = {match[1] for line in lines if (match := re.search(r"Seq Scan on (?:deliveries_\d+ )?(\w+)", line[0]))}
    return read & _GROWS


def test_a_send_goes_by_index(
    store: Store, on_its_way: Edition, now: datetime, an_attempt: Callable[..., Attempt]
) -> None:
    """Claims, offers, records, releases, beats and takeovers read no table that grows from end to end."""
    asked: list[tuple[str, Any]] = []
    engines: list[Engine] = []

    def listen(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        asked.append((statement, values[0] if many else values))

    with store._database.writing_rows() as connection:
        engines.append(connection.engine)
    with store._database.writing() as connection:
        engines.append(connection.engine)
    for engine in {id(engine.pool): engine for engine in engines}.values():
        event.listen(engine, "before_cursor_execute", listen)
    ledger = store.deliveries
    assert ledger.claim(on_its_way, limit=1, now=now, within=(0, 0)) == []  # as workers do
    taken = [one.id for one in ledger.claim(on_its_way, limit=4, now=now)]
    store.subscribers.unsubscribe(taken[3], now=now, how="link")
    assert len(ledger.offered(on_its_way, taken, now=now)) == 3
    ledger.record(on_its_way, [an_attempt(taken[0], DeliveryState.DEFERRED)], retry_in=lambda *_: timedelta(0))
    ledger.commit(on_its_way, [an_attempt(taken[1], DeliveryState.FAILED, bounced=True)], [], now=now)
    again = ledger.claim(on_its_way, limit=9, now=now + timedelta(minutes=1))
    ledger.release(on_its_way, [one.id for one in again])
    ledger.beat(now=now + timedelta(minutes=2))
    ledger.recover(on_its_way, now=now)
    kinds = {statement.split()[0] for statement, _ in asked}
    assert kinds >= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    with store._database.writing_rows() as connection:
        for statement, values in asked:
            if statement.split()[0] in {"SELECT", "UPDATE", "DELETE"}:
                assert tables_read_whole(connection, statement, values) == set(), statement


@pytest.mark.usefixtures("on_its_way")
def test_the_short_way_goes_by_index(store: Store) -> None:
    """So do the statements that every message meets."""
    with store._database.writing_rows() as connection:
        if connection.dialect.name == "sqlite":
            plans: list[tuple[str, Any]] = [(_RECORD, (None,) * 10), (_OFFER, (1, 2, 3, 4, 5))]
        else:
            values: dict[str, Any] = dict.fromkeys(re.findall(r"%\((\w+)\)", _BOTH), "{1}")
            values |= {name: ["x"] for name in ("states", "replies", "message_ids")}
            values |= dict.fromkeys(("sender", "now", "settling", "offering"), "1")
            plans = [(_BOTH.format(ledger=ledger_of(1), edition=1), values)]
        for statement, handed in plans:
            assert tables_read_whole(connection, statement, handed) == set()


def test_a_whole_reading_is_noticed(store: Store) -> None:
    """The check above can fail."""
    with store._database.writing_rows() as connection:
        assert tables_read_whole(connection, "SELECT * FROM subscriptions WHERE name = 'x'", ()) == {"subscriptions"}
