"""What the settings name and is not there: said when a service starts, not at nine in the morning."""

from __future__ import annotations

from digest.config import Settings
from digest.errors import DigestError, SourceUnreadable
from digest.pipeline.subscribe import require_list
from digest.render.theme import find_theme


def missing(settings: Settings) -> list[DigestError]:
    """Give what would keep an edition from going out: sources, themes and list files that cannot be found.

    None of it stops the newsletters that have all they need, and each may still be mended before its slot.
    """
    found: list[DigestError] = [
        SourceUnreadable(
            "no such file or folder", where=str(path), remedy="Make it, or mend the path of [[sources]] in digest.toml."
        )
        for path in (settings.path(source.path) for source in settings.sources)
        if not path.exists()
    ]
    for newsletter in map(settings.newsletter, settings.newsletters):
        try:
            find_theme(newsletter.theme, newsletter.theme_settings, template_paths=settings.template_paths)
        except DigestError as error:
            found.append(error)
        try:
            require_list(newsletter)
        except DigestError as error:
            found.append(error)
    return found
