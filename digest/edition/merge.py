"""From articles about one event to one Story: who leads it, and what the others add.

A story tells the lead article's points, then what only another source adds: a point most of whose words stand
nowhere in the lead's text.  Every point keeps the id of the article that bears it out, and through it its source.
Which articles report one event is decided in stories.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from digest.edition.rank import RankWeights, points_quality, source_name
from digest.edition.terms import terms
from digest.model import Article, KeyPoint, Story

_MOST_ADDED = 2  # a busy reader's three minutes: one event does not crowd out the next
_NEW_SHARE = 0.4  # of a point's words, absent from all that is told: less is the same fact in other words
_NEW_WORDS = 3
_SHORTEST_TERM = 3  # shorter stems are mostly particles; numbers count at any length


def tell(
    cluster: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    *,
    weights: RankWeights,
    max_points: int | None,
    language: str = "",
) -> Story | None:
    """Make a story of articles about one event, or None where none of them has a point to show.

    `points` are by article id.  An article in `language`, the readers' own, leads before others.  `max_points` bounds
    what is added, never what the lead brings.
    """
    leads = [article for article in cluster if points.get(article.id)]
    if not leads:
        return None
    lead = min(leads, key=lambda article: _lead_place(article, points[article.id], weights, language))
    others = tuple(
        sorted(
            (article for article in cluster if article.id != lead.id),
            key=lambda article: (article.published, article.id),
        )
    )
    own = points[lead.id]
    most = _MOST_ADDED if max_points is None else min(_MOST_ADDED, max_points - len(own))
    return Story(lead=lead, others=others, points=(*own, *_added(lead, own, others, points, most=most)))


def _lead_place(article: Article, own: Sequence[KeyPoint], weights: RankWeights, language: str) -> tuple[object, ...]:
    """Pinned, the readers' language, authored points, a weightier source, better points, longer, earlier, the id."""
    return (
        not ({article.id, article.url} & set(weights.pins)),
        article.language != language,
        not any(point.origin == "authored" for point in own),
        -weights.source_weights.get(article.source, 1.0),
        -points_quality(own),
        -len(article.text),
        article.published,
        article.id,
    )


def _added(
    lead: Article,
    own: Sequence[KeyPoint],
    others: Iterable[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    *,
    most: int,
) -> list[KeyPoint]:
    told = set(terms(f"{lead.title} {lead.text}", lead.language))
    for point in own:
        told.update(terms(point.text, lead.language))
    added: list[KeyPoint] = []
    for other in others:
        # A point in another language shares no words with the lead, so nothing tells whether it is news.
        if other.language != lead.language or source_name(other) == source_name(lead):
            continue
        for point in points.get(other.id, ()):
            if len(added) >= most:
                return added
            row = terms(point.text, other.language)
            if says_more(row, told):
                added.append(point)
                told.update(row)
    return added


def says_more(row: Sequence[str], told: Collection[str]) -> bool:
    """Whether a point of these terms tells something that a text of the terms `told` does not."""
    all_of_it = telling(row)
    new = [term for term in all_of_it if term not in told]
    return len(new) >= _NEW_WORDS and len(new) >= _NEW_SHARE * len(all_of_it)


def telling(row: Sequence[str]) -> frozenset[str]:
    """The terms of `row` that may tell something: particles are left out."""
    return frozenset(term for term in row if len(term) >= _SHORTEST_TERM or term.isdigit())
