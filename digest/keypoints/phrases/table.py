"""What a language's table of furniture holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's furniture.  Case counts in `datelines`, `bylines` and `cuts` only."""

    datelines: tuple[str, ...] = ()  # at the head of an opening paragraph, cut off
    bylines: tuple[str, ...] = ()  # at the head of an opening paragraph, or the whole of it, cut off
    blocks: tuple[str, ...] = ()  # a whole paragraph, but for a final full stop
    cuts: tuple[str, ...] = ()  # anywhere, cut out; what stands on either side are two sentences
    read_also: tuple[str, ...] = ()  # opens a link to another article, often glued to a sentence of this one
    sentences: tuple[str, ...] = ()  # opens a sentence that is furniture to its end
    recaps: tuple[str, ...] = ()  # opens a sentence that tells old news
    attributions: tuple[str, ...] = ()  # a whole sentence that says only who said the one before
    sign_up: tuple[str, ...] = ()  # somewhere in the promise of a newsletter box
    sent_when: tuple[str, ...] = ()  # a whole line of such a box: when the newsletter comes
