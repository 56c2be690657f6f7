"""The whole pipeline on the shipped samples, into an inbox on this machine."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest.config import FILE_NAME, SmtpSettings, read_settings
from digest.delivery.inbox import Inbox
from digest.errors import DigestError, UsageError
from digest.model import Edition, Tally
from digest.pipeline.build import build
from digest.pipeline.collect import collect
from digest.pipeline.send import send
from digest.pipeline.sites import make_site
from digest.pipeline.slots import slot_coming
from digest.store import open_store

_MARK = ".digest-demo"  # a folder with it is ours to clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What one newsletter's subscribers found in their inboxes."""

    title: str
    edition: Edition
    tally: Tally
    subject: str
    messages: tuple[Path, ...]  # .eml, one a subscriber
    html: Path


async def demo(folder: Path, *, on_stage: Callable[[str], None] = lambda _said: None) -> list[Arrived]:
    """Make a site of samples in `folder`, then collect, build and send it all to an inbox beside it.

    An earlier demo there is cleared away; any other content raises UsageError and stays.
    """
    _clear(folder)
    make_site(folder, example_subscribers=True)
    (folder / _MARK).touch()
    inbox_folder = folder / "inbox"
    async with Inbox(inbox_folder) as inbox:
        settings = read_settings(folder / FILE_NAME)
        settings = settings.model_copy(update={"smtp": SmtpSettings(host=inbox.host, port=inbox.port)})
        with open_store(settings.database_url) as store:
            collected = collect(settings, store, now=datetime.now(UTC))
            for problem in collected.problems:
                raise problem  # a sample that cannot be read is our own bug
            on_stage(f"collected, articles: {collected.new}")
            arrived = []
            for newsletter_id in settings.newsletters:
                newsletter = settings.newsletter(newsletter_id)
                newest = store.articles.newest(newsletter.selection.languages)
                if newest is None:
                    raise DigestError(f"no sample article is in {newsletter.language!r}", where=str(folder))
                slot = slot_coming(newsletter, now=newest)
                edition = build(store, newsletter, slot, now=datetime.now(UTC))
                on_stage(f"built {edition.key}, stories: {len(edition.stories)}")
                before = set(inbox_folder.glob("*.eml"))
                sent = await send(settings, store, newsletter, slot, clock=lambda: datetime.now(UTC))
                messages = tuple(sorted(set(inbox_folder.glob("*.eml")) - before))
                on_stage(f"sent {edition.key}, subscribers: {sent.tally.sent}")
                arrived.append(_arrived(newsletter.title, sent.edition, sent.tally, messages))
    return arrived


def _arrived(title: str, edition: Edition, tally: Tally, messages: tuple[Path, ...]) -> Arrived:
    if not messages:
        raise DigestError(f"nothing arrived: {edition.note or edition.status}", where=edition.key)
    message = email.message_from_bytes(messages[0].read_bytes(), policy=email.policy.default)
    part = message.get_body(("html",))
    if part is None:
        raise DigestError("what arrived has no HTML part", where=str(messages[0]))
    html = messages[0].with_name(f"{edition.newsletter}.html")
    html.write_text(part.get_content(), encoding="utf-8")
    return Arrived(
        title=title, edition=edition, tally=tally, subject=str(message["Subject"]), messages=messages, html=html
    )


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / _MARK).exists()):
        raise UsageError("it holds more than an earlier demo", where=str(folder), remedy="Name another folder.")
    shutil.rmtree(folder)
