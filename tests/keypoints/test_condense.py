"""An article gives its editors' points where it has some, else sentences of its story."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints import condense, reading_language, supported
from digest.keypoints.condense import as_read
from digest.keypoints.furniture import story_sentences
from digest.keypoints.wrapped import unwrapped
from digest.model import Article
from digest.sources.text import split_blocks

STORY = (
    "The town of Exampleton closed its old bridge on Monday after two of its cables snapped.\n\n"
    "Mayor Jane Roe said the bridge would stay shut until May. About 12,000 cars cross it every day.\n\n"
    "Engineers had warned of rust in the cables three years ago, a report seen by the council shows.\n\n"
    "The repair will cost 4 million euros, half of which the state pays."
)


def an_article(text: str, language: str = "en") -> Article:
    return Article(
        id="0" * 16,
        url="",
        title="Exampleton closes its bridge",
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language=language,
        source="",
        text=text,
        blocks=split_blocks(text),
    )


def test_authored_points_go_before_all_else() -> None:
    """Points that editors wrote are given whole, verbatim, and whatever number of sentences was asked for."""
    points = ("Roe’s key points:", "The bridge stays shut until May.", "Nobody will pay a toll.", "So be it, then.")
    text = "\n\n".join((STORY, *points))
    found = condense(an_article(text), max_points=1)
    assert [(point.group, point.text, point.origin) for point in found] == [
        ("Roe", "The bridge stays shut until May.", "authored"),
        ("Roe", "Nobody will pay a toll.", "authored"),
        ("Roe", "So be it, then.", "authored"),
    ]


def test_else_sentences_of_the_story_are_chosen() -> None:
    """Each point rests on characters of the article, and no more are given than asked for."""
    article = an_article(STORY)
    points = condense(article, max_points=2)
    assert 0 < len(points) <= 2
    assert {point.origin for point in points} == {"extracted"}
    assert all(point.spans for point in points)


def test_furniture_is_never_a_point() -> None:
    """What the page adds to the story is not chosen, though it stands first."""
    boxes = "Video of day\n\nFollow us on Twitter, Facebook and Google News\n\n"
    ends = "\n\nMorning Post\nFresh daily newsletter covering the top headlines\nDaily at 9am EST\nShow more news"
    points = condense(an_article(f"{boxes}EXAMPLETON (AP) — {STORY}{ends}"), max_points=20)
    for word in ("Video", "Follow", "newsletter", "Daily", "Show more", "(AP)"):
        assert not any(word in point.text for point in points)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("", "en", id="empty"),
        pytest.param(" \n\n ", "en", id="blank"),
        pytest.param("Video of day", "en", id="nothing but furniture"),
        pytest.param("…", "und", id="no letter"),
    ],
)
def test_nothing_worth_a_point(text: str, language: str) -> None:
    """An article without a sentence has no points, and that is no error."""
    assert condense(an_article(text, language)) == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("слово " * 200_000, "uk", id="no punctuation at all"),
        pytest.param("Name | Age | City\nRoe | 31 | Oslo\nPoe | 44 | Rome\n" * 200, "en", id="a table pasted as text"),
        pytest.param(f"{STORY}\n\nМэр города сообщил, что мост закрыт до мая.\n\n{STORY}", "en", id="mixed languages"),
        pytest.param(
            "أغلقت المدينة الجسر القديم يوم الاثنين. قال رئيس البلدية إنه سيبقى مغلقا حتى مايو.",
            "ar",
            id="right to left",
        ),
        pytest.param(
            "The bridge\x00 fell\x07 on Monday.\x1b[31m Nobody was hurt in the fall.", "en", id="control characters"
        ),
        pytest.param("\ud800The bridge fell on Monday. Nobody was hurt at all.", "en", id="half a surrogate pair"),
        pytest.param(
            "La ciudad cerró el puente el lunes. El alcalde dijo que seguirá cerrado.", "es", id="unsupported language"
        ),
    ],
)
def test_hostile_and_odd_text(text: str, language: str) -> None:
    """Whatever is pasted in, what comes out rests on it."""
    article = an_article(text, language)
    for point in condense(article):
        assert all(0 <= span.start < span.end <= len(article.text) for span in point.spans)


ENGLISH = "The mayor said that the bridge is shut until May.\n\nEngineers had found cracks in two of its piers."
RUSSIAN = "Он сказал об этом в понедельник.\n\nМэр Анна Роева закрыла мост до мая.\n\nТрещины объявили опасными."
UKRAINIAN = "Він сказав про це в понеділок.\n\nМерка Анна Роєва закрила міст.\n\nЇї рішення підтримала рада."


@pytest.mark.parametrize(
    ("text", "said", "read"),
    [
        pytest.param(ENGLISH, "en", "en", id="English"),
        pytest.param(RUSSIAN, "ru", "ru", id="Russian"),
        pytest.param(UKRAINIAN, "uk", "uk", id="Ukrainian"),
        pytest.param(RUSSIAN, "uk", "ru", id="Russian said to be Ukrainian"),
        pytest.param(UKRAINIAN, "ru", "uk", id="Ukrainian said to be Russian"),
        pytest.param(RUSSIAN, "en", "und", id="Russian said to be English"),
        pytest.param(ENGLISH, "uk", "und", id="English said to be Ukrainian"),
        pytest.param(f"{ENGLISH}\n{RUSSIAN}\n{UKRAINIAN}", "en", "und", id="mostly Cyrillic, said to be English"),
        pytest.param(f"{ENGLISH} {ENGLISH}\n\n{RUSSIAN}", "en", "en", id="mostly English"),
        pytest.param(RUSSIAN, "bg", "bg", id="a language that nobody knows"),
        pytest.param("", "ru", "ru", id="nothing"),
        pytest.param("COVID-19", "uk", "uk", id="too little to tell"),
    ],
)
def test_the_letters_belie_the_label(text: str, said: str, read: str) -> None:
    """An article is read by the rules of the language that it is written in, or by those of any script."""
    assert reading_language(an_article(text, said)) == read


@pytest.mark.parametrize("said", ["en", "uk"])
def test_a_wrong_label_costs_no_points(said: str) -> None:
    """Mostly Cyrillic text said to be English still has points, and Russian said to be Ukrainian those of Russian."""
    found = condense(an_article(f"{RUSSIAN}\n\n{ENGLISH}" if said == "en" else RUSSIAN, said))
    assert found
    if said == "uk":
        assert found == condense(an_article(RUSSIAN, "ru"))


@pytest.mark.parametrize("language", ["zh", "hi", "hy", "am", "my"])
def test_a_full_stop_of_any_script_ends_a_sentence(language: str) -> None:
    """A sentence with the stop of its own script is none of the subheadings that ran into a text without one."""
    sentence, stop = {
        "zh": ("大桥周一因两根钢索断裂而关闭", "。"),
        "hi": ("मेयर ने कहा कि पुल मई तक बंद रहेगा", "।"),
        "hy": ("Քաղաքը երկուշաբթի փակեց հին կամուրջը", "։"),
        "am": ("ከተማዋ ሰኞ ዕለት አሮጌውን ድልድይ ዘጋች", "።"),
        "my": ("မြို့တော်သည် တံတားဟောင်းကို ပိတ်ခဲ့ သည်", "။"),
    }[language]
    assert len(story_sentences(an_article(f"{sentence}{stop} {sentence}{stop}", language))) == 2


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_table_of_megabytes_costs_little_more_than_its_blocks() -> None:
    """A text is judged by its first sentences and blocks, whatever its length; the editors' points are among them."""
    table = "Roe | 31 | Oslo | 12,4\n" * 150_000
    text = f"{STORY}\n\n# Key points\n\n- The bridge stays shut.\n- Work begins in May.\n\n{table}"
    assert [point.origin for point in condense(an_article(text))] == ["authored", "authored"]
    assert condense(an_article(f"{STORY}\n\n{table}"))


def test_a_language_says_whether_it_is_supported() -> None:
    """What nothing was learned from still has points, and is told apart from what is known."""
    assert all(supported(language) for language in ("en", "ru", "uk"))
    assert not any(supported(language) for language in ("und", "fr", "ja", "", "EN"))


WRAPPED = [
    ('"{}"', '""'),
    ('"""{} """', '""""'),
]


@pytest.mark.parametrize(("around", "mark"), WRAPPED)
def test_a_field_of_csv_is_read_as_its_text(around: str, mark: str) -> None:
    """A text that came in quotation marks with its own doubled keeps its first sentence and its quotations."""
    story = (
        "Городской совет закрыл старый мост в понедельник из-за обрыва тросов, сообщает {0}Вестник{0}. "
        "Ремонт обойдется в 4 млн евро, половину заплатит область, говорится в отчете совета. "
        "Мэр Анна Роева назвала решение {0}вынужденным{0} и обещала открыть мост до мая следующего года."
    )
    plain = [point.text for point in condense(an_article(story.format('"'), "ru"))]
    article = an_article(around.format(story.format(mark)), "ru")
    found = condense(article)
    assert [point.text for point in found] == plain
    assert plain[0].startswith("Городской")
    for point in found:
        (span,) = point.spans
        assert " ".join(article.text[span.start : span.end].replace(mark, '"').split()) == point.text


@pytest.mark.parametrize(
    ("text", "first"),
    [
        pytest.param(
            '"""We fixed it,"" said Roe. She left."', '"We fixed it," said Roe.', id="begins with a quotation"
        ),
        pytest.param('"She left. Roe said: ""We fixed it."""', "She left.", id="ends with one"),
        pytest.param('"We fixed it," said Roe. "It is over."', '"We fixed it," said Roe.', id="no field of CSV"),
        pytest.param('"', "", id="one mark"),
        pytest.param('""', "", id="two"),
        pytest.param('" "', "", id="nothing in between"),
    ],
)
def test_where_a_field_of_csv_begins(text: str, first: str) -> None:
    """Marks around a text are a field's only if all others are doubled; the text's own stay."""
    sentences = [sentence.text for sentence in story_sentences(as_read(an_article(text)))]
    assert sentences[:1] == ([first] if first else [])
    if sentences and first.startswith("She"):
        assert sentences[1] == 'Roe said: "We fixed it."'


@given(st.lists(st.sampled_from(['"', '""', "a", " ", "\n\n", "Roe left. "]), max_size=20).map("".join))
def test_what_is_unwrapped_is_where_its_span_says(text: str) -> None:
    """However marks stand, blocks stay in order, inside the text, and show what their span covers."""
    blocks = unwrapped(split_blocks(text), text)
    assert all(one.span.end <= other.span.start for one, other in pairwise(blocks))
    for block in blocks:
        shown = " ".join(text[block.span.start : block.span.end].split())
        assert block.text in (shown, re.sub('"+', '"', shown))
