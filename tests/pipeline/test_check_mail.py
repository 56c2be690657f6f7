"""The findings on a whole message: what it says and what it travels with."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from digest.model import Newsletter, Rendered, Schedule, Sender, slot
from digest.pipeline.check import findings_of

HEADERS = {
    "From": "Morning <morning@news.example.org>",
    "Date": "Thu, 05 Mar 2026 09:00:00 -0500",
    "Message-ID": "<1@news.example.org>",
    "List-Id": "Morning <morning.news.example.org>",
    "List-Unsubscribe": "<https://news.example.org/unsubscribe/x>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "DKIM-Signature": "v=1; d=news.example.org",
}
NEWSLETTER = Newsletter(
    id="morning",
    title="Morning",
    description="",
    language="en",
    timezone=ZoneInfo("Europe/Kyiv"),
    schedule=Schedule(at=time(9)),
    sender=Sender(name="Morning", address="morning@news.example.org"),
    list_path="/srv/morning.csv",
    theme="ukraine-today",
    postal_address="1 Example Street",
    public_url="https://news.example.org",
)
WAY_OUT = slot("unsubscribe_url")


def message_without(name: str) -> bytes:
    return "".join(f"{key}: {value}\r\n" for key, value in HEADERS.items() if key != name).encode() + b"\r\nHello\r\n"


def mail(html: str = "") -> Rendered:
    return Rendered(
        subject="Talks",
        preheader="And more",
        html=f'<html lang="en"><head><title>Talks</title></head><body><h1>Talks</h1>{html}'
        f'<p><a href="{WAY_OUT}">Unsubscribe</a></p></body></html>',
        text=f"Talks\nUnsubscribe: {WAY_OUT}\n",
        language="en",
    )


@pytest.mark.parametrize("name", HEADERS)
def test_each_missing_header_is_found(name: str) -> None:
    """Exactly the header that is not there is named; all but the signature are errors."""
    found = findings_of(mail(), message_without(name), newsletter=NEWSLETTER)
    headers = [finding for finding in found if finding.rule == "header"]
    assert [(finding.where, finding.level) for finding in headers] == [
        (name, "note" if name == "DKIM-Signature" else "error")
    ]
    assert found[0].level == ("error" if name != "DKIM-Signature" else found[0].level)


def test_a_remedy_is_a_command_to_paste() -> None:
    """The newsletter is known, so its id stands in the command and nothing is left to fill in."""
    (found,) = [
        one
        for one in findings_of(mail(), message_without("DKIM-Signature"), newsletter=NEWSLETTER)
        if one.rule == "header"
    ]
    assert found.remedy == "Make a key: digest dkim morning"


def test_a_message_that_many_servers_refuse_is_warned_of() -> None:
    """Pictures in the mail may make it larger than Postfix takes by default; one byte less is fine."""
    small = message_without("").ljust(10_240_000, b"x")

    def rules(message: bytes) -> list[str]:
        found = findings_of(mail(), message, newsletter=NEWSLETTER)
        return [f"{finding.level} {finding.rule}" for finding in found if finding.rule == "message-size"]

    assert rules(small) == []
    assert rules(small + b"x") == ["warning message-size"]


def test_own_pictures_are_not_foreign() -> None:
    """A picture that the site itself serves is no finding; one from elsewhere is."""
    html = '<img alt="" width="1" src="https://{}/x.jpg">'

    def hosts(host: str) -> list[str]:
        found = findings_of(
            mail(html.format(host)),
            message_without(""),
            newsletter=replace(NEWSLETTER, public_url="https://news.example.org/mail"),
        )
        return [finding.rule for finding in found if finding.rule == "image-host"]

    assert hosts("news.example.org") == []
    assert hosts("img.example") == ["image-host"]
