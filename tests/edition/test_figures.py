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
        ("The toll from the strike in Odesa has risen to at least twelve.", "en", [(12, "killed")]),
        ("Число погибших выросло до пяти", "ru", [(5, "killed")]),
        ("Кількість загиблих зросла до п’яти", "uk", [(5, "killed")]),
        ("It killed at least three people and injured five", "en", [(3, "killed"), (5, "wounded")]),
        ("Трое погибли, пятеро рабочих получили ранения", "ru", [(3, "killed"), (5, "wounded")]),
        ("Троє загиблих, дев'ятьох поранено", "uk", [(3, "killed"), (9, "wounded")]),
        ("1,200 square metres, 120m², 3 km2, 30 cu. m", "en", [(1200, "m2"), (120, "m2"), (3, "km2"), (30, "m3")]),
        ("12 тыс. кв. м, 2,5 га, 30 кубометров", "ru", [(12000, "m2"), (Decimal("2.5"), "hectares"), (30, "m3")]),
        ("300 кв. метрів, 200 літрів, 8 км²", "uk", [(300, "m2"), (200, "litres"), (8, "km2")]),
        ("64 firefighters and five dock workers", "en", [(64, "firefighters"), (5, "workers")]),
        ("57 attack drones and four Iskander missiles", "en", [(57, "drones"), (4, "missiles")]),
        ("57 беспилотниками и четырьмя ракетами", "ru", [(57, "drones"), (4, "missiles")]),
        ("57 ударних дронів і чотири ракети", "uk", [(57, "drones"), (4, "missiles")]),
        ("15,000 households lost power", "en", [(15000, "households")]),
        ("без света остались 15 тысяч абонентов", "ru", [(15000, "households")]),
        ("двадцать три военнослужащих", "ru", [(23, "soldiers")]),
        ("3 of the 5", "en", [(3, ""), (5, "")]),
    ],
)
def test_a_figure_has_a_value_and_what_it_counts(text: str, language: str, found: list[tuple[Decimal, str]]) -> None:
    """Thousands and decimals are told apart by language; people are counted by what befell them."""
    assert [(figure.value, figure.unit) for figure in figures(text, language)] == found


@pytest.mark.parametrize(
    "text",
    [
        *("on March 4", "4 марта", "at 9:30", "in 2022", "F-16 jets", "the 14th", "won 2-1", "COVID-19"),
        *("version 1.2.3", "at 5 in the morning", "one of them", "hundreds of people", "a five-storey house"),
    ],
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
        ("10 wounded", "12 wounded", False),
        ("10%", "9.8%", True),
    ],
)
def test_rounding_is_no_contradiction(one: str, other: str, agree: bool) -> None:
    """A rounder number, or a hedged one, is the same number said shorter."""
    (first,), (second,) = figures(one, "en"), figures(other, "en")
    assert first.agrees(second) is second.agrees(first) is agree


@pytest.mark.parametrize(
    ("now", "before", "repeats"),
    [
        ("five killed", "three killed", False),
        ("five killed", "at least three killed", False),
        ("12 killed", "10 killed", False),
        ("1,083 killed", "1,100 killed", False),
        ("1,100 killed", "1,083 killed", True),
        ("about 200 ships", "214 ships", True),
        ("1,083 ships", "1,100 ships", True),
    ],
)
def test_a_toll_that_rises_is_no_repetition(now: str, before: str, repeats: bool) -> None:
    """Whoever knows the round number of dead learns from the exact one; of ships it is the same number."""
    (new,), (old,) = figures(now, "en"), figures(before, "en")
    assert new.repeats(old) is repeats


def test_a_figure_is_quoted_as_it_stands() -> None:
    """An editor finds it in the text: the spelling, the capitals and what is counted."""
    found = figures("Four Iskander missiles hit 1.5 million tonnes of grain worth $4.5m, 8.5 per cent of it.", "en")
    written = ["Four Iskander missiles", "1.5 million tonnes", "4.5m USD", "8.5 percent"]
    assert [figure.written for figure in found] == written


@given(text=st.text(alphabet="0123456789 .,%$kmb-/:\u00a0людейpeople№\n", max_size=200), other=st.text(max_size=50))
def test_any_text_is_read(text: str, other: str) -> None:
    """Whatever stands in a text, figures come with a finite value, and any two can be compared."""
    found: list[Figure] = [*figures(text, "en"), *figures(text, "uk"), *figures(other, "und")]
    assert all(figure.value.is_finite() and figure.value >= 0 for figure in found)
    for one, two in zip(found, reversed(found), strict=True):
        assert one.agrees(two) is two.agrees(one)
        assert one.repeats(one)
