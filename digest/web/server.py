"""A uvicorn server inside a loop that is not its own: it takes a listener, leaves signals alone and ends when told.

Kept out: what is answered, and who may ask.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext

import uvicorn
from starlette.types import ASGIApp

from digest.errors import DigestError

_FINISH_SECONDS = 3  # how long open answers may take once the server is told to stop
_MOST_CONNECTIONS = 400  # below the 1,024 open files that a process may usually have: the sender needs its own


def listen(address: str, port: int, *, what: str, remedy: str) -> socket.socket:
    """Open the port that `what` is served on; 0 takes any that is free.  Raises DigestError when it cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None) or 0  # the error's own words repeat the address; a resolver's is below 0
        raise DigestError(
            f"{what} cannot listen there ({os.strerror(number) if number > 0 else error})",
            where=f"{address}:{port}",
            remedy=remedy,
        ) from error


def url_of(listener: socket.socket) -> str:
    """Give the address that a listener answers at, `http://127.0.0.1:8025`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class QuietServer(uvicorn.Server):
    """A uvicorn server that says when it answers, and leaves signals to its caller."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]
        """Leave signals alone: uvicorn's own raises one again at its end, and Ctrl-C would be a KeyboardInterrupt."""
        return nullcontext()


@asynccontextmanager
async def served(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve `app` while inside; at the end open answers are finished, for a few seconds at most.

    The listener stays the caller's to close.
    """
    started = asyncio.Event()
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,  # a line of it would hold a reader's token
        ws="none",
        lifespan="off",
        proxy_headers=False,  # nothing here believes a header about who asks
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    server = QuietServer(config, ready=started.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if serving.done():
            await serving
        yield
    finally:
        server.should_exit = True
        await serving
