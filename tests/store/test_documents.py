from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.model import Article, Block, Edition, EditionStatus, KeyPoint, Rendered, Section, Span, Story
from digest.store import documents
from digest.store.schema import storable

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
words = texts.filter(lambda text: bool(text.strip()))
spans = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 9999), st.integers(1, 999))
instants = st.datetimes(
    min_value=datetime(1850, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zones
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)
articles = st.builds(
    Article,
    id=words,
    url=texts,
    title=words,
    published=instants,
    language=texts,
    source=texts,
    text=texts,
    blocks=st.lists(st.builds(Block, kind=st.sampled_from(["paragraph", "item"]), text=texts, span=spans)).map(tuple),
    author=st.none() | texts,
    image=st.none() | texts,
    category=st.none() | texts,
    keywords=st.lists(texts).map(tuple),
)
points = st.builds(
    KeyPoint,
    text=words,
    group=st.none() | texts,
    origin=st.sampled_from(["authored", "extracted", "rewritten"]),
    spans=st.lists(spans, min_size=1, max_size=3).map(tuple),
    article=words,
)
stories = st.builds(
    Story,
    lead=articles,
    others=st.lists(articles, max_size=1).map(tuple),
    points=st.lists(points, max_size=2).map(tuple),
    update_of=st.none() | texts,
)
sections = st.builds(Section, title=texts, stories=st.lists(stories, max_size=2).map(tuple), brief=st.booleans())

relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)


@relaxed
@given(article=articles)
def test_an_article_comes_back_as_it_was(article: Article) -> None:
    """Every field survives, the publication to the microsecond, and the same value gives the same text again."""
    document = documents.article_document(article)
    back = documents.read_article(document)
    assert replace(back, published=article.published) == article
    assert back.published.astimezone(UTC) == article.published.astimezone(UTC)
    assert documents.article_document(back) == document


@relaxed
@given(parts=st.lists(sections, max_size=2).map(tuple), subject=texts, window=st.tuples(instants, instants))
def test_an_edition_comes_back_as_it_was(
    parts: tuple[Section, ...], subject: str, window: tuple[datetime, datetime]
) -> None:
    """What was previewed is what is sent: the document read and written again is the same text."""
    slot = datetime(2022, 11, 6, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York"))
    edition = Edition(
        newsletter="n",
        slot=slot,
        language="en",
        number=3,
        subject=subject,
        preheader="p",
        intro="i",
        sections=parts,
        window=window,
        reading_minutes=2,
    )
    document = documents.edition_document(edition)
    back = documents.read_edition(document, newsletter="n", slot=slot, number=3, status=EditionStatus.DRAFT, note="")
    assert documents.edition_document(back) == document
    assert [end.astimezone(UTC) for end in back.window] == [end.astimezone(UTC) for end in window]
    assert (back.subject, back.slot.fold, len(back.stories)) == (subject, 1, len(edition.stories))


def test_the_publishers_clock_is_kept(an_article: Any) -> None:
    """A reader in Kyiv is shown when it was published there, not in UTC."""
    kyiv = timezone(timedelta(hours=2))
    article = an_article(published=datetime(2022, 1, 28, 9, 0, tzinfo=kyiv))
    back = documents.read_article(documents.article_document(article))
    assert back.published.utcoffset() == timedelta(hours=2)


def test_a_field_that_an_old_document_lacks_takes_its_default(an_article: Any) -> None:
    """Documents from before a field existed, or after one was dropped, are still read."""
    document = documents.article_document(an_article(keywords=("war",)))
    older = document.replace('"keywords":["war"],', '"gone":1,')
    assert older != document
    assert documents.read_article(older).keywords == ()


@given(text=st.text())
@example(text="a\0b\ud800c\udc00")
def test_what_no_database_holds_is_replaced_one_for_one(text: str) -> None:
    """Spans stay true: no character is dropped or added, and the rest is untouched."""
    kept = storable(text)
    assert len(kept) == len(text)
    kept.encode()
    assert "\0" not in kept
    assert all(after in (before, "\ufffd") for before, after in zip(text, kept, strict=True))


@given(rendered=st.builds(Rendered, **{one.name: texts for one in fields(Rendered)}))
def test_a_rendered_mail_comes_back_as_it_was(rendered: Rendered) -> None:
    """The frozen mail is the rendered one, slots included."""
    assert documents.read_rendered(documents.rendered_document(rendered)) == rendered


def test_only_times_are_written_specially() -> None:
    """A field of a kind that has no JSON is our bug, and is told at once."""
    with pytest.raises(TypeError, match="no JSON for"):
        documents._text({"a": b""})
