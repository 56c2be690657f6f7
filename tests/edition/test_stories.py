"""Articles that report one event come together, the others stay apart, whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
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


@given(articles=st.permutations([each for language in EVENTS for each in batch(language)]))
def test_the_order_given_changes_nothing(articles: list[Article]) -> None:
    """Groups are a function of the set of articles; each article is in exactly one."""
    groups = same_event(articles)
    assert groups == same_event(sorted(articles, key=lambda each: each.id))
    assert sorted(each.id for group in groups for each in group) == sorted(each.id for each in articles)


@given(texts=st.lists(st.text(max_size=60), max_size=8))
def test_any_text_is_grouped(texts: list[str]) -> None:
    """Empty, hostile and nonsense texts end in exactly one group each."""
    articles = [
        article(str(number), text, "en") if text.partition(".")[0].strip() else article(str(number), "x. " + text, "en")
        for number, text in enumerate(texts)
    ]
    assert sum(len(group) for group in same_event(articles)) == len(articles)
