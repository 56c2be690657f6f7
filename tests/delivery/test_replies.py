from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.replies import Outcome, Reply, outcome_of, refuses_client, refuses_sender, too_big


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        pytest.param(250, "2.0.0 queued as 4F2", Outcome.SENT, id="queued"),
        pytest.param(252, "cannot verify, will try", Outcome.SENT, id="accepted unverified"),
        pytest.param(452, "4.2.2 over quota", Outcome.DEFERRED, id="no room today"),
        pytest.param(421, "4.7.28 rate limited", Outcome.DEFERRED, id="too fast"),
        pytest.param(450, "5.1.1 a 4xx stays a 4xx", Outcome.DEFERRED, id="class decides over a contradicting code"),
        pytest.param(550, "5.1.1 user unknown", Outcome.BOUNCED, id="no such mailbox"),
        pytest.param(550, "5.1.2 no such domain", Outcome.BOUNCED, id="no such domain"),
        pytest.param(556, "5.1.10 null MX", Outcome.BOUNCED, id="a domain that takes no mail (RFC 7505)"),
        pytest.param(553, "5.1.7 sender's address", Outcome.FAILED, id="5.1.7 is the sender"),
        pytest.param(550, "5.1.8 sender's domain", Outcome.FAILED, id="5.1.8 is the sender"),
        pytest.param(550, "5.7.1 listed", Outcome.FAILED, id="our mail is unwanted, the mailbox may be fine"),
        pytest.param(550, "5.7.515 access denied", Outcome.FAILED, id="Microsoft: not authenticated"),
        pytest.param(552, "5.2.2 over quota", Outcome.FAILED, id="full: it may be emptied"),
        pytest.param(550, "5.2.1 receiving too quickly", Outcome.FAILED, id="5.2.1 has two meanings"),
        pytest.param(550, "No such user here", Outcome.BOUNCED, id="in words"),
        pytest.param(
            550, "<x@y>: Recipient address rejected: User unknown in table", Outcome.BOUNCED, id="older Postfix"
        ),
        pytest.param(550, "Blocked: see our page for senders", Outcome.FAILED, id="550 alone says nothing"),
        pytest.param(554, "", Outcome.FAILED, id="no text"),
    ],
)
def test_only_a_missing_mailbox_bounces(code: int, text: str, outcome: Outcome) -> None:
    """The reply's class and subject decide (RFC 3463): x.1 is the address, x.7 is policy."""
    assert outcome_of(code, text) is outcome


@given(code=st.integers(200, 599).filter(lambda code: code // 100 != 3), text=st.text(max_size=60))
def test_every_final_reply_has_an_outcome_and_its_class_is_kept(code: int, text: str) -> None:
    """Only 2xx is sent, only 4xx is tried again, only 5xx can bounce."""
    allowed = {2: {Outcome.SENT}, 4: {Outcome.DEFERRED}, 5: {Outcome.BOUNCED, Outcome.FAILED}}
    assert outcome_of(code, text) in allowed[code // 100]


@pytest.mark.parametrize("code", [354, 101, 0, -1, 600])
def test_what_is_no_final_reply_is_a_bug(code: int) -> None:
    """An intermediate reply must not be recorded as an outcome."""
    with pytest.raises(ValueError, match="not a final reply"):
        outcome_of(code, "")


@given(text=st.text())
def test_a_kept_reply_is_short_and_fit_to_print(text: str) -> None:
    """A hostile server's text goes to logs and tables."""
    kept = str(Reply(550, text))
    assert len(kept) <= 400
    assert kept.isprintable()


@pytest.mark.parametrize(
    ("reply", "sender", "client", "big"),
    [
        (Reply(553, "5.7.1 <n@x>: Sender address rejected: not logged in"), True, False, False),
        (Reply(550, "5.1.8 x"), True, False, False),
        (Reply(554, "5.7.1 <r@x>: Relay access denied"), False, True, False),
        (Reply(550, "Relaying denied"), False, True, False),
        (Reply(530, "5.7.0 log in first"), False, True, False),
        (Reply(552, "5.3.4 too big"), False, False, True),
        (Reply(552, "message exceeds fixed maximum size"), False, False, True),
        (Reply(552, "5.2.3 Your message exceeded Google's message size limits"), False, False, True),
        (Reply(552, "5.2.2 mailbox full"), False, False, False),
        (Reply(552, "the mailbox has exceeded its quota"), False, False, False),
        (Reply(450, "4.1.8 sender address rejected: domain not found"), False, False, False),
        (Reply(550, "5.1.1 user unknown"), False, False, False),
    ],
)
def test_a_refusal_of_us_is_told_from_one_of_the_recipient(reply: Reply, sender: bool, client: bool, big: bool) -> None:
    """Postfix says at RCPT what it thinks of the sender and the client; 552 is a size or a quota."""
    assert (refuses_sender(reply), refuses_client(reply), too_big(reply)) == (sender, client, big)
