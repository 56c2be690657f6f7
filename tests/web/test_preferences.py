"""The preferences page: what a reader gets and can leave, what changes nothing, and what nobody learns from it."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from digest import pipeline
from digest.audience.consent import make_token
from digest.config import SmtpSettings
from digest.delivery import Inbox
from digest.model import EditionStatus, ListEntry, SubscriberStatus
from digest.pipeline.links import PREFERENCES, UNSUBSCRIBE
from digest.web.public import create_public, public_pages
from tests.web.conftest import Published

ANN, BO = "ann@example.org", "bo@example.org"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def clock() -> datetime:
    return datetime.now(UTC)


def browsing(published: Published) -> httpx.AsyncClient:
    app = create_public(published.settings, published.store, clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://news.example.org")


def number(published: Published, address: str, newsletter: str) -> int:
    (found,) = (one for one in published.store.subscribers.find(address) if one.newsletter == newsletter)
    return found.id


def buttons(page: httpx.Response) -> list[str]:
    """What each button is said to do."""
    return re.findall(r'<button name="leave" value="\d+" aria-label="([^"]*)">', page.text)


async def test_following_the_link_changes_nothing(published: Published) -> None:
    """A scanner's GET and HEAD, and its empty or foreign POST, show what the reader gets and leave it as it is."""
    site = published.with_evening()
    async with browsing(site) as client:
        shown = await client.get(site.preferences(ANN))
        await client.head(site.preferences(ANN))
        for content in ("", "List-Unsubscribe=One-Click", "leave=", "leave=x", "leave=-1", "unleave=1"):
            posted = await client.post(site.preferences(ANN), content=content, headers=FORM)
            assert (posted.status_code, posted.text) == (400, shown.text)
    assert shown.status_code == 200
    assert buttons(shown) == ["Unsubscribe from Morning", "Unsubscribe from Evening"]
    assert "set-cookie" not in shown.headers
    assert ANN not in shown.text
    assert {event.what for event in site.store.subscribers.history(ANN)} == {"listed"}


async def test_a_button_leaves_one_and_no_other(published: Published) -> None:
    """The newsletter of the button ends, for this address alone; repeating it gives the same page, and no more."""
    site = published.with_evening()
    content = f"leave={number(site, ANN, 'evening')}"
    async with browsing(site) as client:
        answers = [await client.post(site.preferences(ANN), content=content, headers=FORM) for _ in range(2)]
        shown = await client.get(site.preferences(ANN))
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    assert "Evening will send you no more mail." in answers[0].text
    assert buttons(answers[0]) == buttons(shown) == ["Unsubscribe from Morning"]
    assert "mailto:evening@news.example.org?subject=subscribe%20evening" in shown.text
    assert site.standing(ANN, "evening") is SubscriberStatus.UNSUBSCRIBED
    assert site.standing(ANN, "morning") is site.standing(BO, "evening") is SubscriberStatus.ACTIVE
    assert [event.what for event in site.store.subscribers.history(ANN)].count("unsubscribed") == 1
    assert site.store.subscribers.history(ANN)[-1].how == "the button of the preferences page"


async def test_anothers_subscription_is_out_of_reach(published: Published) -> None:
    """A number that is not the reader's own ends nothing and tells nothing, whether it exists or not."""
    site = published.with_evening()
    async with browsing(site) as client:
        said = [
            await client.post(site.preferences(ANN), content=f"leave={one}", headers=FORM)
            for one in (number(site, BO, "morning"), number(site, BO, "evening"), 4711, 9999999999999999999)
        ]
        shown = await client.get(site.preferences(ANN))
    assert {one.text for one in said} == {shown.text}
    assert site.standing(BO, "morning") is site.standing(BO, "evening") is SubscriberStatus.ACTIVE


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_not_ours_tells_nothing(published: Published, method: str) -> None:
    """Forged, cut short, another link's token, or of a subscription that is gone: one answer, and nothing changes."""
    site = published.with_evening()
    key, ours, ann = site.settings.signing_key(), site.preferences(ANN), number(site, ANN, "morning")
    links = [
        "/preferences/x",
        ours[:-1],
        ours[:-1] + ("A" if ours[-1] != "A" else "B"),
        "/preferences/" + make_token(b"another secret of theirs", purpose=PREFERENCES, subscriber=ann),
        "/preferences/" + make_token(key, purpose=UNSUBSCRIBE, subscriber=ann),
        "/preferences/" + make_token(key, purpose=PREFERENCES, subscriber=4711),
        ours.replace("preferences", "unsubscribe"),
    ]
    content = f"leave={ann}&List-Unsubscribe=One-Click"
    async with browsing(site) as client:
        answers = [await client.request(method, link, content=content, headers=FORM) for link in links]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1
    assert "<button" not in answers[0].text
    assert site.standing(ANN, "morning") is site.standing(ANN, "evening") is SubscriberStatus.ACTIVE


async def test_it_subscribes_nobody(published: Published) -> None:
    """Who left or is not listed sees no button to come back, only whom to write to; no form brings them back."""
    site = published.with_evening()
    now = clock()
    site.store.subscribers.unsubscribe(number(site, ANN, "morning"), now=now, how="by hand")
    site.store.subscribers.sync("evening", [ListEntry(address=BO, name="", attributes={}, line=1)], now=now)
    async with browsing(site) as client:
        shown = await client.get(site.preferences(ANN))
        for content in ("subscribe=morning", f"leave={number(site, ANN, 'morning')}", "leave=0"):
            await client.post(site.preferences(ANN), content=content, headers=FORM)
    assert buttons(shown) == []
    assert "No newsletter of ours comes" in shown.text
    assert "This page subscribes nobody" in shown.text
    assert "subject=subscribe%20morning" in shown.text
    assert "subject=subscribe%20evening" in shown.text
    assert site.standing(ANN, "morning") is SubscriberStatus.UNSUBSCRIBED
    assert [event.what for event in site.store.subscribers.history(ANN)][-2:] == ["unsubscribed", "unlisted"]


async def test_a_complaint_is_not_made_better_by_it(published: Published) -> None:
    """A graver status stays as it is."""
    published.store.subscribers.suppress(ANN, SubscriberStatus.COMPLAINED, now=clock(), reason="feedback loop")
    content = f"leave={number(published, ANN, 'morning')}"
    async with browsing(published) as client:
        assert (await client.post(published.preferences(ANN), content=content, headers=FORM)).status_code == 200
    assert published.standing(ANN) is SubscriberStatus.COMPLAINED


async def test_a_test_copy_explains_itself(published: Published) -> None:
    """`digest send --to` goes to no subscriber, so there is nobody's to show or to leave."""
    path = "/preferences/" + make_token(published.settings.signing_key(), purpose=PREFERENCES, subscriber=0)
    async with browsing(published) as client:
        shown, posted = await client.get(path), await client.post(path, content="leave=1", headers=FORM)
    assert shown.text == posted.text
    assert "This was a test copy" in shown.text
    assert "what else they get" in shown.text
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_a_newsletter_that_is_gone_can_be_left(published: Published) -> None:
    """Taken out of digest.toml it is named by its id, and its subscription ends like any other."""
    site = published.with_evening()
    site = replace(site, settings=published.settings)
    async with browsing(site) as client:
        shown = await client.get(site.preferences(ANN))
        await client.post(site.preferences(ANN), content=f"leave={number(site, ANN, 'evening')}", headers=FORM)
    assert buttons(shown) == ["Unsubscribe from Morning", "Unsubscribe from evening"]
    assert site.standing(ANN, "evening") is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize(("language", "heading"), [("ru", "Ваши рассылки"), ("uk", "Ваші розсилки")])
async def test_the_page_speaks_the_language_of_the_mail(published: Published, language: str, heading: str) -> None:
    """That of the newsletter whose link it is; the other's title keeps its own, and is text."""
    site = published.with_evening(title='<script>alert("x")</script>')
    site.settings.newsletters["morning"] = site.settings.newsletters["morning"].model_copy(
        update={"language": language}
    )
    async with browsing(site) as client:
        page = await client.get(site.preferences(ANN), headers={"accept-language": "en"})
    assert f'<html lang="{language}" dir="ltr">' in page.text
    assert f"<h1>{heading}</h1>" in page.text
    assert '<span lang="en" dir="auto">&lt;script&gt;' in page.text
    assert "<script" not in page.text


async def test_without_a_token_it_tells_where_the_link_is(published: Published) -> None:
    """The edition in the browser links to this: the same for all, and about nobody."""
    async with browsing(published) as client:
        page = await client.get("/preferences")
    assert page.status_code == 200
    assert "open the link in your own mail" in page.text
    assert "<button" not in page.text


async def test_it_keeps_its_token_to_itself(published: Published) -> None:
    """No cache, no referrer, no script, no frame; nothing but GET and POST; and a form of any size is not read."""
    path = published.preferences(ANN)
    async with browsing(published) as client:
        answers = [
            await client.get(path),
            await client.post(path, content=f"leave=1{'0' * 20_000}", headers=FORM),
            await client.put(path),
        ]
    assert [one.status_code for one in answers] == [200, 413, 405]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'; style-src 'sha256-" in answer.headers["content-security-policy"]
    assert published.standing(ANN) is SubscriberStatus.ACTIVE


async def test_leaving_takes_effect_in_a_send_under_way(
    site_folder: Path, published: Published, tmp_path: Path
) -> None:
    """While the edition goes out, the last on the list leaves by the page of a real server, and gets no copy."""
    lines = "".join(f"reader{place}@example.org\n" for place in range(400))
    (site_folder / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    settings, store, newsletter = published.settings, published.store, published.settings.newsletter("morning")
    edition = replace(published.edition, slot=published.edition.slot + timedelta(days=1), number=2)
    store.editions.save(replace(edition, status=EditionStatus.DRAFT))
    store.editions.move(edition, to=EditionStatus.APPROVED, allowed=(EditionStatus.DRAFT,))
    pipeline.synchronise(store, newsletter, now=clock())
    last = "reader399@example.org"
    pages = public_pages(settings, store, clock=clock)
    async with Inbox(tmp_path / "inbox") as inbox, pages as address, httpx.AsyncClient() as client:
        relayed = settings.model_copy(update={"smtp": SmtpSettings(host=inbox.host, port=inbox.port, connections=1)})
        sending = asyncio.create_task(pipeline.send(relayed, store, newsletter, edition.slot, clock=clock))
        while not inbox.received:
            await asyncio.sleep(0)
        content = f"leave={number(published, last, 'morning')}"
        said = await client.post(address + published.preferences(last), content=content, headers=FORM)
        under_way = inbox.received
        sent = await sending
    assert said.status_code == 200
    assert under_way < 399
    assert sent.tally.sent == 399
    assert not list(inbox.folder.glob(f"*{last}*"))
