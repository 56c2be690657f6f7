"""What a file says about its article in so many words: YAML between "---" lines, or "Title: ..." lines at its head."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from digest.errors import SourceUnreadable

_LONGEST = 20_000  # characters; bounds what hostile YAML can cost
_NAMES = {
    alias: name
    for name, aliases in {
        "title": "title headline заголовок",
        "date": "published date published_at date_published datepublished pubdate publish_date дата",
        "url": "url link canonical canonical_url permalink ссылка посилання",
        "source": "source publisher site site_name outlet источник джерело",
        "author": "author authors byline автор",
        "language": "language lang язык мова",
        "image": "image cover og_image",
        "category": "category categories section rubric рубрика",
        "keywords": "keywords tags теги",
    }.items()
    for alias in aliases.split()
}  # earlier aliases win where a file gives several, "published" over "date"
_RANK = {alias: rank for rank, alias in enumerate(_NAMES)}
_PAIR = re.compile(r"([^\W\d][\w -]{0,30}?)\s*:(?:\s+|$)(.*)")
_LIST_ITEM = re.compile(r"\s*-\s+(.*)")
_TITLE_LABEL = re.compile(r"\s*(?:title|headline|заголовок)\s*:\s*\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields by their house names, and the text that follows; `fenced` where "---" lines held them."""

    fields: Mapping[str, tuple[str, ...]]
    body: str
    fenced: bool

    def first(self, name: str) -> str:
        """A field's value on one line; empty where it is not given."""
        values = self.fields.get(name, ())
        return " ".join(values[0].split()) if values else ""


def split_front_matter(text: str, *, name: str) -> FrontMatter:
    """Take the front matter off a text that has any.

    YAML that is broken but reads as `key: value` lines is taken so: an unquoted colon in a title is the usual mistake.
    Raises SourceUnreadable, with the line, for any other, and where the closing "---" is missing.
    """
    text = text.lstrip("\n")
    first, _, rest = text.partition("\n")
    if first.rstrip() == "---" and _PAIR.match(rest.lstrip("\n").partition("\n")[0].strip()):
        return _fenced(rest, name=name)
    if _TITLE_LABEL.match(first):
        return _labelled(text)
    return FrontMatter({}, text, fenced=False)


def _fenced(rest: str, *, name: str) -> FrontMatter:
    close = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE).search(rest, 0, _LONGEST)
    if close is None:
        raise SourceUnreadable(
            "the front matter that opens in line 1 is never closed", where=name, remedy='End it with a line "---"'
        )
    block = rest[: close.start()]
    try:
        # Every scalar stays text: "no" is Norwegian, not False, and a date keeps the zone that YAML would drop.
        read = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - the base loader makes strings, lists, dicts only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        pairs = _pairs(block)
        if pairs is None:
            raise SourceUnreadable(
                f"the front matter is not YAML ({_reason(error)})",
                where=f"{name}:{_line(error)}",
                remedy="Write `key: value` lines, with quotes around a value that holds a colon",
            ) from error
        read = pairs
    if not isinstance(read, dict):
        raise SourceUnreadable(
            "the front matter holds no `key: value` lines", where=name, remedy="Write at least `title: ...` in it"
        )
    return FrontMatter(_house_names(read), rest[close.end() :].lstrip("\n"), fenced=True)


def _labelled(text: str) -> FrontMatter:
    """Lines such as "Title: ..." down to the first that is none; blank lines between them do not end them."""
    lines = text.split("\n")
    found: dict[str, object] = {}
    used = 0
    for number, line in enumerate(lines[:40]):
        pair = _PAIR.fullmatch(line.strip())
        if pair and pair[1].lower() in _NAMES and pair[1].lower() not in found:
            found[pair[1].lower()] = pair[2]
            used = number + 1
        elif line.strip():
            break
    return FrontMatter(_house_names(found), "\n".join(lines[used:]).lstrip("\n"), fenced=False)


def _pairs(block: str) -> dict[str, object] | None:
    found: dict[str, object] = {}
    items: list[str] = []
    for line in block.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair, item = _PAIR.fullmatch(line.rstrip()), _LIST_ITEM.fullmatch(line.rstrip())
        if pair:
            items = []
            found[pair[1]] = _value(pair[2]) if pair[2] else items
        elif item and found:
            items.append(_unquoted(item[1]))
        else:
            return None
    return found


def _value(value: str) -> str | list[str]:
    value = value.strip()
    if value.startswith("[") and value.endswith("]"):
        return [_unquoted(part) for part in value[1:-1].split(",")]
    return _unquoted(value)


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _house_names(read: Mapping[Any, object]) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    known = [(str(key).strip().lower(), value) for key, value in read.items()]
    for key, value in sorted(known, key=lambda pair: _RANK.get(pair[0], 0)):
        texts = tuple(filter(None, (text.strip() for text in _texts(value))))
        if key in _NAMES and texts:
            fields.setdefault(_NAMES[key], texts)
    return fields


def _texts(value: object) -> list[str]:
    """A scalar, a list of them, or the `{name: ...}` and `{url: ...}` of site generators; deeper is passed over."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for part in value for text in ([part] if isinstance(part, str) else _named(part))]
    return _named(value)


def _named(value: object) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [text for key in ("name", "url", "src", "title") if isinstance(text := value.get(key), str)][:1]


def _reason(error: Exception) -> str:
    return getattr(error, "problem", None) or "it is nested too deeply"


def _line(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 2 if mark else 1  # counted from 0, and the "---" stands above
