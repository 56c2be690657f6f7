"""Captions of pictures that ran into the text: "Lurking: Jane Roe outside her home".

Taken from a page without its pictures, a caption reads like a sentence and repeats one.  English newspapers head
theirs with a label.  One that is used once and reports nobody's words is a caption's where the article mentions its
pictures, or where there are several and they tell of what the article opens with, as the items of a review of the
day do not.  What a speaker says ("Roe: I never knew", "She added: 'Never'") stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

_LOOKED_AT: Final = 50_000  # characters of an article in which a picture is mentioned, if it has any
_PICTURE: Final = re.compile(
    r"\((?:[^()]{0,30}\b)?(?:pictured|left|right|above|below|shown|centre|center"
    r"|(?:file|stock) (?:image|photo|picture))\b[^()]{0,40}\)"
    r"|\bpictured\b|\bscroll down (?:for|to watch)\b|, (?:left|right),",
    re.IGNORECASE,
)
_OPENING: Final = 3  # sentences in which an article says what it is about
_NAMED: Final = re.compile(r"\b[A-Z][\w'’-]{2,}")
_LABEL: Final = re.compile(r"([A-Z][\w'’-]*(?: [\w'’-]+){0,6}): (?=[A-Za-z0-9£$])")
_INTRODUCES: Final = re.compile(
    r"\b(?:said|says?|added|adds|wrote|writes|reads?|continued|told|tweeted|asked|posted|replied|explained|recalled"
    r"|insisted|claimed|stated|concluded|joked|yelled|shouted|responded|commented|announced|revealed|including|this|that|follows"
    r"|is|are|was|were|he|she|they|it|I|here|catch)$",
    re.IGNORECASE,
)


def captions(sentences: Sequence[str], text: str) -> frozenset[int]:
    """The numbers of those `sentences` of the article `text` that are captions."""
    labels: list[str | None] = []
    for sentence in sentences:
        head = _LABEL.match(sentence)
        labels.append(head[1] if head is not None and not _INTRODUCES.search(head[1]) else None)
    used = Counter(label for label in labels if label is not None)
    found = {number: label for number, label in enumerate(labels) if label is not None and used[label] == 1}
    if found and (_PICTURE.search(text, 0, _LOOKED_AT) or _are_a_habit(found, sentences)):
        return frozenset(found)
    return frozenset()


def _are_a_habit(labels: Mapping[int, str], sentences: Sequence[str]) -> bool:
    """Whether sentences under such `labels`, by their number, can be nothing but captions."""
    if len(labels) == 1 or all(" " in label for label in labels.values()):
        return False
    story = [sentence for number, sentence in enumerate(sentences) if number not in labels]
    about = set(_NAMED.findall(" ".join(story[:_OPENING])))
    telling = sum(not about.isdisjoint(_NAMED.findall(sentences[n], len(label))) for n, label in labels.items())
    return 2 * telling > len(labels)
