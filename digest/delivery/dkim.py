r"""DKIM signatures (RFC 6376, Ed25519 per RFC 8463) that cost a message little more than the signing itself.

    Signer    the keys of a newsletter; signs with each, so that a receiver verifies whichever it knows
    Seal      one edition prepared for signing: what is the same for everyone is canonicalised and hashed once

Header and body are canonicalised as "relaxed".  SHA-256 goes front to back, so its state is kept up to the first slot
of the body and of the signed fields, and resumed for each message; pieces of the body behind that are the same bytes
objects in every message and are canonicalised once as well.  The same message gives the same signature: both
algorithms are deterministic, and t= is the edition's date.
Kept out: reading keys (dkim_keys.py), files and settings.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from digest.delivery.dkim_keys import SigningKey

# What may stand in a message once is named once more than it stands there: a second one that somebody adds on the
# way, above ours, breaks the signature instead of being what the reader sees (RFC 6376 5.4.2 and 8.15).
_ONCE = ("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
# These are named whether they stand there or not, so that none can be added where we sent none; but not once more,
# for a mailing list that passes the message on puts its own above ours.
_LISTED = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted")
_LINE = 76
_SIGNATURE_LINE = 72  # base64 letters a line
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")


class Signer:
    """Signs every message with each of its keys."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self.keys = tuple(keys)
        if not self.keys:
            raise ValueError("a signer without a key")

    def seal(
        self, *, sender_domain: str, date: datetime, fields: bytes, opening: bytes, pieces: Iterable[bytes]
    ) -> Seal:
        """Prepare an edition for signing.

        `fields` are the header fields that are the same for everyone; `opening` is the body up to its first slot;
        `pieces` are other pieces of the body, known to recur.
        Raises ValueError for a key whose domain DMARC would not align with `sender_domain`.
        """
        for key in self.keys:
            if not aligned(key.domain, sender_domain):
                raise ValueError(f"a DKIM key of {key.domain} for mail from {sender_domain}")
        return Seal(self.keys, date=date, fields=fields, opening=opening, pieces=pieces)


class Seal:
    """One edition, prepared by `Signer.seal`; holds hash states and keys, so it stays within its process."""

    def __init__(
        self, keys: Sequence[SigningKey], *, date: datetime, fields: bytes, opening: bytes, pieces: Iterable[bytes]
    ) -> None:
        fixed = {field.partition(b":")[0].lower(): relaxed_field(field) for field in _split(fields)}
        names = sorted((*_ONCE, *_LISTED), key=lambda name: name.lower().encode() not in fixed)  # fixed ones first
        self._varying = [name.lower().encode() for name in names if name.lower().encode() not in fixed]
        self._fields = hashlib.sha256(b"".join(fixed.get(name.lower().encode(), b"") for name in names))
        self._body = hashlib.sha256(relaxed_body(opening))
        self._known = {piece: relaxed_body(piece) for piece in pieces}
        self._keys = [
            (key, opened, relaxed_field(opened + b"\r\n")[:-2] + b" bh=")
            for key in keys
            for opened in [_opened(key, names, date)]
        ]

    def signatures(self, fields: bytes, rest: Iterable[bytes]) -> bytes:
        r"""Give the DKIM-Signature fields of one message, a field for each key.

        `fields` are the header fields that vary, `rest` is the body from its first slot on, in pieces.  Each piece
        begins a line or ends with none begun, or the next begins with CRLF; none ends in a blank.  The body's last
        line is not empty and ends in CRLF.  `bodies` keeps all of that.
        """
        body = self._body.copy()
        known = self._known
        for piece in rest:
            canonical = known.get(piece)
            body.update(relaxed_body(piece) if canonical is None else canonical)
        body_hash = base64.b64encode(body.digest())
        varying = {field.partition(b":")[0].lower(): field for field in _split(fields)}
        header = self._fields.copy()
        for name in self._varying:
            if name in varying:
                header.update(relaxed_field(varying[name]))
        pieces: list[bytes] = []
        for key, opened, canonical_opened in self._keys:
            signed = header.copy()
            signed.update(canonical_opened + body_hash + b"; b=")
            pieces += (opened, b"\r\n bh=", body_hash, b";\r\n b=", _folded(key.sign(signed.digest())), b"\r\n")
        return b"".join(pieces)


def aligned(domain: str, sender_domain: str) -> bool:
    """Tell whether DMARC takes a signature by `domain` for mail from `sender_domain` (RFC 7489 3.1.1, relaxed).

    One must be the other or lie above it, and the upper one must have a dot: where a registry's own domains end is
    not known here, so `co.uk` passes.
    """
    upper, lower = sorted((domain.lower(), sender_domain.lower()), key=len)
    return upper == lower or ("." in upper and lower.endswith(f".{upper}"))


def relaxed_field(field: bytes) -> bytes:
    """Canonicalise one header field (RFC 6376 3.4.2); it has no white space but blank, tab and CRLF."""
    name, _, value = field.partition(b":")
    return name.rstrip().lower() + b":" + b" ".join(value.split()) + b"\r\n"


def relaxed_body(text: bytes) -> bytes:
    r"""Canonicalise lines of a body (RFC 6376 3.4.4), but for empty lines at its very end."""
    if b" " not in text and b"\t" not in text:
        return text
    return _BLANKS.sub(b" ", text).replace(b" \r\n", b"\r\n")


def _split(fields: bytes) -> Iterator[bytes]:
    return filter(None, _FIELD_END.split(fields))


def _opened(key: SigningKey, names: Sequence[str], date: datetime) -> bytes:
    """The field up to bh=, folded."""
    signed = [*names, *_ONCE]
    words = [
        "DKIM-Signature: ",
        "v=1; ",
        f"a={key.algorithm}-sha256; ",
        "c=relaxed/relaxed; ",
        f"d={key.domain}; ",
        f"s={key.selector}; ",
        f"t={int(date.timestamp())}; ",
        "h=",
        *(f"{name}:" for name in signed[:-1]),
        f"{signed[-1]};",
    ]
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word.rstrip()) > _LINE:
            lines.append(" ")
        lines[-1] += word
    return "\r\n".join(line.rstrip() for line in lines).encode("ascii")


def _folded(signature: bytes) -> bytes:
    letters = base64.b64encode(signature)
    return b"\r\n ".join(letters[start : start + _SIGNATURE_LINE] for start in range(0, len(letters), _SIGNATURE_LINE))
