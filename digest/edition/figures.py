"""The figures of a text: how many of what, as numbers that can be compared between two texts and two languages.

    "killed 1,100 people"  ->  1100 killed       "около 3,5 млрд гривен"  ->  3.5e9 UAH, about
    "the toll rose to five"  ->  5 killed        "на площади 120 кв. м"  ->  120 m2

Numbers in words are read too (numerals.py).  Dates, times, years, ordinals, scores and the numbers in names (F-16,
COVID-19) are no figures: they count nothing.  What two figures that differ mean is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import islice

from digest.edition.numerals import NO_COUNT_AFTER, spelt
from digest.edition.rarity import background
from digest.edition.terms import stem, words
from digest.edition.units import CASUALTIES, in_one_word, is_listed, is_people, unit_of

# Not part of a word, another number, a time or score (9:30), a date (4/5), a range (3-5) or a name (F-16).
_NUMBER = re.compile(
    r"(?<![\w:/–-])(?<!\d[.,])(?P<digits>\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,4}(?:[.,]\d{1,4})?|\d[\d.,]{0,18}\d|\d)"
    r"(?=(?P<scale>[kmb]n?\b)?)(?P=scale)?(?![\w:/]|[–-]\w)"
)
_CURRENCY_BEFORE = {"$": "USD", "€": "EUR", "£": "GBP", "₴": "UAH", "₽": "RUB"}
_YEAR = re.compile(r"(?:19|20)\d\d")
_GROUPED_WITH_COMMA = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_WITH_DOT = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
# Behind one of these a number names a thing.
_NUMBERED = re.compile(r"(?:№|#|\b(?:no|nr|article|art|section|chapter|стать\w*|ст|пункт\w*)\.?)\s*$", re.IGNORECASE)
_MOST_WORDS_BEFORE, _MOST_WORDS_AFTER = 12, 5
_MOST_WORDS_NAMING, _NEAR_HEDGE = 3, 3
_NEAR = 90  # characters around a number that can hold so many words
_BREAK = re.compile(r"[.!?;:,]\s|\n|[(–—]")  # what counts a number stands on its side of it

_SCALES = {
    3: "k thousand thousands тыс тис тисяч тисячі тисячами тысяч тысячи тысячам",
    6: "m mn million millions млн миллион миллиона миллионов мільйон мільйона мільйони мільйонів",
    9: "b bn billion billions млрд миллиард миллиарда миллиардов мільярд мільярда мільярди мільярдів",
    12: "tn trillion trillions трлн триллион триллиона триллионов трильйон трильйона трильйони трильйонів",
}
_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")  # one of terms.words, where it stands
_COMMON = 0.3  # of articles have the word: "of", "were", "in"; it is not what is counted
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)  # a number here has at most 20 digits, before its scale
_ROUND = Decimal(100)  # whole numbers below are counted, not rounded: 10 wounded are not 12
_MONTHS = """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня am pm
"""
_ABOUT = """
    about around nearly almost some roughly over least most approximately than under up estimated more
    около почти примерно более менее свыше порядка больше меньше приблизительно менее
    близько майже приблизно понад більше менше орієнтовно щонайменше
"""
_JOINS = frozenset(["and", "but", "и", "а", "та", "і", "й", "або"])
_OUT_OF = frozenset(["of", "из", "з", "із", "зі"])  # "two of the wounded" counts some of them
_SMALL = frozenset(["a", "an", "the", "at", "as", "не", "всех", "все", "еще", "усіх", "всі", "ще"])
# "The toll rose to five": what is counted stands before the verb, and the number at its end.
_REACHES = frozenset(
    ["to", "at", "reached", "is", "до", "достигло", "составило", "сягнула", "сягнуло", "становить", "становила"]
)
_LETTERS_ALONE = frozenset("kmb")  # "$5 m" is money; without it five metres, or a name
_PLAIN_WORDS = {word: 10**power for power, listed in _SCALES.items() for word in listed.split()}
_NO_COUNT = frozenset(_MONTHS.split())
_HEDGES = frozenset(_ABOUT.split())


@dataclass(frozen=True, slots=True)
class Figure:
    """So many of something; `unit` is empty where the text does not say of what in the next word."""

    value: Decimal
    unit: str
    about: bool  # hedged: "about", "more than"
    written: str  # as it stands in the text

    def agrees(self, other: Figure) -> bool:
        """Whether both can be true of one thing: equal, rounded to each other, or one of them hedged."""
        return self.about or other.about or self._is_rounded(other)

    def repeats(self, earlier: Figure) -> bool:
        """Whether one who knows `earlier` learns nothing from this: the same number, or a rounder one.

        A finer one than the round number that was told is news of a toll, and of nothing else.
        """
        if self.value == earlier.value:
            return True
        if self.about or earlier.about:
            near = abs(self.value - earlier.value) * 10 <= max(self.value, earlier.value)
            return near and (self.unit not in CASUALTIES or self.about)
        rounder = _digits(self.value) < _digits(earlier.value)
        return self._is_rounded(earlier) and (rounder or self.unit not in CASUALTIES)

    def _is_rounded(self, other: Figure) -> bool:
        if self.value == other.value:
            return True
        coarse, fine = sorted((self.value, other.value), key=_digits)
        if coarse < _ROUND and fine == fine.to_integral_value():
            return False
        return fine.quantize(coarse.normalize(), context=_EXACT) == coarse


def figures(text: str, language: str) -> tuple[Figure, ...]:
    """Find the figures of `text` in order."""
    text = in_one_word(text)
    numbers = [_Number(found.start(), found.end(), found.group(), digits=found) for found in _NUMBER.finditer(text)]
    numbers += [
        _Number(word.start, word.end, text[word.start : word.end], value=word.value) for word in spelt(text, language)
    ]
    numbers.sort(key=lambda number: number.start)
    ends = [0, *(number.end for number in numbers)]
    starts = [*(number.start for number in numbers[1:]), len(text)]
    found = (
        _figure(number, text[max(end, number.start - _NEAR) : number.start], text[number.end : start], language)
        for number, end, start in zip(numbers, ends, starts, strict=False)
    )
    return tuple(figure for figure in found if figure is not None)


def values(text: str, language: str) -> frozenset[Decimal]:
    """Give every number of `text`, whatever it counts."""
    return frozenset(figure.value for figure in figures(text, language))


def by_unit(found: tuple[Figure, ...]) -> Mapping[str, tuple[Figure, ...]]:
    """Sort figures under what they count; those that do not say it are left out."""
    units = {figure.unit for figure in found if figure.unit}
    return {unit: tuple(figure for figure in found if figure.unit == unit) for unit in sorted(units)}


@dataclass(frozen=True, slots=True)
class _Number:
    """Where a number stands, how it is written, and either its digits or what its words come to."""

    start: int
    end: int
    written: str
    digits: re.Match[str] | None = None
    value: int = 0


def _figure(number: _Number, before: str, behind: str, language: str) -> Figure | None:
    """Read one number with the text between it and its neighbours."""
    before = _BREAK.split(before)[-1]
    stop = _BREAK.search(behind, 0, _NEAR)
    after = words(behind[: stop.start() if stop else _NEAR], most=_MOST_WORDS_AFTER)
    earlier = words(before)[-_MOST_WORDS_BEFORE:]
    digits = number.digits["digits"] if number.digits else ""
    value = _value(digits, language) if digits else Decimal(number.value)
    if value is None or NO_COUNT_AFTER.match(behind):
        return None
    taken = 0  # words behind it that belong to it
    currency = _CURRENCY_BEFORE.get(before.rstrip()[-1:]) or _CURRENCY_BEFORE.get(behind.lstrip()[:1])
    scale = _PLAIN_WORDS.get((number.digits and number.digits["scale"]) or "", 1)
    if after and scale == 1 and after[0] in _PLAIN_WORDS and (currency or after[0] not in _LETTERS_ALONE):
        scale = _PLAIN_WORDS[after.pop(0)]
        taken = 1
    percent = behind.lstrip(" \u00a0\u202f").startswith("%")
    counts = percent or currency or scale != 1
    near_month = bool({*after[:1], *earlier[-1:]} & _NO_COUNT)
    year = _YEAR.fullmatch(digits) and not _is_counted(after, language)
    if near_month or (year and not counts) or _NUMBERED.search(before):
        return None
    naming, named = _named(after, language)
    unit = "%" if percent else currency or _unit(naming, earlier, after, language)
    if value == 1 and not digits and not is_listed(unit):
        return None  # one of them, один из них: no count
    if not (percent or currency) and unit:
        taken += named
    written = number.written + _opening(behind, taken) + ("%" if percent else f" {currency}" if currency else "")
    return Figure(value=value * scale, unit=unit, about=bool(_HEDGES & set(earlier[-_NEAR_HEDGE:])), written=written)


def _opening(text: str, words: int) -> str:
    """The first `words` words of `text`, as they stand there."""
    ends = [found.end() for found in islice(_WORD.finditer(text), words)]
    return text[: ends[-1]] if ends else ""


def _is_counted(after: list[str], language: str) -> bool:
    return bool(after) and (unit_of(after[0], language) or "years") != "years"


def _unit(naming: str, earlier: list[str], after: list[str], language: str) -> str:
    """What is counted: the things named, or of people what befell them, if the words around say so."""
    if after and after[0] in _OUT_OF:
        return ""
    if is_listed(naming) and not is_people(naming):
        return naming
    return _befell(earlier, after, language, far=naming in {"", "people"}) or naming


def _named(after: list[str], language: str) -> tuple[str, int]:
    """The first unit that is listed, adjectives before it passed over, "57 attack drones"; or the next word's stem.

    And how many of the words say it.
    """
    head, size = "", 0
    for place, word in enumerate(after[:_MOST_WORDS_NAMING]):
        if unit := unit_of(word, language):
            return unit, place + 1
        root = stem(word, language)
        if word[0].isdigit() or word in _JOINS or background(language).get(root, 0.0) >= _COMMON:
            break
        if not head and len(word) <= 2:  # noqa: PLR2004 - a particle
            break
        if not head:
            head, size = root, place + 1
    return head, size


def _befell(earlier: list[str], after: list[str], language: str, *, far: bool) -> str:
    """What befell the people counted: said behind them, right before, or before a verb that leads to the number."""
    behind = list(after)
    for place, word in enumerate(behind[:-1]):
        if word in _JOINS and unit_of(behind[place + 1], language) in CASUALTIES:
            behind = behind[:place]  # "three people and injured": of the next ones
            break
    before = [word for word in earlier if word not in _SMALL and word not in _HEDGES]
    near = [*behind, *reversed(before[-2:])]
    leading = [word for word in earlier if word not in _HEDGES][-1:]
    if far and set(leading) & _REACHES:
        near += reversed(before)
    return next((unit for word in near if (unit := unit_of(word, language)) in CASUALTIES), "")


def _value(digits: str, language: str) -> Decimal | None:
    """Read a number as its language writes it: 1,100 and 3.5 in English, 1 100 and 3,5 in others; None for 1.2.3."""
    bare = re.sub(r"[ \u00a0\u202f]", "", digits).rstrip(".,")
    grouped, mark = (_GROUPED_WITH_COMMA, ",") if language == "en" else (_GROUPED_WITH_DOT, ".")
    if grouped.fullmatch(bare):
        bare = bare.replace(mark, "")
    bare = bare.replace(",", ".")
    return None if bare.count(".") > 1 else Decimal(bare)


def _digits(value: Decimal) -> int:
    """How many digits a number is written with, the zeros at its end left out."""
    return len(value.normalize().as_tuple().digits)
