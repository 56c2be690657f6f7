"""How rare a term is: what the day's articles show, steadied by what news articles at large show.

A batch of six articles cannot tell "the" from "Zaporizhzhia" by itself: every term of two articles occurs in both.
background.tsv says in how many of 1,000 articles the commoner terms of a language occur; benchmarks/train_stories.py
counts it.  A language without background starts from its own batch alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_BACKGROUND_ARTICLES = 300.0  # the background weighs as much as a batch of this size
_UNLISTED = 0.003  # the share of articles that a term has which is too rare for the list


def rarity(found_in: Mapping[str, int], *, articles: int, language: str) -> dict[str, float]:
    """Give each term its inverse document frequency, ln(1 + 1 / share); the share lies between batch and background.

    `found_in` counts, of `articles` articles in `language`, those that have the term.
    """
    shares = background(language)
    total = articles + _BACKGROUND_ARTICLES
    return {
        term: math.log1p(total / (count + _BACKGROUND_ARTICLES * shares.get(term, _UNLISTED)))
        for term, count in found_in.items()
    }


@cache
def background(language: str) -> dict[str, float]:
    """The share of articles in which each listed term of `language` occurs; empty for a language without a list."""
    shares: dict[str, float] = {}
    for line in files(__package__).joinpath("background.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{language}\t"):
            _, per_mille, listed = line.split("\t")
            shares.update(dict.fromkeys(listed.split(), int(per_mille) / 1000))
    return shares
