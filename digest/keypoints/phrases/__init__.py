"""The phrases that page furniture is made of: one table a language, all of them asked of every article.

A site's boxes are not always in its articles' language, so no table is chosen by language.  Patterns are regular
expressions, written by shape and not by publisher; how they are applied stands in furniture.py.  A new language
is a new file beside these and a name in `_LANGUAGES`.
"""

from __future__ import annotations

import re
from typing import Final

from digest.keypoints.phrases import en, ru, uk
from digest.keypoints.phrases.table import Phrases

_LANGUAGES: Final[tuple[Phrases, ...]] = (en.PHRASES, ru.PHRASES, uk.PHRASES)


def _any_of(*patterns: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


def _all(field: str) -> list[str]:
    return [pattern for phrases in _LANGUAGES for pattern in getattr(phrases, field)]


DATELINE: Final = _any_of(*_all("datelines"), flags=re.NOFLAG)
BYLINE: Final = _any_of(*_all("bylines"), flags=re.NOFLAG)
WHOLE_BLOCK: Final = _any_of(*_all("blocks"))
CUTS: Final = [(needle, re.compile(pattern)) for phrases in _LANGUAGES for needle, pattern in phrases.cuts]
READ_ALSO: Final = _any_of(*_all("read_also"))
LINKS_BELOW: Final = _any_of(*_all("links_below"))
SENTENCE: Final = _any_of(*_all("sentences"))
SENTENCE_WITH: Final = [
    (needle, re.compile(pattern, re.IGNORECASE)) for phrases in _LANGUAGES for needle, pattern in phrases.sentences_with
]
RECAP: Final = _any_of(*_all("recaps"))
CLOSING_RECAP: Final = _any_of(*_all("closing_recaps"))
BARE_ATTRIBUTION: Final = _any_of(*_all("attributions"))
SIGN_UP: Final = _any_of(*_all("sign_up"))
SENT_WHEN: Final = _any_of(*_all("sent_when"))
