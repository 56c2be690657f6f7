"""The commands: each reads the settings, calls one function of the pipeline and shows what it returned."""

from digest.cli.app import main

__all__ = ["main"]
