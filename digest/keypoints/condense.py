"""What an article comes to, by the one way or the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from digest.keypoints.authored import authored_points
from digest.keypoints.extract import MOST_SENTENCES, extract_points
from digest.keypoints.furniture import story_sentences
from digest.keypoints.script import language_read
from digest.keypoints.wrapped import unwrapped
from digest.model import Article, KeyPoint

# Of a text of any length so much is read: more than is judged, for what tells captions and links from the story.
_SENTENCES: Final = 4 * MOST_SENTENCES
_BLOCKS: Final = 5_000


def reading_language(article: Article) -> str:
    """Name the language whose rules `article` is condensed by: its own, but for what its letters belie.

    English in mostly Cyrillic letters is read as "und", by what all scripts have in common; Ukrainian with the letters
    of Russian as Russian, and the other way round.
    """
    return language_read((block.text for block in article.blocks[:_BLOCKS]), article.language)


def as_read(article: Article) -> Article:
    """The part of `article` that is looked at, in the language that it is read in, taken out of the CSV it came in."""
    language, blocks = reading_language(article), unwrapped(article.blocks, article.text)[:_BLOCKS]
    if language == article.language and blocks == article.blocks:
        return article
    return replace(article, blocks=blocks, language=language)


def condense(article: Article, *, max_points: int | None = None) -> tuple[KeyPoint, ...]:
    """Give the key points of `article` in reading order; () when nothing in it is worth one.

    Points that its editors wrote are given whole, verbatim and grouped, whatever `max_points` says: leaving some
    out is decided where the edition is assembled.  Otherwise at most `max_points` sentences are chosen; None lets
    the content decide how many.

    Takes time linear in the length of the article's first 5,000 blocks, and what is behind them is not looked at: news
    tells the news first, and a text with more blocks is a table.

    An article that is said to be in one language and written in the letters of another is read by the rules of
    `reading_language`.
    """
    article = as_read(article)
    if authored := authored_points(article):
        return authored
    return extract_points(article, story_sentences(article, at_most=_SENTENCES), max_points=max_points)
