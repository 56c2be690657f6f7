"""What counts as a word, and which words are one word: case, ё, apostrophes and inflection set aside.

Three scripts' habits are known here and no more; a language without a list of frequent words gets the same rules.
"""

from __future__ import annotations

import re
from typing import Final

# Scripts written without spaces give a word a character.
WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['’ʼ`][^\W_]+)*")

_STEM_LENGTH: Final = 5  # letters that tell words apart: inflection in en, ru, uk mostly sits behind them
_SHORTEST_INFLECTED: Final = 4
_SPELLING: Final = str.maketrans({"ё": "е", "’": "'", "ʼ": "'", "`": "'"})

_FREQUENT: Final = {
    "en": """
        a about after all also an and any are as at be because been before being but by can could did do does for from
        had has have he her here him his how i if in into is it its just like may me more most my new no not now of on
        one only or other our out over said say says she should so some such than that the their them then there these
        they this those through to too under up us very was we were what when where which while who will with would
        you your it's don't that's i'm he's mr mrs ms
        """,
    "ru": """
        а без более будет будут бы был была были было быть в вам вас ведь весь во вот все всего всех вы где да даже
        для до его ее если есть еще же за здесь и из или им их к как когда который которая которое которые которых
        кто ли лишь между меня мне может можно мы на над надо наш не него нее нет ни них но ну о об однако он она они
        оно от очень по под после потому при про раз с свой себя со так также такой там тем то того тоже той только
        том ты у уже хотя чего чем через что чтобы эта эти это этого этой этом этот эту я
        """,
    "uk": """
        а або адже але без би був була були було бути в вам вас весь вже ви від він вона вони воно все всіх всього де
        для до є ж за завжди зі з із й і його її їх їхній коли кого кому кожен ледве лише між мене мені ми може можна
        на над нам нас не нею неї ним них ні ну о об од однак по під після при про раз саме свій себе собі та так
        також такий там те теж тим ті тільки то того той тому ти у хоча хто це цей ця ці цього цієї цьому через чи
        чого що щоб щодо як яка яке який які яких я
        """,
}


def normalise(word: str) -> str:
    """One spelling for `word`: lower case, ё as е, one kind of apostrophe."""
    return word.lower().translate(_SPELLING)


def same_word(word: str, language: str) -> str:
    """Normalise `word`, and where its language inflects as little as English, take the ending off as well."""
    word = normalise(word)
    if language != "en" or len(word) < _SHORTEST_INFLECTED:
        return word
    word = word.removesuffix("'s")
    for ending, longer_than in (("ing", 5), ("ed", 4), ("es", 4), ("s", 3)):
        if len(word) > longer_than and word.endswith(ending):
            if not word.endswith("ss"):
                word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > _SHORTEST_INFLECTED and word.endswith("e") else word


def stem(word: str) -> str:
    """A key that the inflected forms of a normalised `word` mostly share; numbers stay whole."""
    return word if word[0].isdigit() else word[:_STEM_LENGTH]


FREQUENT: Final = {
    language: frozenset(same_word(word, language) for word in text.split()) for language, text in _FREQUENT.items()
}
"""The words of a language that say nothing about a text's subject, as `same_word` spells them."""
