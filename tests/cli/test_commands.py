"""The program as its users meet it: started as a process, read by its output and exit code."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.cli.commands import SECTIONS
from digest.config import read_settings
from digest.store import open_store
from tests.conftest import SLOT


def digest(
    *words: str, cwd: Path, stdin: str | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from digest.cli import main; main()", *words],
        cwd=cwd,
        input=stdin,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


COMMANDS = [
    ("demo",),
    ("init",),
    ("collect",),
    ("articles",),
    ("keypoints",),
    ("stories",),
    ("edit",),
    ("approve",),
    ("skip",),
    ("diff",),
    ("build",),
    ("preview",),
    ("check",),
    ("send",),
    ("run",),
    ("status",),
    ("why",),
    ("report",),
    ("reconcile",),
    ("subscribers", "add"),
    ("subscribers", "remove"),
    ("subscribers", "show"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_helps_with_an_example(command: tuple[str, ...], tmp_path: Path) -> None:
    """--help tells what the command does and shows it in use; the README's table names it."""
    said = digest(*command, "--help", cwd=tmp_path)
    assert said.returncode == 0
    assert "Example: digest " + " ".join(command) in said.stdout
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"`digest {command[0]}" in readme


def test_a_long_example_can_be_copied(tmp_path: Path) -> None:
    """It is one line on a narrow terminal too, not broken at a hyphen of its edition's name."""
    said = digest("diff", "--help", cwd=tmp_path, env={"COLUMNS": "60"})
    assert "Example: digest diff ukraine-today/2022-01-27T09:00 ukraine-today/2022-01-28T09:00\n" in said.stdout


def test_the_list_of_commands_has_each_on_one_whole_line(tmp_path: Path) -> None:
    """Every command stands under one heading, and what it does is told to its end at 80 columns."""
    said = digest("--help", cwd=tmp_path, env={"COLUMNS": "80"}).stdout
    listed = [name for names in SECTIONS.values() for name in names]
    known = {command[0] for command in COMMANDS} | {"worker", "pause", "resume", "cancel", "dkim", "arm", "db"}
    assert sorted(listed) == sorted(known)
    for name in listed:
        (line,) = [line for line in said.splitlines() if line.startswith(f"  {name} ")]
        assert line.endswith(".")
        assert not line.endswith("...")


def test_the_first_walk(site_folder: Path) -> None:
    """collect, build, preview, articles, status: each says what it did."""
    said = digest("collect", cwd=site_folder)
    assert said.stdout == "2 new articles from 1 source (0 known, 0 replaced)\n"
    said = digest("build", "morning", "--slot", SLOT, cwd=site_folder)
    assert said.returncode == 0
    assert "420 packets" in said.stdout
    said = digest("preview", "morning", "--slot", SLOT, "--out", "out", cwd=site_folder)
    assert said.stdout.split() == ["out/message.eml", "out/message.html", "out/message.txt"]
    articles = json.loads(digest("articles", "--json", cwd=site_folder).stdout)
    assert {article["title"] for article in articles} == {
        "Bridge over the Ros opens after two years",
        "City library lends its first seeds",
    }
    assert {article["url"] for article in articles} == {"", "https://dnipro-wire.example/seeds"}
    status = json.loads(digest("status", "--json", cwd=site_folder).stdout)
    assert status["editions"][0]["edition"] == f"morning/{SLOT}"
    assert status["next"][0]["slot"][11:16] == "09:00"
    assert "draft" in digest("status", cwd=site_folder).stdout
    assert "Bridge" in digest("articles", cwd=site_folder).stdout


def test_a_dry_run_lists_addresses_alone_on_stdout(site_folder: Path) -> None:
    """What a program would pipe on is stdout; the remark about it is stderr."""
    digest("collect", cwd=site_folder)
    said = digest("send", "morning", "--slot", SLOT, "--dry-run", cwd=site_folder)
    assert said.stdout.split() == ["ann@example.org", "bo@example.org", "cy@example.org"]
    assert "3 subscribers" in said.stderr


def test_who_left_and_is_listed_again_is_told(site_folder: Path) -> None:
    """A list that brings back who unsubscribed is followed for the others, and the one line says who gets nothing."""
    digest("collect", cwd=site_folder)
    (site_folder / "subscribers.csv").write_text("email\nann@example.org\nbo@example.org\n", encoding="utf-8")
    assert "nothing" not in digest("send", "morning", "--slot", SLOT, "--dry-run", cwd=site_folder).stderr
    with open_store(read_settings(site_folder / "digest.toml").database_url) as store:
        (ann,) = store.subscribers.find("ann@example.org")
        store.subscribers.unsubscribe(ann.id, now=datetime.now(UTC), how="the button of the unsubscribe page")
    (site_folder / "subscribers.csv").write_text("email\nANN@Example.org\nbo@example.org\n", encoding="utf-8")
    said = digest("send", "morning", "--slot", SLOT, "--dry-run", cwd=site_folder)
    assert said.stdout == "bo@example.org\n"
    assert said.stderr.startswith(
        "1 address in the list gets nothing, having unsubscribed, bounced or complained: ann@example.org. "
        "digest subscribers show ann@example.org tells when.\n"
    )
    told = json.loads(digest("send", "morning", "--slot", SLOT, "--dry-run", "--json", cwd=site_folder).stdout)
    assert (told["due"], told["kept_out"]) == (["bo@example.org"], 1)


def test_an_unreachable_server_is_one_sentence_and_exit_1(site_folder: Path) -> None:
    """No traceback: where, what, and what to do; the edition waits."""
    digest("collect", cwd=site_folder)
    said = digest("send", "morning", "--slot", SLOT, cwd=site_folder, env={"DIGEST_SMTP__PORT": "1"})
    assert said.returncode == 1
    assert said.stderr.startswith("digest: localhost:1: ")
    assert len(said.stderr.strip().splitlines()) == 1
    status = json.loads(digest("status", "--json", cwd=site_folder).stdout)
    assert (status["editions"][0]["sent"], status["editions"][0]["pending"]) == (0, 3)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        pytest.param(["build", "evening"], 2, "Its newsletters: morning", id="unknown newsletter"),
        pytest.param(["build", "morning", "--slot", "noon"], 2, "2022-01-28T09:00", id="bad slot"),
        pytest.param(["collect", "gone.txt"], 1, "gone.txt", id="missing file"),
        pytest.param(["subscribers", "add", "a@b\nBcc: c@d"], 1, "digest:", id="address with a newline"),
        pytest.param(["nonsense"], 2, "nonsense", id="unknown command"),
        pytest.param(["keypoints"], 2, "FILE", id="keypoints of nothing"),
        pytest.param(["--config", "gone.toml", "status"], 1, "digest init", id="no settings"),
    ],
)
def test_a_mistake_is_answered_with_the_way_out(site_folder: Path, words: list[str], code: int, part: str) -> None:
    """The exit code tells whose turn it is, the sentence what to do, and there is never a traceback."""
    said = digest(*words, cwd=site_folder)
    assert said.returncode == code
    assert part in said.stderr
    assert "Traceback" not in said.stderr


def test_a_list_with_bad_lines_is_followed_but_for_them(site_folder: Path) -> None:
    """Three bad lines of ten are named by file and number, and seven subscribers stand."""
    good = [f"reader{number}@example.org" for number in range(7)]
    lines = ["email", *good[:3], "not an address", *good[3:5], '"two\nlines@example.org"', *good[5:], "@example.org"]
    (site_folder / "subscribers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = digest("subscribers", "show", "--json", cwd=site_folder)
    assert [one["address"] for one in json.loads(said.stdout)] == good
    assert [line.split(": ")[1].rpartition(":")[2] for line in said.stderr.splitlines()] == ["5", "8", "12"]


def test_subscribers_come_and_go_by_command(site_folder: Path) -> None:
    """The commands edit the list file; who left is taken back only with a note of consent."""
    added = digest("subscribers", "add", "Dee@example.org", "--name", "Dée", cwd=site_folder)
    assert added.returncode == 0
    assert "dee@example.org,Dée" in (site_folder / "subscribers.csv").read_text(encoding="utf-8")
    removed = digest("subscribers", "remove", "dee@example.org", cwd=site_folder)
    assert removed.returncode == 0
    assert "example.org,Dée" not in (site_folder / "subscribers.csv").read_text(encoding="utf-8")
    refused = digest("subscribers", "add", "dee@example.org", cwd=site_folder)
    assert refused.returncode == 1
    assert "--consent" in refused.stderr
    back = digest("subscribers", "add", "dee@example.org", "--consent", "asked by mail, 3 May", cwd=site_folder)
    assert back.returncode == 0
    shown = digest("subscribers", "show", "dee@example.org", cwd=site_folder)
    assert "active" in shown.stdout
    assert "asked by mail, 3 May" in shown.stdout


def test_key_points_of_records_keep_their_order_and_report_a_bad_line(tmp_path: Path) -> None:
    """--jsonl answers each record in turn with spans into its text, and names the line it could not read."""
    text = "The mayor opened the bridge on Monday. It cost 12 million hryvnias, the council said. Rain fell."
    records = [json.dumps({"id": 1, "lang": "en", "title": "Bridge", "text": text}), "{broken", ""]
    records.append(json.dumps({"id": "b", "title": "", "text": "", "max_points": 1}))
    said = digest("keypoints", "--jsonl", cwd=tmp_path, stdin="\n".join(records))
    first, second = (json.loads(line) for line in said.stdout.splitlines())
    assert (first["id"], second) == (1, {"id": "b", "points": []})
    for point in first["points"]:
        assert " ".join(text[start:end] for start, end in point["spans"]) == point["text"]
        assert point["origin"] == "extracted"
    assert "line 2" in said.stderr
    assert said.returncode == 0


def test_a_language_that_nobody_supports_is_condensed_and_said_so(tmp_path: Path) -> None:
    """Rules that hold for any script choose the points, and stderr says that they did."""
    text = "Cabinet vedtok planen på mandag. Planen kostar 12 millionar kroner. Det regnar i Bergen i dag."
    record = json.dumps({"id": 1, "lang": "nn", "title": "Planen", "text": text})
    said = digest("keypoints", "--jsonl", cwd=tmp_path, stdin=record)
    assert json.loads(said.stdout)["points"]
    assert "1 record in 'nn', a language not known here" in said.stderr


def test_a_language_that_the_letters_belie_is_said_so(site_folder: Path) -> None:
    """Points of a text that is not in the language it is said to be in follow other rules, and stderr says so."""
    text = "Мэр города закрыл мост до мая. Инженеры объявили трещины опасными. Движение пустили в объезд."
    records = [json.dumps({"id": language, "lang": language, "text": text}) for language in ("en", "uk-UA", "ru_RU")]
    said = digest("keypoints", "--jsonl", cwd=site_folder, stdin="\n".join(records))
    assert all(json.loads(line)["points"] for line in said.stdout.splitlines())
    assert "1 record said to be in 'en', and mostly in the letters of another language: the points" in said.stderr
    assert "1 record said to be in 'uk', and read as 'ru'" in said.stderr
    (site_folder / "bridge.md").write_text(f"---\ntitle: Bridge\nlanguage: en\n---\n{text}\n", encoding="utf-8")
    for options in ([], ["--json"]):
        assert (
            "Bridge: said to be in 'en', and mostly"
            in digest("keypoints", "bridge.md", *options, cwd=site_folder).stderr
        )


def test_key_points_of_a_file_show_where_they_rest(site_folder: Path) -> None:
    """Each point is printed with the characters that bear it out."""
    said = digest("keypoints", "articles/library.md", "--json", cwd=site_folder)
    points = json.loads(said.stdout)[0]["points"]
    assert points
    assert all(point["spans"] for point in points)


def test_settings_that_are_wrong_are_all_named(site_folder: Path) -> None:
    """Every mistake in one run, none of them a traceback."""
    file = site_folder / "digest.toml"
    wrong = file.read_text(encoding="utf-8").replace("09:00", "9").replace('"en"', '"English"')
    file.write_text(wrong, encoding="utf-8")
    said = digest("status", cwd=site_folder)
    assert said.returncode == 1
    assert "newsletters.morning.send_at = '9'" in said.stderr
    assert "newsletters.morning.language = 'English'" in said.stderr


def test_a_new_site_works_and_has_no_subscribers(tmp_path: Path) -> None:
    """init, collect and preview go through on what init wrote, and nobody is on the list by accident."""
    assert digest("init", "site", cwd=tmp_path).returncode == 0
    site = tmp_path / "site"
    assert digest("collect", cwd=site).returncode == 0
    assert digest("preview", "ukraine-today", "--out", "out", cwd=site).returncode == 0
    assert json.loads(digest("subscribers", "show", "--json", cwd=site).stdout) == []
    again = digest("init", "site", cwd=tmp_path)
    assert again.returncode == 2
    assert "there already" in again.stderr


def test_a_site_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    """Files that may not grow stop it half-way: it says why, and the folder is free for the next try."""
    limited = f'ulimit -f 1; exec "{sys.executable}" -c "from digest.cli import main; main()" init site'
    refused = subprocess.run(["sh", "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr == (
        "digest: site: it cannot be written: File too large. Make room there, or name another folder.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_build_says_what_keeps_it_from_being_made(site_folder: Path) -> None:
    """With nothing stored, how to begin; with too old articles, how old; of one approved, that it stays."""
    assert "No article in en is stored. To add some: digest collect\n" in build(site_folder, SLOT).stderr
    digest("collect", cwd=site_folder)
    assert "The newest article in en is of 2026-03-05T02:30.\n" in build(site_folder, "2026-03-20T09:00").stderr
    assert build(site_folder, SLOT, "--rebuild").stderr == ""
    digest("approve", "morning", "--slot", SLOT, cwd=site_folder)
    assert "It is approved, so it stays as it is" in build(site_folder, SLOT, "--rebuild").stderr


def build(folder: Path, slot: str, *words: str) -> subprocess.CompletedProcess[str]:
    said = digest("build", "morning", "--slot", slot, *words, cwd=folder)
    assert said.returncode == 0, said.stderr
    return said


def test_the_demo_delivers_and_can_be_repeated(tmp_path: Path) -> None:
    """From an empty folder to messages in an inbox, twice; a folder that is not its own it leaves alone."""
    for _time in range(2):
        said = digest("demo", "--json", cwd=tmp_path)
        assert said.returncode == 0, said.stderr
        arrived = json.loads(said.stdout)
        assert [one["edition"].partition("/")[0] for one in arrived] == ["ukraine-today", "nv-digest"]
        for one in arrived:
            assert one["subscribers"] == len(one["eml"]) >= 2
            assert (tmp_path / one["html"]).is_file()
            assert all((tmp_path / path).is_file() for path in one["eml"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    refused = digest("demo", "mine", cwd=tmp_path)
    assert refused.returncode == 2
    assert (tmp_path / "mine/file").exists()


def test_the_walk_of_the_readme_shows_a_whole_edition(tmp_path: Path) -> None:
    """init, collect, add, dry run, as the README has them: the one subscriber would get the samples' edition."""
    digest("init", "site", cwd=tmp_path)
    site = tmp_path / "site"
    digest("collect", cwd=site)
    added = digest("subscribers", "add", "ann@example.org", "-n", "ukraine-today", "--name", "Ann", cwd=site)
    assert added.returncode == 0, added.stderr
    said = digest("send", "ukraine-today", "--dry-run", cwd=site)
    assert said.stdout.split() == ["ann@example.org"]
    assert "ukraine-today/2026-03-05T09:00: 1 subscriber would get" in said.stderr


def test_status_fits_a_narrow_terminal(site_folder: Path) -> None:
    """At 80 columns each edition is one line, its key unbroken."""
    digest("collect", cwd=site_folder)
    digest("build", "morning", "--slot", SLOT, cwd=site_folder)
    said = digest("status", cwd=site_folder, env={"COLUMNS": "80"})
    (line,) = [line for line in said.stdout.splitlines() if f"morning/{SLOT}" in line]
    assert "draft" in line
    assert max(len(line) for line in said.stdout.splitlines()) <= 80


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_is_one_sentence(site_folder: Path) -> None:
    """What cannot be written is told, with exit code 1 and no traceback."""
    digest("collect", cwd=site_folder)
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            [sys.executable, "-c", "from digest.cli import main; main()", "articles"],
            cwd=site_folder,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert said.returncode == 1
    assert said.stderr == "digest: the disk is full, and what it has to say cannot be written\n"


IMPATIENT = """
import os, signal, sys

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == "digest.config":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
from digest.cli import main
main()
"""


def test_a_ctrl_c_while_it_starts_is_no_traceback(tmp_path: Path) -> None:
    """Half a second of loading is long enough to change one's mind."""
    said = subprocess.run(
        [sys.executable, "-c", IMPATIENT], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (said.returncode, said.stderr) == (130, "digest: stopped\n")


def test_a_named_path_that_is_not_there_fails_beside_good_ones(site_folder: Path) -> None:
    """What can be read is kept, and the exit code says that not everything that was named could be."""
    said = digest("collect", "articels", "articles", cwd=site_folder)
    assert (said.returncode, said.stdout) == (1, "2 new articles from 2 sources (0 known, 0 replaced)\n")
    assert "skipped: articels: no such file or folder" in said.stderr
    (site_folder / "articles/bad.txt").touch()
    assert digest("collect", "articles", cwd=site_folder).returncode == 0
