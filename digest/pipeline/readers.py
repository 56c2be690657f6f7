"""What readers may ask for themselves: out of a newsletter, what else they get, and to see an edition in a browser.

A link names its reader by a signed token (see audience.consent) and asks for no login, for whoever wants out must not
be stopped at a door.  Mails are forwarded with their links, so the same token never subscribes anyone: that takes the
owner's own word, by mail to the sender.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from digest.audience.consent import read_token
from digest.config import Settings
from digest.delivery.bodies import fill_slots
from digest.errors import AudienceError, RenderError
from digest.model import Edition, Newsletter, Rendered, Subscriber, SubscriberStatus
from digest.pipeline.armed import note_change
from digest.pipeline.find import find_edition
from digest.pipeline.images import hosted, render_mail
from digest.pipeline.links import PREFERENCES, UNSUBSCRIBE, public_values
from digest.render import is_shortened
from digest.store import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a link speaks for."""

    subscriber: int | None  # None: the mail was a test copy, sent to no subscriber
    newsletter: Newsletter | None  # None for a test copy, and where it is no longer configured
    title: str  # the newsletter's, or its id where that is all that is left of it
    left: bool = False  # they unsubscribed before
    id: str = ""  # the newsletter's, configured or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the address of a link's reader gets from this site; of a test copy, nothing."""

    reader: Reader
    gets: tuple[Reader, ...] = ()  # its subscriptions that get mail, in the order in which they began
    ended: tuple[Newsletter, ...] = ()  # what it was subscribed to, and can ask for again
    left: Reader | None = None  # what this very request ended


def reader_of(settings: Settings, store: Store, token: str, *, key: bytes) -> Reader:
    """Tell whom an unsubscribe link speaks for; changes nothing.

    Raises AudienceError, always with the same words, for a token that is not ours and for a subscription that is gone.
    """
    kept = _subscription(store, token, purpose=UNSUBSCRIBE, key=key)
    return _NOBODY if kept is None else _reader(settings, kept)


def leave(settings: Settings, store: Store, token: str, *, key: bytes, now: datetime, how: str) -> Reader:
    """End the subscription that a link speaks for, at once and for good; repeating it changes nothing.

    The line in the list file stays: it is its curator's, it may be large, and it brings nobody back.
    Raises AudienceError as `reader_of` does.
    """
    reader = reader_of(settings, store, token, key=key)
    if reader.subscriber is not None and store.subscribers.unsubscribe(reader.subscriber, now=now, how=how):
        note_change(settings, store, now=now)
    return reader


def preferences_of(settings: Settings, store: Store, token: str, *, key: bytes) -> Preferences:
    """Tell what the address gets that a preferences link speaks for; changes nothing.

    Raises AudienceError as `reader_of` does.
    """
    kept = _subscription(store, token, purpose=PREFERENCES, key=key)
    if kept is None:
        return Preferences(reader=_NOBODY)
    gets: list[Reader] = []
    ended: list[Newsletter] = []
    for one in store.subscribers.find(kept.address):
        reader = _reader(settings, one)
        if one.status is SubscriberStatus.ACTIVE and one.listed:
            gets.append(reader)
        elif reader.newsletter is not None:
            ended.append(reader.newsletter)
    return Preferences(reader=_reader(settings, kept), gets=tuple(gets), ended=tuple(ended))


def leave_one(
    settings: Settings, store: Store, token: str, subscription: int, *, key: bytes, now: datetime, how: str
) -> Preferences:
    """End one subscription of the address that a preferences link speaks for, as `leave` does; tell what is left.

    Another address's subscription is nobody's business here: nothing is changed, and `left` is None.
    """
    kept = _subscription(store, token, purpose=PREFERENCES, key=key)
    own = [] if kept is None else store.subscribers.find(kept.address)
    chosen = next((one for one in own if one.id == subscription), None)
    if chosen is not None and store.subscribers.unsubscribe(chosen.id, now=now, how=how):
        note_change(settings, store, now=now)
    left = None if chosen is None else _reader(settings, chosen)
    return replace(preferences_of(settings, store, token, key=key), left=left)


def _subscription(store: Store, token: str, *, purpose: str, key: bytes) -> Subscriber | None:
    """The subscription that a token was made for; None for a test copy's."""
    number = read_token(key, token, purpose=purpose)
    if number == 0:
        return None
    kept = store.subscribers.get(number)
    if kept is None:
        raise AudienceError(
            "this link was cut short or is not one of ours",
            remedy="Open the link in the newsletter again; if it was copied, copy all of it",
        )
    return kept


_NOBODY = Reader(subscriber=None, newsletter=None, title="")


def _reader(settings: Settings, kept: Subscriber) -> Reader:
    known = kept.newsletter in settings.newsletters
    newsletter = settings.newsletter(kept.newsletter) if known else None
    return Reader(
        subscriber=kept.id,
        newsletter=newsletter,
        title=newsletter.title if newsletter else kept.newsletter,
        left=kept.status is SubscriberStatus.UNSUBSCRIBED,
        id=kept.newsletter,
    )


def public_edition(settings: Settings, store: Store, key: str) -> Rendered | None:
    """Give the mail of an edition as it goes out, addressed to nobody; None for one that has not begun to go out.

    Of a mail that was shortened for Gmail's sake, all stories.
    """
    edition = find_edition(settings, store, key)
    if edition is None or not edition.status.begun:
        return None
    frozen = store.editions.frozen(edition.newsletter, edition.slot)
    if frozen is None:
        return None
    rendered, site = frozen[0], settings.site.public_url
    if is_shortened(rendered) and edition.newsletter in settings.newsletters:
        rendered = _whole(settings, edition) or rendered
    values = public_values(site, edition)
    return replace(
        rendered,
        subject=fill_slots(rendered.subject, values),
        preheader=fill_slots(rendered.preheader, values),
        html=fill_slots(hosted(rendered.html, site), values, escape=html.escape),
        text=fill_slots(rendered.text, values),
    )


def _whole(settings: Settings, edition: Edition) -> Rendered | None:
    """The edition with all its stories, in today's theme; None where that does not render."""
    newsletter = settings.newsletter(edition.newsletter)
    try:
        return render_mail(settings, newsletter, edition, now=None, whole=True)
    except RenderError as error:  # somebody is at work on the templates: the page shows the mail, as far as it goes
        _log.warning("an edition is shown shortened", edition=edition.key, problem=str(error))
        return None
