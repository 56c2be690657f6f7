"""Lines and CSV records that know where they stand, so that a file can be reported on and edited in place.

The `csv` module is not used for reading: it gives up a quote that never closes by swallowing the rest of the file,
and forgets how a row was written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_RECORD = 10_000  # characters; a list line that is longer is not one
_MOST_LINES = 20  # of one record: a postal address in quotes has a few, a forgotten quote has all that follow
_QUOTED = re.compile(r'[ ]*"((?:[^"]|"")*)"[ ]*')


@dataclass(frozen=True, slots=True)
class Record:
    """One line, or several that a quoted field holds together; `text + ending` is exactly what the file says."""

    text: str
    ending: str  # "\n", "\r\n", "\r", or empty at the end of the file
    line: int  # its first, counted from 1
    problem: str = ""  # why it cannot be read


def split_lines(text: str) -> list[Record]:
    r"""Split at \n, \r\n and \r only: str.splitlines also splits at characters that a name may hold."""
    lines = []
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        bare = line.rstrip("\r\n") if line.endswith("\r\n") else line.removesuffix("\n").removesuffix("\r")
        problem = f"longer than {_LONGEST_RECORD} characters" if len(bare) > _LONGEST_RECORD else ""
        lines.append(Record(bare, line[len(bare) :], number, problem))
    return lines


def split_records(lines: list[Record], separator: str) -> list[Record]:
    """Join the lines of each quoted field that spans several.

    A quote that does not close within 20 lines, or closes in the middle of a field, spoils its own line alone.
    """
    records: list[Record] = []
    position = 0
    while position < len(lines):
        record, used = _read_record(lines, position, separator)
        records.append(record)
        position += used
    return records


def _read_record(lines: list[Record], position: int, separator: str) -> tuple[Record, int]:
    first = lines[position]
    if first.problem or '"' not in first.text or first.text.lstrip().startswith("#"):
        return first, 1
    text = first.text
    for used in range(1, _MOST_LINES + 1):
        if split_fields(text, separator) is not None:
            return Record(text, lines[position + used - 1].ending, first.line), used
        if position + used >= len(lines) or not _is_open(text, separator):
            break
        text += lines[position + used - 1].ending + lines[position + used].text
        if len(text) > _LONGEST_RECORD:
            break
    return Record(first.text, first.ending, first.line, "a quote that does not close, or closes within a field"), 1


def split_fields(text: str, separator: str) -> list[str] | None:
    """Give the fields of one record (RFC 4180), or None where its quotes do not match."""
    if '"' not in text:
        return text.split(separator)
    fields: list[str] = []
    position = 0
    while True:
        if quoted := _QUOTED.match(text, position):
            fields.append(quoted[1].replace('""', '"'))
            position = quoted.end()
        elif text[position:].lstrip(" ").startswith('"'):
            return None
        else:
            # A quote inside an unquoted field is a character like any other: O"Hara.
            end = text.find(separator, position)
            end = len(text) if end < 0 else end
            fields.append(text[position:end])
            position = end
        if position == len(text):
            return fields
        if text[position] != separator:
            return None
        position += 1


def _is_open(text: str, separator: str) -> bool:
    """Whether another line could complete the record: it can if a quote at the end of it would."""
    return split_fields(text + '"', separator) is not None


def join_fields(fields: Sequence[str], separator: str) -> str:
    """Write one record, with quotes only where they are needed."""
    return separator.join(
        '"' + field.replace('"', '""') + '"'
        if field != field.strip() or any(char in field for char in f'{separator}"\r\n#')
        else field
        for field in fields
    )
