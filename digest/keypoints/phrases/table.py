"""What a language's table of furniture holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's furniture.  Case counts in `datelines`, `bylines` and `cuts`."""

    datelines: tuple[str, ...] = ()  # at the head of an opening paragraph, cut off
    bylines: tuple[str, ...] = ()  # at the head of an opening paragraph, or the whole of it, cut off
    blocks: tuple[str, ...] = ()  # a whole paragraph, but for a final full stop
    # Anywhere, cut out; what stands on either side are two sentences.  The first of each pair is a string that must
    # stand in the text for the pattern to match: looking for it is a hundred times as fast.
    cuts: tuple[tuple[str, str], ...] = ()
    read_also: tuple[str, ...] = ()  # opens a link to another article, often glued to a sentence of this one
    links_below: tuple[str, ...] = ()  # a whole line over the titles of other articles
    sentences: tuple[str, ...] = ()  # opens a sentence that is furniture to its end
    sentences_with: tuple[tuple[str, str], ...] = ()  # anywhere in a sentence that is furniture; pairs, as cuts are
    recaps: tuple[str, ...] = ()  # opens a sentence that tells old news
    closing_recaps: tuple[str, ...] = ()  # opens one that does if it is among the last: a link to an earlier article
    attributions: tuple[str, ...] = ()  # a whole sentence that says only who said the one before
    sign_up: tuple[str, ...] = ()  # somewhere in the promise of a newsletter box
    sent_when: tuple[str, ...] = ()  # a whole line of such a box: when the newsletter comes
