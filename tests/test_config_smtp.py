"""[smtp] for one relay, [[smtp.relays]] for several: what each takes over, and every mistake told by its key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.config import Settings, read_settings
from digest.errors import ConfigError
from digest.pipeline.relays import relays_of

NEWSLETTER = """
[newsletters.morning]
title = "Morning"
language = "en"
timezone = "America/New_York"
send_at = "09:00"
from = { name = "Morning", address = "morning@news.example.org" }
list = "subscribers.csv"
theme = "ukraine-today"
"""


def read(folder: Path, text: str) -> Settings:
    (folder / "digest.toml").write_text(text, encoding="utf-8")
    return read_settings(folder / "digest.toml")


def problems(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return {problem.key: f"{problem.value}: {problem.expected}" for problem in caught.value.problems}


def test_one_relay_needs_no_list(tmp_path: Path) -> None:
    """The plain [smtp] is one relay, patient as RFC 5321 4.5.3.2 asks."""
    settings = read(tmp_path, '[smtp]\nhost = "mx.example.org"\nport = 587\nmessages_per_connection = 100\n')
    (relay,) = relays_of(settings)
    assert (relay.name, relay.weight, relay.connections, settings.smtp.connections) == (
        "mx.example.org:587",
        1,
        None,
        4,
    )
    assert (relay.connect_timeout_seconds, relay.timeout_seconds, relay.data_timeout_seconds) == (30, 300, 600)
    assert relay.messages_per_connection == 100


def test_several_take_over_what_they_do_not_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Common keys stand once in [smtp]; a relay's own go before; a login is taken over whole or not at all."""
    (tmp_path / "pw").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("SECOND", "from outside")
    settings = read(
        tmp_path,
        """
        [smtp]
        security = "starttls"
        port = 587
        connections = 10
        timeout = "2m"
        username = "news"
        password_file = "pw"

        [[smtp.relays]]
        host = "a.example.org"
        weight = 3

        [[smtp.relays]]
        host = "b.example.net"
        port = 2525
        username = "other"
        password_env = "SECOND"
        timeout = "30s"
        connections = 2
        name = "backup"
        weight = 0
        """,
    )
    one, two = relays_of(settings)
    assert (one.name, one.port, one.security, one.weight) == ("a.example.org:587", 587, "starttls", 3)
    assert (one.username, one.password, one.timeout_seconds, one.connections) == ("news", "from a file", 120, None)
    assert (two.name, two.port, two.security, two.weight) == ("backup", 2525, "starttls", 0)
    assert (two.username, two.password, two.timeout_seconds, two.connections) == ("other", "from outside", 30, 2)
    assert settings.smtp.connections == 10
    assert "from outside" not in repr(settings)


def test_the_environment_gives_the_common_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DIGEST_SMTP__PASSWORD is of every relay that has no login of its own."""
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "hush")
    relays = '[[smtp.relays]]\nhost = "a"\n[[smtp.relays]]\nhost = "b"\n'
    settings = read(tmp_path, f'[smtp]\nusername = "me"\nsecurity = "tls"\n{relays}')
    assert [(relay.username, relay.password) for relay in relays_of(settings)] == [("me", "hush")] * 2


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        pytest.param('host = "a"\n[[smtp.relays]]\nhost = "b"\n', "smtp", "take smtp.host out", id="host twice"),
        pytest.param("[[smtp.relays]]\nport = 25\n", "smtp.relays.0.host", "needed", id="no host"),
        pytest.param(
            '[[smtp.relays]]\nhost = "a"\n[[smtp.relays]]\nhost = "a"\n', "smtp", "used twice: a:25", id="same name"
        ),
        pytest.param('[[smtp.relays]]\nhost = "a"\nweight = -1\n', "smtp.relays.0.weight", "0 to 1000", id="weight"),
        pytest.param('[[smtp.relays]]\nhost = "a"\nrelays = []\n', "smtp.relays.0.relays", "no such", id="nested"),
        pytest.param(
            '[[smtp.relays]]\nhost = "a"\npassword = "hunter2"\n', "smtp.relays.0.password", "password_env", id="secret"
        ),
        pytest.param(
            '[[smtp.relays]]\nhost = "a"\npassword_env = "NOT_THERE"\n', "smtp.relays.0", "NOT_THERE", id="no variable"
        ),
        pytest.param('username = "me"\n', "smtp", "a username needs a password", id="no password"),
        pytest.param("messages_per_connection = 0\n", "smtp.messages_per_connection", "at least 1", id="no message"),
    ],
)
def test_a_mistake_is_told_by_its_key(tmp_path: Path, text: str, key: str, said: str) -> None:
    """Whoever reads it knows which relay and which key."""
    found = problems(tmp_path, f"[smtp]\n{text}")
    assert said in found[key]
    assert "hunter2" not in str(found)


def test_no_error_shows_a_password_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake between two keys is told of its table, which is not shown: it holds the password too."""
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "hush-hush")
    found = problems(tmp_path, '[smtp]\nhost = "far.example.org"\nusername = "me"\n')
    assert "readable by all" in found["smtp"]
    assert "hush" not in str(found)


def test_each_newsletter_may_have_its_own_way_back(tmp_path: Path) -> None:
    """delivery.bounces and .verp hold for all, a newsletter's own go before; the sender's address needs neither."""
    assert read(tmp_path, NEWSLETTER).newsletter("morning").bounces is None
    both = '[delivery]\nbounces = "bounces@example.org"\nverp = true\n' + NEWSLETTER
    settings = read(tmp_path, both)
    assert (settings.newsletter("morning").bounces, settings.newsletter("morning").verp) == (
        "bounces@example.org",
        True,
    )
    own = read(tmp_path, both + 'bounces = "b@morning.example.org"\nverp = false\n').newsletter("morning")
    assert (own.bounces, own.verp) == ("b@morning.example.org", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("verp = true\n", "verp needs an address for bounces"),
        (f'verp = true\nbounces = "{"b" * 25}@example.org"\n', "at most 24 letters"),
    ],
)
def test_a_return_path_that_cannot_be_is_told_at_once(tmp_path: Path, text: str, said: str) -> None:
    """Not at nine in the morning, by a relay."""
    (found,) = problems(tmp_path, f"[delivery]\n{text}{NEWSLETTER}").values()
    assert said in found


def test_data_timeouts_are_durations(tmp_path: Path) -> None:
    """Each wait has its own key."""
    settings = read(
        tmp_path, '[smtp]\nconnect_timeout = "5s"\ntimeout = "1m"\ndata_timeout = "20m"\nidle_timeout = "3s"\n'
    )
    smtp = settings.smtp
    assert (smtp.connect_timeout, smtp.timeout) == (timedelta(seconds=5), timedelta(minutes=1))
    (relay,) = relays_of(settings)
    assert (relay.data_timeout_seconds, relay.idle_seconds) == (1200, 3)


@pytest.mark.parametrize(
    ("host", "way_out"),
    [
        ("smtp://mail.example.org", 'host = "mail.example.org"'),
        ("smtp://mail.example.org/", 'host = "mail.example.org"'),
        ("mail.example.org:587", 'host = "mail.example.org" and port = 587'),
        ("smtps://mail.example.org:465", 'host = "mail.example.org" and port = 465'),
        ("[2001:db8::1]:25", 'host = "2001:db8::1" and port = 25'),
        ("[::1]", 'host = "::1"'),
        ("//mail.example.org", 'host = "mail.example.org"'),
        ("me@mail.example.org", 'host = "mail.example.org"'),
        ("mail example org", 'such as "mail.example.org"'),
        ("mail.example.org, mx.example.org", 'such as "mail.example.org"'),
        ("mail..example.org", 'such as "mail.example.org"'),
        ("-mail.example.org", 'such as "mail.example.org"'),
        ("mail.example.org:mail", 'such as "mail.example.org"'),
        ("http://[", 'such as "mail.example.org"'),
        ("300.1.2.3.4:99999999", 'such as "mail.example.org"'),
    ],
)
@pytest.mark.parametrize("table", ["smtp", "smtp.relays", "web"])
def test_a_host_is_a_name_alone(tmp_path: Path, table: str, host: str, way_out: str) -> None:
    """What else is written there is told when the file is read, with the lines to write instead, not at nine."""
    head, key = ("[[smtp.relays]]", "smtp.relays.0.host") if table == "smtp.relays" else (f"[{table}]", f"{table}.host")
    said = problems(tmp_path, f'{head}\nhost = "{host}"\n')[key]
    assert "expected a host name" in said
    assert way_out in said


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        " mail.example.org ",
        "mail.example.org.",
        "my_relay",
        "192.0.2.7",
        "::1",
        "fe80::1%eth0",
        "пошта.укр",
    ],
)
def test_a_host_may_be_a_name_or_an_address(tmp_path: Path, host: str) -> None:
    """Of DNS, of a container, IPv4 or IPv6, with blanks around it taken off."""
    assert read(tmp_path, f'[smtp]\nhost = "{host}"\n').smtp.host == host.strip()
