"""From files to an edition: what is collected, which window it covers, and that a slot gives one edition."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from digest import pipeline
from digest.errors import SourceUnreadable, UsageError
from digest.model import Edition, EditionStatus, Newsletter, Rendered
from digest.pipeline.apart import here
from digest.schedule import Service
from tests.conftest import Site, clock
from tests.delivery.scripted_relay import ScriptedRelay


def test_collecting_twice_keeps_each_article_once(site: Site) -> None:
    """A second collection finds everything known."""
    first = pipeline.collect(site.settings, site.store, now=clock())
    second = pipeline.collect(site.settings, site.store, now=clock())
    assert (first.new, first.known) == (2, 0)
    assert (second.new, second.known) == (0, 2)


def test_one_bad_file_does_not_stop_the_others(site: Site) -> None:
    """What cannot be read is reported by name, and the rest is stored."""
    (site.root / "articles/picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    result = pipeline.collect(site.settings, site.store, now=clock())
    assert result.new == 2
    assert len(result.problems) == 1
    assert "picture.txt" in str(result.problems[0])


def test_a_missing_source_is_a_problem_not_an_end(site: Site, tmp_path: Path) -> None:
    """A path that does not exist is reported with its name."""
    result = pipeline.collect(site.settings, site.store, now=clock(), paths=[tmp_path / "gone", site.root / "articles"])
    assert result.new == 2
    assert isinstance(result.problems[0], SourceUnreadable)
    assert "gone" in str(result.problems[0])


def test_dates_without_a_zone_are_read_in_the_sites(site: Site) -> None:
    """17:46 in a file means 17:46 in Kyiv where the site says so."""
    pipeline.collect(site.settings, site.store, now=clock())
    bridge = next(article for article in site.store.articles.recent(10) if "Bridge" in article.title)
    assert bridge.published == datetime(2026, 3, 4, 15, 46, tzinfo=UTC)


def test_building_a_slot_twice_gives_the_same_edition(site: Site) -> None:
    """Same store, same slot, same edition, number included."""
    pipeline.collect(site.settings, site.store, now=clock())
    first = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    assert first.status is EditionStatus.DRAFT
    assert [story.lead.title for story in first.stories]
    assert pipeline.build(site.store, site.newsletter, site.slot, now=clock()) == first
    again = pipeline.build(site.store, site.newsletter, site.slot, now=clock(), afresh=True)
    assert again == replace(first, recipe=again.recipe)


def test_what_would_be_made_of_the_same_is_not_made_again(site: Site) -> None:
    """Nothing came in, nothing was set otherwise: no kitchen is opened; with either, or asked for afresh, it is."""
    pipeline.collect(site.settings, site.store, now=clock())
    made: list[str] = []

    def counting(function: str, /, *values: object, **named: object) -> object:
        made.append(function.partition(":")[2])
        return here(function, *values, **named)

    def build(newsletter: Newsletter = site.newsletter, *, afresh: bool = False) -> Edition:
        return pipeline.build(site.store, newsletter, site.slot, now=clock(), run=counting, afresh=afresh)

    first = build()
    assert (build(), made) == (first, ["cook"])
    fewer = replace(site.newsletter, selection=replace(site.newsletter.selection, max_stories=1))
    assert (len(build(fewer).stories), made) == (1, ["cook"] * 2)
    assert (len(build().stories), made) == (2, ["cook"] * 3)
    build(afresh=True)
    assert made == ["cook"] * 4
    (site.root / "articles/seeds.txt").write_text(
        "Seeds are lent\n\n5 March 2026, 10:00 AM\n\nThe city library lent 420 packets of seeds on Thursday.\n",
        encoding="utf-8",
    )
    pipeline.collect(site.settings, site.store, now=clock())
    build()
    assert made == ["cook"] * 5


async def test_a_turn_builds_its_edition_once_and_says_so_once(site: Site) -> None:
    """What the service has built, the send that follows at once does not build again."""
    async with ScriptedRelay() as relay:
        settings = site.with_relay("127.0.0.1", relay.port)
        service = Service(settings, site.store, clock=lambda: site.slot + timedelta(minutes=1))
        with capture_logs() as said:
            await service.turn()
    assert len(relay.kept) == 3
    assert [line["event"] for line in said].count("edition built") == 1


def test_the_window_ends_at_the_slot(site: Site) -> None:
    """An article of after the slot waits for the next edition, one of before the last slot is not repeated."""
    pipeline.collect(site.settings, site.store, now=clock())
    day_after = pipeline.build(site.store, site.newsletter, site.slot + timedelta(days=1), now=clock())
    day_before = pipeline.build(site.store, site.newsletter, site.slot - timedelta(days=1), now=clock())
    assert day_before.status is EditionStatus.SKIPPED
    assert day_after.status is EditionStatus.SKIPPED
    assert len(pipeline.build(site.store, site.newsletter, site.slot, now=clock()).stories) == 2


def test_every_point_is_borne_out_by_its_span(site: Site) -> None:
    """Each key point of the edition is the text of its article at its spans."""
    pipeline.collect(site.settings, site.store, now=clock())
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    for story in edition.stories:
        texts = {article.id: article.text for article in story.articles}
        for point in story.points:
            quoted = " ".join(texts[point.article][span.start : span.end] for span in point.spans)
            assert " ".join(quoted.split()) == point.text


@pytest.mark.parametrize("text", ["2026-03-05T09:00", "2026-03-05"])
def test_a_slot_is_named_by_its_wall_clock_or_its_date(site: Site, text: str) -> None:
    """Either names nine in New York."""
    assert pipeline.named_slot(site.newsletter, text) == site.slot


@pytest.mark.parametrize("text", ["tomorrow", "2026-03-05T10:00", "2026-13-40", "0001-01-01"])
def test_a_slot_that_is_none_is_a_usage_error(site: Site, text: str) -> None:
    """A slip in --slot is one sentence with the right form or the nearest slots."""
    with pytest.raises(UsageError):
        pipeline.named_slot(site.newsletter, text)


def test_without_a_slot_the_one_just_past_counts_within_its_grace(site: Site) -> None:
    """At 09:00:05 nine o'clock's edition is due; three hours later it is tomorrow's."""
    nine = site.slot
    assert pipeline.due_slot(site.settings, site.store, site.newsletter, now=nine + timedelta(seconds=5)) == nine
    later = pipeline.due_slot(site.settings, site.store, site.newsletter, now=nine + timedelta(hours=3))
    assert later == nine + timedelta(days=1)


def test_a_preview_of_an_archive_finds_its_newest_day(site: Site) -> None:
    """Where nothing new is stored, a preview shows the slot after the newest article instead of an empty page."""
    pipeline.collect(site.settings, site.store, now=clock())
    for later in (timedelta(days=20, minutes=5), timedelta(days=20, hours=6)):  # within a slot's grace, and after it
        now = site.slot + later
        assert pipeline.due_slot(site.settings, site.store, site.newsletter, now=now, samples=True) == site.slot
    soon = site.slot + timedelta(minutes=5)
    assert pipeline.due_slot(site.settings, site.store, site.newsletter, now=soon, samples=True) == site.slot
    late = site.slot + timedelta(days=20, minutes=5)
    assert pipeline.due_slot(site.settings, site.store, site.newsletter, now=late) == site.slot + timedelta(days=20)


def test_a_preview_is_written_as_three_files(site: Site, tmp_path: Path) -> None:
    """--out gives the message and its two parts."""
    pipeline.collect(site.settings, site.store, now=clock())
    shown = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    paths = pipeline.write_preview(shown, tmp_path / "out")
    assert [path.name for path in paths] == ["message.eml", "message.html", "message.txt"]
    assert b"List-Unsubscribe" in paths[0].read_bytes()
    assert "<html" in paths[1].read_text(encoding="utf-8")
    assert "420 packets" in paths[2].read_text(encoding="utf-8")


def test_a_preview_that_cannot_be_written_says_where(site: Site, tmp_path: Path) -> None:
    """A file where the folder should be is a usage error that names it."""
    (tmp_path / "out").write_text("", encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    shown = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    with pytest.raises(UsageError, match="out"):
        pipeline.write_preview(shown, tmp_path / "out")


def test_a_file_that_is_saved_again_replaces_its_former_words(site: Site) -> None:
    """An edited file is one article, not two; changed back, its old words count again; a mended date is taken."""
    file = site.root / "articles/bridge.txt"
    words = file.read_text(encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    for title in ("Bridge over the Ros reopens", "Bridge over the Ros opens after two years"):
        first_line = words.partition("\n")[0]
        file.write_text(words.replace(first_line, title), encoding="utf-8")
        assert pipeline.collect(site.settings, site.store, now=clock()).replaced == 1
        titles = [article.title for article in site.store.articles.recent(10)]
        assert sorted(titles) == sorted([title, "City library lends its first seeds"])
    file.write_text(words.replace("05:46 PM", "06:46 PM"), encoding="utf-8")
    assert pipeline.collect(site.settings, site.store, now=clock()).replaced == 1
    bridge = next(article for article in site.store.articles.recent(10) if "Bridge" in article.title)
    assert bridge.published == datetime(2026, 3, 4, 16, 46, tzinfo=UTC)


def test_first_editions_that_were_skipped_are_caught_up(site: Site) -> None:
    """Nothing went out yet: the day that had too few stories comes with the next; a draft looked at does not count."""
    pipeline.collect(site.settings, site.store, now=clock())
    demanding = replace(site.newsletter, selection=replace(site.newsletter.selection, min_stories=3))
    first = pipeline.build(site.store, demanding, site.slot, now=clock())
    assert (first.status, len(first.stories)) == (EditionStatus.SKIPPED, 2)
    after = pipeline.build(site.store, site.newsletter, site.slot + timedelta(days=1), now=clock())
    assert (after.status, after.window[0]) == (EditionStatus.DRAFT, first.window[0])
    assert {story.id for story in after.stories} == {story.id for story in first.stories}
    assert after.sections[-1].title == "What you may have missed"
    later = pipeline.build(site.store, site.newsletter, site.slot + timedelta(days=7), now=clock())
    assert later.window[0] == site.slot  # a week at most


def test_a_first_draft_that_was_only_looked_at_is_not_caught_up(site: Site) -> None:
    """It may yet go out; what it tells is not told by the next as well."""
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    after = pipeline.build(site.store, site.newsletter, site.slot + timedelta(days=1), now=clock())
    assert after.window[0] == site.slot


def test_an_old_slot_remembers_its_own_time(site: Site) -> None:
    """However many editions came later, a slot of long ago is built with the memory that it had."""
    early = pipeline.build(site.store, site.newsletter, site.slot - timedelta(days=1), now=clock())
    site.store.editions.save(replace(early, status=EditionStatus.DRAFT, sections=()))
    site.store.editions.freeze(
        replace(early, status=EditionStatus.DRAFT, sections=()),
        Rendered(subject="s", preheader="", html="", text="", language="en"),
        date=clock(),
    )
    for days in range(1, 112):
        later = replace(early, slot=site.slot + timedelta(days=days), recipe=None, status=EditionStatus.DRAFT)
        site.store.editions.save(later)
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    assert edition.recipe is not None
    assert edition.recipe.earlier == (early.key,)


def test_a_weight_that_no_article_gets_is_told(site: Site) -> None:
    """A misspelt section or source would change nothing in silence; one that exists is not talked about."""
    selection = replace(
        site.newsletter.selection, section_weights={"Sprots": 2.0}, source_weights={"Dnipro Wire": 2.0, "Wire": 3.0}
    )
    newsletter = replace(site.newsletter, selection=selection)
    with capture_logs() as said:
        pipeline.build(site.store, newsletter, site.slot, now=clock())
        assert [one for one in said if "weight" in one["event"]] == []  # nothing is stored yet
        pipeline.collect(site.settings, site.store, now=clock())
        pipeline.build(site.store, newsletter, site.slot, now=clock())
    told = [(one["name"], one["stored"]) for one in said if "weight" in one["event"]]
    assert told == [("Sprots", "none"), ("Wire", "Dnipro Wire")]
