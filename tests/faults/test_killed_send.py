import signal
from pathlib import Path

import pytest

from tests.faults.killing import kill_and_count

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # a real command that starts again after each kill


def test_killed_at_any_moment_nobody_is_missed(tmp_path: Path) -> None:
    """SIGKILL over and over: everyone gets it, and a kill repeats at most one message a connection."""
    count = kill_and_count(tmp_path, kills=5, subscribers=300, connections=4, end_by=signal.SIGKILL)
    assert count.kills == 5
    assert count.kills_while_sending >= 2
    assert count.missed == 0
    assert count.duplicates <= count.kills * count.connections


def test_stopped_at_any_moment_nobody_is_missed_or_written_to_twice(tmp_path: Path) -> None:
    """SIGTERM over and over: each run finishes what is in flight and says that it is not done; nothing repeats."""
    count = kill_and_count(tmp_path, kills=4, subscribers=300, connections=4, end_by=signal.SIGTERM)
    assert count.kills == 4
    assert count.kills_while_sending >= 2
    assert (count.missed, count.duplicates) == (0, 0)
    assert set(count.codes) == {0, 1}
