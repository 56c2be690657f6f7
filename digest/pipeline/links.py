"""What fills a message's slots for one subscriber: their name, what the list file says of them, and their own links."""

from __future__ import annotations

from collections.abc import Collection

from digest.audience.consent import make_token
from digest.model import Edition, Newsletter, Subscriber

UNSUBSCRIBE, PREFERENCES = "unsubscribe", "preferences"  # the purposes that tokens are signed for
_PREFERENCES_URL = "preferences_url"
OURS = frozenset({"name", "unsubscribe_url", "view_url", _PREFERENCES_URL})  # slots that no column fills


def slot_values(
    newsletter: Newsletter, edition_key: str, subscriber: Subscriber, *, key: bytes, needed: Collection[str]
) -> dict[str, str]:
    """Give every slot that a template may use its value; `key` signs the links.

    A column of the list file that is called like one of ours is not what fills it.
    `needed` are the slots that must have one: a link that nobody asks for is not signed a million times.
    """
    token = make_token(key, purpose=UNSUBSCRIBE, subscriber=subscriber.id)
    values = {
        **subscriber.attributes,
        "name": subscriber.name,
        "unsubscribe_url": f"{newsletter.public_url}/unsubscribe/{token}",
        "view_url": f"{newsletter.public_url}/editions/{edition_key}",
    }
    if _PREFERENCES_URL in needed:
        token = make_token(key, purpose=PREFERENCES, subscriber=subscriber.id)
        values[_PREFERENCES_URL] = f"{newsletter.public_url}/preferences/{token}"
    return values


def public_values(site: str, edition: Edition) -> dict[str, str]:
    """Give the slots of an edition that is shown to everybody, at the public address `site`: nobody's name or token."""
    return {
        "name": "",
        "unsubscribe_url": f"{site}/unsubscribe",
        "preferences_url": f"{site}/preferences",
        "view_url": f"{site}/editions/{edition.key}",
    }
