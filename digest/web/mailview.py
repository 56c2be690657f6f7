"""A mail as a preview page needs it: in one colour scheme, its headers apart, its sizes measured.

Pure functions over strings and bytes.  Kept out: where the mail comes from, and how it is served.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from email.policy import default as modern
from typing import Literal

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

# Gmail cuts a message whose HTML is larger than about 102 KB and shows "[Message clipped]" in place of the rest,
# the unsubscribe link included.  The figure is the field's; Google documents none.
GMAIL_CLIP_BYTES = 102 * 1024

_STYLE_ELEMENT = re.compile(r"(<style\b[^>]*>)(.*?)(</style\s*>)", re.IGNORECASE | re.DOTALL)
_TAG_WITH_CONDITION = re.compile(r"<(?:style|link|source|meta|html|body)\b[^>]*>", re.IGNORECASE)
_MEDIA_FEATURE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_SCHEMES_IN_CSS = re.compile(r"(?<![\w-])(color-scheme\s*:\s*)([^;}\"'!]+)", re.IGNORECASE)
_SCHEMES_META = re.compile(r"name\s*=\s*[\"']?color-scheme\b", re.IGNORECASE)
_CONTENT_ATTRIBUTE = re.compile(r"(content\s*=\s*[\"'])([^\"']*)", re.IGNORECASE)
_LANG_ATTRIBUTE = re.compile(r"<html\b[^>]*?\slang\s*=\s*[\"']?([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)

# Conditions that hold and fail in whatever combination they stand: `screen and all` would not parse.
_HOLDS, _FAILS = "(min-width:0px)", "(min-width:9999999px)"


def in_scheme(html: str, scheme: Scheme) -> str:
    """Return `html` as a reader whose system is set to `scheme` gets it, whatever this system is set to.

    Conditions on prefers-color-scheme are decided, and a mail that offers both schemes (`color-scheme: light dark`)
    is held to the one.  Only style sheets and the tags that carry conditions are touched: words of an article that
    spell a media query stay as they are.
    """

    def decided(css: str) -> str:
        css = _MEDIA_FEATURE.sub(lambda query: _HOLDS if query[1].lower() == scheme else _FAILS, css)
        return _SCHEMES_IN_CSS.sub(lambda schemes: schemes[1] + _one_of(schemes[2], scheme), css)

    def decided_tag(match: re.Match[str]) -> str:
        tag = match[0]
        if _SCHEMES_META.search(tag):
            return _CONTENT_ATTRIBUTE.sub(lambda content: content[1] + _one_of(content[2], scheme), tag)
        return decided(tag)

    html = _STYLE_ELEMENT.sub(lambda style: style[1] + decided(style[2]) + style[3], html)
    return _TAG_WITH_CONDITION.sub(decided_tag, html)


def _one_of(schemes: str, wanted: Scheme) -> str:
    words = schemes.lower().split()
    return wanted if {"light", "dark"} <= set(words) else schemes


def with_links_outside(html: str) -> str:
    """Return `html` with links that open in a tab of their own, as they do in a mail client, not in the frame."""
    base = '<base target="_blank">'
    head = _HEAD.search(html)
    return html[: head.end()] + base + html[head.end() :] if head else base + html


def with_images(html: str, images: Mapping[str, bytes]) -> str:
    """Return `html` with each picture of `images`, JPEG or PNG by its `src`, written into the page itself."""
    for source, content in images.items():
        kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
        html = html.replace(source, f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}")
    return html


def language_of(html: str) -> str:
    """Return the language tag of the html element, or "" where it names none."""
    found = _LANG_ATTRIBUTE.search(html)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One header field: its name, its value as a reader sees it, and the field as it travels (folded, encoded)."""

    name: str
    value: str
    raw: str


def header_fields(message: bytes) -> tuple[HeaderField, ...]:
    """Return the header fields of an RFC 5322 message in order; a line that is no field is left out."""
    head = re.split(rb"\r?\n\r?\n", message, maxsplit=1)[0].decode("utf-8", "replace")
    fields = []
    for raw in re.split(r"\r?\n(?![ \t])", head):
        name, colon, value = raw.partition(":")
        if not colon or not re.fullmatch(r"[!-9;-~]+", name):
            continue
        decoded = str(modern.header_fetch_parse(name, value.strip()))
        fields.append(HeaderField(name, decoded.strip(), raw))
    return tuple(fields)


@dataclass(frozen=True, slots=True)
class TextShape:
    """How a plain text part is set: its lines, and the columns of its longest one (a wide character takes two)."""

    lines: int
    widest: int


def text_shape(text: str) -> TextShape:
    """Measure `text` as a terminal or a monospaced mail window would set it."""
    lines = text.splitlines()
    return TextShape(len(lines), max((_columns(line) for line in lines), default=0))


def _columns(line: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line
    )
