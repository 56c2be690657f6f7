"""The send: several connections, each used for many messages, and a ledger that is told before and after each.

    claim many -> [a connection] MAIL RCPT DATA -> offered -> the message -> its reply -> record -> the next

A refused recipient is an outcome and the rest go on; a refused sender or login concerns all and ends the send.
`outbox.py` has the ledger's side, `lines.py` the connections' life, `conversation.py` what is said on one.
Kept out: who is due and what was recorded (the ledger's), when to run, and whether an uncertain message is repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from digest.delivery.lines import Lines
from digest.delivery.outbox import Delivered, Ledger, Outbox
from digest.delivery.smtp import Relay

__all__ = ["Delivered", "Ledger", "deliver"]


async def deliver(
    ledger: Ledger,
    *,
    relay: Relay,
    clock: Callable[[], datetime],
    connections: int = 4,
    proven: bool = False,
    stop: asyncio.Event | None = None,
    stop_grace_seconds: float = 30.0,
    pause_seconds: float = 1.0,
) -> Delivered:
    """Offer what the ledger gives until it gives no more, and record each reply before that connection's next message.

    `proven` tells that the relay took messages of this edition in an earlier run: a refusal that might be about us
    ("relay access denied") is then the recipient's, as it is once one was taken in this run.

    When `stop` is set, the messages under way are finished and recorded and the rest is released; a relay that has
    not replied `stop_grace_seconds` later leaves them uncertain.  A lost connection is opened again, at once the
    first time and then after `pause_seconds`, doubled each time.

    With nobody due, no connection is opened.  Raises MailServerLost where the relay cannot be reached or goes away
    for good, and MailServerRefused where it refuses the sender or login; by then all replies are recorded, the rest is
    released and nobody is marked as failed for it.  A StoreError from the ledger ends the send likewise.
    """
    if connections < 1:
        raise ValueError(f"connections must be at least 1, got {connections}")
    ending = asyncio.Event()  # every connection finishes the message it is at, and begins no other
    outbox = Outbox(ledger, clock, connections=connections, proven=proven, ending=ending)
    lines = Lines(outbox, relay, connections=connections, pause_seconds=pause_seconds, ending=ending)
    try:
        async with asyncio.TaskGroup() as group:
            watches = (
                group.create_task(lines.watch(stop or asyncio.Event(), stop_grace_seconds)),
                group.create_task(lines.look_out()),
            )
            workers = [group.create_task(lines.work(lead=number == 0)) for number in range(connections)]
            await asyncio.wait(workers)
            for watch in watches:
                watch.cancel()
        outbox.flush()
    finally:
        outbox.close()
    if outbox.error is not None:
        raise outbox.error
    return outbox.delivered(stopped=stop is not None and stop.is_set())
