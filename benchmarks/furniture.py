"""What a reader would call page furniture in a point, by a list of its own: nothing here is shared with the condenser.

The patterns were written by hand after reading raw articles, and err towards finding too much.  "lead-3, raw" shows
that they find something; a point that they find in no condensed article may still be furniture that nobody listed.
"""

from __future__ import annotations

import re
from typing import Final

_KINDS: Final = {
    "byline or dateline": (
        r"^By\.?\s[A-Z][a-z]+\.?\s[A-Z]|^\(?[A-Z][\w. ,]{2,30}\((?:CNN|AP|AFP|Reuters)\)"
        r"|\((?:CNN|AP|AFP|Reuters)\)\s?(?:--|—|[A-Z])"
        r"|(?:PUBLISHED|UPDATED|Last updated|Created)\b.{0,12}\d|^[А-ЯЁІЇЄҐ]{3,}[.,] \d{1,2} [а-яіїєґ]+"
    ),
    "picture": (
        r"(?i:scroll down|click (?:here|for)"
        r"|\bphoto(?:graph)?s? (?:by|courtesy|credit)|image (?:source|credit|copyright)"
        r"|(?:фото|видео|відео|скриншот|скріншот)\s?:|getty images|/\s?(?:ap|afp|reuters|тасс|риа новости|рбк)\b)"
        r"|(?i:^(?:pictured|above|left|right)\s?:|\((?:pictured|left|right|above|below|shown|file image)\b)"
        r"|^\W*(?i:video|відео|видео)\s+[A-ZА-ЯІЇЄҐ«]"
    ),
    "link to another article": (
        r"(?i:читайте|читати|читать далее|дивіться також|смотрите также"
        r"|read (?:more|also)\b|see also\b|related\s?:)|>>|–>"
    ),
    "call to follow": (
        r"(?i:підпи(?:шись|суйт|шіть)|подпи(?:шись|сывай|шит)|приєднуйт|follow (?:us|@)|sign up (?:for|to|here)"
        r"|subscribe (?:to|now|here)|newsletter|like us on|join us on|share your|leave a comment|comments? below"
        r"|на youtube-каналі|наш (?:telegram|телеграм|канал))"
    ),
    "ticker": r"[₽$€]\s?\d[\d ]*(?:[.,]\d+)?\s[+−–—-]\s?\d?|(?i:\bкупить\b.{0,3}$|^\W*купить\b)|\b[A-Z]{3}/[A-Z]{3}\b",
    "credit or copyright": (
        r"(?i:©|all rights reserved|contributed to this|reporting by|edited by|^source\s?:|^(?:источник|джерело)\s?:"
        r"|^(?:автор|редактор)\s?:|помилку в тексті|ошибку в тексте|ctrl)"
    ),
    "address": r"(?i:^\W*(?:https?://|www\.)\S+\W*$|\b(?:go to|visit) (?:https?://|www\.))",
    "bare attribution": (
        r"(?i:^(?:об этом|про це)\b[^,«\"“]{0,90}\b(?:сообщ|заяв|повідом|розпов|рассказ|пиш|йдеться|говорится|інформу)"
        r"[^,«\"“—–]{0,90}\.?$)"
    ),
    "recap": r"(?i:^(?:нагадаємо|напомним|напоминаем|ранее сообщалось|раніше повідомлялося|как сообщалось)\b)",
}
_FURNITURE: Final = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}


def furniture(point: str) -> str | None:
    """The kind of furniture that `point` holds, if any."""
    return next((kind for kind, pattern in _FURNITURE.items() if pattern.search(point)), None)
