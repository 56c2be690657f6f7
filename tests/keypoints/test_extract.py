"""Extracted points are the article's own words, few, different, and readable alone, whatever the article is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.keypoints.extract import extract_points
from digest.keypoints.furniture import Sentence, story_sentences
from digest.model import Article, Block, KeyPoint, Span
from digest.sources.text import split_blocks

BUDGET = (
    "The council of Exampleton approved a budget of 40 million euros on Monday after a night of debate. "
    "The budget closes two of the town's five libraries and raises the price of parking by a third. "
    "Mayor Jane Roe said that the council had to save 3 million euros because a factory had left the town. "
    "She thanked everyone for coming. "
    "Outside the hall, some 200 people protested against closing the libraries. "
    "It rained. "
    "A petition to keep the libraries open has 9,000 signatures, more than a third of the town's voters. "
    "The weather kept others at home, a man with a red umbrella said. "
    "The libraries close in June, and their books go to the three that stay open."
)


def an_article(text: str, *, language: str = "en", title: str = "Exampleton closes two libraries") -> Article:
    return Article(
        id="0" * 16,
        url="",
        title=title,
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language=language,
        source="",
        text=text,
        blocks=split_blocks(text),
    )


def points_of(article: Article, max_points: int | None = None) -> tuple[KeyPoint, ...]:
    return extract_points(article, story_sentences(article), max_points=max_points)


def assert_verbatim(article: Article, points: tuple[KeyPoint, ...]) -> None:
    for point in points:
        pieces = [" ".join(article.text[span.start : span.end].split()) for span in point.spans]
        assert " ".join(pieces) == point.text


def test_points_are_sentences_of_the_article_in_its_order() -> None:
    """Each point is word for word what its span holds, and the spans follow each other."""
    article = an_article(BUDGET)
    points = points_of(article)
    assert_verbatim(article, points)
    starts = [point.spans[0].start for point in points]
    assert starts == sorted(set(starts))
    assert {(point.origin, point.article) for point in points} == {("extracted", article.id)}


def test_a_point_leaves_out_what_grammar_lets_it_and_cites_the_rest() -> None:
    """An aside that nothing else takes up is not told, at the end or in the middle; the spans are what is told."""
    article = an_article(
        "The council of Exampleton will close two of the town's five libraries in June, clearing shelves that few "
        "remember anybody dusting before. The libraries (one smells of wax, the other of soup) cost the town 3 "
        "million euros a year, the mayor said. Mayor Jane Roe said the council had to close the libraries to save "
        "money because a factory left Exampleton. Some 200 people protested against closing the libraries outside "
        "the town hall on Monday night. A petition to keep the libraries open has 9,000 signatures, more than a "
        "third of the town's voters. The council will vote on the budget again in March, when the petition must be "
        "answered. Books of the closed libraries go to the three libraries that stay open, and the staff of both "
        "keep their jobs."
    )
    points = points_of(article)
    assert_verbatim(article, points)
    texts = [point.text for point in points]
    assert "The council of Exampleton will close two of the town's five libraries in June" in texts
    assert "The libraries cost the town 3 million euros a year, the mayor said." in texts
    assert [len(point.spans) for point in points[:2]] == [1, 2]


def test_the_news_is_chosen_and_the_weather_is_not() -> None:
    """What the title and the rest of the article are about makes a point; an aside does not."""
    text = " ".join(point.text for point in points_of(an_article(BUDGET)))
    assert "libraries" in text
    assert "umbrella" not in text
    assert "thanked" not in text


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_no_more_points_than_asked_for(most: int) -> None:
    """`max_points` bounds the number of points; none at all is a possible wish."""
    points = points_of(an_article(BUDGET), most)
    assert len(points) <= most
    assert bool(points) == bool(most)


def test_a_short_item_has_one_point_and_a_report_has_more() -> None:
    """How many there are follows from what there is to tell: never more than half of the text."""
    short = (
        "The council of Exampleton approved a budget of 40 million euros on Monday after a night of debate. "
        "Mayor Jane Roe said that two libraries would be closed in June. "
        "Some 200 people protested outside the town hall against the plan."
    )
    assert len(points_of(an_article(short))) == 1
    assert len(points_of(an_article(BUDGET))) > 1


@pytest.mark.parametrize(("words", "most", "told"), [(1000, None, 3), (1300, None, 4), (1700, 5, 5), (1700, 3, None)])
def test_a_summit_deserves_five(words: int, most: int | None, told: int | None) -> None:
    """A long report that speaks of much has as many points as it deserves, unless three are the most allowed."""
    letters = "abcdefghijklmnopqrstuvwxy"
    names = ["".join(pair) for pair in product(letters, letters, "aou")]  # as different as the news of a summit
    sentences = zip(*[(f"{name}land" for name in names)] * 12, strict=False)
    text = " ".join(f"The {' '.join(said)} agreed." for said in list(sentences)[: words // 14 + 1])
    points = points_of(an_article(text, title="A summit on everything"), most)
    assert len(points) >= told if told else len(points) <= 3


def test_an_item_of_sixty_words_has_one_point() -> None:
    """A brief of one paragraph is read as fast as two points of it."""
    brief = (
        "Мост через реку Смородину открыли в Примерске в субботу после трех лет ремонта. Он обошелся городу в 2,4 млрд "
        "рублей, половину суммы выделил федеральный бюджет. По новому мосту смогут проезжать до 20 тысяч машин в "
        "сутки, старый был рассчитан на восемь тысяч. Мэр Анна Роу первой проехала по мосту на велосипеде. Движение "
        "автобусов по нему начнется в понедельник."
    )
    points = points_of(an_article(brief, language="ru", title="Новый мост"), 3)
    assert [point.text for point in points] == [brief[: brief.index(" Он")]]


@pytest.mark.parametrize(
    ("language", "lead", "rest"),
    [
        (
            "en",
            "The council closed the old bridge on Monday after two cables snapped.",
            "It opened at 8:45 p.m. Paris time (2:45 p.m. ET) on Wednesday. The bridge has rusted since 1950.",
        ),
        (
            "en",
            "Police in Exampleton arrested a man on Friday after a fire in a hotel.",
            "The fire began at 3:15 a.m. and was put out by 5 a.m. Nobody was hurt, police said.",
        ),
        (
            "ru",
            "Мэр Примерска ушел в отставку во вторник из-за займа.",
            "Заем в 40 тысяч рублей не вернули. Выборы назначены на 4 мая.",
        ),
        (
            "uk",
            "У Прикладі вночі 3 травня загорівся склад меблів на вулиці Довгій.",
            "Рятувальники ліквідували пожежу о 5:40 на площі 600 квадратних метрів. Постраждалих немає.",
        ),
    ],
)
def test_an_item_shorter_than_any_learned_from_opens_with_its_news(language: str, lead: str, rest: str) -> None:
    """Three sentences are no report: the first one tells what happened."""
    points = points_of(an_article(f"{lead} {rest}", language=language, title="A title"))
    assert points[0].text == lead


def test_nothing_is_said_twice() -> None:
    """Of two sentences that say one thing, one is a point."""
    twice = "Two of the five libraries of Exampleton will close in June, the council decided on Monday. "
    again = "The council decided on Monday that two of the five libraries of Exampleton will close in June. "
    text = twice + "Parking will cost a third more from the summer, and a petition is on its way. " + again + BUDGET
    chosen = [point.text for point in points_of(an_article(text), 5)]
    assert len([point for point in chosen if point.strip() in (twice.strip(), again.strip())]) <= 1


def test_a_point_needs_no_sentence_before_it() -> None:
    """A sentence whose subject is named elsewhere is passed over, however much it says."""
    text = (
        "Jane Roe, the mayor of Exampleton, spoke to the council on Monday about the budget. "
        "She said the budget of Exampleton would close two libraries of Exampleton and save 3 million euros. "
        "“We have to close two libraries to save 3 million euros of the budget,” she said. "
        "The council of Exampleton votes on the budget and the libraries in June."
    )
    for point in points_of(an_article(text), 3):
        assert not point.text.startswith(("She", "“"))


def test_what_somebody_said_is_not_told_as_news() -> None:
    """A claim from the middle of a quotation has lost its marks and its speaker, however much it says."""
    article = an_article(
        "Рассказала о ремонте Анна Роу, мэр Примерска. "
        "«Подрядчик сорвал все сроки, хотя подписал договор еще прошлой осенью. "
        "Старый мост через реку закроют на ремонт до мая, а ремонт моста обойдется в 40 млн рублей. "
        "Такого в городе никто не ждал, и виновные ответят за это перед судом по всей строгости», — сказала Роу. "
        "Движение пустили в объезд. Водители недовольны.",
        language="ru",
        title="Старый мост через реку закроют на ремонт",
    )
    assert not [point.text for point in points_of(article) if "40 млн" in point.text]


def test_what_leans_is_given_where_nothing_else_is() -> None:
    """An article of nothing but such sentences still has a point."""
    assert points_of(an_article("She said that two libraries would be closed in June to save money."))


def test_the_original_of_a_translated_post_is_no_point() -> None:
    """Who reads Russian is not given a sentence that has none of its letters."""
    text = (
        "Актриса Джейн Роу показала подарок отца.\n\nThe best gift of my life, thank you Father Roe.\n\n"
        "Подарок стоит сто рублей."
    )
    points = points_of(an_article(text, language="ru", title="Подарок отца"), 3)
    assert points
    assert not [point for point in points if point.text.isascii()]


def test_the_title_is_not_repeated() -> None:
    """A sentence that a reader has just read as the story's title is no point."""
    title = "Exampleton closes two of its five libraries in June"
    points = points_of(an_article(f"{title}. {BUDGET}", title=title), 5)
    assert points
    assert not any(point.text.startswith(title) for point in points)


def test_a_trimmed_point_keeps_its_place() -> None:
    """What is cut off a sentence is cut off its span as well, in a text of several lines too."""
    text = "Мост закрыт.\n\nПо его словам, Минск откроет\nмост через реку в мае 2023 года.\n\nМост стар."
    article = an_article(text, language="ru", title="Мост закрыт")
    points = points_of(article, 3)
    assert_verbatim(article, points)
    article = an_article(text.replace("откроет\n", "откроет "), language="ru", title="Мост закрыт")
    points = points_of(article, 3)
    assert_verbatim(article, points)
    assert "Минск откроет мост через реку в мае 2023 года." in [point.text for point in points]


def test_the_same_article_gives_the_same_points() -> None:
    """Nothing but the article decides."""
    assert points_of(an_article(BUDGET)) == points_of(an_article(BUDGET))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("", "en", id="empty"),
        pytest.param(" \n\t \n", "en", id="blank"),
        pytest.param("Budget. Budget. Budget.", "en", id="no sentence of four words"),
        pytest.param("Name\tAge\tCity\nAnn\t31\tRome\nBob\t45\tOslo\n" * 5, "en", id="a table of short rows"),
        pytest.param("date,price\n2022-01-01,12.5,300,17\n2022-01-02,13.1,450,18\n" * 5, "en", id="a table of numbers"),
    ],
)
def test_nothing_worth_a_point(text: str, language: str) -> None:
    """Where there is no sentence there is no point, and no error either."""
    assert points_of(an_article(text, language=language)) == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("The council of Exampleton approved the budget on Monday.", "en", id="one sentence"),
        pytest.param("the council closes two libraries and nobody knows why " * 40, "en", id="no punctuation at all"),
        pytest.param(
            "The council approved the budget on Monday. Совет утвердил бюджет в понедельник. Рада затвердила бюджет.",
            "en",
            id="mixed languages",
        ),
        pytest.param(
            "أعلنت الحكومة يوم الاثنين عن ميزانية جديدة للمدينة. وقال رئيس البلدية إن الخطة ستوفر وظائف كثيرة.",
            "ar",
            id="right to left",
        ),
        pytest.param(
            "政府は月曜日に新しい予算を承認した。市長は三百人の雇用が生まれると述べた。", "ja", id="no spaces"
        ),
        pytest.param(
            "Le conseil a approuvé lundi un budget de 40 millions d’euros. La ville économise.", "fr", id="French"
        ),
        pytest.param("Die Stadt schließt im Juni zwei ihrer fünf Büchereien.", "und", id="nobody knows the language"),
        pytest.param("The council\x00 of \x1b[31mExampleton\u202e cut\ud800 the budget on Monday.", "en", id="control"),
    ],
)
def test_any_text_has_a_point(text: str, language: str) -> None:
    """Strange text is condensed by the rules that hold for any script: verbatim, short, in order."""
    article = an_article(text, language=language)
    points = points_of(article)
    assert points
    assert_verbatim(article, points)
    assert all(len(point.text) < 400 for point in points)


@settings(deadline=None, max_examples=60)
@given(
    parts=st.lists(
        st.one_of(
            st.text(max_size=40), st.sampled_from([*BUDGET.split(". "), ". ", "\n\n", "По его словам, ", "«", '"'])
        ),
        max_size=30,
    ),
    language=st.sampled_from(["en", "ru", "uk", "und", "zh"]),
    most=st.one_of(st.none(), st.integers(0, 9)),
)
@example(parts=["\x1c a b c d e"], language="en", most=None)
def test_points_of_any_text_are_its_own_words(parts: list[str], language: str, most: int | None) -> None:
    """Whatever the text: every point is a stretch of it, and there are at most as many as asked for."""
    article = an_article("".join(parts), language=language)
    points = points_of(article, most)
    assert_verbatim(article, points)
    assert len(points) <= (5 if most is None else min(most, 5))


def _sentences(count: int) -> tuple[Article, list[Sentence]]:
    texts = [
        f"Region {i} will spend {i % 97} million euros on road {i % 89} and school {i % 83}." for i in range(count)
    ]
    text = "\n".join(texts)
    blocks, sentences, start = [], [], 0
    for number, line in enumerate(texts):
        span = Span(start, start + len(line))
        blocks.append(Block(kind="paragraph", text=line, span=span))
        sentences.append(Sentence(text=line, span=span, block=number, kind="paragraph"))
        start = span.end + 1
    article = Article(
        id="0" * 16,
        url="",
        title="Regions",
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language="en",
        source="",
        text=text,
        blocks=tuple(blocks),
    )
    return article, sentences


def test_ten_megabytes_take_no_longer_than_a_page() -> None:
    """Only so many sentences are compared: a hundred times the text takes no more than three times the time."""
    page, book = _sentences(1_500), _sentences(150_000)
    assert len(book[0].text) > 9_000_000
    took = []
    for article, sentences in (page, book):
        extract_points(article, sentences, max_points=None)
        began = time.process_time()
        for _ in range(5):
            assert extract_points(article, sentences, max_points=None)
        took.append(time.process_time() - began)
    assert took[1] < 3 * took[0] + 0.1


def test_a_sentence_of_ten_megabytes_is_cut() -> None:
    """A text without a full stop is shown by its first words, and not looked at to its end."""
    text = "the council closes two libraries and nobody knows why " * 190_000
    article = an_article("Short.", title="Libraries")
    whole = Sentence(text=text.strip(), span=Span(0, len(text.strip())), block=0, kind="paragraph")
    article = Article(
        id=article.id,
        url="",
        title="Libraries",
        published=article.published,
        language="en",
        source="",
        text=text,
        blocks=(Block(kind="paragraph", text=whole.text, span=whole.span),),
    )
    began = time.process_time()
    (point,) = extract_points(article, [whole], max_points=None)
    assert time.process_time() - began < 5
    assert len(point.text.split()) == 30
    assert_verbatim(article, (point,))
