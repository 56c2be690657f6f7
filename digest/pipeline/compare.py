"""Two kept editions beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config import Settings
from digest.edition.difference import difference
from digest.edition.pair import disagreements
from digest.pipeline.find import edition_named
from digest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs, line by line, and where two languages say other names or figures of one event."""

    differences: tuple[str, ...]
    disagreements: tuple[str, ...]


def compare(settings: Settings, store: Store, one: str, other: str) -> Comparison:
    """Compare two editions by their keys; raises UsageError where there is none of that name."""
    first, second = edition_named(settings, store, one), edition_named(settings, store, other)
    across = disagreements(second, first) if first.language != second.language else ()
    return Comparison(differences=tuple(difference(first, second)), disagreements=tuple(str(one) for one in across))
