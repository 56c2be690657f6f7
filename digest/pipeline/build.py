"""The edition of a slot: made of what the store holds, kept as a draft, and made again to prove it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from digest.edition import Decision, choose, disagreements
from digest.edition.difference import difference
from digest.errors import UsageError
from digest.keypoints import condense
from digest.model import Edition, EditionStatus, KeyPoint, Newsletter, Recipe
from digest.pipeline.recipe import as_they_were, cook, gather, versions_changed, written_down
from digest.pipeline.reword import reworded
from digest.pipeline.slots import slot_past
from digest.rewriter import Endpoint
from digest.store import Store

_log = structlog.get_logger(__name__)
_MAY_CHANGE = (EditionStatus.DRAFT, EditionStatus.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whether an edition made again from its recipe is the one that is kept."""

    edition: Edition
    differences: tuple[str, ...]  # empty: the same, byte for byte but for what people and models changed
    reworded: int  # points that an editor or a model put in other words; their sentences were checked
    versions: tuple[str, ...]  # what is another version now, and may explain a difference


def build(
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    now: datetime,
    rewriter: Endpoint | None = None,
    afresh: bool = False,
) -> Edition:
    """Assemble the edition of `slot` from what the store holds at `now`, and keep it as a draft.

    One that was approved or went out is returned as it is; so is one that an editor changed, unless `afresh`, which
    keeps the editor's pins and drops and lets the rest go.  Too few stories make it a skipped edition, whose note says
    so; it is built again when articles arrive.  The same store gives the same edition.
    With a `rewriter` (see `rewriter_of`) extracted points may be told in its words; call it then where no event loop
    runs.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is not None and (kept.status not in _MAY_CHANGE or (kept.edited and not afresh)):
        return kept
    given = gather(store, newsletter, slot, now=now, kept=kept)
    recipe = written_down(given, now=now)
    if kept is not None and kept.recipe is not None and _same(kept.recipe, recipe):
        recipe = kept.recipe  # nothing came in since: it is the same edition, and was made then
    edition = replace(cook(given), recipe=recipe)
    if kept is not None and edition.status is kept.status is EditionStatus.DRAFT:
        edition = replace(edition, note=kept.note)  # that it is held, and the editors were told
    if rewriter is not None and edition.status is EditionStatus.DRAFT:
        edition = reworded(edition, newsletter, rewriter, kept=kept)
    edition = store.editions.save(edition, built=recipe.collected_until)
    if given.partner is not None:
        for one in disagreements(edition, given.partner):
            _log.warning("the languages disagree", edition=edition.key, partner=given.partner.key, found=str(one))
    _log.info("edition built", edition=edition.key, articles=len(given.articles), stories=len(edition.stories))
    return edition


def draft(
    store: Store, newsletter: Newsletter, slot: datetime, *, now: datetime, rewriter: Endpoint | None = None
) -> Edition:
    """Give the edition of `slot` as it lies on the desk; only where none does, or too little was in it, build it.

    What an editor has seen is what an editor changes and approves, whatever came in since.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is not None and kept.status is not EditionStatus.SKIPPED:
        return kept
    return build(store, newsletter, slot, now=now, rewriter=rewriter)


def explain(store: Store, newsletter: Newsletter, slot: datetime, *, now: datetime) -> tuple[Decision, ...]:
    """Tell of every candidate of `slot` why it is in, merged or out, with its figures."""
    given = gather(store, newsletter, slot, now=now, kept=store.editions.get(newsletter.id, slot))
    most = newsletter.selection.max_points
    return choose(
        newsletter,
        slot=slot,
        window=given.window,
        articles=given.articles,
        points={article.id: condense(article, max_points=most) for article in given.articles},
        earlier=given.earlier,
        regular_start=slot_past(newsletter, now=slot - timedelta(seconds=1)),
        pins=given.pins,
        drops=frozenset(given.drops),
        partner=given.partner,
    ).decisions


def verify(store: Store, newsletter: Newsletter, slot: datetime) -> Verified:
    """Make the kept edition of `slot` again from its recipe, and compare.

    Of an edition that an editor changed, every point that is left must be in the one made again, at the same place
    of the same article; of a reworded point its original.  Raises UsageError where no edition or recipe is kept.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is None or kept.recipe is None:
        raise UsageError("no edition is kept for this slot, or not how it was made", remedy="Build it first.")
    again = replace(cook(as_they_were(store, kept, kept.recipe)), recipe=kept.recipe)
    points = [point for story in kept.stories for point in story.points]
    changed = sum(point.original is not None for point in points)
    if kept.edited or changed:
        known = {_evidence(point) for story in again.stories for point in story.points}
        # A model may tell two sentences in one point: then its spans are those of several.
        spans = {(point.article, span) for story in again.stories for point in story.points for span in point.spans}
        lost = [
            f"a point that nothing bears out any more: {point.text}"
            for point in points
            if _evidence(point) not in known
            and not (point.original is not None and all((point.article, span) in spans for span in point.spans))
        ]
        differences = tuple(lost)
    else:
        same = replace(again, status=kept.status, note=kept.note)
        differences = () if same == kept else tuple(difference(kept, same)) or ("it differs in its settings alone",)
    return Verified(
        edition=kept, differences=differences, reworded=changed, versions=tuple(versions_changed(kept.recipe))
    )


def _evidence(point: KeyPoint) -> tuple[object, ...]:
    return (point.article, point.spans, point.original or point.text)


def _same(one: Recipe, other: Recipe) -> bool:
    """Tell whether two recipes differ in nothing but when they were written down."""
    return one == replace(other, collected_until=one.collected_until)
