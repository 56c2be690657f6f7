"""Tells the lines that open a list item, and how long their bullet is; a dash may also open direct speech."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_BULLET = re.compile(r"[•‣◦▪▫●○■□◆◇►▶➤✓✔∙⁃·]\s*(?=\w|[^\w\s])|[*+]\s+(?=\S)")
_HYPHEN = re.compile(r"-\s+(?=\S)")
_DASH = re.compile(r"[–—−]\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,2})[.)]\s+(?=\S)")
_SPEECH = re.compile(r"[,!?…»”\"]\s+[-–—]\s")  # "— Нет, — сказал он": direct speech, in Russian and Ukrainian
_NEAR = 6  # lines with text between two items of a list, at most


def mark_items(lines: Sequence[str]) -> list[int]:
    """For each line (no white space around it) the length of its bullet, 0 where it opens no item.

    A number counts only in a run (1, 2, ...) and a long dash only beside another or under a colon: alone, the one opens
    a sentence, the other direct speech.
    """
    filled = [number for number, line in enumerate(lines) if line]
    marks = [0] * len(lines)
    dashes: list[int] = []  # places in `filled`
    numbers: list[tuple[int, int]] = []
    for place, number in enumerate(filled):
        line = lines[number]
        hyphen, count = _HYPHEN.match(line), _NUMBER.match(line)
        bullet = _BULLET.match(line) or (hyphen if not _SPEECH.search(line) else None)
        if bullet and any(char.isalnum() for char in line):
            marks[number] = bullet.end()
        elif _DASH.match(line) and not _SPEECH.search(line):
            dashes.append(place)
        elif count:
            numbers.append((place, int(count[1])))
    for place in _in_lists(dashes, [lines[number] for number in filled]):
        dash = _DASH.match(lines[filled[place]])
        marks[filled[place]] = dash.end() if dash else 0
    for place in _in_runs(numbers):
        count = _NUMBER.match(lines[filled[place]])
        marks[filled[place]] = count.end() if count else 0
    return marks


def _in_lists(places: list[int], filled: list[str]) -> set[int]:
    listed = {place for place in places if place and filled[place - 1].endswith(":")}
    for one, other in pairwise(places):
        if other - one <= _NEAR:
            listed |= {one, other}
    return listed


def _in_runs(numbers: list[tuple[int, int]]) -> set[int]:
    listed: set[int] = set()
    for (one, count), (other, following) in pairwise(numbers):
        if following == count + 1 and other - one <= _NEAR:
            listed |= {one, other}
    return listed
