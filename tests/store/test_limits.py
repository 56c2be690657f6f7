"""Limits and pauses as the database keeps them."""

import multiprocessing
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.store import PerDay, Store, Window, open_store

HOUR = timedelta(hours=1)
DAY = PerDay(zone=ZoneInfo("Europe/Kyiv"), count=40)


def take(store: Store, count: int, *, now: datetime) -> int:
    return store.limits.reserve({"site": (DAY, count)}, unused={}, now=now)["site"].count


def test_what_was_used_is_used_after_a_restart(url: str, now: datetime) -> None:
    """A process that starts again goes on where the last one was, at any moment that it was killed."""
    taken = 0
    for _start in range(30):
        with open_store(url) as store:
            taken += take(store, 3, now=now)
            assert store.limits.used({"site": DAY}, now=now) == {"site": taken}
    assert taken == 40


def test_several_limits_are_taken_in_one_transaction_and_given_back(store: Store, now: datetime) -> None:
    """What an asker did not need is there for the next."""
    limits = {"a": Window(20, HOUR), "b": Window(8, HOUR)}
    wanted = {name: (limit, 2) for name, limit in limits.items()}
    grants = store.limits.reserve(wanted, unused={}, now=now)
    assert {name: grant.count for name, grant in grants.items()} == {"a": 2, "b": 1}
    store.limits.reserve({}, unused={"a": (grants["a"], 1), "b": (grants["b"], 1)}, now=now)
    assert store.limits.used(limits, now=now) == {"a": 1, "b": 0}


def _take_all(url: str, now: datetime, taken: "multiprocessing.Queue[int]") -> None:
    total = refused = 0
    with open_store(url) as store:
        while refused < 3:
            count = take(store, 2, now=now)
            total += count
            refused += not count
            time.sleep(0.001)
    taken.put(total)


def test_two_processes_at_once_never_exceed_the_sum(url: str, store: Store, now: datetime) -> None:
    """They ask at the same moments, beginning with a limit that has no row yet, and get it all and no more."""
    context = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[int] = context.Queue()
    askers = [context.Process(target=_take_all, args=(url, now, taken)) for _ in range(2)]
    for asker in askers:
        asker.start()
    totals = [taken.get(timeout=60) for _ in askers]
    for asker in askers:
        asker.join()
    assert sum(totals) == 40
    assert store.limits.used({"site": DAY}, now=now) == {"site": 40}


def test_a_pause_is_known_to_others_until_it_ends(url: str, store: Store, now: datetime) -> None:
    """Another process reads it; a later one replaces it; over or ended, it is not there."""
    store.limits.pause("gmail.com", now + HOUR, "421 4.7.28 too fast")
    store.limits.pause("gmail.com", now + 2 * HOUR, "421 4.7.28 still too fast")
    store.limits.pause("yahoo.com", now + HOUR, "421 4.7.0 [TSS04]")
    with open_store(url) as other:
        found = other.limits.pauses(now=now)
        assert [(one.name, one.until - now, one.reason) for one in found] == [
            ("gmail.com", 2 * HOUR, "421 4.7.28 still too fast"),
            ("yahoo.com", HOUR, "421 4.7.0 [TSS04]"),
        ]
        assert [one.name for one in other.limits.pauses(now=now, names=["yahoo.com"])] == ["yahoo.com"]
        assert [one.name for one in other.limits.pauses(now=now + HOUR)] == ["gmail.com"]
        other.limits.resume("gmail.com")
    assert store.limits.pauses(now=now + HOUR) == []


def test_what_counts_no_longer_is_forgotten(store: Store, now: datetime) -> None:
    """A list's domains come and go; their limits do not stay for ever."""
    store.limits.reserve({"domain:old.example": (Window(5, HOUR), 1)}, unused={}, now=now)
    store.limits.pause("gmail.com", now, "over")
    later = now + timedelta(days=4)
    store.limits.reserve({"domain:new.example": (Window(5, HOUR), 1)}, unused={}, now=later)
    store.limits.tidy(now=later)
    names = {"domain:old.example": Window(5, timedelta(days=9)), "domain:new.example": Window(5, HOUR)}
    assert store.limits.used(names, now=later) == {"domain:old.example": 0, "domain:new.example": 1}
