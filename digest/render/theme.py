"""A theme: where its templates stand, what a newsletter may set in it, and the Jinja environment that reads it.

A theme is a folder with `edition.mjml`, `inline.css` and `theme.toml`.  Each file is looked for in the site's own
folder of that theme, then in the shipped one, then in `shared/`: a site keeps only the partial that it wants different.
It may have `subject.txt` and `text.txt` too (see wording.py).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from digest.errors import RenderError
from digest.render.colour import parse_colour, readable

MAIN, STYLES, SETTINGS = "edition.mjml", "inline.css", "theme.toml"
SHARED = "shared"

# Names of installed fonts; nothing that could end an attribute or a declaration.
_FONTS = re.compile(r"[A-Za-z0-9 ,'_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme as one newsletter uses it; `settings` are checked, and safe to stand in an attribute or a style sheet."""

    name: str
    folders: tuple[Path, ...]  # in the order in which they are searched
    settings: Mapping[str, Markup]

    def environment(self) -> ImmutableSandboxedEnvironment:
        """The Jinja environment of this theme: kept between renders, and reads a template again when it changes."""
        return _environment(self.folders)

    def file(self, name: str) -> Path | None:
        """The nearest file of that name; None where the theme has none."""
        return next((folder / name for folder in self.folders if (folder / name).is_file()), None)


def find_theme(name: str, settings: Mapping[str, str], *, template_paths: Sequence[Path]) -> Theme:
    """The theme called `name`, its defaults overlaid with a newsletter's `settings`.

    Raises RenderError: there is no such theme, it lacks a file, a setting is unknown or is not what it must be.
    """
    own = tuple(path / name for path in template_paths if _is_theme_name(name) and (path / name).is_dir())
    if not own:
        raise RenderError(
            f"there is no theme {name!r}",
            where=", ".join(map(str, template_paths)),
            remedy=_choice("Set theme to one of", _themes(template_paths), name),
        )
    shared = (path / SHARED for path in template_paths if (path / SHARED).is_dir())
    # The folders of all themes come last, so that an override can say {% include "shared/dark.css" %} and add to it.
    folders = (*own, *shared, *template_paths)
    for file in (MAIN, STYLES, SETTINGS):
        if not any((folder / file).is_file() for folder in folders):
            raise RenderError(
                f"the theme {name!r} has no {file}",
                where=str(own[0]),
                remedy="Add the file, or copy it from a shipped theme: digest init DIR writes them.",
            )
    return Theme(name=name, folders=folders, settings=_settings(folders, settings, theme=name))


@lru_cache(maxsize=32)
def _environment(folders: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["readable"] = readable
    return environment


def _is_theme_name(name: str) -> bool:
    return bool(name) and name != SHARED and Path(name).name == name and not name.startswith(".")


def _themes(template_paths: Iterable[Path]) -> list[str]:
    found = {file.parent.name for path in template_paths for file in path.glob(f"*/{MAIN}")}
    return sorted(found - {SHARED})


def _settings(folders: Sequence[Path], wanted: Mapping[str, str], *, theme: str) -> Mapping[str, Markup]:
    """Defaults of every theme.toml, nearer ones first, then what the newsletter sets."""
    offered: dict[str, str | list[str]] = {}
    for folder in reversed(folders):
        if (folder / SETTINGS).is_file():
            offered.update(_read(folder / SETTINGS))
    for key in wanted:
        if key not in offered:
            raise RenderError(
                f"the theme {theme!r} has no such setting",
                where=f"theme_settings.{key}",
                remedy=_choice("It has", sorted(offered), key),
            )
    return {
        key: _checked(wanted.get(key, default if isinstance(default, str) else default[0]), default, key)
        for key, default in offered.items()
    }


def _read(path: Path) -> dict[str, str | list[str]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise RenderError(
            f"cannot be read: {error}", where=str(path), remedy="Mend the file; it is TOML in UTF-8."
        ) from error
    settings: dict[str, str | list[str]] = {}
    for key, default in table.items():
        choices = isinstance(default, list) and default and all(isinstance(one, str) for one in default)
        if not (isinstance(default, str) or choices):
            raise RenderError(
                f"{key} = {default!r} is no default for a setting",
                where=str(path),
                remedy='Write a colour, a list of fonts, or a list of choices: accent = "#0b57a4".',
            )
        settings[key] = default
        try:
            _checked(default if isinstance(default, str) else default[0], default, key)
        except RenderError as error:
            raise RenderError(error.what, where=f"{path}: {key}", remedy=error.remedy) from error
    return settings


def _checked(value: str, default: str | list[str], key: str) -> Markup:
    """`value` if it is of the kind that `default` is: a colour, one of some choices, or the names of fonts."""
    where = f"theme_settings.{key}"
    if isinstance(default, list):
        if value not in default:
            raise RenderError(
                f"{value!r} is not one of its choices", where=where, remedy=_choice("Choose", default, value)
            )
    elif default.startswith("#"):
        try:
            parse_colour(value)
        except ValueError as error:
            raise RenderError(
                f"{value!r} is not a colour", where=where, remedy=f'Write #rgb or #rrggbb: {key} = "{default}".'
            ) from error
    elif not _FONTS.fullmatch(value):
        raise RenderError(
            f"{value!r} is not a list of fonts", where=where, remedy=f'Write names with commas: {key} = "{default}".'
        )
    return Markup(value)  # noqa: S704 - checked just above: no character that means anything to HTML or CSS


def _choice(words: str, choices: Iterable[str], wanted: str) -> str:
    options = list(choices)
    near = difflib.get_close_matches(wanted, options, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{words}: {', '.join(options) or '(none found)'}.{hint}"
