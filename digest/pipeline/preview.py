"""The edition as a reader would get it, addressed to nobody."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.config import Settings
from digest.delivery.message import compile_message
from digest.errors import UsageError
from digest.model import Edition, Newsletter, Subscriber, SubscriberStatus
from digest.pipeline.build import build
from digest.pipeline.check import findings_of
from digest.pipeline.endpoint import rewriter_of
from digest.pipeline.images import embedded_images, shown_images
from digest.pipeline.links import slot_values
from digest.pipeline.pairs import partners_of
from digest.pipeline.shown import shown_mail
from digest.pipeline.signing import signer_of
from digest.pipeline.slots import due_slot, passed_over
from digest.pipeline.subscribe import columns_of
from digest.render.check import Finding
from digest.store import Store

_NEUTRAL = "reader@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One message with neutral slots, and its parts."""

    edition: Edition
    html: str
    text: str
    message: bytes  # RFC 5322, CRLF line ends
    images: Mapping[str, bytes]  # of ours that the HTML shows, by what stands in its src
    findings: tuple[Finding, ...]  # what the linter says of it, errors first


def preview(
    settings: Settings, store: Store, newsletter: Newsletter, slot: datetime | None, *, now: datetime
) -> Preview:
    """Build and render the edition of `slot` (None: the one due); one that was approved or went out as it was then."""
    when = slot or due_slot(settings, store, newsletter, now=now, samples=True)
    rewriter, partners = rewriter_of(settings), partners_of(settings, newsletter)
    passed = passed_over(settings, newsletter, when, now=now)
    edition = build(store, newsletter, when, now=now, rewriter=rewriter, partners=partners, passed=passed)
    rendered, date = shown_mail(settings, store, newsletter, edition, now=now)
    reader = Subscriber(
        id=0, newsletter=newsletter.id, address=_NEUTRAL, name="", attributes={}, status=SubscriberStatus.ACTIVE
    )
    signer = signer_of(settings, newsletter)
    template = compile_message(
        rendered,
        newsletter,
        edition_key=edition.key,
        date=date,
        signer=signer,
        images=embedded_images(settings, rendered),
    )
    values = slot_values(newsletter, edition.key, reader, key=settings.signing_key(), needed=template.slots)
    envelope = template.address(reader, values)
    # The parts are read back out of the message: what is shown is what would be sent, not a cousin of it.
    parsed = email.message_from_bytes(envelope.message, policy=email.policy.default)
    parts = {kind: parsed.get_body((kind,)) for kind in ("html", "plain")}
    return Preview(
        edition=edition,
        html=parts["html"].get_content() if parts["html"] else "",
        text=parts["plain"].get_content() if parts["plain"] else "",
        message=envelope.message,
        images=shown_images(settings, rendered, newsletter.public_url),
        findings=findings_of(rendered, envelope.message, newsletter=newsletter, columns=columns_of(newsletter)),
    )


def write_preview(shown: Preview, folder: Path) -> list[Path]:
    """Write message.eml, message.html and message.txt into `folder`; gives their paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts: list[tuple[str, bytes]] = [
            ("message.eml", shown.message),
            ("message.html", shown.html.encode()),
            ("message.txt", shown.text.encode()),
        ]
        for name, content in parts:
            (folder / name).write_bytes(content)
    except OSError as error:
        why = f"it cannot be written: {error.strerror}"
        raise UsageError(why, where=str(folder), remedy="Name another --out.") from error
    return [folder / name for name, _content in parts]
