"""The studio: one mail, seen the ways that readers will see it, on a page of this machine that keeps itself current.

Kept out: how the mail is made (`load` is handed in), and every other page; nothing here sends or stores.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from email.utils import parseaddr
from importlib.resources import files
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.render.check import Finding
from digest.web.live import Live, Shown
from digest.web.loopback import LocalOnly, require_loopback
from digest.web.mailview import (
    GMAIL_CLIP_BYTES,
    SCHEMES,
    header_fields,
    in_scheme,
    language_of,
    text_shape,
    with_images,
    with_links_outside,
)
from digest.web.server import QuietServer, listen, url_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMail:
    """One edition as mail, addressed to a neutral subscriber."""

    edition_key: str
    title: str  # the newsletter's
    subject: str
    preheader: str
    sender: str  # "Name <address>", as a reader is shown it
    html: str
    text: str
    message: bytes  # the whole RFC 5322 message
    note: str  # what an editor should know of it ("skipped: too few stories"), or empty
    findings: tuple[Finding, ...] = ()  # what the linter says of it, errors first
    images: Mapping[str, bytes] = field(default_factory=dict)  # pictures by their src, which nothing serves yet


# What the page itself may do: its own script, style and frames.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# What the mail may do: show itself and its images.  It is hostile input with our own address, so the sandbox stands
# here too and not on the frame alone: the mail may be opened in a tab.  allow-same-origin lets the page keep the
# frame's scroll position; it is safe only together with the absence of allow-scripts.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)

_ASSETS = {
    "studio.css": "text/css; charset=utf-8",
    "studio.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HEARTBEAT_SECONDS = 15.0  # below the 30 s after which some browsers and antivirus proxies drop a silent stream
_FINISH_SECONDS = 3  # how long open answers may take once the studio is told to stop


def create_studio(
    load: Callable[[], PreviewMail], *, watched: Sequence[Path], version: Callable[[], str] | None = None
) -> Starlette:
    """Make the studio's application; `serve_studio` serves it.

    `load` makes the mail; it is called in a thread, at first use and after each change, never twice at once.  Its
    DigestError becomes a panel on the page, above the last mail that loaded.  `watched` are the files and folders that
    the mail is made from.  `version`, where given, is a cheap fingerprint of what no file shows, such as a database;
    it is asked every second, in a thread.
    """
    studio = _Studio(Live(load, watched=watched, version=version))
    app = Starlette(
        routes=[
            Route("/", studio.show_page),
            Route("/assets/{name}", studio.show_asset),
            Route("/mail.json", studio.show_state),
            Route("/mail.html", studio.show_mail),
            Route("/mail.txt", studio.show_text),
            Route("/events", studio.tell_changes),
            studio.download("message.eml", "message/rfc822", lambda mail: mail.message),
            studio.download("message.html", "text/html", lambda mail: _encoded(mail.html)),
            studio.download("message.txt", "text/plain", lambda mail: _encoded(mail.text)),
        ],
        middleware=[Middleware(LocalOnly)],
        lifespan=studio.lifespan,
    )
    app.state.close = studio.close
    return app


class _Studio:
    """The answers, each made from what is shown at that moment."""

    def __init__(self, live: Live[PreviewMail]) -> None:
        pages = files("digest.web") / "pages"
        self._live = live
        self._page = (pages / "studio.html").read_bytes()
        self._assets = {name: (pages / name).read_bytes() for name in _ASSETS}
        self.close = live.close

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        keeping = asyncio.create_task(self._live.keep_current())
        try:
            yield
        finally:
            self._live.close()
            await keeping

    async def show_page(self, _: Request) -> Response:
        return Response(self._page, media_type="text/html", headers={"content-security-policy": _PAGE_POLICY})

    async def show_asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._assets:
            return PlainTextResponse("There is no such file.\n", status_code=404)
        return Response(self._assets[name], media_type=_ASSETS[name])

    async def show_state(self, _: Request) -> Response:
        return Response(_as_json(await self._live.current()), media_type="application/json")

    async def show_mail(self, request: Request) -> Response:
        shown = await self._live.current()
        if shown.value is None:
            return _nothing_yet(shown)
        html = with_images(shown.value.html, shown.value.images)
        for scheme in SCHEMES:
            if request.query_params.get("scheme") == scheme:
                html = in_scheme(html, scheme)
        policy = {"content-security-policy": _MAIL_POLICY}
        return Response(_encoded(with_links_outside(html)), media_type="text/html", headers=policy)

    async def show_text(self, _: Request) -> Response:
        shown = await self._live.current()
        if shown.value is None:
            return _nothing_yet(shown)
        return Response(_encoded(shown.value.text), media_type="text/plain")

    def download(self, name: str, media_type: str, content: Callable[[PreviewMail], bytes]) -> Route:
        async def answer(_: Request) -> Response:
            shown = await self._live.current()
            if shown.value is None:
                return _nothing_yet(shown)
            disposition = {"content-disposition": f'attachment; filename="{name}"'}
            return Response(content(shown.value), media_type=media_type, headers=disposition)

        return Route(f"/{name}", answer)

    async def tell_changes(self, _: Request) -> Response:
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        async for shown in self._live.follow(idle_seconds=_HEARTBEAT_SECONDS):
            yield f"event: shown\ndata: {shown.version}\n\n" if shown else ": still here\n\n"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # a lone surrogate must not end the preview that would show it


def _nothing_yet(shown: Shown[PreviewMail]) -> Response:
    return PlainTextResponse(f"{shown.error}\n", status_code=503)


def _as_json(shown: Shown[PreviewMail]) -> bytes:
    """What the page fills itself from.  ASCII with escapes: a lone surrogate in a mail cannot break it."""
    mail, error = shown.value, shown.error
    state: dict[str, object] = {"version": shown.version, "mail": None, "error": None}
    if error is not None:
        state["error"] = str(error)
    if mail is not None:
        name, address = parseaddr(mail.sender)
        state["mail"] = {
            "edition": mail.edition_key,
            "title": mail.title,
            "subject": mail.subject,
            "preheader": mail.preheader,
            "sender": name or address or mail.sender,
            "note": mail.note,
            "findings": [asdict(finding) for finding in mail.findings],
            "language": language_of(mail.html),
            "text": mail.text,
            "shape": asdict(text_shape(mail.text)),
            "headers": [asdict(field) for field in header_fields(mail.message)],
            "bytes": {
                "message": len(mail.message),
                "html": len(_encoded(mail.html)),
                "text": len(_encoded(mail.text)),
                "clip": GMAIL_CLIP_BYTES,
            },
        }
    return json.dumps(state).encode("ascii")


async def serve_studio(
    app: Starlette,
    *,
    host: str = "127.0.0.1",
    port: int,
    on_ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Serve an application of `create_studio` until `stop` is set, or SIGINT or SIGTERM comes; then return quietly.

    `port` 0 takes any that is free; `on_ready` is told the address once it answers.  Prints nothing.  Raises UsageError
    for a `host` that others could reach, and DigestError when the port cannot be had.
    """
    address = require_loopback(host)
    listener = listen(
        address,
        port,
        what="the preview",
        remedy="Another preview may be open; choose another port, or 0 for any that is free.",
    )
    url = f"{url_of(listener)}/"
    # Each tells its routine news at INFO, and `on_ready` has said what there is to say.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        ws="none",
        lifespan="on",
        proxy_headers=False,  # no proxy stands before it, so nobody may claim to be one
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    server = QuietServer(config, ready=lambda: on_ready(url))
    stop = stop or asyncio.Event()

    async def end_when_told() -> None:
        await stop.wait()
        app.state.close()  # first: the server waits for open event streams, and those end by this alone
        server.should_exit = True

    ending = asyncio.create_task(end_when_told())
    try:
        with listener, _signals_set(stop):
            await server.serve(sockets=[listener])
    finally:
        ending.cancel()


@contextmanager
def _signals_set(stop: asyncio.Event) -> Iterator[None]:
    """While inside, SIGINT and SIGTERM set `stop`; in a thread other than the main one, signals are not ours."""
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in wanted}
    try:
        for number in wanted:
            loop.add_signal_handler(number, stop.set)
    except (ValueError, RuntimeError):  # set_wakeup_fd works in the main thread only
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
