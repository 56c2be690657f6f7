"""What mail clients, and those who cannot see or have no network, will make of a rendered edition.

Pure: it looks at the mail, and fetches nothing.  Headers and signatures are not part of a rendered edition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args
from urllib.parse import urlsplit

from digest.model import SLOT_CLOSE, SLOT_OPEN, Rendered
from digest.render.legibility import dark_rules, hidden, poorly_legible
from digest.render.page import Element, parse_page
from digest.render.support import IN_EVERY_MAIL, gaps
from digest.render.wayout import IN_HTML, IN_TEXT, REMEDY, REMEDY_IN_TEXT, leads_out_of_html, leads_out_of_text

Level = Literal["error", "warning", "note", "known"]  # in order of weight

GMAIL_CLIPS_AT = 102 * 1024  # bytes of HTML; the rest, unsubscribe link included, is behind "view entire message"
STYLE_BYTES = 16 * 1024  # of all <style> together: Gmail drops the sheet that goes beyond
UNTOLD = 0.02  # the share of the HTML part's words that the text part may lack
LONGEST_SUBJECT = 70  # characters, of which a phone shows about half

FEWEST_WORDS = 40  # for each picture

_WORD = re.compile(r"\w+")
_MARK = re.compile(f"{SLOT_OPEN}[^{SLOT_CLOSE}]*{SLOT_CLOSE}")
_ADDRESS = re.compile(rf"https?://|{SLOT_OPEN}")
# An address, or what looks like one.
_NAMES_A_HOST = re.compile(r"(?:https?://)?(?P<host>(?:[\w-]+\.)+[^\W\d_]{2,})(?:[/:?#]\S*)?")
_OURS = frozenset({"http", "https", "mailto", "tel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know about a mail.

    An error should stop it from going out; a note is for the curious; of what is known, nothing can be done.
    """

    level: Level
    rule: str  # a stable name, for those who filter: "alt", "contrast", "link"
    what: str
    where: str = ""  # what to look for in the mail
    remedy: str = ""


def check(rendered: Rendered, *, image_hosts: Collection[str] = ()) -> tuple[Finding, ...]:
    """Every finding, errors first.  `image_hosts` are those from which the site itself serves pictures."""
    root = parse_page(rendered.html)
    found = [finding for rule in _RULES for finding in rule(rendered, root)]
    found += _pictures(root, image_hosts)
    return tuple(sorted(found, key=weight))


def weight(finding: Finding) -> int:
    """Its place among findings: errors first."""
    return get_args(Level).index(finding.level)


def _size(rendered: Rendered, root: Element) -> Iterator[Finding]:
    size = len(rendered.html.encode())
    if size > GMAIL_CLIPS_AT:
        yield Finding(
            level="error",
            rule="size",
            what=f"{size // 1024} kB of HTML; Gmail clips a mail at {GMAIL_CLIPS_AT // 1024} kB",
            remedy="Include more.mjml in edition.mjml, and it is shortened by itself; or lower max_stories.",
        )
    styles = sum(len(element.text.encode()) for element in root.walk() if element.tag == "style")
    if styles > STYLE_BYTES:
        yield Finding(
            level="warning",
            rule="style-size",
            what=f"{styles // 1024} kB of style sheets; Gmail reads {STYLE_BYTES // 1024}",
            remedy="Move rules into inline.css.",
        )


def _document(_rendered: Rendered, root: Element) -> Iterator[Finding]:
    page = next((element for element in root.walk() if element.tag == "html"), None)
    if page is None or page.attributes.get("lang", "und") in {"", "und"}:
        yield Finding(
            level="error",
            rule="lang",
            what="the mail does not say its language, so a screen reader guesses",
            remedy='Write <mjml lang="{{ edition.language }}" dir="{{ edition.direction }}">.',
        )
    if not any(element.tag == "title" and element.text for element in root.walk()):
        yield Finding(level="error", rule="title", what="the mail has no title", remedy="Add an mj-title.")


def _headings(_rendered: Rendered, root: Element) -> Iterator[Finding]:
    headings = [element for element in root.walk() if element.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
    first = [element for element in headings if element.tag == "h1"]
    if len(first) != 1:
        yield Finding(level="warning", rule="headings", what=f"{len(first)} headings of the first level; one is right")
    for above, below in pairwise(headings):
        if int(below.tag[1]) > int(above.tag[1]) + 1:
            yield Finding(
                level="warning",
                rule="headings",
                what=f"a heading jumps from {above.tag} to {below.tag}",
                where=below.text[:60],
            )


def _links(_rendered: Rendered, root: Element) -> Iterator[Finding]:
    for element in root.walk():
        if element.tag != "a":
            continue
        address = element.attributes.get("href", "").strip()
        problem = _link_problem(address)
        if problem:
            yield Finding(level="error", rule="link", what=f"{problem}: {address[:80]!r}", where=element.text[:60])
        if not element.text and not any(inner.attributes.get("alt") for inner in element.walk()):
            yield Finding(level="error", rule="link-text", what="a link without a text", where=address[:80])


def _link_problem(address: str) -> str:
    if address.startswith(SLOT_OPEN):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    if not address or address == "#":
        return "a link to nowhere"
    if not parts.scheme:
        return "a relative link, which leads nowhere from an inbox"
    if parts.scheme not in _OURS:
        return f"a {parts.scheme}: link, which mail clients block"
    return "" if parts.netloc or parts.scheme in {"mailto", "tel"} else "a link without a host"


def _tables(_rendered: Rendered, root: Element) -> Iterator[Finding]:
    bare = sum(
        element.tag == "table" and element.attributes.get("role") not in {"presentation", "none"}
        for element in root.walk()
    )
    if bare:
        yield Finding(
            level="warning",
            rule="table-role",
            what=f"{bare} tables are read out as tables",
            remedy='Write role="presentation" on those that only lay out.',
        )


def _way_out(rendered: Rendered, root: Element) -> Iterator[Finding]:
    """Nothing is rendered without one, but what was kept is older than that."""
    if not leads_out_of_html(root):
        yield Finding(level="error", rule="unsubscribe", what=IN_HTML, remedy=REMEDY)
    if not leads_out_of_text(rendered.text):
        yield Finding(level="error", rule="unsubscribe", what=IN_TEXT, remedy=REMEDY_IN_TEXT)


def _legibility(rendered: Rendered, _root: Element) -> Iterator[Finding]:
    for poor in poorly_legible(rendered.html):
        yield Finding(
            level="error",
            rule="contrast",
            what=f"contrast {poor.ratio:.1f} in the {poor.scheme} scheme; 4.5 can be read by most",
            where=poor.text[:60],
            remedy="Use the readable filter: {{ theme.accent | readable(theme.paper) }}.",
        )
    if not dark_rules(rendered.html):
        yield Finding(
            level="warning",
            rule="dark",
            what="there is no dark scheme, so clients invert the colours as they see fit",
            remedy="Include dark.css in an mj-style.",
        )


def _support(_rendered: Rendered, root: Element) -> Iterator[Finding]:
    for feature in gaps(root):
        yield Finding(
            level="warning" if feature.absence == "breaks" else "known" if feature.name in IN_EVERY_MAIL else "note",
            rule=feature.name,
            what=f"{feature.title} is ignored by {', '.join(feature.clients)}",
            remedy=f"See {feature.page}",
        )
    for element in root.walk():
        if element.tag in {"script", "iframe", "embed"}:
            yield Finding(level="error", rule="active", what=f"<{element.tag}> is taken out or sends the mail to spam")


def _subject(rendered: Rendered, _root: Element) -> Iterator[Finding]:
    subject = _MARK.sub("", rendered.subject)  # how long a value will be, nobody knows
    if not rendered.subject:
        yield Finding(level="error", rule="subject", what="the subject is empty")
    if len(subject) > LONGEST_SUBJECT:
        yield Finding(level="note", rule="subject", what=f"{len(subject)} characters: most inboxes cut the subject")
    if subject.count("!") > 1 or (subject.isupper() and len(subject.split()) > 1):
        yield Finding(level="warning", rule="subject", what="it shouts, as spam does", where=subject)
    if not rendered.preheader:
        yield Finding(level="note", rule="preheader", what="no preheader: inboxes show the masthead instead")


def _text(rendered: Rendered, root: Element) -> Iterator[Finding]:
    told = set(_WORD.findall(rendered.text.casefold()))
    shown = [
        word
        for element in root.walk()
        if not hidden(element)
        for child in element.children
        if isinstance(child, str)
        for word in _WORD.findall(child.casefold())
    ]
    missing = [word for word in shown if word not in told]
    if len(missing) > len(shown) * UNTOLD:
        yield Finding(
            level="warning",
            rule="text",
            what=f"{len(missing)} of {len(shown)} words of the HTML part are not in the text part",
            where=" ".join(missing[:8]),
        )


def _tells(rendered: Rendered, root: Element) -> Iterator[Finding]:
    """What spam filters count against a mail, beside what the other rules find."""
    links = [element for element in root.walk() if element.tag == "a"]
    for link in links:
        said, leads = _NAMES_A_HOST.fullmatch(link.text), _host(link.attributes.get("href", ""))
        if said and leads and not _same_site(said["host"].casefold(), leads):
            yield Finding(
                level="warning",
                rule="link-host",
                what=f"a link that says {said['host']} and leads to {leads}, as phishing does",
                where=link.text[:60],
                remedy="Let its text say what is there, or where it leads.",
            )
    pictures = [element for element in root.walk() if element.tag == "img"]
    words = len(_WORD.findall(rendered.text))
    if pictures and words < FEWEST_WORDS * len(pictures):
        yield Finding(
            level="warning",
            rule="pictures",
            what=f"{len(pictures)} pictures and {words} words: filters cannot read pictures, and distrust such mail",
        )
    shown = [link.attributes.get("href", "") for link in links] + [one.attributes.get("src", "") for one in pictures]
    addresses = sum(map(bool, map(_ADDRESS.match, shown))) + len(_ADDRESS.findall(rendered.text))
    if addresses % 2:
        yield Finding(
            level="note",
            rule="link-count",
            what=f"{addresses} addresses in both parts together: an odd number costs a point in rspamd",
            remedy="Link to a story as often in the HTML as the text part does: once.",
        )


def _same_site(one: str, other: str) -> bool:
    shorter, longer = sorted((one.removeprefix("www."), other.removeprefix("www.")), key=len)
    return longer == shorter or longer.endswith(f".{shorter}")


def _pictures(root: Element, own_hosts: Collection[str]) -> Iterator[Finding]:
    foreign: set[str] = set()
    for element in root.walk():
        if element.tag != "img":
            continue
        source = element.attributes.get("src", "")
        if "alt" not in element.attributes:
            yield Finding(level="error", rule="alt", what="a picture without an alternative text", where=source[:80])
        if "width" not in element.attributes:
            yield Finding(
                level="warning",
                rule="image-size",
                what="a picture without a width: Outlook shows it as large as it is",
                where=source[:80],
            )
        host = _host(source)
        if host and host not in own_hosts:
            foreign.add(host)
    for host in sorted(foreign):
        yield Finding(
            level="warning",
            rule="image-host",
            what=f"pictures come from {host}, which sees who opens the mail, and may take them away",
            remedy="Leave it to [images] in digest.toml, which serves or embeds them.",
        )


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # an unfinished [IPv6]
        return ""


_RULES: tuple[Callable[[Rendered, Element], Iterator[Finding]], ...] = (
    _size,
    _document,
    _headings,
    _links,
    _tables,
    _way_out,
    _legibility,
    _support,
    _subject,
    _text,
    _tells,
)
