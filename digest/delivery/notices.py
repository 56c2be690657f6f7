"""What a send says while it waits, and which relays it lets the others know of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from digest.delivery.permits import Limits

_log = structlog.get_logger(__name__)
_RELAY = "relay "  # before a relay's name among the pauses


class Notices:
    """To whoever watches the send, and to all who send from the same database."""

    def __init__(self, limits: Limits | None, clock: Callable[[], datetime], say: Callable[[str], None]) -> None:
        """`say` hears why nothing goes out, and nothing when it goes on."""
        self._limits = limits
        self._clock = clock
        self._say = say
        self._said = ""

    def tell(self, text: str) -> None:
        """Say why nothing goes out; nothing when it goes on."""
        if text != self._said:
            self._said = text
            if text:
                _log.info("paused", why=text)
            self._say(text)

    def at(self, seconds: float) -> datetime:
        """Tell when so many seconds will have passed."""
        return self._clock() + timedelta(seconds=seconds)

    def relay_paused(self, name: str, seconds: float, reason: str) -> None:
        """Let it be known that a relay puts everybody off."""
        if self._limits is not None:
            self._limits.pause(_RELAY + name, self.at(seconds), reason)

    def relay_back(self, name: str) -> None:
        """Let it be known that it takes mail again."""
        if self._limits is not None:
            self._limits.resume(_RELAY + name)

    def is_paused(self, name: str) -> bool:
        """Tell whether a relay put everybody off lately."""
        return self._limits is not None and _RELAY + name in self._limits.pauses()
