"""The limits that the settings name, as a send asks for them and as people are told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.config import ANY_DOMAIN, Rate, Settings
from digest.delivery import Paused, Permit
from digest.delivery.headers import in_ascii
from digest.store import Grant, Limit, PerDay, Store, Warmup, Window

_DAY = "all mail, per day"
_A_MOMENT = timedelta(seconds=5)
_LATELY = timedelta(hours=1)  # whoever asked us to slow down is taken up slowly by the next send, too


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCap:
    """What may go out on a day, and what of it is used."""

    used: int
    most: int
    ends: datetime  # at midnight, in the site's zone
    warmup: bool  # it grows from day to day


class SiteLimits:
    """The limits of one site, for one send; to delivery it is its Limits."""

    def __init__(self, settings: Settings, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._zone = ZoneInfo(settings.site.timezone)
        self._domains = settings.delivery.domains
        self._limits = dict(_site_limits(settings, self._zone))
        self._of_site = tuple(self._limits)
        self._grants: dict[str, Grant] = {}
        self._names: dict[str, str | None] = {}  # of limits, by domain

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return bool(self._of_site or self._domains)

    @property
    def of_site(self) -> tuple[str, ...]:
        """Name the limits of all mail."""
        return self._of_site

    def of_domain(self, domain: str) -> str | None:
        """Name the limit of mail to this domain."""
        if not self._domains:
            return None
        if domain not in self._names:
            known = in_ascii(domain)
            rate = self._domains.get(known) or self._domains.get(ANY_DOMAIN)
            name = None if rate is None else f"{known}, per {_stretch(rate)}"
            if name is not None and rate is not None:
                self._limits[name] = _limit(rate, self._zone)
            self._names[domain] = name
        return self._names[domain]

    def every(self, name: str) -> timedelta:
        """Tell how far apart messages are under a limit, in the long run."""
        limit = self._limits[name]
        if isinstance(limit, Window):
            return limit.period / limit.count
        return timedelta(days=1) / limit.most(limit.slice_at(self._clock()))

    def reserve(self, wanted: Mapping[str, int], unused: Mapping[str, int]) -> dict[str, Permit]:
        """Give leave, and take back what was not used."""
        back = {name: (self._grants[name], count) for name, count in unused.items()}
        asked = {name: (self._limits[name], count) for name, count in wanted.items()}
        grants = self._store.limits.reserve(asked, unused=back, now=self._clock())
        self._grants.update(grants)
        return {name: Permit(grant.count, grant.until) for name, grant in grants.items()}

    def pauses(self) -> dict[str, Paused]:
        """Give the pauses that last or were over lately."""
        found = self._store.limits.pauses(now=self._clock() - _LATELY)
        return {one.name: Paused(one.until, one.reason) for one in found}

    def pause(self, name: str, until: datetime, reason: str) -> None:
        """Let the others know of a pause."""
        self._store.limits.pause(name, until, reason)

    def resume(self, name: str) -> None:
        """Let the others know that a pause is over."""
        self._store.limits.resume(name)


def day_cap(settings: Settings, store: Store, *, now: datetime) -> DayCap | None:
    """Tell what may go out today and what of it is used; None where no limit counts days."""
    zone = ZoneInfo(settings.site.timezone)
    limit = dict(_site_limits(settings, zone)).get(_DAY)
    if not isinstance(limit, PerDay):
        return None
    today = limit.slice_at(now)
    return DayCap(
        used=store.limits.used({_DAY: limit}, now=now)[_DAY],
        most=limit.most(today),
        ends=limit.begin_of(today + 1).astimezone(zone),
        warmup=limit.warmup is not None,
    )


def closed_until(settings: Settings, store: Store, *, now: datetime) -> datetime | None:
    """Tell until when the site's limits let no message go; None where one may go now, or in a moment."""
    limits = dict(_site_limits(settings, ZoneInfo(settings.site.timezone)))
    refused = [grant.until for grant in store.limits.left(limits, now=now).values() if not grant.count]
    until = max(refused, default=now)
    return until if until - now > _A_MOMENT else None


def _site_limits(settings: Settings, zone: ZoneInfo) -> list[tuple[str, Limit]]:
    delivery = settings.delivery
    limits: list[tuple[str, Limit]] = [
        (f"all mail, per {_stretch(rate)}", Window(rate.count, rate.period))
        for rate in sorted(delivery.rate, key=lambda rate: -rate.count)  # of several a second, the last is the least
        if rate.period is not None
    ]
    per_day = [rate.count for rate in delivery.rate if rate.period is None]
    warmup = None
    if (set_up := delivery.warmup) is not None:
        warmup = Warmup(start=set_up.start, first_day=set_up.first_day, growth=set_up.growth, until=set_up.until)
    if per_day or warmup is not None:
        limits.append((_DAY, PerDay(zone=zone, count=min(per_day, default=None), warmup=warmup)))
    return limits


def _limit(rate: Rate, zone: ZoneInfo) -> Limit:
    return PerDay(zone=zone, count=rate.count) if rate.period is None else Window(rate.count, rate.period)


def _stretch(rate: Rate) -> str:
    """Name the time that a rate speaks of: with another count, what was used of it stays."""
    return str(rate).partition("/")[2]
