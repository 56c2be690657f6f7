"""The editors' own points are taken verbatim and grouped, and only where they really wrote some."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.keypoints.authored import authored_points
from digest.model import Article, Block, BlockKind, Span
from digest.sources.text import split_blocks

_KINDS: dict[str, BlockKind] = {"# ": "heading", "- ": "item", "> ": "quote"}


def an_article(*lines: str, language: str = "en") -> Article:
    """An article of one block a line: "# " opens a heading, "- " an item, "> " a quote, nothing a paragraph."""
    blocks, start = [], 0
    for line in lines:
        mark = next((mark for mark in _KINDS if line.startswith(mark)), "")
        kind = _KINDS.get(mark, "paragraph")
        blocks.append(Block(kind=kind, text=line[len(mark) :], span=Span(start + len(mark), start + len(line))))
        start += len(line) + 1
    return Article(
        id="0" * 16,
        url="",
        title="A title",
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language=language,
        source="",
        text="\n".join(lines),
        blocks=tuple(blocks),
    )


def grouped(article: Article) -> list[tuple[str | None, str]]:
    return [(point.group, point.text) for point in authored_points(article)]


STORY = "The ministers met for four hours in the old town hall and agreed on very little, officials said later."
LONG = (
    "The ministers met for four hours in the old town hall, where the first of these talks was held three years ago,"
    " and agreed on very little, officials who had sat at the table said later, although both of them praised the tone"
    " of the conversation and the patience of the hosts, who had prepared for the meeting since last spring."
)


def test_points_under_headings_that_name_speakers() -> None:
    """Paragraphs are points under "X's key points:", up to another heading; furniture is passed over."""
    article = an_article(
        STORY,
        "# Video of day",
        "# Roe’s key points:",
        "The bridge stays shut. It will be rebuilt.",
        "Video of day",
        "Nobody will pay a toll, she said.",
        "# Von der Poe’s key points:",
        "The union pays half of the costs.",
        "Work begins in May.",
        "# ‘A Bridge Too Old’",
        STORY,
        "Follow us on Twitter, Facebook and Google News",
    )
    assert grouped(article) == [
        ("Roe", "The bridge stays shut. It will be rebuilt."),
        ("Roe", "Nobody will pay a toll, she said."),
        ("Von der Poe", "The union pays half of the costs."),
        ("Von der Poe", "Work begins in May."),
    ]


@pytest.mark.parametrize(
    ("heading", "group"),
    [
        ("Roe’s key points:", "Roe"),
        ("Roe's Key Takeaways", "Roe"),
        ("President Sandu’s main messages:", "President Sandu"),
        ("Ursula von der Leyen's main points", "Ursula von der Leyen"),
        ("Davis’ key points:", "Davis"),
        ("Key takeaways from Roe's speech:", "Roe"),
        ("Main points of Jane Roe’s press conference", "Jane Roe"),
        ("What Roe said:", "Roe"),
        ("Jane Roe: key quotes", "Jane Roe"),
        ("Key points", None),
        ("Key points:", None),
        ("KEY TAKEAWAYS", None),
        ("5 key takeaways", None),
        ("The main points", None),
        ("Highlights", None),
        ("Key takeaways from the summit:", None),
        ("Today’s key points:", None),
        ("What we know so far", None),
        ("What we know about the bridge", None),
        ("What to know about the bridge so far:", None),
        ("Here’s what we know:", None),
        ("At a glance", None),
        ("In brief:", None),
        ("Summary", None),
        ("✅ Key points:", None),
        ("STORY HIGHLIGHTS", None),
        ("Things to know", None),
        ("Five things you need to know", None),
        ("Here are the main takeaways:", None),
        ("5 takeaways", None),
        ("Fast facts", None),
        ("Quick take", None),
        ("Need to know", None),
        ("The bottom line", None),
        ("**Key points**", None),
    ],
)
def test_english_headings(heading: str, group: str | None) -> None:
    """A heading that announces points is known, with the speaker as written but for the possessive."""
    article = an_article(STORY, f"# {heading}", "- The bridge stays shut.", "- Work begins in May.", STORY)
    assert grouped(article) == [(group, "The bridge stays shut."), (group, "Work begins in May.")]


@pytest.mark.parametrize(
    ("heading", "group", "language"),
    [
        ("Главное из заявлений Блинкена:", "Блинкен", "ru"),
        ("Тезисы Столтенберга:", "Столтенберга", "ru"),
        ("Ключевые тезисы", None, "ru"),
        ("Ключевые заявления президента Санду:", "президента Санду", "ru"),
        ("Главное из речи Майи Роевой", "Майя Роева", "ru"),
        ("Что сказал Блинкен", "Блинкен", "ru"),
        ("Главное:", None, "ru"),
        ("Главное к этому часу:", None, "ru"),
        ("Самое важное", None, "ru"),
        ("Коротко", None, "ru"),
        ("Что известно на данный момент:", None, "ru"),
        ("Что известно о мосте:", None, "ru"),
        ("Що відомо про міст", None, "uk"),
        ("Основное", None, "ru"),
        ("О главном", None, "ru"),
        ("Вот что известно:", None, "ru"),
        ("Краткое содержание", None, "ru"),
        ("Ключове:", None, "uk"),
        ("Про головне", None, "uk"),
        ("Ось що відомо:", None, "uk"),
        ("Короткий зміст", None, "uk"),
        ("Тези Столтенберга:", "Столтенберга", "uk"),
        ("Головне із заяв Блінкена:", "Блінкен", "uk"),
        ("Що сказав Блінкен:", "Блінкен", "uk"),
        ("Ключові тези", None, "uk"),
        ("Головне:", None, "uk"),
        ("Що відомо на цей момент", None, "uk"),
        ("Стисло", None, "uk"),
        ("Найважливіше", None, "uk"),
    ],
)
def test_russian_and_ukrainian_headings(heading: str, group: str | None, language: str) -> None:
    """A name in the genitive is given in the nominative where the article has it, else as written."""
    story = {
        "ru": "Блинкен и Майя Роева встретились с журналистами после переговоров в Женеве.",
        "uk": "Блінкен зустрівся з журналістами після переговорів у Женеві, а потім полетів додому.",
    }[language]
    first, second = {
        "ru": ("Мост закрыт до мая.", "Платить никто не будет."),
        "uk": ("Міст закрито до травня.", "Платити ніхто не буде."),
    }[language]
    article = an_article(story, f"# {heading}", f"- {first}", f"- {second}", story, language=language)
    assert grouped(article) == [(group, first), (group, second)]


def test_speakers_named_under_one_heading() -> None:
    """Under "Key points", a line with a name and a colon opens that speaker's group."""
    article = an_article(
        "After the talks Roe and Poe faced the press.",
        "# Key points",
        "# Roe:",
        "- The bridge stays shut.",
        "- Nobody will pay.",
        "# Poe:",
        "- The union pays half.",
        "- Work begins in May.",
    )
    assert [group for group, _ in grouped(article)] == ["Roe", "Roe", "Poe", "Poe"]


def test_a_list_ends_at_the_first_paragraph() -> None:
    """The story goes on behind a summary box without a heading of its own."""
    article = an_article("# Key points", "- The bridge stays shut.", "- Work begins in May.", STORY, STORY)
    assert len(authored_points(article)) == 2


def test_a_line_that_leads_in_to_the_list_is_no_point() -> None:
    """A sentence with a colon between heading and list announces the points."""
    article = an_article("# Key points", "Roe told reporters:", "- The bridge stays shut.", "- Work begins in May.")
    assert [text for _, text in grouped(article)] == ["The bridge stays shut.", "Work begins in May."]


def test_a_summary_box_of_one_paragraph() -> None:
    """One short paragraph under "Summary" is the editors' point when the story stands under its own heading."""
    article = an_article("# Summary", "The bridge stays shut until May.", "# The meeting", STORY)
    assert grouped(article) == [(None, "The bridge stays shut until May.")]


def test_a_bulleted_lead() -> None:
    """A list between the title and the story is the editors' summary."""
    article = an_article(
        "- The ministers met for four hours and a half", "- Officials praised the tone of it", STORY, LONG
    )
    assert len(authored_points(article)) == 2


def test_a_short_lead_with_full_stops() -> None:
    """Languages without articles take fewer words; a full stop behind each tells points from a menu."""
    story = "Мэр города сообщил, что мост закрыт до мая. Ремонт обойдется в 4 млн евро, половину заплатит область."
    article = an_article("- Мост города закрыт до мая.", "- Ремонт обойдется очень дорого.", story)
    assert len(authored_points(article)) == 2


def test_an_article_that_is_a_list() -> None:
    """Where nearly all is a list, its items are the points."""
    article = an_article(
        "The minister said:",
        *(f"- The bridge number {number} stays shut until the month of May." for number in range(5)),
    )
    assert len(authored_points(article)) == 5


@pytest.mark.parametrize("bullet", ["• ", "✅ ", "▪️ ", "🔹", "→ ", "➡️ ", "◾ ", "★ ", "» ", "— "])
def test_bullets_that_came_as_paragraphs(bullet: str) -> None:
    """A paragraph that opens with a bullet is an item, and the bullet no part of the point or its span."""
    lines = [f"{bullet}The bridge stays shut.", f"{bullet}Work begins in May."]
    article = an_article("# Key points", *lines, "# The meeting", STORY)
    points = authored_points(article)
    if bullet == "— ":  # may be speech: told apart where blocks are made
        assert [point.text for point in points] == lines
    else:
        assert [point.text for point in points] == ["The bridge stays shut.", "Work begins in May."]
    assert [article.text[point.spans[0].start : point.spans[0].end] for point in points] == [
        point.text for point in points
    ]


@pytest.mark.parametrize(
    "numerals",
    [("(1) ", "(2) "), ("1) ", "2) "), ("1.", "2."), ("4 – ", "5 – "), ("#1 ", "#2 "), ("a) ", "b) "), ("а) ", "б) ")],
)
def test_numerals_that_came_with_paragraphs(numerals: tuple[str, str]) -> None:
    """What is counted is a list, and the numeral no part of the point or its span."""
    texts = ["The bridge stays shut.", "Work begins in May."]
    article = an_article("# Key points", *(f"{mark}{text}" for mark, text in zip(numerals, texts, strict=True)), STORY)
    points = authored_points(article)
    assert [point.text for point in points] == texts
    assert [article.text[point.spans[0].start : point.spans[0].end] for point in points] == texts


def test_a_numeral_alone_is_part_of_its_point() -> None:
    """A number that no other follows counts nothing."""
    article = an_article(
        "# Key points", "3.The bridge stays shut.", "Work begins in May.", "# The meeting", STORY, LONG
    )
    assert [text for _, text in grouped(article)] == ["3.The bridge stays shut.", "Work begins in May."]


def test_a_blank_line_ends_a_box_of_a_line_each() -> None:
    """Points that stand line under line end where the first blank line does."""
    box = "Key points:\nThe bridge stays shut until May.\nNobody will have to pay for it."
    text = f"{box}\n\n{STORY}\n\n{STORY}\n\n{LONG}"
    article = replace(an_article("x"), text=text, blocks=split_blocks(text))
    assert [text for _, text in grouped(article)] == [
        "The bridge stays shut until May.",
        "Nobody will have to pay for it.",
    ]


@pytest.mark.parametrize(
    ("box", "points"),
    [
        (
            "Summary: The bridge stays shut until May; repairs cost 4 million euros.",
            ["The bridge stays shut until May; repairs cost 4 million euros."],
        ),
        (
            "**Key points:** • The bridge stays shut. • Repairs cost 4 million euros.",
            ["The bridge stays shut.", "Repairs cost 4 million euros."],
        ),
        (
            "Коротко: мост закрыт до мая, ремонт обойдется в 4 млн евро.",
            ["мост закрыт до мая, ремонт обойдется в 4 млн евро."],
        ),
        (
            "Главное: 🔹 Мост закрыт до мая. 🔹 Ремонт обойдется в 4 млн евро.",
            ["Мост закрыт до мая.", "Ремонт обойдется в 4 млн евро."],
        ),
        (
            "• The ministers met for four hours. • Officials agreed on very little.",
            ["The ministers met for four hours.", "Officials agreed on very little."],
        ),
    ],
)
def test_a_box_set_in_one_paragraph(box: str, points: list[str]) -> None:
    """A heading and its points, or all bullets of a list, may have lost their lines; each point is verbatim."""
    cyrillic = "Министры встретились и четыре часа говорили о мосте, сообщили чиновники, но ни о чем не договорились."
    article = an_article(box, *([cyrillic] * 2 if box.startswith(("К", "Г")) else [STORY, LONG]))
    found = authored_points(article)
    assert [point.text for point in found] == points
    assert [article.text[point.spans[0].start : point.spans[0].end] for point in found] == points


@pytest.mark.parametrize(
    "lead",
    [
        "In short: nobody in the old town hall had expected the ministers to agree.",
        "Summary: shut.",
        "The minister said: the bridge stays shut until May and nobody will have to pay for it.",
        "The price • that is all he spoke of • was four million euros.",
    ],
)
def test_a_lead_that_only_looks_like_a_box(lead: str) -> None:
    """A turn of speech, a word and a quotation before a colon head nothing."""
    assert authored_points(an_article(lead, STORY, LONG)) == ()


def test_a_box_below_the_lead_is_no_box() -> None:
    """What opens with a word and a colon in the middle of a story is part of it."""
    box = "Summary: The bridge stays shut until May; repairs cost 4 million euros."
    assert authored_points(an_article(STORY, STORY, STORY, box, LONG)) == ()


LINKS = ["- Council fines baker over late flour", "- Ten hens escape from a farm", "- Film festival opens at noon"]
RECIPE = [
    "A simple soup for cold evenings.",
    "# Ingredients",
    "- 200 g of red lentils, washed twice",
    "- 1 large onion, finely chopped and salted",
    "# Method",
    "- Fry the onion in the oil until it is soft and golden.",
    "- Add the lentils and a litre of water, and boil for twenty minutes.",
]
INTERVIEW = ["- Why is it still shut?", "- The cables were rusty, and two of them broke.", "- Who pays for it all?"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([*LINKS, STORY, LONG], id="links to other articles above the story"),
        pytest.param(RECIPE, id="a recipe"),
        pytest.param([f"- Oldtown Rovers 12 9 2 1 {points}" for points in (29, 27, 22, 20)], id="a league's table"),
        pytest.param([*INTERVIEW, *INTERVIEW], id="an interview"),
        pytest.param(["# Key points", STORY, STORY, STORY], id="a strong heading over the whole story"),
        pytest.param([STORY, "# What we know", *[LONG] * 12], id="the story under a weak heading"),
        pytest.param(["# Summary", *[LONG] * 9], id="the story under a summary"),
        pytest.param(["# Key points", *[LONG] * 9], id="the story under a strong heading"),
        pytest.param([STORY, "# Key points"], id="a heading and nothing else"),
        pytest.param([STORY, "# Key points", "# The meeting", STORY], id="a heading right behind"),
        pytest.param([STORY, "# What we know", STORY, "# The meeting", STORY], id="one paragraph under a weak heading"),
        pytest.param([STORY, "# Key points", "- Spain", "- Italy"], id="items without a statement"),
        pytest.param([STORY, "# The key witness", STORY, STORY], id="key, but no points"),
        pytest.param([STORY, "# Security guarantees", STORY, STORY], id="another heading"),
        pytest.param([STORY, "He listed the key points of the plan.", STORY], id="a sentence about key points"),
        pytest.param(["- Home", "- World news", "- Sport", STORY, STORY], id="a menu"),
        pytest.param([STORY, "- The bridge is shut.", STORY, STORY, STORY], id="one item in a story"),
        pytest.param([STORY, "# Главное управление", STORY, STORY], id="the name of an office"),
        pytest.param([STORY, "# Головне управління розвідки", STORY, STORY], id="the name of another"),
        pytest.param([], id="nothing"),
    ],
)
def test_what_is_no_summary(lines: list[str]) -> None:
    """A heading alone proves nothing, and a list inside a story is part of the story."""
    assert authored_points(an_article(*lines)) == ()


def test_the_sign_up_boxes_are_no_points() -> None:
    """What the page puts behind the last points is furniture, though no heading parts it from them."""
    article = an_article(
        STORY,
        "# Roe’s key points:",
        "The bridge stays shut until May.",
        "Nobody will have to pay for it.",
        "Утренний выпуск",
        "Бесплатная email-рассылка лучших статей редакции",
        "Рассылка отправляется по будням",
        "Follow us on Twitter, Facebook and Google News",
        "Morning Post",
        "Fresh daily newsletter with the top headlines",
        "Daily at 9am EST",
        "Show more news",
    )
    assert len(authored_points(article)) == 2


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "# Roe’s key points:",
                "# Key points",
                "# Summary",
                "# Roe:",
                "# Background",
                "- The bridge stays shut until May.",
                "- Work begins in May.",
                "Nobody will have to pay for it.",
                "Video of day",
                STORY,
                LONG,
                "> He left.",
            ]
        ),
        max_size=14,
    )
)
def test_points_are_verbatim_and_in_order(lines: list[str]) -> None:
    """Whatever an article is made of, each point is a whole block of it, no block twice, in the article's order."""
    article = an_article(*lines)
    points = authored_points(article)
    spans = [point.spans[0] for point in points]
    assert spans == sorted(set(spans))
    assert all(article.text[span.start : span.end] == point.text for span, point in zip(spans, points, strict=True))
    assert {point.origin for point in points} <= {"authored"}
