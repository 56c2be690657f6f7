"""Programs of others that judge a mail: where they come from, and what it means when one is not there.

On any machine a judge that is missing is a test skipped with the reason.  `.ci/run` installs them all and sets
DIGEST_JUDGES=required: there it is a failure, for a gate that nobody guards is open.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("DIGEST_JUDGES") == "required"
INSTALL = ("install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")


def absent(reason: str) -> NoReturn:
    """Skip the test, or fail it where every judge has to be there."""
    if REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str, package: str) -> str:
    """The path of a program, which Debian has in `package`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    return found or absent(f"no {name} on this machine: apt-get install {package}")


def npm(folders: pytest.TempPathFactory, *packages: str) -> Path:
    """A folder with exactly these packages of npm in its node_modules, fetched once in a run of the tests.

    Workers of pytest-xdist share it: each would install into a folder of its own, and the first to finish gives it
    its name.
    """
    base = folders.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / ("npm-" + "-".join(packages).replace("@", "_").replace("/", "_"))
    if folder.is_dir():
        return folder
    made = Path(tempfile.mkdtemp(prefix="npm-", dir=shared))
    (made / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    command = [program("npm", "npm"), *INSTALL, "--save-exact", *packages]
    said = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=110, check=False)
    if said.returncode:
        absent(f"npm cannot install {' '.join(packages)}: {said.stderr.strip()[-200:]}")
    try:
        made.rename(folder)
    except OSError:  # another worker was first
        shutil.rmtree(made)
    return folder


def run(*command: str | Path, stdin: bytes = b"", folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a judge; what it says of the mail is in its output, whatever its exit code."""
    return subprocess.run([*map(str, command)], input=stdin, cwd=folder, capture_output=True, timeout=100, check=False)
