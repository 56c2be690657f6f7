"""pytextrank, with words tagged by a lexicon.

pytextrank ranks the phrases of a spaCy document, and wants a trained model for their parts of speech and noun chunks;
those models are no packages of an index.  Its graph, its ranking and its choice of sentences are its own here; parts
of speech come from TextBlob's lexicon for English and pymorphy3's dictionaries for Russian and Ukrainian, and a noun
chunk is a run of adjectives and nouns that ends in a noun.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pymorphy3
import spacy
from measured import Measured
from pytextrank import BaseTextRankFactory
from spacy.tokens import Doc
from textblob.en import tag as english_tags

PHRASES = 15  # that sentences are compared with, as in pytextrank's own examples
NOUNS = frozenset({"NOUN", "PROPN"})
PENN = {"N": "NOUN", "V": "VERB", "J": "ADJ"}  # by a tag's first letter
OPEN_CORPORA = {
    **dict.fromkeys(("ADJF", "ADJS", "COMP"), "ADJ"),
    **dict.fromkeys(("VERB", "INFN", "PRTF", "PRTS", "GRND"), "VERB"),
    "NOUN": "NOUN",
}
NAMES = frozenset({"Name", "Surn", "Patr", "Geox", "Orgn"})


def noun_chunks(doc: Doc) -> Iterator[tuple[int, int, int]]:
    """Runs of adjectives and nouns within a sentence, each from its first word to its last noun."""
    label = doc.vocab.strings.add("NP")
    start, end = 0, 0  # of the run so far; up to its last noun
    for i, word in enumerate(doc):
        in_run = word.pos_ in NOUNS or word.pos_ == "ADJ"
        if not in_run or word.is_sent_start:
            if end > start:
                yield start, end, label
            start = end = i if in_run else i + 1
        if word.pos_ in NOUNS:
            end = i + 1
    if end > start:
        yield start, end, label


@cache
def _tagger(language: str) -> Any:
    return pymorphy3.MorphAnalyzer(lang=language)


@cache
def _slavic(word: str, language: str) -> tuple[str, str]:
    parsed = _tagger(language).parse(word)[0]
    if parsed.tag.POS == "NOUN" and NAMES & parsed.tag.grammemes:
        return "PROPN", parsed.normal_form
    return OPEN_CORPORA.get(parsed.tag.POS, "X"), parsed.normal_form


def _tagged(words: list[str], language: str) -> list[tuple[str, str]]:
    """Part of speech and lemma of each."""
    if language != "en":
        return [_slavic(word, language) for word in words]
    tagged = english_tags(" ".join(words), tokenize=False)
    return [("PROPN" if tag.startswith("NNP") else PENN.get(tag[:1], "X"), word.lower()) for word, tag in tagged]


@cache
def _pipeline(language: str) -> tuple[Any, Any]:
    return spacy.blank(language), BaseTextRankFactory()


def pytextrank(article: Measured, *, sentences: int, most_compared: int) -> list[str]:
    """The sentences nearest to the highest phrases, in the article's order."""
    language = article.article.language
    spoken, rank = _pipeline(language)
    words: list[str] = []
    spaces: list[bool] = []
    starts: list[bool | int | None] = []
    tags: list[tuple[str, str]] = []
    for sentence in article.sentences[:most_compared]:
        tokens = [token for token in spoken.make_doc(sentence.text) if not token.is_space]
        words += [token.text for token in tokens]
        spaces += [*(bool(token.whitespace_) for token in tokens[:-1]), True]
        starts += [True, *(False for _ in tokens[1:])]
        tags += _tagged([token.text for token in tokens], language)
    doc: Any = Doc(
        spoken.vocab,
        words=words,
        spaces=spaces,
        pos=[part for part, _ in tags],
        lemmas=[lemma for _, lemma in tags],
        sent_starts=starts,
    )
    doc.noun_chunks_iterator = noun_chunks
    chosen = rank(doc)._.textrank.summary(limit_phrases=PHRASES, limit_sentences=sentences, preserve_order=True)
    return [sentence.text for sentence in chosen]
