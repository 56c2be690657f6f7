"""Where sentences begin and end, in any language.

sentencex (Wikimedia's splitter, in Rust) proposes; what it gets wrong on news is mended here, in one place:
speech of several sentences, brackets, "слово.Слово", "Gazeta.Ru", abbreviations and initials it does not know,
text without capitals.  What a sentence is worth, and whether it is page furniture, is decided elsewhere.

Of the splitters measured it was the only one that is right about quotations, and the fastest: 0.05 ms an
article of 3,000 characters, against razdel 0.3, tokenize-uk 1 to 4 and pysbd 10 to 20 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sentencex import get_sentence_boundaries

from digest.model import Span

# A quotation up to this long stays one sentence with the words that report it: a reader can take it in as one,
# and half of it would have an unbalanced quotation mark.  A longer speech is split into its sentences.
_SHORT_QUOTATION_CHARACTERS: Final = 240

# Longer texts are split in pieces of this size, so that no rule ever looks at more; a "sentence" longer than
# this (a text without punctuation) is cut.
_PIECE_CHARACTERS: Final = 20_000

_OPEN_TO_CLOSE: Final = {"«": "»", "“": "”", "„": "“”", "‹": "›", "(": ")", "[": "]", "「": "」", "『": "』", "‘": "’"}
# ’ and ' are apostrophes as often as quotation marks: they close only after a full stop or comma.
_MARK: Final = re.compile(r"[«»“”„‹›()\[\]「」『』]|\"+|(?<![^\s(\[—–-])[‘'](?=\w)|(?<=[.!?…,])[’'](?!\w)")
_REOPENS: Final = "‘“\"'"
# Hidden from sentencex, so that it sees the sentences inside.
# sentencex 1.0.32 takes every blank for one byte, and panics by an initial where one is not (U+2028, no-break spaces).
_WIDE_BLANKS: Final = "".join(chr(code) for code in range(0x80, 0x3001) if chr(code).isspace())
_HIDDEN: Final = str.maketrans(dict.fromkeys(f'«»“”„‹›()[]「」『』"‘{_WIDE_BLANKS}', " "))
_HIDDEN_SINGLE: Final = re.compile(r"(?<!\w)['‘’]|['’](?!\w)")  # not the apostrophes of don't and п'ять
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_FARTHEST_OPENER: Final = 8  # characters of white space between an opening mark and its sentence, at most
_DEEPEST: Final = 8  # marks open at once
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n")
_OPENERS: Final = re.compile(r"[«“„‹(\[「『\"'‘¿¡—–•-]")

# Ends that sentencex leaves out: an ellipsis before a capital, the month of May, слово.Слово.
_ELLIPSIS: Final = re.compile(r"(?:…|\.{3})[»”\"’')\]]*\s+(?=[«“„\"‘'(]*[A-ZА-ЯЁІЇЄҐ])")
_MAY: Final = re.compile(r"\bMay\.[»”\"’')\]]*\s+(?=[«“„\"‘'(]*[A-Z])")
_GLUED: Final = re.compile(
    r"(?<=[a-zа-яёіїєґ0-9%»”)][.!?…])(?=[«“„]?[A-ZА-ЯЁІЇЄҐ][a-zа-яёіїєґ’']*\s|\d{1,3}-(?:летн|річн))"
)

# A capital that no rule of spelling asks for begins a sentence: "Деталі Як повідомив…" is a subheading run into the
# text below it.  English has none such: its titles capitalise prepositions, too.
_UNSTOPPED: Final = re.compile(
    r"(?<=[0-9a-zа-яёіїєґ»”\"][a-zа-яёіїєґ»”\"]{3} )"
    r"(?=(?:Як|За|На|Після|Під|Від|Із|Зі|Про|Через|Також|Зокрема|Згідно|Раніше|Водночас|Наразі|Нині|Зараз|Сьогодні"
    r"|Вчора|Вночі|Уночі|Вранці|Напередодні|Протягом|Упродовж|Впродовж|Внаслідок|Унаслідок|Усе|Все|Відомо"
    r"|Серед|Ймовірно|Це|Цей|Ця|Ці|Він|Вона|Вони|Якщо|Коли|Чому|Попри|Окрім|Крім|Однак|Але|Проте|Втім|Тому|Щодо"
    r"|Как|В|Во|О|Об|По|При|С|Со|Из|До|После|Под|От|Согласно|Ранее|Сейчас|Сегодня|Вчера|Ночью|Утром|Накануне|Известно|Между|Теперь|Например|Это|Эта|Эти|Этот"
    r"|Он|Она|Они|Если|Когда|Почему|Несмотря|Среди|Однако|Кроме|Поэтому|У|К|З|Для) [\w«“„\"])"
)
_CYRILLIC_LANGUAGES: Final = ("ru", "uk")

# A text whose sentences begin with small letters was written, or mangled, without capitals.
_ENOUGH_TO_TELL: Final = 5
_LOWER_SHARE: Final = 0.7

# What cannot end a sentence, by language ("" for all).
_CANNOT_END: Final = {
    "": r"(?!)",
    "en": r"\b(?:Mr|Mrs|Ms|Messrs|Dr|Prof|Gov|Govs|Sens?|Reps?|Gen|Lt|Col|Maj|Capt|Cpl|Sgt|Adm|Rev|Hon|Pres|Supt|Det"
    r"|Insp|Msgr|Mt|Ft|vs|Jos|Wm)",
    "ru": r"\b(?:(?<!и )пр|ш|о|ил|(?<!\d )(?<!\d)см|ср|фр|(?<!т\. )(?<!т\.)д"
    r"|(?i:им|ул|просп|пер|наб|пл|бульв|корп|р-н|пос|дер"
    r"|оз|акад|проф|доц|ген|св|тов|рис|табл|напр|зам|пом|нач|зав|тел|англ|лат|нем|стр|вып|гл))",
    "uk": r"\b(?:(?<!та )(?<!і )(?<!й )пр|о|(?i:ім|вул|просп|пл|бульв|пров|наб|буд|корп|р-н|смт|оз|акад|проф|доц|ген|св"
    r"|рис|табл|див|пор|напр|зам|заст|нач|зав|тел|англ|лат|нім|стор|вип|гл))",
}
# What ends none before a number.
_BEFORE_NUMBER: Final = {
    "": r"(?:№|\b(?:pp?|cf|ca))",
    "en": r"\b(?:Nos?|Apts?|Art|Sec|Vol|Fig|Ch|pp?|cf|ca|[Aa]pprox|est|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)",
    "ru": r"\b(?:[Сс]т|[Пп]п?|ч|т|с|кв|тыс|[Рр]од|[Уу]м|янв|февр?|мар|апр|авг|сент?|окт|нояб?|дек|ок|прибл|стат)",
    "uk": r"\b(?:[Сс]т|[Пп]п?|ч|т|с|кв|тис|[Нн]ар|[Пп]ом|січ|лют|бер|берез|квіт|трав|черв|лип|серп|вер|верес|жовт"
    r"|лист|листоп|груд|бл)",
}
# A capital after an abbreviation or initial may be a name; one of these words begins a sentence.
_STARTER: Final = (
    r"[«“„\"]?(?:Он|Она|Оно|Они|Это|Этот|Эта|Эти|В|Во|На|По|При|Как|Об|О|За|Из|Из-за|С|Со|К|До|После|Однако|Кроме|Также"
    r"|Но|А|И|Тогда|Так|Там|Такой|Такая|Такие|Тем|Его|Ее|Её|Их|Для|Если|Когда|Сейчас|Сегодня|Ранее|Вместе|Всего|Между"
    r"|Напомним|Він|Вона|Воно|Вони|Це|Цей|Ця|Ці|У|Про|Із|Зі|З|Після|Однак|Крім|Але|Та|І|Й|Тоді|Тим|Його|Її|Їх|Їхній"
    r"|Якщо|Коли|Зараз|Сьогодні|Раніше|Разом|Усього|Під|Від|Щодо|Нагадаємо|Водночас"
    r"|He|She|It|They|We|The|This|That|These|Those|But|And|In|On|At|As|If|When|After|However|There|His|Her|Its|Their)"
    r"(?![.\w])"
)
_STARTS: Final = re.compile(_STARTER)
# After these sentencex never ends a sentence.
_MAY_END: Final = re.compile(
    r"(?:\b(?:г|гг|р|рр|руб|грн|млн|млрд|тыс|тис|коп|долл|т\.\s?д|т\.\s?п|др|ін|см|км|кг|м|в|ст|п\.\s?п|в\.\s?п)"
    r"|\b(?:Inc|Co|Corp|Ltd|Jr|Sr|etc|St|Ave|Rd|Blvd|a\.m|p\.m|U\.S|U\.N|D\.C|U\.K|E\.U)|(?<=[A-ZА-ЯЁІЇЄҐ]\.)[A-ZА-ЯЁІЇЄҐ])\.[»”\"’')\]]*\s+"
    rf"(?={_STARTER})"
)
# … but a measure, or "and so on", ends one before any word with a capital: it has no name.
_MEASURE_ENDS: Final = re.compile(
    r"(?:\d\s?(?:руб|грн|коп|долл|дол|км|кг|мм|см|га|т|м|л|чел|чол|п\.\s?п|в\.\s?п)|\b(?:кв|куб)\.\s?к?м|\b\d{4}\s?[гр]\.\s?[рн]"
    r"|\b(?:тыс|тис|млн|млрд|трлн)(?:\.?\s(?:руб|грн|долл|дол|чел|кв\.\s?к?м|куб\.\s?м))?"
    r"|\b(?:и|та|й|і)\s(?:др|ін|т\.\s?[дп]))\.\s+(?=[А-ЯЁІЇЄҐ][а-яёіїєґ’']+[\s,.!])"
)
# A year or a century does, far behind the sentence's beginning: "Мост построили по ее проекту в 1950 г. Архитектор…",
# but not "В 1950 г. Омск…" nor "… основанная в 1950 г. Иваном Роевым".
_YEAR_ENDS: Final = re.compile(
    r"(?<!\w)(?:\d{4}|[IVXLC]{1,7})\s?(?:гг?|рр?|вв?|ст)\.\s+"
    r"(?=(?!\w+(?:ом|ем|[ыи]м|[оеё]й|ою|ею|[оеє]м|ами|ями)\b)[А-ЯЁІЇЄҐ][а-яёіїєґ’']+[\s,])"
)
# "He said no. Roe…": no number follows.
_NO: Final = re.compile(r"\bno\.\s+(?=[A-Z])")
_FAR_BEHIND: Final = 4  # words, in as many characters as these have at most
_LOOKED_BACK: Final = 80
_STOP: Final = re.compile(r"[.!?…]")
# The mark of a note behind a full stop belongs to what is before it: "…fell.[1] Nobody…"
_NOTES: Final = re.compile(r"\s?(?:\[\d{1,3}\])+\s*")
# A pictograph in place of a full stop; a flag is a word.
_EMOJI: Final = r"\u2600-\u27bf\U0001f300-\U0001faff"
_EMOJI_ENDS: Final = re.compile(rf"(?<=[\w.!?…»”\"’')][ {_EMOJI}])(?:[{_EMOJI}]\ufe0f?)+ +(?=[«“\"]?[A-ZА-ЯЁІЇЄҐ])")
_INITIAL: Final = re.compile(r"(?<![^\W\d_])[A-ZА-ЯЁІЇЄҐ]\.\s*$")
# "8:45 p.m. Paris time (2:45 p.m. ET)", "8 a.m. Monday": what says whose clock it is, and of which day.
_CLOCK: Final = re.compile(r"\b[AaPp]\.[Mm]\.\s*$")
_ZONE: Final = re.compile(
    r"\(|(?:[A-Z]\w+ ){1,2}time\b|(?:[ECMP][SD]?T|GMT|UTC|BST|CEST|IST|JST|KST|HKT|AE[SD]T|MSK)\b"
    r"|(?:Eastern|Central|Mountain|Pacific)\b(?! [A-Z])"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b(?!['’]s|, the\b| (?:was|is|will)\b)"
    r"|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? \d"
)
# "the Diocese of Kansas City-St. Joseph": the splitter knows a saint by the blank before it.
_SAINT: Final = re.compile(r"[—–-]Ste?\.\s*$")
# Text that was broken by lines has stops after words that end no sentence.
_BROKEN_OFF: Final = re.compile(
    r"(?:\b(?:the|a|an|and|or|your|my|our|its|their)|(?:^|[.!?…]\s+)(?:The|A|An|At|By|Since|In|On|Of|As|But|And|To|For|With|From))\.\s*$"
)
_SPAN_OF_NUMBERS: Final = re.compile(r"\d\s?[°%]?C?(?:\.{3}|…)$")  # -1...-3 °C
_SIGNED: Final = re.compile(r"[-−–+]?\d")
_CONTINUES: Final = re.compile(r"[»”\"’')\]]*\s*(?:[,;:%»”)\]]|[—–-]+\s*[a-zа-яёіїєґ])")
_LOWER: Final = re.compile(r"[«“„\"‘'(\[]*\s?(?!https?:|www\.)[a-zа-яёіїєґ](?![A-Z])")
_DOMAIN: Final = re.compile(
    r"(?:[Rr]u|RU|РФ|рф|[Cc]om|COM|[Uu][Aa]|[Oo]rg|[Nn]et|[Ii]nfo|Ру|[Uu][Kk]|[Tt][Vv]|[Ee][Uu])(?![^\W_])"
)


def _rules(table: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile(rf"(?:{table['']}|{table[language]})\.\s*$" if language else rf"{table['']}\.\s*$")
        for language in table
    }


_CANNOT_END_RULES: Final = _rules(_CANNOT_END)
_BEFORE_NUMBER_RULES: Final = _rules(_BEFORE_NUMBER)


def split_sentences(text: str, language: str) -> list[Span]:
    """Give the sentences of `text`, in order, not overlapping, without the white space around them.

    `language` is a BCP 47 primary subtag; abbreviations are known for en, ru and uk, and for what sentencex
    knows; any other text is split by its punctuation.  Takes time linear in the length of `text`.
    """
    return list(sentences_of(text, language))


def sentences_of(text: str, language: str) -> Iterator[Span]:
    """Split `text` as split_sentences does, no further than is asked for: a long text's first sentences cost little."""
    if _SURROGATE.search(text):  # sentencex takes UTF-8 only; a same-length stand-in keeps the places
        text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    start = 0
    while start < len(text):
        end = min(start + _PIECE_CHARACTERS, len(text))
        found = _split_piece(text[start:end], language)
        if end < len(text) and len(found) > 1:
            end = start + found.pop()[0]  # its rest lies in the next piece
        yield from (Span(start + left, start + right) for left, right in found)
        start = end


def _split_piece(text: str, language: str) -> list[tuple[int, int]]:
    ends = _ends(text, language)
    pieces: list[tuple[int, int]] = []
    start = 0
    for end in [*ends, len(text)]:
        piece = text[start:end]
        left = start + len(piece) - len(piece.lstrip())
        right = start + len(piece.rstrip())
        if left < right:
            pieces.append((left, right))
        start = end
    return pieces


def _ends(text: str, language: str) -> list[int]:
    """The places where a sentence ends and the next begins, without those of `text` itself."""
    paragraphs = {match.end() for match in _PARAGRAPH.finditer(text)}
    hidden = _HIDDEN_SINGLE.sub(" ", text.translate(_HIDDEN))
    places = {boundary["end_index"] for boundary in get_sentence_boundaries(language, hidden)}
    missed = [_ELLIPSIS, _GLUED, _MAY, _MAY_END]
    if language != "en":
        missed.append(_MEASURE_ENDS)
    if language in _CYRILLIC_LANGUAGES:
        missed.append(_UNSTOPPED)
        places.update(match.end() for match in _YEAR_ENDS.finditer(text) if _is_far_behind(text, match.start()))
    elif language == "en":
        missed.append(_NO)
    if not text.isascii():
        missed.append(_EMOJI_ENDS)
    for pattern in missed:
        places.update(match.end() for match in pattern.finditer(text))
    candidates = sorted({_behind_notes(text, _before_openers(text, place)) for place in places} | paragraphs)
    candidates = [place for place in candidates if 0 < place < len(text)]
    if not candidates:
        return []
    lower = sum(1 for place in candidates if _LOWER.match(text, place))
    cased = not text.islower() and (len(candidates) < _ENOUGH_TO_TELL or lower < _LOWER_SHARE * len(candidates))
    held = _held_together(text)
    kept: list[int] = []
    inside = 0
    for place in candidates:
        while inside < len(held) and held[inside][1] < place:
            inside += 1
        if place in paragraphs or not (
            (inside < len(held) and held[inside][0] < place) or _goes_on(text, place, language, cased=cased)
        ):
            kept.append(place)
    return kept


def _is_far_behind(text: str, place: int) -> bool:
    """Whether the sentence in which `place` is has some words before it."""
    return len(_STOP.split(text[max(0, place - _LOOKED_BACK) : place])[-1].split()) >= _FAR_BEHIND


def _behind_notes(text: str, place: int) -> int:
    note = _NOTES.match(text, place)
    return place if note is None else note.end()


def _before_openers(text: str, place: int) -> int:
    """An opening mark before `place` belongs to the sentence that begins there: hidden, it looked like a blank."""
    while place > 0:
        before = place - 1
        while before > max(0, place - _FARTHEST_OPENER) and text[before].isspace():
            before -= 1
        if not _OPENERS.match(text[before]) or (
            before > 0 and not text[before - 1].isspace() and text[before] in "\"'-"
        ):
            return place
        place = before
    return place


def _goes_on(text: str, place: int, language: str, *, cased: bool) -> bool:
    """Whether the sentence before `place` goes on behind it."""
    before = text[max(0, place - 24) : place]
    behind = text[place]
    known = language if language in _CANNOT_END else ""
    return bool(
        _CONTINUES.match(text, place)
        or (_DOMAIN.match(text, place) and not before[-1:].isspace())
        or (cased and _LOWER.match(text, place))
        or (behind.isalpha() and _INITIAL.search(before) and not _STARTS.match(text, place))
        or (language == "en" and _BROKEN_OFF.search(before))
        or (_SIGNED.match(text, place) and _SPAN_OF_NUMBERS.search(before))
        or (_ZONE.match(text, place) and _CLOCK.search(before))
        or (behind.isupper() and _SAINT.search(before) and not _STARTS.match(text, place))
        or _CANNOT_END_RULES[known].search(before)
        or (behind.isdigit() and _BEFORE_NUMBER_RULES[known].search(before))
    )


def _held_together(text: str) -> list[tuple[int, int]]:
    """Short quotations and brackets, from mark to mark, outermost only, in order."""
    found: list[tuple[int, int]] = []
    open_marks: list[tuple[int, str]] = []
    for match in _MARK.finditer(text):
        place, mark = match.start(), match.group()[0]
        while open_marks and (place - open_marks[0][0] > _SHORT_QUOTATION_CHARACTERS or len(open_marks) > _DEEPEST):
            open_marks.pop(0)  # too long to be held together, or never closed
        depth = next((depth for depth, (_, opener) in enumerate(open_marks) if _closes(match, opener)), None)
        if depth is not None:
            begin = open_marks[depth][0]
            del open_marks[depth:]
            while found and found[-1][0] >= begin:
                found.pop()
            found.append((begin, match.end() - 1))
        elif mark in _OPEN_TO_CLOSE or mark in "\"'":
            if mark in _REOPENS:  # speech of several paragraphs opens each anew, and closes the last only
                open_marks = [opened for opened in open_marks if opened[1] != mark]
            open_marks.append((place, mark))
    return found


def _closes(match: re.Match[str], opener: str) -> bool:
    text, mark = match.string, match.group()[0]
    if opener in "\"'":
        # A straight mark closes unless it plainly opens: blank before it, none behind.
        before, behind = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        return mark == opener and not ((not before or before.isspace()) and behind != "" and not behind.isspace())
    return mark in _OPEN_TO_CLOSE[opener]
