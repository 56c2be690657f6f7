"""An edition through a live Postfix, its replies lost on the way, and what its log then settles."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.model import EditionStatus
from digest.pipeline.reconcile import read_logs, reconcile
from tests.conftest import Site, clock
from tests.delivery.postfix_relay import postfix, why_not

pytestmark = [
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "-"),
    pytest.mark.timeout(120),
]
READERS = 300
END = b"\r\n.\r\n"
TAKEN = b" queued as "


@dataclass
class BadLine:
    """A line to a server that breaks over some messages: the reply is lost, or the message's end."""

    port_behind: int
    lose_replies: frozenset[int]  # of messages, counted over all connections
    lose_ends: frozenset[int]
    replies: int = 0
    ends: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.port_behind)
        ways = {
            asyncio.ensure_future(self.pass_on(reader, their_writer, self.loses_end)),
            asyncio.ensure_future(self.pass_on(their_reader, writer, self.loses_reply)),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for one in (writer, their_writer):
            one.close()

    async def pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, loses: Callable[[bytes], int | None]
    ) -> None:
        while chunk := await reader.read(65536):
            kept = loses(chunk)
            writer.write(chunk if kept is None else chunk[:kept])
            await writer.drain()
            if kept is not None:
                return

    def loses_reply(self, chunk: bytes) -> int | None:
        self.replies += TAKEN in chunk
        return 0 if TAKEN in chunk and self.replies in self.lose_replies else None

    def loses_end(self, chunk: bytes) -> int | None:
        self.ends += END in chunk
        return chunk.index(END) if END in chunk and self.ends in self.lose_ends else None


async def arrived(inbox: Inbox, count: int) -> None:
    while inbox.received < count:
        await asyncio.sleep(0.02)


def message_ids(folder: Path) -> Counter[str]:
    return Counter(message_from_bytes(file.read_bytes())["Message-ID"] for file in folder.glob("*.eml"))


async def test_what_a_bad_line_left_in_doubt_a_postfix_log_settles(site: Site, tmp_path: Path) -> None:
    """Of nine messages in doubt Postfix has five: its log says so, the others go again, and everyone has one."""
    lines = "".join(f"r{number}@example.org\n" for number in range(READERS))
    (site.root / "subscribers.csv").write_text(f"email\n{lines}", encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        with postfix(next_hop=inbox.port) as server:
            lost_replies, lost_ends = frozenset({3, 57, 110, 190, 262}), frozenset({20, 88, 150, 230})
            bad = BadLine(server.port, lost_replies, lost_ends)
            listening = await asyncio.start_server(bad.talk, "127.0.0.1", 0)
            port = listening.sockets[0].getsockname()[1]
            async with listening:
                settings = site.with_relay("127.0.0.1", port, connections=3)
                sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
            assert (sent.tally.sent, sent.tally.uncertain) == (READERS - 9, 9)
            await arrived(inbox, READERS - len(lost_ends))
            done = await reconcile(
                site.with_relay("127.0.0.1", server.port),
                site.store,
                sent.edition,
                clock=clock,
                resend=True,
                log=read_logs([server.log_file]),
            )
            await arrived(inbox, READERS)
    assert (done.uncertain, done.accepted, done.failed, done.resent) == (9, 5, 0, 4)
    assert done.edition.status is EditionStatus.SENT
    assert (done.tally.audience, done.tally.sent) == (READERS, READERS)
    assert set(message_ids(inbox.folder).values()) == {1}
    assert inbox.received == READERS
