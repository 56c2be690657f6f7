"""Whether a sentence can be read without the one before it, and what may be cut so that it can.

Ends are cut: a connective ("However, "), an attribution to somebody the sentence does not name ("according to him",
"he added that"), a wire service's name.  What somebody thinks or claims is not told without "he thinks".  From the
middle goes only a bracket that points at a picture.  A quotation never loses its speaker: without one it leans on the
sentence before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    hearsay: str  # at the head: "it is said that", by nobody or somebody named elsewhere; may be dropped
    subjectless: str  # a first word after which a clause may do without its own subject
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
    # "It found that…": what did?  Not "It is raining", nor "It emerged that".
    pronoun=(
        r"(?:he|she|they|his|her|their|him|them|it (?!(?:emerg|seem|appear|happen|matter|rain|snow|turn|remain|follow"
        r"|dawn|prov|start|sound|look|help|need)ed\b)(?:also |has (?!proved)|had ){0,2}"
        r"(?:\w{3,}ed|said|says|found|told|sold|made|won|lost|gave|took (?!\w+ (?:hours|days|weeks|months|years|minutes"
        r"|seconds))|blames|includes|offers|plans|wants|calls)(?= ))"
    ),
    slight=(
        r"(?:(?:it|there)(?!['’]s (?:the|a|an)\b| (?:is|are|was|were|will be|has been|have been) (?:no|a|an|more)\b)"
        r"|its|this|that|these|those|such"
        r"|(?:(?:all|both|each|one|two|three|four|five|some|many|most|none|neither|half|several) of"
        r"|among) (?:them|those|the (?:two|three))"
        r"|(?:both|neither|the (?:two|three|latter|others?)|another|others) (?:was|were|is|are|has|have|had"
        r"|will|won|died|said|met)"
        r"|but|and|so|nor|as a result|in response|for (?:example|instance)"
        r"|the (?:same|following|next|previous) (?:day|week|month|year|morning|evening|night))"
    ),
    attribution=r"According to (?:him|her|them)",
    hearsay=r"(?:He|She|They) (?:also )?(?:said|added|noted|explained|stressed) that",
    subjectless=r"(?!the |an? )[a-z]+",
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
        r"|К тому же|Вместе с тем|Помимо этого|В то же время|Тем не менее|Вдобавок|Например|К слову|Кстати|Так(?=,))"
    ),
    before_pronoun=(
        r"(?:Но|А|И|Также|Однако|При этом|Кроме того|Тогда|Затем|Позже|Ранее|Когда|Если|В этом случае|Так|Как|Поэтому"
        r"|Теперь|Сейчас|Сегодня|Вчера|Вскоре|Потом|Сначала|Впоследствии|Одновременно|Тем не менее|В то же время"
        r"|В (?:этот|тот) момент|Впрочем|Зато|Именно)"
    ),
    pronoun=(
        r"(?:он|она|они|его|её|ее|их|ему|ей|им|ими|нему|него|них|ней|об этом|на это"
        r"|(?:у|в|на|о|об|к|с|со|от|до|для|без|из|из-за|за|про|по|перед|при|среди|кроме|после|против|вокруг|между)"
        r" (?:него|неё|нее|ней|нём|нем|нему|ним|них|ними|нею))"
    ),
    slight=(
        r"(?:(?:(?:в|на|о|об|к|с|со|от|до|для|из|из-за|за|под|по|перед|при|после|до) )?"
        r"(?:это|этот|эта|эти|этого|этой|этих|этом|этим|этому|эту)"
        r"(?! (?:год|недел|месяц|раз|сезон|утр|дня\b|день\b|лет))"
        r"|(?:(?:с|к|о|в|на|за) )?так(?:ой|ая|ое|ие|их|ому|им|ими|ую)|там|тот|та|те|того|тех|тогда же"
        r"|таким образом|здесь|тут|оттуда|туда|оно|так(?=,)|данн(?:ый|ая|ое|ого|ой|ому|ую)|соответствующ\w+"
        r"|(?:оба|обе|все они|сам он|сама она|сами они|другой|другая|другие|второй|вторая|третий|последний|последняя)"
        r"(?= (?:был|была|были|уже|погиб|скончал|умер|задержан|получил|победил|отрица|молч|жив|находи)\w*)"
        r"|но|а|поэтому|затем|в результате|в ответ|например|напротив"
        r"|(?:в тот же|на следующий) (?:день|вечер)|отсюда"
        r"|речь (?:ид|шл|пойд)\w+ о|по (?:его|её|ее|их) \w+)"
    ),
    attribution=r"По (?:его|её|ее|их) (?:словам|данным|информации|сведениям)",
    hearsay=r"(?:Сообщается|Отмечается|Уточняется|Подч[её]ркивается|Добавляется|Известно), что",
    subjectless=(
        r"(?:в|во|у|на|с|со|из|от|к|ко|о|об|за|по|при|под|над|для|без|после|перед|через|между|среди|около"
        r"|сейчас|уже|ещ[её]"
        r"|также|тогда|там|тут|если|когда|хотя|чтобы|не|ни|нет|раньше|позже|скоро|завтра|вчера|сегодня|это"
        r"|эт[аио]|этот|он|она"
        r"|они|оно|его|е[её]|их|как|так|поэтому|только|даже|ничего|никто|\w*(?:[еёиуюая]т|[еи]шь|л|ла|ли|ло"
        r"|л[аио]?сь|лся|ть|тся))"
    ),
    early_pronoun=r"(?:он|она|они|по (?:его|её|ее|их) (?:словам|мнению|данным|оценкам?))",
    first_person=r"я|мне|меня|мой|моя|мы|нам|нас|наш\w*",
    reported=r"[—–-]\s*(?:\w+\s+){1,3}(?:он|она|они)\b",
    tail=(
        r",\s+(?:[—–-]\s+)?(?:(?:говорит|отмечает|добавляет|поясняет|уточняет|подчёркивает|подчеркивает|рассказывает)"
        r"\s+(?:он|она|они)|(?:сообщил|отметил|добавил|заявил|уточнил|пояснил|подчеркнул|сказал|рассказал)а?и?"
        r"\s+(?:он|она|они)|(?:сообщает|передает|передаёт|пишет|пишут)\s+[^,—–]{2,40})"
    ),
)
_UKRAINIAN: Final = _Language(
    connective=(
        r"(?:Також|Однак|Водночас|При цьому|Крім того|Окрім того|Натомість|Зокрема|Проте|Втім|Своєю чергою|Тим часом"
        r"|Більше того|До того ж|До слова|До речі|Наприклад|[УВ] той же час|Разом (?:із|з) тим|Тим не менш|Так(?=,))"
    ),
    before_pronoun=(
        r"(?:Але|А|І|Й|Також|Однак|При цьому|Крім того|Окрім того|Тоді|Потім|Згодом|Раніше|Коли|Якщо|Так|Проте"
        r"|Водночас|Як|Тому|Тепер|Зараз|Сьогодні|Вчора|Невдовзі|Спочатку|Одночасно|Втім|Тим часом"
        r"|[УВ] (?:цей|той) момент|Саме|Наразі|Нині|Адже|Отже)"
    ),
    pronoun=(
        r"(?:він|вона|вони|його|її|їх|їхн\w+|йому|їй|їм|ним|нього|неї|них"
        r"|на (?:його|її|їхню) думку|про це"
        r"|(?:[ув]|на|про|до|з|із|зі|від|для|без|за|перед|при|серед|крім|після|проти|навколо|між|під|над|через)"
        r" (?:нього|неї|ній|ньому|ним|них|ними|нею))"
    ),
    slight=(
        r"(?:(?:(?:[ув]|на|до|з|із|зі|від|для|за|під|перед|при|після|через) )?"
        r"(?:це|цей|ця|ці|цього|цієї|цих|цьому|цим|цю)"
        r"(?! (?:рок|роц|тиж|місяц|раз|сезон|дня\b|день\b|літ[ао]))"
        r"|(?:(?:[ув]|на|з|із|до|про|за) )?так(?:ий|а|е|і|их|им|ими|ою|ому|у)|там|той|та|ті|того|тих|тоді ж"
        r"|таким чином|звідти|туди|воно|так(?=,)|інакше|саме (?:там|тому|тоді)|відповідн\w+(?! до)"
        r"|(?:обидва|обидві|обоє|усі вони|всі вони|сам він|сама вона|самі вони|інший|інша|інші|другий|друга"
        r"|третій|останній|остання)"
        r"(?= (?:бу[влт]|вже|загину|помер|затриман|отрима|перем|запереч|мовч|жив|перебува)\w*)"
        r"|(?:того ж|наступного) (?:дня|вечора)"
        r"|(?:йдеться|ідеться|мова йде) про|за (?:його|її|їхніми) \w+)"
    ),
    attribution=r"За (?:його|її|їхніми) (?:словами|даними|інформацією)",
    hearsay=(
        r"(?:(?:Він|Вона|Вони) (?:також |ще )?(?:повідоми|зазначи|дода|уточни|поясни|наголоси|сказа|розпові|підкресли"
        r"|нагада)(?:в|ла|ли)|(?:Також )?(?:зазначається|повідомляється|уточнюється|відзначається|відомо)),? що"
        r"|За (?:його|її|їхніми) (?:словами|даними|інформацією),"
    ),
    subjectless=(
        r"(?:в|у|на|з|із|зі|від|до|о|об|за|по|при|під|над|про|для|без|після|перед|через|між|серед|біля|наразі"
        r"|зараз|вже|ще|також"
        r"|тоді|там|тут|якщо|якби|коли|хоча|щоб|не|ні|нема|раніше|пізніше|скоро|завтра|вчора|сьогодні|просто"
        r"|слід|можна|треба|це|ц[яі]|цей|він|вона|вони"
        r"|воно|його|її|їх|як|так|тому|тільки|лише|навіть|саме|нічого|ніхто|\w*(?:є|[иії]ть|[уюая]ть|ться|ти"
        r"|в|вся|л[аио]|л[аио]ся))"
    ),
    early_pronoun=r"(?:він|вона|вони|за (?:його|її|їхніми) (?:словами|даними|оцінками)|на (?:його|її|їхню) думку)",
    first_person=r"я|мені|мене|мій|моя|ми|нам|нас|наш\w*",
    reported=r"[—–-]\s*(?:\w+\s+){1,3}(?:він|вона|вони)\b",
    tail=(
        r",\s+(?:[—–-]\s+)?(?:(?:каже|говорить|зазначає|додає|пояснює|уточнює|наголошує|підкреслює|розповідає)"
        r"\s+(?:він|вона|вони)|(?:повідоми|зазначи|дода|заяви|уточни|поясни|наголоси|сказа|розпові)(?:в|ла|ли|вла)"
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
_WHERE: Final = r"(?:(?:far|top|bottom|main|on the|second from) )?(?:left|right|above|below|centre|center|inset)"
_POINTING: Final = re.compile(
    rf" \( ?(?:(?:[^()]{{1,30}} )?pictured\b[^()]{{0,60}}|{_WHERE}(?:(?:,? and|,|/) ?{_WHERE})?"
    r"(?:,? with\b[^()]{1,50}|, (?:in|on|at|wearing|holding)\b[^()]{1,50})?"
    r"|(?:shown|seen)(?: (?:here|above|below|left|right))?|(?:file|stock) (?:image|photo|picture)) ?\)(?=[ ,.;:!?]|$)"
)
_PICTURE: Final = re.compile(r"\((?:pictured|left|right|above|below|shown|file (?:image|photo|picture))\b|, pictured")
# "The roads were. closed": text that was broken by lines.  The word is too long for one cut short.
_BROKEN: Final = re.compile(
    r"\b(?:(?!approx)[a-z]{5,}|were|have|this|that|with|from|has|was|had|who|his|her|its|for|the|too)\. [a-z]"
)
_SPEECH_BEGINS: Final = re.compile(r":\s*[«“„\"](?![^»”\"]*[»”\"])")
_LONGEST_SPEECH: Final = 7  # sentences: one that no mark ends so soon was never closed
# Newsrooms of these languages do not speak of themselves, so "I" and "we" are a quotation's that lost its marks.
_NEVER_IN_PERSON: Final = frozenset({"ru", "uk"})
_LONGEST: Final = 2_000  # characters: a longer "sentence" is nobody's point, and a rule might look long at it
_FEWEST_LEFT: Final = 20  # characters that must remain for a cut to be worth it


class _Rules:
    """A language's patterns, compiled."""

    def __init__(self, language: _Language) -> None:
        head = rf"^(?:{language.before_pronoun}\b,?\s+(?:же\s+)?){{0,2}}"
        self.attribution = re.compile(
            rf"^(?:{language.connective},?\s+)?(?i:{language.attribution}),\s+(?=[«“\"]?[A-ZА-ЯЁІЇЄҐ0-9$€£])"
        )
        self.hearsay = re.compile(
            rf"^(?:{language.connective},?\s+)?(?i:{language.hearsay})\s+(?!(?i:{language.subjectless})\b)(?=[«“\"]?\w)"
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
            or self.in_person(text)
        )

    def in_person(self, text: str) -> bool:
        """Whether whoever wrote or spoke `text` says "I" or "we" in it, outside quotation marks."""
        return self.first_person.search(_QUOTED.sub("", text)) is not None


_RULES: Final = {"en": _Rules(_ENGLISH), "ru": _Rules(_RUSSIAN), "uk": _Rules(_UKRAINIAN)}


def trimmed(text: str, language: str) -> tuple[int, int]:
    """Where the part of the sentence `text` that is worth keeping begins and ends; all of it in an unknown language."""
    rules = _RULES.get(language)
    start, end = 0, len(text)
    if rules is None or end > _LONGEST:
        return start, end
    head = rules.attribution.match(text) or rules.hearsay.match(text) or rules.connective.match(text)
    if head is not None and end - head.end() >= _FEWEST_LEFT:
        start = head.end()
    tail = rules.tail.search(text, start)
    if tail is not None and tail.start() - start >= _FEWEST_LEFT and not _CLOSING_MARKS.search(text, start):
        end = tail.start()
    return start, end


def unpointed(text: str, language: str) -> str:
    """Leave out of the sentence `text` what points at a picture that its reader does not see: "Roe (left) signed"."""
    if language != "en" or "(" not in text or len(text) > _LONGEST:
        return text
    cut = _POINTING.sub("", text)
    return cut if len(cut) >= _FEWEST_LEFT else text


def lean(text: str, language: str) -> Lean:
    """How far the sentence `text` leans on the one before it; of an unknown language only quotations are judged."""
    if len(text) > _LONGEST:
        return Lean.NONE
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
        or (rules is not None and language in _NEVER_IN_PERSON and (rules.in_person(text) or _only_ends(text)))
    ):
        return Lean.WHOLE
    return Lean.SLIGHT if rules is not None and rules.leans(text) else torn


def spoken_on(texts: Sequence[str], blocks: Sequence[int]) -> frozenset[int]:
    """Which of an article's sentences stand in the middle of a quotation: somebody's words, and no mark says so.

    `blocks` are the numbers of their paragraphs.  A quotation of several paragraphs opens each anew.
    """
    found: set[int] = set()
    within: list[int] | None = None  # what the open quotation has said since
    block = -1
    for number, text in enumerate(text[:_LONGEST] for text in texts):
        torn = _torn(text)
        begins = (torn is Lean.WHOLE and text[0] in _OPENING_MARKS) or _SPEECH_BEGINS.search(text) is not None
        if within is not None and (begins or blocks[number] != block or torn is not Lean.NONE):
            found.update(within)
            within = None
        if begins:
            within = []
        elif within is not None:
            within.append(number)
            if len(within) == _LONGEST_SPEECH:
                within = None
        block = blocks[number]
    return frozenset(found.union(within or ()))


def _only_ends(text: str) -> bool:
    """Whether `text` closes a quotation that it did not open."""
    return text.count('"') % 2 == 1 or sum(map(text.count, "«“„")) < sum(map(text.count, "»”"))


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
