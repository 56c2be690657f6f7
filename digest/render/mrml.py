r"""MRML, which turns MJML into HTML, and what has to be done to its input for the output to say what the input says.

It writes attributes the way Rust prints a string for debugging: a no-break space leaves as the text \u{a0}, a newline
as \n, a backslash as two.  The title becomes such an attribute too.  A blank that stands
alone between two elements is dropped, so that two links run together.  Numeric character references pass it untouched.
"""

from __future__ import annotations

import re

from mjml import mjml2html

_INLINE = "a|abbr|b|bdi|bdo|cite|code|em|font|i|img|ins|del|kbd|mark|q|s|small|span|strike|strong|sub|sup|time|u"

_DELICATE = re.compile(
    r"""<[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*>"""  # a tag
    r"|(?<=<mj-title>)[^<]*|(?<=<mj-preview>)[^<]*"
    rf"|</(?:{_INLINE})>\s+(?=<(?:{_INLINE})[\s>])"  # a blank between two inline elements
)
_UNPROTECTED = re.compile(r"[^ -\[\]-~]")  # all but printable ASCII, and the backslash
# Attributes that HTML does not have or need; the styles beside them say the same.  Text cannot match: its quotes are
# escaped.
_INVALID = re.compile(r' (?:height="auto"|vertical-align="[a-z]+"|type="text/css")')
# What only Outlook's Word reads is moved to where only Word looks: no validator knows these properties and names.
_OFFICE = ' xmlns:o="urn:schemas-microsoft-com:office:office"'
_VML = ' xmlns:v="urn:schemas-microsoft-com:vml"'
_SPACES = "mso-table-lspace: 0pt; mso-table-rspace: 0pt;"
_SETTINGS = "<o:OfficeDocumentSettings>"
_WORD_ONLY = re.compile(r"<!--\[if mso\]>(?=\s*<noscript>)")
# Two rules that come with every picture, for those that are to fill a phone's screen.
_FLUID = re.compile(r"<style>@media [^{]*\{\s*table\.mj-full-width-mobile .*?</style>\s*", re.DOTALL)
_POSITION = re.compile(r"at position (\d+):(\d+)")


class MrmlError(ValueError):
    """MRML refuses the source; `position` is the character at which, or the source's end where MRML names none."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def to_html(source: str) -> str:
    """The HTML of an MJML source with line ends as a single newline.  Raises MrmlError."""
    protected = _DELICATE.sub(_protect, source)
    try:
        html = mjml2html(protected, fonts={})  # no fonts: it would link to a font service unasked
    except ValueError as error:
        raise MrmlError(str(error), _position(str(error), source, protected)) from error
    return _tidied(_INVALID.sub("", html))


def _tidied(html: str) -> str:
    """Without what nothing in the mail uses, and what no validator knows where only Word reads it."""
    html = html.replace(_OFFICE, "", 1).replace(_SETTINGS, f"{_SETTINGS[:-1]}{_OFFICE}>", 1)
    if "<v:" not in html:
        html = html.replace(_VML, "", 1)
    if html.count("mj-full-width-mobile") == len(("table", "td")):
        html = _FLUID.sub("", html, count=1)
    html = html.replace(f" {_SPACES}", "", 1)
    return _WORD_ONLY.sub(f"<!--[if mso]><style>table,td{{{_SPACES}}}</style>", html, count=1)


def _protect(part: re.Match[str]) -> str:
    if part[0].startswith("</"):
        return f"{part[0].rstrip()}&#32;"
    return _UNPROTECTED.sub(_reference, part[0])


def _reference(character: re.Match[str]) -> str:
    return " " if character[0] == "\n" else f"&#{ord(character[0])};"


def _position(message: str, source: str, protected: str) -> int:
    """MRML counts the bytes of what it was given; we, the characters of what we were given."""
    found = _POSITION.search(message)
    if not found:
        return len(source)
    position = len(protected.encode()[: int(found[1])].decode(errors="ignore"))
    for part in _DELICATE.finditer(source):
        if part.start() >= position:
            break
        position -= min(len(_protect(part)) - len(part[0]), position - part.start())
    return position
