"""Nothing is told twice: a told event comes back with what changed, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.edition import Choice, assemble, choose
from digest.model import Article, Edition, KeyPoint, Newsletter, Schedule, Selection, Sender, Span

ZONE = ZoneInfo("Europe/Kyiv")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZONE)
DAY = timedelta(days=1)
NEWSLETTER = Newsletter(
    id="morning",
    title="Morning",
    description="",
    language="en",
    timezone=ZONE,
    schedule=Schedule(at=time(9)),
    sender=Sender(name="Morning", address="editor@news.example"),
    list_path="/nowhere",
    theme="plain",
    postal_address="",
    public_url="https://news.example",
    selection=Selection(languages=frozenset({"en", "ru", "uk"})),
)
FERRY = (
    "The ferry Baltika, bound from Ystad to Ronne, ran aground in fog off Bornholm on Monday.",
    "All 214 passengers were taken off in lifeboats, Captain Nilsen told Danish radio.",
)
FERRY_TOO = (
    "Danish coast guards took 214 passengers off the ferry Baltika, which ran aground in fog off Bornholm.",
    "Captain Nilsen told Danish radio that all were taken off in lifeboats.",
)
FERRY_NEXT = (
    "The ferry Baltika, which ran aground in fog off Bornholm with 214 passengers on Monday, lies on its side.",
    "Salvage crews pumped 90 tonnes of fuel out of the ferry Baltika off Bornholm overnight.",
    "Prosecutors in Copenhagen opened an inquiry into the shipping company and seized its radar recordings.",
)
CHESS = ("Chess champion Ilona Varga withdrew from the Tallinn tournament with a fever before the sixth round.",)


def article(name: str, sentences: tuple[str, ...], *, at: datetime, **changes: object) -> Article:
    made = Article(
        id=name,
        url=f"https://{name}.example/",
        title=sentences[0].rstrip("."),
        published=at.astimezone(UTC),
        language="en",
        source=f"{name} paper",
        text=" ".join(sentences),
        blocks=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # whatever a test hands in


def points_of(articles: list[Article]) -> dict[str, tuple[KeyPoint, ...]]:
    """Each sentence is a point."""
    found = {}
    for each in articles:
        ends = [
            at + 1 for at, letter in enumerate(each.text) if letter == "." and each.text[at + 1 : at + 2] in {"", " "}
        ]
        spans = [Span(start, end) for start, end in zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True)]
        found[each.id] = tuple(
            KeyPoint(text=each.text[span.start : span.end], origin="authored", spans=(span,), article=each.id)
            for span in spans
        )
    return found


def edition(slot: datetime, articles: list[Article], *earlier: Edition) -> Edition:
    return assemble(
        NEWSLETTER,
        slot=slot,
        window=(slot - DAY, slot),
        articles=articles,
        points=points_of(articles),
        number=1,
        earlier=earlier,
    )


def choice(slot: datetime, articles: list[Article], *earlier: Edition) -> Choice:
    return choose(NEWSLETTER, slot=slot, articles=articles, points=points_of(articles), earlier=earlier)


def reasons(made: Choice) -> dict[str, str]:
    return {decision.article: decision.because for decision in made.decisions}


def test_an_article_that_was_told_is_out() -> None:
    """By its id, and by its address where the publisher changed a word of it since; the day is said."""
    told = article("ferry", FERRY, at=MONDAY - DAY / 2)
    changed = replace(told, id="ferry2", text=f"{told.text} Corrected.")
    made = choice(MONDAY + DAY, [told, changed], edition(MONDAY, [told]))
    assert made.stories == ()
    assert reasons(made) == {"ferry": "told on 2026-03-02", "ferry2": "told on 2026-03-02"}


def test_a_merged_article_counts_as_told() -> None:
    """Who stood behind another yesterday does not lead today."""
    first, second = article("ferry", FERRY, at=MONDAY - DAY / 2), article("coast", FERRY_TOO, at=MONDAY - DAY / 3)
    monday = edition(MONDAY, [first, second])
    assert len(monday.stories) == 1
    assert choice(MONDAY + DAY, [first, second], monday).stories == ()


def test_the_same_facts_in_other_words_are_out() -> None:
    """Another paper that tells yesterday's event without news is no story; that it joined is said."""
    monday = edition(MONDAY, [article("ferry", FERRY, at=MONDAY - DAY / 2)])
    made = choice(MONDAY + DAY, [article("coast", FERRY_TOO, at=MONDAY + DAY / 2)], monday)
    assert made.stories == ()
    assert reasons(made) == {"coast": "nothing new since the edition of 2026-03-02, new outlets: coast paper"}


def test_a_told_event_comes_back_with_what_changed() -> None:
    """Only the new facts are told, the authored points too; the story names the edition that it continues."""
    monday = edition(MONDAY, [article("ferry", FERRY, at=MONDAY - DAY / 2)])
    news = [article("next", FERRY_NEXT, at=MONDAY + DAY / 2), article("chess", CHESS, at=MONDAY + DAY / 2)]
    tuesday = edition(MONDAY + DAY, news, monday)
    update = next(story for story in tuesday.stories if story.id == "next")
    assert [point.text for point in update.points] == list(FERRY_NEXT[1:])
    assert update.update_of == "morning/2026-03-02T09:00"
    assert next(story for story in tuesday.stories if story.id == "chess").update_of is None
    told = reasons(choice(MONDAY + DAY, news, monday))["next"]
    assert "update of morning/2026-03-02T09:00: 2 new points, new outlets: next paper" in told


def test_a_new_figure_is_news() -> None:
    """One number more than was known is enough, and a rounder one of the same thing is not."""
    monday = edition(MONDAY, [article("ferry", FERRY, at=MONDAY - DAY / 2)])
    rise = article("rise", (FERRY[0], "All 241 passengers were taken off in lifeboats."), at=MONDAY + DAY / 2)
    rounder = article("rounder", (FERRY[0], "About 210 passengers were taken off in lifeboats."), at=MONDAY + DAY / 2)
    (story,) = choice(MONDAY + DAY, [rise], monday).stories
    assert [point.text for point in story.points] == ["All 241 passengers were taken off in lifeboats."]
    assert choice(MONDAY + DAY, [rounder], monday).stories == ()


STRIKE = (
    "A drone hit a furniture factory in Chuhuiv on Monday night, governor Oleh Syniehubov said.",
    "Three people were killed, and five firefighters put the fire out.",
)


@pytest.mark.parametrize(
    ("sentence", "points"),
    [
        pytest.param("The death toll in Chuhuiv rose to five.", 1, id="five dead are not five firefighters"),
        pytest.param("At least three people were killed in Chuhuiv.", 0, id="the same toll"),
        pytest.param("Число погибших в Чугуеве выросло до пяти.", 1, id="in Russian"),
        pytest.param("У Чугуєві загинули троє людей, гасили п'ятеро пожежників.", 0, id="nothing new in Ukrainian"),
        pytest.param("У Чугуєві вже п'ятеро загиблих.", 1, id="in Ukrainian"),
    ],
)
def test_a_toll_that_rises_is_news(sentence: str, points: int) -> None:
    """Numbers in words count, each against those of the same thing."""
    language = {"T": "en", "A": "en", "Ч": "ru", "У": "uk"}[sentence[0]]
    monday = edition(MONDAY, [article("strike", STRIKE, at=MONDAY - DAY / 2)])
    told = {
        "en": STRIKE[0],
        "ru": "Беспилотник ночью попал в мебельную фабрику в Чугуеве, сообщил губернатор Олег Синегубов.",
        "uk": "Дрон уночі влучив у меблеву фабрику в Чугуєві, повідомив губернатор Олег Синєгубов.",
    }
    late = article("late", (told[language], sentence), at=MONDAY + DAY / 2, language=language)
    made = choice(MONDAY + DAY, [late], monday)
    assert [point.text for story in made.stories for point in story.points] == [sentence] * points


@pytest.mark.parametrize(
    ("sentence", "points"),
    [
        pytest.param("One of the firefighters died in Chuhuiv.", 0, id="the dead are known"),
        pytest.param("The owner of the factory in Chuhuiv was detained.", 1, id="a suspect is new"),
        pytest.param("The governor Oleh Syniehubov said that a drone hit it.", 0, id="nothing new"),
    ],
)
def test_a_turn_of_events_is_news_in_however_few_words(sentence: str, points: int) -> None:
    """A death, an arrest or a sentence that nothing told so far speaks of is told, though its other words are known."""
    monday = edition(MONDAY, [article("strike", STRIKE, at=MONDAY - DAY / 2)])
    made = choice(MONDAY + DAY, [article("late", (STRIKE[0], sentence), at=MONDAY + DAY / 2)], monday)
    assert [point.text for story in made.stories for point in story.points] == [sentence] * points


def test_an_update_continues_the_latest_edition_and_repeats_none_of_them() -> None:
    """What any remembered edition told is known, and the mark names the last one."""
    monday = edition(MONDAY, [article("ferry", FERRY, at=MONDAY - DAY / 2)])
    tuesday = edition(MONDAY + DAY, [article("next", FERRY_NEXT, at=MONDAY + DAY / 2)], monday)
    last = (FERRY_NEXT[0], FERRY[1], FERRY_NEXT[1], "Tugs from Gdansk towed the wreck into Ronne harbour at noon.")
    late = [article("last", last, at=MONDAY + 1.5 * DAY)]
    for earlier in ([monday, tuesday], [tuesday, monday]):
        (story,) = choice(MONDAY + 2 * DAY, late, *earlier).stories
        assert [point.text for point in story.points] == [last[-1]]
        assert story.update_of == tuesday.key


def test_an_edition_does_not_remember_itself_or_the_future() -> None:
    """A slot built again later finds its own articles new, whatever went out since."""
    articles = [article("ferry", FERRY, at=MONDAY - DAY / 2)]
    monday = edition(MONDAY, articles)
    assert monday.stories
    assert edition(MONDAY, articles, monday, replace(monday, slot=MONDAY + DAY)) == monday


@pytest.mark.parametrize(
    ("language", "sentences", "points"),
    [
        pytest.param(
            "ru",
            (
                "Паром «Балтика» с 214 пассажирами, шедший из Истада в Рённе, сел на мель у Борнхольма.",
                "Всех сняли на шлюпках, сказал датскому радио капитан Нильсен.",
            ),
            0,
            id="nothing new",
        ),
        pytest.param(
            "ru",
            (
                "Паром «Балтика» с 214 пассажирами, шедший из Истада в Рённе, сел на мель у Борнхольма.",
                "Капитан Нильсен сообщил, что из парома откачали 90 тонн топлива.",
            ),
            1,
            id="a new figure",
        ),
    ],
)
def test_an_event_told_in_another_language_is_known(language: str, sentences: tuple[str, ...], points: int) -> None:
    """Figures and names tell whether a report in another language has news; words cannot."""
    monday = edition(MONDAY, [article("ferry", FERRY, at=MONDAY - DAY / 2)])
    made = choice(MONDAY + DAY, [article("parom", sentences, at=MONDAY + DAY / 2, language=language)], monday)
    assert [len(story.points) for story in made.stories] == [points] * bool(points)
