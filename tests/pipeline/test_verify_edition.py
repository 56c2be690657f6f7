"""An edition made again from its recipe, and explained as it is kept."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest import pipeline
from digest.model import Edition, Section
from tests.conftest import Site, clock

LATE = "A third story\n\n5 March 2026, 10:00 AM\n\nThe council of Lutsk has bought twelve trolleybuses.\n"
BRIDGE, LIBRARY = "Bridge over the Ros opens after two years", "City library lends its first seeds"


def built(site: Site) -> Edition:
    pipeline.collect(site.settings, site.store, now=clock())
    return pipeline.build(site.store, site.newsletter, site.slot, now=clock())


def approve(site: Site, edition: Edition) -> Edition:
    return pipeline.approve(site.settings, site.store, site.newsletter, edition, now=clock())


def edit(site: Site, change: Callable[[str], str]) -> Edition:
    text = pipeline.text_to_edit(site.store, site.newsletter, site.slot)
    assert change(text) != text
    return pipeline.take_back(site.store, site.newsletter, site.slot, change(text))


def without(title: str) -> Callable[[str], str]:
    """Delete the lines of a story."""

    def change(text: str) -> str:
        lines = text.splitlines()
        start = next(number for number, line in enumerate(lines) if title in line and line.startswith("## "))
        end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("## ")), len(lines))
        return "\n".join(lines[:start] + lines[end:])

    return change


def test_an_edition_is_made_again_byte_for_byte(site: Site) -> None:
    """Whatever the store took in since, the kept edition follows from its recipe."""
    edition = built(site)
    approve(site, edition)
    (site.root / "articles/late.txt").write_text(
        LATE,
        encoding="utf-8",
    )
    bridge = site.root / "articles/bridge.txt"
    bridge.write_text(bridge.read_text(encoding="utf-8").replace("312 million", "313 million"), encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    found = pipeline.verify(site.store, site.newsletter, site.slot)
    assert found.differences == ()
    assert found.versions == ()


def test_other_code_is_named(site: Site) -> None:
    """Where what makes editions was changed, a released version or not, that is told: it may explain a difference."""
    edition = built(site)
    assert edition.recipe is not None
    older = replace(edition.recipe, versions={**edition.recipe.versions, "digest.edition": "0123456789ab"})
    site.store.editions.save(replace(edition, recipe=older))
    (told,) = pipeline.verify(site.store, site.newsletter, site.slot).versions
    assert told.startswith("digest.edition was 0123456789ab, is ")


def test_an_article_whose_date_was_mended_is_no_difference(site: Site) -> None:
    """A publisher may mend a date, a source or a category: the edition was made of what they were."""
    edition = approve(site, built(site))
    library = site.root / "articles/library.md"
    mended = library.read_text(encoding="utf-8").replace("09:30:00", "10:30:00").replace("Dnipro Wire", "Dnipro Post")
    library.write_text(mended, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    assert "Dnipro Post" in {article.source for article in site.store.articles.recent(9)}
    found = pipeline.verify(site.store, site.newsletter, site.slot)
    assert (found.edition, found.differences) == (edition, ())


def test_an_edition_that_was_tampered_with_is_found_out(site: Site) -> None:
    """A point that the recipe does not give is named."""
    edition = built(site)
    section = edition.sections[0]
    story = section.stories[0]
    forged = replace(story, points=(replace(story.points[0], text="The bridge fell."), *story.points[1:]))
    sections = (replace(section, stories=(forged, *section.stories[1:])), *edition.sections[1:])
    site.store.editions.save(replace(edition, sections=sections))
    found = pipeline.verify(site.store, site.newsletter, site.slot)
    assert any("The bridge fell." in line for line in found.differences)


def test_an_edited_edition_is_verified_by_its_originals(site: Site) -> None:
    """An editor's words are counted, and what they stand on is still checked."""
    built(site)
    edit(site, lambda text: text.replace("Readers took 420 packets", "Readers carried off 420 packets"))
    found = pipeline.verify(site.store, site.newsletter, site.slot)
    assert (found.differences, found.reworded) == ((), 1)


def test_what_an_editor_changed_is_told_and_is_no_difference(site: Site) -> None:
    """A dropped story, a new subject: the edition is what it was made of, and the changes are listed."""
    edition = built(site)
    edit(site, lambda text: without(LIBRARY)(text.replace(f'subject = "{edition.subject}"', 'subject = "The bridge"')))
    found = pipeline.verify(site.store, site.newsletter, site.slot)
    assert found.differences == ()
    assert "+ subject: The bridge" in found.edits
    assert f"- story: {LIBRARY}" in found.edits


def forged_language(edition: Edition) -> Edition:
    return replace(edition, language="uk")


def forged_intro(edition: Edition) -> Edition:
    return replace(edition, intro="99 stories, 1 minute")


def forged_article(edition: Edition) -> Edition:
    section = edition.sections[0]
    first = section.stories[0]
    other = replace(first, lead=replace(first.lead, source="Another Paper"))
    return replace(edition, sections=(replace(section, stories=(other, *section.stories[1:])),))


def strayed_point(edition: Edition) -> Edition:
    section = edition.sections[0]
    one, other = section.stories
    return replace(
        edition, sections=(Section(title="", stories=(replace(one, points=(*one.points, other.points[0])), other)),)
    )


@pytest.mark.parametrize("forge", [forged_language, forged_intro, forged_article, strayed_point])
def test_an_edit_excuses_nothing_that_is_not_an_editors(site: Site, forge: Callable[[Edition], Edition]) -> None:
    """Language, counts, sources and whose point it is follow from the articles, however much was edited."""
    built(site)
    changed = edit(site, lambda text: text.replace("Readers took 420 packets", "Readers carried off 420 packets"))
    assert pipeline.verify(site.store, site.newsletter, site.slot).differences == ()
    site.store.editions.save(forge(changed))
    assert pipeline.verify(site.store, site.newsletter, site.slot).differences != ()


def test_an_approved_edition_is_explained_as_it_was_made(site: Site) -> None:
    """What came in since is no part of the explanation, which goes in reading order."""
    edition = approve(site, built(site))
    (site.root / "articles/late.txt").write_text(LATE, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    decisions = pipeline.explain(site.store, edition)
    assert [one.article for one in decisions] == [story.id for story in edition.stories]
    assert [one.because for one in decisions] == ["story 1", "story 2"]


def test_an_edited_edition_is_explained_as_it_is(site: Site) -> None:
    """A story that an editor pinned stands where it stands, beside what it was built as; a dropped one is out."""
    first, second = (story.lead.title for story in built(site).stories)
    pinned = edit(site, lambda text: text.replace("## [s2] ", "## [s2] pin "))
    assert [story.lead.title for story in pinned.stories] == [second, first]
    assert [one.because for one in pipeline.explain(site.store, pinned)] == [
        "story 1 as edited, pinned; built as story 2",
        "story 2 as edited; built as story 1",
    ]
    dropped = edit(site, without(first))
    decisions = pipeline.explain(site.store, dropped)
    assert [(one.fate, one.because) for one in decisions] == [
        ("lead", "story 1 as edited, pinned; built as story 2"),
        ("out", "taken out by an editor; built as story 1"),
    ]
