"""Every instant is aware."""

from __future__ import annotations

from datetime import datetime


def require_aware(name: str, instant: datetime) -> None:
    """Raise ValueError for an instant without a time zone."""
    if instant.utcoffset() is None:  # our own bug, so not a DigestError
        raise ValueError(f"{name} has no time zone: {instant!r}")
