"""Two newsletters of one pair tell the same events in the same order, and say where they contradict each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.edition import assemble, choose, disagreements
from digest.edition.pair import counterparts
from digest.model import Article, Edition, KeyPoint, Newsletter, Schedule, Section, Sender, Span, Story

SLOT = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Europe/Kyiv"))
WINDOW = (SLOT - timedelta(days=1), SLOT)
ENGLISH = Newsletter(
    id="today",
    title="Today",
    description="",
    language="en",
    timezone=ZoneInfo("Europe/Kyiv"),
    schedule=Schedule(at=time(9)),
    sender=Sender(name="Today", address="editor@news.example"),
    list_path="/nowhere",
    theme="plain",
    postal_address="",
    public_url="https://news.example",
)
RUSSIAN = replace(ENGLISH, id="segodnya", language="ru", pair="today")
EVENTS = {
    "ferry": (
        "The ferry Baltika, bound from Ystad to Ronne, ran aground off Bornholm with 214 passengers, Nilsen said.",
        "Паром «Балтика» с 214 пассажирами, шедший из Истада в Рённе, сел на мель у Борнхольма, сказал Нильсен.",
    ),
    "chess": (
        "Chess champion Ilona Varga left Tallinn for Rotterdam before her game with Pieter Kuipers of Antwerp.",
        "Чемпионка Илона Варга уехала из Таллина в Роттердам до партии с Питером Кёйперсом из Антверпена.",
    ),
    "dam": (
        "Engineers lowered the Larkspur reservoir and moved 1,100 people to Ashford, operator Delmar Hydro said.",
        "Инженеры компании «Делмар» спустили водохранилище Ларкспур и вывезли 1100 человек в Ашфорд.",
    ),
}


def article(name: str, text: str, *, language: str, hours: float = 1) -> Article:
    return Article(
        id=name,
        url="",
        title=" ".join(text.split()[:7]),
        published=SLOT.astimezone(UTC) - timedelta(hours=hours),
        language=language,
        source=f"{name} paper",
        text=text,
        blocks=(),
    )


def points_of(articles: list[Article]) -> dict[str, tuple[KeyPoint, ...]]:
    return {each.id: (point(each.text, each),) for each in articles}


def point(text: str, of: Article) -> KeyPoint:
    return KeyPoint(text=text, origin="extracted", spans=(Span(0, 1),), article=of.id)


def build(newsletter: Newsletter, articles: list[Article], partner: Edition | None = None) -> Edition:
    return assemble(
        newsletter,
        slot=SLOT,
        window=WINDOW,
        articles=articles,
        points=points_of(articles),
        number=1,
        partner=partner,
    )


def both(hours: dict[str, float], own_hours: dict[str, float]) -> list[Article]:
    english = [article(f"en.{name}", EVENTS[name][0], language="en", hours=age) for name, age in hours.items()]
    russian = [article(f"ru.{name}", EVENTS[name][1], language="ru", hours=age) for name, age in own_hours.items()]
    return english + russian


def test_shared_events_come_in_the_partners_order_then_its_own() -> None:
    """The younger event would lead by its score; the partner's order is stronger, and is told."""
    articles = both({"dam": 1, "ferry": 5}, {"dam": 20, "ferry": 9, "chess": 1})
    partner = build(ENGLISH, articles)
    assert [story.id for story in partner.stories] == ["en.dam", "en.ferry"]
    assert [story.id for story in build(RUSSIAN, articles).stories] == ["ru.chess", "ru.ferry", "ru.dam"]
    assert [story.id for story in build(RUSSIAN, articles, partner).stories] == ["ru.dam", "ru.ferry", "ru.chess"]
    made = choose(RUSSIAN, slot=SLOT, articles=articles, points=points_of(articles), partner=partner)
    told = {decision.article: decision.because for decision in made.decisions}
    assert told["ru.ferry"] == "story 2, with story 2 of today/2026-03-02T09:00"
    assert told["ru.chess"] == "story 3"


def test_a_pin_stands_before_the_partners_order() -> None:
    """An editor of the paired newsletter still decides."""
    articles = both({"dam": 1, "ferry": 5}, {"dam": 20, "ferry": 9})
    partner = build(ENGLISH, articles)
    made = choose(
        RUSSIAN, slot=SLOT, articles=articles, points=points_of(articles), partner=partner, pins=("ru.ferry",)
    )
    assert [story.id for story in made.stories] == ["ru.ferry", "ru.dam"]


@settings(deadline=None, max_examples=20)
@given(ages=st.permutations([1.0, 7.0, 20.0]), own_ages=st.permutations([1.0, 7.0, 20.0]), data=st.data())
def test_two_newsletters_over_the_same_articles_do_not_disturb_each_other(
    ages: list[float], own_ages: list[float], data: st.DataObject
) -> None:
    """Each edition is what it is without the other's articles, in whatever order they come."""
    articles = both(dict(zip(EVENTS, ages, strict=True)), dict(zip(EVENTS, own_ages, strict=True)))
    shuffled = data.draw(st.permutations(articles))
    alone = [each for each in articles if each.language == "en"]
    assert build(ENGLISH, shuffled) == build(ENGLISH, alone)
    partner = build(ENGLISH, alone)
    own = [each for each in articles if each.language == "ru"]
    paired = build(RUSSIAN, shuffled, partner)
    assert paired == build(RUSSIAN, own, partner)
    order = [story.id.partition(".")[2] for story in partner.stories]
    assert [story.id.partition(".")[2] for story in paired.stories] == order


def test_each_story_has_one_counterpart() -> None:
    """Two stories of one event in one edition cannot both take the partner's one; the choice has one answer."""
    partner = build(ENGLISH, both({"ferry": 1}, {}))
    text = EVENTS["ferry"][1]
    stories = [
        Story(lead=(lead := article(f"ru.{number}", text, language="ru")), points=(point(text, lead),))
        for number in range(3)
    ]
    found = counterparts(stories, partner)
    assert list(found) == ["ru.0"]
    assert counterparts(stories[::-1], partner) == found


def pair_of(english: list[str], russian: list[str], *, more: str = "") -> tuple[Edition, Edition]:
    """Two editions of one story each, about the ferry, with these points."""
    one = article("en.ferry", f"{EVENTS['ferry'][0]} {' '.join(english)}", language="en")
    other = article("ru.ferry", f"{EVENTS['ferry'][1]} {' '.join(russian)} {more}", language="ru")
    made = []
    for newsletter, lead, texts in ((ENGLISH, one, english), (RUSSIAN, other, russian)):
        story = Story(lead=lead, points=tuple(point(text, lead) for text in texts))
        made.append(replace(build(newsletter, []), sections=(Section(title="", stories=(story,)),)))
    return made[1], made[0]


@pytest.mark.parametrize(
    ("english", "russian", "said"),
    [
        pytest.param(
            ["214 passengers left."], ["Сняли 241 пассажира."], ("241 пассажира", "214 passengers"), id="number"
        ),
        pytest.param(["It killed 4 people."], ["Погибли 5 человек."], ("5 человек", "4 people"), id="killed"),
        pytest.param(
            ["Baltika cost Nilsen $4.5 million."],
            ["«Балтика» обошлась Нильсену в $5,4 млн."],
            ("5,4 млн USD", "4.5 million USD"),
            id="money of the same thing",
        ),
        pytest.param(
            ["Captain Nilsen of the Baltika was flown to Malmo."],
            ["Капитана «Балтики» Нильсена увезли в Стокгольм."],
            ("Стокгольм", "Malmo"),
            id="a name",
        ),
    ],
)
def test_a_contradiction_is_named_with_both_points(
    english: list[str], russian: list[str], said: tuple[str, str]
) -> None:
    """A number of the same thing, or the one name that differs, is for an editor to look at."""
    (found,) = disagreements(*pair_of(english, russian))
    assert (found.said, found.partner_said) == said
    assert (found.point.text, found.partner_point.text) == (russian[0], english[0])
    assert (found.story, found.partner_story) == ("ru.ferry", "en.ferry")
    assert said[0] in str(found)


@pytest.mark.parametrize(
    ("english", "russian", "more"),
    [
        pytest.param(["214 passengers left."], ["Сняли 214 пассажиров."], "", id="they agree"),
        pytest.param(["1,083 passengers left."], ["Сняли 1100 пассажиров."], "", id="rounded"),
        pytest.param(["About 200 passengers left."], ["Сняли 214 пассажиров."], "", id="hedged"),
        pytest.param(["Fares rose 5%."], ["Вода поднялась на 20%."], "", id="percent of different things"),
        pytest.param(["4 killed, 9 killed."], ["5 погибших."], "", id="which of two"),
        pytest.param(["It killed 4 people."], ["5 человек ранены."], "", id="other units"),
        pytest.param(["Nilsen left."], ["Капитан ушёл, приехал Ларсен."], "", id="nothing but a name in common"),
        pytest.param(
            ["It carried 38 million tins, and 31 million the year before."],
            ["Год назад он перевёз 31 млн банок."],
            "",
            id="the other side has that number too",
        ),
        pytest.param(
            ["Captain Nilsen of the Baltika saw fog."],
            ["Пассажиры «Балтики» Нильсена не винят."],
            "",
            id="a capital that opens a sentence",
        ),
        pytest.param(
            ["Captain Nilsen of the Baltika was flown to Malmo."],
            ["Капитана «Балтики» Нильсена увезли в Стокгольм."],
            "Сначала он был в Мальмё.",
            id="the name is known to the other side",
        ),
        pytest.param(
            ["Captain Nilsen of the Baltika met guests of the Palats Ukraina."],
            ["Капитан «Балтики» Нильсен встретил гостей «Палаца Украина»."],
            "",
            id="a country's name in a station's",
        ),
        pytest.param(
            ["Captain Nilsen of the Baltika met Hughes."],
            ["Капитан «Балтики» Нильсен встретил Хьюза."],
            "",
            id="spelling",
        ),
    ],
)
def test_what_can_both_be_true_is_no_contradiction(english: list[str], russian: list[str], more: str) -> None:
    """An editor who is told of differences that are none stops reading them."""
    assert disagreements(*pair_of(english, russian, more=more)) == ()
