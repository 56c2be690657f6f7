"""The language model that the settings name."""

from __future__ import annotations

from digest.config import Settings
from digest.rewriter import Endpoint


def rewriter_of(settings: Settings) -> Endpoint | None:
    """Give the configured model, its key read at this moment; None where points are not rewritten."""
    chosen = settings.keypoints
    if chosen.rewriter is None:
        return None
    return Endpoint(
        url=chosen.endpoint,
        model=chosen.rewriter,
        api_key=settings.rewriter_key(),
        timeout_seconds=chosen.timeout.total_seconds(),
        max_concurrency=chosen.max_concurrency,
    )
