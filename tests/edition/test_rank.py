"""The order follows from figures that can be read aloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.rank import RankWeights, freshness, independent_sources, order, points_quality, score
from digest.model import Article, KeyPoint, Span, Story

NOW = datetime(2026, 1, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG = "The parliament of the republic voted on Tuesday to extend the mandate of the mission by another year"


def article(name: str, *, source: str = "", age: timedelta = HOUR, text: str = "", category: str = "") -> Article:
    return Article(
        id=name,
        url=f"https://{name}.example/",
        title=name,
        published=NOW - age,
        language="en",
        source=source,
        text=text or f"{name} {LONG} {name}",
        blocks=(),
        category=category or None,
    )


def story(lead: Article, *others: Article, points: int = 3, authored: bool = False) -> Story:
    point = KeyPoint(
        text="Parliament voted to extend the mandate of the mission.",
        origin="authored" if authored else "extracted",
        spans=(Span(0, 1),),
        article=lead.id,
    )
    return Story(lead=lead, others=others, points=(point,) * points)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(
            story(article("a", source="A", text="one two three"), article("b", source="B", text="four five six")),
            story(article("c", source="C")),
            id="two sources beat one",
        ),
        pytest.param(story(article("a", age=HOUR)), story(article("c", age=20 * HOUR)), id="the newer"),
        pytest.param(story(article("a"), points=3), story(article("c"), points=1), id="more points"),
        pytest.param(story(article("a"), points=1, authored=True), story(article("c"), points=0), id="authored points"),
    ],
)
def test_what_matters_more_comes_first(better: Story, worse: Story) -> None:
    """All else equal, each term of the score decides the order."""
    ordered = [placed for placed, _ in order([worse, better], now=NOW, weights=RankWeights())]
    assert ordered == [better, worse]


def test_an_editors_weights_and_pins_decide() -> None:
    """A source's and a section's weight multiply; a pin stands above every score, in the order of the pins."""
    world, sport = story(article("w", source="Wire", category="World")), story(article("s", category="Sport"))
    late = story(article("old", age=400 * HOUR), points=1)
    weights = RankWeights(section_weights={"Sport": 3.0}, pins=("https://old.example/",))
    assert [placed for placed, _ in order([world, sport, late], now=NOW, weights=weights)] == [late, sport, world]
    weights = RankWeights(source_weights={"Wire": 9.0}, section_weights={"Sport": 3.0}, pins=("s", "old"))
    assert [placed for placed, _ in order([world, sport, late], now=NOW, weights=weights)] == [sport, late, world]


@pytest.mark.parametrize(
    ("weights", "heading", "told"),
    [
        pytest.param({"Sport": 3.0}, "", ("Sport", 3.0), id="by category"),
        pytest.param({"games": 3.0}, "Games", ("Games", 3.0), id="by heading, without case"),
        pytest.param({"Sport": 2.0, "Games": 3.0}, "Games", ("Games", 3.0), id="the heading's where both have one"),
        pytest.param({"Sport": 2.0}, "Games", ("Sport", 2.0), id="the category's where the heading has none"),
        pytest.param({"World": 2.0}, "Games", ("Sport", 1.0), id="neither"),
    ],
)
def test_a_section_goes_by_its_category_or_its_heading(
    weights: dict[str, float], heading: str, told: tuple[str, float]
) -> None:
    """An editor names a section as the mail does, or as the publisher does; the score says which name counted."""
    counted = score(
        story(article("s", category="Sport")), now=NOW, weights=RankWeights(section_weights=weights), heading=heading
    )
    assert (counted.multipliers[1].because, counted.multipliers[1].value) == told


def test_a_score_says_what_it_is_made_of() -> None:
    """Its words hold every figure, and the figures add up to the total."""
    told = score(
        story(article("a", source="A"), article("b", source="B", text="quite other words")),
        now=NOW,
        weights=RankWeights(),
    )
    assert "2 independent: A, B" in str(told)
    assert "1.0 h old" in str(told)
    product = sum(factor.product for factor in told.terms)
    assert told.total == pytest.approx(product)
    assert str(told).startswith(f"{told.total:.2f} = (sources 1.00")


@given(st.permutations([story(article(name, age=age * HOUR)) for name in "abc" for age in (1, 2)]))
def test_the_order_is_total(stories: list[Story]) -> None:
    """Equal scores fall back on time and id, so the order given never shows."""
    placed = [(found.lead.published, found.id) for found, _ in order(stories, now=NOW, weights=RankWeights())]
    assert placed == sorted(placed, key=lambda pair: (-pair[0].timestamp(), pair[1]))


def test_a_copied_wire_text_is_no_second_voice() -> None:
    """A source that reprints another's words adds none of its own; the first to publish keeps the voice."""
    wire = article("wire", source="Wire", text=LONG, age=3 * HOUR)
    copy = article("copy", source="Paper", text=f"{LONG} .")
    own = article("own", source="Herald", text="Deputies prolonged what the observers do there until next winter comes")
    assert independent_sources([copy, own, wire]) == ("Herald", "Wire")
    assert independent_sources([article("x", text=LONG), article("y", text="other words altogether")]) == (
        "x.example",
        "y.example",
    )


@given(age=st.timedeltas(min_value=timedelta(days=-30), max_value=timedelta(days=400)))
def test_freshness_halves_with_every_half_life(age: timedelta) -> None:
    """It lies in 0..1, and one half-life later it is half of what it was."""
    fresh = freshness(age, half_life=12 * HOUR)
    assert 0 <= fresh <= 1
    if age >= timedelta(0):
        assert freshness(age + 12 * HOUR, half_life=12 * HOUR) == pytest.approx(fresh / 2)


def test_points_are_worth_their_readable_length() -> None:
    """A fragment and a paragraph count less than a sentence, and more than three count as three."""

    def point(words: int) -> KeyPoint:
        return KeyPoint(text="word " * words, origin="extracted", spans=(Span(0, 1),), article="a")

    assert points_quality([point(2)]) < points_quality([point(12)])
    assert points_quality([point(100)]) < points_quality([point(12)])
    assert points_quality([point(12)] * 9) == 1.0


@pytest.mark.parametrize(
    "bad", [{"sources": -1.0}, {"half_life": timedelta(0)}, {"source_weights": {"A": float("nan")}}]
)
def test_weights_that_mean_nothing_are_refused(bad: dict[str, float]) -> None:
    """A negative weight or half-life would turn the order upside down."""
    with pytest.raises(ValueError, match=r"weights are|half_life"):
        RankWeights(**bad)  # type: ignore[arg-type]
