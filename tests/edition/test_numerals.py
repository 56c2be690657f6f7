"""Numbers in words are read in three languages with their endings; what only looks like one is not."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.numerals import spelt

WORDS = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def read(text: str, language: str) -> list[int]:
    return [number.value for number in spelt(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("One hundred and five people, twenty-three dogs, two hundred cats", "en", [105, 23, 200]),
        ("a dozen buses, three dozen cars", "en", [12, 36]),
        ("Двоих пострадавших, трое погибших, пятерых раненых", "ru", [2, 3, 5]),
        ("сто двадцать пять, двадцать три, двухсот, сорока", "ru", [125, 23, 200, 40]),
        ("четырёх, тремя, двумя, восемью", "ru", [4, 3, 2, 8]),
        ("двоє, трьох, чотирма, п’ятьох, п'ятдесят двоє", "uk", [2, 3, 4, 5, 52]),
        ("дев'ятнадцять, вісімдесяти, двохсот сімох", "uk", [19, 80, 207]),
    ],
)
def test_case_forms_and_compounds_are_read(text: str, language: str, values: list[int]) -> None:
    """Cardinals and collectives count alike, hundreds, tens and units add up, commas part them."""
    assert read(text, language) == values


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the fifth day, two-thirds, one third, a five-year-old, at nine o'clock, several hundred, half a dozen", "en"),
        ("пятилетний, две трети, в пять утра, сотни людей, семья, пятый", "ru"),
        ("п'ятирічна, дві третини, о четвертій, сотні, сім'я", "uk"),
        ("trois hommes", "fr"),
    ],
)
def test_what_counts_nothing_is_no_number(text: str, language: str) -> None:
    """Ordinals, fractions, ages, times of day and vague words are left out, and so are other languages."""
    assert read(text, language) == []


@given(ten=st.sampled_from(TENS.split()), unit=st.sampled_from(WORDS.split()[:9]), hundred=st.integers(0, 9))
def test_a_number_is_the_sum_of_its_words(ten: str, unit: str, hundred: int) -> None:
    """In English, with a hyphen and without, and with hundreds before."""
    value = 10 * (TENS.split().index(ten) + 2) + WORDS.split().index(unit) + 1
    front = f"{WORDS.split()[hundred - 1]} hundred and " if hundred else ""
    assert (
        read(f"{front}{ten}-{unit} ships", "en") == read(f"{front}{ten} {unit} ships", "en") == [100 * hundred + value]
    )


@given(text=st.text(max_size=200), language=st.sampled_from(["en", "ru", "uk"]))
def test_a_number_stands_where_it_says(text: str, language: str) -> None:
    """Whatever the text, numbers come in order and do not overlap."""
    found = list(spelt(f"two {text} пятеро п'ятьох", language))
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
