"""digest/pipeline/share.py: what is left of an edition, in parts."""

from __future__ import annotations

import pytest

from digest import pipeline
from tests.conftest import Site, clock


@pytest.mark.parametrize("most", [1, 2, 3, 100])
async def test_parts_are_never_too_many_and_leave_nobody_out(site: Site, most: int) -> None:
    """A hundred million would be two hundred thousand jobs; larger parts, one after the other, hold everybody."""
    lines = "".join(f"r{number}@example.org\n" for number in range(10))
    (site.root / "subscribers.csv").write_text("email\n" + lines, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    started = await pipeline.start(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    share = await pipeline.share_out(
        site.settings, site.store, site.newsletter, started.edition, clock=clock, size=2, most=most
    )
    assert len(share.parts) == min(most, 5)
    assert share.parts[0][0] <= min(one.id for one in site.store.subscribers.of("morning"))
    assert share.parts[-1][1] >= max(one.id for one in site.store.subscribers.of("morning"))
    for (_, end), (start, _) in zip(share.parts, share.parts[1:], strict=False):
        assert start == end + 1
