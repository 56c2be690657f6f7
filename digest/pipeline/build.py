"""The edition of a slot: made of what the store holds, and kept as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from digest.model import Edition, EditionStatus, Newsletter, Recipe
from digest.pipeline.apart import Run, here
from digest.pipeline.halt import thaw
from digest.pipeline.ingredients import Ingredients
from digest.pipeline.pairs import partner_slot
from digest.pipeline.recipe import gather, written_down
from digest.pipeline.weights import tell_idle_weights
from digest.rewriter import Endpoint
from digest.store import Store

_log = structlog.get_logger(__name__)
_MAY_CHANGE = (EditionStatus.DRAFT, EditionStatus.SKIPPED)


def build(
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    now: datetime,
    rewriter: Endpoint | None = None,
    afresh: bool = False,
    partners: Sequence[Newsletter] = (),
    run: Run = here,
    tentative: bool = False,
    passed: datetime | None = None,
) -> Edition:
    """Assemble the edition of `slot` from what the store holds at `now`, and keep it as a draft.

    One that was approved or went out is returned as it is; so is, unless `afresh`, one that an editor changed or was
    told of, for what was seen is what is approved.  `afresh` keeps the editor's pins and drops and lets the rest go; a
    paused edition that nobody has is then a draft again, whose note says so.  Raises UsageError where somebody has it.
    Too few stories make it a skipped edition, whose note says so; it is built again when articles arrive.  The same
    store gives the same edition.
    With a `rewriter` (see `rewriter_of`) extracted points may be told in its words; call it then where no event loop
    runs.  `partners` (see `partners_of`) are those that it follows: where the edition to follow is missing, it is
    built first, as a draft like any other.  `run` is `here`, or `apart` for a process that is to stay small.  A
    `tentative` build keeps no skipped edition: nothing says that its slot had its turn.  `passed`: see `passed_over`.
    """
    kept = store.editions.get(newsletter.id, slot)
    note = ""  # with which it is kept: a service that has read other settings must not build over it
    if afresh and kept is not None and kept.status is EditionStatus.PAUSED:
        kept = thaw(store, kept, now=now)
        note = kept.note
    if kept is not None and (kept.status not in _MAY_CHANGE or (is_on_desk(kept) and not afresh)):
        return store.editions.numbered(kept, passed=passed)
    if partners:
        _lead(store, partners, slot, now=now, rewriter=rewriter, run=run)
    given = gather(store, newsletter, slot, now=now, kept=kept, passed=passed)
    tell_idle_weights(store, newsletter, given.articles)
    recipe = written_down(given, now=now)
    if kept is not None and kept.recipe is not None and _same(kept.recipe, recipe):
        if _stands(kept, given, afresh=afresh, rewriter=rewriter):
            return store.editions.numbered(kept, passed=passed)
        recipe = kept.recipe  # nothing came in since: it is the same edition, and was made then
    edition = replace(_made(given, kept, rewriter=rewriter, run=run), recipe=recipe)
    if tentative and edition.status is EditionStatus.SKIPPED:
        return edition
    if note and edition.status is EditionStatus.DRAFT:
        edition = replace(edition, note=note)
    edition = store.editions.save(edition, built=recipe.collected_until, passed=passed)
    _tell_disagreements(edition, given.partner, run=run)
    if edition != kept:
        _log.info("edition built", edition=edition.key, articles=len(given.articles), stories=len(edition.stories))
    return edition


def draft(
    store: Store,
    newsletter: Newsletter,
    slot: datetime,
    *,
    now: datetime,
    rewriter: Endpoint | None = None,
    partners: Sequence[Newsletter] = (),
    run: Run = here,
    passed: datetime | None = None,
) -> Edition:
    """Give the edition of `slot` as it lies on the desk; only where none does, or too little was in it, build it.

    What an editor has seen is what an editor changes and approves, whatever came in since.
    """
    kept = store.editions.get(newsletter.id, slot)
    if kept is not None and kept.status is not EditionStatus.SKIPPED:
        return store.editions.numbered(kept, passed=passed)
    return build(store, newsletter, slot, now=now, rewriter=rewriter, partners=partners, run=run, passed=passed)


def is_on_desk(edition: Edition) -> bool:
    """Tell whether a draft is an editor's matter: changed by one, or, as its note says, waiting for one."""
    return edition.edited or (edition.status is EditionStatus.DRAFT and bool(edition.note))


def _lead(
    store: Store,
    partners: Sequence[Newsletter],
    slot: datetime,
    *,
    now: datetime,
    rewriter: Endpoint | None,
    run: Run,
) -> None:
    """Build the edition that one of `slot` follows, unless it is kept."""
    partner, *rest = partners
    followed = partner_slot(partner, slot)
    if followed is not None and store.editions.get(partner.id, followed) is None:
        build(store, partner, followed, now=now, rewriter=rewriter, partners=rest, run=run, tentative=True)


def _stands(kept: Edition, given: Ingredients, *, afresh: bool, rewriter: Endpoint | None) -> bool:
    """Tell whether what is kept is what would be made of the same: nobody may have told it otherwise, nor is to."""
    reworded = any(point.original is not None for story in kept.stories for point in story.points)
    # An edited partner's figures may disagree by now, which a build tells of.
    partner_as_built = given.partner is None or not given.partner.edited
    return partner_as_built and rewriter is None and not (afresh or kept.edited or reworded)


def _made(given: Ingredients, kept: Edition | None, *, rewriter: Endpoint | None, run: Run) -> Edition:
    edition: Edition = run("digest.pipeline.cook:cook", given)
    if rewriter is None or edition.status is not EditionStatus.DRAFT:
        return edition
    from digest.pipeline.reword import reworded  # noqa: PLC0415 - few sites have a model

    # An editor's words are not the model's, and are let go with the rest.
    return reworded(edition, given.newsletter, rewriter, kept=None if kept and kept.edited else kept)


def _tell_disagreements(edition: Edition, partner: Edition | None, *, run: Run) -> None:
    if partner is not None:
        for one in run("digest.edition.pair:disagreements", edition, partner):
            _log.warning("the languages disagree", edition=edition.key, partner=partner.key, found=str(one))


def _same(one: Recipe, other: Recipe) -> bool:
    """Tell whether two recipes differ in nothing but when they were written down."""
    return one == replace(other, collected_until=one.collected_until)
