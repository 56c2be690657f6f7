"""How a wording stands to what it says: which way things went, how sure it is, who did it to whom.

A rewriter that keeps each number and name may still turn a fall into a rise, a charge into a fact, a refusal into a
deed, or swap who beat whom.  Words of a direction and of doubt are known by a table, order by what stands next to a
name or a number.  All of it objects in doubt: an objection costs a rewritten point, and the extracted one stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final, TypeVar

from digest.keypoints.facts import DENIAL, Token, fact_words, name_runs, tokens
from digest.keypoints.inflection import same_name
from digest.keypoints.words import FREQUENT, normalise, same_word

_T = TypeVar("_T")

# What must not be said unless the sentences say it, in any language, lower case.
_DIRECTIONS: Final = {
    "a rise": (
        r"rose|risen|rises|rising|increas.*|grew|grow(?:s|n|th|ing)?|climb.*|jump.*|surg.*|soar.*|higher"
        r"|вырос.*|раст[её]т|растут|рост[аеу]?|увелич.*|повы[сш].*|подорож.*|выше"
        r"|зрос.*|зроста.*|збільш.*|підвищ.*|подорожч.*|вищ[еий].*"
    ),
    "a fall": (
        r"fell|falls?|fallen|falling|drop.*|declin.*|decreas.*|shr[aiu]nk.*|slump.*|plung.*|lower.*|slid|sank"
        r"|упа[лв].*|пада.*|сниз.*|сниж.*|уменьш.*|сократ.*|сокращ.*|подешев.*|ниже|впа[лв].*|зниз.*|зниж.*|зменш.*"
        r"|скорот.*|скороч.*|нижч.*"
    ),
    "less": r"less|fewer|менее|меньше|менш|менше",
    "more": r"more|exceed.*|более|больше|свыше|понад|більше|більш",
    "few": r"few|мало|немногие|небагато",
    "many": r"many|most|многие|много|большинство|багато|більшість",
    "consent": (
        r"accept.*|approv.*|agree[ds]?|endors.*|adopt.*|принял.*|одобр.*|соглас.*|поддерж.*|утверд.*|прийня.*|ухвал.*"
        r"|схвал.*|погод.*|підтрим.*|затверд.*"
    ),
    "guilt": (
        r"convict.*|guilty|thie(?:f|ves)|criminals?|осуди.*|осужд.*|виновн.*|виновен|вор[аыу]?|преступник.*"
        r"|засуд.*|винн.*"
        r"|винен|злоді[йїяю].*|злочинц.*"
    ),
    "innocence": r"acquit.*|clear(?:ed|s)|innocent.*|exonerat.*|оправда.*|невин.*|виправда.*",
    "death": (
        r"kill.*|die[ds]?|dead|deaths?|погиб.*|уби[тл].*|скончал.*|умер.*|гибел.*|загин.*|вби[тл].*|помер.*"
        r"|загибел.*"
    ),
    "injury": r"hurt|injur.*|wound.*|ранен.*|пострада.*|поранен.*|постражда.*",
    "victory": (
        r"won|wins?|beat.*|defeat.*|victor.*|победи.*|побед[аыуе]|выигра.*|перемог.*|перемож.*|виграв.*|виграл.*"
    ),
    "defeat": r"lost|loses?|проигра.*|програ[влю].*",
}
# Bounds of a number, told by more than one word.
_BOUNDS: Final = {
    "at least": re.compile(
        r"\bat least\b|\bпо (?:крайней|меньшей) мере\b|\bне менее\b|\bщонайменше\b|\bне менше\b", re.IGNORECASE
    ),
    "at most": re.compile(
        r"\bat most\b|\bno more than\b|\bup to(?= \W?\d)|\bне более\b|\bщонайбільше\b|\bне більше\b", re.IGNORECASE
    ),
    "more than": re.compile(r"\b(?:over|above)(?= \W?\d)|\bmore than\b", re.IGNORECASE),
    "less than": re.compile(r"\b(?:under|below)(?= \W?\d)|\bless than\b", re.IGNORECASE),
}
# What must not be left out.
_DOUBT: Final = re.compile(
    r"may|might|could|possibl[ey]|perhaps|probabl[ey]|likely|alleg.*|reportedly|suspect.*|accus.*|apparently"
    r"|if|unless|claim.*"
    r"|believed|supposed.*|возможн.*|вероятн.*|может|могут|мог|могл[аио]|якобы|предполож.*|предполага.*"
    r"|подозрева.*|подозрени.*"
    r"|обвин.*|если|верси[ийя].*|можлив.*|[йі]мовірн.*|може|можуть|міг|нібито|припуст.*|припуска.*|підозр.*"
    r"|звинува.*|якщо|версі[єяї].*"
)
# Who is told of, behind or before which a name may move: a report, a place.
_SAYS: Final = re.compile(r"said|says?|told|tells|wrote|writes|added|adds|announced|reported|reports|according")
_PLACE: Final = re.compile(r"in|at|near|outside|across|on")
_NEAR: Final = 2  # words
_TOLD_BY_CASE: Final = frozenset({"ru", "uk"})  # languages whose names say by their endings who does what
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_CARDINAL: Final = re.compile(r"\d+|dozen|hundred|thousand|half|third|quarter")


def turned(wording: str, together: str, language: str) -> str:
    """What a `plain` wording turns round of the `plain` sentences `together`, in a few words; empty where nothing."""
    said, known = tokens(wording), tokens(together)
    if new := sorted(_directions(said) - _directions(known)):
        return f"{new[0]}, of which the sentences do not tell"
    for bound, pattern in _BOUNDS.items():
        if pattern.search(wording) and not pattern.search(together):
            return f"“{bound}”, which the sentences do not say"
    if _doubts(known) and not _doubts(said):
        return "it is sure of what the sentences doubt, claim or make depend"
    if _denials(said) != _denials(known):
        return "it denies more or less often than the sentences do"
    if _numbers_swapped(wording, together, language):
        return "its numbers stand by other words than in the sentences"
    return "its names have changed places" if _names_swapped(said, known, language) else ""


def _directions(words: Sequence[Token]) -> set[str]:
    return {direction for word in words for direction in _directions_of(normalise(word.text))}


@lru_cache(maxsize=4096)
def _directions_of(word: str) -> tuple[str, ...]:
    return tuple(name for name, forms in _DIRECTION_FORMS if forms.fullmatch(word))


_DIRECTION_FORMS: Final = tuple((name, re.compile(forms)) for name, forms in _DIRECTIONS.items())


def _doubts(words: Sequence[Token]) -> bool:
    # May with a capital is a month.
    return any(_DOUBT.fullmatch(normalise(word.text)) for word in words if not (word.capital and word.text == "May"))


def _denials(words: Sequence[Token]) -> int:
    return sum(DENIAL.fullmatch(normalise(word.text)) is not None for word in words)


def _numbers_swapped(wording: str, together: str, language: str) -> bool:
    """Whether two numbers have changed their order, and stand by other words than before."""
    said, known = _with_numbers(wording, language), _with_numbers(together, language)
    for one, other in _swapped(list(said), list(known)):
        if not all(_stand_alike(number, said[number], known[number]) for number in (one, other)):
            return True
    return False


def _with_numbers(text: str, language: str) -> dict[str, tuple[set[str], set[str]]]:
    """Each number of `text`, in figures or words, in order of first use, with the telling words around it."""
    words = re.findall(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[.;!?]", text)
    frequent = FREQUENT.get(language, frozenset())
    found: dict[str, tuple[set[str], set[str]]] = {}

    def telling(near: Iterable[str]) -> set[str]:
        return {word for each in near if each.isalpha() and (word := same_word(each, language)) not in frequent}

    for place, word in enumerate(words):
        names = [word] if word[0].isdigit() else [fact for fact in fact_words(word) if _CARDINAL.fullmatch(fact)]
        for name in names:
            before, behind = words[max(0, place - _NEAR) : place], words[place + 1 : place + 1 + _NEAR]
            found.setdefault(name, (telling(before), telling(behind)))
    return found


def _stand_alike(number: str, one: tuple[set[str], set[str]], other: tuple[set[str], set[str]]) -> bool:
    """Whether `number` has a word in common on the first side that can be compared; a year stands anywhere."""
    for left, right in zip(one, other, strict=True):
        if left and right:
            return bool(left & right)
    return _YEAR.fullmatch(number) is not None


def _swapped(said: Sequence[_T], known: Sequence[_T]) -> list[tuple[_T, _T]]:
    """The pairs of `said` that stand the other way round in `known`."""
    places: dict[_T, int] = {}
    for place, each in enumerate(known):
        places.setdefault(each, place)
    shared = [each for each in dict.fromkeys(said) if each in places]
    return [(one, other) for one, other in combinations(shared, 2) if places[one] > places[other]]


def _names_swapped(said: Sequence[Token], known: Sequence[Token], language: str) -> bool:
    """Whether two names have changed places, and with them their parts.

    Where endings tell who does what, both endings must have changed too.
    """
    before, now = _names(known), _names(said)
    placed = [
        (place, old, new)
        for new in now
        if (place := next((n for n, each in enumerate(before) if same_name(each, new)), None)) is not None
        for old in [before[place]]
    ]
    for (first, old, new), (second, other_old, other_new) in combinations(placed, 2):
        changed = normalise(old) != normalise(new) and normalise(other_old) != normalise(other_new)
        if first > second and (changed or language not in _TOLD_BY_CASE):
            return True
    return False


def _names(words: Sequence[Token]) -> list[str]:
    """The last words of the names in `words`, but of those who only report and of places."""
    listed = list(words)
    place_of = {id(word): place for place, word in enumerate(listed)}
    found = []
    for run in name_runs(listed):
        start, end = place_of[id(run[0])], place_of[id(run[-1])]
        before, behind = listed[max(0, start - 1) : start], listed[end + 1 : end + 1 + _NEAR]
        moves = any(_PLACE.fullmatch(normalise(word.text)) for word in before) or any(
            _SAYS.fullmatch(normalise(word.text)) for word in [*listed[max(0, start - _NEAR) : start], *behind]
        )
        ordinary = run[0].opens and len(run) == 1 and not run[0].text.isupper() and normalise(run[0].text) in _OPENERS
        if not moves and not ordinary and not fact_words(run[-1].text):
            found.append(run[-1].text)
    return list(dict.fromkeys(found))


_OPENERS: Final = frozenset(word for words in FREQUENT.values() for word in words)
