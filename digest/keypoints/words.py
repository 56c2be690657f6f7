"""What counts as a word when sentences are compared: case, ё and inflection set aside.

No language is known here but by its script and its most frequent words; an unknown
language gets the same rules without a list of frequent words.
"""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['’ʼ`.,-]?[^\W_]+)*")
"""A run of letters and digits; an apostrophe, hyphen, point or comma inside does not end it (3.5, з'їзд)."""

_STEM_LENGTH = 6  # letters that tell words apart: inflection in en, ru, uk sits behind them

_FREQUENT = {
    "en": (
        "a about after all also an and any are as at be because been before being but by can could did do does for "
        "from had has have he her here him his how i if in into is it its just like may me more most my new no not "
        "now of on one only or other our out over said say says she should so some such than that the their them "
        "then there these they this those through to too under up us very was we were what when where which while "
        "who will with would you your it's don't that's i'm he's mr mrs ms"
    ),
    "ru": (
        "а без более будет будут бы был была были было быть в вам вас ведь весь во вот все всего всех вы где да "
        "даже для до его ее если есть еще же за здесь и из или им их к как когда который которая которое которые "
        "которых кто ли лишь между меня мне может можно мы на над надо наш не него нее нет ни них но ну о об "
        "однако он она они оно от очень по под после потому при про раз с свой себя со так также такой там тем то "
        "того тоже той только том ты у уже хотя чего чем через что чтобы эта эти это этого этой этом этот эту я "
        "сказал сообщил заявил отметил"
    ),
    "uk": (
        "а або адже але без би був була були було бути в вам вас весь вже ви від він вона вони воно все всіх "
        "всього де для до є ж за завжди зі з із й і його її їх їхній коли кого кому кожен ледве лише між мене мені "
        "ми може можна на над нам нас не нею неї ним них ні ну о об од однак по під після при про раз саме свій "
        "себе собі та так також такий там те теж тим ті тільки то того той тому ти у хоча хто це цей ця ці цього "
        "цієї цьому через чи чого що щоб щодо як яка яке який які яких я сказав повідомив заявив зазначив"
    ),
}


def frequent_words(language: str) -> frozenset[str]:
    """The words of `language` that say nothing about a text's subject, normalised; empty for an unknown language."""
    return _STOP.get(language, frozenset())


def normalise(word: str) -> str:
    """One spelling for `word`: lower case, ё as е, one kind of apostrophe."""
    return word.lower().replace("ё", "е").replace("’", "'").replace("ʼ", "'").replace("`", "'")


def stem(word: str) -> str:
    """A key that inflected forms of one word mostly share; numbers stay whole."""
    if word[0].isdigit():
        return word
    return word.removesuffix("'s")[:_STEM_LENGTH]


def words(text: str) -> list[str]:
    """The normalised words of `text` in order."""
    return [normalise(found) for found in WORD.findall(text)]


_STOP = {language: frozenset(normalise(word) for word in text.split()) for language, text in _FREQUENT.items()}
