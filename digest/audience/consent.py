"""The tokens in a message's links, which say which subscription they speak for and that we wrote them.

A token holds a number and a purpose's signature: never the address, so a link that is shared, logged by a proxy or
forwarded tells nobody who the reader is.  Whether the subscription still stands is the store's to know.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from digest.errors import AudienceError

_MAC_BYTES = 16  # RFC 2104 section 5: half of the hash's output, and 128 bits
_MIN_SECRET_BYTES = 16
_LARGEST_ID = 2**63 - 1  # what a database key can hold
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,40}\Z")


def make_token(secret: bytes, *, purpose: str, subscriber: int) -> str:
    """Sign a subscription for one purpose: 23 or more letters, digits, `-` and `_`, fit for any URL.

    The same arguments always give the same token, so the same edition to the same subscriber is the same bytes.
    `purpose` ("unsubscribe", "view") keeps a token from opening another door than the one it was made for.
    Raises ValueError for a secret under 16 bytes or a number that is not a key.
    """
    if len(secret) < _MIN_SECRET_BYTES:
        raise ValueError(f"the secret has {len(secret)} bytes; {_MIN_SECRET_BYTES} is the least")
    if not 0 <= subscriber <= _LARGEST_ID:
        raise ValueError(f"not a subscription's key: {subscriber}")
    number = subscriber.to_bytes(max(1, (subscriber.bit_length() + 7) // 8), "big")
    return base64.urlsafe_b64encode(number + _mac(secret, purpose, number)).rstrip(b"=").decode("ascii")


def read_token(secret: bytes, token: str, *, purpose: str) -> int:
    """Give the subscription that `token` was made for.

    Raises AudienceError, which tells nothing about why, for a token that is cut short, changed, made for another
    purpose or signed with another secret.
    """
    if _TOKEN.match(token):
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except binascii.Error:
            raw = b""
        subscriber = int.from_bytes(raw[:-_MAC_BYTES], "big")
        # Made anew and compared whole: base64 has several spellings of the same bytes, and one of them is ours.
        if len(raw) > _MAC_BYTES and subscriber <= _LARGEST_ID:
            ours = make_token(secret, purpose=purpose, subscriber=subscriber)
            if hmac.compare_digest(ours, token):
                return subscriber
    raise AudienceError(
        "this link was cut short or is not one of ours",
        remedy="Open the link in the newsletter again; if it was copied, copy all of it",
    )


def _mac(secret: bytes, purpose: str, number: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + number, hashlib.sha256)[:_MAC_BYTES]
