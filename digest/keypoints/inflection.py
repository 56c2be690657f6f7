"""Whether two spellings are one name: the case endings of Russian and Ukrainian, the 's of English.

A rewriter may put a name into another case, never another name in its place.  Two words are one where they share a
stem and their endings belong to one declension; what a table of endings does not know counts as another name, which
costs a rewritten point and nothing else.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from digest.keypoints.words import normalise

_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_SHORTEST_STEM: Final = 2  # Ким, Лев
_LONGEST_ENDING: Final = 4

# Each line is one declension, as names have it; "-" is no ending.  Keeping them apart keeps Зеленский from
# Зеленская, and Иван from Иванов.
_DECLENSIONS: Final = tuple(
    frozenset("" if ending == "-" else ending for ending in line.split())
    for line in (
        "- а у ом ем е і ові еві ым им ім",  # Путин, Лавров, Кличко's kind without о
        "ь я ю ем єм е і еві єві",  # Кремль
        "й я ю ем єм е и і ї єві",  # Николай, Сергій
        "а ы и е і у ой ою",  # Москва
        "ь и і ью ю",  # Казань, Керч
        "я и ю е ей ею і ї єю й",  # Россия, Росія
        "а ой ої у ою ій",  # Иванова
        "ий ый ій ого его ому ему ым им ом ем ім",  # Зеленский, Зеленський
        "ой ого ому ым ом",  # Толстой
        "ая яя ой ей ую юю ою",  # Зеленская
        "а я ої єї ій у ю ою єю",  # Зеленська
        "ые ие ых их ым им ыми ими і",  # Соединённые, Сполучені
        "о а у ом е і ові",  # Дніпро
        "е є я ю ем єм и і",  # Запорожье
        "я ю ям і",  # Запоріжжя
        "ы и і - ам ами ах",  # Сумы
        "ы и і ов ев ів ам ами ах",  # Штаты
        "и і ї ей ям ями ях й",  # Афіни
    )
)
# How a stem changes before an ending: Київ, Києва; Харків, Харкова; Рига, Ризі; Донецк stays, Кременець, Кременця.
_STEM_CHANGES: Final = (
    ("їв", ("єв",)),
    ("ів", ("ов", "ев")),
    ("зі", ("гі",)),
    ("ці", ("кі",)),
    ("сі", ("хі",)),
    ("ець", ("ць",)),
    ("ец", ("ц",)),
)


@cache
def same_name(one: str, other: str) -> bool:
    """Whether two words, capitals and spelling variants aside, are forms of one name."""
    one, other = _spelled(one), _spelled(other)
    if one == other:
        return True
    if not (_CYRILLIC.search(one) and _CYRILLIC.search(other)):
        return False
    return any(_declined(left, right) for left in _stems(one) for right in _stems(other))


def _spelled(word: str) -> str:
    return normalise(word).removesuffix("'s").rstrip("'")


def _stems(word: str) -> list[str]:
    changed = [word.removesuffix(end) + new for end, news in _STEM_CHANGES if word.endswith(end) for new in news]
    return [word, *changed]


def _declined(one: str, other: str) -> bool:
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    # The stem may be shorter than what they share: Москвой and Москвою have -ой and -ою.
    for cut in range(max(_SHORTEST_STEM, shared - 2), shared + 1):
        ends = {one[cut:], other[cut:]}
        if max(map(len, ends)) <= _LONGEST_ENDING and any(ends <= declension for declension in _DECLENSIONS):
            return True
    return False
