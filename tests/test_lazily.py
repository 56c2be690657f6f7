"""What a package gives when it is asked is what it says it gives, and nothing heavy is there before."""

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

LAZY = ["digest.edition", "digest.keypoints", "digest.pipeline", "digest.render"]
# What builds and draws an edition, and what reads articles.
HEAVY = {"numpy", "jinja2", "mjml", "dateparser", "py3langid", "snowballstemmer", "openai", "uvicorn", "starlette"}


@pytest.mark.parametrize("name", LAZY)
def test_every_name_is_there_when_it_is_asked_for(name: str) -> None:
    """The table says what __all__ says to type checkers, each name of its own module."""
    package = import_module(name)
    assert sorted(package._homes) == sorted(package.__all__)
    for one, home in package._homes.items():
        assert getattr(package, one) is vars(import_module(f"{name}.{home}"))[one]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_function_is_not_hidden_by_its_module() -> None:
    """Whoever imports build.py first, `digest.pipeline.build` is the function."""
    program = "import digest.pipeline.build; from digest import pipeline; print(pipeline.build.__name__)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "build\n"
    assert not isinstance(import_module("digest.pipeline").build, ModuleType)


def test_the_commands_bring_no_kitchen() -> None:
    """A sender's memory is its own: what builds an edition is not imported before one is built."""
    program = (
        "import sys; from digest.cli.app import main; sys.argv = ['digest', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(said.stdout.splitlines()[-1].split())
