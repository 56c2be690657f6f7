"""An editor puts back what a point left out of its sentence."""

from digest import pipeline
from tests.conftest import Site, clock

LIBRARIES = """Exampleton closes two libraries

5 March 2026, 08:46 AM

The council of Exampleton will close two of the town's five libraries in June, clearing shelves that \
few remember anybody dusting before.

The libraries (one smells of wax, the other of soup) cost the town 3 million euros a year, the mayor said.

Mayor Jane Roe said the council had to close the libraries to save money because a factory left Exampleton.

Some 200 people protested against closing the libraries outside the town hall on Monday night.

A petition to keep the libraries open has 9,000 signatures, more than a third of the town's voters.

The council will vote on the budget again in March, when the petition must be answered.

Books of the closed libraries go to the three libraries that stay open, and the staff of both keep their jobs.
"""


def test_what_a_point_left_out_of_its_sentence_needs_no_force(site: Site) -> None:
    """The figure in an aside is the sentence's: an editor's wording with it is borne out."""
    (site.root / "articles" / "libraries.txt").write_text(LIBRARIES, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.build(site.store, site.newsletter, site.slot, now=clock())
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    told = "The libraries cost the town 3 million euros a year"
    assert told in text
    again = text.replace(told, "The libraries, one of wax, cost the town 3 million euros a year")
    edition = pipeline.take_back(site.store, site.newsletter, site.slot, again)
    (point,) = (point for story in edition.stories for point in story.points if "wax" in point.text)
    assert not point.on_trust
