"""Who may go now: limits and receivers hold back their own, and nobody else, and nobody for ever."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery import gate as gate_module
from digest.delivery.gate import EVER, Gate
from digest.delivery.replies import Reply
from digest.delivery.slowdown import Memory
from digest.store import Window
from tests.delivery.held_back import START, MemoryLimits

SECOND = timedelta(seconds=1)
THROTTLED = Reply(421, "4.7.28 unusual rate - gsmtp")


@dataclass
class Line:
    """A list in a ledger, a clock that stands until it is moved, and the gate before them."""

    domains: list[str]
    site: dict[str, Window] = field(default_factory=dict)
    limited: dict[str, Window] = field(default_factory=dict)
    most_at_once: int = 10
    memory: Memory | None = None
    shared: MemoryLimits | None = None  # limits of other senders too

    def __post_init__(self) -> None:
        self.now = START
        self.limits = self.shared or MemoryLimits(lambda: self.now, dict(self.site), dict(self.limited))
        self.pending = deque(range(len(self.domains)))
        self.put_back: dict[int, datetime] = {}
        self.reasons: Counter[str] = Counter()
        self.line: deque[int] = deque()
        self.gate = Gate(
            self.limits,
            clock=lambda: self.now,
            domain_of=lambda one: self.domains[one],
            postpone=self._postpone,
            most_at_once=self.most_at_once,
            memory=self.memory,
        )
        self.dry = False

    def _postpone(self, due: Mapping[int, datetime], reason: str) -> None:
        assert not set(due) & set(self.put_back)
        self.put_back.update(due)
        self.reasons[reason] += len(due)

    def fill(self) -> bool:
        if not self.line and (not self.dry or self.gate.claims_again()):
            fresh = [self.pending.popleft() for _ in range(min(500, len(self.pending)))]
            due = sorted(one for one, at in self.put_back.items() if at <= self.now)[: 500 - len(fresh)]
            for one in due:
                del self.put_back[one]
            self.line.extend([*fresh, *due])
            self.dry = not self.line
        return bool(self.line)

    def next(self) -> int | None:
        return self.gate.choose(self.line, self.fill)

    def all_now(self) -> list[int]:
        """Take everyone who may go at this moment, each at its end at once."""
        gone = []
        while (one := self.next()) is not None:
            gone.append(one)
            self.gate.went(one, self.domains[one], taken=True)
        return gone


def test_a_domain_at_its_limit_does_not_hold_up_the_others() -> None:
    """Of a list that begins with a limited domain, the others go at once, and the limited ones as their time comes."""
    line = Line(["slow.org"] * 30 + ["fast.org"] * 30, limited={"slow.org": Window(2, SECOND)})
    first = line.all_now()
    assert Counter(line.domains[one] for one in first) == {"fast.org": 30, "slow.org": 1}
    assert START < line.gate.opens <= START + SECOND
    assert line.gate.reason == "the limit of slow.org is reached"
    gone = list(first)
    while len(gone) < 60:
        line.now = line.gate.opens
        gone += line.all_now()
    assert sorted(gone) == list(range(60))
    assert line.now >= START + 14 * SECOND


def test_those_behind_more_than_the_lanes_hold_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain that is most of the list goes back to the ledger, each until about its turn, and comes again."""
    monkeypatch.setattr(gate_module, "_LANES_HOLD", 100)
    line = Line(["slow.org"] * 1000 + ["fast.org"] * 5, limited={"slow.org": Window(10, SECOND)})
    gone = line.all_now()
    assert Counter(line.domains[one] for one in gone)["fast.org"] == 5
    assert len(line.put_back) > 800
    assert set(line.reasons) == {"not offered yet: the limit of its domain is reached"}
    spread = sorted(line.put_back.values())
    assert spread[-1] - spread[0] > 70 * SECOND
    while len(gone) < 1005 and line.now < START + timedelta(minutes=10):
        line.now = max(line.gate.opens, line.now + timedelta(milliseconds=1))
        gone += line.all_now()
    assert sorted(gone) == list(range(1005))
    assert line.now < START + 115 * SECOND


def test_a_receiver_that_asks_for_it_is_left_alone_and_then_taken_up_slowly() -> None:
    """Ten minutes nothing, then one message at a time, then two; other receivers notice nothing."""
    line = Line(["gmail.com", "googlemail.com", "example.org"] * 40, most_at_once=2)
    one = line.next()
    assert one == 0
    assert line.gate.hear("gmail.com", THROTTLED)
    gone = line.all_now()
    assert {line.domains[each] for each in gone} == {"example.org"}
    assert len(gone) == 40
    assert line.gate.opens == START + timedelta(minutes=10)
    assert line.limits.pauses()["Gmail"].reason == str(THROTTLED)
    line.now = line.gate.opens
    first = line.next()
    assert first is not None
    assert line.next() is None
    assert line.gate.opens == EVER
    assert line.gate.waits
    for count in range(20):
        assert line.gate.went(first, line.domains[first], taken=True), count
        first = line.next()
        assert first is not None
    second = line.next()
    assert second is not None
    assert line.next() is None
    gone += [0, first, second]
    for each in (first, second):
        line.gate.went(each, line.domains[each], taken=True)
    assert len(line.all_now()) == 80 - 1 - 20 - 2
    assert line.gate.free


def test_a_receiver_that_asks_again_at_once_waits_longer() -> None:
    """Twice as long each time, an hour at most, and ten minutes anew once it has taken some."""
    line = Line(["gmail.com"] * 100)
    waits = []
    for _ in range(5):
        assert line.next() is not None
        line.gate.hear("gmail.com", THROTTLED)
        assert line.next() is None
        waits.append((line.gate.opens - line.now) / timedelta(minutes=1))
        line.now = line.gate.opens
    assert waits == [10, 20, 40, 60, 60]
    one = line.next()
    assert one is not None
    line.gate.went(one, "gmail.com", taken=True)
    assert line.next() is not None
    line.gate.hear("gmail.com", THROTTLED)
    assert line.next() is None
    assert line.gate.opens - line.now == timedelta(minutes=10)


def test_a_domain_whose_mail_a_receiver_takes_is_held_back_with_it() -> None:
    """What answers with Gmail's words is Gmail, whatever the address says."""
    line = Line(["company.example", "gmail.com", "other.example"] * 2)
    assert line.next() == 0
    line.gate.hear("company.example", THROTTLED)
    assert [line.domains[one] for one in line.all_now()] == ["other.example"] * 2


def test_a_pause_that_another_sender_began_is_kept() -> None:
    """It is read at the start and looked up while sending."""
    line = Line(["gmail.com", "example.org", "yahoo.com"])
    line.limits.pause("Gmail", START + timedelta(minutes=5), "421 4.7.28")
    line.limits.pause("relay smtp.example.org:587", START + timedelta(minutes=5), "not a receiver")
    line.gate.follow()
    assert not line.gate.free
    assert [line.domains[one] for one in line.all_now()] == ["example.org", "yahoo.com"]
    assert line.gate.opens == START + timedelta(minutes=5)


def test_the_next_send_takes_a_receiver_up_slowly_too() -> None:
    """A send that begins when a pause is over goes on with one message at a time, and others learn when all is well."""
    first = Line(["gmail.com"] * 3)
    assert first.next() is not None
    first.gate.hear("gmail.com", THROTTLED)
    line = Line(["gmail.com"] * 60, most_at_once=1)
    line.limits.paused.update(first.limits.paused)
    line.now = START + timedelta(minutes=20)
    line.gate.follow()
    assert line.next() is not None
    assert line.next() is None
    line.gate.went(0, "gmail.com", taken=True)
    assert len(line.all_now()) == 59
    assert line.gate.free
    assert not line.limits.paused


def test_the_next_part_goes_on_where_the_last_one_was() -> None:
    """Whoever sends part after part is no stranger to a receiver each time: ten a part are enough for one more."""
    memory = Memory()
    limits = Line(["gmail.com"]).limits
    limits.pause("Gmail", START, "421 4.7.28")
    at_once = []
    for _part in range(6):
        line = Line(["gmail.com"] * 10, most_at_once=3, memory=memory, shared=limits)
        under_way = list(iter(line.next, None))
        at_once.append(len(under_way))
        for one in under_way:
            line.gate.went(one, "gmail.com", taken=True)
        line.all_now()
    assert at_once == [1, 1, 2, 2, 3, 3]
    assert not limits.paused  # the next part of anybody begins as before the pause


def test_a_part_forgets_what_another_found_to_be_over() -> None:
    """All is as before the pause, says the one that sent most; the others do not go on with one at a time."""
    memory = Memory()
    line = Line(["gmail.com"] * 10, memory=memory)
    assert line.next() is not None
    line.gate.hear("gmail.com", THROTTLED)
    line.limits.resume("Gmail")
    line = Line(["gmail.com"] * 10, memory=memory)
    assert line.gate.free


def test_without_limits_and_wishes_the_gate_is_open() -> None:
    """Nobody asks it then, and after the last receiver takes mail as before nobody does again."""
    line = Line(["gmail.com"] * 50, most_at_once=1)
    was_free = line.gate.free
    line.gate.hear("gmail.com", THROTTLED)
    assert (was_free, line.gate.free) == (True, False)
    assert line.next() is None
    line.now = line.gate.opens
    assert len(line.all_now()) == 50
    assert line.gate.free


def test_leave_for_many_domains_comes_in_one_transaction() -> None:
    """A limit on each of many domains costs far less than a transaction a message."""
    names = [f"d{number}.org" for number in range(400)]
    line = Line(names, limited=dict.fromkeys(names, Window(20, timedelta(minutes=1))))
    assert len(line.all_now()) == 400
    assert line.limits.asked < 20


def test_what_is_unused_at_the_end_is_given_back() -> None:
    """A send that stops takes no leave with it, and those in the lanes are due at their time."""
    hour = timedelta(hours=1)
    line = Line(
        ["a.org"] * 4 + ["slow.org"] * 3, site={"site": Window(100, hour)}, limited={"slow.org": Window(1, hour)}
    )
    assert len(line.all_now()) == 5
    line.gate.close()
    assert sum(line.limits.spent["site"].values()) == 5
    assert sorted(line.put_back) == [5, 6]
    assert min(line.put_back.values()) > START + hour


@dataclass
class Course:
    """A send's course of things over a line: who has gone when, and who is under way."""

    line: Line
    gone: list[tuple[int, datetime]] = field(default_factory=list)
    under_way: list[int] = field(default_factory=list)

    def take(self) -> bool:
        line = self.line
        free = line.line.popleft if line.fill() else lambda: None
        one = free() if line.gate.free else line.next()
        if one is not None:
            self.gone.append((one, line.now))
            self.under_way.append(one)
        return one is not None

    def end(self, number: int) -> None:
        if self.under_way:
            one = self.under_way.pop(number % len(self.under_way))
            self.line.gate.went(one, self.line.domains[one], taken=True)

    def step(self, what: str, number: int) -> None:
        if what == "take" and len(self.under_way) < 3:
            self.take()
        elif what == "end":
            self.end(number)
        elif what == "throttle" and self.under_way:
            self.line.gate.hear(self.line.domains[self.under_way[-1]], THROTTLED)
        elif what == "wait":
            self.line.now += timedelta(milliseconds=77 * number)

    def finish(self) -> None:
        """Do as a send does: take while somebody may go, else wait for an end or for the gate."""
        for _ in range(2_000):
            if len(self.under_way) < 3 and self.take():
                continue
            self.end(0)
            if not self.under_way and self.line.gate.opens != EVER:
                self.line.now = max(self.line.now, self.line.gate.opens)


_THINGS = st.tuples(st.sampled_from(["take", "take", "end", "end", "throttle", "wait"]), st.integers(0, 9))


@given(
    domains=st.lists(st.sampled_from(["a.org", "b.org", "c.org", "gmail.com"]), min_size=1, max_size=60),
    counts=st.dictionaries(st.sampled_from(["a.org", "b.org", "site"]), st.integers(1, 20), max_size=3),
    things=st.lists(_THINGS, max_size=60),
)
@settings(max_examples=200, deadline=None)
def test_whatever_happens_limits_hold_and_nobody_is_forgotten(
    domains: list[str], counts: dict[str, int], things: list[tuple[str, int]]
) -> None:
    """Over any course of things no second holds more than allowed, and in the end everyone has gone exactly once."""
    site = {name: Window(count, SECOND) for name, count in counts.items() if name == "site"}
    limited = {name: Window(count, SECOND) for name, count in counts.items() if name != "site"}
    course = Course(Line(domains, site=site, limited=limited, most_at_once=3))
    for thing in things:
        course.step(*thing)
    course.finish()
    assert sorted(one for one, _ in course.gone) == list(range(len(domains)))
    for name, count in counts.items():
        times = [at for one, at in course.gone if name in {"site", domains[one]}]
        for earlier, later in zip(times, times[count:], strict=False):
            assert later - earlier >= SECOND
