"""An article's words and pairs of neighbouring words as numbers, with what can be counted about them.

Here stands what is looked at; what it is worth stands in weights.json (see likelihood.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from digest.keypoints.words import FREQUENT, WORD, same_word, stem

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_MOST_WORDS: Final = 120  # of one sentence that are looked at: what is longer is no sentence
_MOST_LETTERS: Final = 12  # beyond which a longer word tells no more


@dataclass(frozen=True, slots=True)
class Wording:
    """The distinct words and pairs of an article's sentences, in order of first use.

    Arrays named `token_*` have an element a running word, `pair_*` an element a running pair.
    """

    language: str
    sentences: int
    words: list[str]  # as same_word spells them
    stems: list[str]
    title: frozenset[str]  # words of the title
    title_stems: frozenset[str]  # of its words that are not frequent
    title_pairs: frozenset[tuple[str, str]]
    title_letters: int  # blanks and all
    double_marks: int  # of quotation, that open
    single_marks: int
    token_word: Ints
    token_sentence: Ints
    token_place: Ints  # counted from the sentence's first word
    token_capital: NDArray[np.bool_]
    token_number: NDArray[np.bool_]
    pairs: Ints  # two rows: the words of each distinct pair
    pair_kind: Ints  # which distinct pair each running pair is
    pair_sentence: Ints
    pair_first: Ints  # the running pair at which each distinct pair is first used
    pair_place: Ints

    def words_of(self, sentence: int) -> Ints:
        """The running words of one sentence, as numbers of its distinct ones."""
        first, end = np.searchsorted(self.token_sentence, (sentence, sentence + 1))
        return self.token_word[first:end]

    def pairs_of(self, words: Ints) -> Ints:
        """Which distinct pairs the running `words` make; what stands side by side nowhere in the article is none."""
        coded = self.pairs[0] * len(self.words) + self.pairs[1]  # in order, as read_wording found them
        asked = words[:-1] * len(self.words) + words[1:]
        place = np.searchsorted(coded, asked)
        known = place < len(coded)
        known[known] = coded[place[known]] == asked[known]
        return place[known]


def read_wording(texts: Sequence[str], *, title: str, language: str) -> Wording:
    """Count the words of an article whose sentences are `texts`."""
    spelled: dict[str, int] = {}
    tokens: list[int] = []
    lengths: list[int] = []
    for text in texts:
        found = WORD.findall(text[: _MOST_WORDS * 12])[:_MOST_WORDS]
        lengths.append(len(found))
        tokens.extend([spelled.setdefault(word, len(spelled)) for word in found])
    numbered: dict[str, int] = {}
    word_of = [numbered.setdefault(same_word(word, language), len(numbered)) for word in spelled]
    token = np.array(tokens, dtype=np.intp)
    sentence = np.repeat(np.arange(len(texts)), lengths)
    place = np.arange(len(token)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    word = np.array(word_of, dtype=np.intp)[token]
    neighbours = np.flatnonzero(sentence[1:] == sentence[:-1])
    coded, first, kind = np.unique(
        word[neighbours] * len(numbered) + word[neighbours + 1], return_index=True, return_inverse=True
    )
    titled = [same_word(found, language) for found in WORD.findall(title)[:_MOST_WORDS]]
    frequent = FREQUENT.get(language, frozenset())
    return Wording(
        language=language,
        sentences=len(texts),
        words=list(numbered),
        stems=[stem(spelling) for spelling in numbered],
        title=frozenset(titled),
        title_stems=frozenset(stem(spelling) for spelling in titled if spelling not in frequent),
        title_pairs=frozenset(pairwise(titled)),
        title_letters=len(title),
        double_marks=sum(text.count("«") + text.count("“") + (text.count('"') + 1) // 2 for text in texts),
        single_marks=sum(text.count("‘") + text.count(" '") + text.startswith("'") for text in texts),
        token_word=word,
        token_sentence=sentence,
        token_place=place,
        token_capital=np.array([spelling[0].isupper() for spelling in spelled], dtype=bool)[token],
        token_number=np.array([spelling[0].isdigit() for spelling in spelled], dtype=bool)[token],
        pairs=np.array(np.divmod(coded, max(len(numbered), 1)), dtype=np.intp),
        pair_kind=kind.astype(np.intp),
        pair_sentence=sentence[neighbours],
        pair_first=first.astype(np.intp),
        pair_place=place[neighbours],
    )


def word_signs(wording: Wording) -> dict[str, Floats]:
    """What is seen of each word, by name; a row of weights.json weighs each."""
    language, count = wording.language, len(wording.words)
    numbered: dict[str, int] = {}
    stem_of = np.array([numbered.setdefault(key, len(numbered)) for key in wording.stems], dtype=np.intp)
    token, sentence = wording.token_word, wording.token_sentence
    token_stem = stem_of[token]
    near, far = np.exp(-sentence / 3.0), np.exp(-sentence / 8.0)
    first_token = _first(token, count)
    first = sentence[first_token]
    used = np.bincount(token, minlength=count)
    leading = np.bincount(token, weights=wording.token_place == 0, minlength=count)
    capitals = np.bincount(token, weights=wording.token_capital & (wording.token_place > 0), minlength=count)
    spread = _sentences_with(token_stem, sentence, len(numbered), wording.sentences)[stem_of]
    stem_near = np.bincount(token_stem, weights=near, minlength=len(numbered))[stem_of]
    frequent = FREQUENT.get(language, frozenset())
    stop = _flags(word in frequent for word in wording.words)
    in_title = _flags(word in wording.title for word in wording.words)
    stem_in_title = _flags(key in wording.title_stems for key in wording.stems)
    number = _flags(word[0].isdigit() for word in wording.words)
    length = np.array([min(len(word), _MOST_LETTERS) for word in wording.words], dtype=float)
    one = np.ones(count)
    log_used, log_stem_used = np.log(used), np.log(np.bincount(token_stem, minlength=len(numbered))[stem_of])
    log_spread, log_sentences = np.log(spread), one * np.log(max(wording.sentences, 1))
    early, capital = np.sqrt(stem_near), capitals / np.maximum(used - leading, 1)
    opening, lead = np.exp(-first / 2.0), (first == 0).astype(float)
    word_near = np.bincount(token, weights=near, minlength=count)
    return {
        "early uses of the stem": stem_near,
        "early uses of the stem, root": early,
        "early uses": word_near,
        "early uses, root": np.sqrt(word_near),
        "uses of the stem in the first dozen": np.bincount(token_stem, weights=far, minlength=len(numbered))[stem_of],
        "uses, log": log_used,
        "uses of the stem, log": log_stem_used,
        "share of sentences": spread / max(wording.sentences, 1),
        "sentences, log": log_spread,
        "first use early": opening,
        "in the first sentence": lead,
        "in the title": in_title,
        "stem in the title": stem_in_title,
        "frequent in the language": stop,
        "number": number,
        "capital": capital,
        "letters": length,
        "article's sentences, log": log_sentences,
        "place in its first sentence, log": np.log1p(wording.token_place[first_token]),
        "article's words, log": one * np.log(max(len(token), 1)),
        "frequent x early": stop * early,
        "frequent x uses": stop * log_used,
        "capital x early": capital * early,
        "capital x uses": capital * log_stem_used,
        "number x early": number * early,
        "title x early": stem_in_title * early,
        "title x capital": stem_in_title * capital,
        "long article x early": log_sentences * early,
        "long article x sentences": log_sentences * log_spread,
        "first sentence x sentences": lead * log_spread,
        "first use early x sentences": opening * log_spread,
    }


def article_signs(wording: Wording) -> dict[str, Floats]:
    """What is seen of the article as a whole, by name, in one row: what tells how much its editors say of it."""
    words, sentences = max(len(wording.token_word), 1), max(wording.sentences, 1)
    capitals, numbers = wording.token_capital.sum(), wording.token_number.sum()
    signs = {
        "article's words, log": math.log(words),
        "words a sentence, log": math.log(words / sentences),
        "capitals": capitals / words,
        "numbers": numbers / words,
        "double quotation marks a sentence": wording.double_marks / sentences,
        "single quotation marks a sentence": wording.single_marks / sentences,
        "title's letters, log": math.log1p(wording.title_letters),
    }
    return {name: np.array([float(value)]) for name, value in signs.items()}


def pair_signs(wording: Wording, odds: Floats) -> dict[str, Floats]:
    """What is seen of each pair, by name, where `odds` are the log odds of the words."""
    left, right = odds[wording.pairs[0]], odds[wording.pairs[1]]
    count = wording.pairs.shape[1]
    kind, sentence = wording.pair_kind, wording.pair_sentence
    used = np.log(np.bincount(kind, minlength=count))
    first = sentence[wording.pair_first].astype(float)
    frequent = FREQUENT.get(wording.language, frozenset())
    stop = _flags(word in frequent for word in wording.words)
    one = np.ones(count)
    words = wording.words
    in_title = (
        _flags((words[a], words[b]) in wording.title_pairs for a, b in wording.pairs.T) if wording.title else one * 0
    )
    weaker = np.minimum(left, right)
    return {
        "odds of the first word": left,
        "odds of the second word": right,
        "odds of both": -np.log1p(np.exp(-left)) - np.log1p(np.exp(-right)),
        "odds of the weaker": weaker,
        "uses, log": used,
        "first sentence": first,
        "first sentence, share": first / max(wording.sentences, 1),
        "early uses": np.bincount(kind, weights=np.exp(-sentence / 2.0), minlength=count),
        "share of sentences": _sentences_with(kind, sentence, count, wording.sentences) / max(wording.sentences, 1),
        "place in its first sentence, log": np.log1p(wording.pair_place[wording.pair_first]),
        "in the title": in_title,
        "first is frequent": stop[wording.pairs[0]],
        "second is frequent": stop[wording.pairs[1]],
        "both are frequent": stop[wording.pairs[0]] * stop[wording.pairs[1]],
        "title x weaker": in_title * weaker,
        "uses x weaker": used * weaker,
        "in the first sentence": np.exp(-first),
        "first use early": np.exp(-first / 6.0),
    }


def _first(kinds: Ints, count: int) -> Ints:
    """Where each kind stands first."""
    first = np.zeros(count, dtype=np.intp)
    first[kinds[::-1]] = np.arange(len(kinds))[::-1]
    return first


def _sentences_with(kinds: Ints, sentence: Ints, count: int, sentences: int) -> Floats:
    """In how many sentences each kind stands."""
    distinct = np.unique(kinds * max(sentences, 1) + sentence)
    return np.bincount(distinct // max(sentences, 1), minlength=count).astype(float)


def _flags(answers: Any) -> Floats:
    return np.fromiter(answers, dtype=float)
