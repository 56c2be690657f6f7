"""The figures of a text: how many of what, as numbers that can be compared between two texts and two languages.

    "killed 1,100 people"  ->  1100 killed       "около 3,5 млрд гривен"  ->  3.5e9 UAH, about

Dates, times, years, ordinals, scores and the numbers in names (F-16, COVID-19) are no figures: they count nothing.
Numbers in words ("three") are not read.  What two figures that differ mean is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from digest.edition.rarity import background
from digest.edition.terms import stem, words

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
_MOST_WORDS_BEFORE, _MOST_WORDS_AFTER = 3, 4
_NEAR = 80  # characters around a number that can hold so many words
_BREAK = re.compile(r"[.!?;:,]\s|\n|[(–—]|\s\d")  # what counts a number stands on its side of it

_SCALES = {
    3: "k thousand thousands тыс тис тисяч тисячі тысяч тысячи",
    6: "m mn million millions млн миллион миллиона миллионов мільйон мільйони мільйонів",
    9: "b bn billion billions млрд миллиард миллиарда миллиардов мільярд мільярди мільярдів",
    12: "tn trillion trillions трлн триллион триллиона триллионов трильйон трильйони трильйонів",
}
# What is counted, under one name for every language; a word that is not here is known by its stem, within its language.
_UNITS = {
    "%": "percent процент процента процентов процентам відсоток відсотки відсотків відсотка",
    "USD": "usd dollar dollars доллар доллара долларов долар долари доларів",
    "EUR": "eur euro euros евро євро",
    "UAH": "uah hryvnia hryvnias грн гривна гривны гривен гривня гривні гривень",
    "RUB": "rub ruble rubles rouble roubles руб рубль рубля рублей рубль рублі рублів",
    "people": "people persons person residents человек человека людей люди осіб особи жителей жителів мешканців",
    "killed": "killed dead deaths died killing погиб погибли погибших погибшие убиты убит убито убитых загинули "
    "загинуло загинув загиблих загиблі вбито вбиті убито",
    "wounded": "wounded injured wounding injuring injuries ранен ранены ранено раненых раненые пострадали пострадавших "
    "поранено поранених поранені постраждали постраждалих травмовано",
    "missing": "missing пропали пропавших зниклих зникли",
    "detained": "detained arrested arrests задержан задержаны задержано затримано затримали затриманих арестованы",
    "children": "children kids детей дети дітей діти",
    "soldiers": "soldiers troops servicemen военных солдат военнослужащих військових солдатів військовослужбовців",
    "passengers": "passengers пассажиров пассажира пассажиры пасажирів пасажири пасажира",
    "drones": "drones drone uavs беспилотников беспилотника дронов дрона дронів дрони безпілотників безпілотники",
    "missiles": "missiles missile rockets ракет ракеты ракети",
    "ships": "ships vessels судов судна кораблей корабля суден кораблів",
    "houses": "houses homes домов дома будинків будинки",
    "votes": "votes голосов голоса голосами голосів голоси",
    "tonnes": "tonnes tons тонн тонны тонни",
    "km": "km kilometres kilometers kilometer км километров километра кілометрів кілометри",
    "MW": "mw megawatts мвт мегаватт мегават",
    "hours": "hours hour час часов часа годин години година",
    "days": "days day дней дня день днів дні",
    "months": "months month месяцев месяца месяц місяців місяці місяць",
    "years": "years year лет года год років роки рік",
}
_COMMON = 0.3  # of articles have the word: "of", "were", "in"; it is not what is counted
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)  # a number here has at most 20 digits, before its scale
_CASUALTIES = frozenset({"killed", "wounded", "missing", "detained"})
_MONTHS = """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня am pm
"""
_ABOUT = """
    about around nearly almost some roughly over least most approximately than under up estimated
    около почти примерно более менее свыше порядка больше меньше приблизительно
    близько майже приблизно понад більше менше орієнтовно щонайменше
"""
_PLAIN_WORDS = {word: 10**power for power, listed in _SCALES.items() for word in listed.split()}
_UNIT_OF = {word: unit for unit, listed in _UNITS.items() for word in listed.split()}
_NO_COUNT = frozenset(_MONTHS.split())
_HEDGES = frozenset(_ABOUT.split())
# Units that name the thing itself; of money, shares or days a story counts several different ones.
COUNTED = frozenset(_UNITS) - {
    "%",
    "USD",
    "EUR",
    "UAH",
    "RUB",
    "people",
    "tonnes",
    "km",
    "hours",
    "days",
    "months",
    "years",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """So many of something; `unit` is empty where the text does not say of what in the next word."""

    value: Decimal
    unit: str
    about: bool  # hedged: "about", "more than"
    written: str  # as it stands in the text

    def agrees(self, other: Figure) -> bool:
        """Whether both can be true of one thing: equal, rounded to each other, or one of them hedged."""
        if self.about or other.about or self.value == other.value:
            return True
        coarse, fine = sorted((self.value, other.value), key=_digits)
        return fine.quantize(coarse.normalize(), context=_EXACT) == coarse


def figures(text: str, language: str) -> tuple[Figure, ...]:
    """Find the figures of `text` in order."""
    return tuple(figure for found in _NUMBER.finditer(text) if (figure := _figure(found, text, language)))


def values(text: str, language: str) -> frozenset[Decimal]:
    """Give every number of `text`, whatever it counts."""
    return frozenset(figure.value for figure in figures(text, language))


def _figure(found: re.Match[str], text: str, language: str) -> Figure | None:
    before = _BREAK.split(text[max(0, found.start() - _NEAR) : found.start()])[-1]
    tail = text[found.end() : found.end() + _NEAR]
    after = words(_BREAK.split(tail)[0].replace("per cent", "percent"))[:_MOST_WORDS_AFTER]
    earlier = words(before)[-_MOST_WORDS_BEFORE:]
    digits = found["digits"]
    value = _value(digits, language)
    if value is None:
        return None
    written = digits
    scale = _PLAIN_WORDS.get(found["scale"] or "", 1)
    if after and scale == 1 and after[0] in _PLAIN_WORDS:
        scale = _PLAIN_WORDS[after[0]]
        written += f" {after.pop(0)}"
    percent = tail.lstrip(" \u00a0\u202f").startswith("%")
    currency = _CURRENCY_BEFORE.get(before.rstrip()[-1:]) or _CURRENCY_BEFORE.get(tail.lstrip()[:1])
    counts = percent or currency or scale != 1
    near_month = bool({*after[:1], *earlier[-1:]} & _NO_COUNT)
    if near_month or (not counts and _YEAR.fullmatch(digits) and not _known(after)) or _NUMBERED.search(before):
        return None
    unit = "%" if percent else currency or _unit(earlier, after, language)
    if unit == "%" or currency:
        written += "%" if percent else f" {unit}"
    elif after and unit:
        written += f" {after[0]}"
    return Figure(value=value * scale, unit=unit, about=bool(_HEDGES & set(earlier)), written=written)


def _known(after: list[str]) -> bool:
    return bool(after) and _UNIT_OF.get(after[0], "years") != "years"


def _unit(earlier: list[str], after: list[str], language: str) -> str:
    """What is counted: the next word, or for people what befell them, if the words around say so."""
    head = after[0] if after else ""
    unit = _UNIT_OF.get(head, "")
    if not unit and head and not head[0].isdigit() and len(head) > 2:  # noqa: PLR2004 - shorter ones are particles
        root = stem(head, language)
        if background(language).get(root, 0.0) < _COMMON:
            unit = root
    if unit in {"", "people"}:
        around = [_UNIT_OF.get(word, "") for word in (*after[1:], *reversed(earlier[-2:]))]
        unit = next((name for name in around if name in _CASUALTIES), unit)
    return unit


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


def by_unit(found: tuple[Figure, ...]) -> Mapping[str, tuple[Figure, ...]]:
    """Sort figures under what they count; those that do not say it are left out."""
    units = {figure.unit for figure in found if figure.unit}
    return {unit: tuple(figure for figure in found if figure.unit == unit) for unit in sorted(units)}
