"""Whether a sentence can be read without the one before it, and what may be cut so that it can.

Only ends are cut, so a point stays one stretch of the article: a connective ("However, "), an attribution to
somebody the sentence does not name ("according to him"), a wire service's name.  A quotation never loses its
speaker: without one it leans on the sentence before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Lean(Enum):
    """How far a sentence leans on the one before it."""

    NONE = auto()
    SLIGHT = auto()  # "This decision…": understood, if not in full
    WHOLE = auto()  # "He said…": who?


@dataclass(frozen=True, slots=True)
class _Language:
    connective: str  # opens a sentence and may be dropped
    before_pronoun: str  # opens a sentence whose subject follows
    pronoun: str  # somebody named elsewhere
    slight: str  # something named elsewhere, mostly said again in other words
    attribution: str  # at the head: according to somebody named elsewhere; may be dropped
    reported: str  # a quotation's speaker, named elsewhere
    tail: str  # at the end: an attribution that may be dropped


_ENGLISH: Final = _Language(
    connective=r"(?:However|Meanwhile|But|And|Also|In addition|Moreover|Furthermore|Still|Instead|Additionally)",
    before_pronoun=(
        r"(?:But|And|So|Yet|Still|Also|However|Meanwhile|Then|Now|Later|Instead|Though|Although|While|When|As|If|After"
        r"|Before|Since|Because|In)"
    ),
    pronoun=r"(?:he|she|they|his|her|their|him|them)",
    slight=(
        r"(?:(?:it|there)(?!['’]s (?:the|a|an)\b| (?:is|are|was|were|will be|has been|have been) (?:no|a|an|more)\b)"
        r"|its|this|that|these|those|such)"
    ),
    attribution=r"According to (?:him|her|them)",
    reported=r"[”\"’'»,]\s+(?:he|she|they)\s+(?:also\s+)?\w+|\b(?:said|says|added|told)\s+(?:he|she|they)\b",
    tail=(
        r",\s+(?:(?:he|she|they)\s+(?:also\s+)?(?:said|says|added|noted|explained|told \w+)"
        r"|(?:the\s+)?(?:Reuters|AP|AFP|Associated Press|BBC|CNN)(?:\s+news agency)?\s+(?:reported|reports|said|says))"
    ),
)
_RUSSIAN: Final = _Language(
    connective=(
        r"(?:Также|Однако|При этом|Кроме того|В частности|Впрочем|В свою очередь|Между тем|Тем временем|Более того"
        r"|К тому же|Вместе с тем|Помимо этого)"
    ),
    before_pronoun=r"(?:Но|А|И|Также|Однако|При этом|Кроме того|Тогда|Затем|Позже|Ранее|Когда|Если|В этом случае|Так)",
    pronoun=(r"(?:он|она|они|его|её|ее|их|ему|ей|им|ими|нему|него|них|ней|по (?:его|её|ее|их) \w+|об этом|на это)"),
    slight=(
        r"(?:это|этот|эта|эти|этого|этой|этих|этом|этим|эту|такой|такая|такое|такие|таких|там|тот|та|те|того|тех"
        r"|таким образом|при этом|в этом|оттуда|туда|оно)"
    ),
    attribution=r"По (?:его|её|ее|их) (?:словам|данным|информации|сведениям)",
    reported=r"[—–-]\s*(?:\w+\s+){1,3}(?:он|она|они)\b",
    tail=(
        r",\s+(?:[—–-]\s+)?(?:(?:сообщил|отметил|добавил|заявил|уточнил|пояснил|подчеркнул|сказал|рассказал)а?и?"
        r"\s+(?:он|она|они)|(?:сообщает|передает|передаёт|пишет|пишут)\s+[^,—–]{2,40})"
    ),
)
_UKRAINIAN: Final = _Language(
    connective=(
        r"(?:Також|Однак|Водночас|При цьому|Крім того|Окрім того|Натомість|Зокрема|Проте|Втім|Своєю чергою|Тим часом"
        r"|Більше того|До того ж|До слова)"
    ),
    before_pronoun=(
        r"(?:Але|А|І|Й|Також|Однак|При цьому|Крім того|Окрім того|Тоді|Потім|Згодом|Раніше|Коли|Якщо|Так|Проте"
        r"|Водночас)"
    ),
    pronoun=(
        r"(?:він|вона|вони|його|її|їх|їхн\w+|йому|їй|їм|ним|нього|неї|них|за (?:його|її|їхніми) \w+"
        r"|на (?:його|її|їхню) думку|про це)"
    ),
    slight=(
        r"(?:це|цей|ця|ці|цього|цієї|цих|цьому|цим|цю|такий|така|таке|такі|таких|там|той|та|ті|того|тих|таким чином"
        r"|при цьому|[ув] цьому|звідти|туди|воно)"
    ),
    attribution=r"За (?:його|її|їхніми) (?:словами|даними|інформацією)",
    reported=r"[—–-]\s*(?:\w+\s+){1,3}(?:він|вона|вони)\b",
    tail=(
        r",\s+(?:[—–-]\s+)?(?:(?:повідоми|зазначи|дода|заяви|уточни|поясни|наголоси|сказа|розпові)(?:в|ла|ли|вла)"
        r"\s+(?:він|вона|вони)|(?:повідомляє|передає|пише|пишуть|інформує)\s+[^,—–]{2,40})"
    ),
)

_OPENING_MARKS: Final = "\"“«„‘'—–-"
_OUTSIDE_QUOTATION: Final = re.compile(r"[”\"»’'][,.!?…]?\s*[,—–-]*\s*\w")
_CLOSING_MARKS: Final = re.compile(r"[”\"»]")
_FEWEST_LEFT: Final = 20  # characters that must remain for a cut to be worth it


class _Rules:
    """A language's patterns, compiled."""

    def __init__(self, language: _Language) -> None:
        head = rf"^(?:{language.before_pronoun}\b,?\s+(?:же\s+)?)?"
        self.attribution = re.compile(rf"^(?:{language.connective},?\s+)?{language.attribution},\s+", re.IGNORECASE)
        self.connective = re.compile(rf"^{language.connective},?\s+(?=[A-ZА-ЯЁІЇЄҐ0-9$€£])")
        self.tail = re.compile(rf"{language.tail}[.]?$")
        self.pronoun = re.compile(rf"{head}{language.pronoun}\b", re.IGNORECASE)
        self.slight = re.compile(rf"{head}{language.slight}\b", re.IGNORECASE)
        self.reported = re.compile(language.reported, re.IGNORECASE)


_RULES: Final = {"en": _Rules(_ENGLISH), "ru": _Rules(_RUSSIAN), "uk": _Rules(_UKRAINIAN)}


def trimmed(text: str, language: str) -> tuple[int, int]:
    """Where the part of the sentence `text` that is worth keeping begins and ends; all of it in an unknown language."""
    rules = _RULES.get(language)
    start, end = 0, len(text)
    if rules is None:
        return start, end
    head = rules.attribution.match(text) or rules.connective.match(text)
    if head is not None and end - head.end() >= _FEWEST_LEFT:
        start = head.end()
    tail = rules.tail.search(text, start)
    if tail is not None and tail.start() - start >= _FEWEST_LEFT and not _CLOSING_MARKS.search(text, start):
        end = tail.start()
    return start, end


def lean(text: str, language: str) -> Lean:
    """How far the sentence `text` leans on the one before it; of an unknown language only quotations are judged."""
    rules = _RULES.get(language)
    if text[0] in _OPENING_MARKS:
        if rules is not None and rules.reported.search(text):
            return Lean.WHOLE
        if not _OUTSIDE_QUOTATION.search(text, 1):
            return Lean.WHOLE
    if rules is None:
        return Lean.NONE
    if rules.pronoun.match(text):
        return Lean.WHOLE
    return Lean.SLIGHT if rules.slight.match(text) else Lean.NONE
