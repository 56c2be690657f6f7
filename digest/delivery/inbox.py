"""A mailbox on this machine: an SMTP server that keeps what arrives as files, so that a send can be seen with no relay.

It takes everything from anyone who can reach it, which by default is this machine alone.  For `digest demo` and trials.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.errors import MailServerLost

_UNSAFE = re.compile(r"[^\w.@+-]+")
_LONGEST_NAME = 80


def _number_of(path: Path) -> int:
    number, _, _ = path.name.partition("-")
    return int(number) if number.isascii() and number.isdigit() else 0


class Inbox:
    """An async context manager: a running server inside it, with `host` and the `port` that it got.

    Each message becomes `0001-reader@example.org.eml`, byte for byte as it was sent; numbers go on after those that
    the folder has.  A message that cannot be written is put off (452), never taken and lost.
    """

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Hold mail in `folder`, made if it is missing; port 0 takes any that is free."""
        self.folder = folder
        self.host = host
        self.port = port
        self.received = 0
        self._number = 0
        self._server: asyncio.Server | None = None
        self._connections: set[SMTP] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def __aenter__(self) -> Self:
        """Start to listen.  Raises MailServerLost where the port is taken or the folder cannot be made."""
        loop = asyncio.get_running_loop()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._number = max(map(_number_of, self.folder.glob("*.eml")), default=0)
            self._server = await loop.create_server(self._connection, self.host, self.port)
        except OSError as error:
            raise MailServerLost(
                f"the local inbox cannot start ({error.strerror or error})",
                where=f"{self.host}:{self.port}",
                remedy="Use another port, or 0 for any that is free, and a folder that can be written to",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and hang up."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            if connection.transport is not None:
                connection.transport.close()
        await self._idle.wait()
        await asyncio.sleep(0)  # each connection's task has been cancelled and ends in the loop's next turn
        await self._server.wait_closed()
        self._server = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one message, in one file for each recipient."""
        content = envelope.original_content or b""
        try:
            for recipient in envelope.rcpt_tos:
                self._keep(recipient, content)
        except OSError as error:
            return f"452 4.3.1 cannot be stored: {error.strerror}"
        self.received += 1
        return "250 2.0.0 kept"

    def _keep(self, recipient: str, content: bytes) -> None:
        self._number += 1
        name = f"{self._number:04d}-{_UNSAFE.sub('_', recipient)[:_LONGEST_NAME].strip('.')}.eml"
        unfinished = self.folder / f".{name}.part"
        try:
            unfinished.write_bytes(content)
            unfinished.replace(self.folder / name)  # so that a reader never sees half a message
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def _connection(self) -> SMTP:
        inbox = self

        class Connection(SMTP):
            """Known to the inbox while it lasts, for aiosmtpd keeps no list of its own."""

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                inbox._connections.add(self)
                inbox._idle.clear()
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                inbox._connections.discard(self)
                if not inbox._connections:
                    inbox._idle.set()
                super().connection_lost(error)

        # A hostname is given because the default asks DNS, which may take seconds.
        return Connection(self, enable_SMTPUTF8=True, hostname="localhost", loop=asyncio.get_running_loop())
