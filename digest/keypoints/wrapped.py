"""Text that came as one field of a table in CSV: in quotation marks from end to end, its own marks doubled (RFC 4180).

Read as it stands, its first sentence would be the beginning of somebody's words, and its quotations have no pairs.
Exports of exports are wrapped twice, and have each mark four times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from digest.model import Block, Span

_MARKS: Final = re.compile(r'"+')


def unwrapped(blocks: Sequence[Block], text: str) -> tuple[Block, ...]:
    """Give the `blocks` of `text` without what a field of CSV has around it and doubled; as they are if it is none."""
    if not blocks or not text.lstrip().startswith('"') or not text.rstrip().endswith('"'):
        return tuple(blocks)
    runs = [found.span() for found in _MARKS.finditer(text)]
    (start, opened), *inner, (closed, end) = runs if len(runs) > 1 else [*runs, *runs]
    lengths = [right - left for left, right in inner]
    if (opened - start) % 2 == 0 or (end - closed) % 2 == 0 or any(length % 2 for length in lengths) or start == closed:
        return tuple(blocks)
    if len(lengths) % 2:  # the text itself begins or ends with a quotation
        if end - closed > 1:
            closed += 1
        else:
            opened -= 1
    bounds = Span(opened, closed)
    return tuple(
        _within(block, text, bounds) for block in blocks if block.span.start < closed and block.span.end > opened
    )


def _within(block: Block, text: str, bounds: Span) -> Block:
    start, end = max(block.span.start, bounds.start), min(block.span.end, bounds.end)
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    shown = " ".join(_MARKS.sub('"', text[start:end]).split())
    return replace(block, text=shown, span=Span(start, end)) if shown else block
