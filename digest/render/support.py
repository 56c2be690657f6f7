"""Which mail clients ignore what a mail uses: support.tsv (the data of caniemail.com), and how it is looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from digest.render.page import Element, declarations, rules

TABLE = Path(__file__).parent / "support.tsv"

# What MJML writes into every mail or around every picture, and the preheader needs: no theme can do without.
IN_EVERY_MAIL = frozenset(
    {"css-border-spacing", "css-display-none", "css-outline", "css-word-break", "css-word-spacing"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Something that some clients ignore, and whether the mail is then broken or only plainer."""

    name: str
    title: str
    pattern: str  # property:float, value:display:flex, element:video, attribute:srcset, at:import, image:webp
    absence: Literal["breaks", "plainer"]
    clients: tuple[str, ...]

    @property
    def page(self) -> str:
        """Where to read about it."""
        return f"https://www.caniemail.com/features/{self.name}/"


@lru_cache(maxsize=1)
def features() -> tuple[Feature, ...]:
    """Every feature of the table."""
    lines = (line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return tuple(_feature(*line.split("\t")) for line in lines)


def gaps(root: Element) -> Iterator[Feature]:
    """The features that the page uses and some client ignores, in the order of the table.

    What stands under a media query is an addition for those who understand it, and no gap for the others.
    """
    found = set(_used(root))
    properties = {item.removeprefix("property:") for item in found if item.startswith("property:")}
    values = [item.removeprefix("value:") for item in found if item.startswith("value:")]
    for feature in features():
        kind, _colon, wanted = feature.pattern.partition(":")
        if kind == "property":
            used = wanted in properties
        elif kind == "value":
            name, _colon, value = wanted.partition(":")
            expression = _value_pattern(name, value)
            used = any(expression.search(item) for item in values)
        else:
            used = feature.pattern in found
        if used:
            yield feature


def _feature(name: str, title: str, pattern: str, absence: str, clients: str) -> Feature:
    if absence not in {"breaks", "plainer"}:
        raise ValueError(f"{TABLE}: {name}: {absence!r} is neither breaks nor plainer")
    return Feature(
        name=name,
        title=title,
        pattern=pattern,
        absence="breaks" if absence == "breaks" else "plainer",
        clients=tuple(clients.split(",")),
    )


@lru_cache(maxsize=256)
def _value_pattern(name: str, value: str) -> re.Pattern[str]:
    """A value of one property, or of any where no property is named."""
    return re.compile(rf"^{name}:{value}" if name else value)


def _used(root: Element) -> Iterator[str]:
    for element in root.walk():
        yield f"element:{element.tag}"
        yield from (f"attribute:{name}" for name in element.attributes)
        yield from _used_in(element.attributes.get("style", ""))
        if element.tag == "img":
            yield f"image:{_format(element.attributes.get('src', ''))}"
        if element.tag == "style":
            for condition, head, inside in rules(element.text):
                if head.startswith("@"):
                    yield f"at:{head[1:].split()[0]}"
                elif not condition:
                    yield from _used_in(inside)


def _used_in(css: str) -> Iterator[str]:
    for name, value in declarations(css):
        yield f"property:{name}"
        yield f"value:{name}:{value.lower()}"


def _format(source: str) -> str:
    if source.startswith("data:"):
        return "data"
    return source.partition("?")[0].rpartition(".")[2].lower()
