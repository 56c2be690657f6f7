"""What a word means whatever its language: the words of places.tsv and lexicon.tsv, each line one concept.

    "Одесі", "одесский", "Odesa"  ->  odesa            "пожежа", "загорелся", "fire"  ->  fire

A word may mean several things (strike, mine) and then has several concepts.  What is not listed has none; names are
compared by their sound in names.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("en", "ru", "uk")
_ANY_ENDING: Final = "*"
_SHORTEST: Final = 2  # letters of an opening
_ONE_LETTERS: Final = str.maketrans({"ё": "е", "Ё": "Е", "’": "'", "ʼ": "'"})


@dataclass(frozen=True, slots=True)
class _List:
    """The words of one language: whole ones, and openings of words by length."""

    whole: Mapping[str, tuple[str, ...]]
    openings: Mapping[str, tuple[str, ...]]
    heads: frozenset[str]  # what openings open with
    longest: int


@lru_cache(maxsize=200_000)
def topics(word: str, language: str) -> tuple[str, ...]:
    """The concepts of lexicon.tsv that `word` stands for."""
    return _look_up(word, _lists("lexicon.tsv").get(language))


@lru_cache(maxsize=200_000)
def places(word: str, language: str) -> tuple[str, ...]:
    """The places and bodies of places.tsv that `word` names, or is derived from."""
    return _look_up(word, _lists("places.tsv").get(language))


def _look_up(word: str, listed: _List | None) -> tuple[str, ...]:
    """As it is written first, so that a capital counts where the list has one; then the longest opening."""
    if listed is None:
        return ()
    word = word.translate(_ONE_LETTERS)
    lower = word.lower()
    found = listed.whole.get(word, ()) + (listed.whole.get(lower, ()) if lower != word else ())
    if lower[:_SHORTEST] in listed.heads:
        for size in range(min(len(lower), listed.longest), _SHORTEST - 1, -1):
            if lower[:size] in listed.openings:
                found += listed.openings[lower[:size]]
                break
    return tuple(dict.fromkeys(found)) if len(found) > 1 else found


@cache
def _lists(name: str) -> Mapping[str, _List]:
    whole: dict[str, defaultdict[str, list[str]]] = {language: defaultdict(list) for language in LANGUAGES}
    openings: dict[str, defaultdict[str, list[str]]] = {language: defaultdict(list) for language in LANGUAGES}
    for line in files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        concept = columns[0].split()[0].removesuffix(_ANY_ENDING).lower()
        for language, column in zip(LANGUAGES, columns, strict=True):
            for word in column.split():
                kept = openings if word.endswith(_ANY_ENDING) else whole
                kept[language][word.removesuffix(_ANY_ENDING)].append(concept)
    return {
        language: _List(
            {word: tuple(dict.fromkeys(concepts)) for word, concepts in whole[language].items()},
            {word: tuple(dict.fromkeys(concepts)) for word, concepts in openings[language].items()},
            frozenset(word[:_SHORTEST] for word in openings[language]),
            max(map(len, openings[language]), default=0),
        )
        for language in LANGUAGES
    }
