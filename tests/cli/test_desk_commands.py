"""The desk as a program: explain, verify, edit, approve, skip, diff and stories."""

import json
import sys
from pathlib import Path

from tests.cli.test_commands import digest
from tests.conftest import SLOT

NAMED = ("morning", "--slot", SLOT)


def test_an_editor_changes_and_approves_a_draft(site_folder: Path) -> None:
    """$EDITOR gets the text, what it leaves is kept and verified, and approval closes it."""
    digest("collect", cwd=site_folder)
    script = site_folder / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "file.write_text(file.read_text().replace('Readers took 420', 'Readers carried off 420'))\n",
        encoding="utf-8",
    )
    editor = {"EDITOR": f"{sys.executable} {script}", "VISUAL": ""}
    edited = digest("edit", *NAMED, cwd=site_folder, env=editor)
    assert edited.returncode == 0, edited.stderr
    assert f"morning/{SLOT} is edited" in edited.stdout
    built = json.loads(digest("build", *NAMED, "--json", "--explain", cwd=site_folder).stdout)
    points = [
        point["text"] for section in built["sections"] for story in section["stories"] for point in story["points"]
    ]
    assert any("Readers carried off 420" in text for text in points)
    assert {one["fate"] for one in built["decisions"]} == {"lead"}
    assert all("freshness" in one["figures"] for one in built["decisions"])
    verified = digest("build", *NAMED, "--verify", cwd=site_folder)
    said, verdict = verified.stdout.rsplit("\n", 2)[:2]
    assert verdict == f"morning/{SLOT} is what it was made of; 1 point in other words than the article's."
    assert said.startswith("Its editor changed what was built:\n")
    assert [line.strip()[0] for line in said.splitlines() if "420 packets" in line] == ["-", "+"]
    approved = digest("approve", *NAMED, cwd=site_folder)
    assert f"morning/{SLOT} is approved" in approved.stdout
    differs = digest("diff", f"morning/{SLOT}", f"morning/{SLOT}", cwd=site_folder)
    assert differs.stdout == "They say the same.\n"


def test_a_spoilt_edit_is_refused_with_its_lines(site_folder: Path) -> None:
    """A text that cannot be taken back is answered with what is wrong where, and the draft stays."""
    digest("collect", cwd=site_folder)
    text = digest("edit", *NAMED, "--print", cwd=site_folder).stdout
    (site_folder / "edited.md").write_text(text.replace("- [s1.1]", "-", 1), encoding="utf-8")
    said = digest("edit", *NAMED, "--file", "edited.md", cwd=site_folder)
    assert said.returncode == 2
    assert "a line without its mark" in said.stderr


def test_an_edition_can_be_skipped_by_hand(site_folder: Path) -> None:
    """A skipped edition says why, is neither sent nor approved, and can be taken back."""
    digest("collect", cwd=site_folder)
    said = digest("skip", *NAMED, "--why", "a holiday", cwd=site_folder)
    assert said.stdout == f"morning/{SLOT} is skipped: a holiday\n"
    sent = digest("send", *NAMED, cwd=site_folder)
    assert sent.stdout == f"morning/{SLOT} is skipped: a holiday\n"
    refused = digest("approve", *NAMED, cwd=site_folder)
    assert refused.returncode == 2
    assert f"digest skip morning --slot {SLOT} --undo" in refused.stderr
    back = digest("skip", *NAMED, "--undo", cwd=site_folder)
    assert back.stdout.startswith(f"morning/{SLOT} is a draft again: ")
    assert f"Send it: digest send morning --slot {SLOT}" in back.stdout
    again = digest("skip", *NAMED, "--undo", cwd=site_folder)
    assert (again.returncode, again.stderr.count("it is a draft, not skipped")) == (2, 1)


def test_records_are_grouped_by_event_in_their_own_order(tmp_path: Path) -> None:
    """Two reports of one fire share a story, a match has its own, and a bad line is named and passed over."""
    fire = "A fire destroyed the grain terminal of Reni on Monday night, and forty firefighters fought it until dawn."
    again = "Forty firefighters fought until dawn on Monday night a fire that destroyed the grain terminal at Reni."
    match = "Zorya beat Metalist two to one in Poltava on Sunday with a goal in the last minute of the match."
    records = [
        {"id": "a", "lang": "en", "title": "Fire destroys Reni grain terminal", "text": fire, "date": "2026-03-02"},
        {"id": 2, "lang": "en", "title": "Zorya beat Metalist", "text": match, "date": "2026-03-01T20:00:00Z"},
        {"id": "c", "lang": "en", "title": "Grain terminal in Reni burns down", "text": again, "date": ""},
        {"id": "d", "lang": "en", "title": "No day", "text": match, "date": "never"},
    ]
    lines = "\n".join([*(json.dumps(record) for record in records), "{"])
    said = digest("stories", "--jsonl", cwd=tmp_path, stdin=lines)
    assert [json.loads(line) for line in said.stdout.splitlines()] == [
        {"id": "a", "story": "a"},
        {"id": 2, "story": 2},
        {"id": "c", "story": "a"},
    ]
    assert "line 4: date: 'never' is no date" in said.stderr
    assert "line 5" in said.stderr
