"""The connection to a relay: reached, greeted, encrypted, logged in; every way that this fails is told apart.

Kept out: sending on it (`session.py`, `send.py`).  A password is in no error and no log, though a server echo it.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, NoReturn

import aiosmtplib
from aiosmtplib import SMTPConnectTimeoutError, SMTPException, SMTPResponseException

from digest.delivery.replies import Reply
from digest.errors import MailServerError, MailServerLost, MailServerRefused

_QUIT_SECONDS = 5.0  # politeness has a limit
_FULL_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z")
_HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The mail server that takes our mail, and how to talk to it.

    `security`: "tls" from the first byte (port 465), "starttls" demanded after the greeting (587), or "none".
    The server's certificate is verified, against `ca_file` (PEM) where one is given, else the system's authorities.
    `connect_timeout_seconds` is for reaching it, and again for its greeting; `data_timeout_seconds` for the reply to a
    whole message: RFC 5321 4.5.3.2.6 advises patience, for a relay that is given up on may have accepted it.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connect_timeout_seconds: float = 30.0
    timeout_seconds: float = 300.0
    data_timeout_seconds: float = 600.0
    idle_seconds: float = 20.0  # after which a connection with nothing to send is closed, before the relay does it
    ca_file: str | None = None
    local_hostname: str | None = None  # what EHLO says we are; by default this machine's full name or its address
    weight: float = 1.0  # its share of the connections, beside the other relays'; 0: only when no other takes mail
    connections: int | None = None  # at most so many of them
    messages_per_connection: int | None = None  # then a new one is opened
    label: str = ""

    @property
    def name(self) -> str:
        """How messages and the ledger name it: its label, else `smtp.example.org:587`."""
        return self.label or f"{self.host}:{self.port}"


@asynccontextmanager
async def connect(relay: Relay) -> AsyncIterator[aiosmtplib.SMTP]:
    """Open a connection that is ready for MAIL, and close it at the end.

    Raises MailServerLost if the relay cannot be reached now, MailServerRefused if it must be set up otherwise:
    password, TLS, certificate, or a greeting that turns us away.
    """
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.security == "tls",
        start_tls=False,
        tls_context=_tls_context(relay),
        timeout=relay.connect_timeout_seconds,
        local_hostname=relay.local_hostname or "localhost",  # replaced below: aiosmtplib's own default asks DNS
    )
    try:
        await _open(client, relay)
        yield client
    finally:
        await _close(client)


async def _open(client: aiosmtplib.SMTP, relay: Relay) -> None:
    try:
        await client.connect()
        client.timeout = relay.timeout_seconds
        client.local_hostname = relay.local_hostname or _own_name(client)
        await _greet(client)
        if relay.security == "starttls":
            if not client.supports_extension("starttls"):
                raise MailServerRefused(
                    "it does not offer STARTTLS, so nothing was sent in the clear",
                    where=relay.name,
                    remedy='Set security = "tls" if this port speaks TLS at once, "none" for a server on this machine',
                )
            await client.starttls()
            await _greet(client)  # RFC 3207 4.2: what it offered in the clear is forgotten
        if relay.username is not None:
            await _log_in(client, relay, relay.username)
    except MailServerError:
        raise
    except (SMTPException, OSError) as error:  # ssl.SSLError, socket.gaierror and time-outs are OSErrors
        _raise_ours(error, relay)


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Say EHLO, or HELO to a server that knows nothing else (RFC 5321 3.2): it then offers no extension."""
    try:
        await client.ehlo()
    except SMTPResponseException as error:
        if not (Reply(error.code, error.message).permanent and client.is_connected):
            raise
        try:
            await client.helo()
        except SMTPResponseException as second:
            raise second from None  # what it says of the plainest greeting


async def _log_in(client: aiosmtplib.SMTP, relay: Relay, username: str) -> None:
    if not client.supports_extension("auth"):
        raise MailServerRefused(
            "it offers no login" + (" without TLS" if relay.security == "none" else ""),
            where=relay.name,
            remedy='Set security = "starttls" or "tls"'
            if relay.security == "none"
            else "Leave user name and password out, or use the port that it offers for sending",
        )
    try:
        await client.login(username, relay.password or "")
    except SMTPResponseException as error:
        reply = Reply(error.code, _without_secrets(error.message, relay))
        if reply.transient:  # 454 4.7.0: its password check is out of order (RFC 4954 6)
            raise MailServerLost(f"it cannot check the login now ({reply})", where=relay.name, remedy=_AGAIN) from None
        raise MailServerRefused(
            f"it refuses the login of {username} ({reply})",
            where=relay.name,
            remedy="Mend the user name or password; nothing was sent and nobody is marked as failed",
        ) from None  # the original may hold what the server echoed
    except SMTPException as error:
        if isinstance(error, (ConnectionError, TimeoutError)):
            raise
        raise MailServerRefused(
            f"no way to log in is known to both ({_without_secrets(str(error), relay)})",
            where=relay.name,
            remedy="PLAIN, LOGIN and CRAM-MD5 are spoken here",
        ) from None


_AGAIN = "Run again later; what is recorded is not repeated"


def _raise_ours(error: Exception, relay: Relay) -> NoReturn:
    """Sort by what the reader does next.  aiosmtplib wraps the system's error, which says more than its wrapping."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    where = relay.name
    if isinstance(cause, ssl.SSLCertVerificationError):
        raise MailServerRefused(
            f"its certificate does not hold ({cause.verify_message or cause.reason})",
            where=where,
            remedy="Use the host name that the certificate is for, or give the authority's file as ca_file",
        ) from error
    if isinstance(cause, ssl.SSLError):
        raise MailServerRefused(
            f"TLS could not be agreed on ({cause.reason or cause})",
            where=where,
            remedy='Port 465 takes security = "tls", ports 587 and 25 take "starttls"',
        ) from error
    if isinstance(cause, socket.gaierror):
        raise MailServerLost(
            f"the host name is not known ({cause.strerror})",
            where=where,
            remedy="Check its spelling, and that this machine has a network",
        ) from error
    if isinstance(cause, ConnectionRefusedError):
        raise MailServerLost(
            "nothing listens there (connection refused)",
            where=where,
            remedy="Start the mail server, or mend host and port; then run again",
        ) from error
    if isinstance(error, SMTPResponseException):
        raise _from_reply(Reply(error.code, _without_secrets(error.message, relay)), where) from error
    if isinstance(cause, TimeoutError):
        reached = not isinstance(error, SMTPConnectTimeoutError)
        raise MailServerLost(
            f"no answer within {relay.timeout_seconds if reached else relay.connect_timeout_seconds:g} s",
            where=where,
            remedy='Check host, port and firewall; a port that speaks TLS at once (465) needs security = "tls"',
        ) from error
    raise MailServerLost(
        f"the connection failed ({_without_secrets(str(cause), relay)})", where=where, remedy=_AGAIN
    ) from error


def _from_reply(reply: Reply, where: str) -> MailServerError:
    if reply.code < 0:  # aiosmtplib's code for what is not SMTP
        return MailServerLost(
            f"what answers there is not a mail server ({reply.text[:80]!r})", where=where, remedy="Mend host and port"
        )
    if reply.transient:
        return MailServerLost(f"it takes no mail now ({reply})", where=where, remedy=_AGAIN)
    return MailServerRefused(
        f"it turns this machine away ({reply})", where=where, remedy="Ask whoever runs it to let this machine send"
    )


def _tls_context(relay: Relay) -> ssl.SSLContext | None:
    if relay.security == "none":
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=relay.ca_file)
    except OSError as error:
        raise MailServerRefused(
            f"the authorities' file cannot be read ({error.strerror or error})",
            where=str(relay.ca_file),
            remedy="Give ca_file the path of a PEM file",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
    return context


def _own_name(client: aiosmtplib.SMTP) -> str:
    """RFC 5321 4.1.4: a fully qualified name, or an address literal where there is none."""
    name = socket.gethostname()
    if _FULL_NAME.match(name):
        return name
    own = str(client.get_transport_info("sockname")[0])
    return f"[IPv6:{own}]" if ":" in own else f"[{own}]"


def _without_secrets(text: str, relay: Relay) -> str:
    """Hide the password in any form in which it was sent, for servers quote what they do not understand."""
    password = relay.password or ""
    if not password:
        return text
    for secret in (
        password,
        base64.b64encode(password.encode()).decode("ascii"),
        base64.b64encode(f"\0{relay.username}\0{password}".encode()).decode("ascii"),
    ):
        text = text.replace(secret, _HIDDEN)
    return text


async def _close(client: aiosmtplib.SMTP) -> None:
    if client.is_connected:
        try:
            async with asyncio.timeout(_QUIT_SECONDS):
                await client.quit()
        except (SMTPException, OSError):
            pass  # it is gone, which is what was wanted
    client.close()
