"""Words as they are compared: lower case, without endings, in English, Russian, Ukrainian and any other language.

Two articles name one event with different forms of the same words, so a term is a word's stem.  Languages with a
Snowball stemmer use it (Porter, "An algorithm for suffix stripping", Program 14(3), 1980); Ukrainian has none and
gets the light one below.  Cyrillic stems are then spelt alike, so that Зеленский and Зеленський are one term.
What terms weigh, and what their likeness means, is decided elsewhere.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

import snowballstemmer

# Letters and digits; an apostrophe stays inside a word (об'єкт), a point or comma inside a number, a hyphen parts two.
# Six parts of a number are enough: without a bound, a text of nothing but such parts would take quadratic time.
_WORD = re.compile(r"\d+(?:[.,]\d+){1,6}(?![^\W_])|[^\W_]+(?:['’ʼ][^\W_]+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_LETTERS = str.maketrans({"ё": "е", "’": "'", "ʼ": "'"})
_ONE_CYRILLIC = str.maketrans({"ы": "и", "і": "и", "ї": "и", "э": "е", "є": "е", "ґ": "г", "ь": "", "ъ": "", "'": ""})

_SNOWBALL = {"en": "english", "ru": "russian"}

# Only endings of inflection, the longest taken first: a stem too long costs less than two words thrown together.
_ENDINGS = """
    ами ями ові еві єві ого його ому йому ими іми ої ою єю ею ій ий им їм их їх ах ях ам ям ом ем єм ів їв ей
    ати яти ити іти ути увати ювати ав ала ало али ив ила ило или ять ать ить їть уть ють є еш єш ете єте емо
    ємо имо ся сь ться тись лась лося лися вся а я о е и і ї у ю ь й
"""
_UKRAINIAN_ENDINGS = tuple(sorted(_ENDINGS.split(), key=lambda ending: (-len(ending), ending)))
_SHORTEST_STEM = 3


def words(text: str, *, most: int | None = None) -> list[str]:
    """The first `most` words of `text` in order, or all, lower case, ё as е and one kind of apostrophe.

    A number is one word, and the same one as other languages write it: 11,6 is 11.6, and 1,100 is 1100.
    """
    plain = text.lower().translate(_LETTERS)
    found = _WORD.findall(plain) if most is None else [word.group() for word in islice(_WORD.finditer(plain), most)]
    return [_number(word) if word[0].isdigit() else word for word in found]


def _number(word: str) -> str:
    return re.sub("[.,]", "", word) if _THOUSANDS.fullmatch(word) else word.replace(",", ".")


def terms(text: str, language: str, *, most: int | None = None) -> list[str]:
    """The stems of the first `most` words of `text`, or all, in order; an unknown language keeps its words whole."""
    return [stem(word, language) for word in words(text, most=most)]


@lru_cache(maxsize=400_000)
def stem(word: str, language: str) -> str:
    """Take the ending off one lower-case word; digits and short words stay as they are."""
    if len(word) <= _SHORTEST_STEM or word[0].isdigit():
        return word
    if language == "uk":
        bare = _ukrainian_stem(word)
    else:
        name = _SNOWBALL.get(language)
        bare = word if name is None else str(_snowball(name).stemWord(word))
    return bare.translate(_ONE_CYRILLIC) or word


@lru_cache(maxsize=8)
def _snowball(name: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(name)


def _ukrainian_stem(word: str) -> str:
    for ending in _UKRAINIAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
