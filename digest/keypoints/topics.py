"""The headings that an article stands under, as groups of its points.

A heading is the editors' own word for what follows, so a group is verbatim too.  Speakers are not guessed from
"said Roe" in a sentence: of the groups so found on development articles one in two was an office, not a person.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from digest.keypoints.furniture import furniture_blocks
from digest.model import Article

_LONGEST: Final = 60  # characters: a longer heading is a sentence
_FEWEST: Final = 2  # headings with points under them: one alone divides nothing


def topics(article: Article, blocks: Sequence[int]) -> list[str | None]:
    """The heading over each of `blocks`; all None unless they stand under at least two."""
    headings = [
        number for number, block in enumerate(article.blocks) if block.kind == "heading" and len(block.text) <= _LONGEST
    ]
    if len(headings) >= _FEWEST:
        furniture = furniture_blocks(article)
        headings = [number for number in headings if number not in furniture]
    if len(headings) < _FEWEST:
        return [None] * len(blocks)
    above = [headings[place - 1] if (place := bisect_left(headings, block)) else None for block in blocks]
    if len({heading for heading in above if heading is not None}) < _FEWEST:
        return [None] * len(blocks)
    return [None if heading is None else article.blocks[heading].text.rstrip(" :") or None for heading in above]
