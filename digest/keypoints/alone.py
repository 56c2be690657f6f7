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
    early_pronoun: str  # somebody, who is named elsewhere if no name stands before
    first_person: str  # the author's and the reader's, or a quotation's that has lost its marks
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
    early_pronoun=r"(?:he|she|they)",
    first_person=r"I|me|my|we|us|our|you|your",
    reported=r"[”\"’'»,]\s+(?:he|she|they)\s+(?:also\s+)?\w+|\b(?:said|says|added|told)\s+(?:he|she|they)\b",
    tail=(
        r",\s+(?:(?:he|she|they)\s+(?:also\s+)?(?:said|says|added|noted|explained|told \w+)"
        r"|(?:the\s+)?(?:Reuters|AP|AFP|Associated Press|BBC|CNN)(?:\s+news agency)?\s+(?:reported|reports|said|says))"
        r"|\s+\((?:pictured|shown|above|below|left|right|(?:file|stock) (?:image|photo|picture))\)"
    ),
)
_RUSSIAN: Final = _Language(
    connective=(
        r"(?:Также|Однако|При этом|Кроме того|В частности|Впрочем|В свою очередь|Между тем|Тем временем|Более того"
        r"|К тому же|Вместе с тем|Помимо этого)"
    ),
    before_pronoun=r"(?:Но|А|И|Также|Однако|При этом|Кроме того|Тогда|Затем|Позже|Ранее|Когда|Если|В этом случае|Так)",
    pronoun=(r"(?:он|она|они|его|её|ее|их|ему|ей|им|ими|нему|него|них|ней|об этом|на это)"),
    slight=(
        r"(?:это|этот|эта|эти|этого|этой|этих|этом|этим|эту|такой|такая|такое|такие|таких|там|тот|та|те|того|тех"
        r"|таким образом|при этом|в этом|оттуда|туда|оно|так(?=,)|для этого|из-за этого|после этого|до этого"
        r"|с таким|с такой|к такому|к такой|по (?:его|её|ее|их) \w+)"
    ),
    attribution=r"По (?:его|её|ее|их) (?:словам|данным|информации|сведениям)",
    early_pronoun=r"(?:он|она|они)",
    first_person=r"я|мне|меня|мой|моя|мы|нам|нас|наш\w*",
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
        r"(?:він|вона|вони|його|її|їх|їхн\w+|йому|їй|їм|ним|нього|неї|них"
        r"|на (?:його|її|їхню) думку|про це)"
    ),
    slight=(
        r"(?:це|цей|ця|ці|цього|цієї|цих|цьому|цим|цю|такий|така|таке|такі|таких|там|той|та|ті|того|тих|таким чином"
        r"|при цьому|[ув] цьому|звідти|туди|воно|так(?=,)|для цього|через це|після цього|до цього"
        r"|з таким|з такою|інакше|на цьому|у такий спосіб|саме (?:там|тому|тоді)|за (?:його|її|їхніми) \w+)"
    ),
    attribution=r"За (?:його|її|їхніми) (?:словами|даними|інформацією)",
    early_pronoun=r"(?:він|вона|вони)",
    first_person=r"я|мені|мене|мій|моя|ми|нам|нас|наш\w*",
    reported=r"[—–-]\s*(?:\w+\s+){1,3}(?:він|вона|вони)\b",
    tail=(
        r",\s+(?:[—–-]\s+)?(?:(?:повідоми|зазначи|дода|заяви|уточни|поясни|наголоси|сказа|розпові)(?:в|ла|ли|вла)"
        r"\s+(?:він|вона|вони)|(?:повідомляє|передає|пише|пишуть|інформує)\s+[^,—–]{2,40})"
    ),
)

_OPENING_MARKS: Final = "\"“«„‘'—–-"
_DOUBLE_MARKS: Final = '"“«„'
_OUTSIDE_QUOTATION: Final = re.compile(r"(?:[”\"»]|(?<!\w)['’]|['’](?!\w))[,.!?…]?\s*[,—–-]*\s*\w")
_OUTSIDE_DOUBLE: Final = re.compile(r"[”\"»][,.!?…]?\s*[,—–-]*\s*\w")  # don't and the players' close none
_CLOSING_MARKS: Final = re.compile(r"[”\"»]")
# Where speech ends: closed before a dash or comma, or with the sentence; «АО «Заря» closes two with one.
_SPEECH_ENDS: Final = re.compile(r"[”\"»](?:[.!?…]?$|[,.]?\s*[—–-])|[,.!?][”\"]\s")
# "She told us: 'It is over." with its end in another sentence; the marks of don't and the players' close none.
_UNCLOSED: Final = re.compile(r"[:,]\s['‘]\s?(?=\w)(?!.*['’](?!\w))")
_UNANSWERED: Final = re.compile(r"(?:\?[”\"»’')]*|:\s*\.?)$")  # a question, or what leads in to the point
_QUOTED: Final = re.compile(r"[«“„\"‘'][^»”\"]*[»”\"’']")
# "Тексты к ним расшифровали": to whom?  (English asks less often, and its "them" is as often somebody in the sentence.)
_OBLIQUE: Final = re.compile(
    r"[а-яёіїєґ'’-]+ (?:[а-яёіїєґ'’-]+ )?(?:них|ними|ним|нему|него|неё|нее|ней|нём|нем|нього|ньому|неї|нею)\b",
    re.IGNORECASE,
)
_PICTURE: Final = re.compile(r"\((?:pictured|left|right|above|below|shown|file (?:image|photo|picture))\b|, pictured")
# "The roads were. closed": text that was broken by lines.  The word is too long for one cut short.
_BROKEN: Final = re.compile(
    r"\b(?:(?!approx)[a-z]{5,}|were|have|this|that|with|from|has|was|had|who|his|her|its|for|the|too)\. [a-z]"
)
_FEWEST_LEFT: Final = 20  # characters that must remain for a cut to be worth it


class _Rules:
    """A language's patterns, compiled."""

    def __init__(self, language: _Language) -> None:
        head = rf"^(?:{language.before_pronoun}\b,?\s+(?:же\s+)?)?"
        self.attribution = re.compile(
            rf"^(?:{language.connective},?\s+)?(?i:{language.attribution}),\s+(?=[«“\"]?[A-ZА-ЯЁІЇЄҐ0-9$€£])"
        )
        self.connective = re.compile(rf"^{language.connective},?\s+(?=[A-ZА-ЯЁІЇЄҐ0-9$€£])")
        self.tail = re.compile(rf"(?:{language.tail})[.]?$")
        self.pronoun = re.compile(rf"{head}{language.pronoun}\b", re.IGNORECASE)
        self.slight = re.compile(rf"{head}(?:{language.slight}\b|{language.attribution},)", re.IGNORECASE)
        self.first_person = re.compile(rf"\b(?:{language.first_person})\b", re.IGNORECASE)
        self.early_pronoun = re.compile(rf"\w[^\s,]*(?: [^\s,A-ZА-ЯЁІЇЄҐ]+){{0,5}}, {language.early_pronoun}\b")
        self.reported = re.compile(language.reported, re.IGNORECASE)

    def leans(self, text: str) -> bool:
        """Whether `text` speaks of what is named or pictured elsewhere, in its author's person, or to its reader."""
        return bool(
            self.slight.match(text)
            or _OBLIQUE.match(text)
            or _PICTURE.search(text)
            or _BROKEN.search(text)
            or self.early_pronoun.match(text)
            or self.first_person.search(_QUOTED.sub("", text))
        )


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
    if "„" in text:  # then “ closes
        text = text.replace("“", "”")
    torn = _torn(text)
    spoken = text[0] in _OPENING_MARKS
    outside = _OUTSIDE_DOUBLE if text[0] in _DOUBLE_MARKS else _OUTSIDE_QUOTATION
    if (
        torn is Lean.WHOLE
        or _UNANSWERED.search(text)
        or (spoken and not outside.search(text, 1))
        or (rules is not None and (rules.pronoun.match(text) or (spoken and rules.reported.search(text))))
    ):
        return Lean.WHOLE
    return Lean.SLIGHT if rules is not None and rules.leans(text) else torn


def _torn(text: str) -> Lean:
    """Whether `text` is a piece of a quotation: its beginning does not say who speaks, its end does."""
    if text.count('"') % 2:
        begins, ends = text[0] == '"', True
    else:
        opened = sum(map(text.count, "«“„"))
        closed = sum(map(text.count, "»”"))
        begins, ends = opened > closed and text[0] in "«“„", opened != closed
    if begins and _SPEECH_ENDS.search(text, 1) is None:
        return Lean.WHOLE
    return Lean.SLIGHT if (ends and not begins) or _UNCLOSED.search(text) else Lean.NONE
