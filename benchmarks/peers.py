"""What a developer would otherwise pick: the first sentences, and the libraries that rank sentences by a graph."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from measured import Measured
from summa.summarizer import summarize
from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as SumySentence
from sumy.nlp.stemmers import Stemmer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words

from digest.keypoints.sentences import split_sentences

Condenser = Callable[[Measured], list[str]]

POINTS = 3
MOST_COMPARED = 60  # sentences handed to the graph methods, whose time grows with the square
SUMY = {"LexRank": LexRankSummarizer, "TextRank": TextRankSummarizer, "LSA": LsaSummarizer}
LANGUAGES = {"en": "english", "ru": "russian", "uk": "ukrainian"}


def lead(count: int) -> Condenser:
    """The first sentences of the cleaned story."""
    return lambda article: [sentence.text for sentence in article.sentences[:count]]


def raw_lead(article: Measured) -> list[str]:
    """The first three sentences of the text as it came, furniture included."""
    text = article.article.text
    return [text[s.start : s.end] for s in split_sentences(text, article.article.language)[:POINTS]]


class Words:
    """The tokenizer that sumy asks for; its own needs a download."""

    def to_words(self, sentence: str) -> list[str]:
        """The words of `sentence`, numbers left out as sumy leaves them out."""
        return re.findall(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*", sentence)


@cache
def _summarizer(name: str, language: str) -> Any:
    made = SUMY[name](Stemmer(LANGUAGES[language]))
    with suppress(LookupError):  # it has none for Russian
        made.stop_words = get_stop_words(LANGUAGES[language])
    return made


def sumy(name: str) -> Condenser:
    """LexRank, TextRank or LSA of sumy, with its own stemmers and frequent words."""

    def choose(article: Measured) -> list[str]:
        texts = [sentence.text for sentence in article.sentences[:MOST_COMPARED]]
        document = ObjectDocumentModel([Paragraph([SumySentence(text, Words()) for text in texts])])
        return [str(sentence) for sentence in _summarizer(name, article.article.language)(document, POINTS)]

    return choose


def summa(article: Measured) -> list[str]:
    """TextRank of summa, which splits sentences itself; it has no Ukrainian, and gets Russian's rules for it."""
    language = "english" if article.article.language == "en" else "russian"
    text = "\n".join(sentence.text for sentence in article.sentences[:MOST_COMPARED])
    scored = summarize(text, ratio=1.0, language=language, split=True, scores=True)
    best = sorted(range(len(scored)), key=lambda i: -float(scored[i][1]))[:POINTS]
    return [scored[i][0] for i in sorted(best)]
