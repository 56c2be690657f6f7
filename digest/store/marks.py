"""What tells a database from its copy: where it is, on which machine, in which body; and the mark kept beside it.

A mark must change when a database is copied or restored, and must not when it is upgraded, moved, or its container is
made anew.  So of what a machine could be asked:

    the host's name           no: a container's is new each time it is made
    the boot's id             no: a reboot is nothing
    the machine's id          yes, but not inside a container: there it is the image's, which an upgrade replaces
    the database's path       no: a folder may be moved or mounted elsewhere; it is kept for the person who asks
    the file's inode number   yes: a copy or a restored backup is another file, a moved one and a volume that is mounted
                              again are the same.  Some file systems number files anew at each mount: there it is not
                              asked
    the PostgreSQL server     its system identifier and the database's oid: any number of hosts share it, a dump that is
                              restored elsewhere has others

A database that was put back into its own file is known by its generation: it counts up while mail goes out, in the
database and in a file beside it (on PostgreSQL in the data folder), and a database behind its file has been put back.
That file knows itself, by its inode and the time it was written, so that both put back together are told as well.

What no mark can tell: a disk or a machine that is put back whole takes every mark along, and so does a clone of it that
runs in a container.  `site.host`, a name that you give to each place, then tells the clone.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from digest.errors import StoreError

_MACHINE_ID = Path("/etc/machine-id")
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))  # Docker's and Podman's; Kubernetes has its variable
_MOUNTS = Path("/proc/self/mountinfo")
_KEEP_NUMBERS = re.compile(r"ext[234]|xfs|btrfs|zfs|f2fs|bcachefs|jfs|reiserfs|nfs4?|ceph|overlay|tmpfs|apfs|ufs")
_CLOCK_SECONDS = 2  # how coarse a file system's times may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a database is known by; what cannot be told is empty, and then decides nothing."""

    machine: str
    place: str  # for people; it decides nothing
    body: str  # of a file its inode number; of PostgreSQL the server's system identifier and the database's oid


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The mark that is kept outside the database."""

    site: str
    generation: int
    copied: bool = False  # it is not the file that was written, but a copy of it


def marks_of(connection: Connection, *, host: str) -> Marks:
    """Tell what the open database is known by here; `host` is the name that the site was given, or empty."""
    url = connection.engine.url
    if connection.dialect.name == "postgresql":
        server = connection.execute(text("SELECT system_identifier FROM pg_control_system()")).scalar_one()
        oid = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
        # Hosts come and go, and share it: only a name that all of them were given says anything.
        return Marks(machine=host, place=f"{url.host or 'local'}/{url.database}", body=f"{server}/{oid}")
    path = Path(str(url.database)).resolve()
    return Marks(machine=host or _machine(), place=str(path), body=_inode(path))


def mark_file(connection: Connection, *, folder: Path) -> Path | None:
    """Tell where the mark beside the open database is kept; None for one in memory, which has no copies."""
    name = connection.engine.url.database
    if connection.dialect.name == "postgresql":
        return folder / f"{name}.guard"
    return None if name in {None, "", ":memory:"} else Path(f"{name}.guard")


def read_mark(file: Path) -> Beside | None:
    """Read the mark in `file`; None where there is none.  Raises StoreError for what is no mark."""
    try:
        with file.open("rb") as opened:  # once: a sender beside us may put another in its place meanwhile
            found, kept = json.load(opened), os.fstat(opened.fileno())
        own = not found["inode"] or not _numbers_are_kept(file) or str(kept.st_ino) == str(found["inode"])
        in_time = abs(kept.st_mtime - int(found["written"])) <= _CLOCK_SECONDS
        return Beside(site=str(found["site"]), generation=int(found["generation"]), copied=not (own and in_time))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"this should be the mark that is kept beside the database, and cannot be read ({error})",
            where=str(file),
            remedy="Move it away, then see: digest arm --dry-run",
        ) from error


def write_mark(file: Path, mark: Beside, *, now: datetime) -> None:
    """Write the mark, whole or not at all, onto the disk; raises StoreError."""
    written = int(now.timestamp())
    draft = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="ascii") as out:
            json.dump(
                {"site": mark.site, "generation": mark.generation, "inode": _inode(draft), "written": written}, out
            )
            out.flush()
            os.utime(out.fileno(), (written, written))
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(
            f"the mark that is kept beside the database cannot be written ({error.strerror})",
            where=str(file),
            remedy="Let this user write there, or free some space.",
        ) from error


def make_durable(connection: Connection) -> None:
    """Put what is committed onto the disk: a power cut must not leave the database behind the mark beside it.

    PostgreSQL does so at each commit.  SQLite's write-ahead log, where its last commits are, may be opened beside it:
    its locks are on the other files.
    """
    if connection.dialect.name == "postgresql":
        return
    try:
        log = os.open(f"{connection.engine.url.database}-wal", os.O_RDONLY)
    except FileNotFoundError:  # folded into the file, which was written to the disk then
        return
    try:
        os.fsync(log)
    finally:
        os.close(log)


def _machine() -> str:
    if any(mark.exists() for mark in _CONTAINERS) or "KUBERNETES_SERVICE_HOST" in os.environ:
        return ""
    try:
        return _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _inode(path: Path) -> str:
    """The number of the file, where its file system keeps it."""
    return str(path.stat().st_ino) if _numbers_are_kept(path) else ""


def _numbers_are_kept(path: Path) -> bool:
    try:
        kind = _file_system(path, _MOUNTS.read_text(encoding="utf-8", errors="replace"))
    except OSError:  # not Linux: there such file systems are the rule
        return True
    return _KEEP_NUMBERS.fullmatch(kind) is not None


def _file_system(path: Path, mounts: str) -> str:
    """Name the kind of file system that `path` lies on: see proc(5), mountinfo."""
    kind, deepest = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= deepest:  # of two on one place the later one covers the other
            kind, deepest = after.split()[0], len(point)
    return kind
