"""A return path for each message, `bounces+TOKEN@…` (VERP), so that a bounce tells by itself whose it is.

Many servers that send a bounce quote nothing of the message, and some another recipient; but the bounce itself always
comes to the envelope's sender.  The token names edition and subscription and is signed, so that nobody bounces somebody
else away; it does not tell the address.  It is read without regard to case, for local parts are folded on their way.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from digest.errors import AudienceError

_MAC_BYTES = 12  # 96 bits: a guess must come by mail, one after another
_SLOT_BYTES = 4  # minutes since 1970: until the year 10136
_LARGEST_ID = 2**63 - 1  # what a database key can hold
_PURPOSE = b"bounce\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_SEPARATOR = "+"  # RFC 5233: what mail servers part a detail from the mailbox with


def return_path(secret: bytes, bounces: str, *, slot: datetime, subscriber: int) -> str:
    """Give the address that bounces of the edition of `slot` (a whole minute) to this subscription come to.

    The part before the @ grows by 27 to 40 letters.  The same arguments give the same address.
    """
    mailbox, _, domain = bounces.rpartition("@")
    number = subscriber.to_bytes(max(1, (subscriber.bit_length() + 7) // 8), "big")
    told = ((slot - _EPOCH) // _MINUTE).to_bytes(_SLOT_BYTES, "big") + number
    return f"{mailbox}{_SEPARATOR}{_token(secret, told)}@{domain}"


def read_return_path(secret: bytes, recipient: str) -> tuple[datetime, int]:
    """Give the slot, in UTC, and the subscription that the address of a bounce was made for.

    Raises AudienceError, which tells nothing about why, for one that is cut short, changed or not ours.
    """
    token = recipient.rpartition("@")[0].rpartition(_SEPARATOR)[2].lower()
    try:
        raw = base64.b32decode(token + "=" * (-len(token) % 8), casefold=True)
    except (binascii.Error, ValueError):
        raw = b""
    told = raw[:-_MAC_BYTES]
    subscriber = int.from_bytes(told[_SLOT_BYTES:], "big")
    # Made anew and compared whole: base32 has several spellings of the same bytes, and one of them is ours.
    ours = len(told) > _SLOT_BYTES and subscriber <= _LARGEST_ID and token.isascii()
    if ours and hmac.compare_digest(token, _token(secret, told)):
        return _EPOCH + _MINUTE * int.from_bytes(told[:_SLOT_BYTES], "big"), subscriber
    raise AudienceError("this return path is not one of ours", remedy="Look at the bounce by hand")


def _token(secret: bytes, told: bytes) -> str:
    mac = hmac.digest(secret, _PURPOSE + told, hashlib.sha256)[:_MAC_BYTES]
    return base64.b32encode(told + mac).rstrip(b"=").decode("ascii").lower()
