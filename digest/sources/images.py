"""A publisher's picture, made fit for a mail: `fetch_image` asks the network, `as_picture` alone looks at the bytes.

Both the address and the bytes come from strangers.  So no machine is asked that is not on the public internet, also
after a redirect or by a name that points inside, and every size and time has an end.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin, urlsplit

from PIL import Image, ImageOps

from digest.errors import SourceUnreachable, SourceUnreadable

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000  # 120 MB as RGB; a telephone's picture has 12 million
LEAST_PIXELS = 120  # a side; less is a logo or a counter of opened mails
DEADLINE_SECONDS = 15.0
REDIRECTS = 3
JPEG_QUALITY = 82  # of Pillow's scale: no artefacts to see at two pixels for one

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_NAT64 = IPv6Network("64:ff9b::/96")  # leads to whatever IPv4 address is written in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG or PNG that nothing but its pixels is left of; `name` follows from the content."""

    name: str  # 32 hexadecimal digits and .jpg or .png
    content: bytes
    width: int  # pixels
    height: int


def is_public(address: str) -> bool:
    """Whether an IP address is somebody's on the public internet, and no door to another network."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


def fetch_image(
    url: str,
    *,
    allowed: Callable[[str], bool] = is_public,
    deadline_seconds: float = DEADLINE_SECONDS,
    max_bytes: int = MOST_BYTES,
) -> bytes:
    """The bytes that `url` answers with, if it says that they are an image.

    `allowed` decides for each IP address, redirects included, whether it may be asked; the connection goes to the very
    address that it was shown.  Raises SourceUnreachable where no answer comes, SourceUnreadable for one that is no
    image or too large, and for an address that may not be asked.
    """
    ends = time.monotonic() + deadline_seconds
    asked = url
    for _ in range(REDIRECTS + 1):
        try:
            answer, asked = _ask(asked, allowed, ends, max_bytes)
        except (OSError, http.client.HTTPException) as error:
            raise SourceUnreachable(f"no answer: {error or type(error).__name__}", where=url) from error
        except ValueError as error:  # InvalidURL's kin: a port that is no number, a host that is no name
            raise SourceUnreadable(f"not an address: {error}", where=url) from error
        if answer is not None:
            return answer
    raise SourceUnreachable(f"more than {REDIRECTS} redirects", where=url)


def as_picture(raw: bytes, *, width: int, where: str) -> Picture:
    """The picture in `raw`, at most `width` pixels wide, upright, of an animation the first frame.

    `where` names it in messages.  Raises SourceUnreadable for what is no JPEG, PNG, GIF or WebP, is damaged, too small
    to be worth showing, or would unpack to more than 40 million pixels.
    """
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as image:
            _check_size(image, where)
            image.draft("RGB", (width, width))  # a large JPEG is decoded at a half, a quarter or an eighth
            return _stored(ImageOps.exif_transpose(image), width)
    except SourceUnreadable:
        raise
    except Exception as error:  # hostile bytes lead Pillow's decoders to errors of every kind, its warnings included
        raise SourceUnreadable(f"not a picture that can be read: {error}", where=where) from error


def _check_size(image: Image.Image, where: str) -> None:
    """Before anything is unpacked: the size stands in the head of the file."""
    if image.width * image.height > MOST_PIXELS:
        raise SourceUnreadable(f"{image.width} by {image.height} pixels are too many", where=where)
    if min(image.size) < LEAST_PIXELS:
        raise SourceUnreadable(f"{image.width} by {image.height} pixels are too few", where=where)


def _stored(image: Image.Image, width: int) -> Picture:
    seen_through = image.has_transparency_data
    image = image.convert("RGBA" if seen_through else "RGB")
    if seen_through and image.getchannel("A").getextrema()[0] == 255:  # noqa: PLR2004 - opaque after all
        image, seen_through = image.convert("RGB"), False
    image.thumbnail((width, 2 * width), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if seen_through:
        image.save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    content = out.getvalue()
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.{'png' if seen_through else 'jpg'}"
    return Picture(name=name, content=content, width=image.width, height=image.height)


def _ask(url: str, allowed: Callable[[str], bool], ends: float, max_bytes: int) -> tuple[bytes | None, str]:
    """The body of the answer; or None, and where it redirects to."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceUnreadable("only http and https are fetched", where=url)
    host = parts.hostname.encode("idna").decode("ascii") if not parts.hostname.isascii() else parts.hostname
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    with closing(_connected(host, port, secure=secure, allowed=allowed, ends=ends, url=url)) as stream:
        # A server that sends a byte a second never runs into a time-out; this ends it, in the handshake too.
        watchdog = threading.Timer(max(0.0, ends - time.monotonic()), _cut, (stream,))
        watchdog.start()
        try:
            if isinstance(stream, ssl.SSLSocket):
                stream.do_handshake()
            named = f"[{host}]" if ":" in host else host
            named = f"{named}:{parts.port}" if parts.port else named
            return _answer(stream, named, parts.path, parts.query, url=url, max_bytes=max_bytes)
        finally:
            watchdog.cancel()
            if time.monotonic() >= ends:
                raise SourceUnreachable("it took too long", where=url)


def _connected(
    host: str, port: int, *, secure: bool, allowed: Callable[[str], bool], ends: float, url: str
) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # All of them: a name with one address outside and one inside is a trap.
    if not all(allowed(str(address[4][0])) for address in found):
        raise SourceUnreadable("its host is not on the public internet", where=url)
    left = max(0.1, ends - time.monotonic())
    stream = socket.create_connection((str(found[0][4][0]), port), timeout=left)
    if not secure:
        return stream
    try:
        context = ssl.create_default_context()
        return context.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        stream.close()
        raise


def _cut(stream: socket.socket) -> None:
    try:
        stream.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed in the meantime


def _answer(
    stream: socket.socket, host: str, path: str, query: str, *, url: str, max_bytes: int
) -> tuple[bytes | None, str]:
    connection = http.client.HTTPConnection("unused")  # it is connected, and "Host" tells whom we mean
    connection.sock = stream
    target = quote(path or "/", safe="/%:=&?~+!$,;'@()*") + (
        f"?{quote(query, safe='/%:=&?~+!$,;@()*')}" if query else ""
    )
    headers = {
        "Host": host,
        "Accept": "image/webp,image/png,image/jpeg,image/gif",
        "Accept-Encoding": "identity",
        "User-Agent": "digest-mail",
        "Connection": "close",
    }
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    location = answer.headers.get("Location", "")
    if answer.status in {301, 302, 303, 307, 308} and location:
        return None, urljoin(url, location)
    if answer.status != http.client.OK:
        raise SourceUnreachable(f"it answers {answer.status} {answer.reason[:60]}", where=url)
    kind = answer.headers.get_content_type()
    if not kind.startswith("image/"):
        raise SourceUnreadable(f"it is {kind}, no image", where=url)
    body = answer.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise SourceUnreadable(f"it has more than {max_bytes // 1_000_000} MB", where=url)
    return body, url
