"""A draft until somebody stands behind it: approve, hold, skip, and tell the editors.

A draft's note says what its editors were told of it; such a draft is not built over (see build.is_on_desk).
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid

import structlog

from digest.config import Settings
from digest.delivery import connect
from digest.errors import DigestError, MailServerError, UsageError
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.apart import here
from digest.pipeline.images import render_mail
from digest.pipeline.relays import relays_of
from digest.pipeline.slots import passed_over
from digest.store import Store

HELD = "held for approval"
WAITING = "waits for approval"

_log = structlog.get_logger(__name__)


def approve(settings: Settings, store: Store, newsletter: Newsletter, edition: Edition, *, now: datetime) -> Edition:
    """Stand behind a draft: from now on it is neither built nor edited by itself, and goes out at its slot.

    Its mail is rendered and kept: a theme or a setting that changes later changes nothing of it.  Raises UsageError
    for an edition that was skipped or went out, RenderError; approving twice is the same as once.
    """
    drafted = edition.status is EditionStatus.DRAFT
    passed = passed_over(settings, newsletter, edition.slot, now=now)
    edition = store.editions.numbered(edition, passed=passed)
    if drafted and store.editions.approve(edition, render_mail(settings, newsletter, edition, now=now), passed=passed):
        return _kept(store, edition)
    kept = _kept(store, edition)
    if kept.status is not EditionStatus.APPROVED:
        why = f" ({kept.note})" if kept.note else ""
        back = f"digest skip {edition.newsletter} --slot {edition.slot:%Y-%m-%dT%H:%M} --undo"
        raise UsageError(
            f"it is {kept.status}{why} and cannot be approved",
            where=edition.key,
            remedy=f"To take that back first: {back}" if kept.status is EditionStatus.SKIPPED else "",
        )
    return kept


def skip(store: Store, edition: Edition, *, why: str) -> Edition:
    """Let an edition not go out; raises UsageError where it did already."""
    allowed = (EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.SKIPPED)
    if not store.editions.move(edition, to=EditionStatus.SKIPPED, allowed=allowed, note=why):
        raise UsageError(f"it is {edition.status} already", where=edition.key)
    return _kept(store, edition)


def unskip(store: Store, newsletter: Newsletter, edition: Edition, *, now: datetime) -> Edition:
    """Take `skip` back: the edition is a draft again, with what an editor made of it.

    Where drafts need their approval, so does this one, approved before or not; `unapproved` does not skip it again.
    Raises UsageError for one that nobody skipped.
    """
    note = "" if newsletter.approval == "auto" else WAITING if now < edition.slot else HELD
    if store.editions.unskip(edition, note=note):
        return store.editions.numbered(_kept(store, edition))
    kept = _kept(store, edition)
    if kept.status is EditionStatus.SKIPPED:
        raise UsageError(
            f"nobody skipped it: it has too few stories ({kept.note})",
            where=edition.key,
            remedy="It is built again when articles come in; selection.min_stories says how many it needs.",
        )
    raise UsageError(f"it is {kept.status.said}, not skipped", where=edition.key)


async def at_its_slot(
    settings: Settings, store: Store, newsletter: Newsletter, edition: Edition, *, now: datetime
) -> Edition:
    """Decide what becomes of a draft that nobody approved by its slot, and tell the editors, once.

    Gives the edition as it stands now: approved where the newsletter says `send`, skipped for `skip`, else still a
    draft that waits for `digest approve`.
    """
    if newsletter.approval == "auto" or edition.status is not EditionStatus.DRAFT:
        return edition
    # Done first, then told: what fails is tried again every minute, and would be told as often.
    if newsletter.unapproved == "send":
        # In a thread, for its mail may fetch a picture.
        edition = await asyncio.to_thread(approve, settings, store, newsletter, edition, now=now)
        await tell_editors(settings, newsletter, edition, "goes out though nobody approved it", now=now)
        return edition
    if newsletter.unapproved == "skip":
        # One that is approved at this very moment is not skipped.
        why = "nobody approved it by its slot"
        if store.editions.move(edition, to=EditionStatus.SKIPPED, allowed=(EditionStatus.DRAFT,), note=why):
            await tell_editors(settings, newsletter, edition, f"is skipped: {why}", now=now)
        return _kept(store, edition)
    # The note is how it is known that the editors were told; where the mail did not leave, the next turn tries again.
    if edition.note != HELD and await tell_editors(
        settings, newsletter, edition, "is held until somebody approves it", now=now
    ):
        store.editions.move(edition, to=EditionStatus.DRAFT, allowed=(EditionStatus.DRAFT,), note=HELD)
    return _kept(store, edition)


async def lay_on_desk(
    settings: Settings, store: Store, newsletter: Newsletter, edition: Edition, *, now: datetime
) -> None:
    """Tell the editors, once, of a draft that waits for them; where no mail left, the next call tries again."""
    untold = edition.status is EditionStatus.DRAFT and not edition.note
    if untold and await tell_editors(settings, newsletter, edition, "is a draft for you to approve", now=now):
        store.editions.move(edition, to=EditionStatus.DRAFT, allowed=(EditionStatus.DRAFT,), note=WAITING)


async def tell_editors(
    settings: Settings, newsletter: Newsletter, edition: Edition, what: str, *, now: datetime
) -> bool:
    """Mail the newsletter's editors about an edition, and tell whether that left; the log has it in any case.

    A relay that is away must not keep the edition from going out: it is logged, and that is all.
    """
    _log.warning(f"edition {what}", edition=edition.key)
    if not newsletter.editors:
        return True
    message = EmailMessage(policy=SMTP.clone(max_line_length=76))
    message["From"] = formataddr((newsletter.sender.name, newsletter.sender.address))
    message["To"] = ", ".join(newsletter.editors)
    message["Subject"] = f"{edition.key} {what}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=newsletter.sender.address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    text = here("digest.edition.editing:edition_text", edition)
    message.set_content(f"{edition.subject}\n{edition.intro}\n\n{_ways(edition)}\n\n{text}")
    try:
        await _hand_over(settings, message)
    except DigestError as error:
        _log.error("editors not told", edition=edition.key, problem=str(error))
        return False
    return True


async def _hand_over(settings: Settings, message: EmailMessage) -> None:
    """Give a mail to the first relay that takes ours; raises the last one's error where none does."""
    *others, last = relays_of(settings)
    for relay in others:
        try:
            async with connect(relay) as server:
                await server.send_message(message)
        except MailServerError as error:
            _log.warning("another relay is tried", relay=relay.name, problem=error.what)
        else:
            return
    async with connect(last) as server:
        await server.send_message(message)


def _ways(edition: Edition) -> str:
    """What may be done with an edition as it stands, a command a line."""
    named = f"{edition.newsletter} --slot {edition.slot:%Y-%m-%dT%H:%M}"
    if edition.status in (EditionStatus.DRAFT, EditionStatus.APPROVED, EditionStatus.SKIPPED):
        return (
            f"See it:     digest preview {named}\nChange it:  digest edit {named}\nApprove it: digest approve {named}"
        )
    go_on = f"\nGo on with it:   digest send {named}" if edition.status is EditionStatus.SENDING else ""
    return f"See who has it:  digest report {edition.key}{go_on}"


def past_its_grace(settings: Settings, newsletter: Newsletter, slot: datetime, *, now: datetime) -> bool:
    """Tell whether the service sends the edition of `slot` no more, and only a person may."""
    return now - slot > settings.newsletters[newsletter.id].grace


def _kept(store: Store, edition: Edition) -> Edition:
    kept = store.editions.get(edition.newsletter, edition.slot)
    if kept is None:
        raise DigestError("it is no longer in the store", where=edition.key)
    return kept
