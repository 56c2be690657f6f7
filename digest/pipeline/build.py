"""Articles of a window into the edition of a slot."""

from __future__ import annotations

from datetime import datetime

import structlog

from digest.edition.assemble import assemble
from digest.keypoints import condense
from digest.model import Edition, EditionStatus, Newsletter
from digest.pipeline.reword import reworded
from digest.pipeline.slots import window
from digest.rewriter import Endpoint
from digest.store import Store

_log = structlog.get_logger(__name__)


def build(store: Store, newsletter: Newsletter, slot: datetime, *, rewriter: Endpoint | None = None) -> Edition:
    """Assemble the edition of `slot` and keep it as a draft; one that went out already is returned as it is.

    Too few stories make it a skipped edition, whose note says so; it is built again when articles arrive.
    With a `rewriter` (see `rewriter_of`) extracted points may be told in its words; call it then where no event loop
    runs.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is not None and kept.status not in (EditionStatus.DRAFT, EditionStatus.SKIPPED):
        return kept
    reach = window(store, newsletter, slot)
    articles = store.articles.published(
        reach[0], reach[1], languages=newsletter.selection.languages, sources=newsletter.selection.sources
    )
    points = {article.id: condense(article, max_points=newsletter.selection.max_points) for article in articles}
    edition = assemble(
        newsletter,
        slot=slot,
        window=reach,
        articles=articles,
        points=points,
        number=store.editions.next_number(newsletter.id, slot),
    )
    if rewriter is not None and edition.status is EditionStatus.DRAFT:
        edition = reworded(edition, newsletter, rewriter, kept=kept)
    edition = store.editions.save(edition)
    _log.info("edition built", edition=edition.key, articles=len(articles), stories=len(edition.stories))
    return edition
