"""Ingredients to an edition: pure, and the only part of building one that needs the rooms which know how.

Those are heavy, so whoever builds only now and then leaves this to a process of its own: see apart.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from digest.edition.assemble import assemble
from digest.edition.choose import Choice, choose
from digest.edition.slots import previous_slot
from digest.keypoints import condense
from digest.keypoints.anew import condense_anew
from digest.model import Edition, KeyPoint
from digest.pipeline.ingredients import Ingredients


def cook(given: Ingredients) -> Edition:
    """Make the edition: condense each article, and assemble."""
    edition = assemble(
        given.newsletter,
        slot=given.slot,
        window=given.window,
        articles=given.articles,
        points=_points(given),
        number=given.number,
        earlier=given.earlier,
        regular_start=_regular_start(given),
        pins=given.pins,
        drops=frozenset(given.drops),
        partner=given.partner,
        retell=partial(condense_anew, max_points=given.newsletter.selection.max_points),
    )
    return replace(edition, pins=given.pins, drops=given.drops)


def decide(given: Ingredients) -> Choice:
    """Make the choice that `cook` makes, and say why of each article."""
    return choose(
        given.newsletter,
        slot=given.slot,
        window=given.window,
        articles=given.articles,
        points=_points(given),
        earlier=given.earlier,
        regular_start=_regular_start(given),
        pins=given.pins,
        drops=frozenset(given.drops),
        partner=given.partner,
        retell=partial(condense_anew, max_points=given.newsletter.selection.max_points),
    )


def _points(given: Ingredients) -> dict[str, tuple[KeyPoint, ...]]:
    most = given.newsletter.selection.max_points
    return {article.id: condense(article, max_points=most) for article in given.articles}


def _regular_start(given: Ingredients) -> datetime:
    newsletter = given.newsletter
    return previous_slot(newsletter.schedule, newsletter.timezone, given.slot - timedelta(seconds=1))
