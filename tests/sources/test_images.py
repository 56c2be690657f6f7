"""Pictures from strangers: what is asked for, what is refused, and what comes out; against a real server."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from digest.errors import SourceError, SourceUnreachable, SourceUnreadable
from digest.sources.images import MOST_PIXELS, REDIRECTS, as_picture, fetch_image, is_public

Answers = dict[str, Callable[[BaseHTTPRequestHandler], None]]


def picture_of(mode: str = "RGB", size: tuple[int, int] = (400, 300), kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, size)
    image.paste(Image.linear_gradient("L").resize(size).convert(mode))
    image.save(out, kind, **options)
    return out.getvalue()


class Server:
    """Answers by path; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        self.asked: list[str] = []
        self.hosts: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.hosts.append(self.headers["Host"])
                server.answers[self.path](self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def gives(self, path: str, body: bytes, kind: str = "image/png", status: int = 200, **headers: str) -> str:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url + path


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def everyone(_: str) -> bool:
    return True


def test_an_image_comes_as_it_was_sent(server: Server) -> None:
    """The bytes are the server's, asked for once, by the host's own name and with the query as it stood."""
    body = picture_of()
    assert fetch_image(server.gives("/a%20b.png?x=1&y=%D1%84", body), allowed=everyone) == body
    assert (server.asked, server.hosts) == (["/a%20b.png?x=1&y=%D1%84"], [f"127.0.0.1:{server.port}"])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1",
    ],
)  # fmt: skip
def test_no_address_within_is_public(address: str) -> None:
    """Loopback, private, link-local, metadata and multicast addresses, and IPv6 ways to write or reach them."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:93.184.215.14"])
def test_the_internet_is_public(address: str) -> None:
    """Ordinary addresses of either kind may be asked."""
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_this_machine_is_never_asked(server: Server, host: str) -> None:
    """By number, by a name that points inside, by the odd spellings that resolvers take: no request arrives."""
    server.gives("/a.png", picture_of())
    with pytest.raises(SourceError):
        fetch_image(f"http://{host}:{server.port}/a.png")
    assert server.asked == []


def test_a_redirect_is_judged_like_the_first_address(server: Server) -> None:
    """A public server may not send us inside: each hop's address is shown to the rule before it is asked."""
    inside = server.gives("/secret", picture_of())
    start = server.gives("/start", b"", status=302, Location=inside)
    seen: list[str] = []

    def only_once(address: str) -> bool:
        seen.append(address)
        return len(seen) < 2

    with pytest.raises(SourceUnreadable, match="not on the public internet"):
        fetch_image(start, allowed=only_once)
    assert server.asked == ["/start"]


def test_redirects_are_followed_and_end(server: Server) -> None:
    """A few, relative ones too; then no more."""
    body = picture_of()
    server.gives("/c", body)
    server.gives("/b", b"", status=307, Location="c")
    assert fetch_image(server.gives("/a", b"", status=301, Location="/b"), allowed=everyone) == body
    server.gives("/round", b"", status=302, Location="/round")
    server.asked.clear()
    with pytest.raises(SourceUnreachable, match="redirects"):
        fetch_image(f"{server.url}/round", allowed=everyone)
    assert len(server.asked) == REDIRECTS + 1


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/x", "data:image/png,x", "//a.example", "", "http://", "http://[::1"]
)
def test_only_the_web_is_asked(url: str) -> None:
    """Other schemes, no host and half an address are refused in words, not with a traceback."""
    with pytest.raises(SourceUnreadable):
        fetch_image(url, allowed=everyone)


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", ""])
def test_what_is_no_image_is_refused(server: Server, kind: str) -> None:
    """A page of a news site that answers 200 for everything is not opened as a picture."""
    with pytest.raises(SourceUnreadable, match="no image"):
        fetch_image(server.gives("/x", picture_of(), kind=kind), allowed=everyone)


def test_refusals_and_dead_ends_are_unreachable(server: Server) -> None:
    """An error status, and a port where nobody listens."""
    with pytest.raises(SourceUnreachable, match="404"):
        fetch_image(server.gives("/x", b"", status=404), allowed=everyone)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(SourceUnreachable, match="no answer"):
            fetch_image(f"http://127.0.0.1:{free.getsockname()[1]}/", allowed=everyone)


def test_size_has_an_end(server: Server) -> None:
    """One byte more than allowed is refused, whatever Content-Length says."""
    url = server.gives("/x", b"x" * 1001)
    with pytest.raises(SourceUnreadable, match="more than"):
        fetch_image(url, allowed=everyone, max_bytes=1000)
    assert len(fetch_image(url, allowed=everyone, max_bytes=1001)) == 1001


@pytest.mark.parametrize("where", ["head", "body"])
def test_time_has_an_end(server: Server, where: str) -> None:
    """A server that sends a byte at a time, never so slow as to run into a time-out, is cut off all the same."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if where == "body":
            handler.wfile.write(b"Content-Type: image/png\r\nContent-Length: 100000\r\n\r\n")
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            handler.close_connection = True

    server.answers["/x"] = drip
    began = time.monotonic()
    with pytest.raises(SourceUnreachable):
        fetch_image(f"{server.url}/x", allowed=everyone, deadline_seconds=0.6)
    assert time.monotonic() - began < 3


def opened(raw: bytes, *, width: int = 1088) -> tuple[Image.Image, str]:
    made = as_picture(raw, width=width, where="here")
    image = Image.open(io.BytesIO(made.content))
    assert (made.width, made.height) == image.size
    assert made.name.endswith({"JPEG": ".jpg", "PNG": ".png"}[str(image.format)])
    return image, made.name


def test_a_large_picture_becomes_as_wide_as_asked() -> None:
    """Its shape stays; a smaller one is never blown up; the name is the content's."""
    image, name = opened(picture_of(size=(3000, 2000), kind="JPEG"))
    assert image.size == (1088, 725)
    assert opened(picture_of(size=(3000, 2000), kind="JPEG"))[1] == name
    assert opened(picture_of(size=(500, 400)))[0].size == (500, 400)


def test_a_tower_is_held_to_two_screens() -> None:
    """An infographic ten times as high as wide does not push the news out of the mail."""
    assert opened(picture_of(size=(600, 6000)))[0].height <= 2 * 1088


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (picture_of("CMYK", kind="JPEG"), "JPEG"),
        (picture_of("L", kind="JPEG"), "JPEG"),
        (picture_of("P", kind="GIF"), "JPEG"),
        (picture_of("RGB", kind="WEBP"), "JPEG"),
        (picture_of("RGBA", kind="PNG"), "JPEG"),
        (picture_of("1", kind="PNG"), "JPEG"),
    ],
)
def test_every_kind_becomes_one_that_mail_programs_show(raw: bytes, kind: str) -> None:
    """CMYK, grey, palettes and WebP become RGB; what is opaque all over is a JPEG."""
    image, _ = opened(raw)
    assert (image.format, image.mode) == (kind, "RGB")


def test_what_can_be_seen_through_stays_so() -> None:
    """A logo on nothing gets no black box around it."""
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 0)).save(out, "PNG")
    image, _ = opened(out.getvalue())
    assert (image.format, image.mode, image.getpixel((5, 5))) == ("PNG", "RGBA", (255, 0, 0, 0))


def test_a_telephones_picture_stands_upright_and_tells_nothing() -> None:
    """EXIF turns the pixels, and is then gone with place, time and owner."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x013B] = "Olena Koval"
    image, _ = opened(picture_of(size=(400, 200), kind="JPEG", exif=exif))
    assert image.size == (200, 400)
    assert not image.getexif()


def test_of_an_animation_the_first_frame_is_shown() -> None:
    """A mail does not flicker."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue", "lime")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    image, _ = opened(out.getvalue())
    pixel = image.getpixel((100, 100))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[2] < 60
    assert getattr(image, "n_frames", 1) == 1


def bomb() -> bytes:
    """A PNG of a few bytes whose head promises more pixels than memory holds."""
    raw = bytearray(picture_of("L", (200, 200)))
    raw[16:24] = struct.pack(">II", 60_000, 60_000)
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not a picture"),
        (b"<html>", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (picture_of(kind="JPEG")[:400], "not a picture"),
        (picture_of(kind="PNG")[:-200], "not a picture"),
        (picture_of(kind="BMP"), "not a picture"),
        (picture_of(size=(1, 1)), "too few"),
        (picture_of(size=(2000, 20)), "too few"),
        (bomb(), "not a picture"),
        (picture_of("1", size=(8000, MOST_PIXELS // 8000 + 1)), "too many"),
    ],
    ids=["empty", "page", "svg", "cut jpeg", "cut png", "bmp", "counter", "strip", "bomb", "large"],
)
def test_what_is_no_picture_is_told_in_a_sentence(raw: bytes, said: str) -> None:
    """Damaged, of another kind, too small or a bomb: SourceUnreadable with the place, and nothing is unpacked."""
    with pytest.raises(SourceUnreadable, match=said) as caught:
        as_picture(raw, width=1088, where="https://img.example/x")
    assert caught.value.where == "https://img.example/x"
