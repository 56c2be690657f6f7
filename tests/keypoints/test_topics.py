"""An article that its editors divided by headings gives its points under them."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.keypoints import condense
from digest.keypoints.topics import topics
from digest.model import Article
from digest.sources.text import split_blocks

DIVIDED = """The council of Exampleton approved a budget of 40 million euros on Monday after a night of debate.

## The libraries

Two of the five libraries of Exampleton close in June, and their books go to the three that stay open.

A petition to keep the libraries open has 9,000 signatures, more than a third of the town's voters.

## Parking

Parking in the old town will cost a third more from July, or 3 euros an hour, the council decided.

The higher price of parking brings in 2 million euros, and residents of the old town pay nothing.

## Read also

How other towns save money.
"""


def an_article(text: str) -> Article:
    return Article(
        id="0" * 16,
        url="",
        title="Exampleton settles its budget",
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language="en",
        source="",
        text=text,
        blocks=split_blocks(text),
    )


def test_points_stand_under_the_headings_of_the_article() -> None:
    """Each point has the heading above it, word for word; what stands before the first heading has none."""
    article = an_article(DIVIDED)
    assert [block.kind for block in article.blocks][:5] == ["paragraph", "heading", "paragraph", "paragraph", "heading"]
    assert topics(article, [0, 2, 3, 5]) == [None, "The libraries", "The libraries", "Parking"]


def test_groups_come_with_the_points() -> None:
    """What is chosen carries the group of its block."""
    article = an_article(DIVIDED)
    points = condense(article, max_points=5)
    blocks = [
        next(i for i, block in enumerate(article.blocks) if block.span.start <= point.spans[0].start < block.span.end)
        for point in points
    ]
    assert points
    assert [point.group for point in points] == topics(article, blocks)


def test_one_heading_divides_nothing() -> None:
    """Where all points stand under one heading, none of them is grouped."""
    text = DIVIDED.partition("## Parking")[0]
    assert {point.group for point in condense(an_article(text), max_points=5)} == {None}


def test_furniture_is_no_topic() -> None:
    """A heading over links to other articles is passed over, and an article without headings has no topics."""
    article = an_article(DIVIDED)
    assert "Read also" not in topics(article, range(len(article.blocks)))
    assert topics(an_article("One sentence is all there is."), [0]) == [None]
    assert topics(an_article(""), []) == []
