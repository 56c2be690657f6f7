"""What an article comes to, by the one way or the other."""

from __future__ import annotations

from digest.keypoints.authored import authored_points
from digest.keypoints.extract import extract_points
from digest.keypoints.furniture import story_sentences
from digest.model import Article, KeyPoint


def condense(article: Article, *, max_points: int | None = None) -> tuple[KeyPoint, ...]:
    """Give the key points of `article` in reading order; () when nothing in it is worth one.

    Points that its editors wrote are given whole, verbatim and grouped, whatever `max_points` says: leaving some
    out is decided where the edition is assembled.  Otherwise at most `max_points` sentences are chosen; None lets
    the content decide how many.
    """
    return authored_points(article) or extract_points(article, story_sentences(article), max_points=max_points)
