from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.audience.records import join_fields, split_fields, split_lines, split_records

FIELD = st.text("ab ,;\"\n'#її", max_size=8)


@given(rows=st.lists(st.lists(FIELD, min_size=1, max_size=4), max_size=5), separator=st.sampled_from(",;"))
def test_what_the_csv_module_writes_is_read_as_it_was(rows: list[list[str]], separator: str) -> None:
    """Quotes, separators and line breaks inside fields come back, record by record."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    records = split_records(split_lines(out.getvalue()), separator)
    assert [split_fields(record.text, separator) for record in records] == rows
    assert "".join(record.text + record.ending for record in records) == out.getvalue()


@given(row=st.lists(FIELD, min_size=1, max_size=4), separator=st.sampled_from(",;\t"))
def test_what_is_written_here_the_csv_module_reads(row: list[str], separator: str) -> None:
    """A spreadsheet that opens the edited list sees the same fields."""
    text = join_fields(row, separator)
    assert split_fields(text, separator) == row
    if row != [""]:
        assert list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)) == [row]


@given(text=st.text('a",\n\r#', max_size=80))
def test_records_add_up_to_the_text(text: str) -> None:
    """Whatever its quotes, no character of a file is lost or doubled, and lines are numbered as they stand."""
    records = split_records(split_lines(text), ",")
    assert "".join(record.text + record.ending for record in records) == text
    assert [record.line for record in records] == sorted({record.line for record in records})


@pytest.mark.parametrize("text", ['"a', '"a"b', 'x,"a', '"a"",b'])
def test_quotes_that_do_not_match_are_told(text: str) -> None:
    """Such a line is reported, not guessed at."""
    assert split_fields(text, ",") is None


def test_a_quote_within_a_field_is_a_character() -> None:
    """People write names so, and no reader of CSV minds."""
    assert split_fields('O"Hara,x', ",") == ['O"Hara', "x"]
