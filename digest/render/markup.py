"""The rules of MJML that MRML does not enforce, or names without a place.

MRML 5 takes a wrong end tag, an unknown component and a misplaced one in silence, and drops what it does not know; for
an element left open it says only that the input ended.  A mail with half its stories missing must not go out.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

_CONTENT = frozenset({"mj-column", "mj-hero"})
_BODY = frozenset({"mj-body", "mj-wrapper"})

# Component -> the components that it may stand in.  Source: MJML's documentation, "Components".
PARENTS: dict[str, frozenset[str]] = {
    "mjml": frozenset(),
    "mj-head": frozenset({"mjml"}),
    "mj-body": frozenset({"mjml"}),
    **dict.fromkeys(
        ("mj-attributes", "mj-breakpoint", "mj-font", "mj-preview", "mj-style", "mj-title"), frozenset({"mj-head"})
    ),
    "mj-all": frozenset({"mj-attributes"}),
    "mj-class": frozenset({"mj-attributes"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": _BODY,
    "mj-hero": _BODY,
    "mj-group": frozenset({"mj-section"}),
    "mj-column": frozenset({"mj-section", "mj-group"}),
    **dict.fromkeys(
        (
            "mj-accordion",
            "mj-button",
            "mj-carousel",
            "mj-divider",
            "mj-image",
            "mj-navbar",
            "mj-social",
            "mj-spacer",
            "mj-table",
            "mj-text",
        ),
        _CONTENT,
    ),
    "mj-accordion-element": frozenset({"mj-accordion"}),
    "mj-accordion-title": frozenset({"mj-accordion-element"}),
    "mj-accordion-text": frozenset({"mj-accordion-element"}),
    "mj-carousel-image": frozenset({"mj-carousel"}),
    "mj-navbar-link": frozenset({"mj-navbar"}),
    "mj-social-element": frozenset({"mj-social"}),
    "mj-raw": frozenset({"mj-head", "mj-column", "mj-section", "mj-group", "mj-hero", *_BODY}),
}

# These hold components only; the others hold text and HTML.
_STRUCTURE = frozenset().union(*PARENTS.values())

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)

_TAG = re.compile(
    r"<!--.*?-->"
    r"|<style\b[^>]*>.*?</style\s*>"
    r"""|<(?P<end>/?)(?P<name>[A-Za-z][\w:-]*)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*)>"""
    r"|<(?P<stray>)",
    re.DOTALL,
)

_ATTRIBUTES = re.compile(r"""(?:\s+[\w:@.-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*/?""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong at a character position of the source, and what was expected there."""

    position: int
    what: str
    expected: str


def first_fault(source: str) -> Fault | None:
    """The first tag of an MJML source that breaks a rule; None if all is well."""
    open_tags: list[tuple[str, int]] = []
    for tag in _TAG.finditer(source):
        name, position = tag["name"], tag.start()
        if tag["stray"] is not None:
            return Fault(position=position, what="a < that opens no tag", expected="Write &lt; where a < is meant.")
        if name is None or name in _VOID:  # a comment or a style sheet; an element that is never closed
            continue
        if not _ATTRIBUTES.fullmatch(tag["attributes"]):
            return Fault(
                position=position, what=f"<{name}> has an attribute that cannot be read", expected='Write name="value".'
            )
        if tag["end"]:
            fault = _closes(name, position, open_tags, source)
        else:
            fault = _opens(name, position, open_tags)
            if not tag["attributes"].endswith("/"):
                open_tags.append((name, position))
        if fault:
            return fault
    if open_tags:
        name, position = open_tags[-1]
        return Fault(position=position, what=f"<{name}> is never closed", expected=f"Add </{name}>.")
    return None


def _opens(name: str, position: int, open_tags: list[tuple[str, int]]) -> Fault | None:
    parent = open_tags[-1][0] if open_tags else ""
    if name not in PARENTS:
        if name.startswith("mj-"):
            near = difflib.get_close_matches(name, PARENTS, n=1)
            expected = f"Did you mean <{near[0]}>?" if near else "Take it out; HTML goes into mj-text or mj-raw."
            return Fault(position=position, what=f"<{name}> is no MJML component", expected=expected)
        if parent in _STRUCTURE:
            return Fault(
                position=position, what=f"<{name}> stands in <{parent}>", expected="HTML goes into mj-text or mj-raw."
            )
        return None
    if (name == "mjml" and not parent) or parent == "mj-attributes":  # there, a component's name sets its defaults
        return None
    if parent not in PARENTS[name]:
        allowed = " or ".join(f"<{one}>" for one in sorted(PARENTS[name])) or "nothing"
        outside = f"<{parent}>" if parent else "nothing"
        return Fault(position=position, what=f"<{name}> stands in {outside}", expected=f"It may stand in {allowed}.")
    return None


def _closes(name: str, position: int, open_tags: list[tuple[str, int]], source: str) -> Fault | None:
    if open_tags and open_tags[-1][0] == name:
        open_tags.pop()
        return None
    if not open_tags:
        return Fault(position=position, what=f"</{name}> closes nothing", expected="Take it out.")
    opened, start = open_tags[-1]
    line = source.count("\n", 0, position) - source.count("\n", 0, start)
    distance = f", opened {line} lines above" if line else ""
    return Fault(
        position=position,
        what=f"</{name}> stands where <{opened}>{distance} is still open",
        expected=f"Expected </{opened}>.",
    )
