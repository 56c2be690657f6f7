"""The ways to say a sentence in fewer of its words: what grammar lets a reader leave out.

Only what adds to a sentence that stands without it is cut: a bracket, an aside between dashes, a clause that tells more
about a name, what happened besides at the end.  Nothing that limits what is said goes ("unless", "if", "but", "that"),
nor who said it.  Every rule asks for signs that the rest is whole; a sentence that shows none keeps all its words.
Which way is best is choose.py's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

Range = tuple[int, int]  # characters of the sentence, the end not included

_MOST_CUTS: Final = 3  # of a sentence: every set of them is a way to say it
_FEWEST_WORDS: Final = 7  # left

_BRACKET: Final = re.compile(r"\s\((?![^()]*[\"“”«»])[^()]{1,80}\)(?=[\s,.;:!?]|$)")
_QUOTES: Final = re.compile(r"[\"“”«»„]")

# English sets off with commas only what a name can do without; Russian and Ukrainian set off every clause.
_RELATIVE: Final = r"(?:who|which|where|whose|whom)"
_AUXILIARY: Final = (
    r"is|are|was|were|has|have|had|will|would|can|could|may|might|must|should|did|does|do|said|says|told|[a-z]{2,}ed"
)
_VERB: Final = re.compile(
    rf"\b(?:{_AUXILIARY}|say|won|lost|took|made|found|got|held|left|began|became|came|went|saw|gave|rose|fell|hit|set|led"
    r"|met|ran|sent|cut|put|spent|drew|grew|flew|fought|threw|shot|stood|spoke|wrote|broke|brought|built|bought|kept|knew|paid|sold|struck|felt)\b"
)
_DASHED: Final = re.compile(r"\s(?:--|—|–)\s(?![^—–]*[\"“”:;])[^—–]{3,100}?\s(?:--|—|–)(?=\s)")
# ", which he denies, was": what follows shows that no list goes on there.
_CLAUSE: Final = re.compile(
    rf",\s(?:{_RELATIVE}|including|such as|aged)\b[^,;:—–]{{2,90}},"
    rf"(?=\s(?:{_AUXILIARY}|on|in|at|after|before|during|for|to|from|by|with)\b)"
)
# "John Roe, a lawyer from Ohio, said": between a name that opens the sentence and its verb.
_APPOSITION: Final = re.compile(
    r"^(?:[A-Z][\w.'’-]*\s?){1,5}"
    rf"(?P<cut>,\s(?:an?|the|aged|\d\d)\b(?![^,]*\b(?:and|{_AUXILIARY})\b)[^,;:—–]{{0,80}},)"
    r"(?=\s[a-z]+)(?!\s(?:and|or|but|who|which)\b)"
)
_AT_THE_END: Final = re.compile(
    rf",\s(?:(?:{_RELATIVE}|including|such as|while|after|before|with|amid|following)\b"
    r"|as (?!many|much|well|few|little|far|long|part|of)"
    r"|(?!during|according|king|string|spring|morning|evening|nothing|something|everything|anything)[a-z]{2,}ing\b)"
    r"[^,;:—–]*?(?=[.]?$)"
)
# Before a main clause: what ends the sentence may be that clause.
_INTRODUCES: Final = re.compile(
    r"(?:[\"“'‘]\s?)?(?:After|Before|When|While|As|If|In|On|At|With|Since|For|During|Under|By|From|Although|Though"
    r"|Despite|Because|Until|Once|To|Amid|Following|Last|Over|Through|Among|Unless|Even|Unlike|Like|Within|Without"
    r"|Against|Along|Around|Between|Instead|Rather|Then|Earlier|Later|Speaking|Asked|\w+ing)\b",
    re.IGNORECASE,
)
_LISTED: Final = re.compile(r"[a-z]ing$")  # "hitting, shoving and threatening"


def ways(text: str, language: str) -> list[tuple[Range, ...]]:
    """The shorter ways to say the sentence `text`: of each the ranges kept, in order.

    `joined` makes their text.  A sentence has at most seven, and never one of fewer than seven words.  Of other
    languages than English only brackets are known.
    """
    cuts = _cuts(text, language)
    found = []
    for size in range(1, len(cuts) + 1):
        for some in combinations(cuts, size):
            kept = _without(text, some)
            if kept and len(joined(text, kept).split()) >= _FEWEST_WORDS:
                found.append(kept)
    return found


def joined(text: str, kept: Sequence[Range]) -> str:
    """The `kept` ranges of `text` as one sentence."""
    said = ""
    for start, end in kept:
        piece = text[start:end]
        said += piece if not said or piece[0] in ",.;:!?" else f" {piece}"
    return said


def _cuts(text: str, language: str) -> list[Range]:
    found = [bracket.span() for bracket in _BRACKET.finditer(text)]
    if language == "en":
        found.extend(_in_english(text))
    apart: list[Range] = []
    for start, end in sorted(found):
        if (not apart or start >= apart[-1][1]) and _outside_quotation(text, start, end):
            apart.append((start, end))
    return apart[:_MOST_CUTS]


def _in_english(text: str) -> Iterator[Range]:
    yield from (aside.span() for aside in _DASHED.finditer(text))
    yield from (clause.span() for clause in _CLAUSE.finditer(text))
    if (apposition := _APPOSITION.search(text)) is not None:
        yield apposition.span("cut")
    end = _AT_THE_END.search(text)
    if end is None or _INTRODUCES.match(text) or _LISTED.search(text, 0, end.start()):
        return
    if _VERB.search(text, 0, end.start()):
        yield end.span()


def _outside_quotation(text: str, start: int, end: int) -> bool:
    """Whether the range neither stands within quotation marks nor takes one mark, or bracket, of a pair."""
    before, within = _QUOTES.findall(text[:start]), _QUOTES.findall(text[start:end])
    paired = text.count("(", start, end) == text.count(")", start, end)
    return paired and len(before) % 2 == 0 and len(within) % 2 == 0


def _without(text: str, cuts: Sequence[Range]) -> tuple[Range, ...]:
    """What `cuts` leave of `text`, without the full stop that follows a cut end."""
    kept: list[Range] = []
    at = 0
    for start, end in (*cuts, (len(text), len(text))):
        piece = text[at:start]
        if piece.strip(" ."):
            kept.append((at + len(piece) - len(piece.lstrip()), start))
        at = end
    return tuple(kept)
