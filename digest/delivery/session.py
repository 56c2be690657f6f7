"""SMTP on a connection that is ready for MAIL: bytes out, replies in, and always known how far a message got.

aiosmtplib opens the connection and logs in; its transport is then this protocol's.  That decides what a lost line
means: before the final dot was written nothing was handed over; after it, and before the reply, nobody can tell.
"""

from __future__ import annotations

import asyncio
import re
from typing import cast

import aiosmtplib

from digest.delivery.replies import CLOSING, Reply
from digest.delivery.smtp import Relay

_LONGEST_REPLY = 32_768  # bytes; a server that streams without end must not fill the memory
_LINE = re.compile(rb"([2-5]\d\d)(?:([- ])(.*))?\Z", re.DOTALL)
_QUIT_SECONDS = 5.0


class SessionLost(Exception):
    """The connection ended, timed out or lost its step; `reason` is one clause.

    `in_doubt`: a whole message had been written, so the relay may have taken it.  Never leaves this room.
    """

    def __init__(self, reason: str, *, in_doubt: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.in_doubt = in_doubt


class Session(asyncio.Protocol):
    """One conversation, one command at a time."""

    def __init__(self, client: aiosmtplib.SMTP, relay: Relay) -> None:
        transport = client.transport
        if transport is None:
            raise ValueError("not connected")
        self._transport = cast("asyncio.Transport", transport)
        self.relay = relay
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._reply: asyncio.Future[Reply] | None = None
        self._lost = ""
        self._unsent = False
        self._writable = asyncio.Event()  # set while every byte has gone to the system
        self._writable.set()
        self._transport.set_write_buffer_limits(high=0)
        self.dirty = False  # a transaction was begun and must be reset before the next
        extensions = client.esmtp_extensions
        self.smtputf8 = "smtputf8" in extensions
        self.eightbit = "8bitmime" in extensions
        size = extensions.get("size", "")
        self.sizes = "size" in extensions
        self.largest = int(size) if size.isdigit() else 0  # bytes; 0 says nothing (RFC 1870 4)
        # The client's own protocol would close the transport on what it does not expect; from here on it hears nothing.
        self._transport.set_protocol(self)
        if self._transport.is_closing():
            self._lost = "the connection was closed"

    async def command(self, line: str) -> Reply:
        """Send one command and read its reply; raises SessionLost where there is none.  421 also closes."""
        return await self._exchange(line.encode() + b"\r\n", self.relay.timeout_seconds)

    async def message(self, message: bytes) -> Reply:
        """Send a message after 354, and read the reply that says whose it now is.

        `message` has CRLF line ends, also at its end, and no line that begins with a dot.
        Raises SessionLost, in doubt unless the end of the message is known never to have left this process.
        """
        try:
            return await self._exchange(message + b".\r\n", self.relay.data_timeout_seconds)
        except SessionLost as lost:
            raise SessionLost(lost.reason, in_doubt=not self._unsent) from lost

    async def quit(self) -> None:
        """Take leave and close; a relay that does not answer is left all the same."""
        try:
            await self._exchange(b"QUIT\r\n", min(self.relay.timeout_seconds, _QUIT_SECONDS))
        except SessionLost:
            return
        self.abandon("we said goodbye")

    def abandon(self, reason: str) -> None:
        """Close at once; whoever waits for a reply gets SessionLost with `reason`."""
        self._fail(reason)
        self._transport.abort()

    async def _exchange(self, raw: bytes, timeout_seconds: float) -> Reply:
        if self._lost:
            raise SessionLost(self._lost)
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._reply = waiter
        try:
            async with asyncio.timeout(timeout_seconds):
                self._transport.write(raw)
                await self._writable.wait()
                reply = await waiter
        except TimeoutError:
            # A late reply would be taken for the next command's, so the conversation ends here.
            self.abandon(f"no reply within {timeout_seconds:g} s")
            raise SessionLost(self._lost) from None
        finally:
            self._reply = None
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # heard, even where the time-out came first
        if reply.code == CLOSING:
            self.abandon(str(reply))
        return reply

    def data_received(self, data: bytes) -> None:
        """Collect lines into one reply; anything that is no reply, or that nobody waits for, ends the conversation."""
        self._buffer += data
        if len(self._buffer) + sum(map(len, self._lines)) > _LONGEST_REPLY:
            self.abandon("its reply does not end")
            return
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            found = _LINE.match(line)
            if found is None:
                self.abandon(f"not a reply: {line[:80].decode('utf-8', 'replace')!r}")
                return
            self._lines.append((found[3] or b"").decode("utf-8", "replace").strip())
            if found[2] == b"-":
                continue
            reply, self._lines = Reply(int(found[1]), " ".join(self._lines)), []
            if self._reply is None or self._reply.done():
                self.abandon(f"it said {reply}" if reply.code == CLOSING else f"a reply to nothing: {reply}")
                return
            self._reply.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        self._fail(f"the connection was lost ({exc})" if exc else "the relay closed the connection")
        self._writable.set()

    def pause_writing(self) -> None:
        """Note that bytes wait in this process, for the relay reads slower than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Note that they all have left."""
        self._writable.set()

    def _fail(self, reason: str) -> None:
        if not self._lost:
            self._lost = reason
            self._unsent = not self._writable.is_set()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(SessionLost(self._lost))
