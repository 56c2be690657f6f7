"""From an article's blocks to the sentences of its story: page furniture stays out.

Furniture is told by its shape: the tables of phrases/ name what it is made of, here stands where it may stand.
A sentence that might be story is kept: a lost fact is worse than a stray line.  What is worth a point is
decided in extract.py; the editors' own points are found in authored.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from digest.keypoints import phrases
from digest.keypoints.captions import captions
from digest.keypoints.listed import lists_of_links
from digest.keypoints.phrases import headings
from digest.keypoints.script import is_foreign, letters, main_script
from digest.keypoints.sentences import sentences_of
from digest.model import Article, Block, BlockKind, Span

_OPENING_BLOCKS: Final = 3  # a byline or dateline stands no deeper
_BOX_TITLE_WORDS: Final = 7
_BOX_LINE_WORDS: Final = 40
_LINK_WORDS: Final = 25  # a longer line without a full stop is no title of another article
_LABEL_WORDS: Final = 6
_FEWEST_TELLING: Final = 2  # sentences with full stops: what has fewer may be all the story there is
_MOST_LINKS: Final = 12  # under one line
_SUBHEADING_WORDS: Final = 12
_BEGUN: Final = re.compile(r"[^\w]*(?:[^\W\d_a-zа-яёіїєґ]|\d)")
_CASED_SHARE: Final = 0.7
_LETTERS: Final = re.compile(r"[^\W\d_][\W\d_]*[^\W\d_]")  # less says nothing
_GLUED_HEAD: Final = re.compile(r"(?:<(?:\.{3}|…)>|[▶►•●■▪*|>»)\]_#]|[—–-](?=\s))+\s*")
_LONE_MARK: Final = re.compile(r"(?P<mark>['\"’”])\s+")
_LONG_QUOTATION: Final = re.compile(r"[«“„\"][^»”\"]{45}")  # says more than who said it; a title is shorter
_STOPPED: Final = re.compile(r"[.…。।॥۔։።။។][»”\"’')\]」』]*\s*$")  # the titles of articles ask and shout, too
_STOP_APART: Final = re.compile(r"\s\.$")
_RECAP_SENTENCES: Final = 5  # that may follow the one which says that it tells old news
_FEWEST_BEFORE_EARLIER: Final = 2
_FINAL: Final = re.compile(r"[.!?…。！？।॥۔؟։።။។][»”\"’')\]」』]*\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the story, as a reader sees it.

    `span` is where it stands in the article's text; `block` is the number of its block, whose kind is `kind`.
    """

    text: str
    span: Span
    block: int
    kind: BlockKind


def story_sentences(article: Article, *, at_most: int | None = None) -> list[Sentence]:
    """Give the sentences of `article` that tell its story, in order.

    Where a dateline or "Read also" is glued to a sentence, only the rest of it is given.  Recaps of old news and
    captions of pictures are left out, unless nothing else is left.  Headings are no sentences.  What stands behind the
    first `at_most` sentences is not looked at.
    """
    furniture = furniture_blocks(article)
    story: list[Sentence] = []
    recaps: list[Sentence] = []
    opening = 0
    for number, block in enumerate(article.blocks):
        if number in furniture or (block.kind == "heading" and not _FINAL.search(block.text)):
            continue
        left = None if at_most is None else at_most - len(story)
        if left == 0:
            break
        found = list(islice(_of_block(article, number, block, opening=opening < _OPENING_BLOCKS), left))
        recap = _recap([sentence.text for sentence in found])
        for place, sentence in enumerate(found):
            (recaps if place in recap else story).append(sentence)
        opening += bool(found)
    while len(story) > _FEWEST_BEFORE_EARLIER and len(story) != at_most and phrases.CLOSING_RECAP.match(story[-1].text):
        recaps.append(story.pop())
    story = _without_labels(story, whole=len(story) != at_most)
    texts = [sentence.text for sentence in story]
    dropped = captions(texts, article.text) | _strays(texts)
    if article.language == "en":  # a Ukrainian page leaves the blank behind each link
        dropped |= _stopped_apart(texts)
    return [sentence for number, sentence in enumerate(story) if number not in dropped] or story or recaps


def furniture_blocks(article: Article) -> frozenset[int]:
    """The numbers of the blocks of `article` that are furniture as a whole."""
    blocks = article.blocks
    dropped = {number for number, block in enumerate(blocks) if _is_furniture(block)}
    for number, block in enumerate(blocks):
        if _is_box_line(block.text):
            dropped |= _box_around(blocks, number)
        if _announces_links(block.text):
            dropped |= _links_below(blocks, number)
    dropped |= lists_of_links(blocks, article.language)
    counts = [letters(block.text) for block in blocks]
    script = main_script(counts, article.language)
    for order in (range(len(blocks)), range(len(blocks) - 1, -1, -1)):
        for number in order:
            if is_foreign(counts[number], script):
                dropped.add(number)
            elif number not in dropped:
                break
    return frozenset(dropped)


def _is_furniture(block: Block) -> bool:
    text = block.text.strip()
    bare = text.rstrip(" .:…!")
    return (
        _LETTERS.search(text) is None
        or phrases.WHOLE_BLOCK.fullmatch(bare) is not None
        or phrases.READ_ALSO.fullmatch(text) is not None
        or (phrases.READ_ALSO.match(text) is not None and _is_link(text))
    )


def _is_link(text: str) -> bool:
    return len(text.split()) <= _LINK_WORDS and not _STOPPED.search(text)


def _announces_links(text: str) -> bool:
    return (
        phrases.READ_ALSO.fullmatch(text) is not None or phrases.LINKS_BELOW.fullmatch(text.rstrip(" .:…!")) is not None
    )


def _links_below(blocks: tuple[Block, ...], over: int) -> set[int]:
    """The titles of other articles under the line `over` that announces them."""
    last = over
    while last + 1 < len(blocks) and last - over < _MOST_LINKS and _is_title_of_another(blocks[last + 1]):
        last += 1
    below = blocks[over + 1 : last + 1]
    around = (*blocks[max(over - _MOST_LINKS, 0) : over], *blocks[last + 1 : last + 1 + _MOST_LINKS])
    if below and below[0].kind != "item" and not _stopped(around):
        last = over + 1  # a text without full stops: only what stands right under it is a link
    return set(range(over, last + 1)) if below else set()


def _is_title_of_another(block: Block) -> bool:
    announces = block.kind == "heading" and (block.text.endswith(":") or headings.KEY.search(block.text) is not None)
    return _is_link(block.text) and not announces


def _stopped(blocks: Sequence[Block]) -> bool:
    """Whether most of `blocks` end as sentences do."""
    return 2 * sum(_FINAL.search(block.text) is not None for block in blocks) >= max(len(blocks), 1)


def _is_box_line(text: str) -> bool:
    # Its length first: a whole story in one paragraph is searched for nothing.
    return len(text.split()) <= _BOX_LINE_WORDS and not _FINAL.search(text) and phrases.SIGN_UP.search(text) is not None


def _box_around(blocks: tuple[Block, ...], promise: int) -> set[int]:
    """A sign-up box: its title, what it promises, when it comes."""
    box = {promise}
    before, after = promise - 1, promise + 1
    if before >= 0 and _is_title(blocks[before].text):
        box.add(before)
    while after < len(blocks) and (
        phrases.SENT_WHEN.fullmatch(blocks[after].text.rstrip(" .")) or _is_box_line(blocks[after].text)
    ):
        box.add(after)
        after += 1
    return box


def _is_title(text: str) -> bool:
    return len(text.split()) <= _BOX_TITLE_WORDS and not re.search(r"[.!?…:;,»”\"]\s*$", text)


def _of_block(article: Article, number: int, block: Block, *, opening: bool) -> Iterator[Sentence]:
    raw = article.text[block.span.start : block.span.end]
    places = None if raw == block.text or " ".join(raw.split()) == block.text else _places(block.text, raw)
    text = raw if places is None else block.text
    for start, end in _kept(text, opening=opening):
        pieces = sentences_of(text[start:end], article.language)
        for piece, is_last in _marking_last(pieces):
            left, right = _trimmed(text, start + piece.start, start + piece.end)
            reading = " ".join(text[left:right].split())
            if not reading or _says_nothing(reading) or (not is_last and _is_subheading(reading)):
                continue
            if places is not None:
                left, right = places[left], places[right - 1] + 1
            yield Sentence(
                text=reading,
                span=Span(block.span.start + left, block.span.start + right),
                block=number,
                kind=block.kind,
            )


def _marking_last(spans: Iterator[Span]) -> Iterator[tuple[Span, bool]]:
    one = next(spans, None)
    while one is not None:
        other = next(spans, None)
        yield one, other is None
        one = other


def _kept(text: str, *, opening: bool) -> Iterator[tuple[int, int]]:
    """The stretches of a block between what is cut out of it."""
    start = _head(text) if opening else 0
    cuts = sorted(
        found.span()
        for needle, pattern in phrases.CUTS
        if needle in text
        for found in pattern.finditer(text, start)
        if found.end() > found.start()
    )
    for left, right in cuts:
        if start < left:
            yield start, left
        start = max(start, right)
    if start < len(text):
        yield start, len(text)


def _head(text: str) -> int:
    """Where a block begins behind its byline and dateline."""
    start = len(text) - len(text.lstrip())
    for pattern in (phrases.BYLINE, phrases.BYLINE, phrases.DATELINE):  # who, then when
        found = pattern.match(text, start)
        if found is not None:
            start = found.end()
    return start


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A sentence without what is glued to its head: "Read also", a stray bullet or dash."""
    while True:
        found = (
            _GLUED_HEAD.match(text, start, end)
            or _closing_mark(text, start, end)
            or phrases.READ_ALSO.match(text, start, end)
        )
        if found is None or found.end() == start:
            return start, end
        if ":" in found.group():
            return end, end  # what follows a colon is the title of another article
        start = found.end()


def _closing_mark(text: str, start: int, end: int) -> re.Match[str] | None:
    """The mark that closes the sentence before, blanks around it, where text was taken apart into words."""
    found = _LONE_MARK.match(text, start, end)
    return found if found is not None and text.count(found["mark"], start, end) % 2 else None


def _recap(block: Sequence[str]) -> frozenset[int]:
    """Which sentences of a block tell old news: those that say so, and those that end the block behind the last one."""
    said = [number for number, sentence in enumerate(block) if phrases.RECAP.match(sentence)]
    behind = range(said[-1] + 1, len(block)) if said else range(0)
    return frozenset(said).union(behind if len(behind) <= _RECAP_SENTENCES else ())


def _without_labels(story: list[Sentence], *, whole: bool) -> list[Sentence]:
    """Leave short lines without a full stop out of a story that knows full stops: buttons, tags, names.

    Longer ones go where they end the story, if it was read as a `whole`.
    """
    sizes = Counter(sentence.block for sentence in story)
    kept: list[Sentence] = []
    for sentence in reversed(story):
        longest = _LABEL_WORDS if kept or not whole else _SUBHEADING_WORDS
        alone = sentence.kind == "paragraph" and sizes[sentence.block] == 1
        if not (alone and len(sentence.text.split()) <= longest and not _FINAL.search(sentence.text)):
            kept.append(sentence)
    stopped = sum(_FINAL.search(sentence.text) is not None for sentence in kept)
    enough = stopped > _CASED_SHARE * len(kept) and len(kept) >= max(_FEWEST_TELLING, len(story) / 3)
    return kept[::-1] if enough else story


def _strays(sentences: Sequence[str]) -> frozenset[int]:
    """What has neither beginning nor end in a story that knows both, as tags have not."""
    begun = [_BEGUN.match(sentence) is not None for sentence in sentences]
    if sum(begun) <= _CASED_SHARE * len(begun):
        return frozenset()
    return frozenset(
        number for number, sentence in enumerate(sentences) if not begun[number] and _FINAL.search(sentence) is None
    )


def _stopped_apart(sentences: Sequence[str]) -> frozenset[int]:
    """Headings that were given a stop where the text was taken from its page: "How the dam was built ."."""
    apart = [number for number, sentence in enumerate(sentences) if _STOP_APART.search(sentence)]
    if 2 * len(apart) > len(sentences):  # a text whose every word stands apart
        return frozenset()
    return frozenset(number for number in apart if len(sentences[number].split()) <= _SUBHEADING_WORDS + 1)


def _says_nothing(sentence: str) -> bool:
    return (
        _LETTERS.search(sentence) is None
        or phrases.SENTENCE.match(sentence) is not None
        or any(needle in sentence and pattern.search(sentence) for needle, pattern in phrases.SENTENCE_WITH)
        or (phrases.BARE_ATTRIBUTION.fullmatch(sentence) is not None and _LONG_QUOTATION.search(sentence) is None)
    )


def _is_subheading(sentence: str) -> bool:
    """Whether a sentence that another follows in its block is a heading that ran into it: it has no full stop."""
    return not _FINAL.search(sentence) and len(sentence.split()) <= _SUBHEADING_WORDS


def _places(text: str, raw: str) -> list[int]:
    """Where each character of a block's reading text stands in `raw`, markup passed over."""
    places: list[int] = []
    at = 0
    for character in text:
        found = raw.find(character, at)
        at = found if found >= 0 else min(at, len(raw) - 1)
        places.append(at)
        at = min(at + 1, len(raw) - 1)
    return places
