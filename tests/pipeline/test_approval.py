"""Approval: what waits for it, who is told, and that what was approved is what goes out."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.errors import UsageError
from digest.model import EditionStatus
from digest.schedule import Service
from tests.conftest import Site, clock
from tests.pipeline.test_desk import approve, at, built, with_approval


def test_an_approved_edition_stays_as_it_was_approved(site: Site) -> None:
    """Articles that come in later do not change what somebody stood behind."""
    built(site)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    approved = approve(site, edition)
    assert approve(site, approved) == approved
    (site.root / "articles/late.txt").write_text(
        "A third story\n\n5 March 2026, 10:00 AM\n\nThe council of Lutsk has bought twelve trolleybuses.\n",
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock())
    assert pipeline.build(site.store, site.newsletter, site.slot, now=clock()) == approved


async def test_a_draft_that_needs_approval_is_not_sent_without(site: Site, tmp_path: Path) -> None:
    """`send` says who is missing; approved, the same command sends."""
    newsletter = replace(site.newsletter, approval="required")
    built(site, newsletter)
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        with pytest.raises(UsageError, match="digest approve morning --slot 2026-03-05T09:00"):
            await pipeline.send(settings, site.store, newsletter, site.slot, clock=clock)
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        approve(site, edition)
        sent = await pipeline.send(settings, site.store, newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 3


@pytest.mark.parametrize(
    ("unapproved", "becomes"),
    [
        ("send", (EditionStatus.SENT, 3, "goes out though nobody approved it")),
        ("hold", (EditionStatus.DRAFT, 0, "is held until somebody approves it")),
        ("skip", (EditionStatus.SKIPPED, 0, "is skipped: nobody approved it")),
    ],
)
async def test_what_nobody_approved_by_its_slot_goes_as_configured_and_somebody_is_told(
    site: Site, tmp_path: Path, unapproved: str, becomes: tuple[EditionStatus, int, str]
) -> None:
    """Sent, held or skipped; the editors are told once, however many turns the service takes."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, unapproved).with_relay(inbox.host, inbox.port)
        service = Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1)))
        await service.turn()
        await service.turn()
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    status, mails, told = becomes
    assert edition.status is status
    arrived = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in inbox.folder.glob("*.eml")]
    letters = [str(one["Subject"]) for one in arrived if "ed@example.org" in str(one["To"])]
    assert letters == [letters[0]]
    assert told in letters[0]
    assert len(arrived) - 1 == mails


async def test_a_held_edition_goes_out_once_it_is_approved(site: Site, tmp_path: Path) -> None:
    """Approved within the grace, the service's next turn sends it."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "hold").with_relay(inbox.host, inbox.port)
        service = Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1)))
        await service.turn()
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        approve(site, edition)
        await service.turn()
    assert inbox.received == 1 + 3


async def test_a_note_that_it_is_held_goes_when_it_is_not(site: Site, tmp_path: Path) -> None:
    """Approved, and then sent, an edition no longer says that it waits."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "hold").with_relay(inbox.host, inbox.port)
        service = Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1)))
        await service.turn()
        held = site.store.editions.get("morning", site.slot)
        assert held is not None
        assert held.note == "held for approval"
        assert approve(site, held).note == ""
        await service.turn()
    sent = site.store.editions.get("morning", site.slot)
    assert sent is not None
    assert (sent.status, sent.note) == (EditionStatus.SENT, "")


def test_approval_is_of_a_draft_that_somebody_could_see(site: Site) -> None:
    """Where no draft lies, none is made and approved unseen; the one that waits is named."""
    built(site)
    with pytest.raises(UsageError, match=r"digest preview morning --slot 2026-03-06T09:00.*2026-03-05T09:00"):
        pipeline.on_desk(site.store, site.newsletter, site.slot + timedelta(days=1))


async def test_what_was_approved_is_what_is_sent_whatever_changes_later(site: Site, tmp_path: Path) -> None:
    """A theme that is changed after the approval changes neither the preview nor the mail; an edit takes it anew."""
    built(site)
    draft = pipeline.on_desk(site.store, site.newsletter, site.slot)
    approve(site, draft)
    before = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    changed = replace(site.newsletter, theme_settings={"accent": "#123456"}, title="Evening")
    after = pipeline.preview(site.settings, site.store, changed, site.slot, now=clock())
    assert (after.html, after.text) == (before.html, before.text)
    async with Inbox(tmp_path / "inbox") as inbox:
        await pipeline.send(site.with_relay(inbox.host, inbox.port), site.store, changed, site.slot, clock=clock)
    arrived = message_from_bytes(next(inbox.folder.glob("*.eml")).read_bytes(), policy=policy.default)
    sent = arrived.get_body(("html",))
    assert sent is not None
    assert "#123456" not in sent.get_content()
    assert "Evening" not in sent.get_content()


def test_an_approved_edition_that_is_edited_is_rendered_anew(site: Site) -> None:
    """It is a draft again, and its former mail is not what goes out."""
    built(site)
    approve(site, pipeline.on_desk(site.store, site.newsletter, site.slot))
    assert site.store.editions.approved("morning", site.slot) is not None
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    changed = text.replace("Readers took 420 packets", "Readers carried off 420 packets")
    edition = pipeline.take_back(site.store, site.newsletter, site.slot, changed)
    assert edition.status is EditionStatus.DRAFT
    approve(site, edition)
    mail = site.store.editions.approved("morning", site.slot)
    assert mail is not None
    assert "carried off 420" in mail.text


async def test_an_edition_that_is_approved_at_the_last_moment_is_not_skipped(site: Site, tmp_path: Path) -> None:
    """The turn has the draft in hand when the approval comes: the approval counts, and nobody is told otherwise."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "skip").with_relay(inbox.host, inbox.port)
        newsletter = settings.newsletter("morning")
        pipeline.collect(settings, site.store, now=clock())
        draft = pipeline.build(site.store, newsletter, site.slot, now=clock())
        approved = pipeline.approve(settings, site.store, newsletter, draft, now=clock())
        assert await pipeline.at_its_slot(settings, site.store, newsletter, draft, now=clock()) == approved
    assert inbox.received == 0


async def test_editors_are_not_told_of_what_then_fails(site: Site, tmp_path: Path) -> None:
    """A theme that is broken at the slot is tried again every minute; the mail that it goes out comes when it does."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "send").with_relay(inbox.host, inbox.port)
        file = site.root / "digest.toml"
        words = file.read_text(encoding="utf-8")
        file.write_text(words.replace('theme = "ukraine-today"', 'theme = "nosuch"'), encoding="utf-8")
        broken = site.reread().with_relay(inbox.host, inbox.port)
        moment = at(site.slot + timedelta(minutes=1))
        for _turn in range(2):
            await Service(broken, site.store, clock=moment).turn()
        assert inbox.received == 0
        await Service(settings, site.store, clock=moment).turn()
    assert inbox.received == 1 + 3


async def test_what_nobody_approved_and_somebody_takes_back_waits_for_them(site: Site, tmp_path: Path) -> None:
    """`unapproved = "skip"` does not skip it once more: a person is at it, and approved it goes out."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "skip").with_relay(inbox.host, inbox.port)
        newsletter = settings.newsletter("morning")
        late = site.slot + timedelta(minutes=1)
        service = Service(settings, site.store, clock=at(late))
        await service.turn()
        skipped = site.store.editions.get("morning", site.slot)
        assert skipped is not None
        with pytest.raises(UsageError, match=r"digest skip morning --slot 2026-03-05T09:00 --undo"):
            pipeline.approve(settings, site.store, newsletter, skipped, now=late)
        draft = pipeline.unskip(site.store, newsletter, skipped, now=late)
        await service.turn()
        assert site.store.editions.get("morning", site.slot) == draft
        assert draft.status is EditionStatus.DRAFT
        pipeline.approve(settings, site.store, newsletter, draft, now=late)
        await service.turn()
    assert inbox.received == 1 + 3


def test_an_approval_fixes_the_number_that_the_mail_tells(site: Site) -> None:
    """Two drafts wait as no. 1; approved one after the other they are 1 and 2, in their kept mails too."""
    pipeline.collect(site.settings, site.store, now=clock())
    newsletter = replace(site.newsletter, selection=replace(site.newsletter.selection, min_stories=0))
    slots = (site.slot, site.slot - timedelta(days=1))
    drafts = [pipeline.build(site.store, newsletter, slot, now=clock()) for slot in slots]
    assert [one.number for one in drafts] == [1, 1]
    assert [approve(site, one).number for one in drafts] == [1, 2]
    for number, slot in enumerate(slots, start=1):
        mail = site.store.editions.approved("morning", slot)
        assert mail is not None
        assert f"No. {number}" in mail.text
