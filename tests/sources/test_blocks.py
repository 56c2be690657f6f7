import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Block
from digest.sources.blocks import split_blocks


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in split_blocks(text)]


LONG = "The operator said on Thursday that the repair was finished ahead of time."
LONG_RU = "Оператор сообщил в четверг, что ремонт подстанции закончен раньше срока."


@pytest.mark.parametrize(
    "heading",
    [
        "Blinken’s key points:",
        "Key takeaways",
        "KEY POINTS",
        "What we know",
        "What happened?",
        "‘Security Guarantees’",
        "«Главное»",
        "Главное",
        "Ключевые тезисы",
        "Головне",
        "Що відомо",
        "Що відомо:",
        "The key points of the minister’s evening briefing in the capital on Wednesday:",
        "# Key points",
        "### Key points ###",
        "**Key points**",
        "Key points\n----------",
        "Key points\n===",
    ],
)
def test_a_short_line_that_stands_alone_is_a_heading(heading: str) -> None:
    """Headings are known by their shape, with the mark of any markup left out of text and span."""
    bare = heading.partition("\n")[0].strip("#* ")
    assert kinds(f"{LONG}\n\n{heading}\n\n{LONG}") == [("paragraph", LONG), ("heading", bare), ("paragraph", LONG)]


@pytest.mark.parametrize(
    "line",
    [
        "He declined to comment.",
        "Photo: Reuters",
        "Фото: архив редакции",
        "Read also: How a town learned to share one generator",
        "Читайте также: Как в Николаеве ремонтируют парусник",
        "By Olena Koval",
        "https://wire.example/story",
        "and so on",
        "— Нет",
        "one, two,",
    ],
)
def test_what_has_the_shape_of_something_else_is_no_heading(line: str) -> None:
    """Credits, links, bylines and the end of a sentence stand alone too, and open no part of the story."""
    assert kinds(f"{LONG}\n\n{line}\n\n{LONG}")[1] == ("paragraph", line)


def test_the_last_line_is_no_heading() -> None:
    """A heading has something under it: the furniture at an article's end has not."""
    assert kinds(f"{LONG}\n\nShow more news")[-1] == ("paragraph", "Show more news")


def test_the_lines_of_a_sign_up_box_stay_apart() -> None:
    """A line that is followed by a line with no full stop heads no paragraph, and neither is joined to the other."""
    box = "Ukraine Today\nFresh daily newsletter covering the top headlines in Ukraine\nDaily at 9am EST"
    assert kinds(f"{LONG}\n\n{box}\n\n{LONG}")[1:4] == [("paragraph", line) for line in box.split("\n")]


@pytest.mark.parametrize("bullet", ["•", "-", "*", "–", "—", "·", "▪", "●", "‣", "◦", "+", "✓"])
def test_every_bullet_makes_an_item(bullet: str) -> None:
    """Whatever sign a newsroom's editor puts there, the item is the text behind it."""
    text = f"What we know\n{bullet} first thing known\n{bullet} second thing known\n\n{bullet} third thing known"
    assert kinds(text) == [
        ("heading", "What we know"),
        *[("item", f"{ordinal} thing known") for ordinal in ("first", "second", "third")],
    ]


def test_numbers_make_items_only_in_a_run() -> None:
    """A run of "1." and "2." is a list; "5." alone opens a sentence."""
    assert kinds("1. one thing\n2. another thing") == [("item", "one thing"), ("item", "another thing")]
    assert kinds("1) one thing\n\n2) another thing") == [("item", "one thing"), ("item", "another thing")]
    assert kinds("5. March was the day of the vote.") == [("paragraph", "5. March was the day of the vote.")]


@pytest.mark.parametrize("dash", ["-", "–", "—"])
def test_direct_speech_is_no_list(dash: str) -> None:
    """In Russian and Ukrainian a dash opens what someone says; the dash stays, for it is punctuation."""
    speech = f"{dash} Мы закончили ремонт, {dash} сказал директор станции."
    assert kinds(f"{LONG_RU}\n\n{speech}\n\n{speech}")[1:] == [("paragraph", speech)] * 2


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    """Text wrapped at 72 characters has line ends in mid-sentence; a short last line and a new item end a block."""
    text = (
        "The grid operator said on Thursday that it had finished the repair of\n"
        "the substation in the eastern district, two weeks ahead of schedule.\n"
        "It now expects no planned outages before April.\n\n"
        "Key takeaways\n\n"
        "  * The repair cost 2.1 million euros, most of it paid by the regional\n"
        "    development fund.\n"
        "  * Two crews worked in shifts.\n"
    )
    assert [(kind, len(shown)) for kind, shown in kinds(text)] == [
        ("paragraph", 186),
        ("heading", 13),
        ("item", 84),
        ("item", 27),
    ]


def test_a_paragraph_a_line_without_blank_lines() -> None:
    """Where every line is whole sentences, each is a paragraph, and a short line between two is a heading."""
    text = f"{LONG}\n{LONG_RU}\nГлавное\n{LONG_RU}\n{LONG}"
    assert kinds(text) == [
        ("paragraph", LONG),
        ("paragraph", LONG_RU),
        ("heading", "Главное"),
        ("paragraph", LONG_RU),
        ("paragraph", LONG),
    ]


def test_quotes_lose_their_marks() -> None:
    """The lines of a quote are one block, without the ">" of each."""
    assert kinds("> We slept\n> in the control room.\n\nNext.") == [
        ("quote", "We slept in the control room."),
        ("paragraph", "Next."),
    ]


def words(blocks: tuple[Block, ...]) -> list[str]:
    return [letter for block in blocks for letter in block.text if letter.isalpha()]


LINES = st.lists(
    st.sampled_from(
        ["", "", LONG, LONG_RU, "Key points:", "- item", "— пункт", "1. one", "2. two", "## Head", "> said", "***",
         "  deep  text", "**bold**", "a\u00a0b", "лише рядок", "---", "•x", "\tTab", "Ой!", "-"]
    ),
    max_size=25,
).map("\n".join)  # fmt: skip


@given(text=LINES | st.text(max_size=300))
def test_spans_point_at_what_is_shown_and_nothing_is_lost(text: str) -> None:
    """Whatever the text: spans rise without touching, give back the block's text, and hold every letter."""
    blocks = split_blocks(text)
    ends = 0
    for block in blocks:
        assert ends <= block.span.start
        ends = block.span.end
        assert block.text
        assert block.text == " ".join(block.text.split())
        if block.kind != "quote":
            assert block.text == " ".join(text[block.span.start : block.span.end].split())
    assert words(blocks) == [char for char in text if char.isalpha()]


@pytest.mark.parametrize(
    "unit",
    ["a\n", "a\n\n", "- a\n", "1. a\n2. b\n", "> a\n", "— a\n", "a:\n", "# a #\n", "a" + " " * 50 + "#", "a ", "."],
)
@pytest.mark.timeout(60)  # a second's work, or the best part of a day where time grows with the square
def test_time_grows_with_length_alone(unit: str) -> None:
    """Whatever a text repeats, 300,000 characters of it are split, and no letter is lost."""
    text = unit * (300_000 // len(unit))
    assert words(split_blocks(text)) == [char for char in text if char.isalpha()]


def test_a_million_blank_lines_part_as_one_does() -> None:
    """Blank lines take no room of their own, and what stands around them is the same blocks."""
    blank = "\n" * 300_000
    few, many = f"Key points\n\n{LONG}\n\n- One.\n- Two.", f"Key points\n\n{LONG}{blank}- One.\n- Two."
    tracemalloc.start()
    found = split_blocks(many)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(block.kind, block.text) for block in found] == kinds(few)
    assert [many[block.span.start : block.span.end] for block in found] == [block.text for block in found]
    assert peak < 12 * len(many)
