"""Where in a template something stands, once Jinja has expanded the template.

MRML tells positions in the expanded source.  On an error the templates are expanded once more, with a mark before each
line of their own text; the marks are then taken out again, and tell which line of which file each character is from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

# Private-use characters: no text that we render contains one (see clean.py), save the marks of slots, which are others.
_OPEN, _CLOSE = "\ue010", "\ue011"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


class _MarkLines(Extension):
    """Put a mark before each line of template text: file and line number."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        file = stream.filename or stream.name or "?"
        for token in stream:
            yield Token(token.lineno, "data", _marked(token, file)) if token.type == "data" else token


def _marked(token: Token, file: str) -> str:
    lines = token.value.split("\n")
    return "\n".join(f"{_OPEN}{file}:{token.lineno + n}{_CLOSE}{line}" for n, line in enumerate(lines))


@dataclass(frozen=True, slots=True)
class Places:
    """Which template line each character of an expanded source came from."""

    starts: tuple[int, ...]
    names: tuple[str, ...]

    def at(self, position: int) -> str:
        """`…/story.mjml:12` for a character position of the expanded source; empty if nothing is known of it."""
        index = bisect_right(self.starts, position) - 1
        return self.names[index] if index >= 0 else ""


def trace(environment: Environment, template: str, context: Mapping[str, object], *, expanded: str) -> Places:
    """Expand `template` again with marks.  `expanded` is what it gave without; if that differs, nothing is claimed."""
    marking = environment.overlay(extensions=[_MarkLines])
    marked = marking.get_template(template).render(context)
    starts: list[int] = []
    names: list[str] = []
    plain: list[str] = []
    length = 0
    for text, name in _pieces(marked):
        if name:
            starts.append(length)
            names.append(name)
        plain.append(text)
        length += len(text)
    if "".join(plain) != expanded:  # a template that measures or compares its own output
        return Places((), ())
    return Places(tuple(starts), tuple(names))


def _pieces(marked: str) -> Iterator[tuple[str, str]]:
    """Each stretch of text with the name that its mark gives."""
    start, name = 0, ""
    for mark in _MARK.finditer(marked):
        yield marked[start : mark.start()], name
        start, name = mark.end(), mark[1]
    yield marked[start:], name
