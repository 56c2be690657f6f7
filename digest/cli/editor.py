"""$EDITOR on a file that is kept until its text has been taken back: whatever goes wrong, what was typed is there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from digest.errors import DigestError, UsageError


def edited(
    text: str, *, folder: Path, name: str, command: str, take: Callable[[str], None], again: Callable[[], bool]
) -> bool:
    """Open `text` in the editor until `take` takes it back or `again` says to leave it; tell whether it was taken.

    The file lies in `folder`, its name begins with `name`; it goes once its text is taken, or where nothing was
    changed.  An editor that fails, a text that is refused and Ctrl-C leave it there, and the error says where, and
    how `command` takes it back.
    """

    def kept(path: Path) -> str:
        return f"Your text is kept in {path}; mend it there, and take it back with: {command} --file {path}"

    path = _laid_out(text, folder, name)
    while True:
        try:
            click.edit(filename=str(path))
        except click.ClickException as error:
            if _read(path, kept(path)) in (text, None):
                path.unlink(missing_ok=True)
                raise DigestError(
                    f"the editor failed ({error.message}), and nothing was changed",
                    remedy="Set EDITOR to one that works, or use --print and --file.",
                ) from error
            raise DigestError(f"the editor failed ({error.message})", remedy=kept(path)) from error
        changed = _read(path, kept(path))
        if changed is None or not changed.strip() or changed == text:
            path.unlink(missing_ok=True)
            return False
        try:
            take(changed)
        except DigestError as error:
            click.echo(f"digest: {error}", err=True)
            try:
                if again():
                    continue
            except (KeyboardInterrupt, click.Abort):
                click.echo(err=True)
            raise UsageError("the draft is as it was", remedy=kept(path)) from error
        path.unlink(missing_ok=True)
        return True


def put_away(file: Path, *, folder: Path) -> None:
    """Delete `file`, whose text was taken back, where `edited` had left it in `folder`; any other is its owner's."""
    if file.resolve().parent != folder.resolve():
        return
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        click.echo(f"digest: the text was taken back, but {file} cannot be deleted: {error.strerror}", err=True)


def _laid_out(text: str, folder: Path, name: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".md", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DigestError(f"the text cannot be laid out for the editor: {error.strerror}", where=str(folder)) from error
    return Path(path)


def _read(path: Path, remedy: str) -> str | None:
    """Give what the editor left; None where it left no file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise DigestError(f"the text cannot be read ({error})", remedy=remedy) from error
