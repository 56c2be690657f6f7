"""What a refused setting is said to expect: all that is allowed, in our own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from digest.config import Settings, read_settings
from digest.errors import ConfigError

NOT_OURS = re.compile(
    r"input|valid (string|integer|number|dict)|greater|less|pattern|datetime|constrained|instance|<class"
)


def said(folder: Path, text: str) -> dict[str, str]:
    (folder / "digest.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(folder / "digest.toml")
    problems = caught.value.problems
    assert len({problem.key for problem in problems}) == len(problems), "each mistake once"
    return {problem.key: problem.expected for problem in problems}


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('[delivery]\nlease = "1s"', "delivery.lease", 'expected a duration from "10s" to "1h"'),
        ("[delivery]\nlease = 60", "delivery.lease", 'expected a duration such as "90s", "15m", "2h" or "7d"'),
        ("[delivery]\nprocesses = 0", "delivery.processes", 'expected a whole number from 1 to 64, or "auto"'),
        ('[delivery]\nprocesses = "many"', "delivery.processes", 'expected a whole number from 1 to 64, or "auto"'),
        ('[delivery]\nuncertain = "maybe"', "delivery.uncertain", 'expected "resend" or "leave"'),
        ('[delivery]\nverp = "perhaps"', "delivery.verp", "expected true or false"),
        ("[delivery]\nbounces = 3", "delivery.bounces", "expected text in quotation marks"),
        ("[delivery]\nwarmup = 1", "delivery.warmup", "expected a table"),
        ('[delivery.warmup]\nstart = "soon"', "delivery.warmup.start", "expected a date such as 2026-11-01"),
        (
            "[delivery.warmup]\nstart = 2026-11-01\ngrowth = 1",
            "delivery.warmup.growth",
            "expected a number over 1 and of at most 10",
        ),
        ("[delivery.warmup]\nfirst_day = 9", "delivery.warmup.start", "this setting is needed"),
        ("delivery = 3", "delivery", "expected a table"),
        ("[delivery]\nprocesses = true", "delivery.processes", 'expected a whole number from 1 to 64, or "auto"'),
        ("[delivery.warmup]\nstart = 86400", "delivery.warmup.start", "expected a date such as 2026-11-01"),
        ("[smtp]\nport = true", "smtp.port", "expected a whole number from 1 to 65535"),
        ('[[smtp.relays]]\nhost = "a"\nweight = true', "smtp.relays.0.weight", "expected a number from 0 to 1000"),
        (
            "[newsletters.a.selection.source_weights]\nWire = true",
            "newsletters.a.selection.source_weights.Wire",
            "expected a number from 0 to 100",
        ),
        ("[smtp]\nport = 70000", "smtp.port", "expected a whole number from 1 to 65535"),
        ("[smtp]\nport = 25.5", "smtp.port", "expected a whole number from 1 to 65535"),
        ('[smtp]\nsecurity = "ssl"', "smtp.security", 'expected "none", "starttls" or "tls"'),
        ('[smtp]\ntimeout = "0s"', "smtp.timeout", 'expected a duration from "1s" to "1d"'),
        ('[smtp]\ntimeout = "99999999999d"', "smtp.timeout", 'expected a duration such as "90s", "15m", "2h" or "7d"'),
        ("[smtp]\npassword_file = 3", "smtp.password_file", "expected a path in quotation marks"),
        ("[smtp]\nrelays = 3", "smtp.relays", "expected a list of tables"),
        (
            '[[smtp.relays]]\nhost = "a\\nb"',
            "smtp.relays.0.host",
            "expected one line of text in quotation marks, of 1 to 300 characters",
        ),
        ('[[smtp.relays]]\nhost = "a"\nweight = -1', "smtp.relays.0.weight", "expected a number from 0 to 1000"),
        (
            '[newsletters.a]\nlanguage = "English"',
            "newsletters.a.language",
            'expected a language code such as "en", "ru"',
        ),
        (
            '[[sources]]\npath = "a"\nlanguage = "x"',
            "sources.0.language",
            'expected a language code such as "en", "ru"',
        ),
        ("[newsletters.a.from]\nname = 3", "newsletters.a.from.name", "expected one line of text"),
        ("[newsletters.a.selection]\nmax_stories = 0", "newsletters.a.selection.max_stories", "from 1 to 100"),
    ],
)
def test_a_refused_value_is_told_what_is_allowed(tmp_path: Path, text: str, key: str, expected: str) -> None:
    """The key as it stands in the file, once, and everything that it may be."""
    found = said(tmp_path, text)
    assert expected in found[key]
    for sentence in found.values():
        assert NOT_OURS.search(sentence) is None, sentence


def kinds(of: Any) -> Iterator[Any]:
    """Walk every type that some setting may have, tables taken apart."""
    if isinstance(of, type) and issubclass(of, BaseModel):
        for field in of.model_fields.values():
            yield from kinds(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
    elif get_origin(of) is Annotated:
        yield of
        yield from kinds(get_args(of)[0]) if get_args(get_args(of)[0]) else ()
    else:
        yield of
        for part in () if get_origin(of) is frozenset else get_args(of):  # of weekdays: the numbers are ours
            yield from kinds(part)


def test_true_is_no_number_anywhere() -> None:
    """Python takes true for 1; whoever wrote `processes = true` meant something else, whatever the setting."""
    numbers = [kind for kind in kinds(Settings) if {int, float, date, timedelta} & {kind, *get_args(kind)}]
    assert len(numbers) > 20
    taken = []
    for kind in numbers:
        with suppress(ValidationError):
            TypeAdapter(kind).validate_python(True)
            taken.append(kind)
    assert not taken


def test_what_was_written_is_shown_as_it_was_written(tmp_path: Path) -> None:
    """In the words of TOML, not of Python."""
    (tmp_path / "digest.toml").write_text("[smtp]\nport = true\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"smtp\.port = true: expected"):
        read_settings(tmp_path / "digest.toml")


@pytest.mark.parametrize(
    "text",
    [
        '[smtp]\nhost = "smtp://me:hunter2@mail.example.org"',
        '[keypoints]\nendpoint = "http://hunter2@localhost:1/v1"',
        '[site]\npublic_url = "https:/me:hunter2@news.example.org"',
    ],
)
def test_a_login_in_an_address_is_not_repeated(tmp_path: Path, text: str) -> None:
    """The error ends in a terminal, a log or a question to somebody else."""
    (tmp_path / "digest.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\(hidden\)") as caught:
        read_settings(tmp_path / "digest.toml")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("rate", ["1/99999999999999999999h", "99999999999999999999/0s", "1/25h"])
def test_a_rate_beyond_all_measure_is_a_mistake_like_others(tmp_path: Path, rate: str) -> None:
    """No number of any length is a bug's traceback."""
    assert said(tmp_path, f'[delivery]\nrate = "{rate}"')["delivery.rate.0"].startswith("expected a rate such as")
