"""A host of its own, as far as its network goes: a network namespace with a cable to this machine (Linux, as root)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Network:
    """The other end of a cable."""

    near: str  # this machine's address on it
    run: tuple[str, ...]  # the words that start a command over there
    cable: str

    def cut(self) -> None:
        """Pull the cable: nobody is told."""
        _ip("link", "set", self.cable, "down")


def reason_against() -> str:
    """Say why this machine cannot have one; empty where it can."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces take root and iproute2"
    name = f"digest-try-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return "this machine allows no network namespaces"
    _ip("netns", "delete", name)
    return ""


@contextmanager
def network() -> Iterator[Network]:
    """Make one, for a while."""
    number = os.getpid() % 250
    name, cable, plug = f"digest-{os.getpid()}", f"dg{os.getpid()}", f"dp{os.getpid()}"
    near, far = f"10.213.{number}.1", f"10.213.{number}.2"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", cable, "type", "veth", "peer", "name", plug, "netns", name)
        _ip("address", "add", f"{near}/30", "dev", cable)
        _ip("link", "set", cable, "up")
        for words in (
            ("address", "add", f"{far}/30", "dev", plug),
            ("link", "set", plug, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-netns", name, *words)
        yield Network(near=near, run=("ip", "netns", "exec", name), cable=cable)
    finally:
        subprocess.run(["ip", "link", "delete", cable], capture_output=True, check=False)
        _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
