"""Keys: made, read back, told as a DNS record, and refused with the reason where receivers would not take them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from digest.delivery.dkim_keys import Algorithm, SigningKey, make_key, read_key
from digest.errors import ConfigError

WHERE = "dkim.keys.0.file"
TOO_SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505  # that is the point of it


def read(pem: bytes) -> SigningKey:
    return read_key(pem, selector="s1", domain="example.org", where=WHERE)


@pytest.mark.parametrize("algorithm", ["ed25519", "rsa"])
def test_a_key_that_is_made_can_be_read(algorithm: Algorithm) -> None:
    """Each is a new one, and its record is found under the selector."""
    key = read(make_key(algorithm))
    assert key.algorithm == algorithm
    assert key.record_name == "s1._domainkey.example.org"
    assert key.record.startswith(f"v=DKIM1; k={algorithm}; p={key.public}")
    assert read(make_key(algorithm)).public != key.public


def test_an_ed25519_record_holds_the_bare_public_key() -> None:
    """RFC 8463 4.2: the 32 bytes alone, not the wrapping that RSA keys have."""
    key = read(make_key("ed25519"))
    digest = hashlib.sha256(b"x").digest()
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public)).verify(key.sign(digest), digest)


def test_an_rsa_key_has_2048_bits() -> None:
    """RFC 8301: signers use at least 2,048; the record holds a SubjectPublicKeyInfo."""
    public = load_der_public_key(base64.b64decode(read(make_key("rsa")).public))
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048


@pytest.mark.parametrize("algorithm", ["ed25519", "rsa"])
def test_a_record_is_split_into_strings_that_dns_can_hold(algorithm: Algorithm) -> None:
    """At most 255 bytes each; joined without anything between, they are the record."""
    key = read(make_key(algorithm))
    strings = key.record_strings
    assert "".join(strings) == key.record
    assert max(map(len, strings)) <= 255
    assert len(strings) == (2 if algorithm == "rsa" else 1)


def test_the_private_key_is_not_shown() -> None:
    """A key that lands in a log or a traceback tells its public half only."""
    pem = make_key("ed25519")
    assert "sign" not in repr(read(pem))
    assert pem.splitlines()[1].decode() not in repr(read(pem))


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey, password: bytes = b"") -> bytes:
    wrapping = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, wrapping)


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        pytest.param(b"", "no private key in PEM", id="empty"),
        pytest.param(b"\x00\xff" * 50, "no private key in PEM", id="not text"),
        pytest.param(
            b"-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n", "no private key in PEM", id="cut off"
        ),
        pytest.param(
            Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "a public key",
            id="the public half",
        ),
        pytest.param(pem_of(Ed25519PrivateKey.generate(), b"pw"), "encrypted", id="with a password"),
        pytest.param(pem_of(ec.generate_private_key(ec.SECP256R1())), "neither RSA nor Ed25519", id="another kind"),
        pytest.param(pem_of(TOO_SHORT), "RSA key of 1024 bits", id="too short"),
    ],
)
def test_a_key_that_receivers_would_not_take_is_refused(pem: bytes, said: str) -> None:
    """Said before anything is sent, with the key's place in digest.toml and the way out."""
    with pytest.raises(ConfigError, match=said) as caught:
        read(pem)
    assert caught.value.where == WHERE
    assert "Name a key" in caught.value.remedy
