"""The pages that readers reach from a mail: the way out, what else they get, and the edition in a browser.

Everybody may ask, so an answer tells nothing about anyone: a link that is not ours is answered like one whose
subscription is gone.  A GET changes nothing, for scanners follow every link; a POST acts, without cookie, script or
login (RFC 8058).  Kept out: what is done (pipeline.readers) and what is said (readerpages).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.config import Settings
from digest.errors import AudienceError, StoreError
from digest.pipeline.images import kept_image
from digest.pipeline.readers import (
    Preferences,
    Reader,
    leave,
    leave_one,
    preferences_of,
    public_edition,
    reader_of,
)
from digest.store import Store
from digest.translation import Translator
from digest.web import readerpages
from digest.web.server import listen, served, url_of

_log = structlog.get_logger(__name__)

_STYLE_HASH = base64.b64encode(hashlib.sha256(readerpages.STYLE.encode()).digest()).decode("ascii")
_PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# An edition is made of what others wrote: it may show itself and its images, and its links may open.
_EDITION_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # the address of a page holds its reader's token
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_EDITION_CACHE = "public, max-age=3600"  # its bytes are fixed once it has begun to go out
# A picture's name follows from its bytes, and a webmail on another site must be able to show it.
_IMAGE_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "cross-origin-resource-policy": "cross-origin",
}
_LARGEST_BODY_BYTES = 16 * 1024  # the pair that RFC 8058 asks for takes 26
_BODY_SECONDS = 10.0
_TOO_LARGE = "The form is too large, or took too long.\n"
# RFC 8058 3.2: the pair comes as a form of either kind.
_ONE_CLICK = re.compile(
    rb"(?:\A|&)\s*list-unsubscribe=one-click\s*(?:&|\Z)"
    rb'|name="?list-unsubscribe"?\s*\r?\n(?:[^\r\n]+\r?\n)*\r?\none-click\s',
    re.IGNORECASE,
)
_LEAVE = re.compile(rb"(?:\A|&)leave=([0-9]{1,19})(?:&|\Z)")  # a button of the preferences page
_BY_PAGE = re.compile(rb"(?:\A|&)by=page(?:&|\Z)")


def create_public(settings: Settings, store: Store, *, clock: Callable[[], datetime]) -> ASGIApp:
    """Make the application; `public_pages` serves it.

    It answers at its own root and under the path of `site.public_url`, whichever of the two a proxy passes on.
    """
    public = _Public(settings, store, clock)
    app = Starlette(
        routes=[
            Route("/unsubscribe", public.explain),
            Route("/unsubscribe/{token}", public.unsubscribe, methods=["GET", "POST"]),
            Route("/preferences", public.explain_preferences),
            Route("/preferences/{token}", public.preferences, methods=["GET", "POST"]),
            Route("/editions/{newsletter}/{slot}", public.show_edition),
            Route("/images/{name}", public.show_image),
            Route("/healthz", public.tell_health),
        ],
        exception_handlers={HTTPException: public.refuse, StoreError: public.apologise},
    )
    # Outside all of Starlette, so that even the answer to a bug of ours has the headers.
    return _Guarded(app, prefix=urlsplit(settings.site.public_url).path)


@asynccontextmanager
async def public_pages(settings: Settings, store: Store, *, clock: Callable[[], datetime]) -> AsyncIterator[str]:
    """Serve the readers' pages while inside, as `[web]` says; gives the address they answer at.

    Raises DigestError when the port cannot be had.
    """
    with listen(
        settings.web.host,
        settings.web.port,
        what="the readers' pages",
        remedy="Another digest run may be serving them; choose another web.port, or set web.enabled = false.",
    ) as listener:
        async with served(create_public(settings, store, clock=clock), listener):
            yield url_of(listener)


class _Public:
    """The answers.  Whatever asks the store does so in a thread: a send is at work in this loop."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime]) -> None:
        self._settings, self._store, self._clock = settings, store, clock
        self._key = settings.signing_key()
        self._newsletters = [settings.newsletter(name) for name in settings.newsletters]

    async def explain(self, request: Request) -> Response:
        return _page(readerpages.no_token(self._voice(request), self._newsletters))

    async def unsubscribe(self, request: Request) -> Response:
        if request.method != "POST":
            return await self._about(request, self._find, readerpages.confirm)
        body = await _body(request)
        if body is None:
            return PlainTextResponse(_TOO_LARGE, status_code=413)
        if not _ONE_CLICK.search(body):
            # Nobody who means it sends this: the page asks again, with a button that does.
            return await self._about(request, self._find, readerpages.confirm, status_code=400)
        how = "the button of the unsubscribe page" if _BY_PAGE.search(body) else "one-click unsubscribe (RFC 8058)"

        def end(token: str) -> Reader:
            return leave(self._settings, self._store, token, key=self._key, now=self._clock(), how=how)

        return await self._about(request, end, readerpages.done, how=how)

    async def explain_preferences(self, request: Request) -> Response:
        return _page(readerpages.no_preferences(self._voice(request), self._newsletters))

    async def preferences(self, request: Request) -> Response:
        if request.method != "POST":
            return await self._preferences(request, self._find_preferences)
        body = await _body(request)
        if body is None:
            return PlainTextResponse(_TOO_LARGE, status_code=413)
        chosen = _LEAVE.search(body)
        if chosen is None:
            return await self._preferences(request, self._find_preferences, status_code=400)
        subscription, how = int(chosen[1]), "the button of the preferences page"

        def end(token: str) -> Preferences:
            return leave_one(
                self._settings, self._store, token, subscription, key=self._key, now=self._clock(), how=how
            )

        return await self._preferences(request, end)

    async def show_edition(self, request: Request) -> Response:
        key = f"{request.path_params['newsletter']}/{request.path_params['slot']}"
        shown = await asyncio.to_thread(public_edition, self._settings, self._store, key)
        if shown is None:
            return self._nowhere(request)
        headers = {"content-security-policy": _EDITION_POLICY, "cache-control": _EDITION_CACHE}
        return HTMLResponse(shown.html.encode("utf-8", "replace"), headers=headers)

    async def show_image(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = await asyncio.to_thread(kept_image, self._settings, name)
        if content is None:
            return self._nowhere(request)
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        return Response(content, media_type=kind, headers=_IMAGE_HEADERS)

    async def tell_health(self, _: Request) -> Response:
        await asyncio.to_thread(self._store.editions.recent, None, 1)
        return PlainTextResponse("ok\n")

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer what has no route, or not with this method."""
        if isinstance(error, HTTPException) and error.status_code != 404:  # noqa: PLR2004
            return PlainTextResponse(f"{error.detail}\n", status_code=error.status_code, headers=error.headers)
        return self._nowhere(request)

    async def apologise(self, request: Request, error: Exception) -> Response:
        _log.error("a page could not be answered", problem=str(error))
        page = readerpages.unavailable(self._voice(request), self._newsletters)
        return _page(page, status_code=503, headers={"retry-after": "60"})

    async def _about(
        self,
        request: Request,
        find: Callable[[str], Reader],
        say: Callable[..., readerpages.Page],
        *,
        status_code: int = 200,
        how: str = "",
    ) -> Response:
        try:
            reader = await asyncio.to_thread(find, request.path_params["token"])
        except AudienceError:
            return _page(readerpages.bad_link(self._voice(request), self._newsletters), status_code=404)
        if reader.subscriber is None:
            return _page(readerpages.a_test_copy(self._voice(request)))
        if how:
            _log.info("unsubscribed", newsletter=reader.id, subscriber=reader.subscriber, how=how)
        if reader.left:
            say = readerpages.done
        return _page(say(reader.newsletter, reader.title), status_code=status_code)

    def _find(self, token: str) -> Reader:
        return reader_of(self._settings, self._store, token, key=self._key)

    async def _preferences(
        self, request: Request, find: Callable[[str], Preferences], *, status_code: int = 200
    ) -> Response:
        try:
            found = await asyncio.to_thread(find, request.path_params["token"])
        except AudienceError:
            return _page(readerpages.bad_link(self._voice(request), self._newsletters), status_code=404)
        if found.reader.subscriber is None:
            return _page(readerpages.a_test_copys_preferences(self._voice(request)))
        if found.left is not None:
            _log.info("unsubscribed", newsletter=found.left.id, subscriber=found.left.subscriber, how="preferences")
        page = readerpages.preferences(
            found.reader.newsletter,
            gets=[
                readerpages.Choice(
                    value=str(one.subscriber),
                    title=one.title,
                    language=one.newsletter.language if one.newsletter else "",
                )
                for one in found.gets
            ],
            left=found.left.title if found.left else "",
            ended=found.ended,
        )
        return _page(page, status_code=status_code)

    def _find_preferences(self, token: str) -> Preferences:
        return preferences_of(self._settings, self._store, token, key=self._key)

    def _nowhere(self, request: Request) -> Response:
        return _page(readerpages.not_found(self._voice(request)), status_code=404)

    def _voice(self, request: Request) -> Translator:
        return readerpages.voice_for(request.headers.get("accept-language", ""), self._newsletters)


class _Guarded:
    """Sets what holds for every answer, and takes the path of the public address off what is asked."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", _PAGE_POLICY)
                headers.setdefault("cache-control", "no-store")
                message["headers"] = headers.raw
            await send(message)

        path = scope["path"]
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        # Mail programs that make links of plain text sometimes take a trailing slash along.
        await self._app({**scope, "path": path.rstrip("/") or "/"}, receive, send_guarded)


def _page(page: readerpages.Page, *, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = readerpages.html_of(page).encode("utf-8", "replace")
    return HTMLResponse(content, status_code=status_code, headers={"vary": "accept-language", **(headers or {})})


async def _body(request: Request) -> bytes | None:
    """Read a form; None for one that is too large or too slow to be ours."""
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGEST_BODY_BYTES:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return body
