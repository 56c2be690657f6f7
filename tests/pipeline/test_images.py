"""An edition's picture from the publisher's server to the reader: once, kept, and shown as the settings say."""

from __future__ import annotations

import email
import email.policy
import io
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from digest import pipeline
from digest.config import ImagesSettings, Settings
from digest.model import Edition, EditionStatus
from digest.pipeline.images import embedded_images, hosted, image_folder, kept_image, pictures, render_mail
from digest.pipeline.readers import public_edition
from tests.conftest import Site

NOW = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


@dataclass
class Publisher:
    """A server with one picture; `asked` counts."""

    url: str = ""
    body: bytes = b""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    out = io.BytesIO()
    Image.linear_gradient("L").resize((1600, 900)).convert("RGB").save(out, "JPEG")
    made.body = out.getvalue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}/lead.jpg"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def as_set(settings: Settings, mode: Any) -> Settings:
    return settings.model_copy(update={"images": ImagesSettings(mode=mode)})


@pytest.fixture
def edition(site: Site, publisher: Publisher) -> Edition:
    """The site's edition, whose lead story has a picture at the publisher's; kept as a draft."""
    pipeline.collect(site.settings, site.store, now=NOW)
    built = pipeline.build(site.store, site.newsletter, site.slot, now=NOW)
    first, *others = built.sections[0].stories
    lead = replace(first, lead=replace(first.lead, image=publisher.url))
    sections = (replace(built.sections[0], stories=(lead, *others)), *built.sections[1:])
    return site.store.editions.save(replace(built, sections=sections, edited=True))


def fetched(site: Site, edition: Edition, *, mode: str = "hosted", now: datetime | None = NOW) -> dict[str, Any]:
    settings = as_set(site.settings, mode)
    return dict(pictures(settings, site.newsletter, edition, now=now, allowed=lambda _: True))


def test_a_picture_is_fetched_once_and_hosted(site: Site, edition: Edition, publisher: Publisher) -> None:
    """The mail links to our own copy, at twice the column's width; later renders ask nobody."""
    shown = fetched(site, edition)[publisher.url]
    name = shown.src.removeprefix("https://news.example.org/images/")
    content = kept_image(site.settings, name)
    assert content is not None
    assert Image.open(io.BytesIO(content)).size == (1088, 612)
    assert shown.width == 544
    for _ in range(2):
        rendered = render_mail(site.settings, site.newsletter, edition, now=NOW + timedelta(days=1))
    assert publisher.asked == ["/lead.jpg"]
    assert f'src="{shown.src}"' in rendered.html
    assert publisher.url not in rendered.html
    assert embedded_images(site.settings, rendered) == {}


def test_this_machine_is_not_asked_without_leave(site: Site, edition: Edition, publisher: Publisher) -> None:
    """The rule stands wherever an edition is drawn: an article that names our own network gets no picture."""
    rendered = render_mail(site.settings, site.newsletter, edition, now=NOW)
    assert publisher.asked == []
    assert "<img" not in rendered.html


@pytest.mark.parametrize("mode", ["hosted", "cid"])
def test_a_bad_picture_is_a_mail_without_it(site: Site, edition: Edition, publisher: Publisher, mode: str) -> None:
    """What is no picture costs a line in the log, is not asked for at each save, and is tried again after an hour."""
    publisher.body = b"<html>"
    assert fetched(site, edition, mode=mode) == {}
    assert fetched(site, edition, mode=mode, now=NOW + timedelta(minutes=59)) == {}
    assert len(publisher.asked) == 1
    assert fetched(site, edition, mode=mode, now=NOW + timedelta(minutes=61)) == {}
    assert len(publisher.asked) == 2
    assert not [file for file in image_folder(site.settings).iterdir() if file.suffix != ".json"]


def test_off_is_off(site: Site, edition: Edition, publisher: Publisher) -> None:
    """Neither asked for nor shown: by [images], by the newsletter's theme settings, or where the clock is not given."""
    assert fetched(site, edition, mode="off") == {}
    plain = replace(site.newsletter, theme_settings={"images": "none"})
    assert pictures(site.settings, plain, edition, now=NOW, allowed=lambda _: True) == {}
    assert fetched(site, edition, now=None) == {}
    assert publisher.asked == []


def test_a_spoilt_note_or_a_lost_file_is_fetched_again(site: Site, edition: Edition, publisher: Publisher) -> None:
    """The data folder may be cleared or restored in part at any time."""
    first = fetched(site, edition)
    for file in image_folder(site.settings).glob("*.jpg"):
        file.unlink()
    assert fetched(site, edition) == first
    for file in image_folder(site.settings).glob("*.json"):
        file.write_bytes(b"{")
    assert fetched(site, edition) == first
    shutil.rmtree(image_folder(site.settings))
    assert fetched(site, edition) == first
    assert len(publisher.asked) == 4


def test_embedded_the_mail_carries_it(site: Site, edition: Edition, publisher: Publisher) -> None:
    """The HTML and its picture are one part of the mail, tied by Content-ID; no address is left to fetch."""
    settings = as_set(site.settings, "cid")
    (shown,) = fetched(site, edition, mode="cid").values()
    mail = pipeline.preview(settings, site.store, site.newsletter, site.slot, now=NOW)
    message = email.message_from_bytes(mail.message, policy=email.policy.default)
    text, related = message.iter_parts()
    markup, image = related.iter_parts()
    assert [part.get_content_type() for part in (text, related, markup, image)] == [
        "text/plain", "multipart/related", "text/html", "image/jpeg",
    ]  # fmt: skip
    assert f"cid:{image['Content-ID'].strip('<>')}" == shown.src
    assert f'src="{shown.src}"' in markup.get_content()
    assert image.get_content() == kept_image(settings, shown.src.removeprefix("cid:").partition("@")[0])
    assert not [part.defects for part in message.walk() if part.defects]
    assert mail.images == {shown.src: image.get_content()}
    assert "image-host" not in {finding.rule for finding in mail.findings}
    assert len(publisher.asked) == 1


def test_a_browser_gets_the_embedded_one_by_its_address(site: Site, edition: Edition) -> None:
    """A page has no parts: where the mail says cid:, the edition in the browser says where the picture is served."""
    settings = as_set(site.settings, "cid")
    (shown,) = fetched(site, edition, mode="cid").values()
    rendered = render_mail(settings, site.newsletter, edition, now=NOW)
    site.store.editions.freeze(edition, rendered, date=NOW)
    assert site.store.editions.get("morning", site.slot).status is EditionStatus.SENDING  # type: ignore[union-attr]
    page = public_edition(settings, site.store, edition.key)
    assert page is not None
    name = shown.src.removeprefix("cid:").partition("@")[0]
    assert f'src="https://news.example.org/images/{name}"' in page.html
    assert "cid:" not in page.html
    assert hosted("no picture", "https://news.example.org") == "no picture"


@pytest.mark.parametrize("name", ["../secret", "secret", "x.json", f"{'a' * 32}.svg", f"{'a' * 32}.jpg", "", "a\0.jpg"])
def test_nothing_but_pictures_is_given_out(site: Site, name: str) -> None:
    """The data folder holds the signing key: a name that is not a picture's opens no file."""
    site.settings.signing_key()
    assert kept_image(site.settings, name) is None
