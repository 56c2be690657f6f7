"""The way out: no edition becomes mail without a link that ends the subscription, seen by whoever reads either part.

The List-Unsubscribe header (RFC 8058) is no stand-in for it: many mail programs do not show it, and Gmail's
rules for senders and the CAN-SPAM Act (15 U.S.C. 7704(a)(5)) ask for a visible one in the mail.
"""

from __future__ import annotations

import re

from digest.model import SLOT_CLOSE, SLOT_OPEN, SLOT_OR
from digest.render.legibility import hidden
from digest.render.page import Element

IN_HTML, IN_TEXT = "the HTML part has no unsubscribe link", "the text part has no unsubscribe link"
REMEDY = "Include footer.mjml in edition.mjml, or link to {{ edition.unsubscribe_url }} where every reader sees it."
REMEDY_IN_TEXT = "Write {{ text }} there, which has it, or {{ edition.unsubscribe_url }}."

_SLOT = re.compile(f"{SLOT_OPEN}unsubscribe_url(?:{re.escape(SLOT_OR)}[^{SLOT_CLOSE}]*)?{SLOT_CLOSE}")
_NOTHING = re.compile(r"0(?:\.0*)?(?:px|em|rem|pt|%)?")


def leads_out_of_html(root: Element) -> bool:
    """Whether a link with words, not hidden, leads to the unsubscribe page."""
    return any(
        element.tag == "a"
        and _SLOT.fullmatch(element.attributes.get("href", "").strip())
        and any(map(str.isalnum, _words(element)))
        and not _unseen(element)
        for element in root.walk()
    )


def leads_out_of_text(text: str) -> bool:
    """Whether the page's address stands in the text, apart from other words: only then is it made a link."""
    return any(
        not text[: found.start()][-1:].isalnum() and not text[found.end() :][:1].isalnum()
        for found in _SLOT.finditer(text)
    )


def _words(link: Element) -> str:
    return link.text + "".join(one.attributes.get("alt", "") for one in link.walk() if one.tag == "img")


def _unseen(element: Element) -> bool:
    if hidden(element):
        return True
    size = next((style["font-size"] for one in element.lineage() if "font-size" in (style := one.style)), "")
    if _NOTHING.fullmatch(size) and not any(one.tag == "img" for one in element.walk()):
        return True
    return any(
        one.style.get("visibility") == "hidden" or _NOTHING.fullmatch(one.style.get("opacity", ""))
        for one in element.lineage()
    )
