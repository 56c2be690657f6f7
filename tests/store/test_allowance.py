"""Limits: never more than allowed, however the askers come and go, and never nothing for ever."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.store.allowance import Grant, Limit, PerDay, Spent, Warmup, Window, given_back, granted, read, used, written

NOW = datetime(2022, 1, 28, 14, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
SECOND = timedelta(seconds=1)


@dataclass
class Asker:
    """One who sends: it holds what it was granted and uses it when it likes, within its time."""

    grant: Grant | None = None
    left: int = 0


@dataclass
class Site:
    """What is kept of one limit, and every use that was made of it."""

    limit: Limit
    now: datetime = NOW
    kept: str = ""
    uses: list[datetime] = field(default_factory=list)

    def ask(self, asker: Asker, wanted: int) -> Grant:
        spent: Spent = read(self.kept)
        if asker.grant is not None:
            spent = given_back(spent, asker.grant, asker.left)
        spent, grant = granted(spent, self.limit, wanted, now=self.now)
        self.kept = written(spent)
        asker.grant, asker.left = grant, grant.count
        return grant

    def use(self, asker: Asker, count: int) -> None:
        if asker.grant is not None and self.now < asker.grant.until:
            going = min(count, asker.left)
            asker.left -= going
            self.uses += [self.now] * going


_EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 3_000)),  # thousandths of the period
        st.tuples(st.just("ask"), st.integers(0, 2), st.integers(1, 50)),
        st.tuples(st.just("use"), st.integers(0, 2), st.integers(1, 50)),
        st.tuples(st.just("die"), st.integers(0, 2)),
    ),
    max_size=80,
)


@given(
    count=st.integers(1, 60),
    period=st.sampled_from([SECOND, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24)]),
    events=_EVENTS,
    offset=st.integers(0, 10_000_000),
)
@settings(max_examples=400, deadline=None)
def test_no_window_ever_holds_more_than_allowed(
    count: int, period: timedelta, events: list[tuple[str, int, int]], offset: int
) -> None:
    """Three askers ask, use late, give back, are killed and start again: any window keeps to it, wherever it begins."""
    site = Site(Window(count, period), now=NOW + timedelta(microseconds=offset))
    askers = [Asker(), Asker(), Asker()]
    for what, *of in events:
        if what == "wait":
            site.now += period * of[0] // 1000
        elif what == "ask":
            site.ask(askers[of[0]], of[1])
        elif what == "use":
            site.use(askers[of[0]], of[1])
        else:
            askers[of[0]] = Asker()
    for earlier, later in zip(site.uses, site.uses[count:], strict=False):
        assert later - earlier >= period


@given(count=st.integers(1, 60), period=st.sampled_from([SECOND, timedelta(hours=1)]), wanted=st.integers(1, 100))
@settings(max_examples=60, deadline=None)
def test_who_keeps_asking_gets_nearly_all_that_is_allowed(count: int, period: timedelta, wanted: int) -> None:
    """An asker who comes when told to is never refused twice, and gets twenty in every twenty-one of the limit."""
    site, asker, refused = Site(Window(count, period)), Asker(), 0
    while site.now < NOW + 6 * period:
        grant = site.ask(asker, wanted)
        assert site.now < grant.until <= site.now + period * 22 // 20 + timedelta(microseconds=100)
        if grant.count:
            site.use(asker, grant.count)
            refused = 0
        else:
            refused += 1
            assert refused == 1
            site.now = grant.until
    assert len(site.uses) >= 5 * count


def test_a_limit_a_second_is_spread_over_it() -> None:
    """Not all of it goes at the second's first moment: a relay's own seconds begin at other times."""
    site, asker = Site(Window(100, SECOND)), Asker()
    for _ in range(20):
        site.use(asker, site.ask(asker, 100).count)
    assert len(site.uses) == 5


def test_a_limit_an_hour_may_be_used_at_once() -> None:
    """A list that is shorter than an hour's limit is at its readers in a minute."""
    site, asker = Site(Window(500, timedelta(hours=1))), Asker()
    while site.ask(asker, 500).count:
        site.use(asker, 500)
    assert len(site.uses) == 500


def test_nobody_gets_all_that_is_left_at_once() -> None:
    """Of a day's 800 an asker gets a part, so that others get some, and one that is killed loses no day."""
    _, grant = granted({}, PerDay(zone=KYIV, count=800), 800, now=NOW)
    assert grant.count == 100


def test_a_day_ends_at_midnight_of_its_zone() -> None:
    """What the 28th used says nothing about the 29th, and whoever is refused is told to come at midnight."""
    limit = PerDay(zone=KYIV, count=2)
    late = datetime(2022, 1, 28, 23, 59, tzinfo=KYIV)
    spent, _ = granted({}, limit, 1, now=late)
    spent, _ = granted(spent, limit, 1, now=late)
    spent, refused = granted(spent, limit, 1, now=late)
    assert refused.count == 0
    assert refused.until == datetime(2022, 1, 29, tzinfo=KYIV)
    assert used(spent, limit, now=late) == 2
    assert used(spent, limit, now=refused.until) == 0
    assert granted(spent, limit, 1, now=refused.until)[1].count == 1


@pytest.mark.parametrize(
    ("day", "cap"),
    [
        (date(2026, 10, 1), 200),
        (date(2026, 11, 1), 200),
        (date(2026, 11, 2), 300),
        (date(2026, 11, 4), 675),
        (date(2026, 11, 14), 38_923),
        (date(2026, 11, 15), 50_000),
        (date(3026, 11, 15), 50_000),
    ],
)
def test_a_warm_up_grows_from_day_to_day(day: date, cap: int) -> None:
    """200 on the first day, half as many again on each further one, up to where it stays."""
    assert Warmup(start=date(2026, 11, 1), first_day=200, growth=1.5, until=50_000).cap(day) == cap


def test_the_smaller_of_a_cap_and_a_warm_up_holds() -> None:
    """A relay's own limit goes on holding while a sender warms up."""
    warmup = Warmup(start=date(2022, 1, 28), first_day=10, growth=2, until=1000)
    limit = PerDay(zone=KYIV, count=15, warmup=warmup)
    assert limit.most(date(2022, 1, 28).toordinal()) == 10
    assert limit.most(date(2022, 1, 29).toordinal()) == 15


@pytest.mark.parametrize("behind", [timedelta(milliseconds=30), timedelta(seconds=2), timedelta(seconds=50)])
def test_a_clock_that_is_behind_gets_its_share_and_no_more(behind: timedelta) -> None:
    """Two machines whose clocks differ share one limit, and neither waits for the other's clock."""
    limit = Window(20, SECOND)
    spent: Spent = {}
    total = {"ahead": 0, "behind": 0}
    for tick in range(4_000):
        moment = NOW + timedelta(milliseconds=tick)
        for name, now in (("ahead", moment), ("behind", moment - behind)):
            spent, grant = granted(spent, limit, 1, now=now)
            total[name] += grant.count
            assert grant.until <= now + SECOND * 22 // 20
    assert 70 <= sum(total.values()) <= 81


def test_a_clock_that_was_far_ahead_stops_nobody() -> None:
    """After its clock was set right a machine sends on, with what was used taken as used just now."""
    limit = Window(20, SECOND)
    spent, _ = granted({}, limit, 1, now=NOW + timedelta(days=365))
    _, grant = granted(spent, limit, 1, now=NOW)
    assert grant.until <= NOW + SECOND
