"""Short reports of one town and day are of one event only where they agree in more than the town.

The articles of short/ were written for this test: twelve towns a file, English, Russian and Ukrainian, each with two
tellings of one event and one report of another of the same town, day and often kind, 25 to 45 words each.
"""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.edition import same_event
from digest.edition.brevity import beside_the_strongest, thinness
from digest.edition.candidates import Pairs, candidates
from digest.edition.keys import weigh_keys
from digest.edition.likeness import cosines
from digest.edition.vectors import rows, vectors, wording
from digest.model import Article

SHORT = Path(__file__).parent / "short"


def read(name: str) -> list[Article]:
    """An id is the town, the event, and the language with the telling's number."""
    return [
        article(record["id"], record["title"], record["text"], record["lang"], record["date"])
        for record in map(json.loads, (SHORT / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    ]


def article(name: str, title: str, text: str, language: str, date: str = "2026-03-10T08:00:00+00:00") -> Article:
    return Article(
        id=name,
        url="",
        title=title,
        published=datetime.fromisoformat(date),
        language=language,
        source="",
        text=text,
        blocks=(),
    )


def event(name: str) -> str:
    return name.rpartition(".")[0]


@pytest.mark.parametrize(("name", "wrong"), [("tuned", 6), ("held-out", 2)])
def test_short_reports_of_one_town_come_together_only_where_they_tell_the_same(name: str, wrong: int) -> None:
    """Both tellings of each event meet, and of 24 pairs of one town and two events most stay apart.

    The constants were picked on the first file; before them 16 pairs came together wrongly in either.  These floors may
    only rise: what is left are two fires, two sentences, two drones and two factories of one town and day.
    """
    articles = read(name)
    groups = same_event(articles)
    group_of = {each.id: number for number, group in enumerate(groups) for each in group}
    pairs = list(itertools.combinations(sorted(group_of), 2))
    together = {pair for pair in pairs if group_of[pair[0]] == group_of[pair[1]]}
    same = {pair for pair in pairs if event(pair[0]) == event(pair[1])}
    assert same <= together, same - together
    assert len(together - same) <= wrong, together - same


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        pytest.param("en", "oak.crash.en1", "oak.lorry.en1", id="two accidents"),
        pytest.param("en", "bay.school.en1", "bay.pay.en1", id="a bomb threat and the teachers' pay"),
        pytest.param("ru", "perm.vzyatka.ru1", "perm.ubiystvo.ru1", id="two court cases"),
        pytest.param("uk", "dnipro.sud.uk1", "dnipro.zrada.uk1", id="two sentences"),
    ],
)
def test_two_events_of_one_town_are_two_stories(language: str, one: str, other: str) -> None:
    """A day with nothing else in the store tells them apart too."""
    found = [each for each in read("tuned") if each.id in {one, other}]
    assert [each.language for each in found] == [language] * 2
    assert len(same_event(found)) == 2


def test_longer_reports_and_those_without_titles_lose_nothing() -> None:
    """Of longer ones the model knows enough, and a town that no title repeats weighs less to begin with."""
    crash, lorry = (each for each in read("tuned") if each.id in {"oak.crash.en1", "oak.lorry.en1"})

    def cost(*articles: Article) -> float:
        vectorised = vectors([wording(each) for each in articles])
        return float(thinness(vectorised, weigh_keys(articles).topics, candidates(vectorised.words))[0])

    def longer(one: Article) -> Article:
        return article(one.id, one.title, f"{one.text} " * 4, one.language)

    def untitled(one: Article) -> Article:
        return article(one.id, one.text[:30], one.text, one.language)

    assert cost(crash, lorry) > 1.0
    assert cost(longer(crash), longer(lorry)) == cost(untitled(crash), untitled(lorry)) == 0.0


def test_a_language_without_a_list_of_topics_is_judged_by_its_words() -> None:
    """Two German tellings of one event stay together, and another event of their town stays out."""
    told = [
        article("a", "Brand in Lagerhalle in Altstadt", "In Altstadt ist am Freitag eine Lagerhalle am Hafen "
                "ausgebrannt. Fünfzig Feuerwehrleute brauchten neun Stunden, verletzt wurde niemand.", "de"),
        article("b", "Lagerhalle am Hafen von Altstadt ausgebrannt", "Eine Lagerhalle am Hafen von Altstadt ist am "
                "Freitag ausgebrannt. Fünfzig Feuerwehrleute waren im Einsatz, niemand wurde verletzt.", "de"),
        article("c", "Lehrer in Altstadt streiken", "Die Lehrer aller Schulen in Altstadt wollen am Freitag streiken. "
                "Die Gewerkschaft fordert acht Prozent mehr Lohn, die Stadt bietet drei.", "de"),
    ]  # fmt: skip
    assert [[each.id for each in group] for group in same_event(told)] == [["a", "b"], ["c"]]


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 9.0)), min_size=2, max_size=6),
)
def test_what_is_beside_the_strongest_is_all_but_one_product(vectors_by_name: list[dict[str, float]]) -> None:
    """For every pair, as counted by hand; one that shares a single word shares nothing beside it."""
    matrix = rows(vectors_by_name)
    second, first = np.tril_indices(len(vectors_by_name), -1)
    pairs = Pairs(first, second, np.zeros(len(first)))
    dense = np.zeros((len(vectors_by_name), max(matrix.width, 1)))
    for number in range(len(vectors_by_name)):
        columns, weights = matrix.row(number)
        dense[number, columns] = weights
    products = dense[first] * dense[second]
    expected = products.sum(axis=1) - products.max(axis=1)
    assert np.allclose(beside_the_strongest(matrix, pairs), expected)
    assert np.allclose(cosines(matrix, pairs), products.sum(axis=1))
