"""Articles to Edition: which report the same event, which matter, and what a reader gets to see.

Pure: the same values give the same edition, whatever the clock, the database or the order they came in.
"""

from typing import TYPE_CHECKING

from digest.lazily import lazily

# ruff: noqa: TC004 - they are there when they are asked for

if TYPE_CHECKING:
    from digest.edition.assemble import assemble
    from digest.edition.choose import Choice, Decision, choose
    from digest.edition.pair import Disagreement, disagreements
    from digest.edition.rank import RankWeights, Score
    from digest.edition.slots import next_slot, previous_slot, slot_at
    from digest.edition.stories import same_event

__all__ = [
    "Choice",
    "Decision",
    "Disagreement",
    "RankWeights",
    "Score",
    "assemble",
    "choose",
    "disagreements",
    "next_slot",
    "previous_slot",
    "same_event",
    "slot_at",
]

lazily(
    __name__,
    {
        "assemble": "assemble",
        "choose": "Choice Decision choose",
        "pair": "Disagreement disagreements",
        "rank": "RankWeights Score",
        "slots": "next_slot previous_slot slot_at",
        "stories": "same_event",
    },
)
