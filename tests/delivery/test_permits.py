"""Leave in hand: asked for in batches that grow with the pace, and not asked for where it was refused."""

from datetime import timedelta

from digest.delivery.permits import Permits
from digest.store import Window
from tests.delivery.held_back import START, MemoryLimits

HOUR = timedelta(hours=1)


def test_a_fast_send_asks_for_more_at_a_time() -> None:
    """A thousand messages under a wide limit cost some twenty transactions, not a thousand."""
    limits = MemoryLimits(lambda: START, {"site": Window(1_000_000, HOUR)})
    permits = Permits(limits)
    for _ in range(1_000):
        assert permits.ready(["site"], now=START, ahead=dict) == START
        permits.use(["site"])
    assert limits.asked <= 20
    permits.close()
    assert sum(limits.spent["site"].values()) == 1_000


def test_a_refusal_is_believed_until_its_time() -> None:
    """However often it is asked meanwhile, the database is not."""
    limits = MemoryLimits(lambda: START, {"site": Window(1, HOUR)})
    permits = Permits(limits)
    assert permits.ready(["site"], now=START, ahead=dict) == START
    permits.use(["site"])
    until = permits.ready(["site"], now=START, ahead=dict)
    asked = limits.asked
    for minute in range(60):
        assert permits.ready(["site"], now=START + timedelta(minutes=minute), ahead=dict) == until
    assert limits.asked == asked
    assert HOUR <= until - START <= 1.1 * HOUR


def test_under_two_limits_both_must_have_leave() -> None:
    """The later of two refusals counts, and leave under one is not used while the other refuses."""
    limits = MemoryLimits(lambda: START, {"a": Window(8, HOUR), "b": Window(1, HOUR)})
    permits = Permits(limits)
    assert permits.ready(["a", "b"], now=START, ahead=dict) == START
    permits.use(["a", "b"])
    assert permits.ready(["a", "b"], now=START, ahead=dict) > START
    assert permits.ready(["a"], now=START, ahead=dict) == START
    permits.close()
    assert sum(limits.spent["a"].values()) == 1


def test_leave_does_not_outlive_its_time() -> None:
    """What was not used by then is given back, and asked for anew."""
    limits = MemoryLimits(lambda: START, {"site": Window(1_000, HOUR)})
    permits = Permits(limits)
    for _ in range(4):  # the fourth begins a batch of four
        permits.ready(["site"], now=START, ahead=dict)
        permits.use(["site"])
    assert sum(limits.spent["site"].values()) == 7
    later = START + timedelta(minutes=4)
    limits.clock = lambda: later
    assert permits.ready(["site"], now=later, ahead=dict) == later
    assert sum(limits.spent["site"].values()) == 4 + 2
