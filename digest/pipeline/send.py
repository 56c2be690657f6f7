"""An edition to everyone who has not had it.

    build -> approve -> freeze (mail, date and audience are fixed) -> claim, offer, record ... -> sent

Run again after any interruption it goes on where the ledger says; run twice at once, the ledger gives no subscriber
to both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from digest.audience.address import normalise_address
from digest.config import Settings
from digest.delivery import compile_message, deliver
from digest.errors import AudienceError, DigestError, MailServerRefused, UsageError
from digest.model import (
    DeliveryState,
    Edition,
    EditionStatus,
    LineProblem,
    Newsletter,
    Subscriber,
    SubscriberStatus,
    Tally,
)
from digest.pipeline.apart import apart
from digest.pipeline.armed import require_armed
from digest.pipeline.book import Copy
from digest.pipeline.build import build
from digest.pipeline.deadline import after_deadline, closed, conclude
from digest.pipeline.endpoint import rewriter_of
from digest.pipeline.halt import ways_on
from digest.pipeline.images import embedded_images
from digest.pipeline.links import slot_values
from digest.pipeline.pairs import partners_of
from digest.pipeline.part import BRIEFLY, Mail, mail_of, send_part, take_over
from digest.pipeline.processes import beside
from digest.pipeline.relays import relays_of
from digest.pipeline.shown import shown_mail
from digest.pipeline.signing import signer_of
from digest.pipeline.slots import passed_over
from digest.pipeline.subscribe import synchronise
from digest.store import Store

_log = structlog.get_logger(__name__)
_NOT_YET = (EditionStatus.DRAFT, EditionStatus.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Where the edition stands after a send, and the lines of the list file that could not be followed."""

    edition: Edition
    tally: Tally
    sent_now: int = 0  # of the tally's `sent`, those since this send began
    ended_before: datetime | None = None  # the date of its mail, in its zone, where it had ended before this send
    problems: tuple[LineProblem, ...] = ()
    held_until: datetime | None = None  # nobody may go before, in the site's zone
    held_by: str = ""  # what holds them: a limit, a receiver's wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An edition that is on its way, with its mail; without mail, one that does not go out (any more)."""

    edition: Edition
    mail: Mail | None = None
    problems: tuple[LineProblem, ...] = ()
    goes_on: bool = False  # it had begun before


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Who would get an edition if it were sent now."""

    edition: Edition
    addresses: tuple[str, ...]
    problems: tuple[LineProblem, ...] = ()


async def send(
    settings: Settings,
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    clock: Callable[[], datetime],
    stop: asyncio.Event | None = None,
    past_deadline: bool = False,
    patience: timedelta = BRIEFLY,
    on_progress: Callable[[int, int], None] | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> Sent:
    """Send the edition of `slot`, built now if it is not, to all of its audience that the ledger shows without it.

    `on_progress` hears how many of how many are done.  When `stop` is set, what is in flight is finished and
    recorded, and the edition stays `sending`.  Deferred mail stays due: the next call tries what has come of age.
    Where nobody may go for longer than `patience`, it ends and tells until when; `say` hears of shorter waits.
    At its deadline it ends likewise, and what is left is dealt with (see deadline.py); with `past_deadline` it goes on.
    `delivery.processes` of the settings tells how many processes share the work.
    Raises MailServerError with all replies recorded, and what `start` raises.
    """
    started = await start(settings, store, newsletter, slot, clock=clock, past_deadline=past_deadline)
    edition, problems = started.edition, started.problems
    if started.mail is None:
        date = store.editions.mail_date(edition)
        ended = date.astimezone(newsletter.timezone) if date is not None and edition.status.ended else None
        tally = store.deliveries.tally(edition)
        return Sent(edition=edition, tally=tally, problems=problems, ended_before=ended)
    had = store.deliveries.tally(edition).sent if started.goes_on else 0
    part = partial(
        send_part,
        store=store,
        mail=started.mail,
        clock=clock,
        stop=stop,
        past_deadline=past_deadline,
        patience=patience,
        say=say,
    )
    try:
        async with beside(
            settings, store, edition, stop=stop, past_deadline=past_deadline, on_progress=on_progress
        ) as (share, told):
            done = await part(share, on_progress=told)
        # One of the others may have died while this one was at its last messages.
        over = done.stopped or done.held_until is not None
        if not over and take_over(settings, store, edition, now=clock()).released:
            done = await part(settings, on_progress=on_progress)
    finally:
        if not past_deadline:
            await after_deadline(settings, store, newsletter, slot, now=clock())
    tally = conclude(store, store.editions.get(newsletter.id, slot) or edition)
    left = tally.pending + tally.deferred
    store.limits.tidy(now=clock())
    log = _log.bind(edition=edition.key, held_by=done.held_by) if done.held_by else _log.bind(edition=edition.key)
    log.info("send ended", sent_now=done.sent, stopped=done.stopped, left=left)
    return Sent(
        edition=store.editions.get(newsletter.id, slot) or edition,
        tally=tally,
        sent_now=tally.sent - had,
        problems=problems,
        held_until=done.held_until.astimezone(ZoneInfo(settings.site.timezone)) if done.held_until and left else None,
        held_by=done.held_by,
    )


async def start(
    settings: Settings,
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    clock: Callable[[], datetime],
    past_deadline: bool = False,
) -> Started:
    """Have the edition of `slot` on its way: built if it is not, its mail, date and audience fixed.

    Raises RenderError, AudienceError where nobody would get it, and UsageError for a draft that still needs its
    approval, with the edition as it was; NotArmed for a database that was copied or restored; StoreError.
    """
    require_armed(settings, store, now=clock())
    edition = await asyncio.to_thread(_built, settings, store, newsletter, slot, now=clock())
    if edition.status is EditionStatus.SKIPPED or edition.status.ended:
        if edition.status is EditionStatus.SKIPPED:
            _log.info("edition skipped", edition=edition.key, note=edition.note)
        return Started(edition=edition)
    if edition.status is EditionStatus.PAUSED:
        why = f" ({edition.note})" if edition.note else ""
        tally = store.deliveries.tally(edition)
        raise UsageError(f"it is paused{why}", where=edition.key, remedy=ways_on(edition, tally))
    if newsletter.approval == "required" and edition.status is EditionStatus.DRAFT:
        raise UsageError(
            "nobody approved it",
            where=edition.key,
            remedy=f"digest approve {newsletter.id} --slot {slot:%Y-%m-%dT%H:%M}",
        )
    # Before anything is fixed: a wrong key, or a password that cannot be read, leaves everything as it was.
    signer_of(settings, newsletter)
    relays_of(settings)
    goes_on = edition.status not in _NOT_YET
    if not goes_on:
        problems = await _begin(settings, store, newsletter, edition, clock=clock, past_deadline=past_deadline)
    else:
        problems = synchronise(store, newsletter, now=clock()).problems
    mail = mail_of(settings, store, newsletter, edition)
    if mail is None and goes_on:
        raise DigestError("it is sending, but its mail is not in the store", where=edition.key)
    # Without mail its deadline came first.
    return Started(edition=edition, mail=mail, problems=problems, goes_on=goes_on)


async def _begin(
    settings: Settings,
    store: Store,
    newsletter: Newsletter,
    edition: Edition,
    *,
    clock: Callable[[], datetime],
    past_deadline: bool,
) -> tuple[LineProblem, ...]:
    """Render the edition, follow the list file, and fix both, unless the deadline comes first; give bad lines."""
    # Rendered before the list is read: a broken template leaves everything as it was.
    # In a thread, for it may fetch a picture.
    rendered, _ = await asyncio.to_thread(shown_mail, settings, store, newsletter, edition, now=clock(), run=apart)
    problems = synchronise(store, newsletter, now=clock()).problems
    if not past_deadline and closed(newsletter, edition.slot, now=clock()):
        return problems
    if not store.subscribers.any_reachable(newsletter.id):
        raise AudienceError(
            "nobody is subscribed, so the edition waits",
            where=newsletter.list_path,
            remedy="Add somebody: digest subscribers add ADDRESS",
        )
    now = clock()
    store.editions.freeze(edition, rendered, date=now, passed=passed_over(settings, newsletter, edition.slot, now=now))
    return problems


def who_is_due(settings: Settings, store: Store, newsletter: Newsletter, slot: datetime, *, now: datetime) -> Due:
    """Tell who would get the edition of `slot` now, by the list file and the ledger.

    Sends and fixes nothing; the draft and the subscriptions it speaks of are brought up to date.
    """
    edition = _built(settings, store, newsletter, slot, now=now)
    problems = synchronise(store, newsletter, now=now).problems
    waiting = () if edition.status is EditionStatus.SKIPPED else store.deliveries.waiting(edition)
    return Due(edition=edition, addresses=tuple(subscriber.address for subscriber in waiting), problems=problems)


async def send_copy(
    settings: Settings, store: Store, newsletter: Newsletter, slot: datetime, *, to: str, now: datetime
) -> str:
    """Send one copy of the edition to `to`, as a test; gives the relay's reply.

    The ledger and the edition stay as they are: an address that is also a subscriber gets its own copy later.
    Raises AudienceError for an address that is none, UsageError for a skipped edition, MailServerError where the
    relay does not take the copy.
    """
    edition = await asyncio.to_thread(_built, settings, store, newsletter, slot, now=now)
    if edition.status is EditionStatus.SKIPPED:
        raise UsageError(f"this edition is skipped: {edition.note}", where=edition.key, remedy="Name another --slot.")
    rendered, _ = await asyncio.to_thread(shown_mail, settings, store, newsletter, edition, now=now, run=apart)
    reader = Subscriber(
        id=0,
        newsletter=newsletter.id,
        address=normalise_address(to),
        name="",
        attributes={},
        status=SubscriberStatus.ACTIVE,
    )
    signer = signer_of(settings, newsletter)
    images = embedded_images(settings, rendered)
    template = compile_message(rendered, newsletter, edition_key=edition.key, date=now, signer=signer, images=images)
    values = slot_values(newsletter, edition.key, reader, key=settings.signing_key(), needed=template.slots)
    copy = Copy(template.address(reader, values))
    await deliver(copy, relays=relays_of(settings), clock=lambda: now, connections=1)
    if copy.outcome is None or copy.outcome.state is not DeliveryState.SENT:
        raise MailServerRefused(
            f"it did not take the copy for {to} ({copy.outcome.reply if copy.outcome else 'no reply'})",
            where=copy.outcome.relay if copy.outcome else "",
        )
    return copy.outcome.reply


def _built(settings: Settings, store: Store, newsletter: Newsletter, slot: datetime, *, now: datetime) -> Edition:
    rewriter, partners = rewriter_of(settings), partners_of(settings, newsletter)
    # Apart: a process that sends a million messages needs no kitchen, nor should one hold up its loop.
    passed = passed_over(settings, newsletter, slot, now=now)
    return build(store, newsletter, slot, now=now, rewriter=rewriter, partners=partners, run=apart, passed=passed)
