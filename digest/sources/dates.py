"""Reads a publication date as a newsroom writes it, in English, Russian and Ukrainian; knows no clock.

    "27 January 2022, 05:46 PM"   "Jan. 27, 2022 5:46 p.m. ET"   "Updated: 2022-01-27T17:46+02:00"
    "27 января 2022 г., 17:46"    "Четвер, 27 січня 2022 р., о 17:46"    "17:46, 27.01.2022"

The whole line must be the date: a sentence that mentions one is no date line, so nothing is guessed from a story.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_LONGEST = 160  # characters of a line that may still be a date line
_YEARS = range(1970, 2101)  # outside them it is a typing error, and zone arithmetic nears its limits

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan январь января янв січень січня січ",
            "february feb февраль февраля февр фев лютий лютого лют",
            "march mar март марта мар березень березня берез бер",
            "april apr апрель апреля апр квітень квітня квіт кві",
            "may май мая травень травня трав тра",
            "june jun июнь июня июн червень червня черв чер",
            "july jul июль июля июл липень липня лип",
            "august aug август августа авг серпень серпня серп сер",
            "september sept sep сентябрь сентября сент сен вересень вересня верес вер",
            "october oct октябрь октября окт жовтень жовтня жовт жов",
            "november nov ноябрь ноября нояб ноя листопад листопада листоп лис",
            "december dec декабрь декабря дек грудень грудня груд гру",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tues tue wed thurs thur thu fri sat sun "
    "понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье воскресение "
    "пн вт ср чт пт сб вс нд понеділок вівторок середа середу четвер п'ятниця п'ятницю субота суботу неділя неділю"
)

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
# A name that says standard or summer time is a fixed offset (hours), whatever the season; the rest follow their city.
# Left out are names that several countries share, such as IST: such a line is no date line rather than a wrong one.
_ZONES: dict[str, float | str] = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3,
    "мск": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9,
    "kst": 9, "et": _EASTERN, "ct": _CENTRAL, "mt": _MOUNTAIN, "pt": _PACIFIC, "eastern time": _EASTERN,
    "kyiv time": "Europe/Kyiv", "kiev time": "Europe/Kyiv", "kyiv": "Europe/Kyiv",
    "по киеву": "Europe/Kyiv", "по киевскому времени": "Europe/Kyiv", "за києвом": "Europe/Kyiv",
    "за київським часом": "Europe/Kyiv", "moscow time": "Europe/Moscow", "по москве": "Europe/Moscow",
    "по московскому времени": "Europe/Moscow", "за москвою": "Europe/Moscow",
}  # fmt: skip


def _one_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_MONTH = rf"(?:{_one_of(list(_MONTHS))})\b\.?"
_DAY_FORMS = {
    "day_month": rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th|-го)?\s+(?:of\s+)?(?P<m1>{_MONTH})"
    r"(?:,?\s+(?P<y1>\d{4})(?:\s*(?:года|году|року|г\.|р\.|[гр]\b))?)?",
    "month_day": rf"(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y2>\d{{4}}))?",
    "iso": r"(?P<y3>\d{4})[-/.](?P<m3>\d{1,2})[-/.](?P<d3>\d{1,2})",
    "compact": r"(?P<y4>\d{4})(?P<m4>\d{2})(?P<d4>\d{2})",
    "numeric": r"(?P<d5>\d{1,2})(?P<sep>[./-])(?P<m5>\d{1,2})(?P=sep)(?P<y5>\d{4})(?:\s*(?:г\.|р\.|[гр]\b))?",
}
_DAY = "(?:" + "|".join(_DAY_FORMS.values()) + ")"
_TIME = (
    r"(?:(?P<h{n}>\d{{1,2}})(?:[:.](?P<min{n}>\d{{2}})(?::(?P<s{n}>\d{{2}})(?:[.,]\d{{1,9}})?)?"
    r"(?:\s*(?P<half{n}>[ap]\.?\s?m\b\.?))?|\s*(?P<only{n}>[ap]\.?\s?m\b\.?)))"
)
_ZONE = rf"(?P<zone>(?:utc|gmt)?\s?[+−-]\d{{1,2}}(?::?\d{{2}})?|{_one_of(list(_ZONES))})\b"
_LABEL = (
    r"(?P<label>(?:first |last |date )?(?:published|posted|updated|modified|created|publication date|date)(?: on| at)?"
    r"|(?:дата |время |час )?(?:публикации|публікації|обновления|оновлення|создания|створення)"
    r"|опубликован[оа]?|опубліковано|размещено|розміщено|обновлен[оа]?|оновлено|изменено|змінено|дата)"
)
_GAP = r"(?:\s*[,|·•—–]\s*|\s+-\s+|\s+|(?<=\d)t(?=\d))(?:(?:at|в|у|о|об)\s+)?"
_LINE = re.compile(
    rf"(?:{_LABEL}\s*[:—–-]?\s*)?"
    rf"(?:{_TIME.format(n=1)}(?:\s*\(?(?:{_ZONE.replace('zone', 'zone1')})\)?)?{_GAP})?"
    rf"(?:(?:{_one_of(_WEEKDAYS.split())})\b\.?,?\s+)?"
    rf"{_DAY}"
    rf"(?:{_GAP}{_TIME.format(n=2)})?"
    rf"(?:\s*[,(]?\s*(?:{_ZONE.replace('zone', 'zone2')})\s*\)?)?"
    r"\s*[.,]?(?P<rest>.*)",
    re.IGNORECASE,
)
# What may follow on the same line: when it was last touched, or how long it takes to read.
_REST = re.compile(
    r"\s*[|·•,;(/—–-]?\s*(?:(?:last )?(?:updated|modified)|обновлено|оновлено|изменено|змінено)\b.{0,80}"
    r"|\s*[|·•,;(/—–-]\s*\d{1,3}\s*(?:min(?:ute)?s?|мин(?:ут\w*)?|хв(?:илин\w*)?)\b.{0,30}",
    re.IGNORECASE,
)
_UPDATE = re.compile(r"updated|modified|обновл|оновл|измен|змінен", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateLine:
    """A line that is a date: the instant, and whether it says when the piece was changed rather than published."""

    instant: datetime
    is_update: bool
    labelled: bool  # it says what it is: "Published: ..."
    has_time: bool


def read_date_line(line: str, *, zone: ZoneInfo, near: datetime | None = None) -> DateLine | None:
    """The date that the whole of `line` is, or None.

    `zone` holds where the line names none; a local time that a clock change skips or repeats is read as before the
    change (PEP 495, fold 0).  A date with a time but without a year is the last such day up to a day after `near`.
    Where 03/04/2026 may be two days, the day comes first, except in zones of America.
    """
    line = line.replace("’", "'").strip()
    if not line or len(line) > _LONGEST:
        return None
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    parts = {name: text for name, text in found.groupdict().items() if text is not None}
    if parts.get("rest", "").strip(" .") and not _REST.fullmatch(parts["rest"]):
        return None
    clock = _clock(parts)
    named = parts.get("zone1", parts.get("zone2"))
    day = _day(parts, month_first=zone.key.startswith("America/"), near=near if clock else None)
    if day is None or (clock is None and named is not None):
        return None
    try:
        local = datetime(*day, *(clock or (0, 0, 0)), tzinfo=_zone(named) if named else zone)
    except ValueError:  # 31 February, 25:00
        return None
    label = parts.get("label", "")
    return DateLine(_settled(local), bool(_UPDATE.search(label)), bool(label), clock is not None)


def read_declared_date(value: str, *, zone: ZoneInfo) -> datetime | None:
    """The date of a field that is declared to be one, in any language; None where it cannot be told.

    What `read_date_line` does not know goes to dateparser, for absolute dates only: no clock is read.
    """
    line = read_date_line(value, zone=zone)
    if line is not None:
        return line.instant
    if len(value) > _LONGEST or not any(char.isdigit() for char in value):
        return None
    import dateparser  # noqa: PLC0415 - loads in 0.2 s, and only a rare date needs it

    settings = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"], "DATE_ORDER": "DMY"}
    try:
        found = dateparser.parse(value, settings=settings)
    except (ValueError, OverflowError, RecursionError):  # what it raises on nonsense is not documented
        return None
    if found is None or found.year not in _YEARS:
        return None
    return _settled(found if found.tzinfo else found.replace(tzinfo=zone))


def _clock(parts: dict[str, str]) -> tuple[int, int, int] | None:
    number = "1" if "h1" in parts else "2"
    if f"h{number}" not in parts:
        return None
    hour, minute = int(parts[f"h{number}"]), int(parts.get(f"min{number}", "0"))
    half = parts.get(f"half{number}", parts.get(f"only{number}", "")).lower()
    if half and hour <= 12:  # noqa: PLR2004 - "17:46 PM" is written, and means 17:46
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour, minute, int(parts.get(f"s{number}", "0"))


def _day(parts: dict[str, str], *, month_first: bool, near: datetime | None) -> tuple[int, int, int] | None:
    form = next(number for number in "12345" if f"d{number}" in parts)
    day, month_text = int(parts[f"d{form}"]), parts[f"m{form}"].lower().rstrip(".")
    month = _MONTHS[month_text] if month_text in _MONTHS else int(month_text)
    if form == "5" and parts["sep"] == "/" and (month > 12 or (month_first and day <= 12)):  # noqa: PLR2004 - months
        day, month = month, day
    year_text = parts.get(f"y{form}")
    year = int(year_text) if year_text else _year_before(near, month, day)
    return (year, month, day) if year in _YEARS else None


def _year_before(near: datetime | None, month: int, day: int) -> int:
    if near is None:
        return 0
    latest = near + timedelta(days=1)
    return latest.year if (month, day) <= (latest.month, latest.day) else latest.year - 1


def _zone(name: str) -> tzinfo:
    known = _ZONES.get(name.lower())
    if isinstance(known, str):
        return ZoneInfo(known)
    if known is not None:
        return timezone(timedelta(hours=known))
    sign = 1 if "+" in name else -1
    digits = re.sub(r"\D", "", name)
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")  # noqa: PLR2004 - hh or hhmm
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def _settled(local: datetime) -> datetime:
    """The same instant with a wall clock that exists: 03:30 in a skipped hour is 04:30."""
    return local.astimezone(UTC).astimezone(local.tzinfo)
