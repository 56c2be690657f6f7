"""The list file: followed when it changed, and left unread when it did not."""

import pytest

from digest import pipeline
from digest.errors import AudienceError
from tests.conftest import Site, clock


def test_an_unchanged_file_is_not_followed_again_and_tells_the_same(site: Site) -> None:
    """A second look changes nothing, and reports the same bad lines; each change of the file is followed."""
    path = site.root / "subscribers.csv"
    path.write_text("email\nann@example.org\nno address\n", encoding="utf-8")
    first = pipeline.synchronise(site.store, site.newsletter, now=clock())
    assert (first.report.added, [problem.line for problem in first.problems]) == (1, [3])
    again = pipeline.synchronise(site.store, site.newsletter, now=clock())
    assert (again.report.added, again.problems) == (0, first.problems)
    for lines, listed in (("ann@example.org\nbo@example.org\n", 2), ("bo@example.org\n", 1), ("ann@example.org\n", 1)):
        path.write_text("email\n" + lines, encoding="utf-8")
        pipeline.synchronise(site.store, site.newsletter, now=clock())
        assert [one.address for one in site.store.subscribers.of("morning") if one.listed] == lines.split()
        assert site.store.subscribers.reachable("morning") == listed


def test_a_file_that_is_put_back_as_it_was_is_followed_again(site: Site) -> None:
    """What counts is the state that was followed last, not whether a state was ever followed."""
    path = site.root / "subscribers.csv"
    before = path.read_bytes()
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    path.write_text("email\nann@example.org\n", encoding="utf-8")
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    path.write_bytes(before)
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    assert site.store.subscribers.reachable("morning") == 3


def test_a_list_without_a_good_line_says_what_is_wrong_with_the_first(site: Site) -> None:
    """Nobody loses a subscription by it, and whoever mends the file knows where to begin."""
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    (site.root / "subscribers.csv").write_text("email,name\nann@example.org,Ann,of,Kyiv\nbo,Bo\n", encoding="utf-8")
    with pytest.raises(AudienceError, match=r"3 are subscribed \(line 2: .*: ann@example\.org,Ann,of,Kyiv\)"):
        pipeline.synchronise(site.store, site.newsletter, now=clock())
    assert site.store.subscribers.reachable("morning") == 3
