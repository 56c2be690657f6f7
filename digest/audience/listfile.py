"""List files: who a curator wants a newsletter to go to, as they keep it in a spreadsheet or a text editor.

Two shapes.  A CSV file has a header line with a column `email`, perhaps `name`, and any others, which become
attributes.  A bare file has an address, or `Name <address>`, a line.  `#` opens a comment in both.
Editing changes the lines that it is about and leaves every other character as it stood.

Kept out: reading and writing the file, and who may get mail in the end (an address that unsubscribed stays out
though its line is still here).  `listbytes.py` has how bytes become text, `records.py` how lines become fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from digest.audience.address import normalise_address
from digest.audience.listbytes import decode_list, encode_list
from digest.audience.records import Record, join_fields, split_fields, split_lines, split_records
from digest.errors import AudienceError
from digest.model import LineProblem, ListEntry

__all__ = ["attribute_columns", "decode_list", "encode_list", "parse_list", "with_entry", "without_entry"]

# The first of these that a header has: beside an `email` column, `address` is where somebody lives.
_EMAIL_COLUMNS = (
    *("email", "e-mail", "email address", "e-mail address", "e-mail 1 - value", "mail"),
    *("эл. почта", "электронная почта", "адрес электронной почты", "электронный адрес", "почта"),
    *("ел. пошта", "електронна пошта", "адреса електронної пошти", "електронна адреса", "пошта"),
    "address",
)
_NAME_COLUMNS = frozenset({"name", "full name", "имя", "ім'я", "ім’я"})
_SEPARATORS = ",;\t"
_LONGEST_NAME = 200  # characters; longer is a paragraph in the wrong column
_LONGEST_SHOWN = 100
_NAMED = re.compile(
    r'\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<name>[^<>"#]*?))\s*<(?P<address>[^<>]*)>\s*(?:#.*)?\Z', re.DOTALL
)
_TRAILING_COMMENT = re.compile(r"\s#.*\Z", re.DOTALL)
_EXCEL_HINT = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the header line of a CSV file says about the rows below it."""

    columns: tuple[str, ...]
    separator: str
    email: int
    name: int | None


@dataclass(frozen=True, slots=True)
class _Row:
    """One record with a subscriber on it, or the reason why there is none."""

    record: Record
    address: str
    name: str
    attributes: Mapping[str, str]
    problem: str


def parse_list(text: str, *, path: str) -> tuple[list[ListEntry], list[LineProblem]]:
    """Give the good lines in their order, and each bad one with its place and reason.

    An address that comes twice, however it is spelled, is taken from its first line; the others are reported.
    Names and attributes are one line each: a line break or control character in them becomes a blank.
    """
    entries: list[ListEntry] = []
    problems: list[LineProblem] = []
    first_seen: dict[str, int] = {}
    for row in _rows(text):
        problem = row.problem
        if not problem and row.address in first_seen:
            problem = f"the address is already on line {first_seen[row.address]}"
        if problem:
            problems.append(LineProblem(path=path, line=row.record.line, text=_shown(row.record.text), reason=problem))
            continue
        first_seen[row.address] = row.record.line
        entries.append(ListEntry(address=row.address, name=row.name, attributes=row.attributes, line=row.record.line))
    return entries, problems


def attribute_columns(text: str) -> tuple[str, ...]:
    """Give the columns that become attributes, as the header line spells them; none of a bare file.

    The beginning of the text is enough, as far as its header line.
    """
    header = _find_header(split_lines(text))
    if header is None:
        return ()
    others = (column for index, column in enumerate(header.columns) if index not in {header.email, header.name})
    return tuple(column for column in others if column)


def with_entry(text: str, address: str, name: str, attributes: Mapping[str, str]) -> str:
    """Add a line for `address` at the end; a list that has the address already is returned as it is.

    An empty text becomes a CSV file with the columns that are needed.  Raises AudienceError for a bad address, and
    where the file has no column for a name or an attribute that is given: nothing is dropped in silence.
    """
    address = normalise_address(address)
    name = _short_name(name)
    values = {key: _one_line(value) for key, value in attributes.items()}
    records, header = _laid_out(text)
    if any(row.address == address and not row.problem for row in _rows(text)):
        return text
    end = next((record.ending for record in records if record.ending), "\n")
    opening = text if not text or text.endswith(("\r", "\n")) else text + end
    if all(_is_aside(record.text) for record in records):
        header = _Header(columns=("email", "name", *values), separator=",", email=0, name=1)
        opening += join_fields(header.columns, ",") + end
    line = _bare_line(address, name, values) if header is None else _csv_line(header, address, name, values)
    return opening + line + end


def without_entry(text: str, address: str) -> str:
    """Take every line of `address` out; a list without it is returned as it is.

    Raises AudienceError for a bad address.
    """
    address = normalise_address(address)
    gone = {row.record.line for row in _rows(text) if row.address == address and not row.problem}
    if not gone:
        return text
    records, _ = _laid_out(text)
    return "".join(record.text + record.ending for record in records if record.line not in gone)


def _rows(text: str) -> Iterator[_Row]:
    records, header = _laid_out(text)
    seen_header = header is None
    for record in records:
        if _is_aside(record.text) or _EXCEL_HINT.match(record.text) or _is_empty(record, header):
            continue
        if not seen_header:
            seen_header = True
            continue
        address, name, attributes, problem = "", "", _NONE, record.problem
        try:
            if not problem and header is None:
                address, name = _bare_fields(record.text)
            elif not problem and header is not None:
                address, name, attributes = _csv_fields(record.text, header)
            address = address and normalise_address(address)
        except AudienceError as error:
            problem = error.what
        yield _Row(record, address, name, attributes, problem)


_NONE: Mapping[str, str] = MappingProxyType({})


def _is_aside(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped.startswith("#")


def _is_empty(record: Record, header: _Header | None) -> bool:
    """Tell a row without a word in it: a spreadsheet writes one for each that was ever touched."""
    return header is not None and not record.problem and not record.text.strip(f'{header.separator}" \t')


def _laid_out(text: str) -> tuple[list[Record], _Header | None]:
    """Split the text into records: lines in a bare file, CSV records under a header."""
    lines = split_lines(text)
    header = _find_header(lines)
    return (lines if header is None else split_records(lines, header.separator)), header


def _find_header(lines: list[Record]) -> _Header | None:
    """Read the first line that is neither blank nor a comment as a header, if it names an email column."""
    hint = ""
    for line in lines:
        if _is_aside(line.text):
            continue
        if not hint and (excel := _EXCEL_HINT.match(line.text)):
            hint = excel[1]
            continue
        readings = [
            [_one_line(column) for column in columns]
            for separator in (hint or _SEPARATORS)
            if (columns := split_fields(line.text, separator)) is not None
        ]
        if not readings:
            return None
        columns = max(readings, key=len)
        separator = (hint or _SEPARATORS)[readings.index(columns)]
        folded = [column.casefold() for column in columns]
        email = next((folded.index(column) for column in _EMAIL_COLUMNS if column in folded), None)
        if email is None:
            return None
        name = next((index for index, column in enumerate(folded) if column in _NAME_COLUMNS), None)
        return _Header(tuple(columns), separator, email, name)
    return None


def _bare_fields(line: str) -> tuple[str, str]:
    if named := _NAMED.match(line):
        name = named["name"] if named["quoted"] is None else re.sub(r"\\(.)", r"\1", named["quoted"])
        return named["address"], _short_name(name)
    line = _TRAILING_COMMENT.sub("", line.strip())
    if any(separator in line for separator in _SEPARATORS):
        raise AudienceError("more than an address on the line, and no header line that names an email column")
    return line, ""


def _csv_fields(text: str, header: _Header) -> tuple[str, str, Mapping[str, str]]:
    fields = split_fields(text, header.separator) or []
    if len(fields) > len(header.columns) and any(field.strip() for field in fields[len(header.columns) :]):
        raise AudienceError(f"{len(fields)} fields under a header of {len(header.columns)}")
    if len(fields) <= header.email or not fields[header.email].strip():
        raise AudienceError("no address in the email column")
    name = _short_name(fields[header.name]) if header.name is not None and header.name < len(fields) else ""
    attributes = {
        column: value
        for index, (column, field) in enumerate(zip(header.columns, fields, strict=False))
        if index not in {header.email, header.name} and column and (value := _one_line(field))
    }
    return fields[header.email], name, MappingProxyType(attributes) if attributes else _NONE


def _csv_line(header: _Header, address: str, name: str, values: Mapping[str, str]) -> str:
    unknown = [column for column, value in values.items() if value and column not in header.columns]
    if name and header.name is None:
        unknown.insert(0, "name")
    if unknown:
        raise AudienceError(
            f"the list has no column for {', '.join(unknown)}",
            remedy=f"Add it to the header line, which now reads {', '.join(header.columns)}",
        )
    row = [values.get(column, "") for column in header.columns]
    row[header.email] = address
    if header.name is not None:
        row[header.name] = name
    return join_fields(row, header.separator)


def _bare_line(address: str, name: str, values: Mapping[str, str]) -> str:
    if any(values.values()):
        raise AudienceError(
            f"the list has an address a line and no columns for {', '.join(values)}",
            remedy="Give it a header line such as email,name,city to keep attributes",
        )
    if not name:
        return f"<{address}>" if address.startswith("#") else address  # else it would be a comment
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if re.search(r'["\\#<>]', name) else f"{name} <{address}>"


def _short_name(text: str) -> str:
    return _one_line(text)[:_LONGEST_NAME].strip()


def _one_line(text: str) -> str:
    """Fold white space and control characters: what a list file says about a person never spans lines."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def _shown(text: str) -> str:
    escaped = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    return escaped if len(escaped) <= _LONGEST_SHOWN else escaped[: _LONGEST_SHOWN - 1] + "…"
