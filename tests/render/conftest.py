"""Editions to render: written for these tests, as long and as uneven as real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.model import (
    Article,
    Edition,
    KeyPoint,
    Newsletter,
    Rendered,
    Schedule,
    Section,
    Sender,
    Span,
    Story,
    article_id,
)
from digest.render import Picture, render_edition

TEMPLATES = Path(__file__).parents[2] / "templates"
PUBLISHED = datetime(2022, 1, 27, 15, 46, tzinfo=UTC)

# speaker or "" -> points
Groups = Mapping[str, tuple[str, ...]]


def make_article(title: str, **changes: object) -> Article:
    """An article with a source and an address, unless `changes` says otherwise."""
    text = f"{title}."
    defaults = Article(
        id=article_id(url="", title=title, text=text),
        url="https://news.example/politics/grain-corridor",
        title=title,
        published=PUBLISHED,
        language="en",
        source="NV",
        text=text,
        blocks=(),
    )
    return replace(defaults, **changes)  # type: ignore[arg-type]  # whatever a test hands in


def make_story(title: str, groups: Groups, *, others: tuple[Article, ...] = (), **changes: object) -> Story:
    lead = make_article(title, **changes)
    points = tuple(
        KeyPoint(text=text, group=speaker or None, origin="extracted", spans=(Span(0, 1),), article=lead.id)
        for speaker, texts in groups.items()
        for text in texts
    )
    return Story(lead=lead, others=others, points=points)


def make_newsletter(**changes: object) -> Newsletter:
    defaults = Newsletter(
        id="ukraine-today",
        title="Ukraine Today",
        description="The top headlines and developments in Ukraine, every morning.",
        language="en",
        timezone=ZoneInfo("America/New_York"),
        schedule=Schedule(at=time(9)),
        sender=Sender(name="Ukraine Today", address="today@news.example"),
        list_path="/srv/digest/subscribers/ukraine-today.csv",
        theme="ukraine-today",
        postal_address="NV Media House\n12 Velyka Vasylkivska St, Kyiv 01004, Ukraine",
        public_url="https://news.example",
        social_links={
            "Twitter": "https://twitter.example/nv",
            "Facebook": "https://facebook.example/nv",
            "Google News": "https://news-app.example/nv",
        },
    )
    return replace(defaults, **changes)  # type: ignore[arg-type]


def make_edition(sections: tuple[Section, ...], **changes: object) -> Edition:
    slot = datetime(2022, 1, 28, 9, 0, tzinfo=ZoneInfo("America/New_York"))
    defaults = Edition(
        newsletter="ukraine-today",
        slot=slot,
        language="en",
        number=27,
        subject="Ports reopen to grain ships after nine days",
        preheader="Also: a new rail link to Poland, and why the central bank holds its rate.",
        intro="7 stories, 3 minutes",
        sections=sections,
        window=(slot - timedelta(days=1), slot),
        reading_minutes=3,
    )
    return replace(defaults, **changes)  # type: ignore[arg-type]


@pytest.fixture
def english() -> Edition:
    """Seven stories: a lead with two speakers, one updated, one without an address, two in brief."""
    other = make_article("Grain ships sail", source="Reuters", url="https://reuters.example/a?b=1&c=2")
    paper = make_article("Ports", source="Kyiv Post", url="")
    lead = make_story(
        "Black Sea ports reopen to grain ships after nine days of inspections",
        {
            "Blinken": (
                "Washington welcomes the reopening and will pay for a third of the new inspection posts on the Danube.",
                "The United States will not recognise any toll that is charged for passage through the corridor.",
                "Talks on insurance for the ships go on in Geneva next week; a deal is “within reach”.",
            ),
            "Stoltenberg": (
                "Allies have agreed to share radar pictures of the western Black Sea around the clock.",
                "NATO ships will not escort merchant vessels, but remain in international waters near them.",
            ),
        },
        others=(other, paper),
        category="Economy",
        url="https://news.example/economy/ports-reopen",
        image="https://img.example/ports.jpg",
    )
    stories = (
        lead,
        replace(
            make_story(
                "Parliament passes the budget on the third attempt",
                {
                    "": (
                        "The deficit falls to 3.5% of GDP, half a point less than the first draft had foreseen.",
                        "Teachers’ pay rises by 20% from September; the opposition had asked for January.",
                        "“It is a budget of compromise,” said the head of the finance committee, Olena Koval.",
                    )
                },
                category="Politics",
                url="https://news.example/politics/budget",
            ),
            update_of="ukraine-today/2022-01-27T09:00",
        ),
        make_story(
            "Central bank holds its rate at 10% and hints at a rise in March",
            {"": ("Inflation slowed to 9.8% in December.", "The hryvnia lost 4% against the dollar in two weeks.")},
            source="Economic Review",
            url="https://review.example/rate",
        ),
        make_story(
            "Летняя школа для учителей украинского откроется в четырёх городах",
            {"": ("Занятия начнутся 4 июля и продлятся три недели.", "Участие бесплатное, мест — 400.")},
            language="ru",
            source="Новости Днепра",
            url="https://dnipro.example/школа",
        ),
        make_story(
            "Lviv’s tram line to the university opens a year late", {"": ("Trams run every seven minutes.",)}, url=""
        ),
    )
    brief = (
        make_story(
            "First night train from Kyiv to Warsaw leaves in May",
            {"": ("Tickets go on sale on 1 March; the journey takes fourteen hours.", "Left out in a brief.")},
            source="Rail Weekly",
            url="https://rail.example/warsaw",
        ),
        make_story("Storks are back in Polissia, two weeks early", {}, source="", url=""),
    )
    return make_edition(
        (Section(title="", stories=stories), Section(title="In brief", stories=brief, brief=True)),
    )


@pytest.fixture
def russian() -> Edition:
    """A Russian edition with three stories under one heading and one in Ukrainian."""
    stories = (
        make_story(
            "Порты Чёрного моря снова принимают суда с зерном: первые девять вышли в море",
            {
                "Блинкен": (
                    "Вашингтон оплатит треть новых постов досмотра на Дунае.",
                    "США не признают сборов за проход по коридору, кто бы их ни взимал.",
                ),
                "Столтенберг": ("Союзники будут круглосуточно обмениваться данными радаров.",),
            },
            language="ru",
            category="Экономика",
            others=(
                make_article("Порты", source="Интерфакс", url="https://interfax.example/1"),
                make_article("Порти", source="Українська правда", url="https://pravda.example/2"),
            ),
        ),
        make_story(
            "Рада приняла бюджет с третьей попытки",
            {"": ("Дефицит снизится до 3,5% ВВП.", "Зарплаты учителей вырастут на 20% с сентября.")},
            language="ru",
            category="Политика",
        ),
        make_story(
            "Національний банк залишив ставку на рівні 10%",
            {"": ("Інфляція у грудні сповільнилася до 9,8%.",)},
            language="uk",
            source="Економічний огляд",
        ),
    )
    brief = (
        make_story(
            "Ночной поезд Киев — Варшава отправится в мае",
            {"": ("Билеты поступят в продажу 1 марта.",)},
            language="ru",
            source="Железнодорожник",
        ),
    )
    return make_edition(
        (Section(title="", stories=stories), Section(title="Коротко", stories=brief, brief=True)),
        newsletter="nv-digest",
        language="ru",
        slot=datetime(2022, 1, 28, 8, 0, tzinfo=ZoneInfo("Europe/Kyiv")),
        subject="Порты снова принимают суда с зерном",
        preheader="А также: бюджет с третьей попытки и ставка Нацбанка.",
        intro="4 новости, 2 минуты",
    )


@pytest.fixture
def newsletter() -> Newsletter:
    return make_newsletter()


@pytest.fixture
def russian_newsletter() -> Newsletter:
    return make_newsletter(
        id="nv-digest",
        title="Дайджест главных новостей",
        description="Лучшие материалы редакции по будням.",
        language="ru",
        timezone=ZoneInfo("Europe/Kyiv"),
        theme="nv-digest",
        postal_address="Медиадом НВ\nул. Большая Васильковская, 12, Киев 01004",
    )


Render = Callable[..., Rendered]

# The site's own copy of the lead story's picture.
IMAGES = {"https://img.example/ports.jpg": Picture(src="https://news.example/images/ports.jpg", width=544)}


@pytest.fixture
def render() -> Render:
    """Render with the shipped templates; `over` are folders that are searched before them."""

    def rendered(
        edition: Edition, newsletter: Newsletter, *, over: tuple[Path, ...] = (), whole: bool = False
    ) -> Rendered:
        return render_edition(edition, newsletter, template_paths=(*over, TEMPLATES), images=IMAGES, whole=whole)

    return rendered


@pytest.fixture
def render_whole() -> Render:
    """Render for a browser, with the shipped templates."""

    def rendered(edition: Edition, newsletter: Newsletter) -> Rendered:
        return render_edition(edition, newsletter, template_paths=(TEMPLATES,), whole=True)

    return rendered
