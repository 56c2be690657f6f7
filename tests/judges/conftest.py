"""The mail that is judged, as a relay gets it, signed: in both themes, the sample edition and one of thirty stories."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

import pytest

from digest import pipeline
from digest.config import DkimSettings, read_settings
from digest.delivery.message import compile_message
from digest.model import Subscriber, SubscriberStatus
from digest.pipeline.links import slot_values
from digest.render import Picture, render_edition
from digest.store import open_store
from tests.judges.thirty import PICTURE, thirty_stories

IMAGE = "0123456789abcdef0123456789abcdef.jpg"
READER = "reader@example.org"


@dataclass(frozen=True)
class Mail:
    """One message: whole, and its parts as a mail program reads them."""

    newsletter: str
    raw: bytes

    @cached_property
    def parsed(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    def _part(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    @property
    def received(self) -> bytes:
        """The message as it lies with a receiver whose own relay, which is trusted, took it in."""
        line = (
            "Received: from mail.digest.example.org (localhost [127.0.0.1])\r\n"
            "\tby mx.example.net (Postfix) with ESMTPS id 4TfJ2c3\r\n"
            f"\tfor <{READER}>; {self.parsed['Date']}\r\n"
        )
        return line.encode("ascii") + self.raw


MAILS = [f"{newsletter}/{size}" for newsletter in ("ukraine-today", "nv-digest") for size in ("sample", "thirty")]


@pytest.fixture(scope="session")
def mails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mail]:
    """Every mail that is judged."""
    folder = tmp_path_factory.mktemp("site")
    now = datetime.now(UTC)
    pipeline.make_site(folder / "site", example_subscribers=False)
    settings = read_settings(folder / "site" / "digest.toml")
    made = [
        pipeline.make_dkim_key(settings, domain="digest.example.org", selector="r1", algorithm="rsa"),
        pipeline.make_dkim_key(settings, domain="digest.example.org", selector="e1", algorithm="ed25519"),
    ]
    settings = settings.model_copy(update={"dkim": DkimSettings(keys=tuple(each.setting for each in made))})
    found: dict[str, Mail] = {}
    with open_store(settings.database_url) as store:
        pipeline.collect(settings, store, now=now)
        for name in ("ukraine-today", "nv-digest"):
            newsletter = settings.newsletter(name)
            slot = pipeline.due_slot(settings, store, newsletter, now=now, samples=True)

            # Its message is what a send hands to the relay for this reader; tests/pipeline holds the two together.
            found[f"{name}/sample"] = Mail(name, pipeline.preview(settings, store, newsletter, slot, now=now).message)
            edition = thirty_stories(newsletter, slot)
            rendered = render_edition(
                edition,
                newsletter,
                template_paths=settings.template_paths,
                images={PICTURE: Picture(src=f"{newsletter.public_url}/images/{IMAGE}", width=544)},
            )
            template = compile_message(
                rendered,
                newsletter,
                edition_key=edition.key,
                date=now,
                signer=pipeline.signer_of(settings, newsletter),
            )
            reader = Subscriber(
                id=7, newsletter=name, address=READER, name="", attributes={}, status=SubscriberStatus.ACTIVE
            )
            values = slot_values(newsletter, edition.key, reader, key=settings.signing_key(), needed=template.slots)
            found[f"{name}/thirty"] = Mail(name, template.address(reader, values).message)
    return found


@pytest.fixture(params=MAILS)
def mail(request: pytest.FixtureRequest, mails: dict[str, Mail]) -> Mail:
    """Each of them in turn."""
    return mails[request.param]


@pytest.fixture
def mail_folder(mail: Mail, tmp_path: Path) -> Path:
    """A folder with the mail's HTML part as `mail.html`."""
    (tmp_path / "mail.html").write_text(mail.html, encoding="utf-8")
    return tmp_path
