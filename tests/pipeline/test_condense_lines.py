"""Records a line are condensed in order, whatever one of them is."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from digest.pipeline.condense import condense_lines

TEXT = "The town of Exampleton closed its old bridge on Monday after two of its cables snapped."


def answers(*lines: bytes) -> list[tuple[object, str, str]]:
    """What each line came to: its points' texts, or its problem; and the note on its language."""
    return [
        (
            [point["text"] for point in json.loads(answer.line)["points"]] if answer.line else None,
            answer.problem,
            answer.note,
        )
        for answer in condense_lines(lines)
    ]


def a_line(text: str, **more: object) -> bytes:
    return json.dumps({"id": 1, "lang": "en", "text": text, **more}).encode()


def test_a_byte_order_mark_costs_no_record() -> None:
    """What Windows writes before the first line is no part of it."""
    assert answers(b"\xef\xbb\xbf" + a_line(TEXT), a_line(TEXT)) == [([TEXT], "", "")] * 2


def test_half_a_pair_of_surrogates_costs_no_record() -> None:
    """A text cut in the middle of an emoji is condensed, and its spans still count its characters."""
    (answer,) = condense_lines([a_line(f"{TEXT} \ud83d")])
    (point,) = json.loads(answer.line)["points"]
    assert point["text"] == TEXT
    assert point["spans"] == [[0, len(TEXT)]]


def test_what_is_no_json_is_still_reported() -> None:
    """An escape inside does not make a record of a broken line."""
    for line in (b'{"id": 1, "text": "\\ud83d', b'["\\ud83d"]', b'{"id": 1, "text": ["\\ud83d"]}'):
        ((points, problem, _),) = answers(line)
        assert points is None
        assert problem.startswith("line 1: ")


def test_an_empty_text_is_in_no_unknown_language() -> None:
    """Where nothing was chosen there is nothing to say of the rules."""
    assert answers(json.dumps({"id": 1, "text": ""}).encode()) == [([], "", "")]


def test_a_tag_names_its_language() -> None:
    """Region and case do not matter, and ua, the country, stands for its language."""
    for tag in ("en", "en-US", "EN_gb"):
        assert answers(a_line(TEXT, lang=tag))[0][2] == ""
    text = "Міська рада закрила старий міст у понеділок через обрив двох тросів."
    assert answers(a_line(text, lang="ua")) == [([text], "", "")]


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([a_line(TEXT), a_line("\ud800"), b"", b"\n", b"{}"]), max_size=6)
)
def test_no_line_stops_the_others(lines: list[bytes]) -> None:
    """Each line that is not blank is answered or reported, in order, and a good one always condensed."""
    found = answers(*lines, a_line(TEXT))
    assert len(found) == 1 + sum(bool(line.strip()) for line in lines)
    assert found[-1] == ([TEXT], "", "")
