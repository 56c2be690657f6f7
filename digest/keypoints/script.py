"""Which script a text is written in, and whether a block stands out by it.

A newsroom's sign-up boxes come in all of its languages.  Scripts are counted, not languages guessed: a block is
too short to tell English from French, but Cyrillic letters in an English article are plain.  Russian and Ukrainian
share a script and are told apart by the letters that only one of them has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_SCRIPTS: Final = {
    "Latn": re.compile(r"[A-Za-z\u00c0-\u024f]"),
    "Cyrl": re.compile(r"[\u0400-\u04ff]"),
    "Grek": re.compile(r"[\u0370-\u03ff]"),
    "Hebr": re.compile(r"[\u0590-\u05ff]"),
    "Arab": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "Hani": re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"),
}
_ONLY_RUSSIAN: Final = re.compile(r"[ыэъё]", re.IGNORECASE)
_ONLY_UKRAINIAN: Final = re.compile(r"[іїєґ]", re.IGNORECASE)
_SCRIPT_OF: Final = {"en": "Latn", "ru": "Cyrl", "uk": "Cyrl"}
_LOOKED_AT: Final = 400  # characters of a block: enough to tell, whatever its length
_ENOUGH_LETTERS: Final = 15
_ENOUGH_TELLING_LETTERS: Final = 3
_FOREIGN_SHARE: Final = 0.75
_BELIEVED: Final = 3.0  # times as many telling letters of the other language outweigh what the article is said to be in


@dataclass(frozen=True, slots=True)
class Letters:
    """How many letters of each script a block opens with, and how many that only Russian or only Ukrainian has."""

    scripts: dict[str, int]
    russian: int = 0
    ukrainian: int = 0


def letters(text: str) -> Letters:
    """Count the letters at the head of `text`."""
    head = text[:_LOOKED_AT]
    if head.isascii():
        return Letters({"Latn": len(_SCRIPTS["Latn"].findall(head))})
    scripts = {script: len(letter.findall(head)) for script, letter in _SCRIPTS.items()}
    if not scripts["Cyrl"]:
        return Letters(scripts)
    return Letters(scripts, len(_ONLY_RUSSIAN.findall(head)), len(_ONLY_UKRAINIAN.findall(head)))


def main_script(counts: Iterable[Letters], language: str) -> str:
    """Name the script (ISO 15924) of most letters, with "-ru" or "-uk" where Cyrillic is plainly one of them.

    `language` (ru, uk) is believed unless the letters plainly say otherwise.
    """
    total: Counter[str] = Counter({"Latn": 0})
    russian = ukrainian = 0
    for count in counts:
        total.update(count.scripts)
        russian += count.russian
        ukrainian += count.ukrainian
    script = max(total, key=lambda name: total[name])
    if script == "Cyrl" and russian + ukrainian >= _ENOUGH_TELLING_LETTERS:
        weight = {"ru": _BELIEVED, "uk": 1 / _BELIEVED}.get(language, 1)
        return "Cyrl-ru" if weight * russian > ukrainian else "Cyrl-uk"
    return script


def language_read(texts: Iterable[str], language: str) -> str:
    """The language whose rules the paragraphs `texts` of an article said to be in `language` are to be read by.

    That is `language` itself, unless most letters are of a script that English, Russian or Ukrainian is not written in:
    then "und", whose rules hold for any script.  Of the last two, the other one where the letters plainly say so.
    """
    if language not in _SCRIPT_OF:
        return language
    counts = [letters(text) for text in texts]
    if sum(sum(count.scripts.values()) for count in counts) < _ENOUGH_LETTERS:
        return language
    script = main_script(counts, language)
    if script[:4] != _SCRIPT_OF[language]:
        return "und"
    return script[5:] or language


def is_foreign(count: Letters, script: str) -> bool:
    """Whether a block is in another script (or the other of Russian and Ukrainian) than `script`."""
    total = sum(count.scripts.values())
    if total < _ENOUGH_LETTERS:
        return False
    if total - count.scripts.get(script[:4], 0) >= _FOREIGN_SHARE * total:
        return True
    return (script == "Cyrl-uk" and count.ukrainian == 0 and count.russian >= _ENOUGH_TELLING_LETTERS) or (
        script == "Cyrl-ru" and count.russian == 0 and count.ukrainian >= _ENOUGH_TELLING_LETTERS
    )
