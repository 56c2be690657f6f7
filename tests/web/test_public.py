"""The readers' pages: an edition in the browser, what is not shown, and what every page keeps to itself."""

import html
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from digest.config import SiteSettings
from digest.errors import DigestError
from digest.model import EditionStatus, Section, SubscriberStatus
from digest.pipeline.images import image_folder
from digest.render import is_shortened, render_edition
from digest.web.public import create_public, public_pages
from digest.web.readerpages import voice_for
from tests.web.conftest import Published

ANN, BO = "ann@example.org", "bo@example.org"
# As Gmail and Yahoo send it: RFC 8058 3.2.
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def clock() -> datetime:
    return datetime.now(UTC)


def browsing(published: Published, **site: Any) -> httpx.AsyncClient:
    settings = published.settings
    if site:
        settings = settings.model_copy(update={"site": SiteSettings(**(settings.site.model_dump() | site))})
    transport = httpx.ASGITransport(create_public(settings, published.store, clock=clock), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://news.example.org")


@pytest.mark.parametrize(
    ("language", "heading"),
    [("ru", "Отписаться от рассылки «Morning»?"), ("uk", "Відписатися від розсилки «Morning»?")],
)
async def test_the_page_speaks_the_newsletters_language(published: Published, language: str, heading: str) -> None:
    """Whatever the browser would like: the reader reads the newsletter, so the page is in its language."""
    morning = published.settings.newsletters["morning"].model_copy(update={"language": language})
    settings = published.settings.model_copy(update={"newsletters": {"morning": morning}})
    transport = httpx.ASGITransport(create_public(settings, published.store, clock=clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://news.example.org") as client:
        page = await client.get(published.path(ANN), headers={"accept-language": "en"})
    assert heading in page.text
    assert f'<html lang="{language}" dir="ltr">' in page.text


def test_a_page_about_nobody_speaks_what_the_browser_likes(published: Published) -> None:
    """Without a newsletter to go by, the best wish that one of them speaks is taken; else the first one's language."""
    morning = published.settings.newsletter("morning")
    newsletters = [replace(morning, language=language) for language in ("ru", "en")]
    assert voice_for("uk;q=0.9, en-GB;q=0.8, ru;q=0.1", newsletters).language == "en"
    assert voice_for("de", newsletters).language == "ru"
    assert voice_for("q=;;,,ru;q=x", newsletters).language == "ru"
    assert voice_for("en", []).language == "en"


async def test_a_hostile_title_is_text(published: Published) -> None:
    """What a curator or a publisher wrote is shown, never run."""
    title = '<script>alert("x")</script>'
    morning = published.settings.newsletters["morning"].model_copy(update={"title": title})
    settings = published.settings.model_copy(update={"newsletters": {"morning": morning}})
    transport = httpx.ASGITransport(create_public(settings, published.store, clock=clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://news.example.org") as client:
        page = await client.get(published.path(ANN))
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_an_edition_can_be_read_in_a_browser(published: Published) -> None:
    """It is the frozen mail with nobody's name in it; its way out leads to a page that tells where the real one is."""
    path = f"/editions/{published.edition.key}"
    async with browsing(published) as client:
        shown = await client.get(path)
        head = await client.head(path)
        link = re.search(r'href="https://news\.example\.org(/unsubscribe[^"]*)"', shown.text)
        assert link is not None
        explained = await client.get(link[1])
    assert shown.status_code == head.status_code == 200
    assert "420 packets" in shown.text
    assert link[1] == "/unsubscribe"
    assert "your own mail" in explained.text
    assert not re.search("[\ue000\ue001]", shown.text)
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"].startswith("public")


async def test_a_picture_is_served_for_good(published: Published) -> None:
    """Its name follows from its bytes, so it may be kept for ever, and any webmail shows it; nothing else is there."""
    folder = image_folder(published.settings)
    folder.mkdir(parents=True)
    names = {f"{'a' * 32}.jpg": "image/jpeg", f"{'b' * 32}.png": "image/png"}
    async with browsing(published) as client:
        for name, kind in names.items():
            (folder / name).write_bytes(name.encode())
            got = await client.get(f"/images/{name}")
            assert (got.status_code, got.content, got.headers["content-type"]) == (200, name.encode(), kind)
            assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert got.headers["cross-origin-resource-policy"] == "cross-origin"
            assert got.headers["x-content-type-options"] == "nosniff"
        (folder / "c.json").write_bytes(b"{}")
        for path in ("/images/c.json", "/images/..%2fsecret", f"/images/{'c' * 32}.jpg", "/images/"):
            assert (await client.get(path)).status_code == 404


async def test_a_shortened_mail_is_whole_in_the_browser(published: Published) -> None:
    """The page shows every story, with the anchor that the mail links to; while a template is broken, the mail."""
    newsletter = published.settings.newsletter("morning")
    story = published.edition.stories[0]
    slot = published.edition.slot + timedelta(days=1)
    sections = (Section(title="", stories=tuple(replace(story) for _ in range(200))),)
    many = published.store.editions.save(
        replace(published.edition, slot=slot, number=2, sections=sections, status=EditionStatus.DRAFT)
    )
    mail = render_edition(many, newsletter, template_paths=published.settings.template_paths)
    assert is_shortened(mail)
    published.store.editions.freeze(many, mail, date=clock())
    title = html.escape(story.lead.title, quote=False)
    async with browsing(published) as client:
        page = (await client.get(f"/editions/{many.key}")).text
        assert page.count(f">{title}</a>") == 200
        assert 'id="story-200"' in page
        own = published.settings.root / "templates" / "ukraine-today"
        own.mkdir(parents=True)
        (own / "more.mjml").write_text("{% if %}", encoding="utf-8")
        shortened = (await client.get(f"/editions/{many.key}")).text
        assert 0 < shortened.count(f">{title}</h2>") < 200
        assert "#story-" in shortened


async def test_an_edition_keeps_its_address_when_the_schedule_changes(published: Published) -> None:
    """Links in old mails outlive a new hour of sending."""
    morning = published.settings.newsletters["morning"].model_copy(
        update={"send_at": datetime(2026, 1, 1, 7, 30, tzinfo=UTC).time(), "days": frozenset({0})}
    )
    settings = published.settings.model_copy(update={"newsletters": {"morning": morning}})
    transport = httpx.ASGITransport(create_public(settings, published.store, clock=clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://news.example.org") as client:
        assert (await client.get(f"/editions/{published.edition.key}")).status_code == 200


@pytest.mark.parametrize(
    "slot", ["2026-03-06T09:00", "2026-03-05", "2026-02-30T09:00", "x", "2026-03-05T09:00%00", "٢٠٢٦-٠٣-٠٥T٠٩:٠٠"]
)
async def test_what_did_not_go_out_is_not_shown(published: Published, slot: str) -> None:
    """Drafts, dates without an edition and nonsense are all one: there is no such page."""
    async with browsing(published) as client:
        said = await client.get(f"/editions/morning/{slot}")
    assert said.status_code == 404
    assert "There is no such page" in said.text


async def test_a_draft_and_a_skipped_edition_stay_inside(published: Published) -> None:
    """Only what has begun to go out is public."""
    path = f"/editions/{published.edition.key}"
    published.store.editions.move(published.edition, to=EditionStatus.SKIPPED, allowed=(EditionStatus.SENDING,))
    async with browsing(published) as client:
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/unsubscribe/a/b", "/editions/morning", "/../digest.toml"])
async def test_other_addresses_lead_nowhere(published: Published, path: str) -> None:
    """A page says so, in words."""
    async with browsing(published) as client:
        said = await client.get(path)
    assert said.status_code == 404
    assert "There is no such page" in said.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused(published: Published, method: str) -> None:
    """Nothing but a POST acts."""
    async with browsing(published) as client:
        said = await client.request(method, published.path(ANN))
    assert said.status_code == 405
    assert "POST" in said.headers["allow"]
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_every_page_keeps_its_token_to_itself(published: Published) -> None:
    """No cache keeps it, no referrer tells it, no script and no foreign page can read it."""
    async with browsing(published) as client:
        answers = [
            await client.get(published.path(ANN)),
            await client.get("/unsubscribe/forged"),
            await client.get("/nowhere"),
            await client.put(published.path(ANN)),
            await client.post(published.path(ANN), content=ONE_CLICK, headers=FORM),
        ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("prefix", ["", "/mail"])
async def test_a_proxy_may_keep_or_strip_the_path_of_the_public_address(published: Published, prefix: str) -> None:
    """Under https://example.org/mail both ways of configuring a proxy work, and links lead to the public address."""
    async with browsing(published, public_url="https://example.org/mail") as client:
        asked = await client.get(prefix + published.path(ANN))
        shown = await client.get(f"{prefix}/editions/{published.edition.key}")
        posted = await client.post(prefix + published.path(ANN) + "/", content=ONE_CLICK, headers=FORM)
    assert asked.status_code == shown.status_code == posted.status_code == 200
    assert 'action="' not in asked.text  # the form posts to where it stands, whatever the proxy calls that
    assert "https://example.org/mail/unsubscribe" in shown.text
    assert published.standing(ANN) is SubscriberStatus.UNSUBSCRIBED


async def test_a_store_that_cannot_answer_is_told_as_it_is(published: Published) -> None:
    """A page that did nothing never says that it did; the reader is told what else there is."""
    async with browsing(published) as client:
        path = published.path(ANN)
        with published.store._database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE subscriptions RENAME TO elsewhere")
            connection.exec_driver_sql("ALTER TABLE editions RENAME TO nowhere")
        said = await client.post(path, content=ONE_CLICK, headers=FORM)
        health = await client.get("/healthz")
        with published.store._database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO subscriptions")
            connection.exec_driver_sql("ALTER TABLE nowhere RENAME TO editions")
    assert said.status_code == health.status_code == 503
    assert "Nothing was changed" in said.text
    assert "mailto:" in said.text
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_health(published: Published) -> None:
    """A monitor gets a short word, once the store has answered."""
    async with browsing(published) as client:
        said = await client.get("/healthz")
    assert (said.status_code, said.text) == (200, "ok\n")


def served(published: Published, **web: Any) -> AbstractAsyncContextManager[str]:
    settings = published.settings
    return public_pages(
        settings.model_copy(update={"web": settings.web.model_copy(update=web)}), published.store, clock=clock
    )


async def test_a_real_server_answers_and_ends(published: Published) -> None:
    """Over a socket as a mail provider does it; afterwards the port is free again."""
    async with served(published) as address, httpx.AsyncClient() as client:
        said = await client.post(address + published.path(ANN), content=ONE_CLICK, headers=FORM)
        head = await client.head(f"{address}/editions/{published.edition.key}")
    assert said.status_code == head.status_code == 200
    assert not head.content
    assert "server" not in said.headers
    assert published.standing(ANN) is SubscriberStatus.UNSUBSCRIBED
    port = int(address.rpartition(":")[2])
    async with served(published, port=port) as again:
        assert again == address


async def test_a_port_in_use_is_one_clear_error(published: Published) -> None:
    """The second of two says where, what and what to do."""
    async with served(published) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(DigestError, match=rf"127\.0\.0\.1:{port}: .*in use.*web\.port"):
            async with served(published, port=port):
                pass
