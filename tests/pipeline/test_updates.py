"""A continuing event: what comes back of it is what changed, wherever in the article that stands."""

from digest import pipeline
from digest.model import Edition, EditionStatus
from digest.render import render_edition
from tests.conftest import Site, clock

PLAN = """Kakhovka dam to be rebuilt by 2030

5 March 2026, 09:00 AM

The government of Ukraine has approved a plan to rebuild the Kakhovka dam by 2030, Prime Minister Denys Shmyhal said.

The work will cost 1.2 billion euros, of which the European Investment Bank lends 700 million.
"""

TENDER = """Kakhovka dam: tender draws five bidders

5 March 2026, 08:00 PM

Five companies have offered to rebuild the Kakhovka dam by 2030, Prime Minister Denys Shmyhal said on Monday.

The lowest bid, of 980 million euros, came from the Austrian company Strabag.

The government of Ukraine approved the plan to rebuild the dam at a cost of 1.2 billion euros.
"""

AGAIN = """Ukraine's government approves plan to rebuild dam

5 March 2026, 08:00 PM

The government of Ukraine has approved a plan to rebuild the Kakhovka dam by 2030.

The work will cost 1.2 billion euros, Prime Minister Denys Shmyhal said.
"""


def the_day_after(site: Site, words: str) -> Edition:
    """Send an edition that tells of the plan, and build the next, with one more article."""
    for name in ("bridge.txt", "library.md"):
        (site.root / "articles" / name).unlink()
    (site.root / "articles/plan.txt").write_text(PLAN, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    edition = pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    rendered = render_edition(edition, site.newsletter, template_paths=site.settings.template_paths)
    site.store.editions.freeze(edition, rendered, date=clock())
    (site.root / "articles/next.txt").write_text(words, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    return pipeline.build(
        site.store, site.newsletter, pipeline.slot_coming(site.newsletter, now=site.slot), now=clock()
    )


def test_news_is_told_though_the_points_of_its_article_are_old(site: Site) -> None:
    """The one sentence that stands for the whole article was told yesterday; that five firms bid for it was not."""
    edition = the_day_after(site, TENDER)
    (story,) = edition.stories
    assert story.update_of == "morning/2026-03-05T09:00"
    told = " ".join(point.text for point in story.points)
    assert "Strabag" in told or "Five companies" in told
    assert "approved the plan" not in told
    assert pipeline.verify(site.store, site.newsletter, edition.slot).differences == ()


def test_the_same_in_other_words_is_not_told_again(site: Site) -> None:
    """A title that says nothing new opens no second look."""
    assert the_day_after(site, AGAIN).status is EditionStatus.SKIPPED
