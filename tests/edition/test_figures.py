"""Numbers are read as their language writes them, with what they count; what counts nothing is left out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.figures import Figure, figures


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("The quake killed 1,100 people.", "en", [(1100, "killed")]),
        ("11 people were killed and 23 wounded", "en", [(11, "killed"), (23, "wounded")]),
        ("Погибли 11 человек, 23 ранены", "ru", [(11, "killed"), (23, "wounded")]),
        ("Загинули 1 100 осіб", "uk", [(1100, "killed")]),
        ("214 passengers left", "en", [(214, "passengers")]),
        ("на борту 214 пассажиров", "ru", [(214, "passengers")]),
        ("$4.5 billion in aid", "en", [(Decimal("4.5e9"), "USD")]),
        ("3,5 млрд гривен", "ru", [(Decimal("3.5e9"), "UAH")]),
        ("€20m", "en", [(Decimal("2e7"), "EUR")]),
        ("up 9.8% a year", "en", [(Decimal("9.8"), "%")]),
        ("на 9,8 процента", "ru", [(Decimal("9.8"), "%")]),
        ("10 per cent", "en", [(10, "%")]),
        ("420 packets of seeds", "en", [(420, "packet")]),
        ("3 of the 5", "en", [(3, ""), (5, "")]),
    ],
)
def test_a_figure_has_a_value_and_what_it_counts(text: str, language: str, found: list[tuple[Decimal, str]]) -> None:
    """Thousands and decimals are told apart by language; people are counted by what befell them."""
    assert [(figure.value, figure.unit) for figure in figures(text, language)] == found


@pytest.mark.parametrize(
    "text",
    ["on March 4", "4 марта", "at 9:30", "in 2022", "F-16 jets", "the 14th", "won 2-1", "COVID-19", "version 1.2.3"],
)
def test_dates_times_and_names_are_no_figures(text: str) -> None:
    """Two reports that name another day or model do not contradict each other."""
    assert figures(text, "ru" if "марта" in text else "en") == ()


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("1,100 people", "1,083 people", True),
        ("1,083 people", "1,093 people", False),
        ("1.1 million dollars", "1.12 million dollars", True),
        ("about 200 ships", "214 ships", True),
        ("214 passengers", "241 passengers", False),
    ],
)
def test_rounding_is_no_contradiction(one: str, other: str, agree: bool) -> None:
    """A rounder number, or a hedged one, is the same number said shorter."""
    (first,), (second,) = figures(one, "en"), figures(other, "en")
    assert first.agrees(second) is second.agrees(first) is agree


@given(text=st.text(alphabet="0123456789 .,%$kmb-/:\u00a0людейpeople№\n", max_size=200), other=st.text(max_size=50))
def test_any_text_is_read(text: str, other: str) -> None:
    """Whatever stands in a text, figures come with a finite value, and any two can be compared."""
    found: list[Figure] = [*figures(text, "en"), *figures(text, "uk"), *figures(other, "und")]
    assert all(figure.value.is_finite() and figure.value >= 0 for figure in found)
    for one, two in zip(found, reversed(found), strict=True):
        assert one.agrees(two) is two.agrees(one)
