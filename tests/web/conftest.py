"""A mail to preview, a studio that really serves it, an edition that went out, and a browser to look with."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from digest import pipeline
from digest.audience.consent import make_token
from digest.config import Settings, read_settings
from digest.errors import RenderError
from digest.model import Edition, ListEntry, SubscriberStatus
from digest.pipeline.links import PREFERENCES, UNSUBSCRIBE
from digest.render import render_edition
from digest.render.check import Finding
from digest.store import Store, open_store
from digest.web.studio import PreviewMail, create_studio, serve_studio
from tests.conftest import SLOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

STYLE = """
  body { margin: 0; background-color: rgb(255, 255, 255); color: rgb(20, 20, 20); }
  @media screen and (prefers-color-scheme: dark) {
    body { background-color: rgb(10, 10, 10); color: rgb(230, 230, 230); }
  }
  @media (max-width: 480px) { h1 { letter-spacing: 3px; } }
"""


def page_of(words: str, *, extra: str = "") -> str:
    """An HTML part tall enough to scroll in any frame."""
    story = "<p>Talks go on in Geneva next week.</p>" * 60
    return (
        '<!doctype html><html lang="uk"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>Digest</title><style>{STYLE}</style></head>"
        f'<body><h1>{words}</h1><p><a href="https://news.example/story">Read it</a></p>{extra}{story}</body></html>'
    )


def mail_of(
    html: str,
    *,
    text: str = "Kyiv\n====\n\n  Talks go on.\n",
    subject: str = "Київ: talks & more",
    findings: tuple[Finding, ...] = (),
) -> PreviewMail:
    message = EmailMessage(policy=SMTP.clone(max_line_length=76))
    message["From"] = "Ukraine Today <today@news.example>"
    message["To"] = "Reader <reader@news.example>"
    message["Subject"] = subject
    message["List-Unsubscribe"] = "<https://news.example/u/neutral>, <mailto:today@news.example?subject=unsubscribe>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return PreviewMail(
        edition_key="ukraine-today/2022-01-28T09:00",
        title="Ukraine Today",
        subject=subject,
        preheader="One story, one minute",
        sender="Ukraine Today <today@news.example>",
        html=html,
        text=text,
        message=message.as_bytes(),
        note="",
        findings=findings,
    )


FOUND = (
    Finding(level="error", rule="link", what="a link to nowhere: '#'", where="<b>Read it</b>", remedy="Name a page."),
    Finding(level="warning", rule="css-blink", what="blink is ignored by all"),
    Finding(level="note", rule="css-box-shadow", what="box-shadow is ignored by outlook.windows"),
    Finding(level="known", rule="css-outline", what="outline is ignored by outlook.windows", remedy="See its page."),
)


class Site:
    """A folder with one template: its first line is the subject, the rest is more HTML.

    BROKEN is an error in it; <blink> is what a linter finds.
    """

    def __init__(self, folder: Path) -> None:
        self.templates = folder / "templates"
        self.templates.mkdir()
        self.save("Talks")

    def save(self, template: str) -> None:
        (self.templates / "mail.txt").write_text(template, encoding="utf-8")

    def load(self) -> PreviewMail:
        subject, _, extra = (self.templates / "mail.txt").read_text(encoding="utf-8").partition("\n")
        if subject == "BROKEN":
            raise RenderError("a block is not closed", where="templates/mail.txt:1", remedy="Close it and save.")
        findings = FOUND if "<blink>" in extra else ()
        return mail_of(page_of(subject, extra=extra), subject=subject, findings=findings)


@pytest.fixture
def a_mail() -> Callable[..., PreviewMail]:
    return mail_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def save(site: Site) -> Callable[[str], None]:
    return site.save


@pytest.fixture
async def address(site: Site) -> AsyncIterator[str]:
    """Where a real server, on a free port, shows `site`."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    app = create_studio(site.load, watched=[site.templates], version=None)
    server = asyncio.create_task(serve_studio(app, port=0, on_ready=ready.set_result, stop=stop))
    yield await asyncio.wait_for(ready, 10)
    stop.set()
    await asyncio.wait_for(server, 10)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@dataclass(frozen=True, slots=True)
class Published:
    """A site whose edition has begun to go out to its three subscribers."""

    settings: Settings
    store: Store
    edition: Edition

    def path(self, address: str) -> str:
        """The path of the link that this reader's mail carries."""
        return self._path(address, UNSUBSCRIBE)

    def preferences(self, address: str) -> str:
        """The path of the preferences link in this reader's mail."""
        return self._path(address, PREFERENCES)

    def _path(self, address: str, purpose: str) -> str:
        found = self.store.subscribers.find(address)[0]
        return f"/{purpose}/" + make_token(self.settings.signing_key(), purpose=purpose, subscriber=found.id)

    def standing(self, address: str, newsletter: str = "morning") -> SubscriberStatus:
        (found,) = (one for one in self.store.subscribers.find(address) if one.newsletter == newsletter)
        return found.status

    def with_evening(self, **changes: str) -> Published:
        """The same site with a second newsletter, "evening", that Ann and Bo get too; `changes` are its settings."""
        morning = self.settings.newsletters["morning"]
        evening = morning.model_copy(
            update={
                "title": "Evening",
                "sender": morning.sender.model_copy(update={"address": "evening@news.example.org"}),
                **changes,
            }
        )
        entries = [
            ListEntry(address=address, name="", attributes={}, line=line)
            for line, address in enumerate(("ann@example.org", "bo@example.org"), start=1)
        ]
        self.store.subscribers.sync("evening", entries, now=datetime.now(UTC))
        settings = self.settings.model_copy(update={"newsletters": {"morning": morning, "evening": evening}})
        return Published(settings, self.store, self.edition)


@pytest.fixture
def published(site_folder: Path) -> Iterator[Published]:
    settings = read_settings(site_folder / "digest.toml")
    newsletter = settings.newsletter("morning")
    slot = datetime.fromisoformat(SLOT).replace(tzinfo=newsletter.timezone)
    with open_store(settings.database_url) as store:
        now = datetime.now(UTC)
        pipeline.collect(settings, store, now=now)
        edition = pipeline.who_is_due(settings, store, newsletter, slot, now=now).edition
        store.editions.freeze(
            edition, render_edition(edition, newsletter, template_paths=settings.template_paths), date=now
        )
        yield Published(settings, store, edition)
