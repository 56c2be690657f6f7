from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Sequence
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.delivery.inbox import Inbox
from digest.errors import MailServerLost

MESSAGE = b"Subject: hello\r\n\r\nbody\r\n..two dots\r\nlast\r\n"


async def post(inbox: Inbox, recipients: Sequence[str], message: bytes = MESSAGE) -> dict[str, tuple[int, bytes]]:
    """Send with the standard library's client, which knows nothing of ours."""

    def talk() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP(inbox.host, inbox.port, local_hostname="localhost") as client:
            return client.sendmail("news@example.org", list(recipients), message)

    return await asyncio.to_thread(talk)


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_what_arrives_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """Each message is a file, named by order and recipient, with the bytes that were sent."""
    async with Inbox(tmp_path / "inbox") as inbox:
        assert inbox.port > 0
        await post(inbox, ["ann@example.org"])
        await post(inbox, ["bob@example.org"])
    assert inbox.received == 2
    names = names_in(tmp_path / "inbox")
    assert names == ["0001-ann@example.org.eml", "0002-bob@example.org.eml"]
    kept = (tmp_path / "inbox" / names[0]).read_bytes()
    assert kept == MESSAGE
    assert message_from_bytes(kept, policy=policy.default)["Subject"] == "hello"


async def test_numbers_go_on_from_an_earlier_run(tmp_path: Path) -> None:
    """Nothing that an earlier run kept is written over, also past the four digits; other files are let be."""
    for name in ("notes.eml", "9999-ann@example.org.eml"):
        (tmp_path / name).touch()
    for _ in range(2):
        async with Inbox(tmp_path) as inbox:
            await post(inbox, ["ann@example.org"])
    numbers = sorted(name.partition("-")[0] for name in names_in(tmp_path))
    assert numbers == ["10000", "10001", "9999", "notes.eml"]


async def test_a_hostile_recipient_stays_in_the_folder(tmp_path: Path) -> None:
    """A name with slashes and dots becomes one plain file name."""
    async with Inbox(tmp_path / "inbox") as inbox:
        await post(inbox, ["../../etc/passwd@example.org"])
    assert names_in(tmp_path) == ["inbox/0001-_.._etc_passwd@example.org.eml"]


async def test_a_message_that_cannot_be_kept_is_put_off(tmp_path: Path) -> None:
    """With the folder gone the reply is a 4xx, so the sender keeps the message."""
    async with Inbox(tmp_path / "inbox") as inbox:
        (tmp_path / "inbox").rmdir()
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await post(inbox, ["ann@example.org"])
    assert caught.value.smtp_code == 452
    assert inbox.received == 0


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """The error names the port and the way out."""
    async with Inbox(tmp_path) as first:
        with pytest.raises(MailServerLost, match=rf"127.0.0.1:{first.port}: the local inbox cannot start"):
            async with Inbox(tmp_path, port=first.port):
                pass


async def test_it_hangs_up_on_a_client_that_stays(tmp_path: Path) -> None:
    """Leaving the context does not wait for whoever is still connected."""
    async with asyncio.timeout(5):
        async with Inbox(tmp_path) as inbox:
            reader, writer = await asyncio.open_connection(inbox.host, inbox.port)
            assert (await reader.readline()).startswith(b"220")
        assert await reader.read() == b""
        writer.close()
