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
    ("ours", "said"),
    [
        ("news.example.org", ["site.public_url", "newsletters.morning.from"]),
        ("example.com", ["site.public_url", "newsletters.morning.from"]),
        ("morning-news.de", []),
        ("bestexample.org", []),
    ],
)
def test_the_samples_domains_are_told_from_ones_own(site_folder: Path, ours: str, said: list[str]) -> None:
    """Whoever forgot to set them hears so before readers get links that lead nowhere."""
    file = site_folder / "digest.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("news.example.org", ours), encoding="utf-8")
    assert [problem.where for problem in pipeline.still_to_set(read_settings(file))] == said


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
