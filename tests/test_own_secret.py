"""The key that signs links is made once, whoever asks for it first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from digest.config.secret import own_secret


def test_all_who_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    """Eight threads ask for a key that is not there, fifty times: one key each time, and nothing beside it."""
    with ThreadPoolExecutor(8) as pool:
        for number in range(50):
            path = tmp_path / str(number) / "secret"
            keys = set(pool.map(own_secret, [path] * 8))
            assert len(keys) == 1
            assert len(keys.pop()) == 64
            assert list(path.parent.iterdir()) == [path]
