"""A call in a process of its own gives what it gives here, raises what it raises here, and leaves nothing behind."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from digest import pipeline
from digest.errors import RenderError
from digest.pipeline.apart import apart, here
from digest.pipeline.images import render_mail
from tests.conftest import Site


def test_an_edition_built_and_drawn_apart_is_the_same(site: Site) -> None:
    """Both ways give the same edition and the same mail, byte for byte."""
    pipeline.collect(site.settings, site.store, now=site.slot)
    there = pipeline.build(site.store, site.newsletter, site.slot, now=site.slot, run=apart)
    assert pipeline.build(site.store, site.newsletter, site.slot, now=site.slot, run=here) == there
    mails = [render_mail(site.settings, site.newsletter, there, now=site.slot, run=run) for run in (here, apart)]
    assert mails[0] == mails[1]


def test_an_error_for_the_user_comes_back_whole(site: Site) -> None:
    """A broken theme is told by template and line, whoever drew it."""
    pipeline.collect(site.settings, site.store, now=site.slot)
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=site.slot)
    broken = replace(site.newsletter, theme="nosuch")
    with pytest.raises(RenderError, match="nosuch") as there:
        render_mail(site.settings, broken, edition, now=site.slot, run=apart)
    with pytest.raises(RenderError) as beside:
        render_mail(site.settings, broken, edition, now=site.slot, run=here)
    assert str(there.value) == str(beside.value)


def test_a_bug_is_not_swallowed() -> None:
    """Whatever else goes wrong there ends the call here."""
    with pytest.raises(RuntimeError, match="builtins:int ended with 1"):
        apart("builtins:int", "no number")


def test_what_is_printed_there_is_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    """A stray print goes to stderr, and the value comes back."""
    assert apart("builtins:print", "hello") is None
    assert capfd.readouterr() == ("", "hello\n")


def test_it_is_a_process_of_its_own_that_finds_this_digest(tmp_path: Path) -> None:
    """Wherever it is started from, it uses the modules that this process uses."""
    program = "import os; from digest.pipeline.apart import apart; print(apart('os:getpid') != os.getpid())"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "True\n"
