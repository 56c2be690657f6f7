"""Every story stands under one heading: the first that takes it, in the order of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from digest.edition.sections import arrange, fits
from digest.model import Article, KeyPoint, Newsletter, Schedule, Section, SectionRule, Selection, Sender, Span, Story

NEWSLETTER = Newsletter(
    id="morning",
    title="Morning",
    description="",
    language="en",
    timezone=ZoneInfo("Europe/Kyiv"),
    schedule=Schedule(at=time(9)),
    sender=Sender(name="Morning", address="editor@news.example"),
    list_path="/nowhere",
    theme="plain",
    postal_address="",
    public_url="https://news.example",
)


def article(name: str, **changes: object) -> Article:
    made = Article(
        id=name,
        url="",
        title=f"Title of {name}",
        published=datetime(2026, 3, 5, tzinfo=UTC),
        language="en",
        source="Wire",
        text=name,
        blocks=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # whatever a test hands in


def story(name: str, **changes: object) -> Story:
    point = KeyPoint(text=f"Point of {name}", origin="extracted", spans=(Span(0, 1),), article=name)
    return Story(lead=article(name, **changes), points=(point,))


def shown(sections: tuple[Section, ...]) -> list[tuple[str, str]]:
    return [(section.title, " ".join(each.id for each in section.stories)) for section in sections]


def newsletter(*rules: SectionRule, brief_after: int = 5, language: str = "en") -> Newsletter:
    return replace(NEWSLETTER, language=language, selection=Selection(sections=rules, brief_after=brief_after))


WORLD = SectionRule(title="World", categories=frozenset({"World"}))
MONEY = SectionRule(title="Money", keywords=frozenset({"central bank", "Taxes"}), max_stories=1)


@pytest.mark.parametrize(
    ("changes", "rule", "fit"),
    [
        ({"category": "WORLD "}, WORLD, True),
        ({"category": "Worldwide"}, WORLD, False),
        ({"category": None}, WORLD, False),
        ({"title": "The Central Banks meet"}, MONEY, True),
        ({"title": "The bank is central"}, MONEY, False),
        ({"keywords": ("taxes",)}, MONEY, True),
        ({"title": "Выборы перенесли", "language": "ru"}, SectionRule(title="", keywords=frozenset({"выборов"})), True),
        ({"source": "Wire"}, SectionRule(title="", sources=frozenset({"Wire"})), True),
        ({"source": "Herald"}, SectionRule(title="", sources=frozenset({"Wire"})), False),
        ({"language": "uk"}, SectionRule(title="", languages=frozenset({"uk", "ru"})), True),
        ({"category": "World"}, replace(WORLD, languages=frozenset({"uk"})), False),
        ({}, SectionRule(title="Everything"), True),
    ],
)
def test_a_rule_takes_what_meets_all_of_its_conditions(
    changes: dict[str, object],
    rule: SectionRule,
    fit: bool,
) -> None:
    """Categories and keywords without regard to case, words in any form; an empty condition asks nothing."""
    assert fits(article("a", **changes), rule) is fit


def test_the_best_story_leads_whatever_its_section_and_the_rules_order_the_rest() -> None:
    """The front keeps the first; a rule's surplus and the front's go in brief; what no rule takes stays in front."""
    ranked = [
        story("lead", category="World"),
        story("tax", title="Taxes rise"),
        story("city"),
        story("war", category="World"),
        story("bank", title="Central bank holds"),
        story("zoo"),
    ]
    assert shown(arrange(ranked, newsletter(WORLD, MONEY, brief_after=2))) == [
        ("", "lead city"),
        ("World", "war"),
        ("Money", "tax"),
        ("In brief", "bank zoo"),
    ]
    assert [section.brief for section in arrange(ranked, newsletter(WORLD, MONEY, brief_after=2))][-1]


def test_a_rule_may_be_brief_and_an_empty_section_is_left_out() -> None:
    """A heading stands over stories only."""
    rules = (SectionRule(title="Sport", categories=frozenset({"Sport"})), replace(WORLD, brief=True))
    sections = arrange([story("a"), story("b", category="world")], newsletter(*rules))
    assert [(section.title, section.brief) for section in sections] == [("", False), ("World", True)]
    assert arrange([], newsletter(*rules)) == ()


def test_what_was_missed_stands_before_the_briefs_and_leads_only_when_alone() -> None:
    """The front is today's; with nothing of today, the best of what was missed opens the edition."""
    ranked = [story("old", category="World"), story("new"), story("newer"), story("older")]
    missed = {"old", "older"}
    late = "What you may have missed"
    assert shown(arrange(ranked, newsletter(WORLD, brief_after=1), missed=missed)) == [
        ("", "new"),
        (late, "old older"),
        ("In brief", "newer"),
    ]
    assert shown(arrange([ranked[0], ranked[3]], newsletter(WORLD), missed=missed)) == [("", "old"), (late, "older")]
    title = "Що ви могли пропустити"
    assert shown(arrange(ranked, newsletter(language="uk"), missed=missed))[1] == (title, "old older")


def test_a_pinned_story_stays_in_front() -> None:
    """An editor's pin is stronger than a rule, and than having been missed."""
    ranked = [story("pin", category="World"), story("pinned"), story("lead"), story("war", category="World")]
    sections = arrange(ranked, newsletter(WORLD), front={"pin", "pinned"}, missed={"pinned"})
    assert shown(sections) == [("", "pin pinned lead"), ("World", "war")]


def test_without_a_front_nothing_leads() -> None:
    """`brief_after = 0` leaves what no rule takes to the briefs, the first story too."""
    assert shown(arrange([story("a"), story("b", category="World")], newsletter(WORLD, brief_after=0))) == [
        ("World", "b"),
        ("In brief", "a"),
    ]
