"""Hosts that share a database notice that one signs with another secret; the secret itself is nowhere in it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from digest.store import KeptSecret, Store, open_store
from digest.store.schema import guard

NOW = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
OURS, THEIRS = b"the secret of mail1", b"one that mail2 made for itself"


def kept(store: Store) -> list[tuple[Any, ...]]:
    with store._database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(guard))]


@pytest.mark.parametrize("database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_the_first_secret_counts_until_a_person_says_otherwise(database_kind: str, database_url: str) -> None:
    """One with the same is welcome, one with another is told whose counts, and after `replace` it is theirs."""
    del database_kind
    with open_store(database_url) as store, open_store(database_url) as elsewhere:
        assert store.secret.look(lambda: OURS) is None
        assert kept(store) == []
        assert store.secret.other_than(OURS, host="mail1", now=NOW) is None
        assert elsewhere.secret.other_than(OURS, host="mail2", now=LATER) is None
        assert elsewhere.secret.look(lambda: THEIRS) == KeptSecret(host="mail1", since=NOW)
        assert elsewhere.secret.other_than(THEIRS, host="mail2", now=LATER) == KeptSecret(host="mail1", since=NOW)
        (row,) = kept(store)
        assert not any(secret.decode() in str(row) or secret.hex() in str(row) for secret in (OURS, THEIRS))
        elsewhere.secret.replace(THEIRS, host="mail2", now=LATER)
        assert store.secret.other_than(OURS, host="mail1", now=LATER) == KeptSecret(host="mail2", since=LATER)
        assert elsewhere.secret.other_than(THEIRS, host="mail2", now=LATER) is None
        assert len(kept(store)) == 1


@pytest.mark.parametrize("database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_two_sites_with_one_secret_do_not_show_it(database_kind: str, database_url: str) -> None:
    """Each digest has a salt of its own, and the guard's own row is left alone."""
    del database_kind
    with open_store(database_url) as store:
        digests = set()
        for _site in range(2):
            store.secret.replace(OURS, host="mail1", now=NOW)
            digests.add(kept(store)[0])
        assert len(digests) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_file_has_one_host_and_nothing_to_compare(database_kind: str, database_url: str) -> None:
    """Its secret may be changed as its owner likes; nothing is left in it."""
    del database_kind
    with open_store(database_url) as store:
        for secret in (OURS, THEIRS):
            assert store.secret.other_than(secret, host="mail1", now=NOW) is None
        assert kept(store) == []
