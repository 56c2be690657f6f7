"""Who may go now, where limits or receivers hold mail back: the others first, and each of the rest at its time.

Each domain that must wait has a lane.  What is more than the lanes hold goes back to the ledger until its time, so
that those behind it in the list are found.  While nothing holds anything back the gate is `free`, and nobody asks it.
Kept out: connections and the recording of replies (`outbox.py`), the limits themselves (`permits.py`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count, islice, repeat

from digest.delivery.headers import in_ascii
from digest.delivery.permits import Limits, Permits
from digest.delivery.replies import Reply
from digest.delivery.slowdown import Memory, Slowdown

EVER = datetime.max.replace(tzinfo=UTC)
_NEVER = datetime.min.replace(tzinfo=UTC)
_LANES_HOLD = 2_000  # subscribers, all lanes together: what memory and a lost claim may cost
_AHEAD = 64  # messages for whose domains leave is asked in one transaction
_CLAIM_AGAIN = timedelta(seconds=1)


class Gate:
    """The gate of one send; where `choose` gave nobody, `opens` tells when somebody may go, and `reason` why not now.

    `opens` is EVER where nobody waits, or until a message that is under way makes room.
    """

    def __init__(
        self,
        limits: Limits | None,
        *,
        clock: Callable[[], datetime],
        domain_of: Callable[[int], str],
        postpone: Callable[[Mapping[int, datetime], str], object],
        most_at_once: int,
        memory: Memory | None = None,
    ) -> None:
        """`postpone` puts claimed ones back into the ledger until their time; `most_at_once` messages are under way."""
        self._limits = limits
        self._permits = None if limits is None else Permits(limits)
        self._site: Collection[str] = () if limits is None else limits.of_site
        self._clock = clock
        self._domain_of = domain_of
        self._postpone = postpone
        self._slowdown = Slowdown(limits, clock=clock, most_at_once=most_at_once, memory=memory)
        self._limited = limits is not None and limits.limited
        self._lanes: dict[str, deque[int]] = {}
        self._held = 0  # subscribers in all lanes
        self._order: list[tuple[datetime, int, str]] = []  # a heap: when a lane may be open, whose turn it is, which
        self._turns = count()
        self._stuck: set[str] = set()  # lanes that wait for one that is under way
        self._due: dict[str, dict[int, datetime]] = {}  # by reason: those who are about to go back to the ledger
        self._horizons: dict[str, datetime] = {}  # by domain, when the last is due that went back to the ledger
        self._back = EVER  # when those who went back are claimed again
        self.opens = EVER
        self.reason = ""
        self.free = not self._limited and not self._slowdown.receivers

    @property
    def waits(self) -> bool:
        """Whether there is somebody who may go later."""
        return bool(self._held) or self._back < EVER

    def choose(self, line: deque[int], fill: Callable[[], bool]) -> int | None:
        """Take the next who may go now out of the lanes or `line`, which `fill` fills; None where nobody may."""
        now = self._clock()
        self.opens = EVER
        if self._site and (line or self._held or fill()):
            opens = self._leave(self._site, now, dict)
            if opens > now:
                self.opens, self.reason = opens, "the site's limit is reached"
                return None
        chosen = self._from_lanes(now)
        while chosen is None and (line or fill()):
            subscriber = line.popleft()
            domain = self._domain_of(subscriber)
            if domain in self._lanes:
                self._park(subscriber, domain, now)
            elif (opens := self._opening(domain, now, map(self._domain_of, islice(line, _AHEAD)))) > now:
                self._lanes[domain] = deque()
                self._queue(domain, opens)
                self._park(subscriber, domain, now)
            else:
                chosen = subscriber, domain
        if chosen is None:
            self.opens = min(self._order[0][0] if self._order else EVER, self._back)
            self.free = not self._limited and not self._slowdown.receivers and not self.waits
            return None
        subscriber, domain = chosen
        if self._permits is not None:
            self._permits.use((*self._site, *self._of_domain(domain)))
        self._slowdown.goes(subscriber, domain)
        return subscriber

    def undo(self, subscriber: int) -> None:
        """Take back that one was chosen."""
        domain = self._domain_of(subscriber)
        if self._permits is not None:
            self._permits.use((*self._site, *self._of_domain(domain)), count=-1)
        self._slowdown.went(subscriber, domain, taken=False)

    def claims_again(self) -> bool:
        """Tell whether those who went back to the ledger may be due, and there is room for them."""
        now = self._clock()
        if self._back > now or self._held > _LANES_HOLD // 2:
            return False
        self._horizons = {domain: due for domain, due in self._horizons.items() if due >= now}
        self._back = now + _CLAIM_AGAIN if self._horizons else EVER
        return True

    def hear(self, domain: str, reply: Reply) -> bool:
        """Hear a 4xx; tell whether it is a receiver's wish that we slow down."""
        if not self._slowdown.hear(domain, reply):
            return False
        self.free = False
        return True

    def went(self, subscriber: int, domain: str, *, taken: bool) -> bool:
        """Hear that one is no longer under way; tell whether another may go in its place."""
        if not self._slowdown.went(subscriber, domain, taken=taken):
            return False
        stuck, self._stuck = self._stuck, set()
        for lane in stuck:
            self._queue(lane, self._clock())
        return True

    def follow(self) -> None:
        """Learn from the others which receivers are paused."""
        self._slowdown.follow()
        self.free = self.free and not self._slowdown.receivers

    def close(self) -> None:
        """Put those in the lanes back into the ledger until their time, and give back what leave is unused."""
        now = self._clock()
        for domain in list(self._lanes):
            self._put_back(domain, now)
        self._postpone_all()
        if self._permits is not None:
            self._permits.close()

    def _from_lanes(self, now: datetime) -> tuple[int, str] | None:
        """Take one from a lane that is open, the lanes in turn."""
        while self._order and self._order[0][0] <= now:
            _, _, domain = heappop(self._order)
            lane = self._lanes.get(domain)
            if lane is None:  # it was put back
                continue
            others = [each for at, _, each in self._order[:_AHEAD] if at <= now]
            opens = self._opening(domain, now, (*others, *repeat(domain, min(len(lane), _AHEAD) - 1)))
            if opens > now:
                self._queue(domain, opens)
                continue
            self._held -= 1
            subscriber = lane.popleft()
            if lane:
                self._queue(domain, now)  # behind the others
            else:
                del self._lanes[domain]
            return subscriber, domain
        return None

    def _queue(self, domain: str, opens: datetime) -> None:
        """Have a lane looked at when it may be open."""
        if opens == EVER:
            self._stuck.add(domain)
        else:
            heappush(self._order, (opens, next(self._turns), domain))

    def _opening(self, domain: str, now: datetime, following: Iterable[str]) -> datetime:
        """Tell when mail may go to a domain: now, later, or EVER where one that is under way must make room.

        `following` names domains to which mail will go next, should it be open to them.
        """
        until, reason = self._slowdown.until(domain, now)
        if until > now:
            self.reason = reason
            return until
        names = self._of_domain(domain)
        if not names:
            return now

        def ahead() -> Counter[str]:
            open_ones = (one for one in following if self._slowdown.until(one, now)[0] <= now)
            return Counter(name for one in (domain, *open_ones) for name in self._of_domain(one))

        opens = self._leave(names, now, ahead)
        if opens > now:
            self.reason = f"the limit of {domain} is reached"
        return opens

    def _leave(self, names: Collection[str], now: datetime, ahead: Callable[[], Mapping[str, int]]) -> datetime:
        return now if self._permits is None else self._permits.ready(names, now=now, ahead=ahead)

    def _of_domain(self, domain: str) -> tuple[str, ...]:
        name = None if self._limits is None else self._limits.of_domain(domain)
        return () if name is None else (name,)

    def _park(self, subscriber: int, domain: str, now: datetime) -> None:
        self._lanes[domain].append(subscriber)
        self._held += 1
        if self._held > _LANES_HOLD:
            # The longest first: most is gained, and a lane of a few is soon open.
            for longest in sorted(self._lanes, key=lambda one: -len(self._lanes[one])):
                if self._held > _LANES_HOLD // 2:
                    self._put_back(longest, now)
            self._postpone_all()

    def _put_back(self, domain: str, now: datetime) -> None:
        """Let those of a lane go back into the ledger, each until a time at which its turn may have come."""
        opens = self._opening(domain, now, ())
        names = self._of_domain(domain)
        every = self._limits.every(names[0]) if names and self._limits is not None else timedelta(0)
        turn = max(self._horizons.get(domain, _NEVER), now if opens == EVER else opens)
        asked_to = self._slowdown.until(domain, now)[1]
        due = self._due.setdefault(asked_to or "the limit of its domain is reached", {})
        self._back = min(self._back, turn)
        for subscriber in self._lanes[domain]:
            due[subscriber] = turn
            turn += every
        self._horizons[domain] = turn
        self._held -= len(self._lanes[domain])
        del self._lanes[domain]
        self._stuck.discard(domain)

    def _postpone_all(self) -> None:
        due, self._due = self._due, {}
        for reason, times in due.items():
            self._postpone(times, f"not offered yet: {reason}")


def domain_of(address: str) -> str:
    """Give the domain of an address as limits and receivers name it."""
    return in_ascii(address.rpartition("@")[2].lower())
