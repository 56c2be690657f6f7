"""How much of an edition goes into the mail, where all of it would be more than Gmail shows.

Gmail cuts the HTML of a mail at about 102 KB wherever that falls, and the unsubscribe link at the end is gone with the
rest.  So whole stories are left out from the end, and the mail says how many wait in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from digest.model import Rendered, slot
from digest.render.view import EditionView, Link, SectionView
from digest.translation import translator

# Bytes of HTML.  102 KB may be 102,000 or 104,448, and a slot is shorter than the link that fills it.
ROOM = 100_000

_GOES_ON = f"{slot('view_url')}#story-"


def fitted(view: EditionView, draw: Callable[[EditionView], str]) -> tuple[EditionView, str]:
    """As many stories of `view`, in order and at least one, as `draw` makes no more than ROOM of; and the HTML.

    A theme that does not say what was left out (more.mjml) leaves out nothing.
    """
    html = draw(view)
    count = len(view.stories)
    if _bytes(html) <= ROOM or count < 2:  # noqa: PLR2004 - one story is not divided
        return view, html
    least, most = 1, count - 1
    shown, fits = _opening(view, least), ""
    while least <= most:
        middle = (least + most) // 2
        tried = _opening(view, middle)
        drawn = draw(tried)
        if _bytes(drawn) <= ROOM:
            shown, fits, least = tried, drawn, middle + 1
        else:
            most = middle - 1
    fits = fits or draw(shown)
    return (shown, fits) if _GOES_ON in fits else (view, html)


def is_shortened(rendered: Rendered) -> bool:
    """Whether stories of the edition were left to the browser."""
    return _GOES_ON in rendered.html


def _opening(view: EditionView, count: int) -> EditionView:
    """The first `count` stories, and a link to the next one in the browser."""
    sections: list[SectionView] = []
    for section in view.sections:
        kept = tuple(story for story in section.stories if story.position <= count)
        if kept:
            sections.append(replace(section, stories=kept))
    left = len(view.stories) - count
    said = translator(view.language).ngettext(
        "%(n)d more story in your browser", "%(n)d more stories in your browser", left
    )
    more = Link(label=said % {"n": left}, url=f"{_GOES_ON}{count + 1}")
    return replace(view, sections=tuple(sections), more=more)


def _bytes(html: str) -> int:
    return len(html.encode())
