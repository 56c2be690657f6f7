"""The connections of a send and their life: shared out among the relays, lost, opened again, given up.

Each worker holds one connection at a time, and asks before each where it is wanted: by the relays' weights among those
in action.  So a relay that fails hands its share over without further ado, and gets it back when it has recovered.
A relay is first reached over one connection; the others follow once that stands.
Kept out: what is said on a connection (`conversation.py`), what is due (`outbox.py`), a relay's health (`station.py`)
and its share (`shares.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

import structlog

from digest.delivery.conversation import Conversation
from digest.delivery.international import International
from digest.delivery.outbox import Outbox
from digest.delivery.session import Session
from digest.delivery.shares import next_place, to_move
from digest.delivery.smtp import Relay, connect
from digest.delivery.station import Station
from digest.errors import DigestError, MailServerError, MailServerLost, MailServerRefused, MessageTooLarge

_log = structlog.get_logger(__name__)

_LOSSES = 5  # of a connection in a row, with nothing settled between, before it is given up
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_LOOK_SECONDS = 1.0  # between two looks at who is overdue


class Lines:
    """The connections to all relays."""

    def __init__(
        self,
        outbox: Outbox,
        relays: Sequence[Relay],
        *,
        proven: Collection[str],
        pause_seconds: float,
        rest_seconds: float,
        patience_seconds: float,
    ) -> None:
        self._outbox = outbox
        international = International()
        self._stations = [
            Station(
                relay,
                outbox,
                international=international,
                proven=relay.name in proven,
                rest_seconds=rest_seconds,
                on_rest=self._check,
            )
            for relay in relays
        ]
        self._pause_seconds = pause_seconds
        self._patience_seconds = patience_seconds

    async def watch(self, stop: asyncio.Event, grace_seconds: float) -> None:
        """Wait for the wish to stop, and be patient for so long with what is under way."""
        await stop.wait()
        self._outbox.end(None)
        await asyncio.sleep(grace_seconds)
        for conversation in self._conversations():
            conversation.abandon("stopped while the relay had not replied")

    async def look_out(self) -> None:
        """Give up connections whose reply is overdue, and move one where another relay should have it."""
        relays = [station.relay for station in self._stations]
        least = min(min(relay.timeout_seconds, relay.data_timeout_seconds, relay.idle_seconds) for relay in relays)
        while True:
            await asyncio.sleep(min(least / 4, _LONGEST_LOOK_SECONDS))
            for station in self._stations:
                station.look()
            self._outbox.follow()
            self._outbox.bell.ring()
            self._balance()

    async def work(self) -> None:
        """One worker's life: a connection after another, until nothing is left."""
        try:
            while (station := await self._place()) is not None:
                try:
                    await self._stay(station)
                finally:
                    station.busy -= 1
                    self._outbox.bell.ring()
        except DigestError as error:
            self._outbox.end(error)

    def _check(self) -> None:
        """End the send where no relay is left, nor soon will be; told whenever one goes out of action."""
        errors = [station.error for station in self._stations if station.error is not None]
        if len(errors) == len(self._stations):
            error = errors[0] if len(errors) == 1 else _none_left(errors)
            hope = min(station.hope_in_seconds for station in self._stations)
            if hope > self._patience_seconds:
                self._outbox.end(error)
            else:
                said = error.what if not error.where else f"{error.where}: {error.what}"
                self._outbox.notices.tell(f"{said}; a trial at {self._outbox.notices.at(hope):%H:%M:%S %Z}")
        self._outbox.bell.ring()

    async def _place(self) -> Station | None:
        """Wait until a connection is wanted somewhere, and give where; None where there will be nothing to send."""
        while not self._outbox.ending.is_set():
            if not self._outbox.held:
                if not self._outbox.fill():
                    return None
                station = next_place(self._stations) if not self._outbox.held else None
                if station is not None:
                    station.busy += 1
                    return station
            await self._outbox.bell.wait()
        return None

    def _balance(self) -> None:
        """Have one connection move to a relay that has too few."""
        move = to_move(self._stations)
        if move is None or any(conversation.retiring for conversation in self._conversations()):
            return
        source, _ = move
        for conversation in source.conversations:
            conversation.leave()
            return

    async def _stay(self, station: Station) -> None:
        """Converse with one relay, again where the line is lost, until it is time to look for a place anew."""
        losses = 0
        while not self._outbox.ending.is_set() and not self._outbox.held and self._outbox.fill():
            try:
                settled, reason = await self._converse(station)
            except MailServerError as error:
                if station.conversations:
                    # It takes our mail, only not on so many connections.
                    _log.info("one connection less", relay=station.name, reason=error.what)
                    station.spare()
                    return
                if isinstance(error, MailServerRefused) or not station.reached or self._others_well(station):
                    station.fail(error)
                    return
                losses, problem = losses + 1, error
            else:
                if not reason:
                    return
                losses = 1 if settled else losses + 1
                without = f" {losses} times without settling a message" if losses > 1 else ""
                problem = MailServerLost(
                    f"the connection ended{without} ({reason})",
                    where=station.name,
                    remedy="See its log; then run again: what is recorded is not repeated",
                )
                if losses > _LOSSES and station.conversations:
                    _log.warning("one connection less", relay=station.name, reason=reason)
                    station.spare()
                    return
            if station.error is not None:
                return
            if losses > _LOSSES or (losses and station.trial):
                station.fail(problem)
                return
            # Some relays close after so many messages, and one that stays away is said to rest: no line for each.
            _log.info("connection lost", relay=station.name, losses=losses, reason=problem.what)
            await self._pause(station, losses)

    async def _converse(self, station: Station) -> tuple[int, str]:
        """Send on one connection until nothing is left or it is lost; give how many it settled and why it was lost."""
        async with connect(station.relay) as client:
            session = Session(client, station.relay)
            conversation = Conversation(session, station)
            station.conversations.add(conversation)
            if not station.reached:
                station.reached = True
                self._outbox.bell.ring()
            try:
                conversation.start()
                reason = await conversation.over
            finally:
                station.conversations.discard(conversation)
                session.abandon("done")
        return conversation.settled, reason

    async def _pause(self, station: Station, losses: int) -> None:
        """Wait before the next connection, not at all after a first loss: some relays close after so many messages."""
        seconds = 0.0 if losses <= 1 else min(self._pause_seconds * 2.0 ** (losses - 2), _LONGEST_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._outbox.ending.is_set() and station.error is None:
                    await self._outbox.bell.wait()

    def _others_well(self, station: Station) -> bool:
        return any(other.well for other in self._stations if other is not station)

    def _conversations(self) -> list[Conversation]:
        return [conversation for station in self._stations for conversation in station.conversations]


def _none_left(errors: Sequence[MailServerError]) -> MailServerError:
    said = "; ".join(f"{error.where}: {error.what}" for error in errors)
    if all(isinstance(error, MessageTooLarge) for error in errors):
        return MessageTooLarge(f"no relay takes it ({said})", remedy=errors[0].remedy)
    kind = MailServerLost if any(isinstance(error, MailServerLost) for error in errors) else MailServerRefused
    return kind(
        f"none of the {len(errors)} relays takes mail now ({said})",
        remedy="Mend what each of them says, then run again; what is recorded is not repeated",
    )
