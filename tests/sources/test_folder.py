import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.errors import SourceUnreadable
from digest.sources.folder import list_files, read_file

NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[None]:
    """Give up root's right to read everything; elsewhere nothing is to be given up."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    """Every text file below is listed by path; a folder may be called x.txt; hidden files are left alone."""
    for name in ("b.md", "sub/a.TXT", "x.txt/c.markdown", "a.txt", ".hidden.txt", ".git/d.txt", "e.docx", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    listing = list_files(tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in listing.files] == [
        "a.txt",
        "b.md",
        "sub/a.TXT",
        "x.txt/c.markdown",
    ]
    assert listing.others == {".docx": 1, "without a suffix": 1}


def test_links_in_a_ring_end(tmp_path: Path) -> None:
    """A link to a folder above it is followed once, and a file that links to itself is an error of its own."""
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to("self.txt")
    (tmp_path / "gone.txt").symlink_to("nowhere")
    listing = list_files(tmp_path)
    assert [file.name for file in listing.files] == ["a.txt", "gone.txt", "self.txt"]
    for file in listing.files[1:]:
        with pytest.raises(SourceUnreadable, match=rf"{file.name}: it cannot be read"):
            read_file(file, max_bytes=100)


def test_a_file_without_permission_is_an_error() -> None:
    """The message names the file and the right that is missing, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        (path / "a.txt").write_text("x")
        (path / "a.txt").chmod(0)
        (path / "closed").mkdir(mode=0)
        with unprivileged():
            listing = list_files(path)
            with pytest.raises(SourceUnreadable, match=r"a\.txt: it cannot be read .*Give this user the right"):
                read_file(path / "a.txt", max_bytes=100)
        assert [problem.where for problem in listing.problems] == [str(path / "closed")]


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """50 GB are refused by the size that the folder tells; no machine that runs this could read them."""
    path = tmp_path / "large.txt"
    path.touch()
    os.truncate(path, 50_000_000_000)
    with pytest.raises(
        SourceUnreadable, match=r"large\.txt: 50,000\.0 MB is more than an article may have \(5\.0 MB\)"
    ):
        read_file(path, max_bytes=5_000_000)


def test_a_pipe_does_not_wait(tmp_path: Path) -> None:
    """A named pipe called x.txt would keep open() waiting for a writer that never comes."""
    os.mkfifo(tmp_path / "x.txt")
    with pytest.raises(SourceUnreadable, match="no regular file"):
        read_file(tmp_path / "x.txt", max_bytes=100)


def test_the_time_is_that_of_the_last_change(tmp_path: Path) -> None:
    """An article without a date has that of its file."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    os.utime(path, (0, 1_772_700_000))
    raw, modified = read_file(path, max_bytes=3)
    assert (raw, modified.isoformat()) == (b"abc", "2026-03-05T08:40:00+00:00")
