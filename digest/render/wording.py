"""The subject line and the text part in a theme's own words, where it has `subject.txt` or `text.txt`.

Both are Jinja over plain text: nothing is escaped, for nothing there is markup.
"""

from __future__ import annotations

from digest.errors import RenderError
from digest.render.expand import expand, text_context
from digest.render.theme import Theme
from digest.render.view import EditionView

SUBJECT, TEXT = "subject.txt", "text.txt"


def worded_subject(view: EditionView, theme: Theme) -> str:
    """The subject line: that of the edition, unless the theme words it.

    Raises RenderError for a template that does not expand, or expands to nothing.
    """
    file = theme.file(SUBJECT)
    if file is None:
        return view.subject
    subject = " ".join(expand(theme.environment(), SUBJECT, text_context(view)).split())
    if not subject:
        raise RenderError("the subject is empty", where=str(file), remedy="Write at least {{ edition.subject }}.")
    return subject


def worded_text(view: EditionView, theme: Theme, *, text: str) -> str:
    """`text`, with what the theme writes around it.  Raises RenderError for a template that does not expand."""
    if theme.file(TEXT) is None:
        return text
    return expand(theme.environment(), TEXT, {**text_context(view), "text": text}).rstrip("\n") + "\n"
