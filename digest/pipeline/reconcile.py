"""An edition to its end: doubts settled, the remainder sent, and the states added up to the audience."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.config import Settings
from digest.delivery import Outcome, message_id, outcome_of
from digest.delivery.headers import mailbox
from digest.errors import UsageError
from digest.model import Attempt, DeliveryState, Edition, EditionStatus, Newsletter, Tally
from digest.pipeline.armed import require_armed
from digest.pipeline.deadline import closed
from digest.pipeline.postfix import Finding, in_mail_log
from digest.pipeline.proof import report
from digest.pipeline.send import send
from digest.store import Store

_WENT_OUT = (EditionStatus.SENDING, EditionStatus.SENT)
_LONGEST_LINE = 1 << 16  # characters; syslog's are under 2,048
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How the doubts were settled, and where the edition stands; `tally` was counted member by member."""

    edition: Edition
    tally: Tally
    uncertain: int  # how many there were
    accepted: int  # of them, those that the relay's log shows accepted
    failed: int  # those that it shows given up
    resent: int  # those that were due again by the policy
    offered_to: Mapping[str, int]  # how many of them, by relay: whose logs tell; "" where it is not known

    @property
    def left(self) -> int:
        """Those that stay uncertain, by the policy."""
        return self.uncertain - self.accepted - self.failed - self.resent


async def reconcile(
    settings: Settings,
    store: Store,
    edition: Edition,
    *,
    clock: Callable[[], datetime],
    resend: bool,
    log: Iterable[str] | None = None,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Reconciled:
    """Settle what is uncertain in `edition` by the relay's `log` first, then by `resend`, and send what remains.

    A message in doubt that the log does not show accepted is sent again if `resend`, with the same Message-ID; else it
    stays uncertain.  Raises UsageError for an edition that has not begun to go out, and what `send` raises,
    NotArmed among it.
    """
    require_armed(settings, store, now=clock())
    newsletter = settings.newsletter(edition.newsletter)
    if not edition.status.begun:
        raise UsageError(
            f"it is {edition.status.said}, and has not begun to go out",
            where=edition.key,
            remedy=""
            if edition.status is EditionStatus.SKIPPED
            else f"Send it: digest send {newsletter.id} --slot {edition.slot:%Y-%m-%dT%H:%M}",
        )
    store.deliveries.recover(edition, now=clock())
    uncertain = list(store.proof.members(edition, states=(DeliveryState.UNCERTAIN,)))
    doubts = [
        (member.subscriber, member.message_id or _message_id(newsletter, edition, member.address), member.address)
        for member in uncertain
    ]
    attempts: list[Attempt] = []
    if log is not None and doubts:
        wanted = {identifier: mailbox(address).address for _, identifier, address in doubts}
        found = await asyncio.to_thread(in_mail_log, log, wanted)
        attempts = [
            _attempt(subscriber, identifier, found[identifier], now=clock())
            for subscriber, identifier, _ in doubts
            if identifier in found
        ]
        store.deliveries.record(edition, attempts)
    resent = 0
    # A merged edition has ended, as a cancelled one has: nobody is to get it now.
    if resend and len(attempts) < len(doubts) and edition.status in _WENT_OUT:
        resent = store.deliveries.settle(edition, resend=True, now=clock())
    await send(
        settings,
        store,
        newsletter,
        edition.slot,
        clock=clock,
        stop=stop,
        past_deadline=closed(newsletter, edition.slot, now=clock()),  # a person asks for it
        on_progress=on_progress,
    )
    failed = sum(attempt.state is DeliveryState.FAILED for attempt in attempts)
    return Reconciled(
        edition=store.editions.get(edition.newsletter, edition.slot) or edition,
        tally=report(store, edition),
        uncertain=len(doubts),
        accepted=len(attempts) - failed,
        failed=failed,
        resent=resent,
        offered_to=Counter(member.relay for member in uncertain),
    )


def read_logs(paths: Sequence[Path]) -> Iterator[str]:
    """Give the lines of mail logs, in the order named, plain or gzipped; raises UsageError for one it cannot read."""
    for path in paths:
        try:
            with path.open("rb") as start:
                zipped = start.read(len(_GZIP)) == _GZIP
            with gzip.open(path) if zipped else path.open("rb") as file:
                while line := file.readline(_LONGEST_LINE):
                    yield line.decode("utf-8", "replace")
        except (OSError, EOFError, zlib.error) as error:
            why_not = f"it cannot be read: {getattr(error, 'strerror', None) or error}"
            raise UsageError(why_not, where=str(path), remedy="Name the mail log of the relay.") from error


def _message_id(newsletter: Newsletter, edition: Edition, address: str) -> str:
    """What the message carried, where the sender died before it could write that down."""
    return message_id(edition.key, address, mailbox(newsletter.sender.address).address.rpartition("@")[2])


def _attempt(subscriber: int, identifier: str, finding: Finding, *, now: datetime) -> Attempt:
    bounced = not finding.accepted and bool(finding.dsn) and _is_bounce(finding.dsn)
    return Attempt(
        subscriber=subscriber,
        state=DeliveryState.SENT if finding.accepted else DeliveryState.FAILED,
        reply=finding.told,
        at=now,
        message_id=identifier,
        bounced=bounced,
    )


def _is_bounce(dsn: str) -> bool:
    """Whether an enhanced code says that there is no such mailbox, by the rule that replies are read by."""
    return dsn.startswith("5.") and outcome_of(550, dsn) is Outcome.BOUNCED
