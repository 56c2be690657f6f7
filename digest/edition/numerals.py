"""Numbers in words, in English, Russian and Ukrainian with their case forms: "twenty-three", "пятерых", "п'ятьох".

Only where a text says how many: ordinals ("fifth"), fractions ("two-thirds"), compounds ("five-year-old", "пятилетний")
and vague words ("dozens", "сотни") are no numbers here.  What is counted is read in figures.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Each value with the forms that count things; a form of another word too (семью, "the family") is left out.
_ENGLISH = """
    1 one | 2 two | 3 three | 4 four | 5 five | 6 six | 7 seven | 8 eight | 9 nine | 10 ten | 11 eleven | 12 twelve
    13 thirteen | 14 fourteen | 15 fifteen | 16 sixteen | 17 seventeen | 18 eighteen | 19 nineteen | 20 twenty
    30 thirty | 40 forty | 50 fifty | 60 sixty | 70 seventy | 80 eighty | 90 ninety
"""
_RUSSIAN = """
    1 один одна одно одного одной одному одну одним | 2 два две двух двум двумя двое двоих двоим
    3 три трех трем тремя трое троих троим | 4 четыре четырех четырем четырьмя четверо четверых четверым
    5 пять пяти пятью пятеро пятерых пятерым | 6 шесть шести шестью шестеро шестерых шестерым
    7 семь семи семеро семерых семерым | 8 восемь восьми восьмью восемью восьмеро восьмерых | 9 девять девяти девятью
    девятеро девятерых | 10 десять десяти десятью десятеро десятерых | 11 одиннадцать одиннадцати
    12 двенадцать двенадцати | 13 тринадцать тринадцати | 14 четырнадцать четырнадцати | 15 пятнадцать пятнадцати
    16 шестнадцать шестнадцати | 17 семнадцать семнадцати | 18 восемнадцать восемнадцати
    19 девятнадцать девятнадцати | 20 двадцать двадцати | 30 тридцать тридцати | 40 сорок сорока
    50 пятьдесят пятидесяти | 60 шестьдесят шестидесяти | 70 семьдесят семидесяти | 80 восемьдесят восьмидесяти
    90 девяносто девяноста | 100 сто ста | 200 двести двухсот | 300 триста трехсот | 400 четыреста четырехсот
    500 пятьсот пятисот | 600 шестьсот шестисот | 700 семьсот семисот | 800 восемьсот восьмисот
    900 девятьсот девятисот
"""
_UKRAINIAN = """
    1 один одна одне одного однієї одній одному одну одним | 2 два дві двох двом двома двоє | 3 три трьох трьом трьома
    троє | 4 чотири чотирьох чотирьом чотирма четверо | 5 п'ять п'яти п'ятьох п'ятьом п'ятьма п'ятеро
    6 шість шести шістьох шістьом шістьма шестеро | 7 сім семи сімох сімом сьома семеро
    8 вісім восьми вісьмох вісьмом вісьма восьмеро | 9 дев'ять дев'яти дев'ятьох дев'ятьом дев'ятеро
    10 десять десяти десятьох десятьом десятеро | 11 одинадцять одинадцяти одинадцятьох
    12 дванадцять дванадцяти дванадцятьох | 13 тринадцять тринадцяти тринадцятьох
    14 чотирнадцять чотирнадцяти чотирнадцятьох | 15 п'ятнадцять п'ятнадцяти п'ятнадцятьох
    16 шістнадцять шістнадцяти шістнадцятьох | 17 сімнадцять сімнадцяти сімнадцятьох
    18 вісімнадцять вісімнадцяти вісімнадцятьох | 19 дев'ятнадцять дев'ятнадцяти дев'ятнадцятьох
    20 двадцять двадцяти двадцятьох | 30 тридцять тридцяти тридцятьох | 40 сорок сорока | 50 п'ятдесят п'ятдесяти
    п'ятдесятьох | 60 шістдесят шістдесяти шістдесятьох | 70 сімдесят сімдесяти | 80 вісімдесят вісімдесяти
    90 дев'яносто дев'яноста | 100 сто ста | 200 двісті двохсот | 300 триста трьохсот | 400 чотириста чотирьохсот
    500 п'ятсот п'ятисот | 600 шістсот шестисот | 700 сімсот семисот | 800 вісімсот восьмисот | 900 дев'ятсот дев'ятисот
"""


def _forms(listed: str) -> dict[str, int]:
    found: dict[str, int] = {}
    value = 0
    for word in listed.replace("|", " ").split():
        if word.isdigit():
            value = int(word)
        else:
            found[word] = value
    return found


_HUNDRED, _DOZEN, _TEN = 100, 12, 10
_MULTIPLIERS = {"hundred": _HUNDRED, "dozen": _DOZEN}  # said after a number in English: "two hundred", "three dozen"
_VALUES: Mapping[str, Mapping[str, int]] = {
    "en": _forms(_ENGLISH) | _MULTIPLIERS,
    "ru": _forms(_RUSSIAN),
    "uk": _forms(_UKRAINIAN),
}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_BETWEEN = re.compile(r"[ \u00a0\u202f]+|-")
# A word that is part of a longer one, or vague, counts nothing.
_PART_OF_BEFORE = re.compile(r"(?:[\w\d][-–]|\b(?:several|few|many|half)(?: an?)?[ \u00a0\u202f]+)$", re.IGNORECASE)
_LOOKED_BACK = 12  # characters: as long as those words are
# Nor does one that goes on as a compound, a fraction or a time of day.
NO_COUNT_AFTER = re.compile(
    r"[-–]\w|[ \u00a0\u202f]+(?:o['’]clock|in the (?:morning|afternoon|evening)|thirds?|quarters?|fifths?|tenths?"
    r"|трет(?:и|ь|ей)|третини|чверт\w*|четверт\w*|утра|вечера|ночи|ранку|вечора|ночі)\b"
)
_LETTERS = str.maketrans({"ё": "е", "Ё": "Е", "’": "'", "ʼ": "'"})


@dataclass(frozen=True, slots=True)
class Spelt:
    """A number in words: its value, and the characters of the text that it takes."""

    value: int
    start: int
    end: int


def spelt(text: str, language: str) -> Iterator[Spelt]:
    """Find the numbers that `text` writes in words, in order; none in a language that is not listed."""
    values = _VALUES.get(language)
    if values is None:
        return
    plain = text.translate(_LETTERS)
    lower = plain.lower()
    plain = lower if len(lower) == len(text) else plain  # İ is two letters in lower case, and places would move
    run: list[tuple[int, re.Match[str]]] = []
    for found in _WORD.finditer(plain):
        word = found.group()
        value = values.get(word)
        if value is None and not run:
            continue
        if word == "and" and run[-1][0] == _HUNDRED and _touch(text, run[-1][1], found):
            run.append((0, found))  # one hundred and five
        elif value is not None and run and _touch(text, run[-1][1], found) and _goes_on(run[-1][0], value, word):
            run.append((value, found))
        else:
            yield from _whole(text, run)
            run = [] if value is None else [(value, found)]
    yield from _whole(text, run)


def _touch(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    return _BETWEEN.fullmatch(text, one.end(), other.start()) is not None


def _goes_on(before: int, value: int, word: str) -> bool:
    """Whether `value` goes on with a number whose last word is `before`: сто + двадцать + три, two + hundred."""
    if word in _MULTIPLIERS:
        return 0 < before < _HUNDRED
    if before in (0, _HUNDRED):
        return True
    return value < before and (before >= _HUNDRED or (before >= 2 * _TEN and value < _TEN))


def _whole(text: str, run: list[tuple[int, re.Match[str]]]) -> Iterator[Spelt]:
    """Add up a run of words, unless it is part of something that counts nothing."""
    while run and run[-1][0] == 0:
        run = run[:-1]  # an "and" that leads on to something else
    if not run:
        return
    start, end = run[0][1].start(), run[-1][1].end()
    if _PART_OF_BEFORE.search(text[max(0, start - _LOOKED_BACK) : start]) or NO_COUNT_AFTER.match(text, end):
        return
    total = 0
    for value, found in run:
        total = max(total, 1) * value if found.group() in _MULTIPLIERS else total + value
    yield Spelt(total, start, end)
