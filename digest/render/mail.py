"""The whole of it: an edition with its pictures to the two parts of a mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from markupsafe import escape

from digest.model import Edition, Newsletter, Rendered
from digest.render.fit import fitted
from digest.render.mjml import render_html
from digest.render.plaintext import render_text
from digest.render.theme import find_theme
from digest.render.view import EditionView, Picture, view_of
from digest.render.wayout import require_way_out
from digest.render.wording import worded_subject, worded_text

_NO_IMAGES: Mapping[str, Picture] = MappingProxyType({})


def render_edition(
    edition: Edition,
    newsletter: Newsletter,
    *,
    template_paths: Sequence[Path],
    whole: bool = False,
    images: Mapping[str, Picture] = _NO_IMAGES,
) -> Rendered:
    """The edition as mail, with the slots "unsubscribe_url" and "view_url", and others where a template asks for them.

    A mail that Gmail would clip ends after fewer stories and says so, its text part with it, for filters distrust parts
    that differ; `whole` gives all of them, for a browser.
    `images` are those that may be shown, by the addresses that articles give them: a publisher's own server is never
    linked to, for it would learn who opens the mail.
    The theme's files are looked for in each of `template_paths` in order: a site's own templates/ first, then the
    shipped ones.  Raises RenderError, which names template and line, when the theme does not render, or a part of the
    mail would have no unsubscribe link.
    """
    theme = find_theme(newsletter.theme, newsletter.theme_settings, template_paths=template_paths)
    view = replace(view_of(edition, newsletter, images=images), whole=whole)
    if whole:
        html = render_html(view, theme)
    else:
        view, html = fitted(view, lambda shown: render_html(shown, theme))
    text = worded_text(view, theme, text=render_text(_with_pictures_of(html, view)))
    if not whole:
        require_way_out(html, text, theme)
    return Rendered(
        subject=worded_subject(view, theme), preheader=view.preheader, html=html, text=text, language=view.language
    )


def _with_pictures_of(html: str, view: EditionView) -> EditionView:
    """`view` without the pictures that its theme does not show: the text part names what the HTML part has."""
    return replace(
        view,
        sections=tuple(
            replace(
                section,
                stories=tuple(
                    replace(story, image=None) if story.image and escape(story.image.src) not in html else story
                    for story in section.stories
                ),
            )
            for section in view.sections
        ),
    )
