"""What figures count, under one name for every language: the words are in units.tsv.

A word that is not listed there is known by its stem, within its language; that is decided in figures.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_LANGUAGES: Final = ("en", "ru", "uk")
_PREFIX, _OF_PEOPLE = "*", "!"
_SHORTEST_PREFIX: Final = 3

CASUALTIES: Final = frozenset({"killed", "wounded", "missing", "detained"})  # what befalls people, and is told of them
# Of money, shares or days a story counts several different things; a unit beside these names the thing itself.
_MEASURES: Final = """
    % USD EUR UAH RUB people tonnes kg barrels litres m km cm m2 km2 m3 hectares MW GW kV degrees points
    seconds minutes hours days weeks months years
"""

# Units of several words, or with a raised digit, are written as one word before figures are read.
_SQUARE: Final = r"(?:square|sq\.?|кв\.?|квадратн\w+)\s?"
_CUBIC: Final = r"(?:cubic|cu\.|куб\.?|кубическ\w+|кубічн\w+)\s?"
_METRE: Final = r"(?:m|met(?:re|er)s?|м|метр\w*)"
_KILOMETRE: Final = r"(?:km|kilomet(?:re|er)s?|км|километр\w*|кілометр\w*)"
_COMPOUND: Final = re.compile(
    rf"(?<![^\W\d])(?:(?P<m2>{_SQUARE}{_METRE}|[mм][2²])|(?P<km2>{_SQUARE}{_KILOMETRE}|[kк][mм][2²])"
    rf"|(?P<m3>{_CUBIC}{_METRE}|[mм][3³])|(?P<per>per cent))(?!\w)",
    re.IGNORECASE,
)


_ABBREVIATED: Final = ("тыс.", "тис.", "млн.", "млрд.", "трлн.", "чел.", "чол.")
_SIGNS: Final = (*"²³", "m2", "м2", "m3", "м3", "sq", "Sq", "кв.", "кв ", "квадр", "cu", "Cu", "куб", "Куб", "per cent")
# The point of an abbreviation ends no clause.
_ABBREVIATION: Final = re.compile(r"\b(тыс|тис|млн|млрд|трлн|чел|чол)\.(?=\s\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Words:
    whole: Mapping[str, str]
    openings: Mapping[str, str]  # of words
    longest: int


def in_one_word(text: str) -> str:
    """Write units of several words, or with a raised digit, as one word: "5 тыс. кв. м" is "5 тыс m2"."""
    # A search for a handful of strings takes a tenth of the time of the expressions, and most texts have none.
    if any(short in text for short in _ABBREVIATED):
        text = _ABBREVIATION.sub(r"\1", text)
    return _COMPOUND.sub(_one_word, text) if any(sign in text for sign in _SIGNS) else text


def _one_word(found: re.Match[str]) -> str:
    glued = found.start() > 0 and found.string[found.start() - 1].isdigit()
    return " " * glued + ("percent" if found["per"] else found.lastgroup or "")


@cache
def unit_of(word: str, language: str) -> str:
    """Name what a lower-case word counts, or nothing; a language that is not listed knows all languages' words."""
    known = _words().get(language) or _words()[""]
    if word in known.whole:
        return known.whole[word]
    for size in range(min(len(word), known.longest), _SHORTEST_PREFIX - 1, -1):
        if word[:size] in known.openings:
            return known.openings[word[:size]]
    return ""


def is_people(unit: str) -> bool:
    """Whether it counts people, whom a text counts by what befell them too."""
    return unit in _people()


def names_the_thing(unit: str) -> bool:
    """Whether two figures of it, one in each of two texts about one event, are probably of the same things."""
    return unit in _listed() and unit not in _MEASURES.split()


def is_listed(unit: str) -> bool:
    """Whether it has a name for every language."""
    return unit in _listed()


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    lines = files(__package__).joinpath("units.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines if not line.startswith("#"))


@cache
def _listed() -> frozenset[str]:
    return frozenset(row[0].removeprefix(_OF_PEOPLE) for row in _rows())


@cache
def _people() -> frozenset[str]:
    return frozenset(row[0].removeprefix(_OF_PEOPLE) for row in _rows() if row[0].startswith(_OF_PEOPLE))


@cache
def _words() -> Mapping[str, _Words]:
    by_language: dict[str, dict[str, str]] = {language: {} for language in ("", *_LANGUAGES)}
    for name, *columns in _rows():
        for language, listed in zip(_LANGUAGES, columns, strict=True):
            for word in listed.split():
                by_language[language].setdefault(word, name.removeprefix(_OF_PEOPLE))
                by_language[""].setdefault(word, name.removeprefix(_OF_PEOPLE))
    return {language: _parted(listed) for language, listed in by_language.items()}


def _parted(listed: Mapping[str, str]) -> _Words:
    openings = {word.removesuffix(_PREFIX): unit for word, unit in listed.items() if word.endswith(_PREFIX)}
    whole = {word: unit for word, unit in listed.items() if not word.endswith(_PREFIX)}
    return _Words(whole, openings, max(map(len, openings), default=0))
