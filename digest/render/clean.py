"""What of other people's text and addresses may stand in a mail.

Escaping is not done here: Jinja does it, for every value, on the way into the markup.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

# Line breaks and tabs of any script; not the no-break spaces, which an author put there on purpose.
_BLANKS = re.compile("[ \t\n\r\f\v\x1c-\x1f\x85\u2028\u2029]+")

# Never visible, or harmful: C0 and C1 controls (MRML refuses the former), lone surrogates and noncharacters (no UTF-8,
# no XML), bidirectional overrides (they can turn a headline round), the byte order mark, and every private-use
# character, among which are the marks of our slots.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\ufeff\ufdd0-\ufdef\ufffe\uffff\ue000-\uf8ff"
    "\U000f0000-\U0010ffff]"
)

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")  # a name in ASCII, or an IPv6 address without its brackets

# Mail clients and relays cut longer ones; no publisher needs them.
MAX_LINK_CHARACTERS = 2000

_SAFE_IN_LINKS = "%/:=&?~#+!$,;@()*[]"  # RFC 3986 without the apostrophe, which would have to be escaped


def clean_line(text: str) -> str:
    """`text` on one line, without what no reader sees."""
    return _BLANKS.sub(" ", _UNWANTED.sub("", text)).strip(" ")


def clean_lines(text: str) -> tuple[str, ...]:
    """The lines of a text that may have several, such as a postal address; empty ones left out."""
    return tuple(line for line in map(clean_line, text.splitlines()) if line)


def safe_link(address: str) -> str:
    """An absolute http or https address in ASCII, or an empty string where `address` is anything else.

    `javascript:`, `data:` and relative addresses are no links; nor are those that carry a user name, which looks like
    another host.
    """
    compact = _BLANKS.sub("", _UNWANTED.sub("", address))
    try:
        parts = urlsplit(compact)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # an unfinished [IPv6], a port that is no number, a label that IDNA refuses
        return ""
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return ""
    host = f"[{host}]" if ":" in host else host
    rest = (quote(part, safe=_SAFE_IN_LINKS) for part in (parts.path, parts.query, parts.fragment))
    link = urlunsplit((parts.scheme, host + port, *rest))
    return link if len(link) <= MAX_LINK_CHARACTERS else ""


def site_of(link: str) -> str:
    """The host of a link as a reader would name it: `example.org`."""
    return (urlsplit(link).hostname or "").removeprefix("www.")
