"""Markdown -> plain text with one line a block: "#", "-" and ">" stay at the head of a line, all other markup goes.

What is left is what a reader sees, so that spans count visible characters and no link address stands inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

# markdown-it takes quadratic time on openers that are never closed: a paragraph of 20,000 "[" takes 3 s, one of 300
# less than 2 ms.  No written paragraph has so many, or is so long; one that is stays as it came.
_OPENER = re.compile(r"[\[<*_`\\]")
_MOST_OPENERS, _LONGEST_PARAGRAPH = 300, 20_000
_HIDDEN = (
    (re.compile("<!--"), re.compile("-->")),
    (re.compile("<script", re.IGNORECASE), re.compile("</script[^<>]*>", re.IGNORECASE)),
    (re.compile("<style", re.IGNORECASE), re.compile("</style[^<>]*>", re.IGNORECASE)),
)
_BREAK = re.compile(r"<(?:/?(?:p|div|li|tr|h[1-6])|br)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!?][^<>]*>", re.IGNORECASE)
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
    if len(content) > _LONGEST_PARAGRAPH or len(_OPENER.findall(content)) > _MOST_OPENERS:
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


def _without_tags(html: str) -> str:
    """What a browser would show of a block of HTML, a paragraph for each line it would start.

    By searches that never go back: html.parser takes quadratic time on comments that are never closed.
    """
    for opening, closing in _HIDDEN:
        first, *others = opening.split(html)
        html = first + "".join(closing.split(part, maxsplit=1)[-1] for part in others)
    text = unescape(_TAG.sub("", _BREAK.sub("\n", html)))
    return "\n\n".join(filter(None, map(_on_one_line, text.split("\n"))))
