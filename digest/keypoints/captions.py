"""Captions of pictures that ran into the text: "Lurking: Jane Roe outside her home".

Taken from a page without its pictures, a caption reads like a sentence and repeats one.  English newspapers head
theirs with a label; where the article mentions its pictures as well, a label that is used once and reports nobody's
words is a caption's.  What a speaker says ("Roe: I never knew", "She added: 'Never'") stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_LOOKED_AT: Final = 50_000  # characters of an article in which a picture is mentioned, if it has any
_PICTURE: Final = re.compile(
    r"\((?:[^()]{0,30}\b)?(?:pictured|left|right|above|below|shown|centre|center"
    r"|(?:file|stock) (?:image|photo|picture))\b[^()]{0,40}\)|\bpictured\b|\bscroll down for\b|, (?:left|right),",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"([A-Z][\w'’-]*(?: [\w'’-]+){0,6}): (?=[A-Za-z0-9£$])")
_INTRODUCES: Final = re.compile(
    r"\b(?:said|says?|added|adds|wrote|writes|reads?|continued|told|tweeted|asked|posted|replied|explained|recalled"
    r"|insisted|claimed|stated|concluded|joked|yelled|shouted|responded|commented|announced|revealed|this|that|follows"
    r"|is|are|was|were|he|she|they|it|I|here|catch)$",
    re.IGNORECASE,
)


def captions(sentences: Sequence[str], text: str) -> frozenset[int]:
    """The numbers of those `sentences` of the article `text` that are captions."""
    labels: list[str | None] = []
    for sentence in sentences:
        found = _LABEL.match(sentence)
        labels.append(found[1] if found is not None and not _INTRODUCES.search(found[1]) else None)
    used = Counter(label for label in labels if label is not None)
    if not used or not _PICTURE.search(text, 0, _LOOKED_AT):
        return frozenset()
    return frozenset(number for number, label in enumerate(labels) if label is not None and used[label] == 1)
