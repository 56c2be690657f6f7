"""digest.toml: read as a whole, every mistake listed by key, secrets kept out of it."""

import sys
from datetime import time, timedelta
from pathlib import Path

import pytest

from digest.config import Settings, read_settings, shipped_site
from digest.errors import ConfigError, UsageError

GOOD = """
[site]
public_url = "https://news.example.org/"

[newsletters.morning]
title = "Morning"
language = "en"
timezone = "America/New_York"
send_at = "09:00"
days = "mon-fri"
grace = "90m"
from = { name = "Morning", address = "morning@news.example.org" }
list = "subscribers/morning.csv"
theme = "ukraine-today"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "digest.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_newsletter_is_read_into_the_model(tmp_path: Path) -> None:
    """What digest.toml says arrives as one Newsletter, paths counted from the file's folder."""
    settings = read_settings(write(tmp_path, GOOD))
    newsletter = settings.newsletter("morning")
    assert newsletter.schedule.at == time(9)
    assert newsletter.schedule.weekdays == frozenset(range(5))
    assert newsletter.timezone.key == "America/New_York"
    assert newsletter.selection.languages == {"en"}
    assert newsletter.list_path == str(tmp_path / "subscribers/morning.csv")
    assert newsletter.public_url == "https://news.example.org"
    assert settings.newsletters["morning"].grace == timedelta(minutes=90)
    assert settings.database_url == f"sqlite:///{tmp_path / 'var/digest.db'}"


def test_every_mistake_is_listed_at_once(tmp_path: Path) -> None:
    """One run names all wrong settings, each with its key, the value and what was expected."""
    text = GOOD.replace('"09:00"', '"25:00"').replace('"America/New_York"', '"New York"') + "colour = 1\n"
    with pytest.raises(ConfigError) as caught:
        read_settings(write(tmp_path, text))
    said = {problem.key: problem for problem in caught.value.problems}
    assert set(said) == {"newsletters.morning.send_at", "newsletters.morning.timezone", "newsletters.morning.colour"}
    assert said["newsletters.morning.send_at"].value == "'25:00'"
    assert "09:00" in said["newsletters.morning.send_at"].expected
    assert "newsletters.morning.timezone = 'New York'" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("[newsletters.morning.selection]\nmax_storeis = 3", "max_stories"),
        ('[[sources]]\npaht = "articles"\npath = "articles"', "path"),
        ("[delivery.warmup]\nfist_day = 200", "first_day"),
        ('[smtp]\nhots = "mail.example.org"', "host"),
        ("[newletters.morning]", "newsletters"),
        ("[smtp]\nfrobnicate = true", None),
    ],
)
def test_a_misspelt_setting_is_told_the_right_one(tmp_path: Path, wrong: str, meant: str | None) -> None:
    """In whatever table it stands; where nothing resembles it, nothing is guessed."""
    with pytest.raises(ConfigError) as caught:
        read_settings(write(tmp_path, GOOD + wrong))
    (said,) = [one.expected for one in caught.value.problems if one.expected.startswith("there is no such setting")]
    assert said == "there is no such setting" + (f"; did you mean {meant}?" if meant else "")


def test_a_secret_in_the_file_is_refused_and_never_shown(tmp_path: Path) -> None:
    """A password belongs to the environment or a file of its own, and no error repeats it."""
    with pytest.raises(ConfigError) as caught:
        read_settings(write(tmp_path, '[smtp]\npassword = "hunter2"\n'))
    assert "DIGEST_SMTP__PASSWORD" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["postgresql://me:hunter2@db.example.org/digest", "postgresql://me@db/digest?password=hunter2"]
)
def test_a_databases_password_stays_out_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """In the environment it is taken, and shown nowhere; without one the file may name the server."""
    with pytest.raises(ConfigError, match=r"DIGEST_SITE__DATABASE.*PGPASSWORD") as caught:
        read_settings(write(tmp_path, f'[site]\ndatabase = "{address}"\n'))
    assert "hunter2" not in str(caught.value)
    file = write(tmp_path, '[site]\ndatabase = "postgresql://me@db:5432/digest"\n')
    assert read_settings(file).database_url == "postgresql://me@db:5432/digest"
    monkeypatch.setenv("DIGEST_SITE__DATABASE", address)
    settings = read_settings(file)
    assert settings.database_url == address
    assert "hunter2" not in repr(settings)
    monkeypatch.setenv("DIGEST_SITE__DATABASE", "mysql://me:hunter2@db/digest")
    with pytest.raises(ConfigError, match=r"DIGEST_SITE__DATABASE = \(hidden\): expected .sqlite") as caught:
        read_settings(file)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("missing", ["psycopg", "procrastinate"])
def test_a_missing_driver_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Before anything is done, and only where PostgreSQL is asked for."""
    monkeypatch.setitem(sys.modules, missing, None)
    assert read_settings(write(tmp_path, "")).database_url.startswith("sqlite:///")
    with pytest.raises(ConfigError, match=r"site\.database.*pip install 'digest-mail\[postgres\]'"):
        read_settings(write(tmp_path, '[site]\ndatabase = "postgresql://me@db/digest"\n'))


def password(settings: Settings, relay: int = 0) -> str | None:
    return settings.relay_password(settings.smtp.each[relay])


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins over the file that digest.toml names."""
    (tmp_path / "pw").write_text("from the file\n", encoding="utf-8")
    file = write(tmp_path, '[smtp]\nusername = "me"\npassword_file = "pw"\n')
    assert password(read_settings(file)) == "from the file"
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "from outside")
    settings = read_settings(file)
    assert password(settings) == "from outside"
    assert settings.smtp.username == "me"
    assert "from outside" not in repr(settings)


def test_a_rewriter_is_checked_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key stays out of the file, its address is one, and its package is there; all are told at once."""
    text = '[keypoints]\nrewriter = "m"\nendpoint = "http://localhost:99999/v1"\napi_key = "sk-hush"\n'
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ConfigError) as caught:
        read_settings(write(tmp_path, text))
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"keypoints.rewriter", "keypoints.endpoint", "keypoints.api_key"}
    assert "pip install 'digest-mail[rewrite]'" in str(caught.value)
    assert "DIGEST_KEYPOINTS__API_KEY" in str(caught.value)
    assert "sk-hush" not in str(caught.value)


def test_a_rewriters_key_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins; no key is none; what cannot be a key is told and not shown."""
    file = write(tmp_path, '[keypoints]\nrewriter = "m"\napi_key_file = "key"\n')
    (tmp_path / "key").write_text("sk-file\n", encoding="utf-8")
    assert read_settings(file).rewriter_key() == "sk-file"
    monkeypatch.setenv("DIGEST_KEYPOINTS__API_KEY", "sk-outside")
    assert read_settings(file).rewriter_key() == "sk-outside"
    monkeypatch.setenv("DIGEST_KEYPOINTS__API_KEY", "sk\nX-Header: ключ")
    with pytest.raises(ConfigError, match="DIGEST_KEYPOINTS__API_KEY: the key has characters") as caught:
        read_settings(file).rewriter_key()
    assert "ключ" not in str(caught.value)
    monkeypatch.delenv("DIGEST_KEYPOINTS__API_KEY")
    assert read_settings(write(tmp_path, "")).rewriter_key() is None


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    """The error tells which key names a file that is not there."""
    settings = read_settings(write(tmp_path, '[smtp]\npassword_file = "gone"\n'))
    with pytest.raises(ConfigError, match=r"smtp\.password_file: .*gone cannot be read"):
        password(settings)


def test_the_signing_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """Links stay valid from run to run, and only the owner can read what signs them."""
    settings = read_settings(write(tmp_path, GOOD))
    key = settings.signing_key()
    assert len(key) == 64
    assert settings.signing_key() == key
    assert (tmp_path / "var/secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret"]


@pytest.mark.parametrize("text", ["[site\n", "title = \n", "\ufeff[[sources]]\npath"])
def test_a_file_that_is_no_toml_tells_the_line(tmp_path: Path, text: str) -> None:
    """A slip of the pen ends in one sentence with its place, not in a traceback."""
    with pytest.raises(ConfigError, match=r"not TOML: .*line \d|not TOML: .*end of document"):
        read_settings(write(tmp_path, text))


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Notepad writes one, and nobody sees it."""
    assert read_settings(write(tmp_path, "\ufeff" + GOOD)).newsletters.keys() == {"morning"}


@pytest.mark.parametrize(
    ("encoding", "line"), [("utf-16", 1), ("cp1251", 6)], ids=["Notepad's Unicode", "an old Cyrillic one"]
)
def test_another_encoding_is_named_with_the_remedy(tmp_path: Path, encoding: str, line: int) -> None:
    """The line, and what to do: no word of codecs."""
    file = write(tmp_path, "")
    file.write_bytes(GOOD.replace('"Morning"', '"Ранок"').encode(encoding))
    with pytest.raises(ConfigError) as caught:
        read_settings(file)
    assert str(caught.value) == f"{file}: line {line} is not UTF-8. Save the file as UTF-8."


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """Who starts in the wrong folder is told the way out."""
    with pytest.raises(ConfigError, match="digest init"):
        read_settings(tmp_path / "digest.toml")


def test_an_unknown_newsletter_names_those_that_exist(tmp_path: Path) -> None:
    """A mistyped id is answered with the right ones."""
    with pytest.raises(UsageError, match="Its newsletters: morning"):
        read_settings(write(tmp_path, GOOD)).newsletter("evening")


def test_the_shipped_site_is_right() -> None:
    """The repository's own root is a working site with the two newsletters."""
    settings = read_settings(shipped_site() / "digest.toml")
    assert sorted(settings.newsletters) == ["nv-digest", "ukraine-today"]
    # Each has its address in its own language: the site's, or one that it names.
    assert settings.newsletter("ukraine-today").postal_address == settings.site.postal_address
    assert "Киев" in settings.newsletter("nv-digest").postal_address
    daily, weekdays = settings.newsletter("ukraine-today"), settings.newsletter("nv-digest")
    assert (daily.language, daily.timezone.key, daily.schedule.at) == ("en", "America/New_York", time(9))
    assert (weekdays.language, weekdays.timezone.key) == ("ru", "Europe/Kyiv")
    assert weekdays.schedule.weekdays == frozenset(range(5))


def test_what_needs_approval_needs_somebody_to_be_told(tmp_path: Path) -> None:
    """A draft that waits for editors whom nobody named would wait for ever."""
    text = GOOD + 'approval = "required"\n'
    with pytest.raises(ConfigError, match="needs editors"):
        read_settings(write(tmp_path, text))
    settings = read_settings(write(tmp_path, text + 'editors = ["ed@news.example.org"]\n'))
    assert settings.newsletter("morning").editors == ("ed@news.example.org",)


def test_a_deadline_says_when_and_what(tmp_path: Path) -> None:
    """`late` without a deadline, or a deadline at the slot itself, is a mistake; a time of day is read like send_at."""
    with pytest.raises(ConfigError, match="needs one, such as not_after"):
        read_settings(write(tmp_path, GOOD + 'late = "merge"\n'))
    with pytest.raises(ConfigError, match="nothing could leave"):
        read_settings(write(tmp_path, GOOD + 'not_after = "09:00"\n'))
    newsletter = read_settings(write(tmp_path, GOOD + 'not_after = "11:00"\nlate = "merge"\n')).newsletter("morning")
    assert (newsletter.not_after, newsletter.late) == (time(11), "merge")


def test_a_login_needs_its_password_and_a_line_that_hides_it(tmp_path: Path) -> None:
    """A user name alone, or a password in the clear to another machine, is told at the start, not by the relay."""
    with pytest.raises(ConfigError, match="DIGEST_SMTP__PASSWORD"):
        read_settings(write(tmp_path, '[smtp]\nusername = "me"\n'))
    text = '[smtp]\nhost = "smtp.example.org"\nusername = "me"\npassword_file = "pw"\n'
    with pytest.raises(ConfigError, match="starttls"):
        read_settings(write(tmp_path, text))
    assert read_settings(write(tmp_path, text + 'security = "tls"\n')).smtp.username == "me"


@pytest.mark.parametrize(("name", "value"), [("DIGEST_SMTP", "x"), ("DIGEST_SMTP__PORT", "abc")])
def test_a_bad_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """What comes from the environment is mended there, so that is where the error points."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        read_settings(write(tmp_path, GOOD))


def test_a_password_file_that_is_no_text_is_a_plain_error(tmp_path: Path) -> None:
    """A binary file named by mistake does not end in a traceback."""
    (tmp_path / "pw").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        password(read_settings(write(tmp_path, '[smtp]\npassword_file = "pw"\n')))
