"""A part of an edition's send: what one process does of it, whether it is alone or one of many.

    mail_of (the frozen mail, compiled)  ->  send_part (a range of the audience, or whoever is due)

Any number of these may run at once, on any number of machines: the ledger gives no subscriber to two of them.
Kept out: when an edition begins to go out and when it has (send.py), and who runs which part (workers.py).
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from digest.config import Settings
from digest.delivery import Delivered, Memory, MessageTemplate, compile_message, deliver
from digest.errors import MessageTooLarge, StoreError
from digest.model import Edition, Newsletter
from digest.pipeline.armed import guard_of, require_armed
from digest.pipeline.book import Book
from digest.pipeline.deadline import until_deadline
from digest.pipeline.halt import pause_for_size, until_halted
from digest.pipeline.images import embedded_images
from digest.pipeline.limits import SiteLimits
from digest.pipeline.relays import proven_among, relays_of
from digest.pipeline.signing import signer_of
from digest.store import Guard, Recovered, Store

_log = structlog.get_logger(__name__)
_BEAT_SECONDS = 30.0  # a quarter of the store's lease
BRIEFLY = timedelta(seconds=5)  # other newsletters want their turn meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An edition whose mail is fixed, ready to be addressed."""

    newsletter: Newsletter
    edition: Edition
    template: MessageTemplate
    date: datetime  # of the freeze: another one is another mail


def mail_of(settings: Settings, store: Store, newsletter: Newsletter, edition: Edition) -> Mail | None:
    """Compile the frozen mail of `edition`; None where nothing of it is fixed yet."""
    frozen = store.editions.frozen(newsletter.id, edition.slot)
    if frozen is None:
        return None
    rendered, date = frozen
    template = compile_message(
        rendered,
        newsletter,
        edition_key=edition.key,
        date=date,
        signer=signer_of(settings, newsletter),
        images=embedded_images(settings, rendered),
    )
    return Mail(newsletter=newsletter, edition=edition, template=template, date=date)


def take_over(settings: Settings, store: Store, edition: Edition, *, now: datetime) -> Recovered:
    """Settle what senders left behind who are gone, by the policy for doubts; `released` are all who are due again.

    Call it while this store sends nothing of the edition.
    """
    found = store.deliveries.recover(edition, now=now, lease=settings.delivery.lease)
    if found.uncertain:
        _log.warning("messages in doubt: their reply was never read", edition=edition.key, count=found.uncertain)
    again = store.deliveries.settle(edition, resend=True, now=now) if settings.delivery.uncertain == "resend" else 0
    return replace(found, released=found.released + again)


async def send_part(
    settings: Settings,
    store: Store,
    mail: Mail,
    *,
    clock: Callable[[], datetime],
    within: tuple[int, int] | None = None,
    stop: asyncio.Event | None = None,
    memory: Memory | None = None,
    past_deadline: bool = False,
    patience: timedelta = BRIEFLY,
    on_progress: Callable[[int, int], None] | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> Delivered:
    """Send to those of the audience who are due: all of them, or those whose keys lie in `within`, both ends included.

    What senders that are gone left behind is settled first.  One store sends one part at a time: at its end it lets go
    of all it has in hand of the edition; what it learnt of receivers stays in `memory`.
    `on_progress` hears how many of how many are done, of the whole audience.
    `say` hears why nothing goes out for a while, and nothing when it goes on.
    Ends early where nobody may go for longer than `patience`, when `stop` is set, a person stops the edition or, unless
    `past_deadline`, the deadline comes.  Raises NotArmed, and what `deliver` does: MessageTooLarge with it paused.
    """
    require_armed(settings, store, now=clock())
    newsletter, edition, relays = mail.newsletter, mail.edition, relays_of(settings)
    take_over(settings, store, edition, now=clock())
    book = Book(
        store,
        newsletter,
        edition,
        mail.template,
        mail_date=mail.date,
        key=settings.signing_key(),
        verp=newsletter.verp,
        retry_for=settings.delivery.retry_for,
        clock=clock,
        within=within,
        on_progress=on_progress,
    )
    guard = guard_of(settings, store)
    await asyncio.to_thread(guard.advance, now=clock())
    # What stands now stays to the end: a collector that looks through it again and again costs a twentieth of the send.
    gc.freeze()
    try:
        limit = nullcontext(stop) if past_deadline else until_deadline(newsletter, edition.slot, stop, clock=clock)
        async with (
            _heard_of(store, guard, clock),
            limit as closing,
            until_halted(store, edition, closing) as ending,
        ):
            return await deliver(
                book,
                relays=relays,
                clock=clock,
                connections=settings.smtp.connections,
                proven=proven_among(relays, store, edition),
                stop=ending,
                limits=SiteLimits(settings, store, clock=clock),
                memory=memory,
                patience_seconds=patience.total_seconds(),
                say=say,
            )
    except MessageTooLarge as error:
        raise pause_for_size(store, edition, error) from error
    finally:
        gc.unfreeze()
        store.deliveries.leave(edition, now=clock())
        await asyncio.to_thread(guard.advance, now=clock())


@asynccontextmanager
async def _heard_of(store: Store, guard: Guard, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """Be heard of while a relay takes its time, whose time-out is longer than the lease; and count up the guard."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                store.deliveries.beat(now=clock())
                await asyncio.to_thread(guard.advance, now=clock())
            except StoreError as error:  # a moment's lock must not end it: three more beats fit into the lease
                _log.warning("the lease was not renewed", problem=str(error))

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
