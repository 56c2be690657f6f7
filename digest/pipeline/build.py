"""Articles of a window into the edition of a slot."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from digest.config import Settings
from digest.edition.assemble import assemble
from digest.edition.slots import next_slot, previous_slot, slot_at
from digest.errors import UsageError
from digest.keypoints import condense
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.reword import reworded
from digest.rewriter import Endpoint
from digest.store import Store

_log = structlog.get_logger(__name__)
# After a pause longer than this an edition starts anew: nobody wants last month's news as today's.
_LONGEST_WINDOW = timedelta(days=7)


def named_slot(newsletter: Newsletter, text: str) -> datetime:
    """Read a slot as a person types it, `2022-01-28T09:00` or `2022-01-28`, on the newsletter's wall clock.

    Raises UsageError, which names the nearest slots, for any other.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no slot", remedy="Write it as 2022-01-28T09:00, or the date alone.") from error
    by_date = "T" not in text and ":" not in text
    return slot_at(newsletter.schedule, newsletter.timezone, local.date() if by_date else local)


def due_slot(
    settings: Settings, store: Store, newsletter: Newsletter, *, now: datetime, samples: bool = False
) -> datetime:
    """Give the slot that a command without --slot means.

    An edition that began to go out and is not finished; else the slot just past, if it is within its grace and has
    not gone out; else the next to come.  With `samples`, where nothing is stored for that one, the slot after the
    newest article: on an archive there is something to look at.
    """
    for edition in store.editions.recent(newsletter.id, limit=10):
        if edition.status is EditionStatus.SENDING:
            return edition.slot
    past = previous_slot(newsletter.schedule, newsletter.timezone, now)
    kept = store.editions.get(newsletter.id, past)
    open_still = kept is None or kept.status in (EditionStatus.DRAFT, EditionStatus.APPROVED)
    if open_still and now - past <= settings.newsletters[newsletter.id].grace:
        return past
    coming = next_slot(newsletter.schedule, newsletter.timezone, now)
    newest = store.articles.newest(newsletter.selection.languages) if samples else None
    if newest is None or newest > _window(store, newsletter, coming)[0]:
        return coming
    return next_slot(newsletter.schedule, newsletter.timezone, newest)


def slot_past(newsletter: Newsletter, *, now: datetime) -> datetime:
    """Give the latest slot at or before `now`."""
    return previous_slot(newsletter.schedule, newsletter.timezone, now)


def slot_coming(newsletter: Newsletter, *, now: datetime) -> datetime:
    """Give the first slot after `now`."""
    return next_slot(newsletter.schedule, newsletter.timezone, now)


def build(store: Store, newsletter: Newsletter, slot: datetime, *, rewriter: Endpoint | None = None) -> Edition:
    """Assemble the edition of `slot` and keep it as a draft; one that went out already is returned as it is.

    Too few stories make it a skipped edition, whose note says so; it is built again when articles arrive.
    With a `rewriter` (see `rewriter_of`) extracted points may be told in its words; call it then where no event loop
    runs.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is not None and kept.status not in (EditionStatus.DRAFT, EditionStatus.SKIPPED):
        return kept
    window = _window(store, newsletter, slot)
    articles = store.articles.published(
        window[0], window[1], languages=newsletter.selection.languages, sources=newsletter.selection.sources
    )
    points = {article.id: condense(article, max_points=newsletter.selection.max_points) for article in articles}
    edition = assemble(
        newsletter,
        slot=slot,
        window=window,
        articles=articles,
        points=points,
        number=store.editions.next_number(newsletter.id, slot),
    )
    if rewriter is not None and edition.status is EditionStatus.DRAFT:
        edition = reworded(edition, newsletter, rewriter, kept=kept)
    edition = store.editions.save(edition)
    _log.info("edition built", edition=edition.key, articles=len(articles), stories=len(edition.stories))
    return edition


def _window(store: Store, newsletter: Newsletter, slot: datetime) -> tuple[datetime, datetime]:
    """From where the last edition that went out ended, or the slot before, up to the slot itself."""
    last = store.editions.last_published(newsletter.id, slot)
    if last is not None and slot - last.window[1] <= _LONGEST_WINDOW:
        return last.window[1], slot
    return previous_slot(newsletter.schedule, newsletter.timezone, slot - timedelta(seconds=1)), slot
