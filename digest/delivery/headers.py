r"""Header fields as bytes, which no text can break out of: one field in, one field out, folded and encoded.

Every text that a publisher, curator or subscriber wrote passes `one_line` here, so a line break in it becomes a blank
and never a header.  Python's own `email` package builds the same in 2 ms a message; this takes microseconds.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from email_validator import EmailNotValidError, validate_email

_LINE = 78  # RFC 5322 2.1.1: should not exceed; 998 must not
_WORD = 75  # RFC 2047 2: the longest encoded word
_WRAPPING = len("=?utf-8?b??=")
_PLAIN_WORD = 70  # an ASCII word that is longer is encoded, for a fold needs a blank
_BREAKS = frozenset({"Cc", "Zl", "Zp", "Zs"})  # controls, and separators of lines, paragraphs and words
_LONGEST_URL = 900  # so that the header's line stays under 998 octets
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")  # RFC 5322 3.2.3, and the blanks between atoms
_SHORT = re.compile(r"[A-Za-z0-9'-]{1,40}(?: [A-Za-z0-9'-]{1,40}){0,3}\Z")  # most names: nothing to fold or quote
_ADDRESS = re.compile(r'[^\s\x00-\x20\x7f@<>()\[\]\\,:;"]+@[^\s\x00-\x20\x7f@<>()\[\]\\,:;"]+\Z')
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~%]+\Z")  # printable ASCII that stands between angle brackets


def one_line(text: str) -> str:
    """Make line breaks, controls and runs of white space one blank each, and replace what UTF-8 cannot carry."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_harmless, text))
    return " ".join(text.split())


def _harmless(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return " " if category in _BREAKS else char


def text_field(name: str, text: str) -> bytes:
    """Give an unstructured field such as Subject: plain where ASCII will do, else as encoded words (RFC 2047)."""
    text = one_line(text)
    room = _LINE - len(name) - 2
    if not text:
        return f"{name}:\r\n".encode("ascii")
    value = _folded(text.split(" "), room) if _is_plain(text) else _encoded_words(text, room)
    return _field(name, value)


def phrase(text: str, *, room: int) -> str:
    """Give a display name (RFC 5322 3.2.5) as atoms, a quoted string or encoded words, folded; empty for no text.

    `room` is how many columns the first line has left.
    """
    text = one_line(text)
    if not text:
        return ""
    if _is_plain(text) and _ATOMS.match(text):
        return _folded(text.split(" "), room)
    if _is_plain(text) and len(text) <= _PLAIN_WORD - 2:
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return quoted if len(quoted) <= room else "\r\n " + quoted
    return _encoded_words(text, room)


def mailbox_field(name: str, display: str, address: str) -> bytes:
    """Give From, To, Reply-To or List-Id: a display name, if there is one, and what stands in angle brackets.

    `address` must have passed `mailbox`, or be ours.
    """
    if _SHORT.match(display) and len(name) + len(display) + len(address) <= _LINE - len(":  <>"):
        return f"{name}: {display} <{address}>\r\n".encode()
    room = _LINE - len(name) - 2
    value = phrase(display, room=room)
    return _field(name, _append(value, f"<{address}>", room))


def message_id_field(message_id: str) -> bytes:
    """Give Message-ID; its value is ours, so it is not folded or encoded."""
    return f"Message-ID: {message_id}\r\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as SMTP and headers are told it: ASCII wherever its owner's local part allows.

    An internationalised domain becomes punycode, which any relay takes; only a local part beyond ASCII needs
    SMTPUTF8 (RFC 6531), and then the address stays in letters.
    """

    address: str

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a relay that offers SMTPUTF8 can carry it."""
        return not self.address.isascii()


def mailbox(address: str) -> Mailbox:
    """Check and convert an address.  Raises ValueError for what is not one: they are checked where they come in."""
    if not _ADDRESS.match(address):
        raise ValueError(f"not an address: {address!r}")
    if address.isascii():
        return Mailbox(address)
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"not an address: {address!r}: {error}") from error
    return Mailbox(found.ascii_email or found.normalized)


def in_ascii(domain: str) -> str:
    """Give a domain as DNS has it (IDNA 2008, which keeps the ß); itself where there is no such form."""
    try:
        return domain if domain.isascii() else mailbox(f"x@{domain}").address.rpartition("@")[2].lower()
    except ValueError:
        return domain


def ascii_url(url: str) -> str:
    """Give an http or https URL in the ASCII form that a header can hold.

    Raises ValueError for another scheme, a blank or bracket in it, or more than 900 characters.
    """
    if not url.isascii():
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not host.isascii():
            host = validate_email(f"x@{host}", check_deliverability=False, test_environment=True).ascii_domain
        port = f":{parts.port}" if parts.port else ""
        safe = "/%:=&?~+!$,;'@()*"
        url = urlunsplit(
            (parts.scheme, host + port, quote(parts.path, safe), quote(parts.query, safe), quote(parts.fragment, safe))
        )
    if not _URL.match(url) or len(url) > _LONGEST_URL:
        raise ValueError(f"not a URL for a header: {url!r}")
    return url


def _field(name: str, value: str) -> bytes:
    gap = "" if value.startswith("\r\n") else " "
    return f"{name}:{gap}{value}\r\n".encode()


def _is_plain(text: str) -> bool:
    """Whether text stands as it is: ASCII, nothing that would be read as an encoded word, and blanks to fold at."""
    return text.isascii() and "=?" not in text and max(map(len, text.split(" "))) <= _PLAIN_WORD


def _folded(words: list[str], room: int) -> str:
    value = ""
    for word in words:
        value = _append(value, word, room)
    return value


def _append(value: str, word: str, room: int) -> str:
    """Put a word after a value that may be folded already, on a new line if it does not fit."""
    if not value:
        return word if len(word) <= room else "\r\n " + word
    _, fold, last = value.rpartition("\r\n")
    limit = _LINE if fold else room
    return f"{value} {word}" if len(last) + 1 + len(word) <= limit else f"{value}\r\n {word}"


def _encoded_words(text: str, room: int) -> str:
    """Encode in words of whole characters (RFC 2047 5), each at most 75 long and on a line of its own."""
    words: list[str] = []
    chunk = b""
    # The smallest word holds one character of four bytes; a first line with less room is left empty.
    limit = _capacity(min(room, _WORD))
    opening = "" if limit >= 4 else "\r\n "  # noqa: PLR2004
    limit = limit if not opening else _capacity(_WORD)
    for char in text:
        letter = char.encode()
        if len(chunk) + len(letter) > limit:
            words.append(_encoded_word(chunk))
            chunk, limit = b"", _capacity(_WORD)
        chunk += letter
    words.append(_encoded_word(chunk))
    return opening + "\r\n ".join(words)


def _capacity(columns: int) -> int:
    return max(0, columns - _WRAPPING) // 4 * 3


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="
