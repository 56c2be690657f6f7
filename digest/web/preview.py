"""`digest preview`: the studio over one newsletter of a site, kept current while its files are saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from digest import pipeline
from digest.config import FILE_NAME, Settings, read_settings
from digest.store import Store
from digest.web.studio import PreviewMail, create_studio, serve_studio


async def serve_preview(
    settings: Settings,
    store: Store,
    newsletter_id: str,
    slot: datetime | None,
    *,
    clock: Callable[[], datetime],
    port: int,
    on_ready: Callable[[str], None],
) -> None:
    """Serve the page until interrupted; sources are collected again whenever one of their files is saved."""
    file = settings.root / FILE_NAME

    def load() -> PreviewMail:
        current = read_settings(file)  # it may be the file that was saved
        newsletter = current.newsletter(newsletter_id)
        if current.sources:
            pipeline.collect(current, store, now=clock())
        shown = pipeline.preview(current, store, newsletter, slot, now=clock())
        message = message_from_bytes(shown.message, policy=policy.default)
        return PreviewMail(
            edition_key=shown.edition.key,
            title=newsletter.title,
            subject=str(message["Subject"]),
            preheader=shown.edition.preheader,
            sender=str(message["From"]),
            html=shown.html,
            text=shown.text,
            message=shown.message,
            findings=shown.findings,
            images=shown.images,
            note=f"{shown.edition.status}: {shown.edition.note}" if shown.edition.note else "",
        )

    newsletter = settings.newsletter(newsletter_id)
    watched = [
        file,
        settings.path(settings.site.templates),
        Path(newsletter.list_path),
        *(settings.path(source.path) for source in settings.sources),
    ]
    await serve_studio(create_studio(load, watched=watched), port=port, on_ready=on_ready)
