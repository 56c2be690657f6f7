"""A value that stays current while the files behind it are saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from digest.errors import DigestError, StoreError
from digest.web.live import Live, Shown


@asynccontextmanager
async def kept(live: Live[str]) -> AsyncIterator[AsyncIterator[Shown[str] | None]]:
    """Keep `live` current while inside; yields what a follower sees."""
    task = asyncio.create_task(live.keep_current())
    await live.current()
    await asyncio.sleep(0.1)
    try:
        yield live.follow(idle_seconds=10)
    finally:
        live.close()
        await asyncio.wait_for(task, 10)


async def the_next(seen: AsyncIterator[Shown[str] | None]) -> Shown[str]:
    shown = await asyncio.wait_for(anext(seen), 10)
    assert shown is not None
    return shown


def reader(path: Path) -> Callable[[], str]:
    def read() -> str:
        try:
            return path.read_text()
        except FileNotFoundError as error:
            raise DigestError("is not there", where=path.name) from error

    return read


async def until(seen: AsyncIterator[Shown[str] | None], value: str) -> Shown[str]:
    """Follow until `value` is shown: one save may be noticed in two steps."""
    while (shown := await the_next(seen)).value != value or shown.error:
        pass
    return shown


async def test_a_file_saved_by_renaming_is_noticed_again_and_again(tmp_path: Path) -> None:
    """Editors replace the file: the second save is noticed like the first, though the first file is gone by then."""
    path = tmp_path / "digest.toml"
    path.write_text("one")
    async with kept(Live(reader(path), watched=[path])) as seen:
        assert (await the_next(seen)).value == "one"
        for words in ("two", "three"):
            draft = tmp_path / ".digest.toml.draft"
            draft.write_text(words)
            draft.replace(path)
            await until(seen, words)


async def test_a_neighbour_of_a_watched_file_is_no_change(tmp_path: Path) -> None:
    """A database written beside digest.toml does not start a load; a save of digest.toml does."""
    path = tmp_path / "digest.toml"
    path.write_text("one")
    loads = []

    def load() -> str:
        (tmp_path / "digest.db").write_text("written by every load")
        loads.append(path.read_text())
        return loads[-1]

    async with kept(Live(load, watched=[path])) as seen:
        await the_next(seen)
        await asyncio.sleep(0.4)
        assert loads == ["one"]
        path.write_text("two")
        await until(seen, "two")


async def test_a_folder_that_does_not_exist_yet_is_awaited(tmp_path: Path) -> None:
    """A watched folder may be made later, with folders above it, and what is saved in it then counts."""
    path = tmp_path / "themes" / "templates" / "mail.txt"
    async with kept(Live(reader(path), watched=[path.parent])) as seen:
        assert (await the_next(seen)).error is not None
        path.parent.mkdir(parents=True)
        path.write_text("one")
        await until(seen, "one")
        path.write_text("two")
        await until(seen, "two")


async def test_a_folder_removed_and_made_again_is_still_watched(tmp_path: Path) -> None:
    """Switching branches removes a folder and brings it back; saves in the new one are noticed."""
    path = tmp_path / "templates" / "mail.txt"
    path.parent.mkdir()
    path.write_text("one")
    async with kept(Live(reader(path), watched=[path.parent])) as seen:
        assert (await the_next(seen)).value == "one"
        path.unlink()
        path.parent.rmdir()
        while (await the_next(seen)).error is None:
            pass
        path.parent.mkdir()
        path.write_text("two")
        await until(seen, "two")
        path.write_text("three")
        await until(seen, "three")


async def test_an_error_leaves_the_last_good_value_beside_it(tmp_path: Path) -> None:
    """A load that fails is told with the value before it, under a new version; the next good one clears it."""
    path = tmp_path / "mail.txt"
    live = Live(reader(path), watched=[])
    path.write_text("one")
    first = await live.current()
    path.unlink()
    await live.reload()
    broken = await live.current()
    assert (broken.value, str(broken.error)) == ("one", "mail.txt: is not there")
    path.write_text("two")
    await live.reload()
    mended = await live.current()
    assert (mended.value, mended.error) == ("two", None)
    assert len({first.version, broken.version, mended.version}) == 3


async def test_a_bug_in_loading_is_told_and_does_not_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug goes to the log with its traceback, to the page as a sentence, and the next load is tried as ever."""
    faults = [ZeroDivisionError("secret detail")]

    def load() -> str:
        if faults:
            raise faults.pop()
        return "one"

    live = Live(load, watched=[])
    broken = await live.current()
    assert "ZeroDivisionError" in str(broken.error)
    assert "secret detail" not in str(broken.error)
    assert "secret detail" in capsys.readouterr().out
    await live.reload()
    assert (await live.current()).value == "one"


async def test_a_version_that_changes_loads_again() -> None:
    """What no file shows is noticed by its fingerprint, an error in asking for it included."""
    fingerprints = ["1"]

    def version() -> str:
        if not fingerprints:
            raise StoreError("the database is locked")
        return fingerprints[0]

    live = Live(lambda: str(fingerprints), watched=[], version=version)
    async with kept(live) as seen:
        assert (await the_next(seen)).value == "['1']"
        fingerprints[0] = "2"
        assert (await the_next(seen)).value == "['2']"
        fingerprints.clear()
        assert (await the_next(seen)).value == "[]"


async def test_many_first_looks_load_once() -> None:
    """Whoever asks while the first load runs waits for that one."""
    loads: list[str] = []

    def load() -> str:
        loads.append("one")
        return "one"

    live = Live(load, watched=[])
    await asyncio.gather(*(live.current() for _ in range(10)))
    assert len(loads) == 1


async def test_a_quiet_time_is_told_as_nothing() -> None:
    """A follower hears None when nothing came for a while, so that a connection can be kept open."""
    seen = Live(lambda: "one", watched=[]).follow(idle_seconds=0.01)
    assert await anext(seen) is not None
    assert await anext(seen) is None
    assert await anext(seen) is None
