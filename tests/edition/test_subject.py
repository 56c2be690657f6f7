"""What an inbox shows: within its lengths, never a cut word, never empty where something can be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.edition.subject import (
    PREHEADER_CHARACTERS,
    SUBJECT_CHARACTERS,
    headline,
    preheader_line,
    shorten,
    subject_line,
)
from digest.model import Article, KeyPoint, Newsletter, Schedule, Sender, Span, Story, slot

NEWSLETTER = Newsletter(
    id="ukraine-today",
    title="Ukraine Today",
    description="The day in three minutes.",
    language="en",
    timezone=ZoneInfo("America/New_York"),
    schedule=Schedule(at=time(9)),
    sender=Sender(name="Ukraine Today", address="editor@news.example"),
    list_path="/nowhere",
    theme="plain",
    postal_address="1 Main Street",
    public_url="https://news.example",
)

titles = st.text(min_size=1, max_size=300).filter(lambda text: bool(text.strip()))


def a_story(title: str, *points: str, source: str = "") -> Story:
    article = Article(
        id=title,
        url="",
        title=title,
        published=datetime(2026, 1, 1, tzinfo=UTC),
        language="en",
        source=source,
        text="text",
        blocks=(),
    )
    made = tuple(KeyPoint(text=text, origin="extracted", spans=(Span(0, 1),), article=title) for text in points)
    return Story(lead=article, points=made)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        pytest.param("Kyiv restores power", "Kyiv restores power", id="it fits"),
        pytest.param(
            "Grain ships leave Odesa for the first time — what the deal says and who signed it",
            "Grain ships leave Odesa for the first time",
            id="to the end of a clause",
        ),
        pytest.param(
            "Will the ceasefire in the Black Sea hold? Five questions on what comes next for shipping",
            "Will the ceasefire in the Black Sea hold?",
            id="a question keeps its mark",
        ),
        pytest.param(
            "Foreign ministers of the alliance meet in Brussels to discuss a written response to Moscow",
            "Foreign ministers of the alliance meet in Brussels to discuss a…",
            id="to the end of a word",
        ),
        pytest.param(
            "Live: foreign ministers of the alliance meet in Brussels to discuss a written response",
            "Live: foreign ministers of the alliance meet in Brussels to discuss a…",
            id="a head too short to stand alone",
        ),
        pytest.param(
            "«Мы готовы к переговорам о перемирии с соседями: но не на любых условиях», — заявил министр",
            "«Мы готовы к переговорам о перемирии с соседями: но не на любых…",
            id="not inside a quotation",
        ),
        pytest.param("x" * 71, "", id="one word that does not fit"),
    ],
)
def test_a_title_is_shortened_where_it_reads_whole(text: str, short: str) -> None:
    """A clause ends where its punctuation says, a cut falls between words and shows as an ellipsis."""
    assert shorten(text, SUBJECT_CHARACTERS) == short


@given(text=st.text(), characters=st.integers(0, 120))
def test_shortening_keeps_to_its_length_and_to_whole_words(text: str, characters: int) -> None:
    """What is left is a run of whole words from the start of the text."""
    short = shorten(text, characters)
    assert len(short) <= characters
    head = short.removesuffix("…") if short != text else text
    assert text.startswith(head)
    assert not head or head == text or not (text[len(head)].isalnum() and head[-1].isalnum())


@given(names=st.lists(titles, max_size=12), points=st.lists(titles, max_size=3), title=titles)
@example(names=["Peace\r\nBcc: everyone@example.org"], points=[], title="Ukraine Today")
@example(names=[f"War{slot('unsubscribe_url')}"], points=["\u202eevil\x00"], title="Ukraine Today")
@example(names=["y" * 200], points=["z" * 200], title="x" * 200)
def test_whatever_titles_say_the_lines_are_one_line_and_fit(names: list[str], points: list[str], title: str) -> None:
    """Lengths hold, the subject is never empty, and no control character or slot mark comes through."""
    newsletter = replace(NEWSLETTER, title=title)
    stories = [a_story(name, *points) for name in names]
    subject = subject_line(newsletter, stories, number=3)
    preheader = preheader_line(newsletter, stories, subject=subject)
    assert 1 <= len(subject) <= SUBJECT_CHARACTERS
    assert len(preheader) <= PREHEADER_CHARACTERS
    assert not {"\n", "\r", "\x00", "\u202e", "\ue000", "\ue001"} & set(subject + preheader)
    assert subject.strip() == subject


def test_the_subject_names_the_lead_story_and_the_next_that_fit_whole() -> None:
    """The order is the ranking: a short title further down does not overtake a long one."""
    stories = [a_story("Grain ships leave Odesa"), a_story("Kyiv restores power"), a_story("a " * 40), a_story("Short")]
    subject = subject_line(NEWSLETTER, stories, number=1)
    assert subject == "Grain ships leave Odesa; Kyiv restores power"
    assert preheader_line(NEWSLETTER, stories, subject=subject).endswith("Short")


def test_the_newsletter_stands_in_where_no_title_fits() -> None:
    """Its own title comes before the bare number."""
    stories = [a_story("x" * 100)]
    assert subject_line(NEWSLETTER, stories, number=7) == "Ukraine Today"
    assert subject_line(replace(NEWSLETTER, title="y" * 100), stories, number=7) == "#7"
    assert subject_line(NEWSLETTER, [], number=7) == "Ukraine Today"


def test_the_preheader_goes_on_where_the_subject_stops() -> None:
    """Other titles first, then what the only story says, then the description; never the subject again."""
    lone = [a_story("Grain ships leave Odesa", "Three ships sailed at dawn.")]
    assert preheader_line(NEWSLETTER, lone, subject="Grain ships leave Odesa") == "Three ships sailed at dawn."
    assert preheader_line(NEWSLETTER, [], subject="Ukraine Today") == "The day in three minutes."
    assert preheader_line(replace(NEWSLETTER, description=""), [], subject="Ukraine Today") == ""


@pytest.mark.parametrize(
    ("title", "source", "line"),
    [
        ("Ships leave Odesa | The Courier", "The Courier", "Ships leave Odesa"),
        ("Ships leave Odesa - the courier", "The Courier", "Ships leave Odesa"),
        ("The Courier", "The Courier", "The Courier"),
        ("Ships leave Odesa - Reuters", "", "Ships leave Odesa - Reuters"),
        ("Ships\n leave\tOdesa", "", "Ships leave Odesa"),
    ],
)
def test_a_headline_leaves_its_publishers_name_to_the_source(title: str, source: str, line: str) -> None:
    """A title of a web page often ends in its site's name; the mail shows the source beside it."""
    assert headline(a_story(title, source=source).lead) == line
