"""Furniture known by where it stands: in a box, under a line that announces links, at an end; and what is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints.furniture import furniture_blocks, story_sentences
from digest.model import Article, Block, Span
from digest.sources.text import split_blocks
from tests.keypoints.test_furniture import (
    BLOCKS,
    GLUED,
    SENTENCES,
    STORY,
    an_article,
    texts,
)


@pytest.mark.parametrize(
    "box",
    [
        ["Morning Post", "A free daily newsletter with the news that matters", "Every morning at 7am"],
        ["Morning Post A free daily newsletter with the news that matters Every morning at 7am"],
        ["Утренний выпуск", "Бесплатная email-рассылка лучших статей редакции", "Рассылка выходит по будням"],
        ["Ранковий випуск", "Щоденна розсилка найкращих матеріалів редакції", "Щодня о 9:00"],
    ],
    ids=["three lines", "one line", "Russian", "Ukrainian"],
)
def test_a_sign_up_box_goes_with_its_title_and_its_time(box: list[str]) -> None:
    """A box is known by its shape, in whatever language it is and wherever it stands."""
    article = an_article(STORY["en"], *box, STORY["en"])
    assert texts(article) == [STORY["en"]] * 2
    assert texts(an_article(STORY["en"], STORY["en"], *box)) == [STORY["en"]] * 2


@pytest.mark.parametrize(
    ("language", "foreign"),
    [("en", "ru"), ("en", "uk"), ("ru", "en"), ("uk", "en"), ("ru", "uk")],
)
def test_a_foreign_block_at_either_end_goes(language: str, foreign: str) -> None:
    """Boxes in another language stand before or behind the story; inside it is what somebody said."""
    home = STORY[language]
    other = {"uk": "Їжа є, і її їдять: підписка діє щодня"}.get(foreign, STORY[foreign])
    assert texts(an_article(other, home, home, home, other, language=language)) == [home] * 3
    assert len(texts(an_article(home, home, other, home, language=language))) == 4


def test_the_title_behind_read_also_goes_too() -> None:
    """A link to another article is no sentence of this one, on the same line or on the next."""
    assert texts(an_article(STORY["en"], "Read also:", "Five bridges that fell", STORY["en"])) == [STORY["en"]] * 2


@pytest.mark.parametrize(
    ("language", "over"),
    [
        ("en", "Related stories:"),
        ("en", "You may also like"),
        ("en", "Read also:"),
        ("ru", "Читайте также:"),
        ("ru", "Материалы по теме"),
        ("ru", "Вам может быть интересно:"),
        ("uk", "Читайте також"),
        ("uk", "Більше за темою:"),
        ("uk", "Вас може зацікавити"),
    ],
)
@pytest.mark.parametrize("mark", ["- ", ""])
@pytest.mark.parametrize("first", [True, False])
def test_all_titles_under_a_line_that_announces_links_go(language: str, over: str, mark: str, *, first: bool) -> None:
    """However many other articles a page names there, as items or as lines, above its story or below."""
    titles = {
        "en": ["Ten hens escape from a farm", "The bridge falls down again", "Film festival opens at noon"],
        "ru": ["Десять кур сбежали с фермы", "Мост упал еще раз", "Кинофестиваль открылся в полдень"],
        "uk": ["Десять курей утекли з ферми", "Міст упав ще раз", "Кінофестиваль відкрився опівдні"],
    }[language]
    links = "\n".join([over, *(f"{mark}{title}" for title in titles)])
    story = STORY[language]
    text = f"{links}\n\n{story}" if first else f"{story}\n\n{links}"
    article = replace(an_article("x", language=language), text=text, blocks=split_blocks(text))
    assert texts(article) == [story]


def test_points_under_a_line_that_announces_links_stay() -> None:
    """A page may put its links right over the editors' points: their heading is no title of another article."""
    text = f"Related\n\nKey points\n\n- The bridge is shut.\n- Work begins in May.\n\n{STORY['en']}"
    article = replace(an_article("x"), text=text, blocks=split_blocks(text))
    assert texts(article) == ["The bridge is shut.", "Work begins in May.", STORY["en"]]


def test_text_without_full_stops_is_not_taken_for_links() -> None:
    """Where no paragraph ends with a full stop, only the line right under "Read also" is a link."""
    lines = ["The bridge is shut", "It stays so until May", "Nobody pays", "Work begins in spring"]
    assert texts(an_article("Read also", "Ten hens escape", *lines)) == lines


def test_a_list_that_says_nothing_of_the_story_goes() -> None:
    """Titles of other articles above or below the story are told by what they tell, where no line announces them."""
    links = "- Council fines baker over late flour\n- Ten hens escape from a farm near Oldtown\n- Film festival opens"
    story = "The old bridge is shut until May, and Jane Roe pays for its repair.\n\nNobody had warned of rust."
    for text in (f"{links}\n\n{story}", f"{story}\n\n{links}"):
        article = replace(an_article("x"), text=text, blocks=split_blocks(text))
        assert not any("hens" in sentence for sentence in texts(article))
    told = "She will pay for:\n- two cables of steel\n- a coat of paint"
    article = replace(an_article("x"), text=f"{story}\n\n{told}", blocks=split_blocks(f"{story}\n\n{told}"))
    assert "a coat of paint" in texts(article)


@pytest.mark.parametrize(
    ("language", "heading"),
    [("uk", "Деталі"), ("uk", "Що відомо про міст"), ("ru", "Почему закрыли мост")],
)
def test_a_heading_that_ran_into_the_text_goes(language: str, heading: str) -> None:
    """A capital that spelling does not ask for tells where a sentence begins; the words before it have no full stop."""
    behind = {"uk": "За даними мерії, обірвалися два троси.", "ru": "По данным мэрии, оборвались два троса."}[language]
    assert texts(an_article(f"{STORY[language]} {heading} {behind}", language=language)) == [STORY[language], behind]


def test_a_heading_whose_stop_stands_apart_goes() -> None:
    """A short line that got a stop with a blank before it is no sentence, where sentences have theirs without."""
    heading, listed = (
        "How the old bridge was built .",
        "The bridge carries lorries, buses, trams and six lanes of cars to the north every day .",
    )
    article = an_article(f"{STORY['en']} {heading} Lorries go by the motorway until May. {listed}")
    assert texts(article) == [STORY["en"], "Lorries go by the motorway until May.", listed]
    apart = ["The bridge is closed .", "Nobody was hurt ."]
    assert texts(an_article(" ".join(apart))) == apart


def test_the_mark_that_closed_the_sentence_before_goes() -> None:
    """Where text was taken apart into words, the mark stands at the head of the next sentence."""
    assert texts(an_article("He liked the old bridge. ' Roe, 41, did not.")) == [
        "He liked the old bridge.",
        "Roe, 41, did not.",
    ]


def test_tags_are_no_sentence() -> None:
    """What neither begins nor ends like the story's sentences is not one of them."""
    assert texts(an_article(*[STORY["en"]] * 3, "multimedia old bridge council of the town")) == [STORY["en"]] * 3


def test_a_recap_goes_to_the_end_of_its_paragraph() -> None:
    """Old news is told in more than one sentence; a paragraph that goes on at length has come back to its subject."""
    recap = "Нагадаємо, міст збудували у 1950 році. Його тоді відкрив мер. Тросів було шість."
    assert texts(an_article(f"{STORY['uk']} {recap}", language="uk")) == [STORY["uk"]]
    assert texts(an_article(STORY["uk"], recap, STORY["uk"], language="uk")) == [STORY["uk"]] * 2
    long = [f"Трос номер {number} замінили торік." for number in range(2, 8)]
    assert texts(an_article(f"{recap} {' '.join(long)}", language="uk")) == [
        *("Його тоді відкрив мер.", "Тросів було шість."),
        *long,
    ]


@pytest.mark.parametrize(
    ("language", "earlier"),
    [
        ("ru", "Ранее в городе закрыли порт."),
        ("ru", "Также «Пример» писал о том, что порт закрыт."),
        ("uk", "Раніше у місті показали, як ремонтують порт."),
    ],
)
def test_a_sentence_that_links_back_ends_no_story(language: str, earlier: str) -> None:
    """Behind the story "earlier" opens a link to another article; inside it, and in a brief, it is the story's past."""
    story = STORY[language]
    assert texts(an_article(story, story, earlier, earlier, language=language)) == [story] * 2
    assert texts(an_article(story, earlier, story, language=language)) == [story, earlier, story]
    assert texts(an_article(story, earlier, language=language)) == [story, earlier]


def test_what_somebody_was_before_is_no_link() -> None:
    """Who was "formerly convicted" is somebody in the story."""
    convicted = "Ранее судимый водитель скрылся."
    assert texts(an_article(*[STORY["ru"]] * 2, convicted, language="ru"))[-1] == convicted


def test_recaps_are_kept_where_nothing_else_is() -> None:
    """An article of old news only still gives its sentence."""
    assert texts(an_article("Нагадаємо, міст збудували у 1950 році.", language="uk")) == [
        "Нагадаємо, міст збудували у 1950 році."
    ]


def test_a_heading_is_no_sentence() -> None:
    """Headings name what follows; only one that was a sentence all along is given."""
    article = an_article("Background of the case", "The bridge fell.", kind="heading")
    assert texts(article) == ["The bridge fell."]


def test_a_span_covers_the_sentence_and_no_more() -> None:
    """What is cut off stays outside the span, white space inside is folded in the text only."""
    article = an_article("KYIV (AP) — The bridge\n fell.  Nobody was   hurt.")
    first, second = story_sentences(article)
    assert article.text[first.span.start : first.span.end] == "The bridge\n fell."
    assert (first.text, second.text, first.block) == ("The bridge fell.", "Nobody was hurt.", 0)


def test_markup_inside_a_block_does_not_reach_a_reader() -> None:
    """Where a block's text leaves marks out, a sentence is the reader's text and its span lies in the raw one."""
    raw = "> The bridge\n> fell. Nobody\n> was hurt."
    article = an_article(raw)
    block = Block(kind="quote", text="The bridge fell. Nobody was hurt.", span=Span(2, len(raw)))
    found = story_sentences(
        Article(
            id=article.id,
            url="",
            title="",
            published=article.published,
            language="en",
            source="",
            text=raw,
            blocks=(block,),
        )
    )
    assert [sentence.text for sentence in found] == ["The bridge fell.", "Nobody was hurt."]
    assert [raw[sentence.span.start : sentence.span.end].count("bridge") for sentence in found] == [1, 0]


def test_nothing_at_all() -> None:
    """An article without blocks, or with nothing but furniture, has no sentences."""
    assert texts(an_article("")) == []
    assert texts(an_article("Video of day", "Show more news")) == []
    assert furniture_blocks(an_article("Video of day", STORY["en"])) == {0}


@given(
    st.lists(
        st.sampled_from(
            [
                *STORY.values(),
                *(text for _, text in SENTENCES),
                *(text for _, text in BLOCKS),
                *(text for _, text in GLUED),
                "“A",
                "\x00",
                "»",
            ]
        ),
        max_size=8,
    ),
    st.sampled_from([" ", "  ", ". ", ""]),
)
def test_every_sentence_is_where_its_span_says(parts: list[str], joint: str) -> None:
    """Whatever an article is made of, each sentence can be traced to the characters it rests on."""
    article = an_article(joint.join(parts), *parts)
    for sentence in story_sentences(article):
        assert " ".join(article.text[sentence.span.start : sentence.span.end].split()) == sentence.text
