import signal
from pathlib import Path

import pytest

from tests.faults.killing import kill_and_count

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # a real command that starts again after each kill


@pytest.fixture
def database(database_kind: str, request: pytest.FixtureRequest) -> str:
    return "" if database_kind == "sqlite" else str(request.getfixturevalue("database_url"))


def test_killed_at_any_moment_nobody_is_missed(tmp_path: Path, database: str) -> None:
    """SIGKILL over and over: everyone gets it, and a kill repeats at most one message a connection."""
    count = kill_and_count(tmp_path, kills=5, subscribers=300, connections=4, end_by=signal.SIGKILL, database=database)
    assert count.kills == 5
    assert count.kills_while_sending >= 2
    assert count.missed == 0
    assert count.duplicates <= count.kills * count.connections


def test_stopped_at_any_moment_nobody_is_missed_or_written_to_twice(tmp_path: Path, database: str) -> None:
    """SIGTERM over and over: each run finishes what is in flight and says that it is not done; nothing repeats."""
    count = kill_and_count(tmp_path, kills=4, subscribers=300, connections=4, end_by=signal.SIGTERM, database=database)
    assert count.kills == 4
    assert count.kills_while_sending >= 2
    assert (count.missed, count.duplicates) == (0, 0)
    assert set(count.codes) == {0, 1}
