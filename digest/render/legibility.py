"""Whether each text of a page can be read on its ground, in the light scheme and in the dark one.

Colours are taken from the tags, where inlining has put them; the dark scheme's rules are inlined first in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import css_inline

from digest.render.colour import LEGIBLE, Rgb, contrast, parse_colour
from digest.render.page import Element, parse_page, rules

Scheme = Literal["light", "dark"]

_HEX = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?![0-9a-fA-F])")
_NAMED: dict[str, Rgb] = {"white": (255, 255, 255), "black": (0, 0, 0)}
_UNSEEN = frozenset({"style", "script", "title", "head"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Poor:
    """A text that is hard to read."""

    scheme: Scheme
    text: str
    ratio: float


def poorly_legible(html: str) -> Iterator[Poor]:
    """Every text whose contrast is below WCAG AA; the dark scheme is judged only where the mail has one."""
    yield from _poor(parse_page(html), "light")
    dark = dark_rules(html)
    if dark:
        inlined = css_inline.inline(html, inline_style_tags=False, load_remote_stylesheets=False, extra_css=dark)
        yield from _poor(parse_page(inlined), "dark")


def dark_rules(html: str) -> str:
    """What stands under `prefers-color-scheme: dark`; empty where nothing does."""
    sheets = (element.text for element in parse_page(html).walk() if element.tag == "style")
    return "\n".join(
        f"{selector}{{{inside}}}"
        for sheet in sheets
        for condition, selector, inside in rules(sheet)
        if "prefers-color-scheme" in condition and "dark" in condition and not selector.startswith("@")
    )


def hidden(element: Element) -> bool:
    """Whether a reader never sees it."""
    return any(one.tag in _UNSEEN or one.style.get("display") == "none" for one in element.lineage())


def _poor(root: Element, scheme: Scheme) -> Iterator[Poor]:
    for element in root.walk():
        text = " ".join("".join(child for child in element.children if isinstance(child, str)).split())
        if not any(map(str.isalnum, text)) or hidden(element):
            continue
        ink = _nearest(element, ("color",), (0, 0, 0))
        ground = _nearest(element, ("background-color", "background"), (255, 255, 255))
        ratio = contrast(ink, ground)
        if ratio < LEGIBLE:
            yield Poor(scheme=scheme, text=text, ratio=ratio)


def _nearest(element: Element, properties: tuple[str, ...], default: Rgb) -> Rgb:
    for one in element.lineage():
        style = one.style
        for name in properties:
            colour = _colour(style.get(name, ""))
            if colour is not None:
                return colour
        if "background" in properties and (colour := _colour(one.attributes.get("bgcolor", ""))) is not None:
            return colour
    return default


def _colour(value: str) -> Rgb | None:
    found = _HEX.search(value)
    return parse_colour(found[0]) if found else _NAMED.get(value.strip().lower())
