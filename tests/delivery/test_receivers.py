"""Who the big receivers are, and when they ask us to slow down."""

import pytest

from digest.delivery.receivers import receiver_of, throttle_of
from digest.delivery.replies import Reply


@pytest.mark.parametrize(
    ("domain", "receiver"),
    [
        ("gmail.com", "Gmail"),
        ("googlemail.com", "Gmail"),
        ("yahoo.com", "Yahoo"),
        ("yahoo.co.uk", "Yahoo"),
        ("yahoo.com.br", "Yahoo"),
        ("aol.com", "Yahoo"),
        ("hotmail.fr", "Outlook"),
        ("outlook.com", "Outlook"),
        ("live.co.uk", "Outlook"),
        ("msn.com", "Outlook"),
        ("example.org", "example.org"),
        ("live.example.org", "live.example.org"),
        ("notgmail.com", "notgmail.com"),
        ("gmail.com.example.org", "gmail.com.example.org"),
    ],
)
def test_a_receivers_domains_are_known(domain: str, receiver: str) -> None:
    """A big receiver's domains in all countries are one; any other is its own, however much it looks like one."""
    assert receiver_of(domain) == receiver


@pytest.mark.parametrize(
    ("code", "text", "receiver"),
    [
        pytest.param(421, "4.7.28 Gmail has detected an unusual rate of mail. a1-2 - gsmtp", "Gmail", id="rate"),
        pytest.param(450, "4.7.28 too fast", "Gmail", id="whoever passes it on drops the words"),
        pytest.param(421, "4.7.0 IP not in whitelist - 3si1 - gsmtp", "Gmail", id="the same class"),
        pytest.param(421, "4.7.0 see https://support.google.com/mail/?p=UnsolicitedRateLimitError", "Gmail", id="link"),
        pytest.param(421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "Yahoo", id="Yahoo"),
        pytest.param(421, "4.7.1 [TS03] All messages from 192.0.2.1 permanently deferred", "Yahoo", id="Yahoo, longer"),
        pytest.param(451, "4.7.650 The mail server has been temporarily rate limited", "Outlook", id="reputation"),
        pytest.param(451, "4.7.500 Server busy. Please try again later", "Outlook", id="busy"),
        pytest.param(421, "RP-001 (SNT004) Unfortunately, some messages were deferred", "Outlook", id="Outlook.com"),
        pytest.param(
            450, "4.2.1 The user you are trying to contact is receiving mail too fast - gsmtp", None, id="one"
        ),
        pytest.param(450, "4.7.1 greylisted, try again", None, id="a relay's own policy"),
        pytest.param(451, "4.3.0 no", None, id="trouble"),
        pytest.param(550, "5.7.28 Gmail has blocked it - gsmtp", None, id="for good"),
        pytest.param(250, "2.0.0 OK gsmtp", None, id="accepted"),
    ],
)
def test_a_wish_to_slow_down_is_told_from_other_trouble(code: int, text: str, receiver: str | None) -> None:
    """Only what concerns a receiver as a whole pauses it, and Gmail for ten minutes, as it asks."""
    found = throttle_of(Reply(code, text))
    assert (found.receiver if found else None) == receiver
    if found is not None and receiver == "Gmail":
        assert found.seconds == 600
