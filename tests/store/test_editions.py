import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from digest.errors import StoreError
from digest.model import EditionStatus, Rendered
from digest.store import Store, open_store
from digest.store.documents import edition_document
from digest.store.schema import edition_contents, editions

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)


def slot(day: int, **other: Any) -> datetime:
    return datetime(2022, 1, day, 9, 0, tzinfo=NEW_YORK, **other)


def test_an_edition_comes_back_as_it_was(store: Store, an_edition: Any) -> None:
    """All that an edition says survives, in the newsletter's own zone."""
    edition = an_edition(note="quiet\0day")
    assert store.editions.save(edition) == replace(edition, note="quiet\ufffdday")
    kept = store.editions.get("ukraine-today", edition.slot)
    assert kept == replace(edition, note="quiet\ufffdday")
    assert kept is not None
    assert kept.slot.tzinfo is NEW_YORK
    assert store.editions.get("ukraine-today", edition.slot + DAY) is None
    assert store.editions.get("another", edition.slot) is None


def test_a_draft_replaces_a_draft_and_is_counted_anew(store: Store, an_edition: Any, now: datetime) -> None:
    """Building again before approval changes what it says, when it was built, and a number that is out of date."""
    store.editions.save(an_edition(number=7), built=now)
    kept = store.editions.save(an_edition(number=7, subject="Better"), built=now + DAY)
    assert (kept.subject, kept.number) == ("Better", 1)
    assert store.editions.built_at("ukraine-today", kept.slot) == now + DAY
    assert store.editions.recent(None, 9) == [kept]


@pytest.mark.parametrize("status", [EditionStatus.APPROVED, EditionStatus.SKIPPED])
def test_what_was_decided_stays(store: Store, an_edition: Any, status: EditionStatus) -> None:
    """A build that comes after a decision returns the edition that was decided on."""
    draft = store.editions.save(an_edition())
    assert store.editions.move(draft, to=status, allowed={EditionStatus.DRAFT}, note="by the editor")
    kept = store.editions.save(an_edition(subject="Later"))
    assert kept == replace(draft, status=status, note="by the editor")


def test_a_build_may_change_what_a_build_skipped(store: Store, an_edition: Any) -> None:
    """Too few stories at eight need not mean too few at nine; nobody decided on it."""
    store.editions.save(an_edition(status=EditionStatus.SKIPPED, note="0 stories", sections=()))
    kept = store.editions.save(an_edition())
    assert (kept.status, kept.note, len(kept.stories)) == (EditionStatus.DRAFT, "", 1)


def test_only_the_freeze_starts_an_edition(store: Store, an_edition: Any) -> None:
    """An edition that goes out without fixed bytes is our bug, in whatever way it is asked for."""
    with pytest.raises(ValueError, match="never saved, yet is sending"):
        store.editions.save(an_edition(status=EditionStatus.SENDING))
    draft = store.editions.save(an_edition())
    with pytest.raises(ValueError, match="only freeze"):
        store.editions.move(draft, to=EditionStatus.SENDING, allowed={EditionStatus.DRAFT})


def test_a_move_needs_the_status_it_expects(store: Store, an_edition: Any) -> None:
    """Of two who decide at once one wins, and the other is told."""
    draft = store.editions.save(an_edition(note="first"))
    assert store.editions.move(draft, to=EditionStatus.APPROVED, allowed={EditionStatus.DRAFT})
    assert not store.editions.move(draft, to=EditionStatus.SKIPPED, allowed={EditionStatus.DRAFT}, note="no")
    kept = store.editions.get(draft.newsletter, draft.slot)
    assert kept is not None
    assert (kept.status, kept.note) == (EditionStatus.APPROVED, "first")
    assert not store.editions.move(an_edition(newsletter="x"), to=EditionStatus.SENT, allowed=list(EditionStatus))


def test_the_freeze_fixes_mail_date_and_audience(
    store: Store, an_edition: Any, a_list: Any, rendered: Rendered, now: datetime
) -> None:
    """The first freeze stands: another mail, another date and later subscribers change nothing."""
    draft = store.editions.save(an_edition())
    assert store.editions.frozen(draft.newsletter, draft.slot) is None
    store.subscribers.sync("ukraine-today", a_list("a@example.org"), now=now)
    store.subscribers.sync("another", a_list("b@example.org"), now=now)
    assert store.editions.freeze(draft, rendered, date=now) == (rendered, now)
    kept = store.editions.get(draft.newsletter, draft.slot)
    assert kept == replace(draft, status=EditionStatus.SENDING)
    store.subscribers.sync("ukraine-today", a_list("a@example.org", "late@example.org"), now=now)
    assert store.editions.freeze(draft, replace(rendered, subject="Other"), date=now + DAY) == (rendered, now)
    assert store.editions.frozen(draft.newsletter, draft.slot) == (rendered, now)
    assert store.deliveries.tally(draft).audience == 1
    assert store.editions.save(an_edition(subject="Later")) == kept


def test_an_approved_edition_is_frozen_too(store: Store, an_edition: Any, rendered: Rendered, now: datetime) -> None:
    """Approval comes before the freeze, and an audience of none is an audience."""
    edition = store.editions.save(an_edition(status=EditionStatus.APPROVED))
    store.editions.freeze(edition, rendered, date=now)
    assert store.deliveries.claim(edition, limit=9, now=now) == []
    assert store.editions.move(edition, to=EditionStatus.SENT, allowed={EditionStatus.SENDING})


def test_what_does_not_go_out_is_not_frozen(store: Store, an_edition: Any, rendered: Rendered, now: datetime) -> None:
    """An edition that is unknown or skipped has no mail, and the error says which it is."""
    with pytest.raises(StoreError, match=r"ukraine-today/2022-01-28T09:00: this edition is not in the store"):
        store.editions.freeze(an_edition(), rendered, date=now)
    skipped = store.editions.save(an_edition(status=EditionStatus.SKIPPED, note="0 stories"))
    with pytest.raises(StoreError, match=r"is skipped and does not go out \(0 stories\)"):
        store.editions.freeze(skipped, rendered, date=now)
    assert store.editions.frozen(skipped.newsletter, skipped.slot) is None


def test_a_mail_of_another_draft_is_not_frozen(
    store: Store, an_edition: Any, rendered: Rendered, now: datetime
) -> None:
    """Built again between rendering and freezing, the edition is not sent under the earlier draft's mail."""
    draft = store.editions.save(an_edition())
    store.editions.save(an_edition(subject="Better"))
    with pytest.raises(StoreError, match="built again while its mail was being made"):
        store.editions.freeze(draft, rendered, date=now)
    assert store.editions.frozen(draft.newsletter, draft.slot) is None


def test_the_assembled_edition_is_as_good_as_the_saved_one(
    store: Store, an_edition: Any, rendered: Rendered, now: datetime
) -> None:
    """A window in UTC and a number that the store corrected are no difference in what it says."""
    edition = an_edition(window=(now - DAY, now))
    store.editions.save(replace(edition, number=4))
    store.editions.freeze(edition, rendered, date=now)


def test_numbers_count_what_goes_out(store: Store, an_edition: Any, rendered: Rendered, now: datetime) -> None:
    """Readers see 1, 2, 3: skipped days and unsent drafts leave no gap, and a newsletter counts for itself."""
    assert store.editions.next_number("ukraine-today", slot(1)) == 1
    store.editions.freeze(store.editions.save(an_edition(slot=slot(1), number=1)), rendered, date=now)
    store.editions.save(an_edition(slot=slot(2), number=2, status=EditionStatus.SKIPPED))
    store.editions.save(an_edition(slot=slot(3), number=2))
    assert store.editions.next_number("ukraine-today", slot(4)) == 2
    assert store.editions.approve(store.editions.save(an_edition(slot=slot(4), number=2)), rendered)
    assert store.editions.next_number("ukraine-today", slot(5)) == 3
    assert store.editions.next_number("another", slot(5)) == 1


def test_a_number_that_is_held_stays(store: Store, an_edition: Any, rendered: Rendered, now: datetime) -> None:
    """Approved or gone out, an edition keeps its number whatever comes; a draft left behind counts after them."""
    left, sent, approved = (store.editions.save(an_edition(slot=slot(day), number=1)) for day in (1, 2, 3))
    store.editions.freeze(store.editions.numbered(sent), rendered, date=now)
    assert store.editions.approve(store.editions.numbered(approved), rendered)
    assert [store.editions.next_number("ukraine-today", slot(day)) for day in (1, 2, 3)] == [3, 1, 2]
    assert store.editions.numbered(left).number == 3
    kept = store.editions.recent("ukraine-today", 9)
    assert [(one.slot, one.number) for one in kept] == [(slot(3), 2), (slot(2), 1), (slot(1), 3)]
    assert [store.editions.numbered(one) for one in kept] == kept


def test_no_number_is_given_twice(store: Store, an_edition: Any, rendered: Rendered, now: datetime) -> None:
    """Rendered at the same time under one number, the second is told so before its mail is fixed, and gets the next."""
    one, other, third = (store.editions.save(an_edition(slot=slot(day), number=1)) for day in (1, 2, 3))
    store.editions.freeze(one, rendered, date=now)
    with pytest.raises(StoreError, match=r"no\. 1 went to the edition of 2022-01-01T09:00:00"):
        store.editions.freeze(other, rendered, date=now)
    with pytest.raises(StoreError, match=r"no\. 1 went to the edition of"):
        store.editions.approve(third, rendered)
    assert store.editions.frozen(other.newsletter, other.slot) is None
    store.editions.freeze(store.editions.numbered(other), rendered, date=now)
    assert store.editions.approve(store.editions.numbered(third), rendered)
    assert sorted(edition.number for edition in store.editions.recent(None, 9)) == [1, 2, 3]


def test_an_approved_edition_that_is_skipped_gives_its_number_back(
    store: Store, an_edition: Any, rendered: Rendered
) -> None:
    """Nobody has seen it, so the next edition may have it."""
    draft = store.editions.save(an_edition(slot=slot(1), number=1))
    assert store.editions.approve(draft, rendered)
    assert store.editions.next_number("ukraine-today", slot(2)) == 2
    assert store.editions.move(draft, to=EditionStatus.SKIPPED, allowed={EditionStatus.APPROVED})
    assert store.editions.next_number("ukraine-today", slot(2)) == 1


def test_the_last_published_is_the_one_that_went_out(
    store: Store, an_edition: Any, rendered: Rendered, now: datetime
) -> None:
    """Drafts and skipped days do not count, nor does the slot itself, nor another newsletter."""
    out = store.editions.save(an_edition(slot=slot(1)))
    store.editions.freeze(out, rendered, date=now)
    store.editions.save(an_edition(slot=slot(2)))
    store.editions.save(an_edition(slot=slot(3), status=EditionStatus.SKIPPED))
    found = store.editions.last_published("ukraine-today", slot(4))
    assert found is not None
    assert found.slot == slot(1)
    assert store.editions.last_published("ukraine-today", slot(1)) is None
    assert store.editions.last_published("another", slot(4)) is None


def test_the_latest_come_first(store: Store, an_edition: Any) -> None:
    """A table of editions begins with today's."""
    for day in (2, 3, 1):
        store.editions.save(an_edition(slot=slot(day)))
    store.editions.save(an_edition(newsletter="another", slot=slot(2)))
    assert [edition.slot.day for edition in store.editions.recent("ukraine-today", 2)] == [3, 2]
    assert [edition.key for edition in store.editions.recent(None, 3)] == [
        "ukraine-today/2022-01-03T09:00",
        "another/2022-01-02T09:00",
        "ukraine-today/2022-01-02T09:00",
    ]


def test_the_repeated_hour_is_two_slots(store: Store, an_edition: Any) -> None:
    """Half past one comes twice when summer time ends; elsewhere the fold means nothing."""
    first = datetime(2022, 11, 6, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    store.editions.save(an_edition(slot=first, subject="first"))
    store.editions.save(an_edition(slot=second, subject="second"))
    for when, subject in ((first, "first"), (second, "second")):
        kept = store.editions.get("ukraine-today", when)
        assert kept is not None
        assert (kept.subject, kept.slot.fold, kept.slot.utcoffset()) == (subject, when.fold, when.utcoffset())
    store.editions.save(an_edition(slot=slot(28), subject="nine"))
    assert store.editions.save(an_edition(slot=slot(28, fold=1), subject="nine again")).subject == "nine again"
    assert len(store.editions.recent(None, 9)) == 3


def test_new_rules_for_a_zone_make_no_second_edition(store: Store, an_edition: Any) -> None:
    """Nine is nine on the wall clock: when a country drops summer time, yesterday's edition is still found."""
    store.editions.save(an_edition(slot=slot(28)))
    with store._database.writing() as connection:  # as if it had been kept under other rules
        connection.execute(update(editions).values(slot=slot(28) - timedelta(hours=1)))
    kept = store.editions.get("ukraine-today", slot(28))
    assert kept is not None
    assert kept.key == "ukraine-today/2022-01-28T09:00"


def test_a_slot_needs_a_named_zone(store: Store, an_edition: Any) -> None:
    """UTC has a name; an offset is no zone, for it does not know when the clocks change."""
    assert store.editions.save(an_edition(slot=datetime(2022, 1, 28, 9, tzinfo=UTC))).slot.tzinfo == ZoneInfo("UTC")
    with pytest.raises(ValueError, match="no named time zone"):
        store.editions.get("n", datetime(2022, 1, 28, 9, tzinfo=timezone(timedelta(hours=2))))


def test_an_unknown_zone_says_what_to_install(store: Store, an_edition: Any) -> None:
    """A database that came from a machine with newer zone data is no riddle."""
    store.editions.save(an_edition())
    with store._database.writing() as connection:
        connection.execute(update(editions).values(zone="Europe/Atlantis"))
    with pytest.raises(StoreError, match=r"does not know the time zone 'Europe/Atlantis'.*tzdata"):
        store.editions.recent(None, 1)


def test_processes_that_save_a_slot_together_end_with_one(url: str, tmp_path: Path) -> None:
    """Two schedulers that build the same morning keep one edition, and both hold that one."""
    worker = Path(__file__).with_name("worker.py")
    go = tmp_path / "go"
    open_store(url).close()
    started = [
        subprocess.Popen([sys.executable, str(worker), "save", url, str(go), name], stdout=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    go.touch()
    assert [process.communicate(timeout=60)[0] for process in started] == ["ok\n"] * 3
    assert [process.returncode for process in started] == [0, 0, 0]
    with open_store(url) as store:
        assert len(store.editions.recent(None, 9)) == 1


def test_a_document_of_an_earlier_version_goes_out_all_the_same(store: Store, an_edition: Any, now: datetime) -> None:
    """What came to the model since the edition was approved is no change of what it says."""
    edition = store.editions.save(an_edition())
    older = {name: value for name, value in json.loads(edition_document(edition)).items() if name != "drops"}
    with store.editions._database.writing() as connection:
        connection.execute(update(edition_contents).values(document=json.dumps(older)))
    kept = store.editions.get("ukraine-today", edition.slot)
    assert kept is not None
    assert kept == edition
    rendered = Rendered(subject="s", preheader="", html="<p>", text="t", language="en")
    assert store.editions.freeze(kept, rendered, date=now) == (rendered, now)


def test_editions_of_a_time_are_found_however_many_there_are(store: Store, an_edition: Any) -> None:
    """Both ends are included, other newsletters and other times are not."""
    for day in range(1, 29):
        store.editions.save(an_edition(slot=slot(day)))
    store.editions.save(an_edition(newsletter="another", slot=slot(5)))
    found = store.editions.between("ukraine-today", slot(4), slot(6))
    assert [(one.newsletter, one.slot.day) for one in found] == [("ukraine-today", day) for day in (6, 5, 4)]


def test_a_build_after_a_note_may_still_be_built_again(store: Store, an_edition: Any) -> None:
    """That its editors were told of a draft decides nothing: found too thin later, it may have its stories at nine."""
    draft = store.editions.save(an_edition())
    assert store.editions.move(draft, to=EditionStatus.DRAFT, allowed={EditionStatus.DRAFT}, note="waits")
    store.editions.save(an_edition(status=EditionStatus.SKIPPED, note="0 stories", sections=()))
    assert store.editions.save(an_edition()).status is EditionStatus.DRAFT
    assert store.editions.move(draft, to=EditionStatus.APPROVED, allowed={EditionStatus.DRAFT}, note="")
    kept = store.editions.get("ukraine-today", draft.slot)
    assert kept is not None
    assert kept.note == ""
