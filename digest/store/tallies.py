"""An edition's deliveries counted by state: from its ledger, or, once that is dropped, as they were kept."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, func, select

from digest.model import DeliveryState, SubscriberStatus, Tally
from digest.store import turns
from digest.store.schema import deliveries, subscriptions


def tally_of(connection: Connection, edition: Row[Any]) -> Tally:
    """Count the deliveries of `edition`; before the freeze, who would be its audience now."""
    if edition.final_tally is not None:
        return Tally(**json.loads(edition.final_tally))
    audience = select(func.count()).select_from(subscriptions).where(subscriptions.c.newsletter == edition.newsletter)
    if edition.audience_through is None:
        audience = audience.where(subscriptions.c.status == SubscriberStatus.ACTIVE, subscriptions.c.listed.is_(True))
    else:
        audience = audience.where(subscriptions.c.id <= edition.audience_through)
    by_state = connection.execute(
        select(deliveries.c.state, func.count())
        .where(deliveries.c.edition_id == edition.id)
        .group_by(deliveries.c.state)
    ).all()
    members = connection.execute(audience).scalar_one()
    counts = Counter({str(state): count for state, count in by_state})
    counts[DeliveryState.CLAIMED] += len(turns.fresh_of(connection, edition))
    return Tally(audience=members, pending=members - counts.total(), **counts)


def tally_document(tally: Tally) -> str:
    """`tally` as JSON, as it is kept."""
    return json.dumps({name: count for name, count in asdict(tally).items() if count or name == "audience"})
