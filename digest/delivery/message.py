"""The message: an edition compiled once to bytes, then addressed to each subscriber by joining pieces.

Headers and what they promise:

    List-Id (RFC 2919), List-Unsubscribe (RFC 2369)   how a mailbox files the list and offers the way out
    List-Unsubscribe-Post (RFC 8058)                  one click, only beside an https link as the RFC demands
    Auto-Submitted: auto-generated (RFC 3834)         no vacation notice comes back
    Feedback-ID                                       Gmail's complaint reports name newsletter and edition
    Message-ID                                        the same whenever this edition goes to this subscriber

`Precedence: bulk` is left out: RFC 2076 calls it discouraged, and List-Id with Auto-Submitted says the same.
Kept out: rendering (the texts come ready, with slots), links and tokens (they come as slots' values), signing (a
Signer is handed in).
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from types import MappingProxyType
from urllib.parse import quote

from digest.delivery.bodies import EncodedBody, encode_body, fill_slots, needed, split_slots
from digest.delivery.dkim import Seal, Signer
from digest.delivery.headers import ascii_url, mailbox, mailbox_field, message_id_field, text_field
from digest.errors import ConfigError
from digest.model import Envelope, Newsletter, Rendered, Subscriber

_UNSUBSCRIBE = "unsubscribe_url"
_FORMAT = {"plain": "; format=flowed"}  # RFC 3676: render writes it so, and a soft line end survives both encodings
_PNG = b"\x89PNG"
_NO_IMAGES: Mapping[str, bytes] = MappingProxyType({})
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
_FEEDBACK_SENDER = (5, 15)  # characters that Gmail asks of the sender's id


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """One edition, encoded but for what varies by subscriber; made by `compile_message`."""

    edition_key: str
    sender: str  # of the envelope: where bounces go
    domain: str  # right-hand side of Message-IDs
    slots: frozenset[str]  # the values that `address` needs: those of slots without a fallback
    subject: str
    before_to: bytes
    before_subject: bytes
    after_subject: bytes
    mailto: str  # the unsubscribing address and subject, the subscriber's address left to add
    bodies: tuple[tuple[bytes, EncodedBody], ...]  # each with the boundary and part headers before it
    closing: bytes
    seal: Seal | None = None  # signs each message

    def address(self, subscriber: Subscriber, slots: Mapping[str, str], *, return_path: str = "") -> Envelope:
        """Fill the slots for one subscriber; the same arguments give the same bytes.

        `return_path` is the envelope's sender where that is this message's own, as for VERP.

        The message is whole: CRLF line ends, no line over 998 octets, none that begins with a dot.  It is ASCII
        unless the recipient's local part is not, which needs SMTPUTF8.
        Values are texts, not markup.  Raises ValueError for a slot without value and fallback, or a URL that no header
        can hold.
        """
        if missing := self.slots - slots.keys():
            raise ValueError(f"{self.edition_key}: no value for the slots {', '.join(sorted(missing))}")
        recipient = mailbox(subscriber.address).address
        identifier = message_id(self.edition_key, subscriber.address, self.domain)
        to = mailbox_field("To", subscriber.name, recipient)
        subject = self._subject(slots)
        last = message_id_field(identifier) + self._way_out(slots[_UNSUBSCRIBE], subscriber.address)
        header = [self.before_to, to, self.before_subject, subject, self.after_subject, last]
        pieces: list[bytes] = []
        for opening, body in self.bodies:
            pieces.append(opening)
            body.fill(slots, pieces)
        pieces.append(self.closing)
        if self.seal is not None:
            # The first two pieces are the same for everyone: they are the opening that the seal has hashed.
            header.insert(0, self.seal.signatures(to + subject + last, pieces[2:]))
        return Envelope(
            subscriber=subscriber.id,
            sender=return_path or self.sender,
            recipient=recipient,
            message_id=identifier,
            message=b"".join(header + pieces),
        )

    def _subject(self, slots: Mapping[str, str]) -> bytes:
        # A subject that is the same for all stands in before_subject.
        return text_field("Subject", fill_slots(self.subject, slots)) if self.subject else b""

    def _way_out(self, url: str, address: str) -> bytes:
        url = ascii_url(url)
        field = f"List-Unsubscribe: <{url}>,\r\n <{self.mailto}%20{quote(address, safe='@')}>\r\n"
        # RFC 8058 3.1 demands https; a preview on http://localhost keeps the link and makes no promise of one click.
        if url.startswith("https://"):
            field += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        return field.encode("ascii")


def compile_message(
    rendered: Rendered,
    newsletter: Newsletter,
    *,
    edition_key: str,
    date: datetime,
    signer: Signer | None = None,
    images: Mapping[str, bytes] = _NO_IMAGES,
) -> MessageTemplate:
    """Encode an edition for everyone who gets it.

    `date` is the edition's, the same however often and whenever it is sent.  The envelope's sender is the newsletter's
    address for bounces, else its own.  `signer` signs every message with DKIM.
    `images` are JPEGs and PNGs that the HTML shows as cid:, by their Content-IDs.
    Raises ConfigError for a sender's address that relays would refuse, ValueError for a `date` without a zone.
    """
    if date.utcoffset() is None:
        raise ValueError(f"date has no time zone: {date!r}")
    own = _own_address(newsletter, "address", newsletter.sender.address)
    reply_to = _own_address(newsletter, "reply_to", newsletter.sender.reply_to or own)
    bounces = _own_address(newsletter, "bounce address", newsletter.bounces or own)
    domain = own.rpartition("@")[2]
    parts = (
        ("plain", encode_body(rendered.text)),
        ("html", encode_body(rendered.html, escape=html.escape)),
    )
    subject_slots = split_slots(rendered.subject)[1]
    subject_varies = bool(subject_slots)
    # Neither encoding can write "=_", so no line of a part is taken for a boundary (RFC 2045 6.7).
    boundary = "=_" + hashlib.sha256(edition_key.encode()).hexdigest()[:24]
    before_to = mailbox_field("From", newsletter.sender.name, own)
    if reply_to != own:
        before_to += mailbox_field("Reply-To", "", reply_to)
    label = _label(newsletter.id)
    fixed = [
        mailbox_field("List-Id", newsletter.title, f"{label}.{domain}"),
        f"Date: {format_datetime(date)}\r\n".encode("ascii"),
        f"Feedback-ID: {_edition_label(edition_key)}:{label}::{_feedback_sender(domain)}\r\n".encode("ascii"),
        b"Auto-Submitted: auto-generated\r\n",
        f"Content-Language: {rendered.language}\r\n".encode("ascii")
        if _LANGUAGE.match(rendered.language) and rendered.language != "und"
        else b"",
        b"MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii"),
    ]
    before_subject = b"" if subject_varies else text_field("Subject", rendered.subject)
    after_subject = b"".join(fixed)
    bodies = tuple((_opening(boundary, kind, body), body) for kind, body in parts)
    closing = f"\r\n--{boundary}--\r\n".encode("ascii")
    if images:
        (plain, text), (_, markup) = bodies
        opening, end = _related(boundary, markup, images)
        bodies, closing = ((plain, text), (opening, markup)), end + closing
    return MessageTemplate(
        edition_key=edition_key,
        sender=bounces,
        domain=domain,
        slots=needed(subject_slots).union({_UNSUBSCRIBE}, *(body.slots for _, body in parts)),
        subject=rendered.subject if subject_varies else "",
        before_to=before_to,
        before_subject=before_subject,
        after_subject=after_subject,
        mailto=f"mailto:{quote(reply_to, safe='@')}?subject=unsubscribe%20{label}",
        bodies=bodies,
        closing=closing,
        seal=None
        if signer is None
        else signer.seal(
            sender_domain=domain,
            date=date,
            fields=before_to + before_subject + after_subject,
            # Without the empty line, which parts header and body and is neither's.
            opening=(bodies[0][0] + bodies[0][1].fixed[0]).removeprefix(b"\r\n"),
            pieces=(closing, *(piece for opening, body in bodies for piece in (opening, *body.fixed))),
        ),
    )


def message_id(edition_key: str, address: str, domain: str) -> str:
    """Give the Message-ID, angle brackets included, of one edition to one address: always the same.

    It names neither, so that a forwarded message does not tell who first had it.
    """
    digest = hashlib.sha256(f"{edition_key}\0{address}".encode()).hexdigest()[:32]
    return f"<{digest}@{domain}>"


def _opening(boundary: str, kind: str, body: EncodedBody) -> bytes:
    return (
        f"\r\n--{boundary}\r\n"
        f"Content-Type: text/{kind}; charset=utf-8{_FORMAT.get(kind, '')}\r\n"
        f"Content-Transfer-Encoding: {body.encoding}\r\n\r\n"
    ).encode("ascii")


def _related(boundary: str, markup: EncodedBody, images: Mapping[str, bytes]) -> tuple[bytes, bytes]:
    """What stands before and after the HTML where pictures belong to it (RFC 2387)."""
    inner = f"{boundary}r"
    opening = f'\r\n--{boundary}\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n'
    pieces = [
        f"\r\n--{inner}\r\n"
        f"Content-Type: image/{'png' if content.startswith(_PNG) else 'jpeg'}\r\n"
        f"Content-ID: <{name}>\r\n"
        "Content-Disposition: inline\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n".encode("ascii")
        + base64.encodebytes(content).replace(b"\n", b"\r\n")
        for name, content in images.items()
    ]
    return opening.encode("ascii") + _opening(inner, "html", markup), b"".join(pieces) + f"\r\n--{inner}--\r\n".encode()


def _own_address(newsletter: Newsletter, key: str, address: str) -> str:
    """Check one of our own addresses: an SMTPUTF8 one would fail at every relay that lacks the extension."""
    try:
        own = mailbox(address)
    except ValueError as error:
        raise ConfigError(
            f"the sender's {key} is not an email address: {address!r}",
            where=newsletter.id,
            remedy="Write one such as news@example.org",
        ) from error
    if own.needs_smtputf8:
        raise ConfigError(
            f"the sender's {key} has letters before the @ that many relays refuse: {address}",
            where=newsletter.id,
            remedy="Use ASCII letters there; the domain may have any",
        )
    return own.address


def _label(newsletter: str) -> str:
    """Give a newsletter's id as List-Id and Feedback-ID can hold it: itself, if ASCII letters, digits and hyphens."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?", newsletter):
        return newsletter
    return "n" + hashlib.sha256(newsletter.encode("utf-8", "replace")).hexdigest()[:12]


def _edition_label(edition_key: str) -> str:
    """`20220128T0900`: the slot, without the colons that part a Feedback-ID."""
    return re.sub(r"[^A-Za-z0-9]", "", edition_key.rpartition("/")[2])[:20] or "0"


def _feedback_sender(domain: str) -> str:
    """Give a stable id of 5 to 15 characters for whoever sends from this domain."""
    least, most = _FEEDBACK_SENDER
    letters = re.sub(r"[^a-z0-9]", "", domain.lower())
    return letters[:most] if len(letters) >= least else f"{letters}digest"[:most]
