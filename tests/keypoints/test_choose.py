"""The set that promises most is found, and what may not stand together does not."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints.choose import Candidates, choose, promising

WORDS = 12


def the_candidates(
    has: list[list[bool]], *, likely: list[float] | None = None, alike: float = 1.0, longest: float = 1e9
) -> Candidates:
    words = np.array(has, dtype=bool).reshape(len(has), WORDS)
    return Candidates(
        sentence=np.arange(len(has)),
        words=words,
        pairs=words[:, :1],
        lengths=words.sum(axis=1).astype(float) + 1,
        word_likelihood=np.array(likely or [0.3] * WORDS),
        pair_likelihood=np.array([0.1]),
        cost=np.zeros(len(has)),
        usual_length=8.0,
        pair_weight=0.7,
        longest=longest,
        alike=alike,
    )


def worth(candidates: Candidates, rows: tuple[int, ...]) -> float:
    """The definition, spelled out: expected agreement on words and pairs, over the length of both sides."""
    said = candidates.words[list(rows)].any(axis=0)
    paired = candidates.pairs[list(rows)].any(axis=0)
    both = candidates.lengths[list(rows)].sum() + candidates.usual_length
    agreed = candidates.word_likelihood[said].sum()
    agreed_pairs = candidates.pair_likelihood[paired].sum()
    return float(2 * (agreed / both + candidates.pair_weight * agreed_pairs / (both - 2)))


rows_of_words = st.lists(st.lists(st.booleans(), min_size=WORDS, max_size=WORDS), min_size=1, max_size=7)


@given(has=rows_of_words, likely=st.lists(st.floats(0.01, 1), min_size=WORDS, max_size=WORDS))
def test_no_set_of_up_to_three_promises_more(has: list[list[bool]], likely: list[float]) -> None:
    """Every set of up to three candidates was weighed."""
    candidates = the_candidates(has, likely=likely)
    found = worth(candidates, tuple(choose(candidates, at_most=3)))
    best = max(worth(candidates, rows) for k in (1, 2, 3) for rows in combinations(range(len(has)), k))
    assert found == pytest.approx(best)


@given(has=rows_of_words, at_most=st.integers(1, 6), longest=st.floats(1, 30), alike=st.floats(0, 1))
def test_limits_hold(has: list[list[bool]], at_most: int, longest: float, alike: float) -> None:
    """Rows come in order, no more than asked for, not too long together, none like another."""
    candidates = the_candidates(has, alike=alike, longest=longest)
    chosen = choose(candidates, at_most=at_most)
    assert chosen == sorted(set(chosen))
    assert 1 <= len(chosen) <= at_most
    assert len(chosen) == 1 or candidates.lengths[chosen].sum() <= longest
    for a, b in combinations(chosen, 2):
        common = (candidates.words[a] & candidates.words[b]).sum()
        assert 2 * common <= alike * (candidates.lengths[a] + candidates.lengths[b])


def test_a_cost_turns_the_choice() -> None:
    """Of two equal sentences the one without a cost is chosen."""
    first = [True, True, True, *[False] * 9]
    second = [False, False, False, True, True, True, *[False] * 6]
    candidates = the_candidates([first, second])
    candidates.cost[0] = 0.05
    assert choose(candidates, at_most=1) == [1]


def test_more_than_three_grow_from_the_best_three() -> None:
    """Where five different sentences are all likely, five are chosen if five are allowed, and four if four are."""
    has = [[place in (2 * row, 2 * row + 1) for place in range(WORDS)] for row in range(6)]
    candidates = the_candidates(has, likely=[0.9] * WORDS)
    assert len(choose(candidates, at_most=5)) == 5
    assert len(choose(candidates, at_most=4)) == 4


@pytest.mark.parametrize("fewest", [1, 2, 3, 4, 5])
def test_as_many_as_are_deserved_are_chosen(fewest: int) -> None:
    """Where one sentence promises most, so many are chosen as are asked for, if they can stand together."""
    has = [[place in (2 * row, 2 * row + 1) for place in range(WORDS)] for row in range(6)]
    candidates = the_candidates(has, likely=[0.9, 0.9, *[0.01] * 10])
    assert choose(candidates, at_most=5) == [0]
    assert len(choose(candidates, at_most=5, at_least=fewest)) == fewest
    candidates.sentence[:] = [0, 0, 0, 1, 1, 1]
    assert len(choose(candidates, at_most=5, at_least=fewest)) == min(fewest, 2)


def test_of_one_sentence_only_one_way_to_say_it_is_chosen() -> None:
    """Two ways to say one sentence never stand together, however little they have in common."""
    has = [[place in (2 * row, 2 * row + 1) for place in range(WORDS)] for row in range(3)]
    candidates = the_candidates(has, likely=[0.9] * WORDS)
    assert choose(candidates, at_most=3) == [0, 1, 2]
    candidates.sentence[:] = [0, 0, 1]
    assert choose(candidates, at_most=3) in ([0, 2], [1, 2])


def test_the_most_promising_are_those_worth_most_alone() -> None:
    """Of many rows a bounded number is compared: the ones worth most alone, in their order."""
    has = [[place <= row % WORDS for place in range(WORDS)] for row in range(60)]
    candidates = the_candidates(has, likely=[0.9] * WORDS)
    few = promising(candidates)
    alone = candidates.alone()
    assert list(few) == sorted(few)
    assert len(few) < len(has)
    assert alone[few].min() >= np.delete(alone, few).max()
