"""The way out as a page: following a link changes nothing, a post does, and neither tells a stranger anything."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from digest import pipeline
from digest.audience.consent import make_token
from digest.config import SmtpSettings
from digest.delivery import Inbox
from digest.model import EditionStatus, SubscriberStatus
from digest.pipeline.links import UNSUBSCRIBE
from digest.web.public import create_public
from tests.web.conftest import Published
from tests.web.test_public import ANN, BO, FORM, ONE_CLICK, browsing, clock, served


async def test_following_the_link_changes_nothing(published: Published) -> None:
    """Link scanners follow every link: GET and HEAD show a page with one button, and nobody is unsubscribed."""
    async with browsing(published) as client:
        for _ in range(2):
            page = await client.get(published.path(ANN))
            await client.head(published.path(ANN))
    assert page.status_code == 200
    assert "Unsubscribe from Morning?" in page.text
    assert len(re.findall("<button", page.text)) == 1
    assert published.standing(ANN) is SubscriberStatus.ACTIVE
    assert [event.what for event in published.store.subscribers.history(ANN)] == ["listed"]


MULTIPART = (
    '--7f3a\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n'
    "Content-Type: text/plain; charset=utf-8\r\n\r\nOne-Click\r\n--7f3a--\r\n"
)


@pytest.mark.parametrize(
    ("content", "kind", "how"),
    [
        pytest.param(ONE_CLICK, "application/x-www-form-urlencoded", "RFC 8058", id="as Gmail sends it"),
        pytest.param(MULTIPART, "multipart/form-data; boundary=7f3a", "RFC 8058", id="as a multipart form"),
        pytest.param(ONE_CLICK + "\r\n", "text/plain", "RFC 8058", id="with a wrong type and a line end"),
        pytest.param(ONE_CLICK + "&by=page", "application/x-www-form-urlencoded", "button", id="by the page's button"),
    ],
)
async def test_a_post_unsubscribes_at_once(published: Published, content: str, kind: str, how: str) -> None:
    """RFC 8058: the POST alone does it, answered without a redirect and without a cookie; the others stay."""
    async with browsing(published) as client:
        with capture_logs() as logged:
            said = await client.post(published.path(ANN), content=content, headers={"content-type": kind})
    assert said.status_code == 200
    assert "You are unsubscribed" in said.text
    assert "set-cookie" not in said.headers
    assert published.standing(ANN) is SubscriberStatus.UNSUBSCRIBED
    assert published.standing(BO) is SubscriberStatus.ACTIVE
    assert how in published.store.subscribers.history(ANN)[-1].how
    # By its id, as in every other line of the log, and without the address.
    assert [(one["event"], one["newsletter"]) for one in logged] == [("unsubscribed", "morning")]
    assert ANN not in str(logged)


async def test_who_left_is_told_so_by_the_link(published: Published) -> None:
    """Whoever left by their mail program and opens the mail's link to make sure must not read that nothing changed."""
    async with browsing(published) as client:
        await client.post(published.path(ANN), content=ONE_CLICK, headers=FORM)
        page = await client.get(published.path(ANN))
        assert page.status_code == 200
        assert "You are unsubscribed" in page.text
        assert "<button" not in page.text
        assert "Unsubscribe from Morning?" in (await client.get(published.path(BO))).text


async def test_repeating_it_changes_nothing(published: Published) -> None:
    """A mail program that asks twice gets the same answer, and one withdrawal is on record."""
    async with browsing(published) as client:
        answers = [await client.post(published.path(ANN), content=ONE_CLICK, headers=FORM) for _ in range(3)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert [event.what for event in published.store.subscribers.history(ANN)] == ["listed", "unsubscribed"]


@pytest.mark.parametrize(
    "content", ["", "List-Unsubscribe=No", "x=List-Unsubscribe%3DOne-Click", "Not-List-Unsubscribe=One-Click"]
)
async def test_a_form_that_does_not_say_so_asks_again(published: Published, content: str) -> None:
    """Only the pair of RFC 8058 acts; anything else is answered with the button, and changes nothing."""
    async with browsing(published) as client:
        said = await client.post(published.path(ANN), content=content, headers=FORM)
    assert said.status_code == 400
    assert "<button" in said.text
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_who_bounced_or_complained_is_not_made_better_by_it(published: Published) -> None:
    """Unsubscribing does not lift a graver status, and the page need not know of it."""
    published.store.subscribers.suppress(ANN, SubscriberStatus.COMPLAINED, now=clock(), reason="feedback loop")
    async with browsing(published) as client:
        said = await client.post(published.path(ANN), content=ONE_CLICK, headers=FORM)
    assert said.status_code == 200
    assert published.standing(ANN) is SubscriberStatus.COMPLAINED


async def test_a_link_that_is_not_ours_tells_nothing(published: Published) -> None:
    """Forged, cut short, made for something else, or of a subscription that is gone: one answer, and the way out."""
    key = published.settings.signing_key()
    ours = published.path(ANN)
    links = [
        "/unsubscribe/x",
        ours[:-1],
        ours[:-1] + ("A" if ours[-1] != "A" else "B"),
        "/unsubscribe/" + make_token(b"another secret of theirs", purpose=UNSUBSCRIBE, subscriber=1),
        "/unsubscribe/" + make_token(key, purpose="view", subscriber=1),
        "/unsubscribe/" + make_token(key, purpose=UNSUBSCRIBE, subscriber=4711),
        "/unsubscribe/" + "A" * 5000,
        "/unsubscribe/%F0%28%8C%28",
    ]
    async with browsing(published) as client:
        answers = [await client.get(link) for link in links]
        answers += [await client.post(link, content=ONE_CLICK, headers=FORM) for link in links]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1
    assert "mailto:morning@news.example.org?subject=unsubscribe%20morning" in answers[0].text
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_a_test_copy_explains_itself(published: Published) -> None:
    """`digest send --to` goes to no subscriber: its link says so, and takes nobody off the list."""
    path = "/unsubscribe/" + make_token(published.settings.signing_key(), purpose=UNSUBSCRIBE, subscriber=0)
    async with browsing(published) as client:
        shown = await client.get(path)
        posted = await client.post(path, content=ONE_CLICK, headers=FORM)
    assert shown.status_code == posted.status_code == 200
    assert "This was a test copy" in shown.text
    assert shown.text == posted.text


async def test_a_newsletter_that_is_gone_still_lets_its_readers_out(published: Published) -> None:
    """Taken out of digest.toml, a newsletter keeps its subscriptions, and old mails keep their link."""
    transport = httpx.ASGITransport(
        create_public(published.settings.model_copy(update={"newsletters": {}}), published.store, clock=clock)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://news.example.org") as client:
        assert (await client.get(published.path(ANN))).status_code == 200
        assert (await client.post(published.path(ANN), content=ONE_CLICK, headers=FORM)).status_code == 200
    assert published.standing(ANN) is SubscriberStatus.UNSUBSCRIBED


async def test_a_form_of_any_size_is_not_read_to_its_end(published: Published) -> None:
    """A stranger cannot fill the memory: beyond 16 KiB the form is refused, and changes nothing."""
    async with browsing(published) as client:
        said = await client.post(published.path(ANN), content=ONE_CLICK + "&" + "x" * 20_000, headers=FORM)
    assert said.status_code == 413
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_an_unsubscription_takes_effect_in_a_send_under_way(
    site_folder: Path, published: Published, tmp_path: Path
) -> None:
    """While the edition goes out, the last on the list unsubscribes over the web in the same loop, and gets no copy."""
    lines = "".join(f"reader{number}@example.org\n" for number in range(600))
    (site_folder / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    settings, store, newsletter = published.settings, published.store, published.settings.newsletter("morning")
    slot = published.edition.slot + timedelta(days=1)
    store.editions.save(replace(published.edition, slot=slot, number=2, status=EditionStatus.DRAFT))
    store.editions.move(
        replace(published.edition, slot=slot), to=EditionStatus.APPROVED, allowed=(EditionStatus.DRAFT,)
    )
    pipeline.synchronise(store, newsletter, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox, served(published) as address, httpx.AsyncClient() as client:
        settings = settings.model_copy(update={"smtp": SmtpSettings(host=inbox.host, port=inbox.port, connections=1)})
        sending = asyncio.create_task(pipeline.send(settings, store, newsletter, slot, clock=clock))
        while not inbox.received:
            await asyncio.sleep(0)
        said = await client.post(address + published.path("reader599@example.org"), content=ONE_CLICK, headers=FORM)
        under_way = inbox.received
        sent = await sending
    assert said.status_code == 200
    assert under_way < 599
    assert (sent.tally.sent, sent.tally.skipped) == (599, 4)  # three are no longer in the list file
    assert not list(inbox.folder.glob("*reader599@*"))


async def test_a_client_that_drips_its_form_is_let_go(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that never ends holds up nobody, and is not waited for."""
    monkeypatch.setattr("digest.web.public._BODY_SECONDS", 0.2)
    async with served(published) as address:
        host, port = address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {published.path(ANN)} HTTP/1.1\r\nHost: news\r\nContent-Length: 26\r\n\r\nList-"
        writer.write(head.encode())
        said = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    assert b" 413 " in said
    assert published.standing(ANN) is SubscriberStatus.ACTIVE
