"""How editors head their own key points, in each language.

A heading is matched as a whole, without its colon.  `{who}` stands for a speaker; a strong heading promises points,
a weak one ("What we know", "Summary") heads plain story as often and must be borne out by what follows it.
"""

from __future__ import annotations

import re
from typing import Final

# A name as written, titles and particles with it: Blinken, President Sandu, Ursula von der Leyen, Жан-Ива Ле Дриана.
_NAME: Final = r"[^\W\d_][\w.-]*(?:['’](?!s\b)[\w-]+)*"  # O’Brien, but not the possessive
_WHO: Final = rf"(?P<who>{_NAME}(?:[ ]{_NAME}){{0,6}}?)"

_EN_SO_MANY: Final = r"(?:(?:the|our|my|\d{1,2}|two|three|four|five|six|seven|eight|nine|ten) ){0,2}"
_EN_KEY: Final = (
    r"(?:(?:here are )?(?:(?:the )?(?:\w+ )?(?:key|main|top|major|most important|biggest|principal|core|essential)"
    r" (?:points?|take-?aways?|messages?|findings|facts|developments|statements|quotes|highlights|theses"
    r"|announcements|decisions"
    rf"|conclusions|moments|remarks|things to know)|{_EN_SO_MANY}take-?aways|(?:(?:story|article|news) )?highlights"
    rf"|talking points|(?:quick|fast) facts|{_EN_SO_MANY}things (?:you (?:need to|should) know|to know)))"
)
_EN_TALK: Final = (
    r"(?:speech|address|statement|statements|briefing|press briefing|press conference|news conference"
    r"|interview|remarks|comments"
    r"|talks|report)"
)
_RU_KEY: Final = (
    r"(?:(?:ключев|основн|главн|важнейш|центральн)\w+ (?:тезис|момент|заявлени|пункт|вывод|мысл|факт|посыл"
    r"|цитат|положени|событи)\w*"
    r"|тезис(?:ы|но)|самое (?:главное|важное)|главное|основное)"
)
_RU_TALK: Final = (
    r"(?:из|в|с) (?:(?:сегодняшн|вчерашн|последн|нов)\w+ )?(?:заявлени|реч|выступлени|интервью|пресс-конференци|брифинг"
    r"|обращени|слов|доклад)\w*"
)
_UK_KEY: Final = (
    r"(?:(?:ключов|основн|головн|найважливіш)\w+ (?:тез|момент|заяв|пункт|виснов|дум|факт|меседж|цитат"
    r"|положенн|поді)\w*"
    r"|тез(?:и|ово)|найголовніше|найважливіше|головне|ключове|основне)"
)
_UK_TALK: Final = (
    r"(?:із|з|зі|у|в) (?:(?:сьогоднішн|вчорашн|останн|нов)\w+ )?(?:заяв|промов|виступ|інтерв['’]ю"
    r"|пресконференці|прес-конференці|брифінг|зверненн|слів"
    r"|доповід)\w*"
)

_SPEAKER_PATTERNS: Final = (
    rf"{_WHO}['’](?:s)? (?:own )?{_EN_KEY}(?: (?:at|from|in|on|of) .{{3,60}})?",
    rf"{_EN_KEY} (?:from|of|by|in) {_WHO}(?:['’](?:s)?(?: \w+)? {_EN_TALK})?",
    rf"what {_WHO} (?:said|told .{{2,40}}|announced)",
    rf"{_WHO}(?::| [—–-]) {_EN_KEY}",
    rf"(?:{_RU_KEY}) {_RU_TALK} {_WHO}",
    rf"(?!главное|самое|основное)(?:{_RU_KEY}) {_WHO}",
    rf"(?:что|о ч[её]м) (?:сказал|заявил|говорил|рассказал)[аи]? {_WHO}",
    rf"{_WHO}(?::| [—–-]) (?:{_RU_KEY})",
    rf"(?:{_UK_KEY}) {_UK_TALK} {_WHO}",
    rf"(?!най|головне|основне|ключове)(?:{_UK_KEY}) {_WHO}",
    rf"(?:що|про що) (?:сказа|заяви|говори|розпові)(?:в|ла|ли) {_WHO}",
    rf"{_WHO}(?::| [—–-]) (?:{_UK_KEY})",
)
_STRONG_PATTERNS: Final = (
    rf"{_EN_KEY}(?: (?:from|of|at|in|on|about) .{{3,60}}|(?: so far| today| at this hour| in brief))?",
    r"(?:the )?(?:main|key) (?:things|points) (?:to know|you need to know)",
    rf"(?:{_RU_KEY})(?: (?:из|о|об|за|на|к|по|для|с)\b.{{3,60}})?",
    rf"(?:{_UK_KEY})(?: (?:із|з|зі|про|за|на|до|по|для)\b.{{3,60}})?",
)
_SUMMARY_PATTERNS: Final = (
    (
        r"(?:at a glance|in brief|in short|in a nutshell|(?:article |story |executive )?summary|the gist"
        r"|the short version|tl;?\s?dr|briefly|quick (?:read|take)|need to know|the essentials|(?:the )?bottom line)"
    ),
    r"(?:коротко|кратко|вкратце|в двух словах|суть|если коротко)(?: о главном)?|о главном|краткое содержание",
    r"(?:стисло|у двох словах|якщо коротко|коротко|суть)(?: про головне)?|про головне|короткий зміст",
)
_WEAK_PATTERNS: Final = (
    (
        r"(?:here['’]s )?what (?:we know|is known|to know|you need to know|you should know|happened)"
        r"(?: about .{3,60}?)?(?: so far| now| today| at this point)?"
    ),
    r"(?:итоги|итог|выводы|важное)",
    (
        r"(?:вот )?что (?:известно|нужно знать|важно знать|произошло)(?: об?о? .{3,60}?)?(?: (?:на (?:данный"
        r"|этот) момент"
        r"|к этому часу|сейчас|на данную минуту))?"
    ),
    r"(?:підсумки|підсумок|висновки|важливе)",
    (
        r"(?:ось )?що (?:відомо|треба знати|потрібно знати|варто знати|важливо знати"
        r"|сталося)(?: про .{3,60}?)?(?: (?:на (?:цей"
        r"|даний) (?:момент|час)|наразі|(?:на )?зараз|станом на зараз))?"
    ),
)


SPEAKER: Final = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _SPEAKER_PATTERNS)
KEY: Final = re.compile(f"{_EN_KEY}|{_RU_KEY}|{_UK_KEY}", re.IGNORECASE)
STRONG: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _STRONG_PATTERNS), re.IGNORECASE)
SUMMARY: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _SUMMARY_PATTERNS), re.IGNORECASE)
WEAK: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _WEAK_PATTERNS), re.IGNORECASE)

_RHETORICAL: Final = re.compile(
    r"in short|in a nutshell|(?:the )?bottom line|briefly|в двух словах|суть|если коротко|у двох словах|якщо коротко",
    re.IGNORECASE,
)


def announces(heading: str) -> bool:
    """Whether `heading` is one of key points, and cannot be one of the story."""
    return STRONG.fullmatch(heading) is not None or (
        SUMMARY.fullmatch(heading) is not None and _RHETORICAL.fullmatch(heading) is None
    )


# What a possessive may name that speaks for nobody: "Today's key points".
NO_SPEAKER: Final = re.compile(
    r"(?:(?:the|this|last) )?(?:today|yesterday|tomorrow|tonight|day|week|weekend|month|year|morning|evening"
    r"|editors?|(?:mon|tues|wednes|thurs|fri"
    r"|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|here|we|they|he|she|it"
    r"|know|happened)",
    re.IGNORECASE,
)

# What heads a list that tells no news.
NO_POINTS: Final = re.compile(
    r"(?:the )?(?:ingredients?|method|instructions?|directions|preparation|recipes?|standings|(?:league )?table"
    r"|results?|scores|fixtures|schedule|timetable|programme|line-?ups?|starting (?:xi|eleven)|squads?|teams|references"
    r"|sources|notes|further reading|menu|(?:table of )?contents|in this (?:article|story)|on this page)"
    r"|ингредиенты|(?:способ )?приготовлени[ея]|рецепт\w*|(?:турнирная )?таблица|результаты?"
    r"|расписание|составы?(?: команд)?|меню|содержание|оглавление|источники|примечания|литература|программа"
    r"|інгредієнти|(?:спосіб )?приготування|рецепт\w*|(?:турнірна )?таблиця|результати?|розклад|склади?(?: команд)?"
    r"|зміст|джерела|примітки|література|програма",
    re.IGNORECASE,
)

# Endings by which a Russian or Ukrainian name may be in the genitive, and the nominatives that they may stand for.
GENITIVE_ENDINGS: Final = (
    ("ского", ("ский",)),
    ("ського", ("ський",)),
    ("цкого", ("цкий",)),
    ("цького", ("цький",)),
    ("ого", ("ий", "ый", "ой")),
    ("его", ("ий",)),
    ("ой", ("а", "ая")),
    ("ої", ("а",)),
    ("ей", ("я", "ья")),
    ("а", ("", "о")),
    ("я", ("ь", "й")),
    ("ы", ("а",)),
    ("и", ("а", "я", "ь")),
    ("і", ("а", "я")),
    ("у", ("а", "")),
)
