"""The mail of an edition as it stands: what went out, what was approved, or what it would be now."""

from __future__ import annotations

from datetime import datetime

from digest.config import Settings
from digest.model import Edition, Newsletter, Rendered
from digest.pipeline.apart import Run, here
from digest.pipeline.images import render_mail
from digest.store import Store


def shown_mail(
    settings: Settings, store: Store, newsletter: Newsletter, edition: Edition, *, now: datetime, run: Run = here
) -> tuple[Rendered, datetime]:
    """Give an edition's mail and its Date.

    A theme or a setting that changed since it was approved changes nothing of it: what was seen is what is sent.
    Raises RenderError.  `run`: see apart.py.
    """
    frozen = store.editions.frozen(newsletter.id, edition.slot)
    if frozen is not None:
        return frozen
    approved = store.editions.approved(newsletter.id, edition.slot)
    return approved or render_mail(settings, newsletter, edition, now=now, run=run), now
