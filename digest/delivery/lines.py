"""The connections of a send and their life: opened one before the others, lost, opened again, given up.

Kept out: what is said on them (`conversation.py`) and what is due (`outbox.py`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from digest.delivery.conversation import Conversation
from digest.delivery.outbox import Outbox
from digest.delivery.session import Session
from digest.delivery.smtp import Relay, connect
from digest.errors import DigestError, MailServerLost

_log = structlog.get_logger(__name__)

_LOSSES = 5  # of a connection in a row, with nothing settled between, before it is given up
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_LOOK_SECONDS = 1.0  # between two looks at who is overdue


class Lines:
    """The connections to one relay."""

    def __init__(
        self, outbox: Outbox, relay: Relay, *, connections: int, pause_seconds: float, ending: asyncio.Event
    ) -> None:
        self._outbox = outbox
        self._relay = relay
        self._pause_seconds = pause_seconds
        self._sessions: set[Session] = set()
        self._working = connections
        self._reached = asyncio.Event()  # the relay answered, or the send is over
        self._ending = ending
        self._loop = asyncio.get_running_loop()

    async def watch(self, stop: asyncio.Event, grace_seconds: float) -> None:
        """Wait for the wish to stop, and be patient for so long with what is under way."""
        await stop.wait()
        self._ending.set()
        self._reached.set()
        await asyncio.sleep(grace_seconds)
        for session in tuple(self._sessions):
            session.abandon("stopped while the relay had not replied")

    async def look_out(self) -> None:
        """Give up connections whose reply is overdue."""
        least = min(self._relay.timeout_seconds, self._relay.data_timeout_seconds)
        while True:
            await asyncio.sleep(min(least / 4, _LONGEST_LOOK_SECONDS))
            now = self._loop.time()
            for session in tuple(self._sessions):
                session.expire(now)

    async def work(self, *, lead: bool) -> None:
        """One connection's life, through as many losses as it survives; the others follow once the lead is through."""
        if not lead:
            await self._reached.wait()
        try:
            await self._survive()
        except MailServerLost as error:
            if self._working == 1 or not self._reached.is_set():
                self._outbox.end(error)
            else:
                _log.warning("connection given up", relay=self._relay.name, others=self._working - 1, reason=error.what)
        except DigestError as error:
            self._outbox.end(error)
        finally:
            self._working -= 1
            self._reached.set()

    async def _survive(self) -> None:
        """Converse until nothing is left."""
        losses = 0
        while not self._ending.is_set() and self._outbox.fill():
            try:
                settled, reason = await self._converse()
            except MailServerLost as error:
                losses, reason = losses + 1, error.what
                if not self._reached.is_set() or losses > _LOSSES:
                    raise
            else:
                losses = (1 if settled else losses + 1) if reason else 0
                if losses > _LOSSES:
                    raise MailServerLost(
                        f"it closed the connection {losses} times without settling a message ({reason})",
                        where=self._relay.name,
                        remedy="See its log; then run again: what is recorded is not repeated",
                    )
            if losses:
                _log.warning("connection lost", relay=self._relay.name, losses=losses, reason=reason)
                await self._pause(losses)

    async def _converse(self) -> tuple[int, str]:
        """Send on one connection until nothing is left or it is lost; give how many it settled and why it was lost."""
        async with connect(self._relay) as client:
            session = Session(client, self._relay)
            conversation = Conversation(session, self._outbox)
            self._sessions.add(session)
            self._reached.set()
            try:
                conversation.start()
                reason = await conversation.over
            finally:
                self._sessions.discard(session)
                session.abandon("done")
        return conversation.settled, reason

    async def _pause(self, losses: int) -> None:
        """Wait before the next connection, not at all after a first loss: some relays close after so many messages."""
        seconds = 0.0 if losses <= 1 else min(self._pause_seconds * 2.0 ** (losses - 2), _LONGEST_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()
