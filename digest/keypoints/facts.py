"""What a wording asserts and can be held to: its numbers, dates, measures, denials, quotations and names.

Whether one wording is borne out by another is decided in faithful.py; here is only told what stands in a text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from digest.keypoints.words import normalise

# 1 000 000,5; 12,500; 22:30; 3.05.2022; 2022/23.  A minus counts, a dash between two numbers does not.
_NUMBER: Final = re.compile(
    r"(?:(?<![\w.,)])[-−–])?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:/]\d+)*)"
)
_BLANKS: Final = re.compile(r"\s")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")

DENIAL: Final = re.compile(
    r"not|no|never|nor|neither|none|nobody|nothing|without|cannot|\w+n't|denied|denies|deny|denying"
    r"|fail(?:s|ed|ing|ure)?|refus.*|reject.*|lack(?:s|ed|ing)?|unable|unlikely|untrue|impossible|hardly"
    r"|не|нет|ни|без|никогда|никто|ничего|нельзя|отри[цч].*|опроверг.*"
    r"|отказ.*|отверг.*|отклон.*|невозможн.*|маловероятн.*|недостоверн.*|отсутств.*|едва|вряд"
    r"|ні|немає|нема|ніколи|ніхто|нічого|запереч.*|спросту.*"
    r"|відмов.*|відхил.*|неможлив.*|малоймовірн.*|недостовірн.*|відсутн.*|навряд|бракує"
)
"""What denies, in lower case: words that say not, and deeds that come to nothing."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_TOKEN: Final = re.compile(r"[^\W_]+(?:['’ʼ`-][^\W_]+)*")
_INITIALISM: Final = re.compile(r"(?:[^\W\d_]\.){2,}")

_OPENS: Final = {"«": "»", "“": "”", "„": "“”", "‹": "›", '"': '"', "‘": "’"}
_MARK: Final = re.compile(r"[«»“”„‹›\"]|(?<!\w)‘(?=\w)|(?<!\w)'(?=\w)|(?<=\w)[’'](?!\w)|(?<=[.,!?…])[’']")
_SINGLE: Final = "‘’'"
_EDGES: Final = " .,!?…;:"

# Small words that stand inside a name: Secretary of State, Ursula von der Leyen.
_PARTICLE: Final = re.compile(r"of|for|del?|della|d[ia]|l[ae]|v[ao]n|de[rn]|bin|ibn|[ae]l|und")
_SENTENCE_OPENS: Final = re.compile(r"(?:[.!?…:][»”\"’')\]]*[\s—–-]*|[«“„\"‘'(\[]\s*)$")
_LOOKED_BACK: Final = 8  # characters: enough for the marks between two sentences


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text; `glued` where nothing but white space stands between it and the word before."""

    text: str
    capital: bool
    opens: bool  # the first word of a sentence, whose capital tells nothing
    glued: bool


@dataclass(frozen=True, slots=True)
class Quotations:
    """What stands between quotation marks, outer marks stripped and folded; `whole` where every mark has its pair."""

    parts: tuple[str, ...]
    whole: bool


def plain(text: str) -> str:
    """One spelling for one thing: composed letters, single blanks, initialisms without their stops."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return _INITIALISM.sub(lambda found: found.group().replace(".", ""), text)


def numbers(text: str, language: str) -> set[str]:
    """The numbers of a `plain` text, thousands set apart or not; fractions and other numerals as they are written."""
    found = set()
    for match in _NUMBER.finditer(text):
        number = _BLANKS.sub("", match.group()).replace("−", "-").replace("–", "-")
        found.add(number.replace(",", "") if language == "en" and _THOUSANDS.fullmatch(number) else number)
    return found | {letter for letter in text if not letter.isdecimal() and _is_numeral(letter)}


def fact_words(text: str) -> set[str]:
    """The words of a `plain` text that count, date or measure, as the names of what they mean."""
    return {fact for word in set(map(normalise, _WORD.findall(text))) for fact in _facts_of(word)}


def denies(text: str) -> bool:
    """Whether a `plain` text says of something that it is not so."""
    return any(DENIAL.fullmatch(normalise(word)) for word in _WORD.findall(text))


def quotations(text: str) -> Quotations:
    """The quotations of a `plain` text; one that is not closed goes on to the end, one not opened began before."""
    parts: list[str] = []
    opened: list[tuple[int, str]] = []
    whole = True
    for match in _MARK.finditer(text):
        mark, place = match.group(), match.start()
        closing = next((n for n in range(len(opened) - 1, -1, -1) if _closes(mark, opened[n][1])), None)
        if closing is not None:
            parts.append(text[opened[closing][0] : place])
            whole = whole and closing == len(opened) - 1
            del opened[closing:]
        elif mark in _OPENS or (mark == "'" and text[match.end() : match.end() + 1].isalnum()):
            opened.append((match.end(), mark))
        elif mark not in _SINGLE:  # ’ and ' that open or close nothing are apostrophes
            parts.append(text[:place])
            whole = False
    for start, mark in opened:
        if mark not in _SINGLE:  # the 90s lost their apostrophe, not their quotation mark
            parts.append(text[start:])
            whole = False
    folded = (part.replace("’", "'").strip(_EDGES) for part in parts)
    return Quotations(tuple(part for part in folded if part), whole)


def tokens(text: str) -> list[Token]:
    """The words of a `plain` text in order."""
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        word = match.group()
        if any(letter.isalpha() for letter in word):
            opens = not found or _SENTENCE_OPENS.search(text[max(0, match.start() - _LOOKED_BACK) : match.start()])
            capital = any(letter.isupper() for letter in word)
            found.append(Token(word, capital, bool(opens), glued=bool(found) and between.isspace()))
        end = match.end()
    return found


def name_runs(words: list[Token]) -> list[list[Token]]:
    """Runs of capitalised words, small words inside a name passed over."""
    runs: list[list[Token]] = []
    reach = inside = False  # whether the run still goes on; whether its last word was a small one
    for word in words:
        small = reach and word.glued and (_PARTICLE.fullmatch(word.text) or (inside and word.text == "the"))
        if word.capital and reach and word.glued and not word.opens:
            runs[-1].append(word)
        elif word.capital:
            runs.append([word])
        reach, inside = word.capital or bool(small), bool(small)
    return runs


@lru_cache(maxsize=4096)
def _facts_of(word: str) -> tuple[str, ...]:
    return tuple(fact for fact, forms in _fact_words() if forms.fullmatch(word))


@cache
def _fact_words() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = resources.files("digest.keypoints").joinpath("facts.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple((fact, re.compile(forms)) for fact, forms in rows)


def _is_numeral(letter: str) -> bool:
    return letter.isnumeric() and not letter.isalpha()


def _closes(mark: str, opener: str) -> bool:
    if opener in "‘'":
        return mark in "’'"
    return mark in _OPENS.get(opener, "")
