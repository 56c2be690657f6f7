"""Keeps a local page local: who may ask, and what the answer may do in a browser.

The page shows unsent mail without a password, so nobody but a browser on this machine may read it: not another
machine, and not a web site that this browser has open.  Kept out: what is answered.
"""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.errors import UsageError

_OUR_NAMES = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)

_ALWAYS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_NOTHING_BUT_ITSELF = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class LocalOnly:
    """Answers requests that this machine's browser makes for itself; the rest are refused with 403.

    A site can point its own name at 127.0.0.1 and then read our answers as its own (DNS rebinding); the Host header
    gives it away.  A site can also ask for our address from a page of its own; Sec-Fetch-Site gives that away, and a
    link that someone follows (a document) is still let in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("content-security-policy", _NOTHING_BUT_ITSELF)
                message["headers"] = headers.raw
            await send(message)

        refusal = _refusal(Headers(scope=scope))
        answer = PlainTextResponse(refusal, status_code=403) if refusal else self._app
        await answer(scope, receive, send_guarded)


def _refusal(headers: Headers) -> str:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _OUR_NAMES.fullmatch(hosts[0]):
        return "This preview answers to localhost and 127.0.0.1 only.\n"
    asked_by_another = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    if asked_by_another and headers.get("sec-fetch-dest") != "document":
        return "This preview answers its own page only.\n"
    return ""


def require_loopback(host: str) -> str:
    """Return the address to bind for `host`; raises UsageError unless only this machine can reach it."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass  # a name: it may resolve to anything, so it is refused like an address that others can reach
    raise UsageError(
        "the preview shows unsent mail without a password, so it listens on this machine only",
        where=host,
        remedy="Use 127.0.0.1; from another machine, reach it through an SSH tunnel.",
    )
