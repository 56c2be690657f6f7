"""The wheel that users install holds all it needs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_runs_the_demo_in_a_clean_environment(tmp_path: Path) -> None:
    """Installed with the pinned runtime packages alone, `digest demo` works from an empty folder."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not beside this Python; `make test-all` installs it")
    source = tmp_path / "source"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".git", ".venv", "var", "digest-demo", "node_modules", ".*_cache")
    )
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"), cwd=source)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    run(str(uv), "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv"), cwd=tmp_path)
    python = tmp_path / "venv/bin/python"
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    run(*install, "--require-hashes", "-r", str(ROOT / "requirements/runtime.txt"), cwd=tmp_path)
    run(*install, "--no-deps", str(wheel), cwd=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    arrived = json.loads(run(str(tmp_path / "venv/bin/digest"), "demo", "--json", cwd=empty))
    assert {one["edition"].partition("/")[0] for one in arrived} == {"ukraine-today", "nv-digest"}
    assert all(one["subscribers"] for one in arrived)
    package = run(str(python), "-c", "import digest; print(digest.__file__)", cwd=empty).strip()
    assert Path(package).is_relative_to(tmp_path / "venv")


def run(*words: str, cwd: Path) -> str:
    finished = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{words}\n{finished.stdout}{finished.stderr}"
    return finished.stdout
