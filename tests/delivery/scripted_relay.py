"""A real SMTP server that does what a test's script says: the misbehaviours of relays, on a socket, on demand."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Self


class Act(Enum):
    """What a script may do in place of a reply."""

    DROP = auto()  # close the connection; after a message: without keeping it
    KEEP_AND_DROP = auto()  # keep the message, and close before the reply
    STALL = auto()  # say nothing more


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the relay was told, and where."""

    verb: str  # CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, MESSAGE, RSET, QUIT
    argument: str
    connection: int  # counted from 1
    message: int  # on this connection, counted from 1
    recipient: str


@dataclass(frozen=True, slots=True)
class Drip:
    """A reply that comes octet by octet."""

    reply: str


Script = Callable[[Step], "str | Act | Drip | None"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that the relay took responsibility for."""

    sender: str
    recipient: str
    message: bytes
    connection: int


@dataclass
class ScriptedRelay:
    """A server on a free port of 127.0.0.1, as an async context manager.

    `script` is asked at every step and answers with a reply, an act, or None for what a good server does.
    """

    script: Script = lambda _step: None
    extensions: tuple[str, ...] = ("SIZE 10485760", "8BITMIME", "SMTPUTF8")
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    demands_tls: bool = False  # takes no mail in the clear (RFC 3207 4)
    login: tuple[str, str] | None = None
    most_connections: int | None = None  # at once; one more is turned away with 421
    most_messages: int | None = None  # on one connection, which is then closed without a word
    lax: bool = False  # says yes to DATA though it took no recipient (RFC 2920 3.1), and no to what follows
    kept: list[Kept] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    connections: int = 0
    standing: int = 0  # connections that are taken now
    most_standing: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._talks: set[asyncio.Task[None]] = set()
        context = self.tls if self.tls_at_once else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    def verbs(self) -> list[str]:
        """What it was told, in order."""
        return [step.verb for step in self.steps]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            await _Talk(self, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client hung up, as clients do, or the test is over
        finally:
            self._talks.discard(talk)
            writer.transport.abort()


class _Talk:
    """One connection."""

    def __init__(self, relay: ScriptedRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.connections += 1
        self.relay, self.reader, self.writer = relay, reader, writer
        self.number = relay.connections
        self.messages = 0
        self.sender = self.recipient = ""
        self.begun = False  # a transaction, which only its end or RSET ends
        self.taken = False  # it has a recipient
        self.encrypted = relay.tls_at_once
        self.known = relay.login is None

    async def run(self) -> None:
        relay = self.relay
        if relay.most_connections is not None and relay.standing >= relay.most_connections:
            await self._do("421 4.7.0 too many connections")
            return
        relay.standing += 1
        relay.most_standing = max(relay.most_standing, relay.standing)
        try:
            going = await self._answer("CONNECT", "", "220 relay.example ESMTP")
            while going:
                line = (await self.reader.readuntil(b"\n")).decode().rstrip("\r\n")
                verb, _, argument = line.partition(" ")
                going = await self._obey(verb.upper(), argument)
        finally:
            relay.standing -= 1

    async def _obey(self, verb: str, argument: str) -> bool:  # noqa: C901, PLR0911, PLR0912 - a table of the protocol
        match verb:
            case "EHLO":
                return await self._answer(verb, argument, self._greeting())
            case "HELO":
                return await self._answer(verb, argument, "250 relay.example")
            case "STARTTLS" if self.relay.tls is not None and not self.encrypted:
                if await self._answer(verb, argument, "220 2.0.0 go ahead"):
                    await self.writer.start_tls(self.relay.tls)
                    self.encrypted = True
                    return True
                return False
            case "AUTH":
                return await self._answer(verb, argument, await self._login(argument))
            case "MAIL" if self.relay.demands_tls and not self.encrypted:
                return await self._answer(verb, argument, "530 5.7.0 Must issue a STARTTLS command first")
            case "MAIL" if not self.known:
                return await self._answer(verb, argument, "530 5.7.0 Authentication required")
            case "MAIL" if self.begun:
                return await self._answer(verb, argument, "503 5.5.1 nested MAIL command")
            case "MAIL":
                self.begun = True
                self.messages += 1
                self.sender = argument[argument.index("<") + 1 : argument.index(">")]
                return await self._answer(verb, argument, "250 2.1.0 ok")
            case "RCPT" if not self.begun:
                return await self._answer(verb, argument, "503 5.5.1 need MAIL command")
            case "RCPT":
                self.recipient = argument[argument.index("<") + 1 : argument.index(">")]
                return await self._answer(verb, argument, "250 2.1.5 ok")
            case "DATA" if not (self.taken or self.relay.lax):
                return await self._answer(verb, argument, "554 5.5.1 no valid recipients")
            case "DATA":
                return await self._data()
            case "RSET":
                self.begun = self.taken = False
                return await self._answer(verb, argument, "250 2.0.0 ok")
            case "QUIT":
                await self._answer(verb, argument, "221 2.0.0 bye")
                return False
        return await self._answer(verb, argument, "500 5.5.2 what?")

    def _greeting(self) -> str:
        offers = ["relay.example", *self.relay.extensions]
        if self.relay.tls is not None and not self.encrypted:
            offers.append("STARTTLS")
        if self.relay.login is not None and (self.encrypted or self.relay.tls is None):
            offers.append("AUTH PLAIN LOGIN")
        return "\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])

    async def _login(self, argument: str) -> str:
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user = base64.b64decode(initial or await self._challenge("VXNlcm5hbWU6")).decode()
            password = base64.b64decode(await self._challenge("UGFzc3dvcmQ6")).decode()
        self.known = (user, password) == self.relay.login
        return "235 2.7.0 welcome" if self.known else "535 5.7.8 bad credentials"

    async def _challenge(self, question: str) -> str:
        self.writer.write(f"334 {question}\r\n".encode())
        return (await self.reader.readuntil(b"\n")).decode().strip()

    async def _data(self) -> bool:
        answer = self._ask("DATA", "")
        if answer is not None and not _says(answer, "354"):
            return await self._do(answer)
        await self._do(answer or "354 go on")
        lines: list[bytes] = []
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = b"".join(lines)
        self.begun = False
        if not self.taken:
            return await self._answer("MESSAGE", "", "554 5.5.1 no valid recipients")
        self.taken = False
        answer = self._ask("MESSAGE", "")
        if answer is None or answer is Act.KEEP_AND_DROP or _says(answer, "250"):
            self.relay.kept.append(Kept(self.sender, self.recipient, message, self.number))
        going = await self._do("250 2.0.0 queued" if answer is None else answer)
        return going and self.messages != self.relay.most_messages

    async def _answer(self, verb: str, argument: str, default: str) -> bool:
        answer = self._ask(verb, argument)
        if verb == "MAIL" and answer is not None:
            self.begun = _says(answer, "250")
        if verb == "RCPT" and self.begun:
            self.taken = answer is None or _says(answer, "250")
        return await self._do(default if answer is None else answer)

    def _ask(self, verb: str, argument: str) -> str | Act | Drip | None:
        step = Step(verb, argument, self.number, self.messages, self.recipient)
        self.relay.steps.append(step)
        return self.relay.script(step)

    async def _do(self, answer: str | Act | Drip) -> bool:
        if isinstance(answer, Drip):
            for octet in answer.reply.encode() + b"\r\n":
                self.writer.write(bytes([octet]))
                await self.writer.drain()
                await asyncio.sleep(0)
            return True
        if isinstance(answer, str):
            self.writer.write(answer.encode() + b"\r\n")
            await self.writer.drain()
            return not answer.startswith("421")
        if answer is Act.STALL:
            await asyncio.Event().wait()
        return False


def _says(answer: str | Act | Drip, code: str) -> bool:
    return (answer.reply if isinstance(answer, Drip) else str(answer)).startswith(code)
