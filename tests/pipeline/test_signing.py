"""DKIM keys from digest.toml to a signed message: which of them sign, and what is said where one cannot."""

from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from structlog.testing import capture_logs

from digest import pipeline
from digest.config import read_settings
from digest.errors import ConfigError
from tests.conftest import SETTINGS, Site, clock

SENDER = "news.example.org"  # of tests.conftest's newsletter


def configured(site: Site, lines: str) -> Site:
    (site.root / "digest.toml").write_text(f"{SETTINGS}\n{lines}", encoding="utf-8")
    return Site(site.root, read_settings(site.root / "digest.toml"), site.store)


def test_two_keys_that_were_made_sign_what_goes_out(site: Site) -> None:
    """From `digest dkim` to a receiver: both signatures verify with the records that were printed."""
    rsa = pipeline.make_dkim_key(site.settings, domain=SENDER, selector="r1", algorithm="rsa")
    ed = pipeline.make_dkim_key(site.settings, domain=SENDER, selector="e1", algorithm="ed25519")
    signing = configured(
        site,
        "\n".join(f'[[dkim.keys]]\nselector = "{m.key.selector}"\nfile = "{m.setting.file}"\n' for m in (rsa, ed)),
    )
    pipeline.collect(site.settings, site.store, now=clock())
    message = pipeline.preview(signing.settings, site.store, site.newsletter, site.slot, now=clock()).message
    zone = {f"{made.key.record_name}.".encode(): made.key.record.encode() for made in (rsa, ed)}
    receiver = dkim.DKIM(message)
    assert [receiver.verify(idx=index, dnsfunc=lambda name, timeout: zone[name]) for index in (0, 1)] == [True, True]  # noqa: ARG005
    assert message.count(b"DKIM-Signature:") == 2


def test_without_keys_nothing_is_signed(site: Site) -> None:
    """No [dkim], no signature: the relay may sign instead."""
    assert pipeline.signer_of(site.settings, site.newsletter) is None


def made(site: Site, selector: str, domain: str) -> str:
    one = pipeline.make_dkim_key(site.settings, domain=domain, selector=selector, algorithm="ed25519")
    return f'[[dkim.keys]]\nselector = "{selector}"\nfile = "{one.setting.file}"\n'


@pytest.mark.parametrize(
    ("own", "other", "signs"),
    [
        pytest.param("", 'domain = "example.net"\n', SENDER, id="the sender's by default"),
        pytest.param('domain = "example.org"\n', 'domain = "example.net"\n', "example.org", id="one above it"),
    ],
)
def test_each_newsletter_is_signed_with_its_own_domains_keys(site: Site, own: str, other: str, signs: str) -> None:
    """A site with two domains has keys of both; those of the other one are not even read."""
    lines = f'{made(site, "a", signs)}{own}[[dkim.keys]]\nselector = "b"\nfile = "gone.pem"\n{other}'
    signer = pipeline.signer_of(configured(site, lines).settings, site.newsletter)
    assert signer is not None
    assert [(key.selector, key.domain) for key in signer.keys] == [("a", signs)]


def test_one_domain_may_be_set_for_all_keys(site: Site) -> None:
    """dkim.domain is what keys are for that name none."""
    lines = f'[dkim]\ndomain = "EXAMPLE.org"\n{made(site, "a", "example.org")}'
    signing = configured(site, lines)
    signer = pipeline.signer_of(signing.settings, site.newsletter)
    assert signer is not None
    assert [key.domain for key in signer.keys] == ["example.org"]
    assert pipeline.dkim_domain(signing.settings, site.newsletter) == "example.org"


def test_keys_of_other_domains_alone_are_a_mistake(site: Site) -> None:
    """Whoever set keys wants mail signed: that none of them counts for this sender is said before it goes out."""
    signing = configured(site, f'[dkim]\ndomain = "example.net"\n{made(site, "a", "example.net")}')
    with pytest.raises(ConfigError, match=r"morning: no DKIM key is for news\.example\.org.*digest dkim --domain"):
        pipeline.signer_of(signing.settings, site.newsletter)
    assert pipeline.dkim_domain(signing.settings, site.newsletter) == SENDER


@pytest.mark.parametrize("content", [None, b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_key_that_is_missing_or_wrong_is_named(site: Site, content: bytes | None) -> None:
    """The error tells the key in digest.toml, the file, and how to make one."""
    if content is not None:
        (site.root / "x.pem").write_bytes(content)
    signing = configured(site, '[[dkim.keys]]\nselector = "a"\nfile = "x.pem"\n')
    with pytest.raises(ConfigError, match=r"dkim\.keys\.0\.file.*x\.pem.*digest dkim"):
        pipeline.signer_of(signing.settings, site.newsletter)


def test_a_key_that_the_system_refuses_is_named(site: Site) -> None:
    """The system's own word stands in the error; here the name is a folder's."""
    (site.root / "x.pem").mkdir()
    signing = configured(site, '[[dkim.keys]]\nselector = "a"\nfile = "x.pem"\n')
    with pytest.raises(ConfigError, match=r"dkim\.keys\.0\.file.*x\.pem cannot be read: Is a directory"):
        pipeline.signer_of(signing.settings, site.newsletter)


@pytest.mark.parametrize(("mode", "reported"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_key_that_everyone_may_read_is_reported(site: Site, mode: int, *, reported: bool) -> None:
    """It signs, for mail must go out; the log says what to do. A group of its own may read it."""
    signing = configured(site, made(site, "a", SENDER))
    next((site.root / "var/dkim").iterdir()).chmod(mode)
    with capture_logs() as log:
        assert pipeline.signer_of(signing.settings, site.newsletter) is not None
    assert [entry["key"] for entry in log if "DKIM" in entry["event"]] == ["dkim.keys.0.file"] * reported
    assert all(entry["remedy"].startswith("chmod 600") for entry in log)


@pytest.mark.parametrize(
    ("lines", "key", "expected"),
    [
        ('[dkim]\ndomain = "no domain"', "dkim.domain", "example.org"),
        ('[[dkim.keys]]\nselector = "a_b"\nfile = "x"', "dkim.keys.0.selector", "letters, digits and hyphens"),
        ('[[dkim.keys]]\nselector = "a"', "dkim.keys.0.file", "needed"),
        ('[[dkim.keys]]\nselector = "a"\nfile = "x"\n[[dkim.keys]]\nselector = "A"\nfile = "y"', "dkim.keys", "twice"),
    ],
)
def test_settings_that_cannot_be_are_named(site_folder: Path, lines: str, key: str, expected: str) -> None:
    """A name that DNS could not hold, or one record for two keys, is found when digest.toml is read."""
    (site_folder / "digest.toml").write_text(f"{SETTINGS}\n{lines}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(site_folder / "digest.toml")
    assert [problem.key for problem in caught.value.problems] == [key]
    assert expected in caught.value.problems[0].expected
