"""Forms of one word meet in one term."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.edition.terms import terms, words


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "sanction sanctions sanctioned"),
        ("ru", "переговоры переговоров переговорах переговорами"),
        ("uk", "переговори переговорів переговорах переговорами"),
        ("uk", "область області областю"),
        ("uk", "Зеленський Зеленського Зеленському"),
        ("uk", "об'єкт об’єкта обʼєкту"),
    ],
)
def test_forms_of_one_word_share_a_term(language: str, forms: str) -> None:
    """Inflection and the kind of apostrophe do not part a word from itself."""
    assert len(set(terms(forms, language))) == 1


def test_different_words_stay_apart() -> None:
    """A stemmer that cuts too deep would make one event of two."""
    assert len(set(terms("санкции самолет самоуправление Киев кино", "ru"))) == 5
    assert len(set(terms("санкції літак лікар Київ кіно область обстріл", "uk"))) == 7


def test_a_hyphen_parts_and_digits_stay() -> None:
    """Su-34 is found under 34, and 2022 is no word with an ending."""
    assert words("Су-34 и F-16, 1,5 тыс.") == ["су", "34", "и", "f", "16", "1.5", "тыс"]


def test_a_number_is_one_word_however_it_is_written() -> None:
    """Two reports meet in 11.6 million, not in an 11 and a 6; a date or a sentence's end is no part of a number."""
    assert words("11,6 million, 11.6 млн, 1,100 or 1.100 people in 2022. 5, 12.5m") == (
        ["11.6", "million", "11.6", "млн", "1100", "or", "1100", "people", "in", "2022", "5", "12", "5m"]
    )
    assert len(words("1." * 200_000 + "x")) > 1


@settings(deadline=None)
@given(text=st.text(), language=st.sampled_from(["en", "ru", "uk", "und", ""]))
def test_any_text_in_any_language_has_terms(text: str, language: str) -> None:
    """Hostile text and unknown languages give terms, none of them empty."""
    assert all(terms(text, language))
