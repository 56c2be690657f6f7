"""One name in two scripts has one key, and reports in two languages meet by who, where and how many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.edition import same_event
from digest.edition.names import name_key, name_keys
from digest.model import Article


@pytest.mark.parametrize(
    "spellings",
    [
        "Kharkiv Харьков Харків Харькове",
        "Zelenskyy Zelensky Зеленский Зеленського",
        "Washington Вашингтон Вашингтоне",
        "Trump Трамп Трампа",
        "Johnson Джонсон",
        "Luhansk Луганск Луганськ",
        "Stoltenberg Столтенберг",
        "Macron Макрон",
        "Moscow Москва Москві",
        "Blinken Блинкен Блінкен",
        "Pavlohrad Павлоград Павлограді",
        "Biden Байден Байденом",
    ],
)
def test_spellings_of_a_name_share_a_key(spellings: str) -> None:
    """Vowels, endings and the ways to write one sound are set aside."""
    assert len({name_key(word) for word in spellings.split()}) == 1


def test_different_names_have_different_keys() -> None:
    """The key keeps enough to tell the names of a day apart."""
    names = "Kharkiv Kherson Luhansk Donetsk Moscow Minsk Washington Warsaw Trump Putin Macron Merkel Blinken"
    assert len({name_key(word) for word in names.split()}) == len(names.split())


def test_keys_are_of_names_and_numbers() -> None:
    """Common words that open a sentence and years are left out; a listed place goes by its own name."""
    text = "The minister met Stoltenberg in Kyiv in 2022. After that, 1,100 people left Kherson. 7 stayed."
    assert name_keys(text, "en") == {"stlt", "1100", "kyiv", "kherson"}


REPORTS = {
    "en": (
        "Ferry Baltika runs aground off Bornholm with 214 aboard",
        (
            "The ferry Baltika, bound from Ystad to Ronne, ran aground in fog off Bornholm on Monday. All 214 "
            "passengers were taken off in lifeboats, Captain Nilsen told Danish radio."
        ),
    ),
    "ru": (
        "Паром с 214 пассажирами сел на мель у Борнхольма",
        (
            "Паром «Балтика», шедший из Истада в Рённе, в тумане сел на мель у Борнхольма. Всех 214 человек сняли на "
            "шлюпках, сказал датскому радио капитан Нильсен."
        ),
    ),
    "uk": (
        "Біля Борнхольма сів на мілину пором «Балтика»",
        (
            "Пором «Балтика» йшов з Істада до Рьонне і в тумані сів на мілину біля Борнхольма. Усіх 214 людей зняли "
            "шлюпками, розповів капітан Нільсен."
        ),
    ),
}
OTHERS = {
    "en": (
        "Chess champion Varga withdraws in Tallinn",
        "Ilona Varga left the Tallinn tournament with a fever. Kuipers gains.",
    ),
    "ru": ("Обсерватория Тейде увидела метеоры", "Обсерватория на горе Тейде сняла самый яркий поток за 20 лет."),
    "uk": ("Парламент Литви відхилив бюджет", "Сейм у Вільнюсі відхилив бюджет трьома голосами, сказав Науседа."),
}


def test_three_languages_report_one_event() -> None:
    """They share hardly a word, yet all name Bornholm, Baltika, Nilsen and 214; the other events stay apart."""
    articles = [
        Article(
            id=f"{kind}.{language}",
            url="",
            title=title,
            published=datetime(2026, 1, 1, tzinfo=UTC),
            language=language,
            source="",
            text=text,
            blocks=(),
        )
        for kind, reports in (("ferry", REPORTS), ("other", OTHERS))
        for language, (title, text) in reports.items()
    ]
    groups = [[each.id for each in group] for group in same_event(articles)]
    assert groups == [["ferry.en", "ferry.ru", "ferry.uk"], ["other.en"], ["other.ru"], ["other.uk"]]
