"""What is left of an edition on its way, in parts that any number of workers may send.

The ledger decides who is left, whatever parts were handed out before: a part that is sent twice reaches nobody twice,
and one that its worker died over is among what is left when the worker's lease has run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from digest.config import Settings
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.armed import require_armed
from digest.pipeline.deadline import after_deadline, closed, conclude
from digest.pipeline.limits import closed_until
from digest.pipeline.part import take_over
from digest.store import Store

_log = structlog.get_logger(__name__)
PART = 500  # subscribers: a second's work of a fast worker, and little to take over from one that died
MOST_PARTS = 2000  # at once: each is a job, and with a hundred thousand of them the queue takes 0.1 s to find the next
_SOON = timedelta(seconds=2)
_LATEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Ranges of keys that nobody has in hand, both ends included; whether deferred ones are due; when to look again."""

    parts: tuple[tuple[int, int], ...] = ()
    retry: bool = False
    again_in: timedelta | None = None  # None: nothing will be left to do


async def share_out(
    settings: Settings,
    store: Store,
    newsletter: Newsletter,
    edition: Edition,
    *,
    clock: Callable[[], datetime],
    size: int = PART,
    most: int = MOST_PARTS,
) -> Share:
    """Settle what senders left behind, and part what nobody has in hand; at its end the edition is called sent.

    Parts are of `size` subscribers each, and larger where there would be more than `most`.
    Call it while this store sends nothing of the edition.  At its deadline what is left is dealt with (deadline.py).
    Raises NotArmed for a database that was copied or restored: what is left there, the original decides.
    """
    await asyncio.to_thread(require_armed, settings, store, now=clock())
    await after_deadline(settings, store, newsletter, edition.slot, now=clock())
    if store.editions.status(edition) is not EditionStatus.SENDING or closed(newsletter, edition.slot, now=clock()):
        return Share()
    found = await asyncio.to_thread(take_over, settings, store, edition, now=clock())
    parts = _joined(await asyncio.to_thread(store.deliveries.ranges, edition, size=size), most=most)
    due = store.deliveries.next_due(edition)
    retry = due is not None and due <= clock()
    until = closed_until(settings, store, now=clock()) if parts or retry else None
    if until is not None:
        return Share(again_in=min(until - clock(), _LATEST))
    if parts or retry or found.held:
        return Share(parts=parts, retry=retry, again_in=_SOON)
    if due is None:
        tally = await asyncio.to_thread(conclude, store, edition)
        left = tally.pending + tally.claimed + tally.offered + tally.deferred
        return Share(again_in=_SOON if left else None)
    return Share(again_in=min(max(due - clock(), _SOON), _LATEST))


def _joined(ranges: Sequence[tuple[int, int]], *, most: int) -> tuple[tuple[int, int], ...]:
    """Join ranges that follow each other, evenly, until there are no more than `most`."""
    together = max(1, -(-len(ranges) // most))
    starts = range(0, len(ranges), together)
    return tuple((ranges[start][0], ranges[min(start + together, len(ranges)) - 1][1]) for start in starts)
