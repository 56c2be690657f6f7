"""`digest check` as its users meet it: sentences, JSON, and the exit code that a script asks for."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import digest
from tests.conftest import SLOT


def test_a_sound_edition_passes(site_folder: Path) -> None:
    """The shipped theme has no error and no warning, so the code is 0; stdout is JSON of every finding when asked."""
    digest("collect", cwd=site_folder)
    said = digest("check", "--slot", SLOT, cwd=site_folder)
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"morning/{SLOT}: 0 errors, 0 warnings, " in said.stderr
    told = json.loads(digest("check", "morning", "--slot", SLOT, "--json", cwd=site_folder).stdout)
    assert told["edition"] == f"morning/{SLOT}"
    assert {finding["level"] for finding in told["findings"]} == {"note", "known"}
    assert {tuple(finding) for finding in told["findings"]} == {("level", "rule", "what", "where", "remedy")}
    assert "DKIM-Signature" in {finding["where"] for finding in told["findings"]}


def test_what_nobody_can_mend_is_a_number_until_it_is_asked_for(site_folder: Path) -> None:
    """The shipped theme's known gaps are counted in the last line, and listed by --verbose."""
    digest("collect", cwd=site_folder)
    said = digest("check", "--slot", SLOT, cwd=site_folder)
    assert "caniemail" not in said.stdout
    assert "digest dkim morning\n" in said.stdout
    assert said.stderr == (
        f"morning/{SLOT}: 0 errors, 0 warnings, 1 note\n"
        "4 known gaps of some mail clients, which every mail has and none of which breaks it: --verbose lists them\n"
    )
    at_length = digest("check", "--slot", SLOT, "--verbose", cwd=site_folder)
    assert at_length.stdout.count("known    ") == 4
    assert "outline is ignored by outlook.windows" in at_length.stdout
    assert "--verbose" not in at_length.stderr


def test_an_error_is_exit_code_1(site_folder: Path) -> None:
    """A link in a site's own footer that leads nowhere is an error in both formats, and the fault is named."""
    digest("collect", cwd=site_folder)
    own = site_folder / "templates" / "ukraine-today"
    own.mkdir(parents=True)
    (own / "footer.mjml").write_text(
        '<mj-section><mj-column><mj-text><a href="/about">About</a> <a href="{{ edition.unsubscribe_url }}">Stop</a>'
        "</mj-text></mj-column></mj-section>",
        encoding="utf-8",
    )
    said = digest("check", "morning", "--slot", SLOT, cwd=site_folder)
    assert said.returncode == 1
    assert "error    a relative link" in said.stdout
    as_json = digest("check", "morning", "--slot", SLOT, "--json", cwd=site_folder)
    assert as_json.returncode == 1
    assert "link" in {one["rule"] for one in json.loads(as_json.stdout)["findings"] if one["level"] == "error"}


@pytest.mark.parametrize("command", [("check", "morning"), ("preview", "morning", "--out", "mail")])
def test_a_theme_without_a_way_out_is_no_mail(site_folder: Path, command: tuple[str, ...]) -> None:
    """One sentence with the file and the remedy, exit code 1, and nothing written."""
    digest("collect", cwd=site_folder)
    own = site_folder / "templates" / "ukraine-today"
    own.mkdir(parents=True)
    (own / "text.txt").write_text("Good morning!\n", encoding="utf-8")
    said = digest(*command, "--slot", SLOT, cwd=site_folder)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        f"digest: {own / 'text.txt'}: the text part has no unsubscribe link. "
        "Write {{ text }} there, which has it, or {{ edition.unsubscribe_url }}.\n"
    )
    assert not (site_folder / "mail").exists()


@pytest.mark.parametrize(("url", "code"), [("https://news.example.org", 0), ("http://news.example.org", 1)])
def test_one_click_needs_https(site_folder: Path, url: str, code: int) -> None:
    """Over plain http no one-click header can be given, and Gmail asks for it: an error that names the setting."""
    settings = site_folder / "digest.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("https://news.example.org", url), encoding="utf-8")
    digest("collect", cwd=site_folder)
    said = digest("check", "morning", "--slot", SLOT, cwd=site_folder)
    assert (said.returncode, "site.public_url" in said.stdout) == (code, code == 1), said.stdout


def test_a_skipped_edition_is_no_mail(site_folder: Path) -> None:
    """There is nothing to check in an edition without stories, and that is said, not passed."""
    said = digest("check", "morning", "--slot", "2020-01-01T09:00", cwd=site_folder)
    assert said.returncode == 2
    assert "skipped" in said.stderr
