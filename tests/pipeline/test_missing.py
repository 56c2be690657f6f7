"""What the settings name and is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest import pipeline
from digest.config import read_settings


def test_a_whole_site_lacks_nothing(site_folder: Path) -> None:
    """Sources, theme and list file are there, so nothing is said."""
    assert pipeline.missing(read_settings(site_folder / "digest.toml")) == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ('path = "articles"', 'path = "artciles"', "artciles: no such file or folder"),
        ('theme = "ukraine-today"', 'theme = "ukraine-tody"', "there is no theme 'ukraine-tody'"),
        ('list = "subscribers.csv"', 'list = "subscriber.csv"', "subscriber.csv: the list file cannot be read"),
    ],
)
def test_a_slip_in_a_path_is_told_before_the_slot(site_folder: Path, setting: str, value: str, said: str) -> None:
    """Each is one sentence that names what was not found, whatever else is in order."""
    file = site_folder / "digest.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(setting, value), encoding="utf-8")
    (problem,) = pipeline.missing(read_settings(file))
    assert said in str(problem)
