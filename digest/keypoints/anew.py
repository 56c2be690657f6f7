"""The key points of what is new in an article, for readers who know the rest."""

from __future__ import annotations

from collections.abc import Callable

from digest.keypoints.authored import authored_points
from digest.keypoints.condense import as_read
from digest.keypoints.extract import extract_points
from digest.keypoints.furniture import story_sentences
from digest.model import Article, KeyPoint


def condense_anew(
    article: Article, is_new: Callable[[str], bool], *, max_points: int | None = None
) -> tuple[KeyPoint, ...]:
    """Give the points that `article` has where only what `is_new` lets through is looked at; () where that is nothing.

    Of points that its editors wrote those that are new; otherwise at most `max_points` of its new sentences.
    """
    article = as_read(article)
    if authored := authored_points(article):
        return tuple(point for point in authored if is_new(point.text))
    sentences = [sentence for sentence in story_sentences(article) if is_new(sentence.text)]
    return extract_points(article, sentences, max_points=max_points)
