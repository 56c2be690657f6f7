"""An edition as mail: rendered once, with slots for what varies, then addressed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

# A slot is written into a rendered part as \ue000 name \ue001: private-use characters never stand in
# rendered text otherwise (render strips them from articles), survive MRML, and so cannot be forged.
SLOT_OPEN, SLOT_CLOSE = "\ue000", "\ue001"
SLOT_OR = "|"  # parts a slot's name from its fallback, both percent-encoded


def slot(name: str, fallback: str | None = None) -> str:
    """The mark that stands for a per-subscriber value until the message is addressed.

    `fallback` is the text for whoever has no such value, or an empty one; without it, everybody must have one.
    Percent-encoded, neither can be taken for markup, folded as white space or read as the mark's own end.
    """
    rest = "" if fallback is None else SLOT_OR + quote(fallback, safe="", errors="replace")
    return f"{SLOT_OPEN}{quote(name, safe='', errors='replace')}{rest}{SLOT_CLOSE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An edition as mail, before it is addressed: rendered once, with slots for what varies."""

    subject: str
    preheader: str
    html: str
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message as SMTP is told it: who from, who to, and the bytes (CRLF line ends)."""

    subscriber: int
    sender: str
    recipient: str
    message_id: str
    message: bytes
