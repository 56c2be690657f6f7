"""What a publisher published, and the points that it comes to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.model.instants import require_aware

BlockKind = Literal["paragraph", "heading", "item", "quote"]
Origin = Literal["authored", "extracted", "rewritten"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (not included) of an article's `text`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading, list item or quote of an article.

    `text` is what a reader sees: one line, white space folded, list bullet and markup gone.
    `span` is where it stands in the article's `text`, markup and bullet left outside where possible.
    """

    kind: BlockKind
    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    r"""One piece as its publisher published it; `id` follows from its content.

    `text` is the body as it came, decoded to Unicode with line ends as \n; every span counts its characters.
    `blocks` are its parts in order, page furniture included: what is worth reading is decided later.
    """

    id: str  # see article_id
    url: str  # canonical: no fragment, no utm_* parameters; empty for a file without one
    title: str  # empty only for raw text that was never stored
    published: datetime
    language: str  # BCP 47 primary subtag: en, ru, uk; "und" where it cannot be told
    source: str  # who published it, as a reader would name it; empty where nobody says
    text: str
    blocks: tuple[Block, ...]
    author: str | None = None
    image: str | None = None
    category: str | None = None  # the publisher's own rubric, if it gives one
    keywords: tuple[str, ...] = ()
    origin: str = ""  # where it was read, as an address: what comes from there later is a newer version of it

    def __post_init__(self) -> None:
        require_aware(f"{self.title}: published", self.published)


def article_id(*, url: str, title: str, text: str) -> str:
    """16 hexadecimal digits that change whenever the address, title or text of an article does."""
    return hashlib.sha256(f"{url}\0{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoint:
    """One bullet of a story, with the evidence for it.

    `spans` are characters of the text of the article whose id is `article`.
    """

    text: str
    group: str | None = None  # whose words or deeds these are: "Blinken"
    origin: Origin
    spans: tuple[Span, ...]
    article: str
    original: str | None = None  # the wording before a rewriter or an editor changed it
    on_trust: str = ""  # what an editor's wording adds to the sentences, kept on the editor's word alone

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError(f"nothing in the article bears out {self.text!r}")
        if not self.text.strip():
            raise ValueError("an empty key point")
