"""Which language a text is in; translates nothing.

Letters and the commonest words decide where they speak clearly, so that most articles never load the model (0.6 s and
90 MB); py3langid decides the rest, first between English, Russian and Ukrainian, and another language wins only where
it is sure, for it takes short English for Pidgin and short Russian for Bulgarian.

Errors of 1,315 English, 362 Russian and 328 Ukrainian development articles, by how much of the text is seen:

    first characters                 20              40             80           200          2000        titles
    py3langid, all languages   617 / 113 / 31   160 / 33 / 9    30 / 3 / 0    5 / 0 / 0    2 / 0 / 0    31 / 5 / 0
    this file                    3 /  34 / 26     2 / 12 / 4     2 / 0 / 0    1 / 0 / 0    0 / 0 / 0     1 / 1 / 0
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_SEEN = 4000  # characters: more changed no answer, and an article's tail may be a sign-up box in another language
_HOUSE = frozenset({"en", "ru", "uk"})  # what this product is written for
_CYRILLIC = _HOUSE | {"be", "bg", "kk", "mk", "sr"}
_LATIN = _HOUSE | {
    "cs", "da", "de", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv", "nl", "no", "pl", "pt", "ro", "sk", "sl",
    "sv", "tr",
}  # fmt: skip
_SURE = 0.8  # another language's probability: at 0.6 headlines in English turned French, at 0.9 Czech turned English

_LETTER = re.compile(r"[^\W\d_]")
_CYRILLIC_LETTER = re.compile("[\u0400-\u052f]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")  # letters that Russian lacks, and the other way round
_RUSSIAN = re.compile("[ыэъёЫЭЪЁ]")
_RUSSIAN_ONLY = re.compile("[ыэёЫЭЁ]")  # ъ alone is Bulgarian too
_OTHER_CYRILLIC = re.compile("[ўјљњђћџѓќѕәғқңөұүһЎЈЉЊЂЋЏЃЌЅӘҒҚҢӨҰҮҺ]")
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_WORDS = frozenset(
    {"the", "of", "and", "to", "for", "was", "that", "with", "his", "from", "said", "are", "has", "were", "which"}
)


def detect_language(text: str) -> str:
    """The BCP 47 primary subtag of the language that most of the beginning of `text` is in; "und" without letters.

    Takes time in proportion to the first 4,000 characters, whatever the length.
    """
    text = text[:_SEEN]
    letters = len(_LETTER.findall(text))
    cyrillic, latin = len(_CYRILLIC_LETTER.findall(text)), len(_LATIN_LETTER.findall(text))
    if letters < 2:  # noqa: PLR2004 - one letter is a mark, not a language
        return "und"
    if cyrillic * 2 > letters:
        return _cyrillic(text)
    if latin * 2 > letters:
        return _latin(text)
    return _best(text, None)[0]


def _cyrillic(text: str) -> str:
    ukrainian, russian = len(_UKRAINIAN.findall(text)), len(_RUSSIAN.findall(text))
    telling = ukrainian + russian
    foreign = _OTHER_CYRILLIC.search(text) is not None
    if telling >= 5 and not foreign:  # noqa: PLR2004 - Belarusian and Kazakh have letters of both kinds
        if ukrainian >= 0.95 * telling:
            return "uk"
        if russian >= 0.95 * telling and _RUSSIAN_ONLY.search(text):
            return "ru"
    language, probability = _best(text, _CYRILLIC)
    if language not in _HOUSE and probability >= _SURE:
        return language
    if ukrainian != russian:
        return "uk" if ukrainian > russian else "ru"
    return _best(text, frozenset({"ru", "uk"}))[0]


def _latin(text: str) -> str:
    words = _WORD.findall(text.lower())
    english = sum(word in _ENGLISH_WORDS for word in words)
    if english >= 5 and english >= len(words) / 8:  # noqa: PLR2004 - in other languages' text at most 1 word in 30
        return "en"
    language, probability = _best(text, _LATIN)
    return language if probability >= _SURE else "en"


def _best(text: str, among: frozenset[str] | None) -> tuple[str, float]:
    language, probability = _identifier(among).classify(text)
    return str(language), float(probability)


@cache
def _identifier(among: frozenset[str] | None) -> Any:
    """The model restricted to some languages; they share the large tables, and only the first call reads them."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - loads numpy, and is seldom needed

    if among is None:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole = _identifier(None)
    restricted = LanguageIdentifier(
        *whole._full_model,  # noqa: SLF001 - the public constructor takes these three; there is no public name for them
        whole.tk_nextmove, whole.tk_output, norm_probs=True, tk_row=whole.tk_row,
    )  # fmt: skip
    restricted.set_languages(among)
    return restricted
