"""A relay of its own process that keeps a journal: `journal_relay.py PORT_FILE JOURNAL [DELAY_MS [PER_SECOND [HOST]]]`.

Each accepted message's recipient is in JOURNAL before its 250 leaves, as a relay that has taken a message has it on
disk.  DELAY_MS is the longest that a reply to a message waits, so that a kill may fall on either side of it.
PER_SECOND is the most messages that one connection has taken in a second.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

_END = b"\r\n.\r\n"


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, journal: int, delay_seconds: float, pace_seconds: float) -> None:
        self._journal, self._delay_seconds, self._pace_seconds = journal, delay_seconds, pace_seconds
        self._next = 0.0  # when the next message may have its reply, by the loop's clock
        self._buffer = b""
        self._in_message = self._waiting = False
        self._recipient = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 journal ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        while not self._waiting:
            message, end, rest = self._buffer.partition(_END if self._in_message else b"\r\n")
            if not end:
                return
            self._buffer = rest
            if self._in_message:
                self._in_message = False
                self._keep(message)
            else:
                self._obey(message)

    def _keep(self, message: bytes) -> None:
        assert message.startswith(b"From: ")
        os.write(self._journal, self._recipient + b"\n")
        self._waiting = True
        delay = random.random() * self._delay_seconds  # noqa: S311 - a relay's moods
        loop = asyncio.get_running_loop()
        if self._pace_seconds:
            self._next = max(self._next + self._pace_seconds, loop.time())
            delay += self._next - loop.time()
        if delay > 0:
            loop.call_later(delay, self._accept)
        else:
            self._accept()

    def _accept(self) -> None:
        self._waiting = False
        self._transport.write(b"250 2.0.0 kept\r\n")
        self._go_on()

    def _obey(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._transport.write(b"250-journal\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            self._in_message = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            if verb == b"RCPT":
                self._recipient = line[line.index(b"<") + 1 : line.index(b">")]
            self._transport.write(b"250 ok\r\n")


async def serve(port_file: Path, journal: Path, delay_seconds: float, pace_seconds: float, host: str) -> None:
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Talk(descriptor, delay_seconds, pace_seconds), host, 0)
    draft = port_file.with_suffix(".new")
    draft.write_text(str(server.sockets[0].getsockname()[1]), encoding="ascii")
    draft.rename(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    delay, per_second = (float(word) for word in [*sys.argv[3:5], "0", "0"][:2])
    pace = 1 / per_second if per_second else 0.0
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), delay / 1000, pace, (*sys.argv[5:], "127.0.0.1")[0]))
