"""What the settings name and is not there: said when a service starts, not at nine in the morning."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from digest.config import Settings
from digest.errors import ConfigError, DigestError, SourceUnreadable
from digest.pipeline.subscribe import require_list
from digest.render.theme import find_theme

_NOBODYS = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|test)")  # RFC 2606


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


def still_to_set(settings: Settings) -> list[DigestError]:
    """Give the settings that are still those of the sample site: links that lead nowhere, a sender that nobody has."""
    newsletters = settings.newsletters.items()
    named = {
        "site.public_url": urlsplit(settings.site.public_url).hostname or "",
        **{f"newsletters.{name}.from": one.sender.address.rpartition("@")[2] for name, one in newsletters},
    }
    return [
        ConfigError(f"{domain} is nobody's domain (RFC 2606)", where=key, remedy="Set your own before you send.")
        for key, domain in named.items()
        if _NOBODYS.fullmatch(domain)
    ]
