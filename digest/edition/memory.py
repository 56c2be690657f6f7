"""What earlier editions told, so that no edition tells it again as new.

    an article that was told               out
    a story of an event that was told      back with what changed as its points, as an update of that edition
                                           out where nothing did

What changed is a point with words that neither the earlier points nor the earlier articles have, with a figure that
they do not know, or with a turn of events.  An article whose title tells something new may have its news further down
than its points: then it is told by those of its sentences that are new.  Another outlet that tells the same is no
change; that it joined is said in the explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from digest.edition.concepts import topics
from digest.edition.figures import Figure, figures
from digest.edition.likeness import threshold
from digest.edition.merge import says_more
from digest.edition.names import named, share_words
from digest.edition.rank import source_name
from digest.edition.stories import Comparison
from digest.edition.terms import terms, words
from digest.edition.units import is_listed
from digest.model import Article, Edition, KeyPoint, Story

# Topics of lexicon.tsv that turn a story, in however few words: one of the injured died, a suspect was detained.
_TURNS = frozenset({"kill", "injur", "arrest", "sentence", "resign", "truce", "evacuat"})
_NEW_NAMES = 2  # in another language one name may only be spelt beyond recognition


# Gives an article's points anew, of those of its sentences alone that the test lets through.
Retell = Callable[[Article, Callable[[str], bool]], tuple[KeyPoint, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """A story as an earlier edition told it."""

    edition: Edition
    story: Story


class Memory:
    """The stories of earlier editions, oldest first."""

    def __init__(self, earlier: Sequence[Edition], *, slot: datetime) -> None:
        """Remember `earlier`; an edition of `slot` itself or a later one is no memory."""
        editions = sorted((each for each in earlier if each.slot < slot), key=lambda each: (each.slot, each.key))
        self.stories = tuple(Told(edition, story) for edition in editions for story in edition.stories)
        self._told: dict[str, Edition] = {}
        for told in self.stories:
            for article in told.story.articles:
                self._told.update((name, told.edition) for name in (article.id, article.url) if name)
        distinct = {article.id: article for told in self.stories for article in told.story.articles}
        self.articles = tuple(distinct[name] for name in sorted(distinct))

    def refusal(self, article: Article) -> str:
        """Say when this very article was told, or nothing."""
        edition = self._told.get(article.id) or (self._told.get(article.url) if article.url else None)
        return f"told on {edition.slot:%Y-%m-%d}" if edition else ""

    def recall(self, clusters: Sequence[Sequence[Article]], comparison: Comparison) -> list[tuple[Told, ...]]:
        """Find for each cluster of one event what was told of it, oldest first.

        It is the event of a story when any two of their articles are alike: what is told over many days drifts away
        from its first report, and one more report of it is no reason to forget that.
        """
        cluster_of = {article.id: number for number, cluster in enumerate(clusters) for article in cluster}
        stories_of: dict[str, set[int]] = {}
        for number, told in enumerate(self.stories):
            for article in told.story.articles:
                stories_of.setdefault(article.id, set()).add(number)
        likeness: dict[tuple[int, int], list[float]] = {}
        for (one, earlier), value in comparison.between(cluster_of.keys(), stories_of.keys()).items():
            for story in stories_of[earlier]:
                likeness.setdefault((cluster_of[one], story), []).append(value)
        linked: dict[int, list[int]] = {}
        for (cluster, story), values in likeness.items():
            if max(values) >= threshold():
                linked.setdefault(cluster, []).append(story)
        return [
            tuple(self.stories[story] for story in sorted(linked.get(number, ()))) for number in range(len(clusters))
        ]


def changes(
    cluster: Sequence[Article],
    points: Mapping[str, tuple[KeyPoint, ...]],
    told: Sequence[Told],
    *,
    retell: Retell | None = None,
) -> dict[str, tuple[KeyPoint, ...]]:
    """Keep of the points of `cluster`, by article id, those that tell what `told` does not; see `Retell`."""
    known = _Known([each.story for each in told])
    new = {
        article.id: tuple(point for point in points.get(article.id, ()) if known.lacks(point.text, article.language))
        for article in cluster
    }
    if retell is None or any(new.values()):
        return new
    return {
        article.id: retell(article, partial(known.lacks, language=article.language))
        # A brief has one point, and what is new may stand in its other sentences.
        if known.lacks(article.title, article.language) or len(points.get(article.id, ())) == 1
        else ()
        for article in cluster
    }


def new_outlets(articles: Sequence[Article], told: Sequence[Told]) -> tuple[str, ...]:
    """Name the sources among `articles` that `told` does not have, sorted."""
    known = {source_name(article).casefold() for each in told for article in each.story.articles}
    return tuple(sorted({name for article in articles if (name := source_name(article)).casefold() not in known}))


class _Known:
    """Words, names and figures of what was told: points, titles and whole articles."""

    def __init__(self, stories: Sequence[Story]) -> None:
        language_of = {article.id: article.language for story in stories for article in story.articles}
        texts = [
            (f"{article.title}\n{article.text}", article.language) for story in stories for article in story.articles
        ]
        texts += [(point.text, language_of.get(point.article, "")) for story in stories for point in story.points]
        self._terms: dict[str, set[str]] = {}
        self._of_language: dict[str, frozenset[str]] = {}
        self._names: set[str] = set()
        self._figures: set[Figure] = set()
        self._turns: set[str] = set()
        for text, language in texts:
            self._terms.setdefault(language, set()).update(terms(text, language))
            self._names.update(named(text, language))
            self._figures.update(figures(text, language))
            self._turns.update(_turns(text, language))

    def lacks(self, text: str, language: str) -> bool:
        """Whether `text` tells something new."""
        if _turns(text, language) - self._turns:
            return True
        if any(figure.unit and not self._knows(figure) for figure in figures(text, language)):
            return True
        if comparable := self._comparable(language):
            return says_more(terms(text, language), comparable)
        names = {key for key in named(text, language) if not key[0].isdigit()}
        return len(names - self._names) >= _NEW_NAMES

    def _comparable(self, language: str) -> frozenset[str]:
        """The terms of all texts whose words can be compared with those of `language`."""
        if language not in self._of_language:
            rows = [row for other, row in self._terms.items() if share_words(language, other)]
            self._of_language[language] = frozenset().union(*rows)
        return self._of_language[language]

    def _knows(self, figure: Figure) -> bool:
        """Whether the figure was told, or a finer one of the same thing.

        Where both say what they count, five dead are not five firemen.  Who has a word of one's own for it, which no
        list has, may have told the same in another word.
        """
        listed = is_listed(figure.unit)
        return any(
            figure.repeats(other) and (figure.unit == other.unit or not (listed and is_listed(other.unit)))
            for other in self._figures
        )


def _turns(text: str, language: str) -> frozenset[str]:
    """The turns of events that `text` tells."""
    return frozenset(topic for word in words(text) for topic in topics(word, language)) & _TURNS
