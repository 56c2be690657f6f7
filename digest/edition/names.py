"""Names and numbers as they are compared across scripts, for two languages that share no words.

A report in English and one in Russian meet in who and where and how many.  A name's key is its first four consonants,
spelling set aside: Kharkiv, Харьков and Харків are `grkv`, Washington and Вашингтон `vsng`.  Vowels go, for they are
what transliteration changes most, and so do endings, which come last.  A number is its own key.
"""

from __future__ import annotations

import re
from functools import lru_cache

from digest.edition.concepts import places
from digest.edition.rarity import background
from digest.edition.terms import stem

_WORD_OR_NUMBER = re.compile(r"[^\W\d_]{2,}|\b\d[\d.,]*\d\b")
_KEY_LENGTH, _SHORTEST_KEY = 4, 3
_SEPARATORS = re.compile(r"[.,]")
_YEAR = re.compile(r"(?:19|20)\d\d")  # in every article of a day, so it tells nothing

# Letters that one sound is written with in the two scripts, Latin groups first, longest first.
_GROUPS = (("sch", "s"), ("shch", "s"), ("tch", "s"), ("zh", "z"), ("kh", "g"), ("ch", "s"), ("sh", "s"), ("ts", "s"),
           ("ph", "f"), ("ck", "k"), ("th", "t"), ("дж", "z"), ("x", "ks"), ("кс", "ks"))  # fmt: skip
_SOFT_C = re.compile(r"c(?=[eiy])")
_SILENT_H = re.compile(r"h(?=[^aeiouylr]|$)")  # of John and Sarah, not of Pavlohrad
_SOUNDS = str.maketrans(
    "bcdfghjklmnpqrstvwxzбвгґджзклмнпрстфхцчшщ",
    "bkdfggzklmnpkrstvvkzbvggdzzklmnprstfgssss",
)
_OTHERS = re.compile(r"[^bdfgklmnprstvz]")
_TWICE = re.compile(r"(.)\1+")
# Cyrillic case endings with a consonant, which a short name's key would take in: Байденом, Блинкеном.
_CASE_ENDING = re.compile(r"(?<=[а-яёіїєґ]{4})(?:ом|ем|ём|єм|ого|ому|его|ему|ами|ями)$")

_SISTERS = frozenset({"ru", "uk", "be"})


def share_words(one: str, other: str) -> bool:
    """Whether terms.py makes the same terms of both languages, so that whole texts can be compared."""
    return one == other or {one, other} <= _SISTERS


def name_keys(text: str, language: str) -> frozenset[str]:
    """The keys of the names and numbers of `text`."""
    return frozenset(named(text, language))


def named(text: str, language: str) -> dict[str, str]:
    """The keys of the names and numbers of `text`, each with the word that it stands for.

    A place or body of places.tsv has its name there as its key, whatever is derived from it too.  Another name is a
    capitalised word that is not among the commoner words of its language, which sets aside most that open a sentence.
    A text without capitals has numbers alone, and listed places.
    """
    found: dict[str, str] = {}
    for word in _WORD_OR_NUMBER.findall(text):
        if word[0].isdigit():
            number = _SEPARATORS.sub("", word)
            if len(number) > 1 and not _YEAR.fullmatch(number):
                found.setdefault(number, word)
        elif listed := places(word, language):
            for place in listed:
                found.setdefault(place, word)
        elif key := name_of(word, language):
            found.setdefault(key, word)
    return found


@lru_cache(maxsize=200_000)
def name_of(word: str, language: str) -> str:
    """The key of a word that is a name by its capital, or nothing."""
    if not word[0].isupper() or stem(word.lower(), language) in background(language):
        return ""
    return name_key(word)


def name_key(word: str) -> str:
    """The first consonants of one name, or nothing where it has too few to be told by."""
    sounds = _SOFT_C.sub("s", _CASE_ENDING.sub("", word.lower()))
    for letters, sound in _GROUPS:
        sounds = sounds.replace(letters, sound)
    sounds = _SILENT_H.sub("", sounds).translate(_SOUNDS)
    key = _TWICE.sub(r"\1", _OTHERS.sub("", sounds))[:_KEY_LENGTH]
    return key if len(key) >= _SHORTEST_KEY else ""
