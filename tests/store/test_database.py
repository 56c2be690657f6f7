import os
import pickle
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.errors import StoreError, StoreFull
from digest.store import Store, open_store

SHORT = timedelta(milliseconds=50)
ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def test_the_folder_is_made(tmp_path: Path) -> None:
    """A site's database may be named in a folder that does not exist yet."""
    open_store(f"sqlite:///{tmp_path}/a/b/digest.db").close()
    assert (tmp_path / "a" / "b" / "digest.db").is_file()


@ON_SQLITE
def test_the_file_works_as_promised(store: Store) -> None:
    """Write-ahead log, foreign keys and a wait for locks hold on every connection."""
    with store._database.reading() as one, store._database.reading() as two:
        for connection in (one, two):
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            ]
            assert found == ["wal", 1, 1, 30_000]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param("digest.db", "not a database address", id="no address"),
        pytest.param("mysql://host/digest", "mysql databases are not supported", id="another database"),
        pytest.param("postgresql://me:sec@secret@host/digest", "not a database address", id="an @ in a password"),
        pytest.param("postgresql://me:secret@host:port/digest", "not a database address", id="a port that is none"),
    ],
)
def test_a_wrong_address_says_how_to_write_it(url: str, sentence: str) -> None:
    """The remedy shows the form that works."""
    with pytest.raises(StoreError, match=rf"{sentence}.*sqlite:///path/to/digest\.db") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where a folder should be is named, with the way out."""
    (tmp_path / "site").write_text("a file")
    with pytest.raises(StoreError, match=r"site.*folder of the database cannot be made.*configuration"):
        open_store(f"sqlite:///{tmp_path}/site/deeper/digest.db")


def test_a_path_that_cannot_be_opened(tmp_path: Path) -> None:
    """A folder where the file should be is named, with the way out."""
    (tmp_path / "digest.db").mkdir()
    with pytest.raises(StoreError, match=r"digest\.db: the database cannot be opened.*Let this user"):
        open_store(f"sqlite:///{tmp_path}/digest.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A read-only file is named, with the way out."""
    url = f"sqlite:///{tmp_path}/digest.db"
    (tmp_path / "digest.db").touch(mode=0o400)
    with pytest.raises(StoreError, match="Let this user"):
        open_store(url)


@pytest.mark.parametrize("content", [b"From: a@example.org\n" * 300, os.urandom(8192)], ids=["a mail", "noise"])
def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    """Naming the wrong file in the configuration does it no harm."""
    (tmp_path / "inbox").write_bytes(content)
    with pytest.raises(StoreError, match=r"inbox: this is no digest database"):
        open_store(f"sqlite:///{tmp_path}/inbox")
    assert (tmp_path / "inbox").read_bytes() == content


def test_a_lock_that_stays_is_an_error_that_keeps_nothing(url: str, an_article: Any, now: datetime) -> None:
    """Past the busy timeout the writer gives up, says who may be at fault, and can simply run again."""
    with open_store(url, busy_timeout=SHORT) as store:
        with open_store(url) as other, other._database.writing():
            with pytest.raises(StoreError, match=r"locked for more than 0\.05 seconds.*run this again"):
                store.articles.add([an_article()], collected=now)
            assert store.articles.count() == 0  # readers do not wait
        assert store.articles.add([an_article()], collected=now).new == 1


def test_a_writer_waits_for_another(url: str, an_article: Any, now: datetime) -> None:
    """A lock that goes away within the busy timeout costs time, not an error."""
    with open_store(url) as store, open_store(url) as other:
        done: list[int] = []
        writer = threading.Thread(target=lambda: done.append(store.articles.add([an_article()], collected=now).new))
        with other._database.writing():
            writer.start()
            writer.join(0.1)
            assert writer.is_alive()
        writer.join(20)
        assert done == [1]


def test_two_connections_that_read_and_then_write_both_succeed(url: str, now: datetime, a_list: Any) -> None:
    """No transaction reads first and asks for the write lock later, which SQLite refuses without waiting."""
    with open_store(url) as one, open_store(url) as two:
        rounds = 20

        def sync(store: Store, newsletter: str) -> None:
            for number in range(rounds):
                store.subscribers.sync(newsletter, a_list(f"{number}@example.org"), now=now)

        threads = [threading.Thread(target=sync, args=pair) for pair in ((one, "a"), (two, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [len(one.subscribers.of(newsletter)) for newsletter in "ab"] == [rounds, rounds]


@ON_SQLITE
def test_a_full_database_keeps_nothing_of_the_step(url: str, an_article: Any, now: datetime) -> None:
    """SQLITE_FULL is StoreFull with the way out; what was there stays, and the same step works once there is room."""
    with open_store(url) as store:
        store.articles.add([an_article("first")], collected=now)
        with store._database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
        batch = [an_article(f"article {number}", text="long " * 1000) for number in range(20)]
        with pytest.raises(StoreFull, match=r"digest\.db: the disk is full.*Free some space"):
            store.articles.add(batch, collected=now)
        assert store.articles.count() == 1
        with store._database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        assert store.articles.add(batch, collected=now).new == 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk takes more rights than this user has")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_keeps_nothing_of_the_step(small_disk: Path, an_article: Any, now: datetime) -> None:
    """A disk that really is full, wherever SQLite notices it first, is StoreFull and does no damage."""
    filler = small_disk / "filler"
    url = f"sqlite:///{small_disk}/digest.db"
    with open_store(url) as store:
        store.articles.add([an_article("first")], collected=now)
        filler.write_bytes(b"\0" * 500_000)
        with pytest.raises(StoreFull):
            store.articles.add([an_article(str(n), text="long " * 2000) for n in range(100)], collected=now)
        assert store.articles.count() == 1
    filler.unlink()
    with open_store(url) as store:
        assert store.articles.add([an_article("second")], collected=now).new == 1
        with store._database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_a_disk_that_is_full_from_the_start(small_disk: Path) -> None:
    """Opening where nothing fits is StoreFull too, though SQLite calls it an I/O error."""
    with pytest.raises(OSError, match="No space"):
        (small_disk / "filler").write_bytes(b"\0" * 2_000_000)
    with pytest.raises(StoreFull):
        open_store(f"sqlite:///{small_disk}/digest.db")


def test_errors_cross_processes(tmp_path: Path) -> None:
    """A worker's StoreError reaches its parent whole."""
    (tmp_path / "digest.db").mkdir()
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{tmp_path}/digest.db")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert str(again) == str(caught.value)


def test_an_error_does_not_spread_addresses(store: Store) -> None:
    """The text and causes of a driver's error hold no row's content: logs are read by many."""
    with pytest.raises(StoreError) as caught, store._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO suppressions VALUES (?, NULL, 0, '')", ("reader@example.org",))
    assert "reader@example.org" not in f"{caught.value} {caught.value.__cause__}"


def test_a_store_in_memory_serves_many_threads(an_article: Any, now: datetime) -> None:
    """All threads see the one database that lives in its one connection."""
    with open_store("sqlite://") as store:
        threads = [
            threading.Thread(target=store.articles.add, args=([an_article(str(n))],), kwargs={"collected": now})
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.articles.count() == 8
