"""`digest edit` with editors that misbehave: the draft stays, and what was typed is kept and found."""

import sys
from pathlib import Path

import pytest

from digest import pipeline
from digest.model import Edition
from tests.cli.test_commands import digest
from tests.conftest import SLOT, Site, clock

NAMED = ("morning", "--slot", SLOT)
REWORDED = "text = text.replace('Readers took 420', 'Readers carried off 420'); file.write_text(text)"


def editor(folder: Path, body: str) -> dict[str, str]:
    """An editor that does `body` with `file` and its `text`."""
    script = folder / "editor.py"
    script.write_text(f"import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n{body}\n")
    return {"EDITOR": f"{sys.executable} {script}", "VISUAL": ""}


def kept(folder: Path) -> list[Path]:
    return list((folder / "var/edits").glob("*.md"))


def draft(site: Site) -> Edition | None:
    return site.store.editions.get("morning", site.slot)


@pytest.fixture
def desk(site: Site) -> Site:
    """A site whose draft lies on the desk."""
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    return site


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("pass", id="unchanged"),
        pytest.param("file.write_text('')", id="emptied"),
        pytest.param("file.unlink()", id="deleted"),
    ],
)
def test_a_text_without_a_change_changes_nothing(desk: Site, body: str) -> None:
    """Left as it was, emptied or deleted: the draft stays, and no file is left behind."""
    before = draft(desk)
    said = digest("edit", *NAMED, cwd=desk.root, env=editor(desk.root, body))
    assert (said.returncode, said.stdout) == (0, "Nothing was changed.\n")
    assert draft(desk) == before
    assert kept(desk.root) == []


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        pytest.param(f"{REWORDED}; sys.exit(3)", 1, "the editor failed", id="fails after a save"),
        pytest.param("file.write_text(text.replace('subject = ', 'subject ='+chr(39)))", 2, "not TOML", id="bad TOML"),
        pytest.param("file.write_text(text.replace('[s1.1]', ''))", 2, "without its mark", id="a lost mark"),
        pytest.param("file.write_text(text.replace('420', '421'))", 2, "421", id="a number of its own"),
        pytest.param("file.write_bytes(text.encode('utf-16'))", 1, "cannot be read", id="another encoding"),
    ],
)
def test_what_was_typed_is_kept_and_its_place_told(desk: Site, body: str, code: int, told: str) -> None:
    """The draft stays as it was; the text lies where the error says, with all that was written into it."""
    before = draft(desk)
    said = digest("edit", *NAMED, cwd=desk.root, env=editor(desk.root, body))
    assert said.returncode == code, said.stderr
    assert told in said.stderr
    assert "Traceback" not in said.stderr
    (file,) = kept(desk.root)
    assert f"--file {file}" in said.stderr
    assert file.stat().st_size > 0
    assert draft(desk) == before


def test_an_editor_that_fails_at_once_leaves_nothing_behind(desk: Site) -> None:
    """Nothing was typed, so nothing is kept; the way out is told."""
    said = digest("edit", *NAMED, cwd=desk.root, env={"EDITOR": "false", "VISUAL": ""})
    assert said.returncode == 1
    assert "Set EDITOR" in said.stderr
    assert kept(desk.root) == []


def test_a_kept_text_can_be_taken_back_by_force(desk: Site) -> None:
    """The two ways out that the error names work: mend the file, or keep the words on one's own word."""
    said = digest("edit", *NAMED, cwd=desk.root, env=editor(desk.root, "file.write_text(text.replace('420', '421'))"))
    (file,) = kept(desk.root)
    assert "a number that is not in the sentences: 421" in said.stderr
    forced = digest("edit", *NAMED, "--file", str(file), "--force", cwd=desk.root)
    assert forced.returncode == 0, forced.stderr
    assert (
        "on an editor's word: a number that is not in the sentences: 421"
        in digest("build", *NAMED, cwd=desk.root).stdout
    )
    verified = digest("build", *NAMED, "--verify", cwd=desk.root)
    assert verified.stdout.endswith("in other words than the article's, 1 of them on an editor's word alone.\n")


def test_an_edit_that_is_taken_leaves_no_file(desk: Site) -> None:
    """What is in the store need not lie about."""
    said = digest("edit", *NAMED, cwd=desk.root, env=editor(desk.root, REWORDED))
    assert said.returncode == 0, said.stderr
    assert kept(desk.root) == []


def test_approval_after_the_grace_says_that_it_does_not_go_out_by_itself(desk: Site) -> None:
    """March is long past: the editor learns it at once, with the command that sends it."""
    said = digest("approve", *NAMED, cwd=desk.root)
    assert f"morning/{SLOT} is approved" in said.stdout
    assert f"does not go out by itself. Send it: digest send morning --slot {SLOT}" in said.stdout


def test_what_was_never_drafted_is_not_approved(desk: Site) -> None:
    """Nobody can stand behind what nobody could see."""
    said = digest("approve", "morning", "--slot", "2026-03-06T09:00", cwd=desk.root)
    assert said.returncode == 2
    assert "See it first: digest preview morning --slot 2026-03-06T09:00" in said.stderr


def test_a_kept_text_goes_once_it_is_taken_back(desk: Site) -> None:
    """The file that digest left in var/edits is deleted with --file; refused it stays, and so does anybody's own."""
    digest("edit", *NAMED, cwd=desk.root, env=editor(desk.root, f"{REWORDED}; sys.exit(3)"))
    (file,) = kept(desk.root)
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace("- [s1.1]", "-", 1), encoding="utf-8")
    assert digest("edit", *NAMED, "--file", str(file), cwd=desk.root).returncode == 2
    assert kept(desk.root) == [file]
    file.write_text(good, encoding="utf-8")
    said = digest("edit", *NAMED, "--file", f"var/edits/{file.name}", cwd=desk.root)
    assert (said.returncode, said.stderr) == (0, "")
    assert kept(desk.root) == []
    own = desk.root / "mine.md"
    own.write_text(digest("edit", *NAMED, "--print", cwd=desk.root).stdout, encoding="utf-8")
    assert digest("edit", *NAMED, "--file", "mine.md", cwd=desk.root).returncode == 0
    assert own.exists()
