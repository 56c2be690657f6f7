"""`digest dkim` as a process: a private key file, a record that DNS takes, lines that digest.toml takes."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import SETTINGS


def dkim(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from digest.cli import main; main()", "dkim", *words],
        cwd=cwd,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_helps_with_an_example(tmp_path: Path) -> None:
    """--help shows it in use; the README's table names it."""
    said = dkim("--help", cwd=tmp_path)
    assert said.returncode == 0
    assert "Example: digest dkim ukraine-today" in said.stdout
    assert "`digest dkim" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_what_it_prints_can_be_used_as_it_is(site_folder: Path) -> None:
    """The record is a zone file's; the settings, added to digest.toml, name the file that was made."""
    said = dkim("morning", "--selector", "r1", cwd=site_folder)
    assert (said.returncode, said.stderr) == (0, f"Made {site_folder}/var/dkim/r1.news.example.org.pem\n")
    record, settings = said.stdout.split("\n\n")
    assert "r1._domainkey.news.example.org. 3600 IN TXT (\n" in record
    strings = re.findall(r'"(.*)"', record)
    assert [len(each) for each in strings] == [255, len(strings[1])]
    assert "".join(strings).startswith("v=DKIM1; k=rsa; p=MII")
    assert tomllib.loads(settings) == {
        "dkim": {"keys": [{"selector": "r1", "file": "var/dkim/r1.news.example.org.pem"}]}
    }
    with (site_folder / "digest.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    assert dkim("morning", "--selector", "r1", cwd=site_folder).stdout == said.stdout


def test_the_key_is_private_and_never_overwritten(site_folder: Path) -> None:
    """Asked again it prints the same record; asked for another kind under the same name it refuses."""
    first = json.loads(dkim("morning", "--selector", "s", "--algorithm", "ed25519", "--json", cwd=site_folder).stdout)
    file = Path(first["file"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    made = file.read_bytes()
    again = json.loads(dkim("morning", "--selector", "s", "--algorithm", "ed25519", "--json", cwd=site_folder).stdout)
    assert (first["created"], again["created"]) == (True, False)
    assert again["record"] == first["record"]
    refused = dkim("morning", "--selector", "s", cwd=site_folder)
    assert refused.returncode == 2
    assert "it holds a key already, and that is ed25519. Name another --selector" in refused.stderr
    assert file.read_bytes() == made
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_domain_of_ones_own(site_folder: Path) -> None:
    """A key for a domain says so in its settings; letters beyond ASCII go to DNS as punycode."""
    said = json.loads(dkim("--domain", "пошта.укр", "--json", cwd=site_folder).stdout)
    assert said["domain"] == "xn--80a1acn3a.xn--j1amh"
    assert re.fullmatch(r"rsa\d{6}", said["selector"])
    assert said["record"]["name"] == f"{said['selector']}._domainkey.{said['domain']}"
    assert "".join(said["record"]["strings"]) == said["record"]["value"]
    assert tomllib.loads(said["settings"])["dkim"]["keys"][0]["domain"] == said["domain"]


@pytest.mark.parametrize("chosen", ["example.org", "example.net"])
def test_a_newsletters_key_is_for_a_domain_that_counts(site_folder: Path, chosen: str) -> None:
    """dkim.domain where it is the sender's or above it; else the sender's own, and the lines say so."""
    (site_folder / "digest.toml").write_text(f'{SETTINGS}\n[dkim]\ndomain = "{chosen}"\n', encoding="utf-8")
    said = json.loads(dkim("morning", "--algorithm", "ed25519", "--json", cwd=site_folder).stdout)
    aligned = chosen == "example.org"
    assert said["domain"] == ("example.org" if aligned else "news.example.org")
    assert ("domain" in tomllib.loads(said["settings"])["dkim"]["keys"][0]) is not aligned


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a newsletter or a --domain"),
        (("morning", "--domain", "example.org"), "name a newsletter or a --domain"),
        (("evening",), "no newsletter is called 'evening'"),
        (("--domain", "no domain"), "'no domain' is no domain"),
        (("morning", "--selector", "../../x"), "'../../x' is no selector"),
    ],
)
def test_a_name_that_is_none_makes_nothing(site_folder: Path, words: tuple[str, ...], said: str) -> None:
    """Used wrongly: exit code 2, one sentence, no file."""
    answer = dkim(*words, cwd=site_folder)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (site_folder / "var/dkim").exists()


def test_a_folder_that_cannot_be_written_is_said(site_folder: Path) -> None:
    """A file stands where the data folder should: exit code 1 and the place."""
    (site_folder / "var").write_text("", encoding="utf-8")
    answer = dkim("morning", cwd=site_folder)
    assert answer.returncode == 1
    assert "the DKIM key cannot be kept" in answer.stderr
