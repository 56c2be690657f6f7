"""The rules of MJML that MRML lets pass in silence."""

from __future__ import annotations

import pytest

from digest.render.markup import first_fault

GOOD = """<mjml lang="en">
<mj-head><mj-title>a</mj-title><mj-attributes><mj-section padding="0" /></mj-attributes>
<mj-raw><meta name="color-scheme" content="light dark"><!--[if mso]><style>p{}</style><![endif]--></mj-raw></mj-head>
<mj-body>
<mj-raw><div>x</div></mj-raw>
<mj-section><mj-column>
<mj-text>one<br>two <img src="a" alt=""> <a href="b" title='c > d'>e</a></mj-text>
<mj-image src="x" />
</mj-column></mj-section>
</mj-body>
</mjml>"""


def test_sound_markup_has_no_fault() -> None:
    """Void elements, comments, self-closing components and > in attributes are all right."""
    assert first_fault(GOOD) is None


@pytest.mark.parametrize(
    ("sound", "broken", "what", "expected"),
    [
        ("</mj-text>", "</mj-column>", "</mj-column> stands where <mj-text> is still open", "</mj-text>"),
        ("</a>", "", "</mj-text> stands where <a> is still open", "</a>"),
        ("</mjml>", "", "<mjml> is never closed", "</mjml>"),
        ("</mjml>", "</mjml></p>", "</p> closes nothing", "Take it out"),
        ("mj-image", "mj-imgae", "<mj-imgae> is no MJML component", "<mj-image>"),
        ("<mj-column>", "<mj-column><p>x</p>", "<p> stands in <mj-column>", "mj-text or mj-raw"),
        ("<mj-body>", "<mj-body><mj-text>x</mj-text>", "<mj-text> stands in <mj-body>", "<mj-column>"),
        ("one", "1 < 2", "a < that opens no tag", "&lt;"),
        ('href="b"', "href=b", "<a> has an attribute that cannot be read", 'name="value"'),
    ],
)
def test_a_fault_is_placed_and_says_what_was_expected(sound: str, broken: str, what: str, expected: str) -> None:
    """MRML would drop the part, or say only that the input ended."""
    source = GOOD.replace(sound, broken, 1)
    fault = first_fault(source)
    assert fault is not None
    assert what in fault.what
    assert expected in fault.expected
    assert 0 <= fault.position < len(source)


def test_the_distance_to_the_open_tag_is_told() -> None:
    """Whoever forgot an end tag looks for where the element began."""
    fault = first_fault("<mjml><mj-body><mj-section><mj-column><mj-text>\n<b>\n\nx</mj-text>")
    assert fault is not None
    assert "<b>, opened 2 lines above" in fault.what
