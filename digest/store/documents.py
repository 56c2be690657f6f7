"""Articles, editions and rendered mails as JSON text and back; the same value always gives the same text.

A document is read leniently: a field that a later version adds takes its default, and so needs no migration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from digest.model import Article, Edition, EditionStatus, Rendered
from digest.store.schema import storable

_ARTICLE = TypeAdapter(Article)
_EDITION = TypeAdapter(Edition)
_RENDERED = TypeAdapter(Rendered)

# Columns of `editions` hold these; they change while the content stands.
_BESIDE = frozenset({"newsletter", "slot", "number", "status", "note"})


def article_document(article: Article) -> str:
    """`article` as JSON; its publication keeps the offset it was given in, for that is the publisher's clock."""
    return _text(_ARTICLE.dump_python(article))


def read_article(document: str) -> Article:
    """Read what `article_document` wrote."""
    return _ARTICLE.validate_python(json.loads(document))


def edition_document(edition: Edition) -> str:
    """What `edition` says, without where it stands: equal exactly when two builds say the same."""
    fields = _EDITION.dump_python(edition)
    zone = edition.slot.tzinfo
    fields["window"] = [end.astimezone(zone) for end in edition.window]
    return _text({name: value for name, value in fields.items() if name not in _BESIDE})


def read_edition(
    document: str, *, newsletter: str, slot: datetime, number: int, status: EditionStatus, note: str
) -> Edition:
    """Read what `edition_document` wrote; the window comes back in the slot's zone."""
    beside = {"newsletter": newsletter, "slot": slot, "number": number, "status": status, "note": note}
    edition = _EDITION.validate_python(json.loads(document) | beside)
    after, until = (end.astimezone(slot.tzinfo) for end in edition.window)
    return replace(edition, window=(after, until))


def rendered_document(rendered: Rendered) -> str:
    """`rendered` as JSON."""
    return _text(_RENDERED.dump_python(rendered))


def read_rendered(document: str) -> Rendered:
    """Read what `rendered_document` wrote."""
    return _RENDERED.validate_python(json.loads(document))


def attributes_document(attributes: Mapping[str, str]) -> str:
    """A subscriber's attributes as JSON."""
    return _text(dict(attributes))


def read_attributes(document: str) -> dict[str, str]:
    """Read what `attributes_document` wrote."""
    attributes: dict[str, str] = json.loads(document)
    return attributes


def _text(value: Any) -> str:
    return storable(json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _plain(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"no JSON for {value!r}")
    # Before standard time a zone's offset had seconds, which ISO 8601 cannot write: keep the instant, give up the zone.
    written = value.isoformat()
    return value.astimezone(UTC).isoformat() if re.search(r"[+-]\d\d:\d\d:\d\d", written) else written
