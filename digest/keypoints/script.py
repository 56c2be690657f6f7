"""Which script a text is written in, and whether a block stands out by it.

A newsroom's sign-up boxes come in all of its languages.  Scripts are counted, not languages guessed: a block is
too short to tell English from French, but Cyrillic letters in an English article are plain.  Russian and Ukrainian
share a script and are told apart by the letters that only one of them has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
_LOOKED_AT: Final = 2_000  # characters of a block: enough to tell, whatever its length
_ENOUGH_LETTERS: Final = 15
_ENOUGH_TELLING_LETTERS: Final = 3
_FOREIGN_SHARE: Final = 0.75


def main_script(texts: Iterable[str]) -> str:
    """Name the script (ISO 15924) of most letters in `texts`, with "-ru" or "-uk" where Cyrillic is plainly one of them."""
    counts = dict.fromkeys(_SCRIPTS, 0)
    russian = ukrainian = 0
    for text in texts:
        head = text[:_LOOKED_AT]
        for script, count in _letters(head).items():
            counts[script] += count
        russian += len(_ONLY_RUSSIAN.findall(head))
        ukrainian += len(_ONLY_UKRAINIAN.findall(head))
    script = max(counts, key=lambda name: counts[name])
    if script == "Cyrl" and russian + ukrainian >= _ENOUGH_TELLING_LETTERS:
        return "Cyrl-ru" if russian > ukrainian else "Cyrl-uk"
    return script


def is_foreign(text: str, script: str) -> bool:
    """Whether `text` is in another script (or the other of Russian and Ukrainian) than `script`."""
    head = text[:_LOOKED_AT]
    counts = _letters(head)
    letters = sum(counts.values())
    if letters < _ENOUGH_LETTERS:
        return False
    if letters - counts[script[:4]] >= _FOREIGN_SHARE * letters:
        return True
    russian, ukrainian = len(_ONLY_RUSSIAN.findall(head)), len(_ONLY_UKRAINIAN.findall(head))
    return (script == "Cyrl-uk" and ukrainian == 0 and russian >= _ENOUGH_TELLING_LETTERS) or (
        script == "Cyrl-ru" and russian == 0 and ukrainian >= _ENOUGH_TELLING_LETTERS
    )


def _letters(text: str) -> dict[str, int]:
    return {script: len(letter.findall(text)) for script, letter in _SCRIPTS.items()}
