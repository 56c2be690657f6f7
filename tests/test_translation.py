"""The words of a newsletter: every message in every language, plurals, dates, and what happens without a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import digest.translation
from digest.translation import CATALOGUES, CatalogueError, languages, text_direction, translator

ROOT = Path(__file__).parents[1]
TRANSLATED = [language for language in languages() if language != "en"]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")

Messages = dict[str | tuple[str, ...], str]


def used_messages() -> Messages:
    """Each message that the code or a shipped template asks for, and the file that does."""
    found: Messages = {}
    for folder, method, files in (("digest", "python", "**.py"), ("templates", "jinja2", "**.*")):
        mapping = [(files, method)]
        for name, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=mapping, options_map={"**.*": {"newstyle_gettext": "true"}}
        ):
            if folder == "templates" or name != "translation.py":
                found[tuple(message) if isinstance(message, tuple | list) else message] = f"{folder}/{name}"
    return found


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "digest.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def untranslated(language: str) -> Iterator[str]:
    entries = {message.id if isinstance(message.id, str) else message.id[0]: message for message in catalogue(language)}
    plurals = catalogue(language).num_plurals
    for message, where in used_messages().items():
        single = message if isinstance(message, str) else message[0]
        entry = entries.get(single)
        if entry is None or entry.fuzzy:
            yield f"{where}: {single!r} is missing or fuzzy"
        elif isinstance(message, str):
            if not entry.string:
                yield f"{where}: {single!r} is empty"
        elif len(entry.string or ()) != plurals or not all(entry.string or ()):
            yield f"{where}: {single!r} lacks one of its {plurals} plural forms"


def test_the_extractor_finds_what_templates_and_code_say() -> None:
    """The completeness test below would pass on nothing: the messages of templates must be among those found."""
    assert "Unsubscribe" in used_messages()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    """A reader never meets an English phrase in a Russian or Ukrainian mail."""
    assert list(untranslated(language)) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_catalogue_keeps_a_message_that_nobody_says(language: str) -> None:
    """A stale entry would be translated again and again for nothing."""
    used = {message if isinstance(message, str) else message[0] for message in used_messages()}
    kept = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue(language) if entry.id}
    assert kept - used == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_survive_translation(language: str) -> None:
    """A translation that lost or misspelt %(title)s would fail or lie when it is filled."""
    for entry in catalogue(language):
        if not entry.id:
            continue
        single = entry.id if isinstance(entry.id, str) else entry.id[-1]
        forms = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(single)), f"{single!r}: {form!r}"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 1, "1 story"),
        ("en", 7, "7 stories"),
        ("ru", 1, "1 новость"),
        ("ru", 3, "3 новости"),
        ("ru", 11, "11 новостей"),
        ("ru", 21, "21 новость"),
        ("uk", 2, "2 новини"),
        ("uk", 5, "5 новин"),
        ("uk", 112, "112 новин"),
    ],
)
def test_plural_forms(language: str, n: int, said: str) -> None:
    """Slavic languages have three forms of a noun after a number, and eleven is not like one."""
    assert translator(language).ngettext("%(n)d story", "%(n)d stories", n) % {"n": n} == said


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Friday, January 28, 2022"),
        ("ru", "пятница, 28 января 2022\N{NO-BREAK SPACE}г."),
        ("uk", "пʼятниця, 28 січня 2022\N{NO-BREAK SPACE}р."),
    ],
)
def test_dates_are_written_out(language: str, written: str) -> None:
    """Month and weekday are words of the language, in its order and case."""
    assert translator(language).format_date(date(2022, 1, 28), "full") == written


def test_a_region_chooses_the_date_format() -> None:
    """London and New York share their words and not their dates."""
    assert translator("en-GB").format_date(date(2022, 1, 28)) == "28 January 2022"
    assert translator("en-US").format_date(date(2022, 1, 28)) == "January 28, 2022"


def test_a_date_is_the_day_in_its_own_zone() -> None:
    """Nine in the evening in New York is already tomorrow in UTC; the masthead says today."""
    evening = datetime(2022, 1, 28, 21, 0, tzinfo=ZoneInfo("America/New_York"))
    assert translator("en").format_date(evening) == "January 28, 2022"


def test_numbers() -> None:
    """Digits are grouped and pointed as the language does it."""
    assert translator("en").format_number(12345) == "12,345"
    assert translator("ru").format_number(12345.5) == "12\N{NO-BREAK SPACE}345,5"


@pytest.mark.parametrize("language", ["und", "", "tlh", "de", "not a tag", "en-ZZZZZ", "../../etc", "x" * 500])
def test_an_unknown_language_speaks_english(language: str) -> None:
    """A newsletter in a language without a catalogue goes out all the same, and says which words it uses."""
    voice = translator(language)
    assert voice.language == "en"
    assert voice.gettext("Unsubscribe") == "Unsubscribe"


@pytest.mark.parametrize("language", ["ru", "ru-RU", "ru_UA", "RU", "ru-XX"])
def test_a_region_does_not_change_the_words(language: str) -> None:
    """A tag with a region finds the catalogue of its language."""
    assert translator(language).gettext("Unsubscribe") == "Отписаться"


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("ru", "ltr"), ("und", "ltr")])
def test_direction_follows_the_script(language: str, direction: str) -> None:
    """Arabic and Hebrew run right to left, with or without a catalogue of ours."""
    assert text_direction(language) == direction


def test_adding_a_language_is_adding_a_file(tmp_path: Path) -> None:
    """One .po file and nothing else: the words follow."""
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "digest.po").write_text('msgid "Unsubscribe"\nmsgstr "إلغاء الاشتراك"\n', encoding="utf-8")
    voice = translator("ar", catalogues=tmp_path)
    assert voice.gettext("Unsubscribe") == "إلغاء الاشتراك"
    assert languages(catalogues=tmp_path) == ("en", "ar")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('msgid "Unsubscribe"\nmsgstr Отписаться\n'.encode(), id="no quotes"),
        pytest.param(b'msgid "Unsubscribe"\nmsgstr "x" y"\n', id="a quote too many"),
        pytest.param(b'msgid "Unsubscribe"\nmsgid "In brief"\n', id="no translation"),
    ],
)
def test_a_broken_catalogue_is_an_error_not_silence(tmp_path: Path, content: bytes) -> None:
    """The operator learns which line of which file is broken before English goes out to Russian readers."""
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "digest.po").write_bytes(content)
    with pytest.raises(CatalogueError, match=re.escape(f"{folder / 'digest.po'}:")):
        translator("ru", catalogues=tmp_path)


def test_a_catalogue_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    """Read as UTF-8, a Windows-1251 catalogue would put question marks into every mail."""
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "digest.po").write_bytes('msgid "Unsubscribe"\nmsgstr "Отписаться"\n'.encode("cp1251"))
    with pytest.raises(CatalogueError, match="utf-8"):
        translator("ru", catalogues=tmp_path)


def test_the_catalogues_stand_inside_the_package() -> None:
    """They ship in the wheel because they stand beside the code that reads them."""
    assert Path(digest.translation.__file__).parent in CATALOGUES.parents
    assert TRANSLATED == ["ru", "uk"]
