"""Names and numbers as they are compared across scripts, for two languages that share no words.

A report in English and one in Russian meet in who and where and how many.  A name's key is its first four consonants,
spelling set aside: Kharkiv, Харьков and Харків are `grkv`, Washington and Вашингтон `vsng`.  Vowels go, for they are
what transliteration changes most, and so do endings, which come last.  A number is its own key.

No labelled set has one event in two languages.  What is measured is that of half a million pairs of an English with a
Russian or Ukrainian article, which report different events, none comes near `_LEAST_COSINE` with two names in common.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from digest.edition.candidates import candidates
from digest.edition.rarity import background
from digest.edition.terms import stem
from digest.edition.vectors import rows
from digest.model import Article

_NAME_OR_NUMBER = re.compile(r"\b(?:[^\W\d_a-zа-яёіїєґ][^\W\d_]+|\d[\d.,]*\d)\b")
_KEY_LENGTH, _SHORTEST_KEY = 4, 3
_SEPARATORS = re.compile(r"[.,]")
_YEAR = re.compile(r"(?:19|20)\d\d")  # in every article of a day, so it tells nothing

# Letters that one sound is written with in the two scripts, Latin groups first, longest first.
_GROUPS = (("sch", "s"), ("shch", "s"), ("tch", "s"), ("zh", "z"), ("kh", "g"), ("ch", "s"), ("sh", "s"), ("ts", "s"),
           ("ph", "f"), ("ck", "k"), ("th", "t"), ("дж", "z"), ("x", "ks"), ("кс", "ks"))  # fmt: skip
_SOFT_C = re.compile(r"c(?=[eiy])")
_SILENT_H = re.compile(r"h(?=[^aeiouy]|$)")
_SOUNDS = str.maketrans(
    "bcdfghjklmnpqrstvwxzбвгґджзклмнпрстфхцчшщ",
    "bkdfggzklmnpkrstvvkzbvggdzzklmnprstfgssss",
)
_OTHERS = re.compile(r"[^bdfgklmnprstvz]")
_TWICE = re.compile(r"(.)\1+")

_MOST_CHARACTERS = 2000  # who, where and how many stand at the top
_LEAST_SHARED, _LEAST_NAMES = 3, 2  # keys in common, and of them names with a full key: short ones meet by chance
_SISTERS = frozenset({"ru", "uk", "be"})
_LEAST_COSINE = 0.3
_PSEUDO_ARTICLES = 50.0  # a key of two articles of three is not common, the batch is small


def alike_across_languages(articles: Sequence[Article], *, threshold: float) -> dict[tuple[int, int], float]:
    """Pairs in different languages that name the same, with a likeness of at least `threshold`.

    The likeness is the cosine of their keys, weighted by rarity and scaled so that _LEAST_COSINE is `threshold`.
    """
    if len({article.language for article in articles}) <= 1:
        return {}
    keys = [name_keys(f"{each.title}. {each.text[:_MOST_CHARACTERS]}", each.language) for each in articles]
    found_in = Counter(key for each in keys for key in each)
    total = len(articles) + _PSEUDO_ARTICLES
    weights = [{key: math.log1p(total / (found_in[key] + 1)) for key in sorted(each)} for each in keys]
    pairs = candidates(rows(weights))
    found = {}
    for first, second, cosine in zip(pairs.first.tolist(), pairs.second.tolist(), pairs.cosine.tolist(), strict=True):
        shared = keys[first] & keys[second]
        names = sum(len(key) == _KEY_LENGTH and not key[0].isdigit() for key in shared)
        if (
            cosine >= _LEAST_COSINE
            and not share_words(articles[first].language, articles[second].language)
            and len(shared) >= _LEAST_SHARED
            and names >= _LEAST_NAMES
        ):
            found[first, second] = min(1.0, cosine * threshold / _LEAST_COSINE)
    return found


def share_words(one: str, other: str) -> bool:
    """Whether terms.py makes the same terms of both languages, so that whole texts can be compared."""
    return one == other or {one, other} <= _SISTERS


def name_keys(text: str, language: str) -> frozenset[str]:
    """The keys of the names and numbers of `text`."""
    return frozenset(named(text, language))


def named(text: str, language: str) -> dict[str, str]:
    """The keys of the names and numbers of `text`, each with the word that it stands for.

    A name is a capitalised word that is not among the commoner words of its language, which sets aside most that open
    a sentence.  A text without capitals has numbers alone.
    """
    listed = background(language)
    found: dict[str, str] = {}
    for word in _NAME_OR_NUMBER.findall(text):
        if word[0].isdigit():
            number = _SEPARATORS.sub("", word)
            if not _YEAR.fullmatch(number):
                found.setdefault(number, word)
        elif stem(word.lower(), language) not in listed and (key := name_key(word)):
            found.setdefault(key, word)
    return found


def name_key(word: str) -> str:
    """The first consonants of one name, or nothing where it has too few to be told by."""
    sounds = _SOFT_C.sub("s", word.lower())
    for letters, sound in _GROUPS:
        sounds = sounds.replace(letters, sound)
    sounds = _SILENT_H.sub("", sounds).translate(_SOUNDS)
    key = _TWICE.sub(r"\1", _OTHERS.sub("", sounds))[:_KEY_LENGTH]
    return key if len(key) >= _SHORTEST_KEY else ""
