"""Articles that report one event come together, the others stay apart, whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.edition import same_event
from digest.model import Article

EVENTS = {
    "en": [
        [
            (
                "Engineers lowered the reservoir behind the Larkspur dam on Monday after divers found cracks in its "
                "spillway. The operator said that 1,100 people downstream had been moved to schools in Ashford."
            ),
            (
                "Cracks in the spillway of the Larkspur dam forced its operator to lower the reservoir. About 1,100 "
                "residents of villages near Ashford spent Monday night in school halls, officials said."
            ),
        ],
        [
            (
                "Chess champion Ilona Varga withdrew from the Tallinn tournament with a fever before the sixth "
                "round, and her opponent Pieter Kuipers was given the point."
            ),
            (
                "A fever ended Ilona Varga's title defence in Tallinn. Kuipers, whom she was to play in round six, "
                "goes on without a game, the chess federation announced."
            ),
        ],
    ],
    "ru": [
        [
            (
                "Паром с 214 пассажирами сел на мель в тумане у острова Борнхольм. Всех людей сняли спасательные "
                "шлюпки, сообщила береговая охрана Дании."
            ),
            (
                "У Борнхольма в густом тумане на мель сел паром: на борту были 214 человек. Датская береговая охрана "
                "эвакуировала пассажиров на шлюпках."
            ),
        ],
        ["Парламент отклонил бюджет тремя голосами, министр финансов предложил подать в отставку."],
    ],
    "uk": [
        [
            "Обсерваторія на горі Тейде зафіксувала найяскравіший за двадцять років метеорний потік над Тенерифе.",
            "Над Тенерифе спостерігали метеорний потік, найяскравіший за два десятиліття, каже обсерваторія Тейде.",
        ],
        ["Парламент відхилив бюджет трьома голосами, міністр фінансів запропонував піти у відставку."],
    ],
}


def article(name: str, text: str, language: str) -> Article:
    return Article(
        id=name,
        url="",
        title=text.partition(".")[0],
        published=datetime(2026, 1, 1, tzinfo=UTC),
        language=language,
        source="",
        text=text,
        blocks=(),
    )


def batch(language: str) -> list[Article]:
    return [
        article(f"{event}.{copy}", text, language)
        for event, texts in enumerate(EVENTS[language])
        for copy, text in enumerate(texts)
    ]


@pytest.mark.parametrize("language", sorted(EVENTS))
def test_rewrites_of_one_event_come_together_and_others_stay_apart(language: str) -> None:
    """A handful of articles is enough: common words are known from the background, not from the batch."""
    groups = [[each.id for each in group] for group in same_event(batch(language))]
    assert groups == [[f"{event}.{copy}" for copy in range(len(texts))] for event, texts in enumerate(EVENTS[language])]


@settings(deadline=None)
@given(articles=st.permutations([each for language in EVENTS for each in batch(language)]))
def test_the_order_given_changes_nothing(articles: list[Article]) -> None:
    """Groups are a function of the set of articles; each article is in exactly one."""
    groups = same_event(articles)
    assert groups == same_event(sorted(articles, key=lambda each: each.id))
    assert sorted(each.id for group in groups for each in group) == sorted(each.id for each in articles)


@settings(deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=8))
def test_any_text_is_grouped(texts: list[str]) -> None:
    """Empty, hostile and nonsense texts end in exactly one group each."""
    articles = [
        article(str(number), text, "en") if text.partition(".")[0].strip() else article(str(number), "x. " + text, "en")
        for number, text in enumerate(texts)
    ]
    assert sum(len(group) for group in same_event(articles)) == len(articles)


def test_copies_of_one_text_are_one_story() -> None:
    """A wire text that ten papers print word for word is compared once and comes out as one."""
    text = EVENTS["en"][0][0]
    papers = [article(f"{number}", text, "en") for number in range(10)]
    other = article("z", EVENTS["en"][1][0], "en")
    assert [len(group) for group in same_event([*papers, other])] == [10, 1]


def test_articles_without_a_word_stay_apart() -> None:
    """Two texts of pure punctuation are equal, yet nothing says that they report one event."""
    assert [len(group) for group in same_event([article("a", "!!! …", "en"), article("b", "??? …", "en")])] == [1, 1]


def test_short_articles_on_different_things_stay_apart() -> None:
    """A chance word in common is much of a dozen; it does not make one event of two."""
    texts = [
        "A ferry between Ronne and Ystad ran aground in fog on Monday morning",
        "Parliament rejected the budget on Monday by three votes and the minister resigned",
        "Chess champion withdrew from the tournament in Tallinn with a fever",
        "The observatory on the mountain recorded the brightest shower for two decades",
    ]
    articles = [article(str(number), text, "en") for number, text in enumerate(texts)]
    assert len(same_event(articles)) == len(texts)


def test_russian_and_ukrainian_reports_of_one_event_meet() -> None:
    """Names, numbers and the stems both languages share are enough where two reports are close."""
    russian = (
        "Паром «Балтика» с 214 пассажирами сел на мель у острова Борнхольм. Капитан Нильсен заявил, что причина аварии "
        "в тумане. Пассажиров эвакуировали на шлюпках в порт Рённе, сообщила береговая охрана Дании."
    )
    ukrainian = (
        "Пором «Балтика» з 214 пасажирами сів на мілину біля острова Борнхольм. Капітан Нільсен заявив, що причина "
        "аварії в тумані. Пасажирів евакуювали на шлюпках у порт Рьонне, повідомила берегова охорона Данії."
    )
    articles = [article("ru", russian, "ru"), article("uk", ukrainian, "uk"), *batch("en")]
    assert ["ru", "uk"] in [[each.id for each in group] for group in same_event(articles)]
