"""The HTML part: Jinja fills the theme's templates, MRML turns MJML into HTML, css-inline writes styles into the tags.

Every error here is a RenderError that names the template, the line, and what was expected there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

import css_inline
from jinja2 import Environment

from digest.errors import RenderError
from digest.render.expand import expand, markup_context
from digest.render.markup import first_fault
from digest.render.mrml import MrmlError, to_html
from digest.render.places import trace
from digest.render.theme import MAIN, STYLES, Theme
from digest.render.view import EditionView

_LINE_ENDS = re.compile(r"[ \t]*\n\s*")


def render_html(view: EditionView, theme: Theme) -> str:
    """The HTML part of the mail: one document, styles in its tags, line ends as a single newline.

    Templates know `edition` (an EditionView), `theme` (its settings), `start` and `end` (left and right, or the reverse
    in a right-to-left language), `slot` (what varies by subscriber) and `_`, which translates.
    """
    environment = theme.environment()
    context = markup_context(view, theme)
    source = expand(environment, MAIN, context)
    styles = expand(environment, STYLES, context)
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
