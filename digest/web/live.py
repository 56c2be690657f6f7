"""One value kept current while the files behind it change, and those who follow it told.

    files saved -> load again -> a new Shown for every follower

A load that fails leaves the last good value in place beside the error.  Kept out: what the value is, and HTTP.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from watchfiles import Change, DefaultFilter, awatch

from digest.errors import DigestError

T = TypeVar("T")

_POLL_SECONDS = 1.0  # how often `version` is asked: a person who saves and looks over waits about that long
_NOT_CONTENT = DefaultFilter()  # editors' swap and backup files, caches, .git

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Generic[T]):
    """What is to be seen now; `version` differs whenever the rest does, from a run before this one too."""

    version: str
    value: T | None = None  # the last that loaded; None until one has
    error: DigestError | None = None  # why the newest did not load


class Live(Generic[T]):
    """Calls `load` in a thread, at first use and after each change, never twice at once.

    `watched` are files and folders (with all below them); one that does not exist yet is waited for.  `version`, where
    given, is a cheap fingerprint of what no file shows (a database): when it changes, `load` is called again.
    """

    def __init__(
        self, load: Callable[[], T], *, watched: Sequence[Path], version: Callable[[], str] | None = None
    ) -> None:
        self._load = load
        self._watched = tuple(watched)
        self._version = version
        self._run = secrets.token_hex(4)
        self._count = 0
        self._shown: Shown[T] = Shown(version="")
        self._loading = asyncio.Lock()
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()

    async def current(self) -> Shown[T]:
        """Return what is to be seen now, loading it if that was never done."""
        if not self._count:
            async with self._loading:
                if not self._count:
                    await self._load_once()
        return self._shown

    async def reload(self) -> None:
        """Load again and tell the followers, of an error as of a value."""
        async with self._loading:
            await self._load_once()

    async def _load_once(self) -> None:
        try:
            value = await asyncio.to_thread(self._load)
        except DigestError as refusal:
            shown = replace(self._shown, error=refusal)
        except Exception as bug:  # noqa: BLE001 - ours to mend, and logged as one; but the page must outlive it
            _log.exception("preview.load_failed")
            sentence = DigestError(
                f"The preview met a bug of its own ({type(bug).__name__})",
                remedy="The terminal that runs it shows where; saving again tries once more.",
            )
            shown = replace(self._shown, error=sentence)
        else:
            shown = Shown(version="", value=value)
        self._count += 1
        self._shown = replace(shown, version=f"{self._run}-{self._count}")
        self._tell()

    def _tell(self) -> None:
        told, self._changed = self._changed, asyncio.Event()
        told.set()

    async def follow(self, *, idle_seconds: float) -> AsyncIterator[Shown[T] | None]:
        """Yield what is shown now, then each new one, until `close`; None whenever nothing came for `idle_seconds`."""
        shown: Shown[T] | None = await self.current()
        while not self._closed.is_set():
            changed = self._changed  # taken before the yield, so that nothing told meanwhile is missed
            seen = self._count
            yield shown
            try:
                if seen == self._count:
                    await asyncio.wait_for(changed.wait(), idle_seconds)
                shown = self._shown
            except TimeoutError:
                shown = None

    async def keep_current(self) -> None:
        """Watch and load until `close`; runs as a task beside the server."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_files())
            if self._version is not None:
                group.create_task(self._watch_version(self._version))

    def close(self) -> None:
        """End every follower and `keep_current`; to be called from the loop."""
        self._closed.set()
        self._tell()

    async def _watch_version(self, version: Callable[[], str]) -> None:
        def ask() -> str:
            try:
                return version()
            except DigestError as error:
                return f"error: {error}"  # a change like any other: the load that follows tells it to the page

        last = await asyncio.to_thread(ask)
        while not self._closed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), _POLL_SECONDS)
            now = await asyncio.to_thread(ask)
            if now != last:
                last = now
                await self.reload()

    async def _watch_files(self) -> None:
        polling: bool | None = None  # None: the system's own notices
        again = False
        while not self._closed.is_set():
            places = _places(self._watched)
            finished = asyncio.Event()
            watches = [
                asyncio.create_task(self._until_places_change(places, tree=tree, polling=polling, finished=finished))
                for tree in (True, False)
            ]
            closing = asyncio.create_task(self._closed.wait())
            try:
                await asyncio.sleep(0)  # the watches stand after their first step: load after it and no save is missed
                await (self.reload() if again else self.current())
                await asyncio.wait([*watches, closing], return_when=asyncio.FIRST_COMPLETED)
            finally:
                finished.set()
                closing.cancel()
                ends = await asyncio.gather(*watches, return_exceptions=True)
            for error in (end for end in ends if isinstance(end, BaseException)):
                if isinstance(error, FileNotFoundError):
                    continue  # a folder went between the look and the watch; the next round awaits it by name
                if not isinstance(error, OSError):
                    raise error
                if polling:  # the page still shows what it has; only its freshness is lost, and that is said
                    _log.error("preview.not_watching", reason=str(error))
                    return
                polling = True  # no more inotify watches to be had on this system: look every 300 ms instead
                _log.warning("preview.polling", reason=str(error))
            again = True

    async def _until_places_change(
        self, places: _Places, *, tree: bool, polling: bool | None, finished: asyncio.Event
    ) -> None:
        # Trees and single files are watched apart: below a tree everything counts, in the folder of a single file that
        # file alone, and that folder may be a project's root with thousands of files that must not be walked.
        folders = places.trees if tree else {name.parent for name in places.names}
        if not folders:
            await finished.wait()
            return
        saves = awatch(
            *folders,
            watch_filter=places.in_tree if tree else places.named,
            recursive=tree,
            stop_event=finished,
            force_polling=polling,
            ignore_permission_denied=True,
        )
        async for _ in saves:
            await self.reload()
            if _places(self._watched) != places:
                return


@dataclass(frozen=True, slots=True)
class _Places:
    """What to watch: folders with all below them, and files by name."""

    trees: frozenset[Path]
    names: frozenset[Path]

    def in_tree(self, change: Change, path: str) -> bool:
        # Judged below the tree only: a site may itself live in a folder called .venv or node_modules.
        root = next((tree for tree in self.trees if Path(path).is_relative_to(tree)), None)
        return root is not None and _NOT_CONTENT(change, os.path.relpath(path, root))

    def named(self, _: Change, path: str) -> bool:
        return Path(path) in self.names


def _places(watched: Sequence[Path]) -> _Places:
    """Sort what is watched by how.

    A file is watched through its folder, since most editors save by renaming a new file over the old one and a watch
    on the old one then hears nothing.  What does not exist is awaited by name, at the nearest folder that does.
    """
    trees, names = set(), set()
    for path in watched:
        there = Path(os.path.abspath(path))  # noqa: PTH100 - a link is kept as a name of its own, Path.resolve follows
        for place in {there, there.resolve()}:
            if place.is_dir():
                trees.add(place.resolve())
                continue
            name = place
            while not name.parent.is_dir():
                name = name.parent
            names.add(name.parent.resolve() / name.name)
    return _Places(frozenset(trees), frozenset(names))
