"""The editor's desk: drafts that are laid on it, changes that are kept, and editions that can be made again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.edition.difference import difference
from digest.errors import UsageError
from digest.model import Edition, EditionStatus, Newsletter
from digest.render import render_edition
from digest.schedule import Service
from tests.conftest import Site, clock


def built(site: Site, newsletter: Newsletter | None = None) -> None:
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.build(site.store, newsletter or site.newsletter, site.slot, now=clock())


def approve(site: Site, edition: Edition) -> Edition:
    return pipeline.approve(site.settings, site.store, site.newsletter, edition, now=clock())


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_an_edited_draft_is_not_built_over(site: Site) -> None:
    """What the editor wrote survives the next build; --rebuild lets the words go and keeps the drops."""
    built(site)
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    lines = text.replace("Readers took 420 packets", "Readers carried off 420 packets").splitlines()
    start = next(number for number, line in enumerate(lines) if "Bridge over" in line and line.startswith("## "))
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("## ")), len(lines))
    changed = pipeline.take_back(site.store, site.newsletter, site.slot, "\n".join(lines[:start] + lines[end:]))
    assert changed.edited
    again = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    assert again == changed
    assert [story.lead.title for story in again.stories] == ["City library lends its first seeds"]
    reworded = next(point for story in again.stories for point in story.points if "carried off" in point.text)
    assert reworded.original is not None
    assert "Readers took 420" in reworded.original
    afresh = pipeline.build(site.store, site.newsletter, site.slot, now=clock(), afresh=True)
    assert not afresh.edited
    assert [story.lead.title for story in afresh.stories] == ["City library lends its first seeds"]
    assert "Readers took 420" in " ".join(point.text for story in afresh.stories for point in story.points)


def with_approval(site: Site, unapproved: str) -> Site:
    """The site with its newsletter waiting for approval, and one editor to tell."""
    file = site.root / "digest.toml"
    theme = 'theme = "ukraine-today"'
    desk = f'{theme}\napproval = "required"\neditors = ["ed@example.org"]\nunapproved = "{unapproved}"'
    file.write_text(file.read_text(encoding="utf-8").replace(theme, desk), encoding="utf-8")
    return site.reread()


async def test_a_draft_is_laid_on_the_desk_before_its_slot(site: Site, tmp_path: Path) -> None:
    """An hour before nine the draft is built and the editors have it by mail, once, to read and approve."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "hold").with_relay(inbox.host, inbox.port)
        early = Service(settings, site.store, clock=at(site.slot - timedelta(hours=2)))
        await early.turn()
        assert site.store.editions.get("morning", site.slot) is None
        service = Service(settings, site.store, clock=at(site.slot - timedelta(minutes=50)))
        await service.turn()
        await service.turn()
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.DRAFT
    (letter,) = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in inbox.folder.glob("*.eml")]
    body = letter.get_body(("plain",))
    assert body is not None
    assert "digest approve morning --slot 2026-03-05T09:00" in body.get_content()
    assert "420 packets" in body.get_content()


def test_two_editions_differ_by_their_stories_and_points(site: Site) -> None:
    """A dropped story and a reworded point are each one line of the difference."""
    built(site)
    one = site.store.editions.get("morning", site.slot)
    assert one is not None
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    changed = text.replace("Readers took 420 packets", "Readers carried off 420 packets")
    two = pipeline.take_back(site.store, site.newsletter, site.slot, changed)
    lines = list(difference(one, two))
    assert [line[:1] for line in lines if "420 packets" in line] == ["-", "+"]
    assert list(difference(two, two)) == []


def test_late_arrivals_are_caught_by_the_next_edition(site: Site) -> None:
    """What was published before a slot and came in after its edition was built is told in the next."""
    built(site)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    rendered = render_edition(edition, site.newsletter, template_paths=site.settings.template_paths)
    site.store.editions.freeze(edition, rendered, date=clock())
    site.store.editions.move(edition, to=EditionStatus.SENT, allowed=(EditionStatus.SENDING,))
    (site.root / "articles/late.txt").write_text(
        "Lutsk buys trolleybuses\n\n5 March 2026, 10:00 AM\n\nThe council of Lutsk has bought twelve trolleybuses.\n",
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock() + timedelta(seconds=1))
    after = pipeline.build(
        site.store, site.newsletter, site.slot + timedelta(days=1), now=clock() + timedelta(seconds=2)
    )
    assert [story.lead.title for story in after.stories] == ["Lutsk buys trolleybuses"]


async def test_a_story_comes_back_only_with_news(site: Site) -> None:
    """The day after, the same event is told again with what changed alone, as an update of the earlier edition."""
    built(site)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    rendered = render_edition(edition, site.newsletter, template_paths=site.settings.template_paths)
    site.store.editions.freeze(edition, rendered, date=clock())
    site.store.editions.move(edition, to=EditionStatus.SENT, allowed=(EditionStatus.SENDING,))
    (site.root / "articles/bridge2.txt").write_text(
        "Bridge over the Ros closes again after a day\n\n5 March 2026, 08:30 PM\n\n"
        "The road bridge over the Ros at Bila Tserkva opened on Wednesday, two years after a flood took its middle "
        "span.\n\nInspectors closed the bridge over the Ros on Thursday evening after a lorry of 60 tonnes cracked an "
        "expansion joint at Bila Tserkva.\n\nRepairs will take nine days, the regional roads office said.\n",
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock())
    after = pipeline.build(site.store, site.newsletter, site.slot + timedelta(days=1), now=clock())
    (story,) = after.stories
    assert story.update_of == edition.key
    said = " ".join(point.text for point in story.points)
    assert "60 tonnes" in said
    assert "two years after a flood" not in said
    assert pipeline.verify(site.store, site.newsletter, site.slot + timedelta(days=1)).differences == ()


def test_a_text_is_taken_back_only_into_the_draft_it_was_made_of(site: Site) -> None:
    """Marks count places: once the draft was built again, an old text would tie words to another article."""
    built(site)
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    (site.root / "articles/third.txt").write_text(
        "Lutsk buys trolleybuses\n\n5 March 2026, 10:00 AM\n\nThe council of Lutsk has bought twelve trolleybuses.\n",
        encoding="utf-8",
    )
    built(site)
    with pytest.raises(UsageError, match="built or edited again since"):
        pipeline.take_back(site.store, site.newsletter, site.slot, text)


def test_what_lies_on_the_desk_is_what_is_approved(site: Site) -> None:
    """Articles that came in since the draft was read are not approved with it."""
    built(site)
    seen = site.store.editions.get("morning", site.slot)
    (site.root / "articles/third.txt").write_text(
        "Lutsk buys trolleybuses\n\n5 March 2026, 10:00 AM\n\nThe council of Lutsk has bought twelve trolleybuses.\n",
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock())
    assert pipeline.draft(site.store, site.newsletter, site.slot, now=clock()) == seen


async def test_editors_who_could_not_be_told_are_told_by_the_next_turn(site: Site, tmp_path: Path) -> None:
    """A relay that is away when a draft is held does not leave its editors in the dark."""
    async with Inbox(tmp_path / "inbox") as inbox:
        host, port = inbox.host, inbox.port
    settings = with_approval(site, "hold").with_relay(host, port)
    service = Service(settings, site.store, clock=at(site.slot + timedelta(minutes=1)))
    await service.turn()
    async with Inbox(tmp_path / "inbox", host=host, port=port) as inbox:
        await service.turn()
        await service.turn()
    assert inbox.received == 1


def forged(text: str) -> str:
    return text.replace("Readers took 420 packets", "Readers of Kharkiv took 421 packets")


def test_an_editors_words_say_no_more_than_their_sentences(site: Site) -> None:
    """A number or name that stands in none of them is refused with the words; the draft stays as it was."""
    built(site)
    before = site.store.editions.get("morning", site.slot)
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    with pytest.raises(UsageError, match=r"(?s)a number that is not in the sentences: 421.*--force"):
        pipeline.take_back(site.store, site.newsletter, site.slot, forged(text))
    with pytest.raises(UsageError, match="a name that is not in the sentences: Kharkiv"):
        pipeline.take_back(site.store, site.newsletter, site.slot, forged(text).replace("421", "420"))
    assert site.store.editions.get("morning", site.slot) == before
    free = text.replace("Readers took 420 packets in the first morning", "Flood of visitors went off with 420 packets")
    pipeline.take_back(site.store, site.newsletter, site.slot, free)  # other words for the same are the editor's art


def test_words_that_are_kept_by_force_are_recorded(site: Site) -> None:
    """The edition keeps what they add; opened again, they are the editor's; put right, the record goes."""
    built(site)
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    edition = pipeline.take_back(site.store, site.newsletter, site.slot, forged(text), force=True)
    (point,) = (point for story in edition.stories for point in story.points if point.on_trust)
    assert point.on_trust == "a number that is not in the sentences: 421"
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    assert "is kept on an editor's word: a number that is not in the sentences: 421" in text
    again = pipeline.take_back(
        site.store, site.newsletter, site.slot, text.replace(f'subject = "{edition.subject}"', 'subject = "Seeds"')
    )
    assert point in [point for story in again.stories for point in story.points]
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot).replace(
        "Readers of Kharkiv took 421", "Readers took 420"
    )
    right = pipeline.take_back(site.store, site.newsletter, site.slot, text)
    assert not any(point.on_trust for story in right.stories for point in story.points)


def test_what_the_editors_were_told_of_is_not_built_over(site: Site) -> None:
    """Articles that came in since change nothing of it, until somebody asks for that with --rebuild."""
    built(site)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    site.store.editions.move(edition, to=EditionStatus.DRAFT, allowed=(EditionStatus.DRAFT,), note="waits for approval")
    (site.root / "articles/third.txt").write_text(
        "Lutsk buys trolleybuses\n\n5 March 2026, 10:00 AM\n\nThe council of Lutsk has bought twelve trolleybuses.\n",
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock())
    assert len(pipeline.build(site.store, site.newsletter, site.slot, now=clock()).stories) == 2
    afresh = pipeline.build(site.store, site.newsletter, site.slot, now=clock(), afresh=True)
    assert (len(afresh.stories), afresh.note) == (3, "")


async def test_a_draft_that_was_only_looked_at_is_laid_on_the_desk_too(site: Site, tmp_path: Path) -> None:
    """Somebody's early preview does not keep the draft from the other editors, and once they know, they know."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = with_approval(site, "hold").with_relay(inbox.host, inbox.port)
        early = site.slot - timedelta(hours=2)
        pipeline.collect(site.settings, site.store, now=early)
        pipeline.build(site.store, site.newsletter, site.slot, now=early)
        for minutes in (50, 40, 30):
            await Service(settings, site.store, clock=at(site.slot - timedelta(minutes=minutes))).turn()
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert (inbox.received, edition.note) == (1, "waits for approval")


def test_what_an_editor_made_of_it_survives_a_skip(site: Site) -> None:
    """Skipped and taken back, it says what it said; one that goes out or has too few stories is not skipped."""
    built(site)
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    changed = pipeline.take_back(
        site.store, site.newsletter, site.slot, text.replace("Readers took 420", "Readers carried off 420")
    )
    approve(site, changed)
    skipped = pipeline.skip(site.store, changed, why="a holiday")
    assert pipeline.unskip(site.store, site.newsletter, skipped, now=clock()) == changed
    with pytest.raises(UsageError, match="it is a draft, not skipped"):
        pipeline.unskip(site.store, site.newsletter, changed, now=clock())
    selection = replace(site.newsletter.selection, min_stories=9)
    hungry = replace(site.newsletter, selection=selection)
    few = pipeline.build(site.store, hungry, site.slot, now=clock(), afresh=True)
    assert few.status is EditionStatus.SKIPPED
    with pytest.raises(UsageError, match="nobody skipped it: it has too few stories"):
        pipeline.unskip(site.store, hungry, few, now=clock())


async def test_readers_see_no_gap_where_a_draft_was_not_sent(site: Site, tmp_path: Path) -> None:
    """Wednesday's draft stays on the desk, Thursday's mail is no. 1; sent by hand after all, Wednesday's is no. 2."""
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        pipeline.collect(settings, site.store, now=clock())
        day_before = site.slot - timedelta(days=1)
        newsletter = replace(site.newsletter, selection=replace(site.newsletter.selection, min_stories=0))
        left = pipeline.build(site.store, newsletter, day_before, now=clock())
        assert left.number == 1
        await pipeline.send(settings, site.store, newsletter, site.slot, clock=clock)
        await pipeline.send(settings, site.store, newsletter, day_before, clock=clock)
    found = site.store.editions.recent("morning", 9)
    assert [(one.slot, one.number, one.status) for one in found] == [
        (site.slot, 1, EditionStatus.SENT),
        (day_before, 2, EditionStatus.SENT),
    ]
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in inbox.folder.glob("*.eml")]
    said = {body.get_content().split("No. ")[1][0] for mail in mails if (body := mail.get_body(("plain",)))}
    assert said == {"1", "2"}
