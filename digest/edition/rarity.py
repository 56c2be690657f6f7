"""How rare a term is: what the day's articles show, steadied by what news articles at large show.

A batch of six articles cannot tell "the" from "Zaporizhzhia" by itself: every term of two articles occurs in both.
background.tsv says in how many of 1,000 articles the commoner terms of a language occur; benchmarks/train_stories.py
counts it.  A language without a list has its batch alone, and its short words are taken for particles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

# Measured on the development sets: 300 to 3,000 articles, 0.0005 to 0.002 and 0.08 to 0.2 all do about as well.
_BACKGROUND_ARTICLES = 1000.0  # the background weighs as much as a batch of this size
_UNLISTED = 0.001  # the share of articles that a term has which is too rare for the list
_COMMON = 0.15  # a term of more articles than this share says nothing about the event

# For a language without a list; not measured, there is no labelled set of one.
_UNKNOWN_ARTICLES, _UNKNOWN_SHARE, _UNKNOWN_SHORTEST = 20.0, 0.02, 4


def rarity(found_in: Mapping[str, int], *, articles: int, language: str) -> dict[str, float]:
    """Give each telling term its inverse document frequency, ln(1 + 1 / share); common terms are left out.

    `found_in` counts, of `articles` articles in `language`, those that have the term; the share lies between what the
    batch and the background say.
    """
    listed = background(language)
    if not listed:
        total = articles + _UNKNOWN_ARTICLES
        return {
            term: math.log1p(total / (count + _UNKNOWN_ARTICLES * _UNKNOWN_SHARE))
            for term, count in found_in.items()
            if len(term) >= _UNKNOWN_SHORTEST or term[0].isdigit()
        }
    total = articles + _BACKGROUND_ARTICLES
    return {
        term: math.log1p(total / (count + _BACKGROUND_ARTICLES * listed.get(term, _UNLISTED)))
        for term, count in found_in.items()
        if listed.get(term, 0.0) < _COMMON
    }


@cache
def background(language: str) -> Mapping[str, float]:
    """The share of articles in which each listed term of `language` occurs; empty for a language without a list."""
    shares: dict[str, float] = {}
    for line in files(__package__).joinpath("background.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{language}\t"):
            _, per_mille, listed = line.split("\t")
            shares.update(dict.fromkeys(listed.split(), int(per_mille) / 1000))
    return shares
