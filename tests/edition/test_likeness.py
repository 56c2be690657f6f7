"""The model of one event: what speaks for it, what against, and that the shipped weights say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from digest.edition.candidates import Pairs, candidates
from digest.edition.keys import weigh_keys
from digest.edition.likeness import FEATURES, figures, judge, model, probabilities, strangeness, threshold
from digest.edition.vectors import vectors, wording
from digest.model import Article

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE_PAIR = Pairs(np.array([0]), np.array([1]), np.array([0.3]))
USUAL = {"pieces": 0.35, "title": 0.2, "titled": 1.0, "length": 4.8, "unlength": 0.2, "crowd": 0.12}


def odds(**changed: float) -> float:
    row = np.array([[{**USUAL, **changed}[name] for name in FEATURES]])
    return float(judge(row, *model())[0])


@pytest.mark.parametrize(
    ("figure", "value", "likelier"),
    [
        ("pieces", 0.5, True),
        ("title", 0.6, True),
        ("titled", 0.0, True),
        ("length", 5.3, False),
        ("unlength", 1.0, False),
        ("crowd", 0.2, False),
    ],
)
def test_each_figure_pulls_the_way_it_should(figure: str, value: float, likelier: bool) -> None:
    """Shared words and titles speak for one event; long, unlike texts among many of their kind must share more."""
    assert (odds(**{figure: value}) > odds()) is likelier


def test_texts_that_share_next_to_nothing_are_never_alike() -> None:
    """However short and however lonely, a twentieth of the words in common is no evidence."""
    assert odds(pieces=0.05, titled=0.0, length=0.0) == 0.0


def test_the_threshold_is_a_probability() -> None:
    """The file is read, and its threshold can be reached."""
    assert 0 < threshold() < 1


def article(name: str, title: str, text: str) -> Article:
    return Article(id=name, url="", title=title, published=NOON, language="en", source="", text=text, blocks=())


DAM = "Engineers lowered the reservoir behind the Larkspur dam on Monday after divers found cracks in its spillway."
CHESS = "Chess champion Ilona Varga withdrew from the Tallinn tournament with a fever before the sixth round."


def test_days_between_two_articles_count_after_the_second() -> None:
    """A report of the next day loses nothing, one of the next week does."""
    row = np.array([[USUAL[name] for name in FEATURES]])
    same, next_day, next_week = (
        float(probabilities(row, ONE_PAIR, [NOON, NOON + timedelta(days=days)], np.zeros(1))[0]) for days in (0, 1, 7)
    )
    assert same == next_day > next_week


def test_reports_that_name_others_are_drawn_apart() -> None:
    """Two rate decisions in the same words are of two banks; who names little, or the same, loses nothing."""
    kyiv = (
        "The National Bank of Ukraine in Kyiv cut its rate, said Governor Andriy Pyshnyy, and 43.1 hryvnias a dollar."
    )
    warsaw = "The National Bank of Poland in Warsaw cut its rate, said Governor Adam Glapinski, and 4.21 zlotys a euro."
    again = (
        "Andriy Pyshnyy told reporters in Kyiv that the National Bank of Ukraine had lowered its rate; 43.1 hryvnias."
    )
    little = "The central bank cut its rate, and its governor explained why."

    def cost(one: str, other: str) -> float:
        anchors = weigh_keys([article("a", "Rate cut", one), article("b", "Rate cut", other)]).anchors
        return float(strangeness(anchors, ONE_PAIR)[0])

    assert cost(kyiv, warsaw) == cost(warsaw, kyiv) > 1.0
    assert cost(kyiv, again) == cost(kyiv, little) == cost(little, little) == 0.0


def test_a_title_made_of_the_first_words_is_no_title() -> None:
    """It says nothing that the text does not, even cut in its last word; a title of its own does."""
    assert wording(article("a", "Engineers lowered the reserv", DAM)).title == ()
    assert wording(article("a", DAM, DAM)).title == ()
    assert wording(article("a", "Dam emptied", DAM)).title != ()


def test_a_long_text_is_read_at_its_top() -> None:
    """What an enormous article says at its end costs nothing and changes nothing."""
    long = article("a", "Dam emptied", f"{DAM} " * 100)
    assert wording(long) == wording(replace(long, text=long.text + CHESS * 10_000))


def test_figures_are_of_the_pair_whichever_comes_first() -> None:
    """Every figure is symmetric, and rows are of length one: an article is like itself."""
    one, other = article("a", "Dam emptied", DAM), article("b", "Reservoir lowered", f"{DAM} {CHESS}")
    for batch in ([one, other], [other, one]):
        vectorised = vectors([wording(each) for each in batch])
        row = figures(vectorised, candidates(vectorised.words))
        assert row.shape == (1, len(FEATURES))
        assert row == pytest.approx(np.array([[*row[0]]]))
        same = vectors([wording(one), wording(one)])
        assert figures(same, candidates(same.words))[0, 0] == pytest.approx(1.0)
    forth, back = (
        figures(made, candidates(made.words))
        for made in (vectors([wording(one), wording(other)]), vectors([wording(other), wording(one)]))
    )
    assert forth == pytest.approx(back)
