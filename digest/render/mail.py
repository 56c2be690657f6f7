"""The whole of it: an edition with its pictures to the two parts of a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from markupsafe import escape

from digest.errors import RenderError
from digest.model import Edition, Newsletter, Rendered
from digest.render.fit import fitted
from digest.render.mjml import render_html
from digest.render.page import parse_page
from digest.render.plaintext import render_text
from digest.render.theme import MAIN, Theme, find_theme
from digest.render.view import EditionView, Picture, view_of
from digest.render.wayout import IN_HTML, IN_TEXT, REMEDY, REMEDY_IN_TEXT, leads_out_of_html, leads_out_of_text
from digest.render.wording import TEXT, worded_subject, worded_text

_FOOTER = "footer.mjml"
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
        _require_way_out(html, text, theme)
    return Rendered(
        subject=worded_subject(view, theme), preheader=view.preheader, html=html, text=text, language=view.language
    )


def _require_way_out(html: str, text: str, theme: Theme) -> None:
    """Raise RenderError, which names the template to mend, unless both parts of a mail have the link."""
    if not leads_out_of_html(parse_page(html)):
        # A site's own footer is where it was left out, if there is one; else nobody included any.
        main, footer = theme.file(MAIN), theme.file(_FOOTER)
        own = footer if main and footer and _includes(main, _FOOTER) else main
        raise RenderError(IN_HTML, where=str(own), remedy=REMEDY)
    if not leads_out_of_text(text):
        raise RenderError(IN_TEXT, where=str(theme.file(TEXT)), remedy=REMEDY_IN_TEXT)


def _includes(template: Path, name: str) -> bool:
    return bool(re.search(rf"{{%-?\s*include\s+[\"']{re.escape(name)}[\"']", template.read_text(encoding="utf-8")))


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
