"""SMTP on a connection that is ready for MAIL: bytes out, replies in, and always known how far a message got.

aiosmtplib opens the connection and logs in; its transport is then this protocol's, without a task or a future for a
message: a reply comes in and its listener is told.  That decides what a lost line means: before the end of a message
was written nothing was handed over; after it, and before the reply, nobody can tell.
"""

from __future__ import annotations

import asyncio
import re
from math import inf
from typing import Protocol, cast

import aiosmtplib

from digest.delivery.replies import Reply
from digest.delivery.smtp import Relay

_LONGEST_REPLY = 32_768  # bytes; a server that streams without end must not fill the memory
_LINE = re.compile(rb"([2-5]\d\d)(?:([- ])(.*))?\Z", re.DOTALL)
_ROOM = 4096  # bytes read at once: replies are short, and a small buffer that stays costs less than a new one each time
_MOST_KNOWN = 256


class Listener(Protocol):
    """Who leads the conversation."""

    def heard(self, reply: Reply) -> None:
        """Take the reply to the oldest command that has none yet."""

    def lost(self, reason: str) -> None:
        """Learn, once, that the connection is gone: closed, out of step, or given up by `abandon`."""


class Session(asyncio.BufferedProtocol):
    """One connection; `lost` is empty while it stands, else one clause that says why it ended.

    `unsent`, once it is lost: the end of the last message is known never to have left this process.
    """

    def __init__(self, client: aiosmtplib.SMTP, relay: Relay) -> None:
        transport = client.transport
        if transport is None:
            raise ValueError("not connected")
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()
        self.relay = relay
        self._room = bytearray(_ROOM)
        self._view = memoryview(self._room)
        self._rest = b""  # of a line whose end has not come
        self._lines: list[str] = []  # of a reply whose last line has not come
        self._length = 0
        self._known: dict[bytes, Reply] = {}  # most replies are the same few
        self._listener: Listener | None = None
        self._open = 0  # commands without a reply
        self._deadline = inf
        self._patience = relay.timeout_seconds
        self._held = False  # bytes up to a message's end wait in this process, for the relay reads slower than we write
        self.lost = ""
        self.unsent = False
        extensions = client.esmtp_extensions
        self.smtputf8 = "smtputf8" in extensions
        self.pipelining = "pipelining" in extensions
        size = extensions.get("size", "")
        self.sizes = "size" in extensions
        self.largest = int(size) if size.isdigit() else 0  # bytes; 0 says nothing (RFC 1870 4)
        # The client's own protocol would close the transport on what it does not expect; from here on it hears nothing.
        self._transport.set_protocol(self)
        if self._transport.is_closing():
            self.lost = "the connection was closed"

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on; at once where the connection is gone already."""
        self._listener = listener
        if self.lost:
            listener.lost(self.lost)

    def write(self, raw: bytes, *, replies: int, patience_seconds: float, tail: int = 0) -> None:
        """Send commands that get so many replies, or a message whose end stands `tail` bytes before the end of `raw`.

        The relay is given up on when no reply comes within `patience_seconds`; the next ones have the usual time.
        """
        self._open += replies
        self._patience = self.relay.timeout_seconds
        self._deadline = self._loop.time() + patience_seconds
        transport = self._transport
        if transport.is_closing():
            self._held = True  # it will be dropped
            return
        transport.write(raw)
        if transport.get_write_buffer_size() > tail:
            # From here on paused means that the message's end is still with us, and resumed that it has left.
            transport.set_write_buffer_limits(high=tail, low=tail)

    def expire(self, now: float) -> bool:
        """Give up a relay whose reply is overdue: a late one would be taken for the next command's.  Tell whether."""
        if self.lost or not self._open or now <= self._deadline:
            return False
        self.abandon("no reply within the time for it")
        return True

    def abandon(self, reason: str) -> None:
        """Close at once."""
        self._fail(reason)
        self._transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's
        """Give the event loop room to read into."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Find the replies in what came; anything that is none, or that nobody waits for, ends the conversation."""
        data = self._rest + self._room[:nbytes]
        lines = data.split(b"\n")
        self._rest = lines.pop()
        self._length += nbytes
        for line in lines:
            reply = self._reply(line)
            if reply is None:
                if self.lost:
                    return
                continue
            if not self._open:
                self.abandon(f"it said {reply}" if reply.closing else f"a reply to nothing: {reply}")
                return
            self._open -= 1
            self._length = len(self._rest)
            self._deadline = self._loop.time() + self._patience
            if self._listener is not None:
                self._listener.heard(reply)
            if self.lost:
                return
        if self._length > _LONGEST_REPLY:
            self.abandon("its reply does not end")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the listener."""
        self._fail(f"the connection was lost ({exc})" if exc else "the relay closed the connection")

    def pause_writing(self) -> None:
        """Note that bytes wait in this process."""
        self._held = True

    def resume_writing(self) -> None:
        """Note that they have left."""
        self._held = False

    def _reply(self, line: bytes) -> Reply | None:
        """Give the reply that `line` ends; None for one that goes on, and for none, which ends the conversation."""
        if not self._lines and (known := self._known.get(line)) is not None:
            return known
        found = _LINE.match(line.rstrip(b"\r"))
        if found is None:
            self.abandon(f"not a reply: {line.rstrip()[:80].decode('utf-8', 'replace')!r}")
            return None
        self._lines.append((found[3] or b"").decode("utf-8", "replace").strip())
        if found[2] == b"-":
            return None
        reply = Reply(int(found[1]), " ".join(self._lines))
        if len(self._lines) == 1 and len(self._known) < _MOST_KNOWN:
            self._known[line] = reply
        self._lines = []
        return reply

    def _fail(self, reason: str) -> None:
        if self.lost:
            return
        self.lost, self.unsent = reason, self._held
        if self._listener is not None:
            self._listener.lost(reason)
