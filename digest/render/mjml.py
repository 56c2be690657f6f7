"""The HTML part: Jinja fills the theme's templates, MRML turns MJML into HTML, css-inline writes styles into the tags.

Every error here is a RenderError that names the template, the line, and what was expected there.
"""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Mapping
from dataclasses import fields
from typing import NoReturn

import css_inline
from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from markupsafe import Markup, escape

from digest.errors import RenderError
from digest.render.markup import first_fault
from digest.render.mrml import MrmlError, to_html
from digest.render.places import trace
from digest.render.theme import MAIN, STYLES, Theme
from digest.render.view import VIEWS, EditionView
from digest.translation import Translator, translator

_LINE_ENDS = re.compile(r"[ \t]*\n\s*")

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


def render_html(view: EditionView, theme: Theme) -> str:
    """The HTML part of the mail: one document, styles in its tags, line ends as a single newline.

    Templates know `edition` (an EditionView), `theme` (its settings), `start` and `end` (left and right, or the reverse
    in a right-to-left language) and `_`, which translates.
    """
    environment = theme.environment()
    context = _context(view, theme)
    source = _expand(environment, MAIN, context)
    styles = _expand(environment, STYLES, context)
    fault = first_fault(source)
    if fault:
        _mjml_error(environment, context, source, position=fault.position, what=fault.what, expected=fault.expected)
    try:
        html = to_html(source)
    except MrmlError as error:
        _mjml_error(
            environment,
            context,
            source,
            position=error.position,
            what=str(error),
            expected="Check the tags and attributes there.",
        )
    return _LINE_ENDS.sub("\n", _inline(html, styles, theme))


def _context(view: EditionView, theme: Theme) -> dict[str, object]:
    start, end = ("right", "left") if view.direction == "rtl" else ("left", "right")
    return {
        "edition": view,
        "theme": theme.settings,
        "start": start,
        "end": end,
        "_": _Words(translator(view.language)),
    }


class _Words:
    """`_` of a template: `{{ _("Read at %(source)s", source=story.source) }}`, translated, then filled and escaped."""

    def __init__(self, voice: Translator) -> None:
        self._voice = voice

    def __call__(self, message: str, **values: object) -> Markup:
        text = escape(self._voice.gettext(message))
        return text % values if values else text


def _expand(environment: Environment, name: str, context: Mapping[str, object]) -> str:
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


def _mjml_error(
    environment: Environment, context: Mapping[str, object], source: str, *, position: int, what: str, expected: str
) -> NoReturn:
    place = trace(environment, MAIN, context, expanded=source).at(position)
    line = source.count("\n", 0, position) + 1
    raise RenderError(what, where=place or f"{MAIN}, line {line} of what it expands to", remedy=expected)


def _inline(html: str, styles: str, theme: Theme) -> str:
    try:
        return css_inline.inline(
            html, inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=styles
        )
    except css_inline.InlineError as error:
        file = next(folder / STYLES for folder in theme.folders if (folder / STYLES).is_file())
        raise RenderError(str(error), where=str(file), remedy="Mend the style sheet.") from error
