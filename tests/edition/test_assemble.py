"""An edition is a function of its articles as a set, keeps every limit, and says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.edition import assemble, choose
from digest.model import (
    Article,
    Edition,
    EditionStatus,
    KeyPoint,
    Newsletter,
    Schedule,
    SectionRule,
    Selection,
    Sender,
    Span,
)

SLOT = datetime(2026, 1, 2, 9, tzinfo=ZoneInfo("America/New_York"))
WINDOW = (SLOT - timedelta(days=1), SLOT)
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

DAM = "Engineers lowered the reservoir behind the Larkspur dam after cracks were found in its spillway on Monday"
DAM_TOO = "Cracks in the spillway of the Larkspur dam made engineers lower the reservoir on Monday, the operator said"
TEXTS = [
    DAM,
    DAM_TOO,
    "Chess champion Ilona Varga withdrew from the Tallinn tournament with a fever before the sixth round",
    "A ferry between Ronne and Ystad ran aground in fog; all 214 passengers were taken off by lifeboats",
    "Parliament rejected the budget by three votes and the finance minister offered to resign at once",
    "The observatory on Mount Teide recorded the brightest meteor shower for two decades over the islands",
]
RUSSIAN = [
    "Паром с 214 пассажирами сел на мель в тумане у острова Борнхольм, людей сняли спасательные шлюпки",
    "Парламент отклонил бюджет тремя голосами, министр финансов предложил подать в отставку",
    "Шахматистка Илона Варга снялась с турнира в Таллине из-за высокой температуры",
    "Обсерватория на горе Тейде увидела самый яркий метеорный поток за двадцать лет",
    "Инженеры спустили водохранилище, когда в плотине нашли трещины",
]


def article(name: str, text: str, *, hours: float = 1, source: str = "", language: str = "en") -> Article:
    return Article(
        id=name,
        url="",
        title=" ".join(text.split()[:6]),
        published=SLOT.astimezone(UTC) - timedelta(hours=hours),
        language=language,
        source=source or f"source {name}",
        text=text,
        blocks=(),
    )


def points_of(articles: Sequence[Article]) -> Mapping[str, tuple[KeyPoint, ...]]:
    return {
        each.id: (KeyPoint(text=each.text, origin="extracted", spans=(Span(0, len(each.text)),), article=each.id),)
        for each in articles
    }


def build(
    articles: Sequence[Article],
    selection: Selection | None = None,
    *,
    language: str = "en",
    earlier: Sequence[Edition] = (),
    regular_start: datetime | None = None,
) -> Edition:
    newsletter = replace(NEWSLETTER, selection=selection or Selection(), language=language)
    return assemble(
        newsletter,
        slot=SLOT,
        window=WINDOW,
        articles=articles,
        points=points_of(articles),
        number=4,
        earlier=earlier,
        regular_start=regular_start,
    )


def before(articles: Sequence[Article]) -> list[Edition]:
    """The edition of the day before, made of these articles; its own window is not looked at."""
    return [replace(build(articles), slot=SLOT - timedelta(days=1))]


batches = st.lists(
    st.tuples(
        st.sampled_from(TEXTS), st.integers(0, 30), st.sampled_from(["A", "B", "C"]), st.sampled_from(["en", "ru"])
    ),
    max_size=14,
).map(lambda rows: [article(f"{n:02}", t, hours=h, source=s, language=g) for n, (t, h, s, g) in enumerate(rows)])
RULES = (
    SectionRule(title="Sea", keywords=frozenset({"ferry", "reservoir"}), max_stories=1),
    SectionRule(title="From B", sources=frozenset({"B"}), brief=True),
)
selections = st.builds(
    Selection,
    min_stories=st.integers(0, 4),
    max_stories=st.integers(1, 8),
    brief_after=st.integers(0, 8),
    sources=st.frozensets(st.sampled_from(["A", "B"])),
    max_points=st.none() | st.integers(1, 3),
    max_minutes=st.none() | st.integers(1, 2),
    max_per_source=st.none() | st.integers(1, 3),
    sections=st.sampled_from([(), RULES, RULES[:1], RULES[::-1]]),
)
starts = st.none() | st.integers(0, 23).map(lambda hours: SLOT - timedelta(hours=hours))


@settings(deadline=None)
@given(articles=batches, earlier=batches, selection=selections, start=starts, data=st.data())
def test_an_edition_is_a_function_of_its_articles_as_a_set(
    articles: list[Article], earlier: list[Article], selection: Selection, start: datetime | None, data: st.DataObject
) -> None:
    """Neither the order articles come in nor one that comes twice changes anything."""
    shuffled = data.draw(st.permutations(articles + articles[:2]))
    past = before([replace(each, id=f"old {each.id}") for each in earlier])
    once = build(articles, selection, earlier=past, regular_start=start)
    assert build(shuffled, selection, earlier=past, regular_start=start) == once


@settings(deadline=None)
@given(articles=batches, old=st.integers(0, 14), selection=selections, start=starts)
def test_every_limit_is_kept(articles: list[Article], old: int, selection: Selection, start: datetime | None) -> None:
    """Each article is in at most one story and one edition, and languages, sources, numbers and minutes hold."""
    past = before(articles[:old])
    edition = build(articles, selection, earlier=past, regular_start=start)
    placed = [each.id for story in edition.stories for each in story.articles]
    assert len(placed) == len(set(placed))
    assert not set(placed) & {each.id for story in past[0].stories for each in story.articles}
    assert len(edition.stories) <= selection.max_stories
    front = [section for section in edition.sections if not section.title]
    assert sum(len(section.stories) for section in front) <= selection.brief_after
    assert all(section.stories for section in edition.sections)
    titles = [section.title for section in edition.sections]
    places = ["", *(rule.title for rule in selection.sections), "What you may have missed", "In brief"]
    assert titles == [title for title in places if title in titles]
    assert "Sea" not in titles or len(edition.sections[titles.index("Sea")].stories) == 1
    led = Counter(story.lead.source for story in edition.stories)
    assert max(led.values(), default=0) <= (selection.max_per_source or 99)
    assert edition.reading_minutes <= (selection.max_minutes or 99) or len(edition.stories) == 1
    known = {each.id: each for each in articles}
    for story in edition.stories:
        assert all(known[each.id].language == "en" for each in story.articles)
        assert not selection.sources or {each.source for each in story.articles} <= selection.sources
        assert story.points
        assert {point.article for point in story.points} <= {each.id for each in story.articles}
        for point in story.points:
            assert all(known[point.article].text[span.start : span.end] for span in point.spans)
        assert len(story.points) <= max(1, selection.max_points or 99)
        assert story.update_of in {None, past[0].key}
    assert (edition.status is EditionStatus.SKIPPED) is (len(edition.stories) < selection.min_stories)


@settings(deadline=None)
@given(articles=batches, selection=selections)
def test_every_article_has_one_decision(articles: list[Article], selection: Selection) -> None:
    """What is in, merged or out is said of each article once, and agrees with the stories."""
    newsletter = replace(NEWSLETTER, selection=selection)
    choice = choose(newsletter, slot=SLOT, window=WINDOW, articles=articles, points=points_of(articles))
    assert sorted(decision.article for decision in choice.decisions) == sorted(each.id for each in articles)
    read = [each.id for story in choice.stories for each in story.articles]
    assert [decision.article for decision in choice.decisions][: len(read)] == read
    leads = {decision.article for decision in choice.decisions if decision.fate == "lead"}
    assert leads == {story.lead.id for story in choice.stories}
    merged = {decision.article for decision in choice.decisions if decision.fate == "merged"}
    assert merged == {each.id for story in choice.stories for each in story.others}
    assert all(decision.score for decision in choice.decisions if decision.fate != "out")


def test_two_reports_of_one_event_are_one_story_and_the_rest_is_brief() -> None:
    """The event that two sources report leads; what is past `brief_after` stands under its own heading."""
    articles = [article(str(number), text) for number, text in enumerate(TEXTS)]
    edition = build(articles, Selection(brief_after=2))
    assert {each.id for each in edition.stories[0].articles} == {"0", "1"}
    assert [(section.title, len(section.stories), section.brief) for section in edition.sections] == [
        ("", 2, False),
        ("In brief", 3, True),
    ]
    assert edition.intro == "5 stories, 1 minute"
    assert edition.number == 4
    assert edition.status is EditionStatus.DRAFT


def test_the_intro_speaks_the_newsletters_language() -> None:
    """Plural forms are those of the language, and the brief section's heading too."""
    articles = [article(str(number), text, language="ru") for number, text in enumerate(RUSSIAN)]
    edition = build(articles, Selection(brief_after=2), language="ru")
    assert edition.intro == "5 новостей, 1 минута"
    assert edition.sections[1].title == "Коротко"


def test_another_source_adds_only_what_the_lead_does_not_tell() -> None:
    """A fact that only the second source has joins the points under its own article; a repeat does not."""
    lead, other = article("lead", f"{DAM}. {DAM}", source="A"), article("other", DAM_TOO, source="B")
    news = "Eleven hundred villagers downstream were moved to schools in Ashford overnight"
    given_points = {
        "lead": (KeyPoint(text=DAM, origin="authored", spans=(Span(0, 5),), article="lead"),),
        "other": (
            KeyPoint(text=DAM_TOO, origin="extracted", spans=(Span(0, 5),), article="other"),
            KeyPoint(text=news, origin="extracted", spans=(Span(6, 9),), article="other"),
        ),
    }
    edition = assemble(NEWSLETTER, slot=SLOT, window=WINDOW, articles=[other, lead], points=given_points, number=1)
    (story,) = edition.stories
    assert [(point.text, point.article) for point in story.points] == [(DAM, "lead"), (news, "other")]


def test_the_readers_language_leads() -> None:
    """An English newsletter that reads Russian sources too has English headlines, though the other text is longer."""
    own = article(
        "en", "The ferry Baltika ran aground off Bornholm with 214 passengers, Captain Nilsen told Danish radio."
    )
    text = (
        "Паром «Балтика» с 214 пассажирами сел на мель у Борнхольма, сказал датскому радио капитан Нильсен. Всех сняли "
        "на шлюпках, раненых нет, сообщила береговая охрана."
    )
    other = article("ru", text, language="ru", source="Весть")
    edition = build([own, other], Selection(languages=frozenset({"en", "ru"})))
    assert [[each.id for each in story.articles] for story in edition.stories] == [["en", "ru"]]


def test_too_few_stories_skip_the_edition_and_say_so() -> None:
    """The note names what was found, what was needed and when was looked."""
    edition = build([article("0", DAM)], Selection(min_stories=3))
    assert edition.status is EditionStatus.SKIPPED
    assert edition.note == (
        "1 story between 2026-01-01T09:00 and 2026-01-02T09:00, where selection.min_stories asks for 3"
    )
    quiet = build([], Selection(min_stories=1))
    assert quiet.status is EditionStatus.SKIPPED
    assert quiet.sections == ()
    assert quiet.subject == "Ukraine Today"


def test_an_article_without_points_never_leads() -> None:
    """It stands behind one that has some, and alone it is out, with the reason."""
    articles = [article("0", DAM), article("1", DAM_TOO), article("2", TEXTS[2])]
    points = {"1": points_of(articles)["1"]}
    choice = choose(NEWSLETTER, slot=SLOT, window=WINDOW, articles=articles, points=points)
    assert [(each.article, each.fate) for each in choice.decisions] == [("1", "lead"), ("0", "merged"), ("2", "out")]
    assert choice.decisions[2].because == "no key points"


def test_pins_and_drops_are_obeyed_and_told() -> None:
    """A dropped article is in no story; a pinned one comes first whatever its score."""
    articles = [article(str(number), text, hours=1 + number) for number, text in enumerate(TEXTS)]
    choice = choose(
        NEWSLETTER, slot=SLOT, articles=articles, points=points_of(articles), pins=("5",), drops=frozenset({"0"})
    )
    assert choice.stories[0].lead.id == "5"
    because = {decision.article: decision.because for decision in choice.decisions}
    assert because["0"] == "dropped by the editor"
    assert all("0" not in {each.id for each in story.articles} for story in choice.stories)


def test_a_dropped_story_takes_its_event_along() -> None:
    """The editor took out the story, so the same event does not come back under another paper's headline."""
    articles = [article(str(number), text) for number, text in enumerate(TEXTS)]
    choice = choose(NEWSLETTER, slot=SLOT, articles=articles, points=points_of(articles), drops=frozenset({"1"}))
    assert {"0", "1"}.isdisjoint(each.id for story in choice.stories for each in story.articles)
    assert choice.decisions[-2].because == "same event as 1, which is dropped"
    assert choice.decisions[-1].because == "dropped by the editor"


def test_what_was_missed_has_its_own_heading_only_after_a_gap() -> None:
    """What the skipped edition would have told comes last; when nothing was skipped there is no such section."""
    articles = [article(str(number), text, hours=20 if number == 3 else 1) for number, text in enumerate(TEXTS)]
    regular_start = SLOT - timedelta(hours=12)
    late = build(articles, regular_start=regular_start).sections[1]
    assert (late.title, [story.id for story in late.stories], late.brief) == ("What you may have missed", ["3"], True)
    for start in (None, WINDOW[0]):
        assert [section.title for section in build(articles, regular_start=start).sections] == [""]


def test_the_newsletters_weights_decide() -> None:
    """A source's and a category's weight in the definition move a story to the front, and a half-life ages it."""
    articles = [article(str(number), text, hours=1 + number) for number, text in enumerate(TEXTS[2:])]
    articles[2] = replace(articles[2], category="Politics", source="Gazette")
    assert build(articles).stories[0].id == "0"
    assert build(articles, Selection(source_weights={"Gazette": 3.0})).stories[0].id == "2"
    assert build(articles, Selection(section_weights={"Politics": 3.0})).stories[0].id == "2"
    rule = SectionRule(title="Power", categories=frozenset({"politics"}))
    choice = choose(
        replace(NEWSLETTER, selection=Selection(section_weights={"power": 3.0}, sections=(rule,))),
        slot=SLOT,
        articles=articles,
        points=points_of(articles),
    )
    assert choice.decisions[0].article == "2"
    assert "section 3.00 (Power)" in str(choice.decisions[0].score)
    scores = [
        choose(
            replace(NEWSLETTER, selection=Selection(half_life=timedelta(hours=hours))),
            slot=SLOT,
            articles=articles,
            points=points_of(articles),
        )
        .decisions[3]
        .score
        for hours in (1, 100)
    ]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0].total < scores[1].total


def test_no_decision_depends_on_articles_of_another_language() -> None:
    """Two newsletters over one store: what the other's readers get leaves every figure as it is."""
    own = [article(str(number), text) for number, text in enumerate(TEXTS)]
    foreign = [article(f"ru {number}", text, language="ru") for number, text in enumerate(RUSSIAN)]
    every = own + foreign
    choice = choose(NEWSLETTER, slot=SLOT, articles=every, points=points_of(every))
    alone = choose(NEWSLETTER, slot=SLOT, articles=own, points=points_of(own))
    assert choice.sections == alone.sections
    assert [each for each in choice.decisions if not each.article.startswith("ru")] == list(alone.decisions)
