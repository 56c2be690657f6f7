"""Editing: an edition as text and back, nothing lost, nothing invented."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.assemble import intro_line
from digest.edition.editing import edition_text, read_edition_text
from digest.edition.subject import preheader_line, subject_line
from digest.errors import UsageError
from digest.model import (
    Article,
    Block,
    Edition,
    KeyPoint,
    Newsletter,
    Schedule,
    Section,
    Sender,
    Span,
    Story,
    article_id,
)

MORNING = Newsletter(
    id="morning",
    title="Morning",
    description="What happened",
    language="en",
    timezone=ZoneInfo("America/New_York"),
    schedule=Schedule(at=time(9)),
    sender=Sender(name="Morning", address="morning@news.example.org"),
    list_path="",
    theme="ukraine-today",
    postal_address="",
    public_url="https://news.example.org",
)
SLOT = datetime(2026, 3, 5, 9, tzinfo=ZoneInfo("America/New_York"))


def a_story(title: str, *points: tuple[str | None, str]) -> Story:
    text = "\n\n".join(said for _group, said in points)
    starts = [text.index(said) for _group, said in points]
    spans = [Span(start, start + len(said)) for start, (_group, said) in zip(starts, points, strict=True)]
    article = Article(
        id=article_id(url="", title=title, text=text),
        url="",
        title=title,
        published=datetime(2026, 3, 5, 6, tzinfo=UTC),
        language="en",
        source="Dnipro Wire",
        text=text,
        blocks=tuple(
            Block(kind="paragraph", text=said, span=span) for span, (_g, said) in zip(spans, points, strict=True)
        ),
    )
    return Story(
        lead=article,
        points=tuple(
            KeyPoint(text=said, group=group, origin="extracted", spans=(span,), article=article.id)
            for span, (group, said) in zip(spans, points, strict=True)
        ),
    )


BRIDGE = a_story(
    "Bridge opens", ("Sorochan", "The bridge opened."), ("Vandel", "It cost 9 million."), (None, "Rain fell.")
)
SEEDS = a_story("Library lends [seeds]", (None, "Readers took 420 packets."), (None, "It is free."))
LATE = a_story("Trains run late", (None, "The 7:40 left at 9."))


def an_edition() -> Edition:
    return Edition(
        newsletter="morning",
        slot=SLOT,
        language="en",
        number=3,
        subject='The "bridge" opens',
        preheader="And a library lends seeds",
        intro="3 stories, 1 minute",
        sections=(Section(title="", stories=(BRIDGE, SEEDS)), Section(title="In brief", stories=(LATE,), brief=True)),
        window=(SLOT.replace(day=4), SLOT),
        reading_minutes=1,
    )


def test_an_untouched_text_is_the_same_edition() -> None:
    """Opening and closing the editor changes nothing, not even the mark that it was edited."""
    assert read_edition_text(edition_text(an_edition()), an_edition(), MORNING) == an_edition()


def test_lines_are_the_whole_of_editing() -> None:
    """Stories move and go, points move, go and change words, the subject changes; what they rest on stays."""
    text = edition_text(an_edition())
    bridge, seeds, brief = (text.index(f"\n{mark}") + 1 for mark in ("## [s1]", "## [s2]", "# (brief)"))
    text = text[:bridge] + text[seeds:brief] + text[bridge:seeds] + text[brief:]
    text = text.replace("- [s1.3] Rain fell.\n", "").replace("It is free.", "It costs nothing.")
    text = text.replace("## [s1] Bridge", "## [s1] pin Bridge")
    text = text.replace(r"The \"bridge\" opens", "Seeds for all")
    edited = read_edition_text(text, an_edition(), MORNING)
    assert [story.lead.title for story in edited.stories] == [BRIDGE.lead.title, SEEDS.lead.title, LATE.lead.title]
    free = edited.stories[1].points[1]
    assert (free.text, free.original, free.origin) == ("It costs nothing.", "It is free.", "rewritten")
    assert free.spans == SEEDS.points[1].spans
    assert edited.stories[0].points == BRIDGE.points[:2]
    assert (edited.subject, edited.pins, edited.edited) == ("Seeds for all", (BRIDGE.id,), True)


def made(*stories: Story) -> Edition:
    """An edition whose subject and preheader were made of its stories."""
    intro = intro_line("en", stories=len(stories), minutes=1)
    edition = replace(an_edition(), sections=(Section(title="", stories=stories),), intro=intro)
    subject = subject_line(MORNING, stories, number=3)
    return replace(edition, subject=subject, preheader=preheader_line(MORNING, stories, subject=subject))


def test_a_pin_moves_its_story_to_the_front_of_its_section_at_once() -> None:
    """Nobody has to build again to see it; the pins stand in reading order, and a pin taken away moves nothing."""
    edition = made(BRIDGE, SEEDS, LATE)
    pinned = read_edition_text(edition_text(edition).replace("## [s3]", "## [s3] pin"), edition, MORNING)
    assert pinned.stories == (LATE, BRIDGE, SEEDS)
    twice = read_edition_text(edition_text(pinned).replace("## [s3]", "## [s3] pin"), pinned, MORNING)
    assert twice.stories == (LATE, SEEDS, BRIDGE)
    assert twice.pins == (LATE.id, SEEDS.id)
    loose = read_edition_text(edition_text(twice).replace("] pin", "]"), twice, MORNING)
    assert (loose.stories, loose.pins) == (twice.stories, ())


def test_lines_that_were_made_of_the_stories_follow_them() -> None:
    """With another lead the subject and preheader that nobody wrote are made anew, and the count with them."""
    edition = made(BRIDGE, SEEDS, LATE)
    text = edition_text(edition)
    edited = read_edition_text(text[: text.index("## [s3]")].replace("## [s2]", "## [s2] pin"), edition, MORNING)
    assert edited.stories == (SEEDS, BRIDGE)
    assert (edited.subject, edited.preheader) == (made(SEEDS, BRIDGE).subject, made(SEEDS, BRIDGE).preheader)
    assert edited.intro == "2 stories, 1 minute"


def test_lines_that_an_editor_wrote_stay() -> None:
    """A subject written by hand, now or before, is the editor's whatever becomes of the stories."""
    edition = made(BRIDGE, SEEDS)
    text = edition_text(edition).replace(f'subject = "{edition.subject}"', 'subject = "My words"')
    first = read_edition_text(text, edition, MORNING)
    second = read_edition_text(edition_text(first).replace("## [s2]", "## [s2] pin"), first, MORNING)
    assert (second.stories, second.subject) == ((SEEDS, BRIDGE), "My words")


def test_each_point_says_where_it_is_from() -> None:
    """The story names its articles, a point of another than the lead names its own, a reworded one its old words."""
    story = replace(
        BRIDGE,
        others=(replace(SEEDS.lead, source="Kyiv [Post]", url="https://post.example/seeds"),),
        points=(replace(BRIDGE.points[0], original="It was opened."), SEEDS.points[0]),
        update_of="morning/2026-03-04T09:00",
    )
    text = edition_text(made(story))
    assert "> Dnipro Wire, 2026-03-05 06:00\n" in text
    assert "> also: “Library lends [seeds]”, Kyiv [Post], 2026-03-05 06:00, https://post.example/seeds\n" in text
    assert "> update of morning/2026-03-04T09:00\n" in text
    assert "> [s1.1] was: It was opened.\n" in text
    assert "- [s1.2 from Kyiv Post] Readers took 420 packets.\n" in text
    assert read_edition_text(text, made(story), MORNING) == made(story)


def test_an_edition_that_has_no_preheader_can_be_edited() -> None:
    """Where nothing fitted into it, an empty one is no mistake."""
    edition = replace(an_edition(), preheader="")
    assert read_edition_text(edition_text(edition), edition, MORNING) == edition


def test_a_dropped_story_is_remembered_and_counted_out() -> None:
    """Deleting a story's lines drops it, and the line that counts stories follows."""
    text = edition_text(an_edition())
    edited = read_edition_text(text[: text.index("# (brief)")], an_edition(), MORNING)
    assert edited.drops == (LATE.id,)
    assert edited.intro == "2 stories, 1 minute"
    assert [section.title for section in edited.sections] == [""]


def test_rewording_twice_keeps_the_first_wording() -> None:
    """What the article said stays beside what the editor made of it, however often it is opened."""
    once = read_edition_text(
        edition_text(an_edition()).replace("It is free.", "It costs nothing."), an_edition(), MORNING
    )
    twice = read_edition_text(edition_text(once).replace("It costs nothing.", "Nothing to pay."), once, MORNING)
    point = twice.stories[1].points[1]
    assert (point.text, point.original) == ("Nothing to pay.", "It is free.")


def test_an_editor_may_wrap_lines() -> None:
    """Indented lines continue the one above."""
    text = edition_text(an_edition()).replace("Readers took 420 packets.", "Readers took\n    420 packets.")
    assert read_edition_text(text, an_edition(), MORNING) == an_edition()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("- [s1.3] Rain fell.", "- Snow fell.", "a line without its mark", id="an invented point"),
        pytest.param("- [s1.3] Rain fell.", "- [s1.9] Snow fell.", "there is no point [s1.9]", id="an unknown mark"),
        pytest.param("- [s1.3] Rain fell.", "- [s1.3] ", "[s1.3] is empty", id="an emptied point"),
        pytest.param("- [s1.3] Rain fell.", "- [s2.1] Rain fell.", "outside its own story", id="a strayed point"),
        pytest.param("- [s1.3] Rain fell.", "- [s1.2] Rain fell.", "[s1.2] stands here twice", id="a doubled point"),
        pytest.param("[s2] Library", "[s1] Library", "[s1] stands here twice", id="a doubled story"),
        pytest.param("Bridge opens", "Bridge falls", "title of [s1]", id="a changed title"),
        pytest.param(
            "morning/2026-03-05T09:00", "morning/2026-03-06T09:00", "text of morning/2026-03-06", id="another"
        ),
        pytest.param('preheader = "', 'mood = "x"\npreheader = "', "no setting 'mood'", id="an unknown setting"),
        pytest.param('The \\"bridge\\" opens', "", "subject must be one line", id="no subject"),
        pytest.param('The \\"bridge\\" opens', "x\\r\\nBcc: a@b", "subject must be one line", id="a second header"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(old: str, new: str, said: str) -> None:
    """A slip is told as what and where; nothing of the edition has changed."""
    text = edition_text(an_edition())
    assert old in text
    with pytest.raises(UsageError) as caught:
        read_edition_text(text.replace(old, new), an_edition(), MORNING)
    assert said in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    """Three slips, three lines."""
    text = edition_text(an_edition()).replace("- [s1.1]", "-").replace("- [s2.1]", "-").replace("[s3.1]", "[s3.7]")
    with pytest.raises(UsageError) as caught:
        read_edition_text(text, an_edition(), MORNING)
    assert str(caught.value).count("\n  line ") >= 3


@given(subject=st.text(min_size=1, max_size=100), said=st.text(min_size=1, max_size=200))
def test_any_words_survive_the_editor(subject: str, said: str) -> None:
    """Whatever a subject or a point holds, the untouched text gives the edition back."""
    if not "".join(subject.split()) or not said.strip():
        return
    story = replace(BRIDGE, points=(replace(BRIDGE.points[0], text=said),))
    edition = replace(an_edition(), sections=(Section(title="", stories=(story,)),), subject=subject)
    try:
        back = read_edition_text(edition_text(edition), edition, MORNING)
    except UsageError as error:
        # A text of nothing but control characters has no words to show.
        assert "must be one line" in str(error) or "is empty" in str(error)  # noqa: PT017
    else:
        assert back.stories[0].points[0].spans == story.points[0].spans
        assert " ".join(back.subject.split()) == back.subject
