"""The subject line and the preheader: what an inbox shows of an edition, made from its lead stories.

Both keep to a length and cut no word.  Inboxes show 40 to 70 characters of a subject and up to about 110 of the
preheader behind it; what does not fit is dropped here, where it can be dropped whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from digest.model import SLOT_CLOSE, SLOT_OPEN, Article, Newsletter, Story

SUBJECT_CHARACTERS = 70
PREHEADER_CHARACTERS = 110

_BETWEEN_TITLES = "; "
_SHORTEST_CLAUSE = 20  # a head of fewer characters ("Live:", "Opinion,") says too little to stand for its title
# Where a headline may end early and still be true: not at a comma (half a list) nor a full stop ("Mr.", "U.S.").
_CLAUSE_END = re.compile(r"((?=\s+[—–|-]\s)|(?=[:;]\s)|[?!][»”\"]?(?=\s)|(?=\s[(\[]))")
_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff" + SLOT_OPEN + SLOT_CLOSE)
_DANGLING = " \t,;:—–-|(["


def subject_line(newsletter: Newsletter, stories: Sequence[Story], *, number: int) -> str:
    """Name the lead story, and the next ones whole while they fit in SUBJECT_CHARACTERS.

    Where no title can be shortened to fit, the newsletter's own stands, and after it the edition's `number`.
    """
    titles = [headline(story.lead) for story in stories]
    lead = next((short for title in titles if (short := shorten(title, SUBJECT_CHARACTERS))), "")
    if not lead:
        return shorten(one_line(newsletter.title), SUBJECT_CHARACTERS) or f"#{number}"
    line = lead
    for title in titles[1:]:
        if titles[0] == lead and title and len(line) + len(_BETWEEN_TITLES) + len(title) <= SUBJECT_CHARACTERS:
            line += _BETWEEN_TITLES + title
        else:
            break  # the order is the ranking: a shorter title further down does not overtake
    return line


def preheader_line(newsletter: Newsletter, stories: Sequence[Story], *, subject: str) -> str:
    """Go on where `subject` stops: the next titles, else the lead's first points, else the description.

    At most PREHEADER_CHARACTERS; empty where nothing fits.  Nothing that the subject says is said again.
    """
    titles = [headline(story.lead) for story in stories[1:]]
    titles = [title for title in titles if (shorten(title, SUBJECT_CHARACTERS) or title) not in subject]
    points = [one_line(point.text) for story in stories[:1] for point in story.points]
    for parts in (titles, points, [one_line(newsletter.description)]):
        line = _join_while_it_fits([part for part in parts if part and part != subject], PREHEADER_CHARACTERS)
        if line:
            return line
    return ""


def headline(article: Article) -> str:
    """The title on one line, without its publisher's name behind a dash or bar."""
    title = one_line(article.title)
    source = one_line(article.source)
    if source:
        head = re.sub(rf"\s*[—–|-]\s*{re.escape(source)}$", "", title, flags=re.IGNORECASE)
        title = head if head.strip() else title
    return title


def shorten(text: str, characters: int) -> str:
    """Fit `text` into so many characters: whole, or to the end of a clause, or to the end of a word with `…`.

    Empty where not even that leaves anything worth reading.
    """
    if len(text) <= characters:
        return text
    clause = max((found.end(1) for found in _CLAUSE_END.finditer(text) if found.end(1) <= characters), default=0)
    head = text[:clause].rstrip(_DANGLING)
    if len(head) > max(characters // 2, _SHORTEST_CLAUSE) and _balanced(head):
        return head
    words_end = text.rfind(" ", 0, characters)  # so that the … has room
    head = text[: max(words_end, 0)].rstrip(_DANGLING)
    return f"{head}…" if len(head) >= _SHORTEST_CLAUSE else ""


def one_line(text: str) -> str:
    """Fold white space, and drop control characters and the marks that slots are made of."""
    kept = (" " if character.isspace() else character for character in text)
    return " ".join("".join(character for character in kept if not _unprintable(character)).split())


def _unprintable(character: str) -> bool:
    # Cs: a lone surrogate cannot be encoded.  Joiners (Cf) stay, scripts need them.
    return unicodedata.category(character) in {"Cc", "Cs"} or character in _HIDDEN


def _balanced(text: str) -> bool:
    """Whether every quotation and bracket that opens in `text` also closes in it."""
    return all(text.count(opening) == text.count(closing) for opening, closing in ("«»", "“”", "()", "[]"))


def _join_while_it_fits(parts: Sequence[str], characters: int) -> str:
    line = ""
    for part in parts:
        between = _BETWEEN_TITLES if line else ""
        room = characters - len(line) - len(between)
        fitting = shorten(part, room) if room > 0 else ""
        if not fitting:
            break
        line += between + fitting
        if fitting != part:
            break
    return line
