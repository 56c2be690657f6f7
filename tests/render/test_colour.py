"""Colours, and whether one can be read on another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.colour import LEGIBLE, contrast, parse_colour, readable, write_colour

COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(("text", "colour"), [("#fff", (255, 255, 255)), ("#0B57a4", (11, 87, 164))])
def test_hexadecimal_colours_are_read(text: str, colour: tuple[int, int, int]) -> None:
    """The two notations that every mail client knows."""
    assert parse_colour(text) == colour


@pytest.mark.parametrize("text", ["", "red", "#ff", "#ggg", "0b57a4", "#0b57a4;", "#fff\n", "rgb(0,0,0)", "#0b57a4ff"])
def test_anything_else_is_no_colour(text: str) -> None:
    """A colour goes into style sheets unescaped, so nothing else may pass for one."""
    with pytest.raises(ValueError, match="not a colour"):
        parse_colour(text)


def test_contrast_as_wcag_defines_it() -> None:
    """Black on white is 21, a colour on itself 1, and #777 on white just misses AA (4.48)."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((9, 9, 9), (9, 9, 9)) == pytest.approx(1)
    assert contrast((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


def test_a_legible_colour_is_kept() -> None:
    """An accent that already reads well is used as it was chosen."""
    assert readable("#0b57a4", "#ffffff") == "#0b57a4"


@given(COLOURS, COLOURS)
def test_readable_is_readable(colour: tuple[int, int, int], paper: tuple[int, int, int]) -> None:
    """Whatever accent and paper a site chooses, its links reach WCAG AA (black or white always does)."""
    chosen = readable(write_colour(colour), write_colour(paper))
    assert contrast(parse_colour(chosen), paper) >= LEGIBLE
