import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import SourceUnreadable
from digest.model import Article
from digest.sources.text import Defaults, parse_text, read_articles, split_blocks

DEFAULTS = Defaults(source="The Newsroom", timezone=ZoneInfo("Europe/Kyiv"))
FILE_TIME = datetime(2026, 3, 6, tzinfo=UTC)

EXPORT = """\
Ministers agree on a ‘winter plan’ for the grid

5 March 2026, 05:46 PM

The energy ministers of three countries have agreed on a plan for the coming winter.

Video of day

Sorochan’s key points:

The plan pays for 40 transformers, which are to be delivered before October.

Every region gets a store of spare parts of its own.

Vandel’s key points:

The Union covers two thirds of the cost, and an audit follows each stage.

‘Winter Plan’

Last winter’s outages lasted for four hours in every eight.

Дайджест главных новостей
Бесплатная email-рассылка только лучших материалов
"""


def article(raw: str, name: str = "a.txt") -> Article:
    return parse_text(raw, name=name, defaults=DEFAULTS, fallback_published=FILE_TIME)


def test_a_newsroom_export_needs_no_help() -> None:
    """Title, date in the newsroom's zone, language of the story, and every block by its kind, furniture included."""
    found = article(EXPORT)
    assert found.title == "Ministers agree on a ‘winter plan’ for the grid"
    assert found.published.isoformat() == "2026-03-05T17:46:00+02:00"
    assert (found.language, found.source) == ("en", "The Newsroom")
    assert [block.text for block in found.blocks if block.kind == "heading"] == [
        "Video of day",
        "Sorochan’s key points:",
        "Vandel’s key points:",
        "‘Winter Plan’",
    ]
    assert found.text.startswith("The energy ministers")
    assert found.blocks[-1].text == "Бесплатная email-рассылка только лучших материалов"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encoding_and_line_ends_do_not_matter(tmp_path: Path, encoding: str, line_end: str) -> None:
    """The same export saved on any machine is the same article, down to its id."""
    file = tmp_path / "a.txt"
    file.write_bytes(EXPORT.replace("\n", line_end).encode(encoding))
    assert list(read_articles(file, defaults=DEFAULTS)) == [replace(article(EXPORT), origin=file.as_uri())]


@pytest.mark.parametrize(("text", "encoding", "language"), [
    ("Суд вернул городу яхт-клуб\n\n5 марта 2026 г., 17:46\n\nГлавное\n\n• Решение вступило в силу.\n", "cp1251", "ru"),
    ("Суд вернул городу яхт-клуб\n\n5 марта 2026 г., 17:46\n\nГлавное\n\n- Решение вступило в силу.\n", "koi8-r", "ru"),
    ("На Полтавщині почали сівбу\n\n5 березня 2026, 17:46\n\nГоловне\n\n• Ґрунт прогрівся.\n", "cp1251", "uk"),
])  # fmt: skip
def test_legacy_cyrillic(tmp_path: Path, text: str, encoding: str, language: str) -> None:
    """An old editorial system's files are read like any other."""
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    (found,) = read_articles(tmp_path, defaults=DEFAULTS)
    assert isinstance(found, Article)
    assert (found.title, found.language) == (text.partition("\n")[0], language)
    assert found.published.isoformat() == "2026-03-05T17:46:00+02:00"
    assert [block.kind for block in found.blocks] == ["heading", "item"]


def test_markdown_with_front_matter() -> None:
    """The fields fill the article, and the text is what a reader sees."""
    found = article(
        "---\ntitle: Kyiv — the plan\ndate: 2026-03-05T10:00Z\nsource: Dnipro Wire\nlanguage: en-GB\n"
        "author: [A B, C D]\n"
        "url: https://wire.example/a?utm_source=x#top\nimage: javascript:alert(1)\n"
        "category: Energy\nkeywords: grid, Kyiv\n"
        "---\n# Kyiv — the plan\n\nA **bold** [plan](https://x.example).\n\n"
        "## Key points\n\n- one\n",
        "a.md",
    )
    assert (found.title, found.source, found.language, found.author) == (
        "Kyiv — the plan",
        "Dnipro Wire",
        "en",
        "A B, C D",
    )
    assert (found.url, found.image) == ("https://wire.example/a", None)
    assert (found.category, found.keywords) == ("Energy", ("grid", "Kyiv"))
    assert found.published == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert [(block.kind, block.text) for block in found.blocks] == [
        ("paragraph", "A bold plan."),
        ("heading", "Key points"),
        ("item", "one"),
    ]


def test_an_article_without_a_date_has_its_files(tmp_path: Path) -> None:
    """Nothing is invented: the time of the last change is what the file system knows."""
    (tmp_path / "a.txt").write_text("A title\n\nA story.")
    os.utime(tmp_path / "a.txt", (0, 1_772_700_000))
    (found,) = read_articles(tmp_path, defaults=DEFAULTS)
    assert isinstance(found, Article)
    assert found.published.isoformat() == "2026-03-05T10:40:00+02:00"


def test_a_title_may_hold_markup_but_no_line_end() -> None:
    """What would break the mail's template or its headers is plain text on one line here."""
    assert article("Title </mj-text>\r\n\r\nStory.").title == "Title </mj-text>"
    assert article('---\ntitle: "Sale\\r\\nBcc: all\\0"\n---\nStory.').title == "Sale Bcc: all"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", r"a\.txt: the file is empty\. Put the headline"),
        (" \n\ufeff\n", r"a\.txt: the file is empty\. Put the headline"),
        ("word " * 90 + "\n\nmore", r"a\.txt: no title: the first line does not read like one\. Put the headline"),
        ("A title only", r"a\.txt: no text besides the title\. Add the story"),
        ("---\ntitle: [\n---\nStory.", r"a\.txt: no title"),
        ("---\ntitle: x\ndate: soon\n---\nStory.", r"a\.txt: the date cannot be read: 'soon'\. Write it like 2022"),
        ("---\ntitle: x\n  bad: [\n---\nStory.", r"a\.txt:3: the front matter is not YAML"),
        ("\0\1\2\3" * 100, r"a\.txt: this is binary data, not text"),
    ],
)
def test_what_is_no_article_says_what_to_add(raw: str, message: str) -> None:
    """Each refusal names the file, what it lacks and what to write."""
    with pytest.raises(SourceUnreadable, match=f"^{message}"):
        article(raw)


def test_no_date_at_all_is_an_error_where_there_is_no_file() -> None:
    """Text from elsewhere has no last change to fall back on."""
    with pytest.raises(SourceUnreadable, match=r"no date\. Put it on a line under the title"):
        parse_text("A title\n\nA story.", name="a", defaults=DEFAULTS, fallback_published=None)


def test_one_bad_file_does_not_stop_the_folder(tmp_path: Path) -> None:
    """Every good article of a folder comes out in order, with an error in the place of each bad one."""
    (tmp_path / "1.txt").write_text(EXPORT)
    (tmp_path / "2.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    (tmp_path / "3.txt").write_text("")
    (tmp_path / "4.txt").symlink_to("nowhere")
    (tmp_path / "5.txt").write_text("x" * 6_000_000)
    (tmp_path / "6.txt").mkdir()
    (tmp_path / "7.md").write_text("---\ntitle: x\n  bad: [\n---\nx")
    (tmp_path / "8.md").write_text("# Title\n\nStory.")
    found = list(read_articles(tmp_path, defaults=DEFAULTS))
    assert [isinstance(each, Article) for each in found] == [True, False, False, False, False, False, True]
    assert [Path(each.where.partition(":")[0]).name for each in found if not isinstance(each, Article)] == [
        "2.txt", "3.txt", "4.txt", "5.txt", "7.md",
    ]  # fmt: skip


def test_a_missing_path_and_an_empty_folder_are_told_at_once(tmp_path: Path) -> None:
    """Before anything is read: the sentence says what was looked for and what was passed over."""
    with pytest.raises(SourceUnreadable, match=r"nowhere: no such file or folder\. Check the path"):
        read_articles(tmp_path / "nowhere", defaults=DEFAULTS)
    with pytest.raises(SourceUnreadable, match=r"no article here: looked for \.txt, \.md, \.markdown files"):
        read_articles(tmp_path, defaults=DEFAULTS)
    (tmp_path / "a.docx").touch()
    with pytest.raises(SourceUnreadable, match=r"passed over others \(1 \.docx\)"):
        read_articles(tmp_path, defaults=DEFAULTS)
    with pytest.raises(SourceUnreadable, match="no such file or folder"):
        read_articles(Path("a\0b"), defaults=DEFAULTS)


def test_a_file_name_that_is_no_text_can_be_told(tmp_path: Path) -> None:
    """A name in another encoding does not break the message about its file."""
    with open(os.fsencode(tmp_path) + b"/\xea\xe8\xe5\xe2.txt", "wb"):  # noqa: PTH123 - Path cannot name it
        pass
    (found,) = read_articles(tmp_path, defaults=DEFAULTS)
    assert str(found).encode()
    assert isinstance(found, SourceUnreadable)


@given(raw=st.text(max_size=300) | st.lists(st.sampled_from(EXPORT.split("\n")), max_size=12).map("\n".join))
@example(raw="Title\n\n> a\n> b")
@example(raw="---\ntitle: a\n---\n# b\n\n    code")
def test_any_text_is_an_article_or_refused(raw: str) -> None:
    """No text crashes; an article's blocks are those of its own text, as the condenser will see them."""
    for name in ("a.txt", "a.md"):
        try:
            found = article(raw, name)
        except SourceUnreadable as refusal:
            assert str(refusal).startswith("a.")  # noqa: PT017 - refused or not, both are right
            continue
        assert found.blocks == split_blocks(found.text)
        assert "\n" not in found.title


def test_the_shipped_samples_are_sound() -> None:
    """Nine articles in three languages, all of the day before the edition they are for, none refused."""
    samples = Path(__file__).parents[2] / "articles"
    found = [each for each in read_articles(samples, defaults=DEFAULTS) if isinstance(each, Article)]
    assert sorted(each.language for each in found) == ["en"] * 4 + ["ru"] * 3 + ["uk"] * 2
    nine = {
        "en": datetime(2026, 3, 5, 9, tzinfo=ZoneInfo("America/New_York")),
        "ru": datetime(2026, 3, 5, 9, tzinfo=ZoneInfo("Europe/Kyiv")),
    }
    for each in found:
        age = nine.get(each.language, nine["en"]) - each.published
        assert 0 < age.total_seconds() < 86_400
    assert all(250 <= len(each.text.split()) <= 600 for each in found)
