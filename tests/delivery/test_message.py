from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.delivery.headers import one_line
from digest.delivery.message import MessageTemplate, compile_message, message_id
from digest.errors import ConfigError
from digest.model import Envelope, Newsletter, Rendered, Schedule, Sender, Subscriber, SubscriberStatus, slot

KEY = "ukraine-today/2022-01-28T09:00"
SLOT = datetime(2022, 1, 28, 9, tzinfo=ZoneInfo("America/New_York"))
LINKS = {
    "unsubscribe_url": "https://news.example.org/u/B9O5hILW",
    "view_url": "https://news.example.org/v/1",
    "name": "Reader",
}
OUR_HEADERS = [
    *("From", "Reply-To", "To", "Subject", "List-Id", "Date", "Feedback-ID", "Auto-Submitted", "Content-Language"),
    *("MIME-Version", "Content-Type", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"),
]
HTML = f'<p>Dear {slot("name")}, ★</p>\n<a href="{slot("unsubscribe_url")}">out</a>\n'
PLAIN = f"Dear {slot('name')}, ★\n\nOut: {slot('unsubscribe_url')}\n"
ANY_TEXT = st.text(max_size=200)


def a_newsletter(
    *,
    sender: Sender | None = None,
    title: str = "Ukraine Today",
    identifier: str = "ukraine-today",
    bounces: str | None = None,
) -> Newsletter:
    return Newsletter(
        id=identifier,
        title=title,
        description="What happened, in three minutes",
        language="en",
        timezone=ZoneInfo("America/New_York"),
        schedule=Schedule(at=time(9)),
        sender=sender or Sender(name="Ukraine Today", address="news@example.org", reply_to="desk@example.org"),
        list_path="/list.csv",
        theme="ukraine-today",
        postal_address="1 Example Street",
        public_url="https://news.example.org",
        bounces=bounces,
    )


def a_subscriber(*, name: str = "Ann Reader", address: str = "ann@example.org") -> Subscriber:
    return Subscriber(
        id=7, newsletter="ukraine-today", address=address, name=name, attributes={}, status=SubscriberStatus.ACTIVE
    )


def a_template(
    *, subject: str = "Seven stories", markup: str = HTML, text: str = PLAIN, newsletter: Newsletter | None = None
) -> MessageTemplate:
    rendered = Rendered(subject=subject, preheader="", html=markup, text=text, language="en")
    return compile_message(rendered, newsletter or a_newsletter(), edition_key=KEY, date=SLOT)


def read(envelope: Envelope) -> EmailMessage:
    message = message_from_bytes(envelope.message, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    assert not found.defects
    content = found.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_a_message_says_what_mailboxes_ask_of_a_newsletter() -> None:
    """Each header has the value that its RFC asks for."""
    envelope = a_template().address(a_subscriber(), LINKS)
    message = read(envelope)
    assert message["From"] == "Ukraine Today <news@example.org>"
    assert message["Reply-To"] == "desk@example.org"
    assert message["To"] == "Ann Reader <ann@example.org>"
    assert message["Subject"] == "Seven stories"
    assert parsedate_to_datetime(message["Date"]) == SLOT
    assert message["Date"] == "Fri, 28 Jan 2022 09:00:00 -0500"
    assert message["Message-ID"] == envelope.message_id == message_id(KEY, "ann@example.org", "example.org")
    assert message["List-Id"] == "Ukraine Today <ukraine-today.example.org>"
    assert message["List-Unsubscribe"] == (
        "<https://news.example.org/u/B9O5hILW>, "
        "<mailto:desk@example.org?subject=unsubscribe%20ukraine-today%20ann@example.org>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Feedback-ID"] == "20220128T0900:ukraine-today::exampleorg"
    assert message["MIME-Version"] == "1.0"
    assert message["Content-Language"] == "en"
    assert sorted(message.keys()) == sorted(OUR_HEADERS)
    assert (envelope.subscriber, envelope.sender, envelope.recipient) == (7, "news@example.org", "ann@example.org")


def test_the_written_text_comes_first_and_the_html_last() -> None:
    """RFC 2046 5.1.4: of alternatives, the last that a program can show is the one it shows."""
    message = read(a_template().address(a_subscriber(), LINKS))
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [each.get_content_type() for each in parts] == ["text/plain", "text/html"]
    assert [each.get_content_charset() for each in parts] == ["utf-8", "utf-8"]


@pytest.mark.parametrize("text", ["A soft \nline.\n", "Мягкий \nконец строки.\n" * 20], ids=["quoted", "base64"])
def test_a_soft_line_end_reaches_the_reader(text: str) -> None:
    """The text part says that it is flowed (RFC 3676), and its blanks at line ends cannot be lost on the way."""
    message = read(a_template(text=text).address(a_subscriber(), LINKS))
    plain, markup = message.iter_parts()
    assert plain["Content-Type"].params["format"] == "flowed"
    assert "format" not in markup["Content-Type"].params
    assert part(message, "plain") == text
    assert not any(line.endswith((b" ", b"\t")) for line in message.as_bytes().splitlines())


@given(subject=ANY_TEXT, name=ANY_TEXT, sender=ANY_TEXT, title=ANY_TEXT)
@example(subject="Sale\r\nBcc: everyone@example.org", name="", sender="", title="")
@example(subject="", name="Bob\r\n\r\n<script>", sender="x\nX-Y: z", title="t\rX: y")
def test_no_text_adds_a_header(subject: str, name: str, sender: str, title: str) -> None:
    """Whatever a publisher, curator or subscriber writes, the message has our headers, each once, and no others."""
    newsletter = a_newsletter(
        sender=Sender(name=sender, address="news@example.org", reply_to="d@example.org"), title=title
    )
    envelope = a_template(subject=subject, newsletter=newsletter).address(a_subscriber(name=name), LINKS)
    message = read(envelope)
    assert sorted(message.keys()) == sorted(OUR_HEADERS)
    assert not message.defects
    assert part(message, "plain").startswith("Dear Reader")


@given(markup=ANY_TEXT, text=ANY_TEXT, name=ANY_TEXT)
def test_the_parts_are_the_rendered_texts_with_slots_filled(markup: str, text: str, name: str) -> None:
    """No defect, and each part reads exactly as it was rendered; values are escaped in HTML."""
    template = a_template(markup=f"{markup}{slot('name')}{markup}", text=f"{text}{slot('name')}{text}")
    message = read(template.address(a_subscriber(), {**LINKS, "name": name}))
    assert not message.defects

    def unix(line: str) -> str:
        return line.replace("\r\n", "\n").replace("\r", "\n")

    assert part(message, "html") == unix(markup) + unix(html.escape(name)) + unix(markup)
    assert part(message, "plain") == unix(text) + unix(name) + unix(text)


@given(subject=ANY_TEXT, name=ANY_TEXT, text=ANY_TEXT)
def test_every_line_may_travel_as_it_is(subject: str, name: str, text: str) -> None:
    """CRLF throughout, at most 998 octets (ours: 78 or a single long token), no line that begins with a dot."""
    message = a_template(subject=subject, text=text).address(a_subscriber(name=name), LINKS).message
    assert message.endswith(b"\r\n")
    assert message.isascii()
    lines = message.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line or line.startswith(b".") for line in lines)
    assert max(len(line) for line in lines if not line.startswith((b"List-Unsubscribe", b" <mailto"))) <= 78


def test_the_same_edition_to_the_same_subscriber_is_the_same_bytes() -> None:
    """A copy that is sent again after a crash carries the same Message-ID and Date, so it can be recognised."""
    first = a_template().address(a_subscriber(), LINKS)
    assert a_template().address(a_subscriber(), LINKS) == first
    other = a_template().address(a_subscriber(address="bob@example.org"), LINKS)
    assert other.message_id != first.message_id
    assert message_id("ukraine-today/2022-01-29T09:00", "ann@example.org", "example.org") != first.message_id


@pytest.mark.parametrize("missing", ["name", "unsubscribe_url"])
def test_a_slot_without_a_value_is_never_sent(missing: str) -> None:
    """The way out is needed even where the theme forgot it; each missing value is named."""
    links: Mapping[str, str] = {key: value for key, value in LINKS.items() if key != missing}
    with pytest.raises(ValueError, match=f"no value for the slots {missing}"):
        a_template(text=slot("name"), markup="x").address(a_subscriber(), links)


def test_a_subject_may_have_slots() -> None:
    """A name in the subject is filled as text and can add no header."""
    template = a_template(subject=f"{slot('name')}, your morning")
    message = read(template.address(a_subscriber(), {**LINKS, "name": "Ян\r\nX: y"}))
    assert message["Subject"] == "Ян X: y, your morning"
    assert "X" not in message


@given(name=ANY_TEXT, fallback=ANY_TEXT)
@example(name="", fallback="читач\r\nBcc: everyone@example.org")
def test_a_subject_may_have_fallbacks(name: str, fallback: str) -> None:
    """Who has no name reads the fallback, as one line among our own headers."""
    template = a_template(subject=f"{slot('first name', fallback)}, your morning", markup="x", text="y")
    message = read(template.address(a_subscriber(), {**LINKS, "first name": name}))
    assert sorted(message.keys()) == sorted(OUR_HEADERS)
    assert message["Subject"] == one_line(f"{name or fallback}, your morning")
    assert template.slots == {"unsubscribe_url"}


def test_one_click_is_promised_only_over_https() -> None:
    """RFC 8058 demands https; a preview on this machine keeps its link and says nothing of one click."""
    links = {**LINKS, "unsubscribe_url": "http://localhost:8000/u/1"}
    message = read(a_template().address(a_subscriber(), links))
    assert message["List-Unsubscribe"].startswith("<http://localhost:8000/u/1>")
    assert "List-Unsubscribe-Post" not in message


def test_international_addresses_travel_as_far_as_they_can() -> None:
    """A domain goes as punycode and stays ASCII; a local part beyond ASCII goes as UTF-8 (RFC 6532)."""
    domain_only = a_template().address(a_subscriber(address="ann@пошта.укр"), LINKS)
    assert domain_only.recipient == "ann@xn--80a1acn3a.xn--j1amh"
    assert domain_only.message.isascii()
    both = a_template().address(a_subscriber(address="лист@пошта.укр"), LINKS)
    assert both.recipient == "лист@пошта.укр"
    assert "<лист@пошта.укр>".encode() in both.message


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        (Sender(name="x", address="not an address"), "address is not an email address"),
        (Sender(name="x", address="новини@example.org"), "many relays refuse"),
        (Sender(name="x", address="news@example.org", reply_to="a@b\r\nBcc: c"), "reply_to is not an email address"),
    ],
)
def test_a_sender_that_relays_would_refuse_is_said_before_anything_is_sent(sender: Sender, said: str) -> None:
    """The mistake is the newsletter's, so it is a ConfigError that names it."""
    with pytest.raises(ConfigError, match=said):
        a_template(newsletter=a_newsletter(sender=sender))


def test_bounces_may_go_elsewhere() -> None:
    """A bounce address is the envelope's sender; the From that a reader sees stays."""
    rendered = Rendered(subject="s", preheader="", html="h", text="t", language="en")
    template = compile_message(rendered, a_newsletter(bounces="bounces@example.org"), edition_key=KEY, date=SLOT)
    envelope = template.address(a_subscriber(), LINKS)
    assert envelope.sender == "bounces@example.org"
    assert read(envelope)["From"] == "Ukraine Today <news@example.org>"


def test_a_sender_with_an_international_domain_needs_nothing_of_a_relay() -> None:
    """Envelope, From and way back are in punycode, so that no relay has to know SMTPUTF8."""
    newsletter = a_newsletter(sender=Sender(name="Пошта", address="news@пошта.укр"), bounces="bounces@пошта.укр")
    envelope = a_template(newsletter=newsletter).address(a_subscriber(address="ann@пошта.укр"), LINKS)
    assert (envelope.sender, envelope.recipient) == ("bounces@xn--80a1acn3a.xn--j1amh", "ann@xn--80a1acn3a.xn--j1amh")
    assert envelope.message.isascii()
    assert str(read(envelope)["From"]) == "Пошта <news@xn--80a1acn3a.xn--j1amh>"


@pytest.mark.parametrize("domain", ["a.co", "x.io", "example.org", "a-very-long-name-of-a-publisher.example.org"])
def test_gmail_gets_a_senders_id_of_the_length_it_asks_for(domain: str) -> None:
    """The last part of Feedback-ID has 5 to 15 letters or digits, and is the same for all mail of a domain."""
    ids = {
        read(a_template(newsletter=newsletter).address(a_subscriber(), LINKS))["Feedback-ID"].rpartition(":")[2]
        for newsletter in (
            a_newsletter(sender=Sender(name="One", address=f"one@{domain}"), identifier="one"),
            a_newsletter(sender=Sender(name="Two", address=f"two@{domain}"), identifier="two"),
        )
    }
    (sender,) = ids
    assert re.fullmatch(r"[a-z0-9]{5,15}", sender)


def test_a_newsletter_named_in_letters_still_has_a_list_id() -> None:
    """List-Id is ASCII (RFC 2919); an id beyond it is stood for by a stable label."""
    newsletter = a_newsletter(identifier="дайджест")
    one, two = (read(a_template(newsletter=newsletter).address(a_subscriber(), LINKS))["List-Id"] for _ in range(2))
    assert one == two
    assert one.endswith(".example.org>")


def test_a_date_without_a_zone_is_a_bug() -> None:
    """Every instant is aware."""
    rendered = Rendered(subject="s", preheader="", html="h", text="t", language="en")
    with pytest.raises(ValueError, match="no time zone"):
        compile_message(rendered, a_newsletter(), edition_key=KEY, date=SLOT.astimezone(UTC).replace(tzinfo=None))
