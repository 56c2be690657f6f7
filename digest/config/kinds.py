"""The kinds of value that a setting may have, each with the sentence that says what was expected."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, time, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Annotated
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _duration(value: object) -> object:
    """`90s`, `15m`, `2h`, `7d`; anything else is left for the error that names it."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\d+)\s*([smhd])", value.strip())):
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
        with suppress(OverflowError):
            return timedelta(**{unit: int(found[1])})
    raise ValueError('expected a duration such as "90s", "15m", "2h" or "7d"')


def _weekdays(value: object) -> object:
    """`daily`, `mon-fri`, or a list of days, into weekday numbers with 0 for Monday."""
    if value == "daily":
        return frozenset(range(7))
    names = value if isinstance(value, list) else [value]
    numbers: set[int] = set()
    for name in names:
        first, _, last = str(name).lower().partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            raise ValueError('expected "daily", "mon-fri" or a list such as ["mon", "wed"]')
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - start) % 7 + 1 if last else 1
        numbers.update((start + step) % 7 for step in range(length))
    return frozenset(numbers)


def _clock(value: object) -> object:
    if isinstance(value, str) and (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)):
        return time(int(found[1]), int(found[2]))
    if isinstance(value, time) and value.tzinfo is None:  # TOML has local times of its own: send_at = 09:00:00
        return value
    raise ValueError('expected a time of day such as "09:00"')


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # which walks a folder of hundreds of files


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError('expected a time zone of the IANA database, such as "Europe/Kyiv"')
    return value


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(f"expected an email address ({error})") from error


def domain(value: str) -> str:
    """`Example.ORG`, `пошта.укр`: the domain in the form of DNS, lower case."""
    try:
        found = validate_email(f"x@{value}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError('expected a domain such as "example.org"') from error
    return found.ascii_domain.lower()


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError('expected an address such as "https://news.example.org"')
    return value.rstrip("/")


_LABEL = r"[^\W_]([\w-]{0,61}[^\W_])?"  # the names of containers may have "_" as DNS's own may not, save at an end
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_LONGEST_NAME = 253


def _is_host(text: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(text))
    # A name whose last label is a number is taken for an IPv4 address by some and refused by others (RFC 3696 2).
    return (
        len(text) <= _LONGEST_NAME and bool(_NAME.fullmatch(text)) and not text.rstrip(".").rpartition(".")[2].isdigit()
    )


def _host(value: str) -> str:
    """A name or an address alone: what a web address says besides are settings of their own."""
    if _is_host(value):
        return value
    found = re.fullmatch(r"(?:\w+:)?(?://)?(?:[^@/]*@)?(?:\[([^]]+)\]|([^:/]+))(?::(\d{1,5}))?/?", value)
    if found is None or not _is_host(host := found[1] or found[2]):
        raise ValueError('expected a host name such as "mail.example.org", or an IP address')
    port = f" and port = {found[3]}" if found[3] else ""
    raise ValueError(f'expected a host name alone: host = "{host}"{port}')


def _no_truth(value: object) -> object:
    """Python's true is its 1; whoever writes true means another setting."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth", "true is no number")
    return value


def _no_number(value: object) -> object:
    """A number would be read as seconds since 1970."""
    if isinstance(value, int | float):
        raise PydanticCustomError("number", "a number is no date")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
Number = Annotated[float, BeforeValidator(_no_truth), Field(allow_inf_nan=False)]
Day = Annotated[date, BeforeValidator(_no_number)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Patience = Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(days=1))]  # none at all serves nobody
Weekdays = Annotated[frozenset[int], BeforeValidator(_weekdays)]
Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Domain = Annotated[str, AfterValidator(domain)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
OneLine = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        pattern=r"^[^\r\n]*$",
        description="one line of text in quotation marks, of 1 to 300 characters",
    ),
]
# RFC 6376 3.1: labels of a domain name; 63 and not more, so that a name stays under DNS's 253.
Selector = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$",
        description='letters, digits and hyphens, such as "rsa202611"',
    ),
]
Host = Annotated[OneLine, AfterValidator(_host)]
Port = Annotated[Whole, Field(ge=1, le=65535)]
Weight = Annotated[Number, Field(ge=0, le=100)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description='a language code such as "en", "ru" or "uk"')]
NewsletterId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
