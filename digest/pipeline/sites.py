"""New sites, copied from the one that ships with digest."""

from __future__ import annotations

import shutil
from pathlib import Path

from digest.config import FILE_NAME, shipped_site
from digest.errors import UsageError

_PARTS = ("templates", "subscribers", "articles")


def make_site(folder: Path, *, example_subscribers: bool) -> list[Path]:
    """Lay a new site into `folder`: settings, templates, list files and sample articles; gives what it made.

    Without `example_subscribers` the lists hold their header and comments alone: nobody gets mail by accident.
    Raises UsageError where a site or one of its folders lies there already; nothing of it is touched.
    """
    taken = [name for name in (FILE_NAME, *_PARTS) if (folder / name).exists()]
    if taken:
        there = " and ".join([", ".join(taken[:-1]), taken[-1]] if len(taken) > 1 else taken)
        raise UsageError(
            f"{there} {'is' if len(taken) == 1 else 'are'} there already",
            where=str(folder),
            remedy="Name a new or empty folder.",
        )
    origin = shipped_site()
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in _PARTS:
            shutil.copytree(origin / part, folder / part)
        if not example_subscribers:
            for list_file in (folder / "subscribers").iterdir():
                lines = list_file.read_text(encoding="utf-8").splitlines(keepends=True)
                kept = [line for number, line in enumerate(lines) if number == 0 or line.startswith("#")]
                list_file.write_text("".join(kept), encoding="utf-8")
        shutil.copyfile(origin / FILE_NAME, folder / FILE_NAME)  # last: a folder with it is a whole site
    except OSError as error:
        for made in [folder] if is_new else [folder / part for part in _PARTS]:
            shutil.rmtree(made, ignore_errors=True)  # or what is half there would stand in the way of the next try
        why = f"it cannot be written: {_reason(error)}"
        raise UsageError(why, where=str(folder), remedy="Make room there, or name another folder.") from error
    return [folder / name for name in (FILE_NAME, *_PARTS)]


def _reason(error: OSError) -> str:
    """Say why a copy failed: copytree goes on after an error, and names them all at its end without a number."""
    if isinstance(error, shutil.Error):
        _, _, first = error.args[0][0]
        return str(first).partition("] ")[2].partition(": ")[0] or str(first)
    return error.strerror or str(error)
