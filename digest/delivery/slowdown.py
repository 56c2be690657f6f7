"""Receivers that asked us to slow down: a pause, then one message under way at once, then one more from time to time.

Which replies are such a wish, and whose, `receivers.py` tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from digest.delivery.permits import Limits
from digest.delivery.receivers import RECEIVERS, receiver_of, throttle_of
from digest.delivery.replies import Reply

_log = structlog.get_logger(__name__)

_EVER = datetime.max.replace(tzinfo=UTC)
_PER_STEP = 20  # messages that a receiver takes before one more may be under way to it
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(slots=True)
class _Receiver:
    until: datetime  # nothing goes before
    strikes: int = 1  # pauses in a row, with nothing taken between
    width: int = 1  # messages under way at once
    out: set[int] = field(default_factory=set)  # those under way
    taken: int = 0  # since the width last changed


class Memory:
    """What whoever sends part after part knows of receivers: each part goes on where the last one was with them."""

    def __init__(self) -> None:
        self.receivers: dict[str, _Receiver] = {}
        self.hosted: dict[str, str] = {}  # receivers, by domains of others whose mail they turned out to take


class Slowdown:
    """Who asked for it; `receivers` is empty while nobody has."""

    def __init__(
        self,
        limits: Limits | None,
        *,
        clock: Callable[[], datetime],
        most_at_once: int,
        memory: Memory | None = None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._most = most_at_once
        memory = memory or Memory()
        self._hosted, self.receivers = memory.hosted, memory.receivers
        self._recall()
        self.follow()

    def hear(self, domain: str, reply: Reply) -> bool:
        """Hear a 4xx to a recipient in `domain`; tell whether it is a wish to slow down."""
        throttle = throttle_of(reply)
        if throttle is None:
            return False
        name = throttle.receiver
        if receiver_of(domain) != name:
            self._hosted[domain] = name
        now = self._clock()
        found = self.receivers.get(name)
        if found is not None and found.until > now:
            return True  # to one that was under way when the pause began
        again = found is not None and found.width == 1 and not found.taken
        strikes = found.strikes + 1 if found is not None and again else 1
        pause = min(timedelta(seconds=throttle.seconds) * 2 ** min(strikes - 1, 6), _LONGEST_PAUSE)
        self.receivers[name] = _Receiver(until=now + pause, strikes=strikes)
        _log.warning("receiver paused", receiver=name, minutes=pause / timedelta(minutes=1), reply=str(reply))
        if self._limits is not None:
            self._limits.pause(name, now + pause, str(reply))
        return True

    def until(self, domain: str, now: datetime) -> tuple[datetime, str]:
        """Tell when mail may go to a domain, and why not before; for ever means that one under way must make room."""
        if not self.receivers:
            return now, ""
        name = self._name(domain)
        receiver = self.receivers.get(name)
        if receiver is None or (receiver.until <= now and len(receiver.out) < receiver.width):
            return now, ""
        return (receiver.until if receiver.until > now else _EVER), f"{name} asked us to slow down"

    def goes(self, subscriber: int, domain: str) -> None:
        """Hear that one is under way."""
        if self.receivers and (receiver := self.receivers.get(self._name(domain))) is not None:
            receiver.out.add(subscriber)

    def went(self, subscriber: int, domain: str, *, taken: bool) -> bool:
        """Hear that one is no longer under way; tell whether it had been in the way of others."""
        if not self.receivers:
            return False
        name = self._name(domain)
        receiver = self.receivers.get(name)
        if receiver is None or subscriber not in receiver.out:
            return False
        receiver.out.discard(subscriber)
        receiver.taken += taken
        if receiver.taken >= _PER_STEP:
            receiver.taken, receiver.width = 0, receiver.width + 1
            if receiver.width > self._most:
                del self.receivers[name]
                if self._limits is not None:
                    self._limits.resume(name)
                _log.info("receiver takes mail as before", receiver=name)
        return True

    def follow(self) -> None:
        """Learn from the others who send, or did before, which receivers are paused or to be taken up slowly."""
        if self._limits is None:
            return
        for name, pause in self._limits.pauses().items():
            found = self.receivers.get(name)
            if name in RECEIVERS and (found is None or found.until < pause.until):
                self.receivers[name] = _Receiver(until=pause.until)

    def _recall(self) -> None:
        """Begin where an earlier part was, unless all is as before the pause by now."""
        pauses = self._limits.pauses() if self._limits is not None and self.receivers else {}
        for name, found in list(self.receivers.items()):
            found.out.clear()
            if name not in pauses or found.width > self._most:
                del self.receivers[name]

    def _name(self, domain: str) -> str:
        return self._hosted.get(domain) or receiver_of(domain)
