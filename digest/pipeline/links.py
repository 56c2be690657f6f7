"""What fills a message's slots for one subscriber: the reader's name and the links that are theirs alone."""

from __future__ import annotations

from digest.audience.consent import make_token
from digest.model import Edition, Newsletter, Subscriber

UNSUBSCRIBE = "unsubscribe"  # the purpose that an unsubscribe token is signed for


def slot_values(newsletter: Newsletter, edition: Edition, subscriber: Subscriber, *, key: bytes) -> dict[str, str]:
    """Give every slot that a template may use its value; `key` signs the links."""
    token = make_token(key, purpose=UNSUBSCRIBE, subscriber=subscriber.id)
    return {
        "name": subscriber.name,
        "unsubscribe_url": f"{newsletter.public_url}/unsubscribe/{token}",
        "view_url": f"{newsletter.public_url}/editions/{edition.key}",
    }
