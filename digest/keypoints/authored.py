"""The key points that an article's own editors wrote: verbatim, grouped by speaker, in their order.

Four shapes are known: points under a heading that announces them ("Blinken's key points:"), a summary box, a list
between the title and the story, and an article that is a list.  A heading alone proves nothing: what follows must
look like points, else there are none and the story is condensed as any other.  Nothing is reworded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product, takewhile
from typing import Final, Literal

from digest.keypoints.furniture import furniture_blocks
from digest.keypoints.phrases import headings
from digest.model import Article, Block, KeyPoint, Span

Strength = Literal["speaker", "strong", "summary", "weak"]

_HEADING_WORDS: Final = 14
_HEADING_CHARACTERS: Final = 200
_MOST_RUNS: Final = 40  # no article has more groups of points: it only bounds the time that a hostile one takes
_SUBHEADING_WORDS: Final = 8
_NAME_WORDS: Final = 5
_MOST_POINTS: Final = 25  # under one heading
_POINT_WORDS: Final = 90  # a longer paragraph is story, not a point
_ITEM_WORDS: Final = 120
_FEWEST_WORDS: Final = 3
# What plain paragraphs under a heading may be, so as to count as points: how many, and words on the average.
_PARAGRAPH_RUN: Final[dict[Strength, tuple[int, float]]] = {
    "speaker": (_MOST_POINTS, 60.0),
    "strong": (15, 50.0),
    "summary": (5, 50.0),
    "weak": (7, 32.0),
}
_LONE_POINT_WORDS: Final = 60  # a box of one paragraph
_OPEN_ENDED_RUN: Final = 8  # no heading follows to end it: more would take the story for points
_LEAD_ITEMS: Final = range(2, 11)
_LEAD_ITEM_WORDS: Final = 5.0  # on the average; less is a menu
_LIST_SHARE: Final = 0.6  # of the words, for an article that is a list
_LIST_ITEMS: Final = range(3, 16)

# Bullets that no sentence begins with; dashes and numbers are told apart from speech where blocks are split.
_BULLET: Final = re.compile(r"(?:[•●▪■◦‣⁃∙·♦◆►▶➤➢✓✔✅🔹🔸🔷🔶⚡❗👉📌]\ufe0f?\s*)+")
_DECORATION: Final = re.compile(r"^[^\w'‘“«\"(]+|[^\w'’”»\".)?!]+$")
_FINAL: Final = re.compile(r"[.!?…;,:][»”\"’')\]]*$")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_MOST_GUESSES: Final = 60
_STRENGTHS: Final[tuple[tuple[Strength, re.Pattern[str]], ...]] = (
    ("strong", headings.STRONG),
    ("summary", headings.SUMMARY),
    ("weak", headings.WEAK),
)
_WORD: Final = re.compile(r"[\w’'-]+")


@dataclass(slots=True)
class _Run:
    """The blocks under one heading."""

    group: str | None
    strength: Strength
    points: list[Block] = field(default_factory=list)
    ended: bool = False  # by a heading, or by a paragraph behind a list


def authored_points(article: Article) -> tuple[KeyPoint, ...]:
    """Give the points that the editors of `article` wrote as such; () when there are none."""
    dropped = furniture_blocks(article)
    blocks = [_as_item(block, article.text) for number, block in enumerate(article.blocks) if number not in dropped]
    headed = [run for run in islice(_runs(blocks, article.text), _MOST_RUNS) if _bears_out(run)]
    found = [(block, run.group) for run in headed for block in run.points]
    if not found:
        found = [(block, None) for block in _leading_list(blocks) or _list_article(blocks)]
    return tuple(
        KeyPoint(text=block.text, group=group, origin="authored", spans=(block.span,), article=article.id)
        for block, group in found
    )


def _as_item(block: Block, text: str) -> Block:
    """A paragraph that opens with a bullet is an item, whoever made it a paragraph."""
    bullet = _BULLET.match(block.text)
    raw = _BULLET.match(text, block.span.start, block.span.end)
    if block.kind != "paragraph" or bullet is None or raw is None or bullet.end() == len(block.text):
        return block
    return Block(kind="item", text=block.text[bullet.end() :], span=Span(raw.end(), block.span.end))


def _runs(blocks: Sequence[Block], text: str) -> Iterator[_Run]:
    """What stands under each heading that announces points, whether or not it bears the heading out."""
    run: _Run | None = None
    for block in blocks:
        opened = _announced(block, text) or (run and _speaker_within(block, text))
        if opened:
            if run:
                run.ended = True
                yield run
            run = opened
        elif run and _ends(run, block):
            run.ended = True
            yield run
            run = None
        elif run:
            _add(run, block)
    if run:
        yield run


def _add(run: _Run, block: Block) -> None:
    if block.kind == "item" and len(run.points) == 1 and run.points[0].kind != "item":
        run.points.clear()  # one paragraph that leads in to a list
    if len(run.points) <= _MOST_POINTS and (run.points or not block.text.endswith(":")):
        run.points.append(block)  # one too many is enough to tell that these are no points


def _ends(run: _Run, block: Block) -> bool:
    if block.kind == "heading":
        return True
    if not run.points:
        return False
    listed = run.points[-1].kind == "item"
    if block.kind == "item":
        return not listed and len(run.points) > 1
    if listed:
        return True
    # A line that looks like a heading, though it was not marked as one.
    untold = not _FINAL.search(block.text) and len(block.text.split()) <= _SUBHEADING_WORDS
    return untold and all(_FINAL.search(point.text) for point in run.points)


def _announced(block: Block, text: str) -> _Run | None:
    """The run that `block` opens, if it is a heading of key points."""
    if block.kind == "item" or len(block.text) > _HEADING_CHARACTERS or len(block.text.split()) > _HEADING_WORDS:
        return None
    heading = _DECORATION.sub("", block.text).rstrip("?!.")
    for pattern in headings.SPEAKER:
        found = pattern.fullmatch(heading)
        if found is None:
            continue
        who = found["who"]
        if headings.NO_SPEAKER.fullmatch(who):
            return _Run(None, "strong") if headings.KEY.search(heading) else None
        if _is_name(who):
            return _Run(_nominative(who, text), "speaker")
        if headings.KEY.search(heading):
            return _Run(None, "weak")
    for strength, known in _STRENGTHS:
        if known.fullmatch(heading):
            return _Run(None, strength)
    return None


def _speaker_within(block: Block, text: str) -> _Run | None:
    """Under a heading of key points, "Blinken:" opens his own; the story must know the name."""
    if block.kind == "item" or not block.text.endswith(":") or len(block.text) > _HEADING_CHARACTERS:
        return None
    who = block.text.rstrip(" :")
    if not 0 < len(who.split()) <= _NAME_WORDS or not _is_name(who):
        return None
    known = re.search(rf"[^\W\d_A-ZА-ЯЁІЇЄҐ][,]? {re.escape(who.split()[-1])}\b", text)
    return _Run(who, "speaker") if known else None


def _is_name(who: str) -> bool:
    """Whether `who` reads as a name: capitalised but for titles and particles, and at its end."""
    parts = who.split()
    capitalised = [part for part in parts if part[0].isupper()]
    return bool(parts) and parts[-1][0].isupper() and 2 * len(capitalised) >= len(parts)


def _nominative(who: str, text: str) -> str:
    """A Russian or Ukrainian name in the genitive as the article itself has it in the nominative, else as written."""
    if not _CYRILLIC.search(who):
        return who
    choices = [[*_nominatives(part), part] for part in who.split()]
    for parts in islice(product(*choices), _MOST_GUESSES):
        name = " ".join(parts)
        if name != who and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            return name
    return who


def _nominatives(part: str) -> list[str]:
    return [
        part.removesuffix(ending) + nominative
        for ending, nominatives in headings.GENITIVE_ENDINGS
        if part.endswith(ending) and len(part) > len(ending) + 1
        for nominative in nominatives
    ]


def _bears_out(run: _Run) -> bool:
    """Whether what stands under the heading are points, and not the story itself."""
    lengths = [len(_WORD.findall(point.text)) for point in run.points]
    if not lengths or len(lengths) > _MOST_POINTS or min(lengths) < _FEWEST_WORDS:
        return False
    if run.points[0].kind == "item":
        return max(lengths) <= _ITEM_WORDS and (len(lengths) > 1 or run.strength != "weak")
    if len(lengths) == 1:
        return run.strength != "weak" and lengths[0] <= _LONE_POINT_WORDS
    most, mean = _PARAGRAPH_RUN[run.strength]
    if not run.ended:
        most = min(most, _OPEN_ENDED_RUN)
    return len(lengths) <= most and max(lengths) <= _POINT_WORDS and sum(lengths) <= mean * len(lengths)


def _leading_list(blocks: Sequence[Block]) -> list[Block]:
    """A list between the title and the story."""
    items = list(takewhile(lambda block: block.kind == "item", blocks))
    lengths = [len(_WORD.findall(item.text)) for item in items]
    if len(items) not in _LEAD_ITEMS or sum(lengths) < _LEAD_ITEM_WORDS * len(items) or max(lengths) > _POINT_WORDS:
        return []
    return items if any(block.kind == "paragraph" for block in blocks[len(items) :]) else []


def _list_article(blocks: Sequence[Block]) -> list[Block]:
    """The items of an article that is mostly a list."""
    items = [block for block in blocks if block.kind == "item"]
    lengths = [len(_WORD.findall(item.text)) for item in items]
    if len(items) not in _LIST_ITEMS or sum(lengths) < _LEAD_ITEM_WORDS * len(items) or max(lengths) > _POINT_WORDS:
        return []
    return items if sum(lengths) >= _LIST_SHARE * sum(len(_WORD.findall(block.text)) for block in blocks) else []
