"""What is not a text article: told by what it is, with what to do; a folder's in one line."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.errors import SourceUnreadable
from digest.model import Article
from digest.sources.text import Defaults, read_articles

DEFAULTS = Defaults(source="The Newsroom", timezone=ZoneInfo("Europe/Kyiv"))
STORY = "Bridge opens after two years\n\nThe road bridge opened on Wednesday, the roads office said.\n"
PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Bridge opens</title></head><body><p>It opened on Monday.</p></body></html>\n"
)


def archive(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, "hello " * 200)
    return written.getvalue()


def read(folder: Path) -> tuple[list[str], list[str]]:
    found = list(read_articles(folder, defaults=DEFAULTS))
    return [one.title for one in found if isinstance(one, Article)], [
        str(one) for one in found if not isinstance(one, Article)
    ]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n", "a PDF", id="pdf"),
        pytest.param(
            archive("[Content_Types].xml", "word/document.xml"), "an office document or an archive", id="docx"
        ),
        pytest.param(archive("mimetype", "content.xml"), "an office document or an archive", id="odt"),
        pytest.param(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0\xff" * 256, "an office document", id="doc"),
        pytest.param(b"{\\rtf1\\ansi\\ansicpg1251 Title\\par Some text here.}", "an RTF document", id="rtf"),
        pytest.param(PAGE.encode(), "a web page", id="html"),
        pytest.param(b"\n \t" + PAGE.upper().encode(), "a web page", id="html after blanks"),
        pytest.param(codecs.BOM_UTF8 + PAGE.encode(), "a web page", id="html with a mark"),
        pytest.param(PAGE.encode("utf-16"), "a web page", id="html in UTF-16"),
        pytest.param(b"<html lang=en>\n<p>It opened.", "a web page", id="html without a doctype"),
        pytest.param(b'<?xml version="1.0"?>\n<rss><channel></channel></rss>', "XML", id="a feed"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "a picture", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\x80\xff" * 40, "a picture", id="jpeg"),
        pytest.param(gzip.compress(STORY.encode()), "an archive", id="gzip"),
        pytest.param(b"\0" * 5, "binary data", id="a few zeros"),
        pytest.param(b"\x01\x02\x03", "binary data", id="a few controls"),
        pytest.param(b"\0" * 3000, "a binary file", id="many zeros"),
        pytest.param(b"", "the file is empty", id="nothing"),
        pytest.param(b"\xef\xbb\xbf\r\n \r\n", "the file is empty", id="a mark and blanks"),
    ],
)
def test_a_txt_that_is_none_is_told_for_what_it_is(tmp_path: Path, raw: bytes, what: str) -> None:
    """Not as an empty file, and above all not as an article whose title is %PDF-1.7."""
    (tmp_path / "a.txt").write_bytes(raw)
    titles, (told,) = read(tmp_path)
    assert titles == []
    assert told.startswith(f"{tmp_path / 'a.txt'}: ")
    assert what in told


@pytest.mark.parametrize(
    "text",
    [
        "{Rtf is a format} that editors ask about",
        "<b>Bridge</b> opens",
        "%PDF files are no articles",
        "PK opens a bridge",
    ],
)
def test_a_story_may_begin_with_such_letters(tmp_path: Path, text: str) -> None:
    """Only what is the format's own beginning is taken for it."""
    (tmp_path / "a.txt").write_text(f"{text}\n\nThe road bridge opened on Wednesday.\n", encoding="utf-8")
    titles, problems = read(tmp_path)
    assert (len(titles), problems) == (1, [])


def test_a_folder_tells_what_it_passed_over_in_one_line(tmp_path: Path) -> None:
    """How many of which kind, one by its name, and what to do; the articles beside them are read."""
    for name in ("a.docx", "b.docx", "C.PDF", "old/e.html", "notes"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    titles, problems = read(tmp_path)
    assert titles == ["Bridge opens after two years"]
    (told,) = problems
    assert told == (
        f"{tmp_path}: 5 files are not read (2 .docx, 1 .html, 1 .pdf, 1 without a suffix; such as a.docx): "
        "articles are .txt, .md and .markdown. Save those that are articles as plain text in UTF-8"
    )


def test_one_file_is_named(tmp_path: Path) -> None:
    """In a folder below, by its way there."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "e.html").touch()
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    _titles, (told,) = read(tmp_path)
    assert told == (
        f"{tmp_path}: 1 file is not read (old/e.html): articles are .txt, .md and .markdown. "
        "Save it as plain text in UTF-8 if it is an article"
    )


def test_what_usually_lies_beside_articles_is_no_news(tmp_path: Path) -> None:
    """Pictures, films, what systems and editors leave behind."""
    names = ("a.jpg", "b.PNG", "c.mp4", "Thumbs.db", "desktop.ini", ".DS_Store", "~$a.docx", "story.txt~", "s.txt.bak")
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    assert read(tmp_path) == (["Bridge opens after two years"], [])
    (tmp_path / "story.txt").unlink()
    with pytest.raises(SourceUnreadable, match=r"no article here: looked for \.txt, \.md, \.markdown"):
        read(tmp_path)
