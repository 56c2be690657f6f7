"""The ledger as delivery asks for it: the store's subscribers, addressed one by one, and their replies kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from digest.audience import return_path
from digest.delivery import MessageTemplate
from digest.delivery.gate import domain_of
from digest.model import Attempt, DeliveryState, Edition, Envelope, Newsletter, Subscriber
from digest.pipeline.links import slot_values
from digest.store import Store

_PROGRESS_SECONDS = 0.1  # between two words of progress: each costs as much as a message


class Book:
    """One edition's send in the store."""

    def __init__(
        self,
        store: Store,
        newsletter: Newsletter,
        edition: Edition,
        template: MessageTemplate,
        *,
        mail_date: datetime,
        key: bytes,
        verp: bool = False,
        retry_for: timedelta,
        clock: Callable[[], datetime],
        within: tuple[int, int] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._store, self._newsletter, self._edition, self._clock = store, newsletter, edition, clock
        self._template, self._key, self._verp = template, key, verp
        self._mail_date, self._within, self._on_progress = mail_date, within, on_progress
        self._retry_for = retry_for
        self._done = self._audience = 0
        if on_progress is not None:
            tally = store.deliveries.tally(edition)  # once, and only for who watches: it counts the whole ledger
            self._done, self._audience = tally.audience - tally.pending - tally.deferred, tally.audience
        self._told = 0.0
        self._in_hand: dict[int, Subscriber] = {}  # claimed, and neither settled nor given back

    def claim(self, limit: int) -> list[int]:
        """Take the next who are due; with them all who are in hand are kept as they are."""
        taken = self._store.deliveries.claim(
            self._edition, limit=limit, now=self._clock(), within=self._within, mail_date=self._mail_date
        )
        self._in_hand.update({one.id: one for one in taken})
        if not taken:
            self._tell()
        return [one.id for one in taken]

    def address(self, subscriber: int) -> Envelope:
        """Fill the message for one who is in hand."""
        reader = self._in_hand[subscriber]
        slots = slot_values(
            self._newsletter, self._template.edition_key, reader, key=self._key, needed=self._template.slots
        )
        path = ""
        if self._verp:
            path = return_path(self._key, self._template.sender, slot=self._edition.slot, subscriber=subscriber)
        return self._template.address(reader, slots, return_path=path)

    def commit(self, attempts: Sequence[Attempt], offering: Mapping[int, str]) -> Collection[int]:
        """Keep replies and offers."""
        granted = self._store.deliveries.commit(
            self._edition, attempts, offering, relays=offering, now=self._clock(), retry_for=self._retry_for
        )
        for attempt in attempts:
            self._in_hand.pop(attempt.subscriber, None)
            self._done += attempt.state is not DeliveryState.DEFERRED
        for subscriber in frozenset(offering).difference(granted):
            self._in_hand.pop(subscriber, None)
        if time.monotonic() - self._told > _PROGRESS_SECONDS:
            self._tell()
        return granted

    def release(self, subscribers: Sequence[int]) -> None:
        """Give claims back."""
        self._store.deliveries.release(self._edition, subscribers)
        self._tell()

    def domain(self, subscriber: int) -> str:
        """Give the domain of one who is in hand, as its envelope has it."""
        return domain_of(self._in_hand[subscriber].address)

    def postpone(self, due: Mapping[int, datetime], reason: str) -> None:
        """Put claims back until their time."""
        self._store.put_off.postpone(self._edition, due, reason, now=self._clock())
        for subscriber in due:
            self._in_hand.pop(subscriber, None)

    def spare(self, subscribers: Collection[int]) -> None:
        """Let the last attempt of these not count."""
        self._store.put_off.spare(self._edition, subscribers, now=self._clock())

    def lengthen(self, time: timedelta) -> None:
        """Leave so much time out of everybody's account."""
        self._store.put_off.lengthen(self._edition, time)

    def _tell(self) -> None:
        self._told = time.monotonic()
        if self._on_progress is not None:
            self._on_progress(self._done, self._audience)


class Copy:
    """A ledger of one envelope, forgotten afterwards."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._due = True
        self.outcome: Attempt | None = None

    def claim(self, limit: int) -> list[int]:
        """Give the one, once."""
        taken = [self._envelope.subscriber] if self._due and limit else []
        self._due = False
        return taken

    def address(self, _subscriber: int) -> Envelope:
        """Give the envelope."""
        return self._envelope

    def commit(self, attempts: Sequence[Attempt], offering: Mapping[int, str]) -> Collection[int]:
        """Keep what came of it."""
        self.outcome = attempts[-1] if attempts else self.outcome
        return offering

    def release(self, subscribers: Sequence[int]) -> None:
        """Nothing to give back to: a copy that did not leave is reported by `outcome` being None."""

    def domain(self, _subscriber: int) -> str:
        """Give the domain of the one."""
        return self._envelope.recipient.rpartition("@")[2].lower()

    def postpone(self, due: Mapping[int, datetime], reason: str) -> None:
        """As `release`."""

    def spare(self, subscribers: Collection[int]) -> None:
        """Nobody counts its attempts."""

    def lengthen(self, time: timedelta) -> None:
        """Nobody counts its time."""
