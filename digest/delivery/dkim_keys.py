"""DKIM keys (RFC 6376 3.6, RFC 8463): made, read from PEM, and told as the DNS record that verifiers look up.

Kept out: files and settings (a key comes as bytes, `where` names its place in errors), and what is signed (dkim.py).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from digest.errors import ConfigError

Algorithm = Literal["ed25519", "rsa"]

_BITS = 2048  # RFC 8301 3.2: signers SHOULD use at least these
_MOST_BITS = 4096  # and verifiers need not take more
_EXPONENT = 65537
_PADDING = PKCS1v15()
_SHA256 = Prehashed(hashes.SHA256())
_TXT_STRING = 255  # RFC 1035 3.3.14: bytes of one string of a TXT record; RFC 6376 3.6.2.2 has them joined
_REMEDY = "Name a key in PEM, such as this makes: digest dkim NEWSLETTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One private key with the name that its public half has in DNS."""

    algorithm: Algorithm
    selector: str
    domain: str  # d=: ASCII, lower case
    public: str  # p=: base64
    sign: Callable[[bytes], bytes] = field(repr=False)  # a SHA-256 digest -> the signature

    @property
    def record_name(self) -> str:
        """Where verifiers look for the record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record's text."""
        return f"v=DKIM1; k={self.algorithm}; p={self.public}"

    @property
    def record_strings(self) -> list[str]:
        """The record's text in the strings that a TXT record is made of; a verifier joins them."""
        return [self.record[start : start + _TXT_STRING] for start in range(0, len(self.record), _TXT_STRING)]


def make_key(algorithm: Algorithm) -> bytes:
    """Make a private key, PEM (PKCS #8, not encrypted): Ed25519 or RSA of 2,048 bits."""
    key = Ed25519PrivateKey.generate() if algorithm == "ed25519" else generate_private_key(_EXPONENT, _BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(pem: bytes, *, selector: str, domain: str, where: str) -> SigningKey:
    """Read a private key.  Raises ConfigError, naming `where`, for anything that verifiers would not take."""
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:  # how cryptography asks for a password
        raise ConfigError("the key is encrypted", where=where, remedy="Name a key without a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        found = "a public key" if b"PUBLIC KEY" in pem else "no private key in PEM"
        raise ConfigError(f"it holds {found}", where=where, remedy=_REMEDY) from error
    if isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return SigningKey(algorithm="ed25519", selector=selector, domain=domain, public=_base64(public), sign=key.sign)
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError("it holds a key that is neither RSA nor Ed25519", where=where, remedy=_REMEDY)
    if not _BITS <= key.key_size <= _MOST_BITS:
        raise ConfigError(
            f"an RSA key of {key.key_size} bits; receivers take {_BITS} to {_MOST_BITS}", where=where, remedy=_REMEDY
        )
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(
        algorithm="rsa",
        selector=selector,
        domain=domain,
        public=_base64(public),
        sign=lambda digest: key.sign(digest, _PADDING, _SHA256),
    )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
