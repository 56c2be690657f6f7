"""The list file and the subscriptions that follow from it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.audience.address import normalise_address
from digest.audience.listfile import (
    attribute_columns,
    decode_list,
    encode_list,
    parse_list,
    with_entry,
    without_entry,
)
from digest.errors import AudienceError
from digest.model import LineProblem, ListEntry, Newsletter, Subscriber, SubscriberStatus
from digest.store import Store
from digest.store.subscribers import Followed, SyncReport

_LARGEST_LIST_BYTES = 200_000_000  # some five million lines; a larger file is a mistake
_HEAD_BYTES = 65_536  # a header line stands in them, comments before it included


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronised:
    """What following the list file changed, and the lines that could not be followed."""

    report: SyncReport
    problems: tuple[LineProblem, ...]


def read_list_file(newsletter: Newsletter) -> tuple[list[ListEntry], list[LineProblem]]:
    """Read a newsletter's list file: its good lines and its bad ones.

    Raises AudienceError where there is no file to read, for an empty audience must never come from a slip.
    """
    return parse_list(decode_list(_read(newsletter), path=newsletter.list_path), path=newsletter.list_path)


def require_list(newsletter: Newsletter) -> None:
    """Raise AudienceError where there is no list file that can be opened."""
    try:
        with Path(newsletter.list_path).open("rb"):
            pass
    except OSError as error:
        raise _unreadable(newsletter, error) from error


def columns_of(newsletter: Newsletter) -> tuple[str, ...] | None:
    """Name the columns of the list file that readers' values come from; None where it cannot be read."""
    try:
        with Path(newsletter.list_path).open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if len(head) == _HEAD_BYTES:
            head = head[: head.rfind(b"\n") + 1]  # no half letter at its end
            if not head:
                return None
        return attribute_columns(decode_list(head, path=newsletter.list_path))
    except (OSError, AudienceError):
        return None


def synchronise(store: Store, newsletter: Newsletter, *, now: datetime) -> Synchronised:
    """Make the subscriptions follow the list file; who unsubscribed, bounced or complained stays out.

    A file that is as it was when they last followed it is not read again: reading a million lines takes half a minute.
    Raises AudienceError for a file that names nobody where there were subscribers, unless its header still stands: a
    slip (an emptied file, a wrong separator) must not end them all.
    """
    fingerprint = _fingerprint(newsletter)
    followed = store.subscribers.followed(newsletter.id)
    if followed is not None and followed.fingerprint == fingerprint:
        problems = [LineProblem(path=newsletter.list_path, **one) for one in json.loads(followed.problems)]
        return Synchronised(report=SyncReport(), problems=tuple(problems))
    raw = _read(newsletter)
    text = decode_list(raw, path=newsletter.list_path)
    entries, problems = parse_list(text, path=newsletter.list_path)
    if not entries and (problems or not text.strip()) and (known := store.subscribers.reachable(newsletter.id)):
        raise AudienceError(
            f"it names nobody, and {known:,} are subscribed{_first_of(problems)}",
            where=newsletter.list_path,
            remedy="Mend it; or to end all subscriptions, leave the line `email` alone in it.",
        )
    told = [{"line": one.line, "text": one.text, "reason": one.reason} for one in problems]
    # Of the bytes that were read: the file may have changed since its own fingerprint was taken.
    state = Followed(fingerprint=hashlib.sha256(raw).hexdigest(), problems=json.dumps(told))
    report = store.subscribers.sync(newsletter.id, entries, now=now, followed=state)
    return Synchronised(report=report, problems=tuple(problems))


def _first_of(problems: list[LineProblem]) -> str:
    """Say what is wrong with the first bad line, of a file that has no good one."""
    return f" (line {problems[0].line}: {problems[0].reason}: {problems[0].text})" if problems else ""


def subscribe(
    store: Store,
    newsletter: Newsletter,
    address: str,
    *,
    now: datetime,
    name: str = "",
    attributes: Mapping[str, str],
    consent: str | None = None,
) -> Subscriber:
    """Put an address on the list file and into the store.

    An address that may get no mail is taken back only with `consent`, a note of when and how its owner asked
    for it; without one it raises AudienceError and the list file stays as it was.
    """
    address = normalise_address(address)
    kept = _subscription(store, newsletter, address)
    if kept is not None and kept.status is not SubscriberStatus.ACTIVE and consent is None:
        raise AudienceError(
            f"{address} is {kept.status} and gets no mail",
            where=newsletter.id,
            remedy="If its owner asked for it again, add --consent with a note of when and how.",
        )
    with _edited(newsletter) as file:
        file.write(with_entry(file.text, address, name, attributes))
    synchronise(store, newsletter, now=now)
    kept = _subscription(store, newsletter, address)
    if kept is not None and kept.status is not SubscriberStatus.ACTIVE and consent is not None:
        store.subscribers.reactivate(kept.id, now=now, consent_note=consent)
        kept = _subscription(store, newsletter, address)
    if kept is None or kept.status is not SubscriberStatus.ACTIVE:
        raise AudienceError(
            f"{address} is suppressed: it left another newsletter, bounced or complained",
            where=newsletter.id,
            remedy="digest subscribers show ADDRESS tells when; with its owner's word, add --consent.",
        )
    return kept


def unsubscribe(store: Store, newsletter: Newsletter, address: str, *, now: datetime, how: str) -> Subscriber:
    """End a subscription for good, and take its line out of the list file.

    The line could come back by an old copy of the file; the address stays out all the same.
    Raises AudienceError for an address that the newsletter does not know.
    """
    address = normalise_address(address)
    synchronise(store, newsletter, now=now)
    kept = _subscription(store, newsletter, address)
    if kept is None:
        raise AudienceError(
            f"{address} is not on the list", where=newsletter.list_path, remedy="See: digest subscribers show"
        )
    store.subscribers.unsubscribe(kept.id, now=now, how=how)
    with _edited(newsletter) as file:
        file.write(without_entry(file.text, address))
    synchronise(store, newsletter, now=now)
    return kept


def _subscription(store: Store, newsletter: Newsletter, address: str) -> Subscriber | None:
    return next((found for found in store.subscribers.find(address) if found.newsletter == newsletter.id), None)


def _fingerprint(newsletter: Newsletter) -> str:
    """Hash the list file without holding it; empty where it cannot be read, which `_read` explains."""
    try:
        with Path(newsletter.list_path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read(newsletter: Newsletter) -> bytes:
    path = Path(newsletter.list_path)
    try:
        if path.stat().st_size > _LARGEST_LIST_BYTES:
            raise AudienceError(
                f"larger than {_LARGEST_LIST_BYTES:,} bytes", where=str(path), remedy="Is it a list file?"
            )
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(newsletter, error) from error


def _unreadable(newsletter: Newsletter, error: OSError) -> AudienceError:
    return AudienceError(
        f"the list file cannot be read: {error.strerror}",
        where=newsletter.list_path,
        remedy=f"Make it, with the line `email` and an address a line, or set newsletters.{newsletter.id}.list.",
    )


class _ListFile:
    """A list file under change: written whole or not at all, in the encoding that it has."""

    def __init__(self, path: Path, raw: bytes) -> None:
        self.path, self._raw = path, raw
        self.text = decode_list(raw, path=str(path))

    def write(self, text: str) -> None:
        if text == self.text:
            return
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            draft.write_bytes(encode_list(text, like=self._raw, path=str(self.path)))
            draft.chmod(self.path.stat().st_mode & 0o777)
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise AudienceError(f"it cannot be written: {error.strerror}", where=str(self.path)) from error


@contextmanager
def _edited(newsletter: Newsletter) -> Iterator[_ListFile]:
    """Read the list file for a change, one command at a time (the lock is on its folder, for the file is replaced)."""
    path = Path(newsletter.list_path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield _ListFile(path, _read(newsletter))
    finally:
        os.close(folder)
