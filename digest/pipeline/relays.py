"""The mail servers that the settings name."""

from __future__ import annotations

from collections.abc import Sequence

from digest.config import Settings
from digest.delivery import Relay
from digest.model import Edition
from digest.store import Store


def relays_of(settings: Settings) -> list[Relay]:
    """Give the configured relays, their passwords read at this moment; raises ConfigError where one cannot be read."""
    return [
        Relay(
            host=relay.host,
            port=relay.port,
            security=relay.security,
            username=relay.username or None,
            password=settings.relay_password(relay),
            connect_timeout_seconds=relay.connect_timeout.total_seconds(),
            timeout_seconds=relay.timeout.total_seconds(),
            data_timeout_seconds=relay.data_timeout.total_seconds(),
            idle_seconds=relay.idle_timeout.total_seconds(),
            ca_file=str(settings.path(relay.ca_file)) if relay.ca_file else None,
            weight=relay.weight,
            connections=relay.connections,
            messages_per_connection=relay.messages_per_connection,
            label=relay.name or "",
        )
        for relay in settings.smtp.each
    ]


def proven_among(relays: Sequence[Relay], store: Store, edition: Edition) -> frozenset[str]:
    """Name the relays that took mail of this edition before: a refusal of theirs is about its recipient."""
    proven = store.proof.relays_of(edition)
    # What was sent before relays were written down went through one of these.
    return proven.union(relay.name for relay in relays) if "" in proven else proven
