"""Markdown -> plain text with one line a block: "#", "-" and ">" stay at the head of a line, all other markup goes.

What is left is what a reader sees, so that spans count visible characters and no link address stands inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

# markdown-it takes quadratic time on a paragraph of unclosed brackets or stars: 100 kB of them for seconds.  No written
# paragraph is that long; one that is stays as it came.
_LONGEST_PARAGRAPH = 20_000
_FIRST_HEADING = re.compile(r"\s*# \S")


def looks_like_markdown(text: str) -> bool:
    """Whether the text opens with a "# " title: nothing else tells Markdown from text typed with stars and dashes."""
    return _FIRST_HEADING.match(text) is not None


def plain_markdown(source: str) -> str:
    """The text of a Markdown source, a blank line between blocks; images, comments and rules are left out."""
    return "\n\n".join(filter(None, _blocks(_parser().parse(source))))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True})
    parser.disable("inline")  # run below, block by block, so that a monstrous one can be passed over
    return parser


@cache
def _inline() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True})


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    quotes_open = 0
    for number, token in enumerate(tokens):
        quotes_open += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "inline":  # it stands right behind the token that opens its paragraph or heading
            opener, outer = tokens[number - 1], tokens[number - 2] if number > 1 else None
            text = _visible(token.content)
            if opener.type == "heading_open":
                yield f"{'#' * int(opener.tag[1:])} {_on_one_line(text)}"
            elif outer is not None and outer.type == "list_item_open":
                yield f"- {_on_one_line(text)}"
            else:
                yield f"> {_on_one_line(text)}" if quotes_open else text
        elif token.type in {"fence", "code_block"}:
            yield token.content.strip()
        elif token.type == "html_block":
            yield _without_tags(token.content)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _visible(content: str) -> str:
    if len(content) > _LONGEST_PARAGRAPH:
        return content
    parts: list[str] = []
    for token in _inline().parseInline(content)[0].children or ():
        match token.type:
            case "text" | "code_inline":
                parts.append(token.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "html_inline" if token.content.lower().startswith("<br"):
                parts.append("\n")
    return "\n".join(line.strip() for line in "".join(parts).split("\n"))


class _Text(HTMLParser):
    """Gathers the text between tags; what a browser does not show is passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        self.hidden += tag in {"script", "style"}
        self.parts.append("\n" if tag in {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4"} else "")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in {"script", "style"}))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def _without_tags(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n\n".join(filter(None, lines))
