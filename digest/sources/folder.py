"""Which files of a folder hold articles, and their bytes; an entry that cannot be read is an error, never a halt."""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from digest.errors import SourceUnreadable
from digest.sources.foreign import SUFFIXES, is_hidden, kind_of


@dataclass(slots=True)
class Listing:
    """The files to read in order of their paths, the folders that refused, and what was passed over, by its kind."""

    files: list[Path] = field(default_factory=list)
    problems: list[SourceUnreadable] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)  # one of each kind, seen from the folder


def shown(path: Path) -> str:
    """A path for a message, where a name that is no UTF-8 would break the terminal or the log."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def list_files(folder: Path) -> Listing:
    """Every article file under `folder`, hidden names left out; a folder reached twice, by links, is read once."""
    listing = Listing()
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            names = sorted(os.listdir(here))  # noqa: PTH208 - Path.iterdir would build a path for each hidden name too
        except OSError as error:
            listing.problems.append(_refused(here, error))
            continue
        for name in names:
            path = here / name
            if is_hidden(name):
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.suffix.lower() in SUFFIXES:
                listing.files.append(path)
            else:
                kind = kind_of(path)
                listing.others[kind] += 1
                if kind not in listing.examples:
                    listing.examples[kind] = shown(path.relative_to(folder))
    listing.files.sort()
    return listing


def read_file(path: Path, *, max_bytes: int) -> tuple[bytes, datetime]:
    """The bytes of a file and when it was last changed.

    Raises SourceUnreadable; of a file over `max_bytes` nothing is read.
    """
    try:
        # A named pipe would keep a plain open() waiting for ever; O_NONBLOCK returns, and changes no regular file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise SourceUnreadable(
                    "this is no regular file", where=shown(path), remedy="Name another, or take it out of its folder"
                )
            raw = b"" if status.st_size > max_bytes else file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _refused(path, error) from error
    size = max(status.st_size, len(raw))
    if size > max_bytes:
        raise SourceUnreadable(
            f"{size / 1e6:,.1f} MB is more than an article may have ({max_bytes / 1e6:,.1f} MB)",
            where=shown(path),
            remedy="Split it into one file an article, or take it out of the folder",
        )
    return raw, datetime.fromtimestamp(status.st_mtime, tz=UTC)


def _refused(path: Path, error: OSError | ValueError) -> SourceUnreadable:
    reason = getattr(error, "strerror", None) or str(error)
    remedy = "Give this user the right to read it" if isinstance(error, PermissionError) else "Mend or remove it"
    return SourceUnreadable(f"it cannot be read ({reason})", where=shown(path), remedy=remedy)
