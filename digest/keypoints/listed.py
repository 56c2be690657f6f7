"""Lists without a heading of key points: which are the editors' summary all the same, and what marks an item.

A list above the story may as well be links to other articles, and an article that is a list a recipe, a league's
table or an interview: what stands here tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, takewhile
from typing import Final

from digest.keypoints.phrases import headings
from digest.keypoints.words import FREQUENT, WORD, normalise, same_word, stem
from digest.model import Block, Span

_LEAD_ITEMS: Final = range(2, 11)
_LEAD_ITEM_WORDS: Final = 5.0  # on the average; less is a menu
_STOPPED_ITEM_WORDS: Final = 4.0  # where each item has its full stop: no menu has those
_POINT_WORDS: Final = 90  # a longer paragraph is story, not a point
_LIST_SHARE: Final = 0.6  # of the words, for an article that is a list
_LIST_ITEMS: Final = range(3, 16)
_TOLD_SHARE: Final = 0.25  # of the telling words of a list above the story: less of them in it, and they are links
_LINKED_SHARE: Final = 0.1  # … above or below: less, in a list without full stops, and they are nothing else
_SHORTEST_TELLING: Final = 3  # letters
_ROW_SHARE: Final = 0.3  # of a list's words that are numbers: more are standings

# Bullets that no sentence begins with; dashes and numbers are told apart from speech where blocks are split.
_BULLET: Final = re.compile(r"(?:[•●▪■◾◼▫□◦‣⁃∙·♦◆►▶▸➤➢➡→⇒★☆✦✓✔☑✅🔹🔸🔷🔶🔺🔴🔵⚡❗👉📌]\ufe0f?\s*|»\s+)+")
# (1) one, b) another, 3 – a third, #4 a fourth, 5.a fifth: a list's, where one follows on the other
_NUMERAL: Final = re.compile(
    r"(?:\((\d{1,2}|[a-hа-зґє])\)\s*|(\d{1,2}|[a-hа-зґє])\)\s*|#(\d{1,2})[.:)]?\s+|(\d{1,2})(?:\.\s?|\s[–—-]\s))(?=[^\W\d_])"
)
# The same bullet again, in one paragraph: "• The bridge is shut. • Nobody pays."
_BULLET_WITHIN: Final = re.compile(r"(?<=\s)[•●▪■◦‣∙♦◆►▶➤➢→✓✔✅🔹🔸🔷🔶]\ufe0f?\s+(?=\S)")
# "Summary: the bridge is shut": a heading and its points in one paragraph, above the story.
_HEAD: Final = re.compile(r"([^:.!?\n]{3,60}):\*{0,2}\s+(?=\S)")
_HEADED_BLOCKS: Final = 3
_FEWEST_BOXED: Final = 8  # words
_BOX_WORDS: Final = 90
_LETTERS: Final = ("abcdefgh", "абвгдежз", "абвгґдеєж")
_FULL_STOP: Final = re.compile(r"[.!…;][»”\"’')\]]*$")
_QUESTION: Final = re.compile(r"\?[»”\"’')\]]*$")


def as_items(blocks: Sequence[Block], text: str) -> list[Block]:
    """Take the paragraphs of `text` that open with a bullet, or are counted, for items, and those set in one apart."""
    blocks = [
        *chain.from_iterable(_set_apart(block, text) for block in blocks[:_HEADED_BLOCKS]),
        *blocks[_HEADED_BLOCKS:],
    ]
    blocks = [part for block in blocks for part in _apart(block, text)]
    found = [_without(block, _BULLET, text) for block in blocks]
    for one, other in pairwise(range(len(found))):
        if _follows(_numeral(blocks[one]), _numeral(blocks[other])):
            found[one], found[other] = (_without(blocks[place], _NUMERAL, text) for place in (one, other))
    return found


def _set_apart(block: Block, text: str) -> list[Block]:
    """A heading of key points, and behind its colon what it heads."""
    head = _HEAD.match(text, block.span.start, block.span.end)
    if block.kind != "paragraph" or head is None or not headings.announces(head[1].strip(" *_")):
        return [block]
    rest = text[head.end() : block.span.end]
    if not _FEWEST_BOXED <= len(rest.split()) <= _BOX_WORDS or not block.text.endswith(" ".join(rest.split())):
        return [block]
    return [
        Block(kind="heading", text=f"{head[1].strip(' *_')}:", span=Span(block.span.start, head.end(1) + 1)),
        Block(kind="item", text=" ".join(rest.split()), span=Span(head.end(), block.span.end)),
    ]


def _apart(block: Block, text: str) -> list[Block]:
    """The items of a list that was set in one paragraph, with a bullet before each."""
    start, end = block.span.start, block.span.end
    if _BULLET.match(text, start, end) is None and block.kind != "item":
        return [block]
    cuts = [found.span() for found in _BULLET_WITHIN.finditer(text, start, end)]
    if not cuts or block.kind not in ("item", "paragraph"):
        return [block]
    first = _BULLET.match(text, start, end)
    starts = [start if first is None else first.end(), *(right for _, right in cuts)]
    spans = zip(starts, [*(left for left, _ in cuts), end], strict=True)
    parts = [(left, left + len(text[left:right].rstrip())) for left, right in spans]
    return [
        Block(kind="item", text=" ".join(text[left:right].split()), span=Span(left, right))
        for left, right in parts
        if left < right
    ]


def _without(block: Block, mark: re.Pattern[str], text: str) -> Block:
    shown, raw = mark.match(block.text), mark.match(text, block.span.start, block.span.end)
    if block.kind != "paragraph" or shown is None or raw is None or shown.end() == len(block.text):
        return block
    return Block(kind="item", text=block.text[shown.end() :], span=Span(raw.end(), block.span.end))


def _numeral(block: Block) -> str:
    found = _NUMERAL.match(block.text) if block.kind == "paragraph" else None
    return "" if found is None else next(filter(None, found.groups()))


def _follows(one: str, other: str) -> bool:
    """Whether the numeral `other` comes next after `one`."""
    if one.isdigit() and other.isdigit():
        return int(other) == int(one) + 1
    return bool(one and other) and any(one + other in letters for letters in _LETTERS)


def leading_list(blocks: Sequence[Block], language: str) -> list[Block]:
    """Give the list between the title and the story, if it tells what the story tells; [] if there is none."""
    items = list(takewhile(lambda block: block.kind == "item", blocks))
    story = [block for block in blocks[len(items) :] if block.kind != "heading"]
    if len(items) not in _LEAD_ITEMS or not _are_statements(items) or all(b.kind != "paragraph" for b in story):
        return []
    return items if _told(items, story, language) >= _TOLD_SHARE else []


def list_article(blocks: Sequence[Block]) -> list[Block]:
    """Give the items of an article that is mostly a list; [] if it is none, or a list of something else than news."""
    items = list(_listed(blocks))
    if len(items) not in _LIST_ITEMS or not _are_statements(items):
        return []
    words = sum(len(WORD.findall(item.text)) for item in items)
    return items if words >= _LIST_SHARE * sum(len(WORD.findall(block.text)) for block in blocks) else []


def _listed(blocks: Sequence[Block]) -> Iterator[Block]:
    """All items but those under a heading that is no news: ingredients, results."""
    passed_over = False
    for block in blocks:
        if block.kind == "heading":
            passed_over = headings.NO_POINTS.fullmatch(block.text.strip(" :.*")) is not None
        elif block.kind == "item" and not passed_over:
            yield block


def _are_statements(items: Sequence[Block]) -> bool:
    """Whether `items` are long enough to say something, are no rows of a table, and no interview."""
    if any(_QUESTION.search(item.text) for item in items):
        return False
    words = [WORD.findall(item.text) for item in items]
    stopped = all(_FULL_STOP.search(item.text) for item in items)
    total = sum(map(len, words))
    numbers = sum(word[0].isdigit() for found in words for word in found)
    return (
        max(map(len, words)) <= _POINT_WORDS
        and total >= (_STOPPED_ITEM_WORDS if stopped else _LEAD_ITEM_WORDS) * len(items)
        and numbers <= _ROW_SHARE * total
    )


def lists_of_links(blocks: Sequence[Block], language: str) -> frozenset[int]:
    """The numbers of the items of a list above or below the story that says nothing of it: titles of others."""
    count = len(blocks)
    above = len(list(takewhile(lambda block: block.kind == "item", blocks)))
    below = len(list(takewhile(lambda block: block.kind == "item", reversed(blocks))))
    found: set[int] = set()
    for places in (range(above), range(count - below, count)):
        items = [blocks[place] for place in places]
        rest = [*blocks[: places.start], *blocks[places.stop :]]
        led_in = places.start > 0 and blocks[places.start - 1].text.endswith(":")
        if (
            len(items) in _LEAD_ITEMS
            and not led_in
            and any(block.kind == "paragraph" for block in rest)
            and not any(_FULL_STOP.search(item.text) for item in items)
            and _told(items, rest, language) < _LINKED_SHARE
        ):
            found.update(places)
    return frozenset(found)


def _told(items: Sequence[Block], story: Sequence[Block], language: str) -> float:
    """The share of the telling words of `items`, each item counting alike, that `story` has too."""
    told = {word for block in story for word in _telling(block.text, language)}
    shares = [len(words & told) / max(len(words), 1) for words in (_telling(item.text, language) for item in items)]
    return sum(shares) / len(shares)


def _telling(text: str, language: str) -> set[str]:
    frequent = FREQUENT.get(language, frozenset())
    spelled = {same_word(word, language) for word in WORD.findall(text)}
    return {stem(normalise(word)) for word in spelled if len(word) >= _SHORTEST_TELLING and word not in frequent}
