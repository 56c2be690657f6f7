"""A database that was copied or restored says so, and one that was upgraded, moved or mounted anew does not."""

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.store import marks, open_store
from digest.store.guard import Standing

NOW = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose database has sent once, which counts up as it begins and as it ends."""
    advance(tmp_path / "var")
    advance(tmp_path / "var")
    return tmp_path / "var"


@pytest.fixture(autouse=True)
def _a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of its own with an id, no container, wherever the tests run."""
    monkeypatch.setattr(marks, "_CONTAINERS", (tmp_path / "dockerenv",))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(marks, "_MACHINE_ID", tmp_path / "machine-id")
    (tmp_path / "machine-id").write_text("11aa\n", encoding="ascii")


def advance(folder: Path, *, now: datetime = NOW, host: str = "") -> None:
    with open_store(f"sqlite:///{folder / 'digest.db'}") as store:
        guard = store.guard(folder=folder, host=host)
        assert guard.examine().against == ()
        guard.advance(now=now)


def examine(folder: Path, *, host: str = "") -> Standing:
    with open_store(f"sqlite:///{folder / 'digest.db'}") as store:
        return store.guard(folder=folder, host=host).examine()


def arm(folder: Path) -> Standing:
    with open_store(f"sqlite:///{folder / 'digest.db'}") as store:
        return store.guard(folder=folder, host="").arm(now=NOW + HOUR, who="ann@mail1")


def told(folder: Path) -> str:
    return "\n".join(examine(folder).against)


def test_what_never_sent_may_be_copied(tmp_path: Path) -> None:
    """Before its first mail a database has nothing that a copy could repeat."""
    with open_store(f"sqlite:///{tmp_path / 'a' / 'digest.db'}"):
        pass
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert examine(tmp_path / "b") == Standing(against=(), last_at=None, armed=())


def test_a_database_that_sends_again_and_again_is_never_stopped(folder: Path) -> None:
    """Restarts, and the time that passes, change no mark."""
    for days in range(3):
        advance(folder, now=NOW + timedelta(days=days))
    assert examine(folder).last_at == NOW + timedelta(days=2)


def test_a_folder_that_is_moved_is_the_same(folder: Path, tmp_path: Path) -> None:
    """Its files go along as they are."""
    folder.rename(tmp_path / "elsewhere")
    assert examine(tmp_path / "elsewhere").against == ()


def test_a_container_that_is_made_anew_is_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another image with another machine id and host name, over the same volume; owners set anew at its start."""
    (tmp_path / "dockerenv").touch()
    monkeypatch.setenv("HOSTNAME", "3f2a9c")
    (tmp_path / "machine-id").write_text("22bb\n", encoding="ascii")
    for file in folder.iterdir():
        os.chown(file, os.getuid(), os.getgid())
    assert examine(folder).against == ()


@pytest.mark.parametrize("keep_times", [True, False], ids=["cp -a", "cp -r"])
def test_a_copied_folder_is_told(folder: Path, tmp_path: Path, keep_times: bool) -> None:
    """With all its files, wherever it goes; the original goes on."""
    copy = shutil.copy2 if keep_times else shutil.copy
    shutil.copytree(folder, tmp_path / "copy", copy_function=copy)
    assert "it is another file than the one that sent last" in told(tmp_path / "copy")
    advance(folder)


def test_a_database_that_is_copied_alone_is_told(folder: Path, tmp_path: Path) -> None:
    """The mark that belongs beside it is missing."""
    (tmp_path / "copy").mkdir()
    shutil.copy(folder / "digest.db", tmp_path / "copy")
    assert "is not there: it was copied without it" in told(tmp_path / "copy")


def test_a_backup_in_the_databases_place_is_told_by_its_generation(folder: Path, tmp_path: Path) -> None:
    """Written into the very file, so that only what it says is older."""
    with closing(sqlite3.connect(folder / "digest.db")) as live, closing(sqlite3.connect(tmp_path / "backup")) as out:
        live.backup(out)
    advance(folder)
    with closing(sqlite3.connect(folder / "digest.db")) as live, closing(sqlite3.connect(tmp_path / "backup")) as kept:
        kept.backup(live)
    assert "an older copy was put in its place" in told(folder)


def test_a_backup_from_before_the_first_mail_is_told(tmp_path: Path) -> None:
    """It knows nothing of the marks, and the mark beside it is there."""
    with open_store(f"sqlite:///{tmp_path / 'var' / 'digest.db'}"):
        pass
    shutil.copy(tmp_path / "var" / "digest.db", tmp_path / "backup")
    advance(tmp_path / "var")
    for name in ("digest.db-wal", "digest.db-shm"):
        (tmp_path / "var" / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", tmp_path / "var" / "digest.db")
    assert "it is older than that mark" in told(tmp_path / "var")


def test_a_folder_written_over_by_its_backup_is_told(folder: Path, tmp_path: Path) -> None:
    """Database and mark put back together into their own files: the mark was not written when it says."""
    shutil.copytree(folder, tmp_path / "backup")
    advance(folder, now=NOW + HOUR)
    for file in (tmp_path / "backup").iterdir():
        shutil.copyfile(file, folder / file.name)
    assert "is a copy: its folder was copied, or restored from a backup" in told(folder)


def test_a_disk_in_another_machine_is_told(folder: Path, tmp_path: Path) -> None:
    """A clone of the whole disk has the same files; the machine's id differs, or the name that the site was given."""
    (tmp_path / "machine-id").write_text("33cc\n", encoding="ascii")
    assert "it last sent on the machine 11aa, and this is 33cc" in told(folder)
    advance(folder, host="11aa")
    assert examine(folder, host="staging").against != ()


def test_a_file_system_that_keeps_no_numbers_decides_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file's number is another after each mount."""
    monkeypatch.setattr(marks, "_file_system", lambda _path, _mounts: "9p")
    assert examine(folder).against == ()
    advance(folder)
    monkeypatch.undo()


def test_the_file_system_is_that_of_the_deepest_mount() -> None:
    """The kernel names every mount; a later one covers an earlier one at the same place."""
    mounts = (
        "22 1 0:21 / / rw - overlay overlay rw\n"
        "30 22 8:1 / /srv/my\\040site rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "31 22 0:40 / /srv rw - tmpfs tmpfs rw\n"
        "32 22 0:41 / /srv rw - 9p share rw\n"
    )
    kinds = [marks._file_system(Path(path), mounts) for path in ("/etc", "/srv/my site/digest.db", "/srv/x", "/srvx")]
    assert kinds == ["overlay", "ext4", "9p", "overlay"]


def test_arming_makes_it_send_and_is_kept(folder: Path, tmp_path: Path) -> None:
    """The copy goes on as a site of its own; what was found, who said so and when stays in it."""
    shutil.copytree(folder, tmp_path / "copy")
    found = arm(tmp_path / "copy").against
    assert found
    standing = examine(tmp_path / "copy")
    assert standing.against == ()
    (armed,) = standing.armed
    assert (armed.who, armed.at, armed.found) == ("ann@mail1", NOW + HOUR, "\n".join(found))
    advance(tmp_path / "copy", now=NOW + 2 * HOUR)
    advance(folder, now=NOW + 2 * HOUR)
    # And it is not taken for the original when it comes back in its place.
    shutil.copyfile(tmp_path / "copy" / "digest.db", folder / "digest.db")
    assert "is another database's" in told(folder)


def test_a_restored_database_that_is_armed_is_ahead_of_its_mark(folder: Path, tmp_path: Path) -> None:
    """Armed once, it sends; the mark's generation is not met a second time."""
    shutil.copy(folder / "digest.db", tmp_path / "backup")
    for _send in range(3):
        advance(folder)
    for name in ("digest.db-wal", "digest.db-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", folder / "digest.db")
    before = json.loads((folder / "digest.db.guard").read_bytes())["generation"]
    assert arm(folder).against
    assert json.loads((folder / "digest.db.guard").read_bytes())["generation"] > before
    advance(folder)


def test_a_mark_that_is_none_is_an_error_with_its_way_out(folder: Path) -> None:
    """Spoilt, it tells nothing, so nothing is sent."""
    (folder / "digest.db.guard").write_text("{", encoding="ascii")
    with pytest.raises(StoreError, match="Move it away"):
        examine(folder)


def test_a_mark_that_cannot_be_kept_ends_the_first_send_before_it_begins(tmp_path: Path) -> None:
    """Else the second would find none and take itself for a copy."""
    (tmp_path / "var" / "digest.db.guard").mkdir(parents=True)
    with open_store(f"sqlite:///{tmp_path / 'var' / 'digest.db'}") as store, pytest.raises(StoreError):
        store.guard(folder=tmp_path, host="").advance(now=NOW)


def test_a_database_in_memory_has_no_copies(tmp_path: Path) -> None:
    """It is never stopped, and leaves no mark."""
    with open_store("sqlite://") as store:
        guard = store.guard(folder=tmp_path, host="")
        guard.advance(now=NOW)
        assert guard.examine().against == ()
    assert list(tmp_path.glob("*.guard")) == []


def test_senders_beside_each_other_take_nobody_for_a_copy(tmp_path: Path) -> None:
    """Ten that count up at once, from the very first step on, find nothing against it at any moment."""
    with open_store(f"sqlite:///{tmp_path / 'var' / 'digest.db'}") as store:

        def count(_number: int) -> tuple[str, ...]:
            guard = store.guard(folder=tmp_path / "var", host="")
            found: tuple[str, ...] = ()
            for _ in range(20):
                found += guard.examine().against
                guard.advance(now=datetime.now(UTC))
            return found

        with ThreadPoolExecutor(10) as pool:
            assert [one for found in pool.map(count, range(10)) for one in found] == []
