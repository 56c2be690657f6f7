"""What templates know, and how one is expanded: every mistake in it is told by file, line and what to write there."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Mapping
from dataclasses import fields

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from markupsafe import Markup, escape

from digest.errors import RenderError
from digest.model import slot
from digest.render.theme import Theme
from digest.render.view import VIEWS, EditionView
from digest.translation import Translator, translator

_LINKS = frozenset({"unsubscribe_url", "preferences_url", "view_url"})

# What a template can do wrong at run time beside Jinja's own errors: {{ 1 / 0 }}, {{ "a" + 1 }}, {{ "x" | readable }}.
_TEMPLATE_MISTAKES = (
    TemplateError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
)


def markup_context(view: EditionView, theme: Theme) -> dict[str, object]:
    """What a template of the HTML part knows."""
    start, end = ("right", "left") if view.direction == "rtl" else ("left", "right")
    return {
        "edition": view,
        "theme": theme.settings,
        "start": start,
        "end": end,
        "slot": _slot,
        "_": _Words(translator(view.language)),
    }


def text_context(view: EditionView) -> dict[str, object]:
    """What a template of plain text knows."""
    voice = translator(view.language)

    def say(message: str, **values: object) -> str:
        text = voice.gettext(message)
        return text % values if values else text

    return {"edition": view, "slot": _slot, "_": say}


def _slot(name: str, fallback: str = "") -> str:
    """`slot` of a template: `{{ slot("city", _("your city")) }}`; links are everybody's and need no fallback."""
    if name in _LINKS:
        return slot(name)
    return slot(name, fallback.unescape() if isinstance(fallback, Markup) else str(fallback))


class _Words:
    """`_` of a template: `{{ _("Read at %(source)s", source=story.source) }}`, translated, then filled and escaped."""

    def __init__(self, voice: Translator) -> None:
        self._voice = voice

    def __call__(self, message: str, **values: object) -> Markup:
        text = escape(self._voice.gettext(message))
        return text % values if values else text


def expand(environment: Environment, name: str, context: Mapping[str, object]) -> str:
    """Expand the template `name`.  Raises RenderError, which names the file, the line and what was expected there."""
    try:
        return environment.get_template(name).render(context)
    except RenderError:
        raise
    except _TEMPLATE_MISTAKES as error:
        raise RenderError(
            _what(error), where=_place(environment, error, name), remedy=_expected(error, environment, context)
        ) from error


def _what(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no partial {error.name!r}"
    if isinstance(error, TemplateError):
        return error.message or str(error)
    return f"{type(error).__name__}: {error}"


def _place(environment: Environment, error: Exception, name: str) -> str:
    """File and line of the template: as a syntax error tells it, or of the innermost template that was running."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name or name}:{error.lineno}"
    folders = tuple(map(str, getattr(environment.loader, "searchpath", ())))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folders)]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else name


def _expected(error: Exception, environment: Environment, context: Mapping[str, object]) -> str:
    if isinstance(error, TemplateNotFound):
        folders = ", ".join(map(str, getattr(environment.loader, "searchpath", ())))
        return f"Expected it in one of: {folders}."
    if isinstance(error, UndefinedError):
        names = {*context, *(field.name for view in VIEWS for field in fields(view))}
        missing = re.findall(r"'([^']+)'", str(error))
        near = difflib.get_close_matches(missing[-1], names, n=1) if missing else []
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"Templates know: {', '.join(context)}; loops and set add more.{hint}"
    if unknown := re.match(r"No (filter|test) named '(\w+)'", str(error)):
        known: dict[str, object] = {"filter": environment.filters, "test": environment.tests}[unknown[1]]
        near = difflib.get_close_matches(unknown[2], known, n=1)
        return f"Did you mean {near[0]!r}?" if near else f"Expected a {unknown[1]} of Jinja's, or readable."
    if isinstance(error, SecurityError):
        return "Templates may read what they are given and nothing behind it."
    return "Mend the template there."
