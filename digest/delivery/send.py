"""The send: several connections, each used for many messages, and a ledger that is told before and after each.

    claim many -> [a connection] MAIL RCPT DATA -> offered -> the message -> its reply -> record -> the next

A refused recipient is an outcome and the rest go on; a refused sender or login concerns all that this relay would get.
`outbox.py` has the ledger's side, `lines.py` the connections' life, `station.py` a relay's, `conversation.py` what is
said on one connection.
Kept out: who is due and what was recorded (the ledger's), when to run, and whether an uncertain message is repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from digest.delivery.ledger import Delivered, Ledger
from digest.delivery.lines import Lines
from digest.delivery.notices import Notices
from digest.delivery.outbox import Outbox
from digest.delivery.permits import Limits
from digest.delivery.slowdown import Memory
from digest.delivery.smtp import Relay


async def deliver(
    ledger: Ledger,
    *,
    relays: Sequence[Relay],
    clock: Callable[[], datetime],
    connections: int = 4,
    proven: Collection[str] = (),
    stop: asyncio.Event | None = None,
    stop_grace_seconds: float = 30.0,
    pause_seconds: float = 1.0,
    rest_seconds: float = 30.0,
    limits: Limits | None = None,
    memory: Memory | None = None,
    patience_seconds: float = 0.0,
    say: Callable[[str], None] = lambda _text: None,
) -> Delivered:
    """Offer what the ledger gives until it gives no more, and record each reply before that connection's next message.

    The `connections` are shared out among the relays by weight.  One that cannot be reached, goes away for good or
    refuses sender or login hands its share over to the others, and is tried again after `rest_seconds`, twice as long
    each time, or much longer where it refused us.

    `proven` names relays that took messages of this edition in an earlier run: a refusal that might be about us
    ("relay access denied") is then the recipient's, as it is once one was taken in this run.

    When `stop` is set, the messages under way are finished and recorded and the rest is released; a relay that has
    not replied `stop_grace_seconds` later leaves them uncertain.  A lost connection is opened again, at once the
    first time and then after `pause_seconds`, doubled each time.

    `limits` hold mail back, and so do receivers that ask us to slow down; whom nothing holds back goes first.  A relay
    that puts everybody off rests likewise; then one message tries it, and nobody's attempts count against him.  `say`
    hears why nothing goes out, and nothing when it goes on.  Where nobody may go for longer than `patience_seconds`,
    the send ends, and tells until when.  Whoever sends in parts hands each the same `memory` of receivers.

    With nobody due, no connection is opened.  Raises MailServerLost or MailServerRefused where no relay is left; by
    then all replies are recorded, the rest is released and nobody is marked as failed for it.  A StoreError from the
    ledger ends the send likewise.
    """
    if connections < 1:
        raise ValueError(f"connections must be at least 1, got {connections}")
    if not relays:
        raise ValueError("no relay is named")
    notices = Notices(limits, clock, say)
    patience = timedelta(seconds=patience_seconds)
    outbox = Outbox(
        ledger, clock, connections=connections, limits=limits, patience=patience, notices=notices, memory=memory
    )
    lines = Lines(
        outbox,
        relays,
        proven=proven,
        pause_seconds=pause_seconds,
        rest_seconds=rest_seconds,
        patience_seconds=patience_seconds,
    )
    try:
        async with asyncio.TaskGroup() as group:
            watches = (
                group.create_task(lines.watch(stop or asyncio.Event(), stop_grace_seconds)),
                group.create_task(lines.look_out()),
            )
            workers = [group.create_task(lines.work()) for _ in range(connections)]
            await asyncio.wait(workers)
            for watch in watches:
                watch.cancel()
        outbox.flush()
    finally:
        outbox.close()
    if outbox.error is not None:
        raise outbox.error
    return outbox.delivered(stopped=stop is not None and stop.is_set())
