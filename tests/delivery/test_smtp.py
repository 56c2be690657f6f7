from __future__ import annotations

import asyncio
import socket
import ssl
import traceback
from base64 import b64encode
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from digest.delivery.smtp import Relay, connect
from digest.errors import MailServerError, MailServerLost, MailServerRefused
from tests.delivery.scripted_relay import Act, Script, ScriptedRelay, Step

PASSWORD = "hunter2-and-more"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def always(verb: str, reply: str | Act) -> Script:
    def script(step: Step) -> str | Act | None:
        return reply if step.verb == verb else None

    return script


async def ready(relay: Relay) -> list[str]:
    """Connect, say one thing on the connection, and give the extensions that were offered."""
    async with connect(relay) as client:
        reply = await client.execute_command(b"MAIL", b"FROM:<news@example.org>")
        assert reply.code == 250, reply
        return sorted(client.esmtp_extensions)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_encrypted_and_logged_in(authority: trustme.CA, ca_file: str, security: str) -> None:
    """Both kinds of TLS, a certificate that is verified, and a login, on one connection."""
    context = server_context(authority)
    async with ScriptedRelay(tls=context, tls_at_once=security == "tls", login=("news", PASSWORD)) as server:
        relay = Relay(
            host="localhost",
            port=server.port,
            security="tls" if security == "tls" else "starttls",
            username="news",
            password=PASSWORD,
            ca_file=ca_file,
        )
        assert "8bitmime" in await ready(relay)
    assert server.verbs()[-2:] == ["MAIL", "QUIT"]
    assert "AUTH" in server.verbs()
    assert ("STARTTLS" in server.verbs()) == (security == "starttls")


async def test_an_independent_server_agrees(authority: trustme.CA, ca_file: str) -> None:
    """aiosmtpd, demanding STARTTLS and AUTH, takes our login and our MAIL."""

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login == LoginPassword(b"news", PASSWORD.encode()), handled=False)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            object(),
            hostname="localhost",
            tls_context=server_context(authority),
            require_starttls=True,
            auth_required=True,
            authenticator=check,
            loop=loop,
        ),
        "127.0.0.1",
        0,
    )
    port = server.sockets[0].getsockname()[1]
    async with server:
        await ready(Relay(host="localhost", port=port, username="news", password=PASSWORD, ca_file=ca_file))
        with pytest.raises(MailServerRefused, match="refuses the login of news"):
            await ready(Relay(host="localhost", port=port, username="news", password="wrong", ca_file=ca_file))
        await asyncio.sleep(0.05)  # aiosmtpd's own tasks end


async def test_a_wrong_password_is_refused_and_says_what_to_mend() -> None:
    """The error names server and user and the way out, and is not one that running again would cure."""
    async with ScriptedRelay(login=("news", PASSWORD)) as server:
        relay = Relay(host="127.0.0.1", port=server.port, security="none", username="news", password="wrong")
        with pytest.raises(MailServerRefused) as caught:
            await ready(relay)
    said = str(caught.value)
    assert said.startswith(f"127.0.0.1:{server.port}: it refuses the login of news (535 5.7.8 bad credentials).")
    assert "Mend the user name or password" in said
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize("code", ["535 5.7.8", "500 5.5.1", "454 4.7.0"])
async def test_a_password_is_in_no_error_though_the_server_echo_it(code: str) -> None:
    """Servers quote what they do not understand; what is shown, logged or pickled has no form of the password."""

    def echo(step: Step) -> str | None:
        return f"{code} cannot take {step.argument} {PASSWORD}" if step.verb == "AUTH" else None

    async with ScriptedRelay(echo, login=("news", PASSWORD)) as server:
        relay = Relay(host="127.0.0.1", port=server.port, security="none", username="news", password=PASSWORD)
        with pytest.raises(MailServerError) as caught:
            await ready(relay)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(relay)
    for secret in (PASSWORD, b64encode(PASSWORD.encode()).decode(), b64encode(f"\0news\0{PASSWORD}".encode()).decode()):
        assert secret not in told
    assert any("PLAIN" in step.argument for step in server.steps)


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        pytest.param(always("CONNECT", "421 4.3.2 too busy"), MailServerLost, "takes no mail now", id="busy"),
        pytest.param(
            always("CONNECT", "554 5.7.1 you are listed"), MailServerRefused, "turns this machine", id="listed"
        ),
        pytest.param(always("CONNECT", "HTTP/1.1 400 Bad"), MailServerLost, "not a mail server", id="not SMTP"),
        pytest.param(always("CONNECT", Act.DROP), MailServerLost, "the connection failed", id="hangs up"),
        pytest.param(always("CONNECT", Act.STALL), MailServerLost, "no answer within 0.2 s", id="silent"),
        pytest.param(always("EHLO", Act.STALL), MailServerLost, "no answer within 0.2 s", id="silent later"),
        pytest.param(always("EHLO", "502 5.5.1 no"), MailServerRefused, "offers no login", id="no ESMTP"),
        pytest.param(
            always("AUTH", "454 4.7.0 database down"), MailServerLost, "cannot check the login", id="auth down"
        ),
    ],
)
async def test_each_way_to_fail_is_told_apart(script: Script, error: type[MailServerError], said: str) -> None:
    """Lost is worth another run; refused is not, until something is mended."""
    async with ScriptedRelay(script, login=("news", PASSWORD)) as server:
        relay = Relay(
            host="127.0.0.1",
            port=server.port,
            security="none",
            username="news",
            password=PASSWORD,
            connect_timeout_seconds=0.2,
            timeout_seconds=0.2,
        )
        with pytest.raises(error, match=said) as caught:
            await ready(relay)
    assert str(caught.value).startswith(f"127.0.0.1:{server.port}: ")
    assert caught.value.remedy


async def test_a_server_that_is_not_there_is_lost() -> None:
    """Nothing listens: the error says so and how to go on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(MailServerLost, match="nothing listens there"):
        await ready(Relay(host="127.0.0.1", port=port, security="none"))


async def test_a_name_that_is_not_known_is_lost() -> None:
    """`.invalid` never resolves (RFC 6761)."""
    with pytest.raises(MailServerLost, match="the host name is not known"):
        await ready(Relay(host="mail.invalid", port=25, security="none"))


async def test_a_certificate_from_nobody_we_trust_is_refused(authority: trustme.CA) -> None:
    """Verification is on: without the authority's file, nothing is sent."""
    async with ScriptedRelay(tls=server_context(authority)) as server:
        with pytest.raises(MailServerRefused, match="certificate does not hold"):
            await ready(Relay(host="localhost", port=server.port))
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_certificate_for_another_host_is_refused(authority: trustme.CA, ca_file: str, at_once: bool) -> None:
    """The name in the certificate is the host's, or it is somebody else's server."""
    async with ScriptedRelay(tls=server_context(authority, "other.example"), tls_at_once=at_once) as server:
        relay = Relay(host="localhost", port=server.port, security="tls" if at_once else "starttls", ca_file=ca_file)
        with pytest.raises(MailServerRefused, match="certificate does not hold"):
            await ready(relay)


async def test_without_starttls_nothing_is_sent_in_the_clear() -> None:
    """A server, or someone between, that hides STARTTLS gets no password and no mail."""
    async with ScriptedRelay(login=("news", PASSWORD)) as server:
        relay = Relay(host="127.0.0.1", port=server.port, security="starttls", username="news", password=PASSWORD)
        with pytest.raises(MailServerRefused, match="does not offer STARTTLS"):
            await ready(relay)
    assert "AUTH" not in server.verbs()


async def test_tls_on_a_plain_port_says_which_setting_to_change() -> None:
    """The usual mistake is 587 with the setting of 465."""
    async with ScriptedRelay() as server:
        with pytest.raises(MailServerRefused, match='ports 587 and 25 take "starttls"'):
            await ready(Relay(host="127.0.0.1", port=server.port, security="tls"))


async def test_a_login_that_is_not_offered_is_refused() -> None:
    """A password set for a server that wants none is a setting to mend, not a reason to send without."""
    async with ScriptedRelay() as server:
        relay = Relay(host="127.0.0.1", port=server.port, security="none", username="news", password=PASSWORD)
        with pytest.raises(MailServerRefused, match="offers no login"):
            await ready(relay)


async def test_a_missing_authority_file_is_named(tmp_path: Path) -> None:
    """The path that cannot be read is where the reader looks."""
    missing = str(tmp_path / "none.pem")
    with pytest.raises(MailServerRefused, match="authorities' file") as caught:
        await ready(Relay(host="127.0.0.1", port=1, ca_file=missing))
    assert caught.value.where == missing


async def test_it_says_who_it_is_as_rfc_5321_asks() -> None:
    """EHLO has a name given in the settings, or a full name or address literal (4.1.4); DNS is not waited for."""
    async with ScriptedRelay() as server:
        await ready(Relay(host="127.0.0.1", port=server.port, security="none", local_hostname="news.example.org"))
        await ready(Relay(host="127.0.0.1", port=server.port, security="none"))
    given, own = (step.argument for step in server.steps if step.verb == "EHLO")
    assert given == "news.example.org"
    assert own == "[127.0.0.1]" or "." in own
