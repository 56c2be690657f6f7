"""Blanks at which a line must not end: `11 %` is one word to the eye, and no line begins with a dash.

The words stay as they are; only the kind of a blank changes, and only where it is shown.
"""

from __future__ import annotations

import re

_NO_BREAK = "\N{NO-BREAK SPACE}"
_UNITS = (
    r"[%‰°€$₴£]|°[CF]\b|(?:"
    r"млн|млрд|трлн|тыс|тис|грн|руб|км|кг|га|МВт|кВт"
    r"|million|billion|trillion|km|kg|MW|kW|a\.m\.|p\.m\."
    r")(?![^\W\d_])"
)
_JOINED = re.compile(
    rf"""
      (?<=\d)[ ](?={_UNITS})   # 71 %, 1,68 млн
    | (?<=\d)(?<!\d{{4}})[ ](?=\d{{3}}(?!\d))  # 410 000, as most of Europe groups digits; 2024 is a year
    | (?<=[№§])[ ](?=\d)
    | (?<=\S)[ ](?=[—–][ ])  # a dash belongs to the word before it
    """,
    re.VERBOSE,
)


def typeset(line: str) -> str:
    """Give one line of prose with no-break spaces where its parts belong together."""
    return _JOINED.sub(_NO_BREAK, line)
