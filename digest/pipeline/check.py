"""What is wrong with an edition's mail: the linter's findings on what it says, and ours on the headers it travels with.

Kept out: the rules for the mail itself (render.check), and anything that asks the network.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from digest.delivery.bodies import split_slots
from digest.model import Newsletter, Rendered
from digest.pipeline.links import OURS
from digest.render.check import Finding, Level, check, weight

_USUAL_LIMIT = 10_240_000  # bytes: what Postfix takes unless told otherwise (message_size_limit), and many keep to


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """A header that mail to a list needs, and who minds when it is not there."""

    name: str
    what: str
    remedy: str = ""  # with the newsletter's id where it says {newsletter}
    level: Level = "error"


_HEADERS = (
    _Header(name="From", what="nobody is named as the sender (RFC 5322)"),
    _Header(name="Date", what="the message has no date (RFC 5322), which spam filters count against it"),
    _Header(name="Message-ID", what="the message has no Message-ID (RFC 5322), which spam filters count against it"),
    _Header(name="List-Id", what="the message has no List-Id (RFC 2919), by which readers file a newsletter"),
    _Header(name="List-Unsubscribe", what="no List-Unsubscribe (RFC 2369): mail programs show no way out"),
    _Header(
        name="List-Unsubscribe-Post",
        what="no one-click unsubscribe (RFC 8058), which Gmail and Yahoo ask of bulk mail",
        remedy="It needs a site.public_url that begins with https.",
    ),
    _Header(
        name="DKIM-Signature",
        what="digest does not sign it; unless your mail server does, Gmail and Yahoo refuse bulk mail",
        remedy="Make a key: digest dkim {newsletter}",
        level="note",
    ),
)


def findings_of(
    rendered: Rendered, message: bytes, *, newsletter: Newsletter, columns: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """All that is to be said of an edition and of its message to one subscriber, errors first.

    Pictures under the newsletter's `public_url` are the site's own.  `columns` are those of the list file; None where
    nobody knows.
    """
    host = urlsplit(newsletter.public_url).hostname
    found = [*check(rendered, image_hosts=(host,) if host else ()), *_headers(message, newsletter), *_whole(message)]
    if columns is not None:
        found += _slots(rendered, columns)
    return tuple(sorted(found, key=weight))


def _slots(rendered: Rendered, columns: Collection[str]) -> list[Finding]:
    """Slots that no column fills: a letter amiss, and every reader gets the fallback, or nothing."""
    asked = [slot for text in (rendered.subject, rendered.html, rendered.text) for slot in split_slots(text)[1]]
    unknown = {one.name: one.fallback for one in asked if one.name not in OURS and one.name not in columns}
    return [
        Finding(
            level="warning",
            rule="slot",
            what=f"the list file has no column “{name}”: "
            + (f"every reader gets “{fallback}”" if fallback else "nothing stands there for any reader"),
            where=f'slot("{name}")',
            remedy=_meant(name, columns),
        )
        for name, fallback in unknown.items()
    ]


def _meant(name: str, columns: Collection[str]) -> str:
    folded = {column.casefold(): column for column in columns}
    if close := get_close_matches(name.casefold(), folded, n=1):
        return f"Is “{folded[close[0]]}” meant?"
    return f"Its columns: {', '.join(columns)}." if columns else "It has none besides the address and the name."


def _whole(message: bytes) -> list[Finding]:
    if len(message) <= _USUAL_LIMIT:
        return []
    return [
        Finding(
            level="warning",
            rule="message-size",
            what=f"the message has {len(message):,} bytes; many mail servers take no more than {_USUAL_LIMIT:,}",
            remedy="Show fewer stories, or pictures from the web (images.mode); or ask for your server's limit.",
        )
    ]


def _headers(message: bytes, newsletter: Newsletter) -> list[Finding]:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    return [
        Finding(
            level=header.level,
            rule="header",
            what=header.what,
            where=header.name,
            remedy=header.remedy.format(newsletter=newsletter.id),
        )
        for header in _HEADERS
        if not str(parsed.get(header.name, "")).strip()
    ]
