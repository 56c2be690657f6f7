"""The pictures of an edition: fetched once, kept in the site's data folder, and shown as `[images]` says.

Shipped themes show the lead story's picture, so that is the one that is fetched.  A picture that cannot be had is a
line in the log and a mail without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from digest import render
from digest.config import Settings
from digest.errors import SourceError
from digest.model import Edition, Newsletter, Rendered
from digest.pipeline.apart import Run, here
from digest.sources.images import as_picture, fetch_image, is_public

_log = structlog.get_logger(__name__)

COLUMN = 544  # CSS pixels: the width of a theme's text
_RETINA = 2  # pixels of the file for one of them
_AGAIN = timedelta(hours=1)  # a preview that is drawn at each save must not ask a dead host each time
_NAME = re.compile(r"[0-9a-f]{32}\.(?:jpg|png)")
_EMBEDDED = re.compile(rf"cid:({_NAME.pattern})@[a-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What came of fetching an address."""

    name: str = ""  # of the file; empty where there is none
    width: int = 0
    problem: str = ""
    again: str = ""  # not before this instant


def render_mail(
    settings: Settings,
    newsletter: Newsletter,
    edition: Edition,
    *,
    now: datetime | None,
    whole: bool = False,
    run: Run = here,
) -> Rendered:
    """The edition as mail with its pictures, which are fetched if need be; without `now`, those alone that are kept.

    Raises RenderError.  `run`: see apart.py.
    """
    rendered: Rendered = run(
        "digest.render.mail:render_edition",
        edition,
        newsletter,
        template_paths=settings.template_paths,
        whole=whole,
        images=pictures(settings, newsletter, edition, now=now),
    )
    return rendered


def pictures(
    settings: Settings,
    newsletter: Newsletter,
    edition: Edition,
    *,
    now: datetime | None,
    allowed: Callable[[str], bool] = is_public,
) -> dict[str, render.Picture]:
    """The pictures to show, by the addresses that articles give them.  `allowed`: see `fetch_image`."""
    wanted = edition.stories[0].lead.image if edition.stories else None
    if not wanted or settings.images.mode == "off" or newsletter.theme_settings.get("images") == "none":
        return {}
    try:
        note = _noted(image_folder(settings), wanted, now, allowed)
    except OSError as error:  # a full disk ends a send elsewhere, with better words
        _log.warning("no picture", url=wanted, problem=f"it cannot be kept: {error.strerror}")
        return {}
    if not note.name:
        return {}
    domain = newsletter.sender.address.rpartition("@")[2].encode("idna").decode("ascii").lower()
    embedded = settings.images.mode == "cid"
    source = f"cid:{note.name}@{domain}" if embedded else f"{newsletter.public_url}/images/{note.name}"
    return {wanted: render.Picture(src=source, width=min(COLUMN, note.width))}


def image_folder(settings: Settings) -> Path:
    """Where pictures are kept."""
    return settings.path(settings.site.data) / "images"


def kept_image(settings: Settings, name: str) -> bytes | None:
    """The picture called `name`; None where there is none, whatever the name."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return (image_folder(settings) / name).read_bytes()
    except FileNotFoundError:
        return None


def embedded_images(settings: Settings, rendered: Rendered) -> Mapping[str, bytes]:
    """What the mail shows of its own parts, by Content-ID."""
    found: dict[str, bytes] = {}
    for embedded in _EMBEDDED.finditer(rendered.html):
        content = kept_image(settings, embedded[1])
        if content is None:
            _log.warning("a picture is gone from the data folder", name=embedded[1])
        else:
            found[embedded[0].removeprefix("cid:")] = content
    return found


def hosted(html: str, public_url: str) -> str:
    """`html` for a browser, which has no other parts of the mail to show pictures from."""
    return _EMBEDDED.sub(lambda embedded: f"{public_url}/images/{embedded[1]}", html)


def shown_images(settings: Settings, rendered: Rendered, public_url: str) -> dict[str, bytes]:
    """Every picture of ours in the mail by what stands in its `src`, for a page that shows it before anything runs."""
    names = re.finditer(rf"(?:cid:|{re.escape(public_url)}/images/)({_NAME.pattern})(?:@[a-z0-9.-]+)?", rendered.html)
    found = {name[0]: kept_image(settings, name[1]) for name in names}
    return {source: content for source, content in found.items() if content is not None}


def _noted(folder: Path, url: str, now: datetime | None, allowed: Callable[[str], bool]) -> _Note:
    file = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
    note = _read(file)
    if note is not None and note.name and (folder / note.name).is_file():
        return note
    if now is None or (note is not None and note.again and now < datetime.fromisoformat(note.again)):
        return note or _Note()
    try:
        picture = as_picture(fetch_image(url, allowed=allowed), width=_RETINA * COLUMN, where=url)
    except SourceError as error:
        _log.warning("no picture", url=url, problem=error.what)
        note = _Note(problem=error.what, again=(now + _AGAIN).isoformat())
    else:
        _write(folder / picture.name, picture.content)
        note = _Note(name=picture.name, width=picture.width)
    _write(file, json.dumps({key: getattr(note, key) for key in note.__slots__}).encode())
    return note


def _read(file: Path) -> _Note | None:
    try:
        return _Note(**json.loads(file.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):  # another version's, or spoilt: it is fetched again
        return None


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: two senders may fetch the same picture at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.new")
    unfinished.write_bytes(content)
    unfinished.replace(file)
