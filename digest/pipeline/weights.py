"""Weights for sections and sources that no article has: a slip of the pen that would change nothing, in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from digest.model import Article, Newsletter
from digest.store import Store

_log = structlog.get_logger(__name__)
_LOOKED_THROUGH = 1_000  # of the latest articles: a section without one for weeks may as well be misspelt
_NAMED = 8


def tell_idle_weights(store: Store, newsletter: Newsletter, articles: Sequence[Article]) -> None:
    """Log each weight that no stored article would get, with the names that there are; `articles` are looked at first.

    Nothing is said while nothing is stored.
    """
    selection = newsletter.selection
    titles = frozenset(rule.title for rule in selection.sections)  # a section may go by its heading too
    named = {"section": frozenset(selection.section_weights) - titles, "source": frozenset(selection.source_weights)}
    if not any(named[kind] - known for kind, known in _known(articles)):
        return
    latest = store.articles.recent(_LOOKED_THROUGH)
    for kind, known in _known((*articles, *latest)) if latest else ():
        for name in sorted(named[kind] - known):
            _log.warning(
                f"a weight for a {kind} that no stored article has",
                setting=f"newsletters.{newsletter.id}.selection.{kind}_weights",
                name=name,
                stored=", ".join(sorted(known)[:_NAMED]) or "none",
            )


def _known(articles: Sequence[Article]) -> Iterator[tuple[str, frozenset[str]]]:
    yield "section", frozenset(article.category for article in articles if article.category)
    yield "source", frozenset(article.source for article in articles if article.source)
