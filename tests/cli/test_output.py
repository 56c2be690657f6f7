"""What people read: tables that keep every column, whatever one of them holds."""

import pytest
from rich.console import Console

from digest.cli.output import progress, show_table, tell_skipped


def test_a_long_last_column_leaves_room_for_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal of 80 columns a long subject is cut, not the status before it."""
    monkeypatch.setenv("COLUMNS", "80")
    show_table(
        ["edition", "status", "deliveries", "subject"],
        [("ukraine-today/2026-03-07T09:00", "sending", "212 sent, 1 to go", "Kakhovka dam: " + "a plan " * 20)],
        empty="",
    )
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["edition", "status", "deliveries", "subject"]
    assert row.startswith("ukraine-today/2026-03-07T09:00  sending  212 sent, 1 to go  Kakhovka dam: ")
    assert row.endswith("…")
    assert len(row) <= 80


def test_a_send_under_way_keeps_its_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two columns that both want room it is the subject that gives way: the counts are not broken over two lines."""
    monkeypatch.setenv("COLUMNS", "80")
    show_table(
        ["edition", "status", "deliveries", "subject"],
        [("ukraine-today/2026-03-07T09:00", "sending", "1,150 sent, 350 to go", "Kakhovka dam: " + "a plan " * 20)],
        empty="",
    )
    _head, row = capsys.readouterr().out.splitlines()
    assert "sending  1,150 sent, 350 to go  Kakhovka" in row


def test_one_mistake_in_every_line_is_told_twenty_times(capsys: pytest.CaptureFixture[str]) -> None:
    """A list without a header of ten thousand lines leaves its first lines, and the way out, on the screen."""
    tell_skipped([f"list.csv:{line}: no header" for line in range(1, 21)], to=Console(stderr=True), all_by="--json")
    assert len(capsys.readouterr().err.splitlines()) == 20
    tell_skipped([f"list.csv:{line}: no header" for line in range(1, 10_001)], to=Console(stderr=True), all_by="--json")
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "skipped: list.csv:1: no header"
    assert told[20:] == ["skipped: 9,980 more; --json shows them all"]


def test_nothing_is_written_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    """Not an empty line either: cron makes a mail of it."""
    with progress("Sending") as bar:
        bar.update(bar.task_ids[0], total=3, completed=3)
    assert capsys.readouterr() == ("", "")
