"""What a word is worth follows from its signs by weights that anybody can read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints.likelihood import Regression, likelihoods, shipped_weights
from digest.keypoints.wording import article_signs, pair_signs, read_wording, word_signs
from digest.keypoints.words import same_word, stem

TEXTS = [
    "The council of Exampleton closes two libraries in June.",
    "The libraries cost 3 million euros, and the council has to save.",
    "A man with an umbrella went home.",
]


def test_a_word_the_article_is_about_is_worth_more_than_an_aside() -> None:
    """Early and repeated, or late and once."""
    wording = read_wording(TEXTS, title="", language="en")
    worth, _ = likelihoods(wording, shipped_weights())
    value = dict(zip(wording.words, worth, strict=True))
    assert value[same_word("libraries", "en")] > 2 * value["umbrella"]


def test_a_title_raises_its_words() -> None:
    """The same text under a title: the title's words are worth more than before."""
    before, _ = likelihoods(read_wording(TEXTS, title="", language="ru"), shipped_weights())
    wording = read_wording(TEXTS, title="Umbrella", language="ru")
    after, _ = likelihoods(wording, shipped_weights())
    place = wording.words.index("umbrella")
    assert after[place] > before[place]


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_a_number_is_worth_more(language: str) -> None:
    """Words of digits, and no others, are worth more than they are likely."""
    wording = read_wording(TEXTS * 6, title="", language=language)
    weights = shipped_weights()
    habits = weights.habits[language]
    signs = word_signs(wording)
    odds = weights.word[language].odds(signs) + np.array([habits.get(word, 0.0) for word in wording.words])
    plain = 1 / (1 + np.exp(-odds))
    worth, _ = likelihoods(wording, weights)
    for word, of_word, likely in zip(wording.words, worth, plain, strict=True):
        if word[0].isdigit():
            assert of_word > 1.2 * likely
        else:
            assert of_word == pytest.approx(likely)


def test_many_numbers_share_what_they_are_worth_together() -> None:
    """However many an English article has, what they are worth beyond their likelihood stays bounded."""
    weights = shipped_weights()
    factor, together = weights.number_worth["en"], weights.number_share["en"]
    assert together > 0
    for most in (1, 40):
        text = " and ".join(f"{number} boats sank in Exampleton" for number in range(100, 100 + most))
        wording = read_wording([text, *TEXTS * 6], title="", language="en")
        worth, _ = likelihoods(wording, weights)
        plain, _ = likelihoods(wording, replace(weights, number_share={"und": 0.0}))
        extra = float((worth - plain).sum())
        assert factor >= 1
        assert 0 < extra <= together * weights.length(wording) + 1e-9


def test_the_hour_does_not_outweigh_the_news_of_a_short_item() -> None:
    """What numbers are worth together is for reports, not for three sentences."""
    weights = shipped_weights()
    wording = read_wording(TEXTS, title="", language="en")
    assert weights.brevity(wording) == 1.0
    assert weights.brevity(read_wording(TEXTS * 16, title="", language="en")) == 0.0
    worth, _ = likelihoods(wording, weights)
    plain, _ = likelihoods(wording, replace(weights, number_share={"und": 0.0}))
    assert (worth == plain).all()


@given(lengths=st.tuples(st.integers(0, 20), st.integers(0, 20)), language=st.sampled_from(["en", "ru", "uk", "fr"]))
def test_an_item_is_the_briefer_the_fewer_words_it_has(lengths: tuple[int, int], language: str) -> None:
    """There is no length at which a word more makes an item another thing."""
    weights = shipped_weights()
    short, long = (read_wording(TEXTS * times, title="", language=language) for times in sorted(lengths))
    assert 1.0 >= weights.brevity(short) >= weights.brevity(long) >= 0.0


@pytest.mark.parametrize("language", ["en", "ru", "uk", "und", "fr", "ja"])
def test_every_language_has_weights(language: str) -> None:
    """A language that nothing was learned from is judged by what all have in common; probabilities stay such."""
    wording = read_wording(TEXTS, title="Libraries", language=language)
    words, pairs = likelihoods(wording, shipped_weights())
    assert len(words) == len(wording.words)
    assert len(pairs) == wording.pairs.shape[1]
    assert ((pairs > 0) & (pairs < 1)).all()
    assert (words > 0).all()


def test_the_file_weighs_exactly_the_signs_that_are_seen() -> None:
    """Neither a sign without a weight nor a weight without a sign: the training script and the package agree."""
    wording = read_wording(TEXTS, title="Libraries", language="en")
    weights = shipped_weights()
    signs = word_signs(wording)
    for regression in weights.word.values():
        assert set(regression.weights) == set(signs)
    for regression in weights.points.values():
        assert set(regression.weights) == set(article_signs(wording))
    assert set(weights.points) == set(weights.word)
    for regression in weights.pair.values():
        assert set(regression.weights) == set(pair_signs(wording, np.zeros(len(wording.words))))


def test_points_grow_with_the_article_but_slower() -> None:
    """Ten times the words, more words in the points, though not ten times as many."""
    weights = shipped_weights()
    short = weights.length(read_wording(TEXTS * 2, title="", language="en"))
    long = weights.length(read_wording(TEXTS * 20, title="", language="en"))
    assert short < long < 10 * short


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_a_report_of_a_summit_has_room_for_five_points(language: str) -> None:
    """Nothing so long was learned from; past twice the usual, twice the words deserve twice as many in the points."""
    weights = shipped_weights()
    sentence = "Министры пяти стран договорились открыть границы для грузов из Примерска к началу мая."
    often = 4 * int(weights.usual_article[language]) // len(sentence.split())
    once, twice = (
        weights.length(read_wording([sentence] * times, title="", language=language)) for times in (often, 2 * often)
    )
    assert twice > 1.9 * once


@pytest.mark.parametrize("language", ["en", "ru", "uk", "und"])
@pytest.mark.parametrize("text", ["«“‘" * 500 + " word", "7 " * 100, "A" * 3, ""])
def test_no_article_is_too_odd_to_have_a_length(text: str, language: str) -> None:
    """What nothing like it was learned from has at least half, and at most twice, the usual length."""
    weights = shipped_weights()
    length = weights.length(read_wording([text], title=text, language=language))
    usual = weights.usual_length[language]
    assert 0.499 * usual < length < 2.001 * usual


def test_marks_of_quotation_are_counted() -> None:
    """Those that open; an apostrophe is none."""
    wording = read_wording(["“I can’t,” said Roe.", "'So I can't,' \"she said\"."], title="A title", language="en")
    assert (wording.double_marks, wording.single_marks, wording.title_letters) == (2, 1, 7)


def test_a_regression_is_a_weighted_sum() -> None:
    """Intercept plus weights times signs."""
    regression = Regression(0.5, {"a": 2.0, "b": -1.0})
    assert regression.odds({"b": np.array([1.0, 0.0]), "a": np.array([0.0, 3.0])}).tolist() == [-0.5, 6.5]


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("Library", "libraries", "en"),
        ("Зелёный", "зеленого", "ru"),
        ("відкрили", "відкриють", "uk"),
        ("п’ять", "П'ять", "uk"),
        ("Exampleton's", "Exampleton’s", "en"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str, language: str) -> None:
    """Case, ё, apostrophes and most endings are set aside."""
    assert stem(same_word(one, language)) == stem(same_word(other, language))


def test_numbers_are_whole() -> None:
    """Two numbers that begin alike are not one."""
    assert stem("1000000") != stem("1000007")


def test_pairs_do_not_cross_sentences() -> None:
    """The last word of a sentence and the first of the next are no pair."""
    wording = read_wording(["one two", "red four"], title="", language="en")
    pairs = {(wording.words[a], wording.words[b]) for a, b in wording.pairs.T}
    assert pairs == {("one", "two"), ("red", "four")}
