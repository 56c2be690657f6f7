"""ROUGE as the benchmarks measure it: Google's `rouge-score`, with a tokenizer that reads Cyrillic.

English is tokenized and stemmed as rouge-score does.  Everything else goes through a Unicode word tokenizer: ё is е,
an apostrophe inside a word stays in it, nothing is stemmed.  ROUGE-L is the summary-level one (rougeLsum).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer, Tokenizer

MEASURES = ("rouge1", "rouge2", "rougeLsum")


class UnicodeWords(Tokenizer):  # type: ignore[misc]  # rouge-score is published without types
    """Lower-case words of any script."""

    word = re.compile(r"[^\W_]+(?:['’ʼ`][^\W_]+)*")
    spelling = str.maketrans({"ё": "е", "’": "'", "ʼ": "'", "`": "'"})

    def tokenize(self, text: str) -> list[str]:
        """The words of `text` in order."""
        return [word.translate(self.spelling) for word in self.word.findall(text.lower())]


@cache
def tokenizer(language: str) -> Any:
    """The tokenizer for `language`."""
    return DefaultTokenizer(use_stemmer=True) if language == "en" else UnicodeWords()


@cache
def _scorer(language: str) -> Any:
    return RougeScorer(list(MEASURES), tokenizer=tokenizer(language))


def rouge(points: Sequence[str], reference: Sequence[str], language: str) -> tuple[float, float, float]:
    """F1 of ROUGE-1, ROUGE-2 and summary-level ROUGE-L, each 0..1."""
    scores = _scorer(language).score("\n".join(reference), "\n".join(points))
    return tuple(scores[measure].fmeasure for measure in MEASURES)
