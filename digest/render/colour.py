"""Colours as a theme writes them, and how well one reads on another.

Source: WCAG 2.2, "relative luminance" and "contrast ratio", https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from __future__ import annotations

import re

Rgb = tuple[int, int, int]

# WCAG 2.2, success criterion 1.4.3 (AA), for text of any size.
LEGIBLE = 4.5

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_LINEAR_BELOW = 0.04045  # of sRGB (IEC 61966-2-1): darker channels are not raised to a power
_STEPS = 50  # of 2 % each: finer than the eye, and done in microseconds


def parse_colour(text: str) -> Rgb:
    """Red, green and blue, 0 to 255, of `#rgb` or `#rrggbb`.  Raises ValueError for anything else."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"not a colour: {text!r}")
    digits = text[1:]
    if len(digits) == len("rgb"):
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def write_colour(colour: Rgb) -> str:
    """`#rrggbb`, which every mail client reads."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 (the same) to 21 (black and white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str, ratio: float = LEGIBLE) -> str:
    """`colour`, or the nearest darker or lighter one of its hue that reaches `ratio` on `paper`.

    So a yellow accent still gives legible links on white, and a navy one on black.
    """
    wanted, ground = parse_colour(colour), parse_colour(paper)
    target: Rgb = max(((0, 0, 0), (255, 255, 255)), key=lambda extreme: contrast(extreme, ground))
    for step in range(_STEPS + 1):
        red, green, blue = (round(w + (t - w) * step / _STEPS) for w, t in zip(wanted, target, strict=True))
        if contrast((red, green, blue), ground) >= ratio:
            return write_colour((red, green, blue))
    return write_colour(target)  # a mid-grey paper, on which nothing reaches a high ratio


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_BELOW else float(((channel + 0.055) / 1.055) ** 2.4)
