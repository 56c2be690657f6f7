"""The index finds the pairs that comparing all would find, at a cost that does not grow with the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.edition.candidates import Pairs, candidates, crowdedness, ragged
from digest.edition.vectors import Rows

matrices = st.lists(
    st.dictionaries(st.integers(0, 7), st.integers(1, 9).map(float), max_size=5), min_size=1, max_size=12
)


def rows_of(matrix: list[dict[int, float]]) -> Rows:
    starts = np.cumsum([0, *(len(row) for row in matrix)])
    columns = [column for row in matrix for column in row]
    weights = [value / np.sqrt(sum(each * each for each in row.values())) for row in matrix for value in row.values()]
    return Rows(starts, np.array(columns, dtype=np.int64), np.array(weights, dtype=np.float64), 8)


@settings(deadline=None)
@given(matrix=matrices)
def test_it_finds_what_comparing_all_pairs_finds(matrix: list[dict[int, float]]) -> None:
    """In a batch without very common terms no pair is lost and no cosine is off."""
    rows = rows_of(matrix)
    dense = np.zeros((len(matrix), 8))
    for number in range(len(matrix)):
        columns, weights = rows.row(number)
        dense[number, columns] = weights
    product = dense @ dense.T
    expected = {(a, b): product[a, b] for b in range(len(matrix)) for a in range(b) if product[a, b] >= 0.04 + 1e-9}
    found = candidates(rows)
    by_pair = dict(
        zip(zip(found.first.tolist(), found.second.tolist(), strict=True), found.cosine.tolist(), strict=True)
    )
    assert expected.keys() <= by_pair.keys()
    assert all(by_pair[pair] == pytest.approx(value) for pair, value in expected.items())
    assert list(by_pair) == sorted(by_pair, key=lambda pair: (pair[1], pair[0]))


def test_a_term_of_very_many_articles_leads_to_none() -> None:
    """Six hundred articles that share one word alone are not compared; two that share a rare one are."""
    matrix = [{0: 1.0} for _ in range(600)] + [{0: 1.0, 1: 1.0}, {0: 1.0, 1: 1.0}]
    found = candidates(rows_of(matrix))
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(600, 601)]


def test_a_crowd_is_the_nearest_after_the_nearest_few() -> None:
    """Three near neighbours may report the same event and are no crowd; the 4th to 10th are, within bounds."""
    first = np.zeros(10, dtype=np.int64)
    pairs = Pairs(first, np.arange(1, 11, dtype=np.int64), np.array([0.9, 0.9, 0.9, *[0.1] * 7]))
    crowd = crowdedness(pairs, 11)
    assert crowd[0] == pytest.approx(0.1)
    assert crowd[1] == pytest.approx(0.06)  # the floor of an article without neighbours
    near = Pairs(first, np.arange(1, 11, dtype=np.int64), np.full(10, 0.9))
    assert crowdedness(near, 11)[0] == pytest.approx(0.15)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=8))
def test_runs_are_laid_end_to_end(runs: list[tuple[int, int]]) -> None:
    """Empty runs leave no trace."""
    starts = np.array([start for start, _ in runs], dtype=np.int64)
    sizes = np.array([size for _, size in runs], dtype=np.int64)
    assert ragged(starts, sizes).tolist() == [start + step for start, size in runs for step in range(size)]
