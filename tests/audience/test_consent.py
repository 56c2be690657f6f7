from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.audience.consent import make_token, read_token
from digest.errors import AudienceError

SECRET = bytes(range(32))
IDS = st.integers(0, 2**63 - 1)


@given(subscriber=IDS, purpose=st.text(max_size=20))
def test_a_token_reads_back(subscriber: int, purpose: str) -> None:
    """What was signed for a purpose is read for it, in letters that any URL can hold."""
    token = make_token(SECRET, purpose=purpose, subscriber=subscriber)
    assert re.fullmatch(r"[A-Za-z0-9_-]{23,40}", token)
    assert read_token(SECRET, token, purpose=purpose) == subscriber
    assert make_token(SECRET, purpose=purpose, subscriber=subscriber) == token


@given(subscriber=IDS, position=st.integers(0, 40), letter=st.sampled_from("AQgw-_09azZ"))
def test_a_changed_token_is_refused(subscriber: int, position: int, letter: str) -> None:
    """Any other letter anywhere, also one that decodes to the same bytes, is not our token."""
    token = make_token(SECRET, purpose="unsubscribe", subscriber=subscriber)
    position %= len(token)
    changed = token[:position] + letter + token[position + 1 :]
    if changed == token:
        return
    with pytest.raises(AudienceError):
        read_token(SECRET, changed, purpose="unsubscribe")


@given(text=st.text(max_size=60))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    """Whatever a scanner or an attacker puts into the URL gets the same plain error."""
    with pytest.raises(AudienceError, match="cut short or is not one of ours"):
        read_token(SECRET, text, purpose="unsubscribe")


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t + "=", lambda t: t + "\n", lambda _: ""]
)
def test_a_cut_or_padded_token_is_refused(change: object) -> None:
    """Mail programs cut links; a part of one must not open another subscription's door."""
    assert callable(change)
    with pytest.raises(AudienceError):
        read_token(SECRET, change(make_token(SECRET, purpose="unsubscribe", subscriber=300)), purpose="unsubscribe")


def test_a_token_opens_one_door_only() -> None:
    """Another purpose, or another installation's secret, refuses it."""
    token = make_token(SECRET, purpose="view", subscriber=5)
    with pytest.raises(AudienceError):
        read_token(SECRET, token, purpose="unsubscribe")
    with pytest.raises(AudienceError):
        read_token(SECRET[::-1], token, purpose="view")


@pytest.mark.parametrize(("secret", "subscriber"), [(b"short", 1), (SECRET, -1), (SECRET, 2**63)])
def test_a_weak_secret_or_no_key_is_a_bug(secret: bytes, subscriber: int) -> None:
    """Neither can come from a reader's click."""
    with pytest.raises(ValueError, match=r"secret|key"):
        make_token(secret, purpose="view", subscriber=subscriber)
