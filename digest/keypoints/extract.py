"""Choose the sentences of an article that its editors would have made key points of.

Each sentence is first trimmed (alone.py).  Every word of the article has a likelihood to stand in the points
(likelihood.py); the set of sentences that promises most of them in the fewest words wins (choose.py), each whole or
without what grammar lets it leave out (shorten.py).  Furniture and authored points are settled before; nothing is
rewritten here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digest.keypoints.alone import Lean, lean, spoken_on, trimmed, unpointed
from digest.keypoints.choose import Candidates, choose, promising
from digest.keypoints.furniture import Sentence
from digest.keypoints.likelihood import UNKNOWN, Weights, likelihoods, shipped_weights
from digest.keypoints.script import is_foreign, letters, main_script
from digest.keypoints.shorten import Range, joined, ways
from digest.keypoints.topics import topics
from digest.keypoints.wording import Ints, Wording, read_wording
from digest.keypoints.words import WORD, normalise
from digest.model import Article, KeyPoint, Span

MOST_SENTENCES: Final = 150  # a longer article is judged by its first ones: news tells the news first
_MOST_POINTS: Final = 5  # where nobody says how many
_TELLING_SENTENCES: Final = 5  # whose letters are the article's
_FEWEST_WORDS: Final = 4  # less is a caption or a label
_MOST_WORDS: Final = 80  # more is a list or a text without full stops, and nobody's point
_MOST_NUMBERS: Final = 0.5  # share of a sentence's words: more is a row of a table
_CUT_AT_WORDS: Final = 30  # of a text without full stops
_LARGEST_SHARE: Final = 0.5  # of an article's words in its points: more is no condensing
_ONE_POINT_WORDS: Final = 65  # of an item that needs no second
# Words from which a report has so many at least, where more than three may be: by F1 alone a summit is told in two.
_POINTS_OF_LONG: Final = ((900, 3), (1200, 4), (1600, 5))
_FEW: Final = 3
_LEAN_COST: Final = 0.005  # of a sentence that leans slightly, in units of expected F1
_LEAD_WORTH: Final = 0.15  # of an item's first sentence where nothing was learned about items so short: it has the news
_ALIKE: Final = {"en": 0.26}  # share of common words at which two sentences say the same
_ALIKE_INFLECTED: Final = 0.2  # endings hide some of it in other languages


@dataclass(frozen=True, slots=True)
class _Point:
    """A sentence, trimmed."""

    text: str
    spans: tuple[Span, ...]
    block: int
    lean: Lean


def extract_points(
    article: Article, sentences: Sequence[Sentence], *, max_points: int | None, weights: Weights | None = None
) -> tuple[KeyPoint, ...]:
    """The points of `article`, in its own order; () when no sentence is worth one.

    `sentences` are those of the story, furniture out.  `max_points` bounds their number, which the content decides:
    one on an item of up to 65 words, two or three on most, four and five on long reports where more than three are
    allowed.  The time this takes does not grow with the article's length beyond its first 150 sentences.

    A point's group is the heading it stands under, where the points stand under several (topics.py).

    A language without learned weights gets those common to all languages.  `weights` are the shipped ones unless given.
    """
    at_most = _MOST_POINTS if max_points is None else min(max_points, _MOST_POINTS)
    read = sentences[:MOST_SENTENCES]
    spoken = spoken_on([sentence.text for sentence in read], [sentence.block for sentence in read])
    points = [_trim(article, sentence, spoken=number in spoken) for number, sentence in enumerate(read)]
    if at_most < 1 or not points:
        return ()
    chosen = _choose(points, article, at_most, weights or _shipped())
    groups = topics(article, [point.block for point in chosen])
    return tuple(
        KeyPoint(text=point.text, group=group, origin="extracted", spans=point.spans, article=article.id)
        for point, group in zip(chosen, groups, strict=True)
    )


def supported(language: str) -> bool:
    """Whether the words of `language` (a code as in `Article.language`) were learned from.

    Any other is condensed by what all languages have in common, whatever its script.
    """
    return language != UNKNOWN and language in _shipped().word


def _trim(article: Article, sentence: Sentence, *, spoken: bool) -> _Point:
    text, span = sentence.text, sentence.span
    start, end = trimmed(text, article.language)
    # Where white space was folded for reading, offsets in the text read are not those in the article's.
    if (start, end) != (0, len(text)) and article.text[span.start : span.end] == text:
        text, span = text[start:end], Span(span.start + start, span.start + end)
    text = unpointed(text, article.language)  # the span keeps the bracket: the sentence is what bears the point out
    return _Point(text, (span,), sentence.block, Lean.WHOLE if spoken else lean(text, article.language))


def _choose(points: Sequence[_Point], article: Article, at_most: int, weights: Weights) -> list[_Point]:
    wording = read_wording([point.text for point in points], title=article.title, language=article.language)
    lengths = np.bincount(wording.token_sentence, minlength=len(points))
    numbers = np.bincount(wording.token_sentence, weights=wording.token_number, minlength=len(points))
    fit = (lengths >= _FEWEST_WORDS) & (lengths <= _MOST_WORDS) & (numbers <= _MOST_NUMBERS * lengths)
    title = normalise(article.title).strip(" .")
    fit &= ~_in_another_script([point.text for point in points])
    new = fit & np.array([normalise(point.text).strip(" .") != title for point in points])
    alone = new & np.array([point.lean is not Lean.WHOLE for point in points])
    rows = np.flatnonzero(next((some for some in (alone, new, fit) if some.any()), fit))
    if not len(rows):
        return _beginning(article, points, lengths)
    has_word = np.zeros((len(points), len(wording.words)), dtype=bool)
    has_word[wording.token_sentence, wording.token_word] = True
    has_pair = np.zeros((len(points), wording.pairs.shape[1]), dtype=bool)
    has_pair[wording.pair_sentence, wording.pair_kind] = True
    word_likelihood, pair_likelihood = likelihoods(wording, weights)
    cost = np.array([_LEAN_COST * (points[int(row)].lean is not Lean.NONE) for row in rows])
    if rows[0] == 0 and points[0].lean is Lean.NONE:
        cost[0] -= weights.brevity(wording) * _LEAD_WORTH
    candidates = Candidates(
        sentence=rows,
        words=has_word[rows],
        pairs=has_pair[rows],
        lengths=lengths[rows].astype(float),
        word_likelihood=word_likelihood,
        pair_likelihood=pair_likelihood,
        usual_length=weights.length(wording),
        pair_weight=weights.pair_weight,
        cost=cost,
        longest=_LARGEST_SHARE * len(wording.token_word),
        alike=_ALIKE.get(article.language, _ALIKE_INFLECTED),
    )
    few = promising(candidates)
    said, candidates = [points[int(row)] for row in rows[few]], candidates.of(few)
    if len(wording.token_word) <= _ONE_POINT_WORDS:
        at_most = 1  # and room for all of it
    else:
        said, candidates = _beside_shorter(said, candidates, article, wording)
    deserved = [count for words, count in _POINTS_OF_LONG if words <= len(wording.token_word) and at_most > _FEW]
    return [said[row] for row in choose(candidates, at_most=at_most, at_least=min(max(deserved, default=1), at_most))]


def _beside_shorter(
    said: Sequence[_Point], candidates: Candidates, article: Article, wording: Wording
) -> tuple[list[_Point], Candidates]:
    """What is `said`, a row each of `candidates`, and for each the most promising way to say it in fewer words."""
    found = [(row, kept) for row, point in enumerate(said) for kept in _ways(point, article)]
    if not found:
        return list(said), candidates
    shorter = candidates.of(np.array([row for row, _ in found]))
    shorter.words[:], shorter.pairs[:] = False, False
    for place, (row, kept) in enumerate(found):
        words = _words_of(said[row].text, kept, wording.words_of(int(candidates.sentence[row])))
        shorter.words[place, words] = True
        shorter.pairs[place, wording.pairs_of(words)] = True
        shorter.lengths[place] = len(words)
    worth = shorter.alone()
    best: dict[int, int] = {}
    for place, (row, _) in enumerate(found):
        if row not in best or worth[place] > worth[best[row]]:
            best[row] = place
    both = candidates.beside(shorter.of(np.array(list(best.values()))))
    order = np.argsort(both.sentence, kind="stable")
    points = [*said, *(_shortened(said[row], found[place][1]) for row, place in best.items())]
    return [points[place] for place in order], both.of(order)


def _ways(point: _Point, article: Article) -> list[tuple[Range, ...]]:
    (span,) = point.spans
    if article.text[span.start : span.end] != point.text:  # white space was folded: offsets would not be the article's
        return []
    return ways(point.text, article.language)


def _words_of(text: str, kept: Sequence[Range], words: Ints) -> Ints:
    """Those of the sentence's `words` that stand in its ranges `kept`."""
    at = [found.start() for found, _ in zip(WORD.finditer(text), words, strict=False)]
    stay = np.array([any(start <= place < end for start, end in kept) for place in at], dtype=bool)
    kept_words: Ints = words[: len(at)][stay]
    return kept_words


def _shortened(point: _Point, kept: Sequence[Range]) -> _Point:
    (span,) = point.spans
    spans = tuple(Span(span.start + start, span.start + end) for start, end in kept)
    return replace(point, text=joined(point.text, kept), spans=spans)


def _in_another_script(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which sentences only a reader of Latin letters understands, in an article that is written in others."""
    script = main_script([letters(text) for text in texts[:_TELLING_SENTENCES]], UNKNOWN)
    return np.array([script != "Latn" and text.isascii() and is_foreign(letters(text), script) for text in texts])


def _beginning(article: Article, points: Sequence[_Point], lengths: Ints) -> list[_Point]:
    """What there is to show of a text without full stops: the first words of its longest stretch."""
    longest = points[int(np.argmax(lengths))]
    if int(lengths.max()) <= _MOST_WORDS:
        return []
    whole = longest.spans[0]
    raw = article.text[whole.start : whole.end]
    last = [found.end() for found, _ in zip(WORD.finditer(raw), range(_CUT_AT_WORDS), strict=False)][-1]
    span = Span(whole.start, whole.start + last)
    return [_Point(" ".join(raw[:last].split()), (span,), longest.block, longest.lean)]


@cache
def _shipped() -> Weights:
    return shipped_weights()
