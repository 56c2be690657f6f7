"""The HTML of a mail as a tree, with the declarations of its style sheets: what a linter looks at.

It reads what mail clients read: conditional comments for Outlook are comments, and so are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})

_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"(?P<head>[^{};]*)(?P<open>[{;])|\}")


@dataclass(slots=True)
class Element:
    """One element; `children` are elements and, as strings, text."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and those inside it, in the order of the document."""
        return (node for node in self._nodes() if isinstance(node, Element))

    def _nodes(self) -> Iterator[Element | str]:
        waiting: list[Element | str] = [self]  # not by recursion: pages may nest deeper than Python calls
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Element):
                waiting.extend(reversed(node.children))

    def lineage(self) -> Iterator[Element]:
        """This element, its parent, and so on outwards."""
        element: Element | None = self
        while element is not None:
            yield element
            element = element.parent

    @property
    def style(self) -> dict[str, str]:
        """The declarations of its `style` attribute, names in lower case, `!important` left out."""
        return dict(declarations(self.attributes.get("style", "")))

    @property
    def text(self) -> str:
        """Its text and that of everything inside it, on one line."""
        return " ".join("".join(node for node in self._nodes() if isinstance(node, str)).split())


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._current = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._current)
        self._current.children.append(element)
        if tag not in VOID:
            self._current = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._current.children.append(Element(tag, {name: value or "" for name, value in attrs}, self._current))

    def handle_endtag(self, tag: str) -> None:
        for element in self._current.lineage():
            if element.tag == tag and element.parent is not None:
                self._current = element.parent
                return

    def handle_data(self, data: str) -> None:
        self._current.children.append(data)


def parse_page(html: str) -> Element:
    """The document's root, an element without a name."""
    builder = _TreeBuilder()
    builder.feed(html)
    builder.close()
    return builder.root


def declarations(css: str) -> Iterator[tuple[str, str]]:
    """Name and value of each declaration of a style attribute or of the inside of a rule."""
    for part in css.split(";"):
        name, colon, value = part.partition(":")
        if colon and value.strip():
            yield name.strip().lower(), value.replace("!important", "").strip()


def rules(css: str, condition: str = "") -> Iterator[tuple[str, str, str]]:
    """Condition (`@media …`, or empty), selector and inside of each rule; an at-rule without a block has no inside."""
    css = _CSS_COMMENT.sub("", css)
    position = 0
    while token := _RULE.search(css, position):
        position = token.end()
        head = (token["head"] or "").strip()
        if token["open"] == ";":
            if head.startswith("@"):
                yield condition, head, ""
        elif token["open"] == "{":
            end = _closing(css, position)
            inside = css[position:end]
            if head.startswith(("@media", "@supports")):
                yield condition, head, ""
                yield from rules(inside, head)
            else:
                yield condition, head, inside
            position = end + 1


def _closing(css: str, start: int) -> int:
    """The position of the } that closes what was opened before `start`; the end where none does."""
    depth = 1
    for brace in re.finditer(r"[{}]", css[start:]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return start + brace.start()
    return len(css)
