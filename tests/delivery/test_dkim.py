"""Signatures, verified by dkimpy, which shares no code with ours, against keys as DNS would tell them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.delivery.dkim import Signer, aligned, relaxed_body, relaxed_field
from digest.delivery.dkim_keys import Algorithm, SigningKey, make_key, read_key
from digest.delivery.message import compile_message
from digest.model import Newsletter, Rendered, Schedule, Sender, Subscriber, SubscriberStatus, slot

SLOT = datetime(2022, 1, 28, 9, tzinfo=ZoneInfo("America/New_York"))
LINKS = {"unsubscribe_url": "https://news.example.org/u/B9O5hILW", "view_url": "https://news.example.org/v/1"}
SIGNED_ONCE = ["From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
LISTED = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted"]
ANY_TEXT = st.text(max_size=120)


@cache
def a_key(algorithm: Algorithm, domain: str = "example.org") -> SigningKey:
    return read_key(make_key(algorithm), selector=f"{algorithm}-2022", domain=domain, where="test")


def both() -> Signer:
    return Signer([a_key("ed25519"), a_key("rsa")])


def a_message(
    *,
    signer: Signer | None = None,
    subject: str = "Seven stories",
    name: str = "Ann Reader",
    address: str = "ann@example.org",
    text: str = f"Hello  {slot('name')},\n\nWhat  happened, in three minutes.\n\nOut: {slot('unsubscribe_url')}\n",
    markup: str = f"<p>Hello {slot('name')}</p>\n  <a href='{slot('unsubscribe_url')}'>out</a>\n",
    title: str = "Ukraine Today",
    links: Mapping[str, str] = LINKS,
    images: Mapping[str, bytes] | None = None,
) -> bytes:
    newsletter = Newsletter(
        id="ukraine-today",
        title=title,
        description="",
        language="en",
        timezone=ZoneInfo("America/New_York"),
        schedule=Schedule(at=SLOT.time()),
        sender=Sender(name="Ukraine Today", address="news@example.org", reply_to="desk@example.org"),
        list_path="/list.csv",
        theme="ukraine-today",
        postal_address="1 Example Street",
        public_url="https://news.example.org",
    )
    reader = Subscriber(
        id=7, newsletter="ukraine-today", address=address, name=name, attributes={}, status=SubscriberStatus.ACTIVE
    )
    rendered = Rendered(subject=subject, preheader="", html=markup, text=text, language="en")
    template = compile_message(
        rendered,
        newsletter,
        edition_key="ukraine-today/2022-01-28T09:00",
        date=SLOT,
        signer=signer or both(),
        images=images or {},
    )
    return template.address(reader, {**links, "name": name}).message


def verified(message: bytes, *keys: SigningKey) -> list[bool]:
    """Whether each signature holds, in the order in which they stand."""
    zone = {f"{key.record_name}.": key.record for key in keys or both().keys}

    def dns(name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001
        found = zone.get(name.decode())
        return found.encode() if found else None

    signatures = len(re.findall(rb"(?m)^DKIM-Signature:", message))
    results = []
    for index in range(signatures):
        try:
            results.append(bool(dkim.DKIM(message, minkey=2048).verify(idx=index, dnsfunc=dns)))
        except dkim.DKIMException:  # how it says that a message is malformed or its body was altered
            results.append(False)
    return results


def field(message: bytes, name: str) -> bytes:
    found = re.search(rb"(?mi)^" + name.encode() + rb":.*\r\n(?:[ \t].*\r\n)*", message)
    assert found is not None, name
    return found[0]


def tags(signature: bytes) -> dict[str, str]:
    pairs = (each.partition("=") for each in signature.decode().partition(":")[2].split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


def test_embedded_pictures_are_signed_too() -> None:
    """The parts that carry pictures are under the signature: a changed pixel breaks it."""
    message = a_message(images={"lead.jpg@example.org": bytes(range(256)) * 9, "b.png@example.org": b"\x89PNG"})
    assert verified(message) == [True, True]
    altered = message.replace(b"AAECAwQF", b"AAECAwQG", 1)
    assert altered != message
    assert verified(altered) == [False, False]


@pytest.mark.parametrize("algorithm", ["ed25519", "rsa"])
def test_a_receiver_verifies_the_signature(algorithm: Algorithm) -> None:
    """Another implementation finds the signature right with nothing but the message and the DNS record."""
    message = a_message(signer=Signer([a_key(algorithm)]))
    assert verified(message, a_key(algorithm)) == [True]
    said = tags(field(message, "DKIM-Signature"))
    assert (said["a"], said["c"], said["d"]) == (f"{algorithm}-sha256", "relaxed/relaxed", "example.org")
    assert said["s"] == f"{algorithm}-2022"
    assert said["t"] == str(int(SLOT.timestamp()))


def test_two_keys_sign_each_for_itself() -> None:
    """A receiver that knows but one of the algorithms, or finds but one of the records, verifies that one."""
    message = a_message()
    assert verified(message) == [True, True]
    assert verified(message, a_key("ed25519")) == [True, False]
    assert verified(message, a_key("rsa")) == [False, True]


@settings(max_examples=150)
@given(subject=ANY_TEXT, name=ANY_TEXT, text=ANY_TEXT, value=ANY_TEXT, title=ANY_TEXT)
@example(subject="a  b\tc", name="\tAnn \x0b X", text="  a \t b  \n\n\n", value=" \r\n.\t", title=" ")
@example(subject=slot("name"), name="Ян", text="Утро " * 30, value="", title="Дайджест")
@example(subject="", name="", text="", value="\n\n", title="")
def test_whatever_is_written_the_signature_holds(subject: str, name: str, text: str, value: str, title: str) -> None:
    """Any text in any slot, in both encodings, at the start, middle and end of a part: hashed as a receiver will."""
    message = a_message(
        subject=subject,
        name=name,
        text=f"{text}{slot('value')}{text}{slot('value')}",
        markup=f"{slot('value')}\n  {text}{slot('name')}\t{text}",
        title=title,
        links={**LINKS, "value": value},
    )
    assert verified(message) == [True, True]
    assert max(map(len, field(message, "DKIM-Signature").split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("address", "subject", "url"),
    [
        pytest.param("лист@пошта.укр", "Seven", LINKS["unsubscribe_url"], id="an address that needs SMTPUTF8"),
        pytest.param("ann@пошта.укр", "Семь", LINKS["unsubscribe_url"], id="a domain as punycode"),
        pytest.param("ann@example.org", f"{slot('name')}, good morning", "http://localhost/u", id="no one-click"),
        pytest.param("ann@example.org", "Seven", "https://news.example.org/" + "u" * 600, id="a long link"),
    ],
)
def test_what_varies_is_signed_as_it_came_out(address: str, subject: str, url: str) -> None:
    """Fields that are folded, encoded or left out for one subscriber verify like the others."""
    message = a_message(address=address, subject=subject, links={**LINKS, "unsubscribe_url": url})
    assert verified(message) == [True, True]


def test_the_same_message_has_the_same_signature() -> None:
    """A copy sent again after a crash is the same to the last byte."""
    assert a_message() == a_message()


def test_a_template_signs_one_message_after_another() -> None:
    """Stored hash states are resumed, not used up: the order of subscribers changes nothing."""
    again = [a_message(name=name) for name in ("Ann", "Bo", "Ann")]
    assert again[0] == again[2] != again[1]
    assert all(verified(message) == [True, True] for message in again)


def test_the_fields_that_receivers_ask_for_are_signed() -> None:
    """RFC 8058 wants both unsubscribe fields under h=; RFC 6376 5.4 wants From, and twice keeps a second one out."""
    signed = tags(field(a_message(), "DKIM-Signature"))["h"].split(":")
    for name in LISTED:
        assert signed.count(name) == 1
    for name in SIGNED_ONCE:
        assert signed.count(name) == 2
    assert len(signed) == len(LISTED) + 2 * len(SIGNED_ONCE)


@pytest.mark.parametrize("name", SIGNED_ONCE + LISTED)
def test_no_signed_field_may_change_or_go(name: str) -> None:
    """Each signed field, altered or taken away, breaks both signatures."""
    message = a_message()
    found = field(message, name)
    altered = found[:-2].rstrip() + b"x\r\n"
    assert verified(message.replace(found, altered)) == [False, False]
    assert verified(message.replace(found, b"")) == [False, False]


@pytest.mark.parametrize("name", SIGNED_ONCE)
def test_no_second_field_may_be_added(name: str) -> None:
    """A second Subject above ours is what a mailbox might show: the signature does not cover for it."""
    assert verified(f"{name}: other\r\n".encode() + a_message()) == [False, False]


def test_one_click_cannot_be_added_where_we_did_not_promise_it() -> None:
    """A field that we left out is signed as left out."""
    message = a_message(links={**LINKS, "unsubscribe_url": "http://localhost/u"})
    assert verified(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" + message) == [False, False]


@pytest.mark.parametrize(
    ("found", "altered"),
    [
        pytest.param(b"Hello", b"Hullo", id="before the first slot"),
        pytest.param(b"minutes", b"hours", id="between slots"),
        pytest.param(b"B9O5hILW", b"B9O5hILX", id="a slot's value"),
        pytest.param(b"<p>", b"<b>", id="the second part"),
        pytest.param(b"--\r\n", b"--\r\nmore\r\n", id="after the end"),
    ],
)
def test_no_part_of_the_body_may_change(found: bytes, altered: bytes) -> None:
    """The whole body is hashed: there is no l= that would let something be added."""
    head, _, body = a_message().partition(b"\r\n\r\n")
    assert found in body
    assert verified(head + b"\r\n\r\n" + body.replace(found, altered)) == [False, False]


def test_blanks_may_change_as_relays_change_them() -> None:
    """Relaxed: a field folded anew and blanks added to a line's end do no harm."""
    message = a_message()
    folded = message.replace(b"Subject: Seven stories\r\n", b"subject:  Seven\r\n\t stories \r\n")
    assert folded != message
    assert verified(folded.replace(b"</p>", b"</p> \t")) == [True, True]


@pytest.mark.parametrize(
    ("domain", "sender", "expected"),
    [
        ("example.org", "example.org", True),
        ("example.org", "news.example.org", True),
        ("mail.example.org", "example.org", True),
        ("Example.ORG", "example.org", True),
        ("example.net", "example.org", False),
        ("ample.org", "example.org", False),
        ("org", "example.org", False),
        ("a.example.org", "b.example.org", False),
    ],
)
def test_a_signature_must_align_with_from(domain: str, sender: str, *, expected: bool) -> None:
    """DMARC counts a signature only by the sender's own domain, or one above or below it."""
    assert aligned(domain, sender) is expected


def test_a_key_of_another_domain_signs_nothing() -> None:
    """A signature that DMARC would not count is our own bug."""
    with pytest.raises(ValueError, match=r"key of example\.net for mail from example\.org"):
        a_message(signer=Signer([a_key("ed25519", "example.net")]))
    with pytest.raises(ValueError, match="without a key"):
        Signer([])


RFC_8463_HEADER = {
    "from": b"From: Joe SixPack <joe@football.example.com>\r\n",
    "to": b"To: Suzie Q <suzie@shopping.example.net>\r\n",
    "subject": b"Subject: Is dinner ready?\r\n",
    "date": b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n",
    "message-id": b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n",
}
RFC_8463_BODY = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
RFC_8463_SIGNATURE = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    b" subject : date : message-id : from : subject : date;\r\n"
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    b" b="
)


def test_the_example_of_rfc_8463_comes_out_to_the_letter() -> None:
    """Canonicalisation, hashes and the Ed25519 signature are those of appendix A."""
    body_hash = hashlib.sha256(relaxed_body(RFC_8463_BODY)).digest()
    assert base64.b64encode(body_hash) == b"2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
    header = b"".join(map(relaxed_field, RFC_8463_HEADER.values())) + relaxed_field(RFC_8463_SIGNATURE)[:-2]
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(hashlib.sha256(header).digest())
    assert base64.b64encode(signature) == (
        b"/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    )
