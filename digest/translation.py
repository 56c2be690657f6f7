"""What a newsletter says in its own voice, in its reader's language: words, plurals, dates, numbers.

English is the source: a message is written in English where it is used and looked up in
`locale/<language>/LC_MESSAGES/digest.po`.  Adding a language is adding that one file.
Articles are never translated, and what the commands print to the operator is English.
"""

from __future__ import annotations

import io
import re
from datetime import date
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from digest.errors import DigestError

DateStyle = Literal["full", "long", "medium", "short"]

CATALOGUES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"

# Babel takes whatever stands after a keyword and drops its first and last letter; so we look for the quotes ourselves.
_MESSAGE_LINE = re.compile(r'(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?"(?:[^"\\]|\\.)*"')


class CatalogueError(DigestError):
    """A translation catalogue that cannot be read: mend the .po file."""


class Translator:
    """The voice of one language.  `language` is what it speaks: the one asked for, or English where that is unknown.

    A message without a translation comes back in English.  A date is that of the zone it carries.
    """

    def __init__(self, locale: Locale, messages: NullTranslations) -> None:
        self.locale = locale
        self._messages = messages

    @cached_property
    def language(self) -> str:
        """The BCP 47 tag of what is spoken here, as an HTML `lang` takes it: `en`, `en-GB`, `ru`."""
        return str(self.locale).replace("_", "-")

    def gettext(self, message: str) -> str:
        """`message` (its English wording) in this language; named placeholders such as %(title)s stay in it."""
        return self._messages.gettext(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The plural form that `n` takes in this language; %(n)d stays in it, for the caller to fill."""
        return self._messages.ngettext(one, many, n)

    def format_date(self, day: date, style: DateStyle = "long") -> str:
        """`28 января 2022 г.`; `full` adds the weekday.  A datetime gives the day that it is in its own zone."""
        return _plain_spaces(babel_date(day, format=style, locale=self.locale))

    def format_day(self, day: date) -> str:
        """`28 января`: a day of about this time, its year left out."""
        return _plain_spaces(str(format_skeleton("MMMMd", day, locale=self.locale)))

    def format_number(self, number: float) -> str:
        """`12,345.5` as this language groups and points its digits."""
        return format_decimal(number, locale=self.locale)


@lru_cache(maxsize=64)
def translator(language: str, *, catalogues: Path = CATALOGUES) -> Translator:
    """The voice for a language tag such as `ru`, `en-GB` or `uk_UA`; English where we have no catalogue for it.

    A region chooses date and number formats, never other words.
    Raises CatalogueError when there is a catalogue and it does not parse.
    """
    locale = _locale(language)
    if locale is None or (locale.language != SOURCE_LANGUAGE and not _path(catalogues, locale).is_file()):
        locale = Locale(SOURCE_LANGUAGE)
    if locale.language == SOURCE_LANGUAGE:
        return Translator(locale, NullTranslations())
    return Translator(locale, _messages(_path(catalogues, locale), locale))


def text_direction(language: str) -> Literal["ltr", "rtl"]:
    """Which way a language is written, as an HTML `dir` takes it; a language that nobody knows runs left to right."""
    locale = _locale(language)
    return "rtl" if locale is not None and locale.text_direction == "rtl" else "ltr"


def languages(*, catalogues: Path = CATALOGUES) -> tuple[str, ...]:
    """The languages that can be spoken, the source first."""
    return (SOURCE_LANGUAGE, *sorted(path.parts[-3] for path in catalogues.glob("*/LC_MESSAGES/digest.po")))


def _locale(language: str) -> Locale | None:
    """Babel's locale for a tag, without the region where it does not know the two together."""
    tag = language.strip().replace("_", "-")
    for candidate in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-", resolve_likely_subtags=False)
        except (UnknownLocaleError, ValueError, TypeError):  # unknown, malformed, empty
            continue
    return None


def _path(catalogues: Path, locale: Locale) -> Path:
    return catalogues / locale.language / "LC_MESSAGES" / "digest.po"


def _messages(path: Path, locale: Locale) -> GNUTranslations:
    try:
        raw = path.read_text(encoding="utf-8")
        for number, line in enumerate(map(str.strip, raw.split("\n")), start=1):
            if line and not line.startswith("#") and not _MESSAGE_LINE.fullmatch(line):
                raise _broken(f"{path}:{number}", f'expected a keyword and its text in "quotes", found {line[:60]!r}')
        catalogue = read_po(io.StringIO(raw), locale=locale, abort_invalid=True)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        return GNUTranslations(compiled)
    except PoFileError as error:
        raise _broken(f"{path}:{error.lineno + 1}", str(error)) from error
    except (ValueError, OSError) as error:  # not UTF-8, a plural rule that gettext refuses, no right to read
        raise _broken(str(path), str(error)) from error


def _broken(where: str, what: str) -> CatalogueError:
    return CatalogueError(
        f"the translation catalogue does not parse: {what}",
        where=where,
        remedy="Mend the file; msgfmt --check or Poedit will point at the place.",
    )


def _plain_spaces(text: str) -> str:
    """The narrow space that CLDR puts into dates is an empty box in Georgia and Arial on older systems."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
