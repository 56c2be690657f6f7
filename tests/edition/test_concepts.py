"""Words of three languages have one meaning, and the lists of them hold what they promise."""

from __future__ import annotations

from importlib.resources import files

import pytest

from digest.edition.concepts import places, topics


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        ("odesa", [("Odesa", "en"), ("одесском", "ru"), ("Одесі", "uk")]),
        ("germany", [("German", "en"), ("немецкие", "ru"), ("Німеччиною", "uk")]),
        ("un", [("UN", "en"), ("ООН", "ru"), ("ООН", "uk")]),
        ("sumy", [("Sumy", "en"), ("Сумах", "ru"), ("сумської", "uk")]),
    ],
)
def test_a_place_has_one_name(concept: str, words: list[tuple[str, str]]) -> None:
    """In every case form, and what is derived from it."""
    assert [places(word, language) for word, language in words] == [(concept,)] * len(words)


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        ("fire", [("blaze", "en"), ("загорелся", "ru"), ("пожежею", "uk")]),
        ("sentence", [("convicted", "en"), ("приговорил", "ru"), ("засудили", "uk")]),
        ("drone", [("drones", "en"), ("беспилотниками", "ru"), ("безпілотників", "uk")]),
    ],
)
def test_a_news_word_has_one_meaning(concept: str, words: list[tuple[str, str]]) -> None:
    """Whatever the language and the ending."""
    assert all(concept in topics(word, language) for word, language in words)


def test_a_word_of_two_meanings_has_both() -> None:
    """A strike is an attack or a walkout; which, the rest of the report says."""
    assert set(topics("strike", "en")) == {"attack", "strike"}


@pytest.mark.parametrize(
    ("word", "language"), [("суми", "uk"), ("us", "en"), ("данные", "ru"), ("кримінал", "uk"), ("ровно", "ru")]
)
def test_a_common_word_is_no_place(word: str, language: str) -> None:
    """What only looks like a country or a town is not taken for one."""
    assert places(word, language) == ()


@pytest.mark.parametrize("name", ["places.tsv", "lexicon.tsv", "units.tsv"])
def test_the_lists_are_whole(name: str) -> None:
    """Every line has its columns, none is empty, and no line is there twice."""
    lines = files("digest.edition").joinpath(name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {len(row) for row in rows} == {4 if name == "units.tsv" else 3}
    assert all(column.strip() for row in rows for column in row)
    assert len({row[0] for row in rows}) == len(rows)


def test_a_language_without_a_list_has_no_concepts() -> None:
    """Nothing is guessed."""
    assert places("Berlin", "de") == topics("Feuer", "de") == ()
