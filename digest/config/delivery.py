"""`[delivery]` of digest.toml: how fast mail goes out, for how long it is tried, and where bounces come back to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_settings import NoDecode

from digest.config.kinds import Address, Day, Duration, Number, Whole, domain

_RATE = re.compile(r"(\d[\d_]*)\s*/\s*(?:(s|min|h|day)|(\d+)\s*(s|m|h))")
_UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST = timedelta(hours=24)
_MOST_SECONDS = 100_000
ANY_DOMAIN = "*"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages in any stretch of `period`; without one, on each day of the site's calendar."""

    count: int
    period: timedelta | None

    def __str__(self) -> str:
        if self.period is None:
            return f"{self.count}/day"
        for name, unit in (("h", "h"), ("min", "m"), ("s", "s")):
            if not self.period % _UNITS[name]:
                times = self.period // _UNITS[name]
                return f"{self.count}/{name if times == 1 else f'{times}{unit}'}"
        return f"{self.count}/{self.period}"


def _rate(value: object) -> object:
    if isinstance(value, Rate):
        return value
    if isinstance(value, str) and (found := _RATE.fullmatch(value.strip())):
        count = int(found[1])
        times = min(int(found[3] or 1), _MOST_SECONDS)  # beyond, it is too long in any unit
        period = None if found[2] == "day" else _UNITS[found[2] or found[4]] * times
        if count and (period is None or timedelta(0) < period <= _LONGEST):
            return Rate(count, period)
    raise ValueError('expected a rate such as "14/s", "600/min", "5000/h", "50000/day" or "50000/24h"')


def _rates(value: object) -> object:
    """One rate or several; in an environment variable, parted by commas."""
    if isinstance(value, str):
        return value.split(",")
    return value if isinstance(value, (list, tuple)) else [value]


def _domain_or_any(value: object) -> object:
    return value if value == ANY_DOMAIN else domain(str(value))


OneRate = Annotated[Rate, BeforeValidator(_rate)]
DomainOrAny = Annotated[str, BeforeValidator(_domain_or_any)]
Rates = Annotated[tuple[OneRate, ...], NoDecode, BeforeValidator(_rates)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class WarmupSettings(_Table):
    """A day's cap that grows from day to day, for a sender that receivers do not know yet."""

    start: Day
    first_day: Annotated[Whole, Field(ge=1)] = 200
    growth: Annotated[Number, Field(gt=1, le=10)] = 1.5
    until: Annotated[Whole, Field(ge=1)] = 50_000

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.until < self.first_day:
            raise ValueError(f"until must be at least first_day, which is {self.first_day}")
        return self


class DeliverySettings(_Table):
    """How an edition goes out."""

    # Of a message whose reply was never read: `digest reconcile` sends it again, or leaves it.
    uncertain: Literal["resend", "leave"] = "leave"
    bounces: Address | None = None  # where bounces go; each sender's own address by default
    verp: bool = False  # bounces+TOKEN@…: each message has a return path of its own
    rate: Rates = ()  # of all mail together
    domains: dict[DomainOrAny, OneRate] = {}  # by recipients' domain; "*" is each that is not named
    warmup: WarmupSettings | None = None
    retry_for: Duration = timedelta(hours=24)  # of what was put off with a 4xx, from its first attempt
    # How many of this machine's processes send, each with its share of the connections; "auto": one for each core.
    processes: Annotated[Whole, Field(ge=1, le=64)] | Literal["auto"] = 1
    # What a sender has in hand that was not heard of for so long is taken over by others.
    lease: Annotated[Duration, Field(ge=timedelta(seconds=10), le=timedelta(hours=1))] = timedelta(minutes=2)
