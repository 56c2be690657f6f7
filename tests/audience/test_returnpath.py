from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.audience.returnpath import read_return_path, return_path
from digest.errors import AudienceError

SECRET = bytes(range(32))
SLOT = datetime(2022, 1, 28, 9, tzinfo=ZoneInfo("America/New_York"))
IDS = st.integers(0, 2**63 - 1)
SLOTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - made aware beside
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)


@given(subscriber=IDS, slot=SLOTS, shout=st.booleans())
def test_a_bounce_tells_whose_it_is(subscriber: int, slot: datetime, shout: bool) -> None:
    """Edition and subscription come back from the address, whatever became of its letters' case on the way."""
    address = return_path(SECRET, "bounces@news.example.org", slot=slot, subscriber=subscriber)
    assert address == return_path(SECRET, "bounces@news.example.org", slot=slot, subscriber=subscriber)
    assert read_return_path(SECRET, address.upper() if shout else address) == (slot, subscriber)


@given(subscriber=IDS, slot=SLOTS)
def test_any_server_takes_the_address(subscriber: int, slot: datetime) -> None:
    """Plain letters and digits after the plus, and with the longest mailbox allowed no more than 64 before the @."""
    address = return_path(SECRET, f"{'b' * 24}@news.example.org", slot=slot, subscriber=subscriber)
    mailbox, _, domain = address.partition("@")
    assert re.fullmatch(r"b{24}\+[a-z2-7]{27,39}", mailbox)
    assert len(mailbox) <= 64
    assert domain == "news.example.org"


def test_the_slot_is_an_instant() -> None:
    """Nine in New York reads back as the same moment in UTC."""
    address = return_path(SECRET, "bounces@example.org", slot=SLOT, subscriber=7)
    slot, subscriber = read_return_path(SECRET, address)
    assert (slot, slot.utcoffset(), subscriber) == (SLOT, timedelta(0), 7)


def test_a_prefix_that_another_server_put_before_it_does_no_harm() -> None:
    """BATV and forwarders write `prvs=…=` and the like before an envelope's sender."""
    address = return_path(SECRET, "bounces@example.org", slot=SLOT, subscriber=7)
    assert read_return_path(SECRET, f"prvs=0123456789={address}") == (SLOT, 7)


@given(subscriber=IDS, position=st.integers(0, 60), letter=st.sampled_from("abyz27"))
@example(subscriber=7, position=27, letter="b")  # the last letter has bits that no byte needs
def test_a_changed_address_is_refused(subscriber: int, position: int, letter: str) -> None:
    """Nobody bounces another subscriber away by a letter more or less."""
    address = return_path(SECRET, "bounces@example.org", slot=SLOT, subscriber=subscriber)
    start = len("bounces+")
    position = start + position % (len(address.partition("@")[0]) - start)
    changed = address[:position] + letter + address[position + 1 :]
    for other in (
        changed,
        address[:position] + letter + address[position:],
        address[:position] + address[position + 1 :],
    ):
        if other != address:
            with pytest.raises(AudienceError):
                read_return_path(SECRET, other)


@given(text=st.text(max_size=60))
def test_no_text_is_an_address_of_ours_by_chance(text: str) -> None:
    """Whatever lands in the mailbox for bounces gets the same plain error."""
    with pytest.raises(AudienceError, match="not one of ours"):
        read_return_path(SECRET, text)


def test_another_installations_secret_refuses_it() -> None:
    """The signature is the installation's own."""
    address = return_path(SECRET, "bounces@example.org", slot=SLOT, subscriber=7)
    with pytest.raises(AudienceError):
        read_return_path(SECRET[::-1], address)
