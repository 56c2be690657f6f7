"""The commands: each reads the settings, calls one function of the pipeline and shows what it returned."""

from __future__ import annotations

import sys

__all__ = ["main"]

_STOPPED = 130  # what shells give for a program that Ctrl-C ended


def main() -> None:
    """Run the program; Ctrl-C ends it in a word, while it is still being loaded too."""
    try:
        from digest.cli.app import main as run  # noqa: PLC0415 - it takes long enough for a Ctrl-C

        run()
    except KeyboardInterrupt:
        print("digest: stopped", file=sys.stderr)  # noqa: T201 - the console may not be there yet
        sys.exit(_STOPPED)
