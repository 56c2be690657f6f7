"""Edition -> mail body: one HTML part and one text part that say the same, rendered once for all subscribers.

What differs between subscribers is left as a slot (see `digest.model.slot`).  Headers, images and sending are not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from digest.model import Edition, Newsletter, Rendered
from digest.render.mjml import render_html
from digest.render.plaintext import render_text
from digest.render.theme import find_theme
from digest.render.view import view_of

__all__ = ["render_edition"]


def render_edition(edition: Edition, newsletter: Newsletter, *, template_paths: Sequence[Path]) -> Rendered:
    """The edition as mail, with the slots "unsubscribe_url" and "view_url", and "name" where a template asks for it.

    The theme's files are looked for in each of `template_paths` in order: a site's own templates/ first, then the
    shipped ones.  Raises RenderError, which names template and line, when the theme does not render.
    """
    theme = find_theme(newsletter.theme, newsletter.theme_settings, template_paths=template_paths)
    view = view_of(edition, newsletter)
    return Rendered(
        subject=view.subject,
        preheader=view.preheader,
        html=render_html(view, theme),
        text=render_text(view),
        language=view.language,
    )
