"""The key points that an article's own editors wrote: verbatim, grouped by speaker, in their order.

Four shapes are known: points under a heading that announces them ("Blinken's key points:"), a summary box, a list
between the title and the story, and an article that is a list.  A heading alone proves nothing: what follows must
look like points, else there are none and the story is condensed as any other.  Nothing is reworded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, product
from typing import Final, Literal

from digest.keypoints.furniture import furniture_blocks
from digest.keypoints.listed import as_items, leading_list, list_article
from digest.keypoints.phrases import headings
from digest.model import Article, Block, KeyPoint

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
    kept = [block for number, block in enumerate(article.blocks) if number not in dropped]
    blocks = as_items(kept, article.text)
    headed = [run for run in islice(_runs(blocks, article.text), _MOST_RUNS) if _bears_out(run, blocks)]
    found = [(block, run.group) for run in headed for block in run.points]
    if not found:
        found = [(block, None) for block in leading_list(blocks, article.language) or list_article(blocks)]
    return tuple(
        KeyPoint(text=block.text, group=group, origin="authored", spans=(block.span,), article=article.id)
        for block, group in found
    )


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
        elif run and _ends(run, block, text):
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


def _ends(run: _Run, block: Block, text: str) -> bool:
    if block.kind == "heading":
        return True
    if not run.points:
        return False
    listed = run.points[-1].kind == "item"
    if block.kind == "item":
        return not listed and len(run.points) > 1
    if listed:
        return True
    # A box of a line each, and then a blank one.
    gaps = [text.count("\n", one.span.end, other.span.start) for one, other in pairwise([*run.points, block])]
    if len(gaps) > 1 and gaps[-1] > 1 and max(gaps[:-1]) == 1:
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


def _bears_out(run: _Run, blocks: Sequence[Block]) -> bool:
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
        # A heading and then nothing but the story: what nobody spoke is no summary unless there is more to sum up.
        if run.strength != "speaker" and 2 * sum(lengths) > sum(len(_WORD.findall(block.text)) for block in blocks):
            return False
    return len(lengths) <= most and max(lengths) <= _POINT_WORDS and sum(lengths) <= mean * len(lengths)
