"""The mail server that the settings name."""

from __future__ import annotations

from digest.config import Settings
from digest.delivery import Relay


def relay_of(settings: Settings) -> Relay:
    """Give the configured relay, its password read at this moment."""
    smtp = settings.smtp
    return Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=settings.smtp_password(),
        timeout_seconds=smtp.timeout.total_seconds(),
        ca_file=str(settings.path(smtp.ca_file)) if smtp.ca_file else None,
    )
