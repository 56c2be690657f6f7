"""Article -> key points: what its editors wrote as such, else the sentences that tell the story.

Pure: the same article gives the same points; no clock, network, database or setting.
"""

from typing import TYPE_CHECKING

from digest.lazily import lazily

# ruff: noqa: TC004 - they are there when they are asked for

if TYPE_CHECKING:
    from digest.keypoints.condense import condense, reading_language
    from digest.keypoints.extract import supported

__all__ = ["condense", "reading_language", "supported"]

lazily(__name__, {"condense": "condense reading_language", "extract": "supported"})
