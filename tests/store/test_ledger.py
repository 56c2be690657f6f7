from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Attempt, DeliveryState
from digest.store.ledger import ENDED, Entry, after, backoff

T0 = datetime(2022, 1, 28, 14, tzinfo=UTC)
ME, OTHER = 1, 2
S = DeliveryState
OUTCOMES = [S.SENT, S.FAILED, S.DEFERRED, S.UNCERTAIN]


def an_attempt(state: DeliveryState, *, minute: int = 10) -> Attempt:
    return Attempt(subscriber=7, state=state, reply="r", at=T0 + timedelta(minutes=minute), message_id="<7@x>")


def an_entry(state: DeliveryState, *, holder: int | None = None, attempted: int | None = None) -> Entry:
    return Entry(
        state=state,
        holder=holder,
        attempts=0 if attempted is None else 1,
        attempted_at=None if attempted is None else T0 + timedelta(minutes=attempted),
        changed_at=T0,
        next_at=None,
        reply="",
        message_id=None,
        relay_id=None,
    )


def outcome(entry: Entry | None, attempt: Attempt) -> DeliveryState | None:
    found = after(entry, attempt, sender=ME, retry_in=backoff)
    return found.state if found else None


@pytest.mark.parametrize(
    ("entry", "attempt", "expected"),
    [
        pytest.param(an_entry(S.OFFERED, holder=ME), S.SENT, S.SENT, id="offered and accepted"),
        pytest.param(an_entry(S.OFFERED, holder=ME), S.FAILED, S.FAILED, id="offered and refused"),
        pytest.param(an_entry(S.CLAIMED, holder=ME), S.DEFERRED, S.DEFERRED, id="a refusal before the offer was noted"),
        pytest.param(an_entry(S.UNCERTAIN, attempted=0), S.FAILED, S.FAILED, id="the reply came after all"),
        pytest.param(an_entry(S.DEFERRED, attempted=0), S.FAILED, S.FAILED, id="a later try"),
        pytest.param(an_entry(S.DEFERRED, attempted=10), S.DEFERRED, None, id="told twice"),
        pytest.param(an_entry(S.OFFERED, holder=ME, attempted=20), S.DEFERRED, None, id="older than what is kept"),
        pytest.param(an_entry(S.OFFERED, holder=OTHER), S.FAILED, None, id="another has it in hand"),
        pytest.param(an_entry(S.OFFERED, holder=OTHER), S.SENT, S.SENT, id="another has it, but it did arrive"),
        pytest.param(an_entry(S.SENT, attempted=0), S.FAILED, None, id="sent stays sent"),
        pytest.param(an_entry(S.SENT, attempted=10), S.SENT, None, id="sent once"),
        pytest.param(an_entry(S.FAILED, attempted=0), S.DEFERRED, None, id="failed stays failed"),
        pytest.param(an_entry(S.FAILED, attempted=0), S.SENT, S.SENT, id="failed, but it did arrive"),
        pytest.param(an_entry(S.SKIPPED), S.FAILED, None, id="skipped stays skipped"),
        pytest.param(None, S.SENT, S.SENT, id="the claim was taken back, but it did arrive"),
    ],
)
def test_what_an_attempt_does(entry: Entry | None, attempt: DeliveryState, expected: DeliveryState | None) -> None:
    """Accepted beats all; an end stays; the newest attempt counts; who has it in hand decides the rest."""
    assert outcome(entry, an_attempt(attempt)) is expected


@given(
    told=st.lists(st.builds(an_attempt, st.sampled_from(OUTCOMES), minute=st.integers(0, 5)), min_size=1, max_size=8)
)
def test_an_end_is_never_undone(told: list[Attempt]) -> None:
    """Whatever order attempts are told in, and however often: sent wins, ends stay, and repeating changes nothing."""
    entry: Entry | None = None
    for attempt in told:
        changed = after(entry, attempt, sender=ME, retry_in=backoff)
        if entry is not None and entry.state in ENDED and changed is not None:
            assert changed.state is S.SENT
            assert entry.state is not S.SENT
        entry = changed or entry
        assert after(entry, attempt, sender=ME, retry_in=backoff) is None
    assert entry is not None
    assert (entry.state is S.SENT) == any(attempt.state is S.SENT for attempt in told)
    assert entry.holder is None
    assert (entry.next_at is not None) == (entry.state is S.DEFERRED)


@pytest.mark.parametrize("state", [S.PENDING, S.CLAIMED, S.OFFERED])
def test_only_outcomes_are_recorded(state: DeliveryState) -> None:
    """A state on the way to an outcome is no outcome: telling it is our bug."""
    with pytest.raises(ValueError, match="no outcome"):
        outcome(None, an_attempt(state))


def test_the_wait_doubles_up_to_four_hours() -> None:
    """Five minutes, ten, twenty, and never more than four hours, however often it was tried."""
    minutes = [backoff(attempts) // timedelta(minutes=1) for attempts in (1, 2, 3, 6, 7, 30_000)]
    assert minutes == [5, 10, 20, 160, 240, 240]


def test_those_who_were_put_off_together_come_back_apart() -> None:
    """Each subscriber's wait is its own, never shorter than the backoff and at most a quarter longer."""
    waits = [backoff(1, subscriber) / timedelta(minutes=5) for subscriber in range(1, 1001)]
    assert all(1 <= wait < 1.25 for wait in waits)
    tenths = [sum(1 + tenth / 40 <= wait < 1 + (tenth + 1) / 40 for wait in waits) for tenth in range(10)]
    assert min(tenths) > 50


@given(
    gaps=st.lists(st.integers(0, 600), max_size=60),
    retry_for=st.integers(1, 48 * 60),
)
def test_a_delivery_is_put_off_until_its_time_is_over(gaps: list[int], retry_for: int) -> None:
    """Tried when due or later, it is given up with its last reply once the time since its first attempt is over."""
    window, now = timedelta(minutes=retry_for), T0
    entry = None
    for count, gap in enumerate([0, *gaps]):
        now = max(now, (entry.next_at if entry else None) or now) + timedelta(minutes=gap, seconds=1)
        attempt = Attempt(subscriber=7, state=S.DEFERRED, reply=f"451 no. {count}", at=now, message_id="<7@x>")
        first = entry is None
        entry = after(entry, attempt, sender=ME, retry_in=backoff, retry_for=window)
        assert entry is not None
        if first:
            begun = now
        if entry.state is S.FAILED:
            assert now - begun >= window
            assert entry.reply.startswith("gave up after ")
            assert entry.reply.endswith(f": 451 no. {count}")
            assert entry.next_at is None
            return
        assert first or now - begun < window
        assert entry.next_at is not None
        assert now < entry.next_at <= max(now, begun + window) or first


@pytest.mark.parametrize(
    ("window", "words"), [(timedelta(hours=24), "24 h"), (timedelta(hours=5), "5 h"), (timedelta(minutes=90), "90 min")]
)
def test_giving_up_says_after_how_long(window: timedelta, words: str) -> None:
    """The row tells what happened and the relay's last words."""
    first = after(None, an_attempt(S.DEFERRED, minute=0), sender=ME, retry_in=backoff, retry_for=window)
    last = replace(an_attempt(S.DEFERRED), at=T0 + window)
    given_up = after(first, last, sender=ME, retry_in=backoff, retry_for=window)
    assert given_up is not None
    assert (given_up.state, given_up.reply) == (S.FAILED, f"gave up after {words}: r")
