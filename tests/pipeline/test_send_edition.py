"""The send: once to each, whatever interrupts it, and only to whom it may go."""

import asyncio
import gc
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.errors import AudienceError, MailServerLost, RenderError, UsageError
from digest.model import EditionStatus
from tests.conftest import Site, clock


def recipients(folder: Path) -> list[str]:
    return sorted(path.name.partition("-")[2].removesuffix(".eml") for path in folder.glob("*.eml"))


async def test_each_subscriber_gets_the_edition_once(site: Site, tmp_path: Path) -> None:
    """Every active subscriber has one message, the ledger says so, and a second send adds nothing."""
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        again = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert recipients(inbox.folder) == ["ann@example.org", "bo@example.org", "cy@example.org"]
    assert sent.edition.status is EditionStatus.SENT
    assert (sent.tally.audience, sent.tally.sent, sent.tally.pending) == (3, 3, 0)
    assert again.tally == sent.tally


async def test_the_message_is_what_the_preview_showed(site: Site, tmp_path: Path) -> None:
    """Subject, text and HTML that were previewed arrive, and each reader's way out is their own."""
    pipeline.collect(site.settings, site.store, now=clock())
    shown = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in inbox.folder.glob("*.eml")]
    previewed = message_from_bytes(shown.message, policy=policy.default)
    assert {str(message["Subject"]) for message in messages} == {str(previewed["Subject"])}
    assert len({str(message["List-Unsubscribe"]) for message in messages}) == 3
    assert len({str(message["Message-ID"]) for message in messages}) == 3
    for message in messages:
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text = message.get_body(("plain",))
        assert text is not None
        assert "420 packets" in text.get_content()


async def test_the_collector_gets_back_what_a_send_set_aside(site: Site, tmp_path: Path) -> None:
    """While it sends, what stood before is left out of garbage collection; after it, nothing is."""
    pipeline.collect(site.settings, site.store, now=clock())
    aside: list[int] = []
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        await pipeline.send(
            settings,
            site.store,
            site.newsletter,
            site.slot,
            clock=clock,
            on_progress=lambda _done, _of: aside.append(gc.get_freeze_count()),
        )
    assert max(aside) > 0
    assert gc.get_freeze_count() == 0


async def test_an_unreachable_relay_loses_nothing(site: Site, tmp_path: Path) -> None:
    """Nothing is marked; when the relay is back, the same command sends to everyone."""
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        host, port = inbox.host, inbox.port
    with pytest.raises(MailServerLost):
        await pipeline.send(site.with_relay(host, port), site.store, site.newsletter, site.slot, clock=clock)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    tally = site.store.deliveries.tally(edition)
    assert (tally.pending, tally.sent, tally.failed) == (3, 0, 0)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 3


async def test_a_stopped_send_goes_on_where_it_was(site: Site, tmp_path: Path) -> None:
    """What a stop left is sent by the next run, and nobody has it twice."""
    lines = "".join(f"reader{number}@example.org\n" for number in range(200))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    stop = asyncio.Event()
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)

        async def stop_soon() -> None:
            while inbox.received < 20:
                await asyncio.sleep(0)
            stop.set()

        stopping = asyncio.create_task(stop_soon())
        first = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock, stop=stop)
        await stopping
        assert first.edition.status is EditionStatus.SENDING
        assert 0 < first.tally.sent < 200
        assert first.tally.pending == 200 - first.tally.sent
        last = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert last.edition.status is EditionStatus.SENT
    assert len(recipients(inbox.folder)) == len(set(recipients(inbox.folder))) == 200


async def test_who_unsubscribed_gets_nothing_though_the_line_is_still_there(site: Site, tmp_path: Path) -> None:
    """The list file cannot bring back whoever left."""
    lines = (site.root / "subscribers.csv").read_text(encoding="utf-8")
    pipeline.unsubscribe(site.store, site.newsletter, "bo@example.org", now=clock(), how="test")
    assert "bo@example.org" not in (site.root / "subscribers.csv").read_text(encoding="utf-8")
    (site.root / "subscribers.csv").write_text(lines, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert recipients(inbox.folder) == ["ann@example.org", "cy@example.org"]
    assert (sent.tally.sent, sent.tally.skipped) == (2, 1)


async def test_a_line_taken_out_ends_the_subscription(site: Site, tmp_path: Path) -> None:
    """Who is no longer on the list gets nothing; back on it, they get the next edition."""
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    (site.root / "subscribers.csv").write_text("email\nann@example.org\n", encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert recipients(inbox.folder) == ["ann@example.org"]


async def test_a_broken_template_sends_nothing_and_marks_nothing(site: Site, tmp_path: Path) -> None:
    """The error names the file; mended, the same command sends to all."""
    pipeline.collect(site.settings, site.store, now=clock())
    broken = site.root / "templates/ukraine-today/edition.mjml"
    broken.parent.mkdir(parents=True)
    broken.write_text("<mjml><mj-body>{{ nothing.such }}</mj-body></mjml>", encoding="utf-8")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with pytest.raises(RenderError, match=r"edition\.mjml"):
            await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        assert edition.status is EditionStatus.DRAFT
        broken.unlink()
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 3


@pytest.mark.parametrize(
    ("file", "content", "part"),
    [
        (
            "footer.mjml",
            '<mj-section><mj-column><mj-text><a href="/out">Unsubscribe</a></mj-text></mj-column></mj-section>',
            "HTML",
        ),
        ("text.txt", "Good morning! {{ edition.view_url }}", "text"),
    ],
)
async def test_no_mail_leaves_without_a_way_out(
    site: Site, tmp_path: Path, *, file: str, content: str, part: str
) -> None:
    """A site's own template that forgot the link stops preview, approval, copy and send; nobody is marked."""
    pipeline.collect(site.settings, site.store, now=clock())
    own = site.root / "templates/ukraine-today" / file
    own.parent.mkdir(parents=True)
    own.write_text(content, encoding="utf-8")
    refused = pytest.raises(RenderError, match=rf"{file}: the {part} part has no unsubscribe link")
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with refused:
            pipeline.preview(settings, site.store, site.newsletter, site.slot, now=clock())
        draft = site.store.editions.get("morning", site.slot)
        assert draft is not None
        with refused:
            pipeline.approve(settings, site.store, site.newsletter, draft, now=clock())
        with refused:
            await pipeline.send_copy(settings, site.store, site.newsletter, site.slot, to="ed@example.org", now=clock())
        with refused:
            await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        assert inbox.received == 0
        kept = site.store.editions.get("morning", site.slot)
        assert kept is not None
        assert kept.status is EditionStatus.DRAFT
        own.unlink()
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 3


async def test_too_few_stories_skip_the_edition_and_say_so(site: Site) -> None:
    """Below min_stories nothing goes out; articles that come in time make it an edition after all."""
    newsletter = replace(site.newsletter, selection=replace(site.newsletter.selection, min_stories=3))
    pipeline.collect(site.settings, site.store, now=clock())
    sent = await pipeline.send(site.settings, site.store, newsletter, site.slot, clock=clock)
    assert sent.edition.status is EditionStatus.SKIPPED
    assert "3" in sent.edition.note
    rebuilt = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    assert rebuilt.status is EditionStatus.DRAFT


async def test_a_test_copy_reaches_one_address_and_leaves_the_ledger_alone(site: Site, tmp_path: Path) -> None:
    """`send --to` shows the mail to an editor without sending the edition."""
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        reply = await pipeline.send_copy(
            settings, site.store, site.newsletter, site.slot, to="editor@example.net", now=clock()
        )
    assert reply.startswith("250")
    assert recipients(inbox.folder) == ["editor@example.net"]
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.DRAFT


def test_a_dry_run_names_those_who_would_get_it(site: Site) -> None:
    """Nothing is sent or fixed, and the answer is the audience of this moment."""
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.unsubscribe(site.store, site.newsletter, "bo@example.org", now=clock(), how="test")
    due = pipeline.who_is_due(site.settings, site.store, site.newsletter, site.slot, now=clock())
    assert due.addresses == ("ann@example.org", "cy@example.org")
    assert due.edition.status is EditionStatus.DRAFT


async def test_an_edition_waits_for_its_first_subscriber(site: Site, tmp_path: Path) -> None:
    """Nobody on the list is an error, not an edition that is done for good."""
    (site.root / "subscribers.csv").write_text("email\n", encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with pytest.raises(AudienceError, match="nobody is subscribed"):
            await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
        (site.root / "subscribers.csv").write_text("email\nann@example.org\n", encoding="utf-8")
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 1


@pytest.mark.parametrize("slip", ["", "   \n", "ann at example.org\nbo at example.org\n"])
def test_a_spoilt_list_file_does_not_end_every_subscription(site: Site, slip: str) -> None:
    """An emptied file, or one of bad lines alone, is refused; a header that stands alone is meant."""
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    (site.root / "subscribers.csv").write_text(slip, encoding="utf-8")
    with pytest.raises(AudienceError, match="3 are subscribed"):
        pipeline.synchronise(site.store, site.newsletter, now=clock())
    assert site.store.subscribers.reachable("morning") == 3
    (site.root / "subscribers.csv").write_text("email\n", encoding="utf-8")
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    assert site.store.subscribers.reachable("morning") == 0


async def test_a_copy_of_a_skipped_edition_is_refused(site: Site) -> None:
    """An editor is told why there is nothing to see, instead of getting an empty mail."""
    with pytest.raises(UsageError, match="skipped: no stories between"):
        await pipeline.send_copy(
            site.settings, site.store, site.newsletter, site.slot, to="editor@example.net", now=clock()
        )
