"""MRML's ways, and that its output says what its input says."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import escape

from digest.render.clean import clean_line
from digest.render.mrml import MrmlError, to_html


def mail(inside: str, title: str = "t") -> str:
    return (
        f'<mjml lang="en" dir="ltr"><mj-head><mj-title>{title}</mj-title></mj-head><mj-body><mj-section><mj-column>'
        f"{inside}</mj-column></mj-section></mj-body></mjml>"
    )


@given(st.text().map(clean_line))
@example("no\N{NO-BREAK SPACE}break, back\\slash, \"quotes\", 'apostrophes', e\N{COMBINING ACUTE ACCENT}, &amp; <b>")
def test_text_in_attributes_and_title_survives(text: str) -> None:
    """MRML prints attributes as Rust debugs strings; after our protection they say what they said."""
    out = to_html(mail(f'<mj-image src="https://e.example/i" alt="{escape(text)}" />', title=str(escape(text))))
    assert [html.unescape(alt) for alt in re.findall(r'alt="([^"]*)"', out)] == [text]
    assert [html.unescape(label) for label in re.findall(r'aria-label="([^"]*)"', out)] == [text]


def test_a_tag_may_go_over_several_lines() -> None:
    """A newline inside an attribute would come out as a backslash and an n."""
    out = to_html(mail('<mj-text><a\n  href="https://e.example/"\n  style="color:red;\n  margin:0">x</a></mj-text>'))
    assert '<a href="https://e.example/" style="color:red; margin:0">x</a>' in re.sub(r" +", " ", out)


def test_a_blank_between_two_links_stays() -> None:
    """MRML drops white space between elements, and two words would become one."""
    out = to_html(mail('<mj-text><a href="https://e.example/">one</a>\n <b>two</b></mj-text>'))
    assert "one</a>&#32;<b>two" in out


def test_no_attribute_that_html_does_not_have() -> None:
    """MRML writes height="auto" on pictures and vertical-align on cells; validators and strict filters mind."""
    out = to_html(
        mail('<mj-image src="https://e.example/i" alt="x" /><mj-button href="https://e.example/">x</mj-button>')
    )
    assert 'height="auto"' not in out
    assert "vertical-align=" not in out
    assert "height:auto" in out


@pytest.mark.parametrize("before", ["plain", 'Ж <a title="é&amp;\\">нет\n</a>'])
def test_an_error_names_the_character(before: str) -> None:
    """MRML counts bytes of the protected source; the position is one of the source as it was given."""
    source = mail(f"<mj-text>{before}</mj-text><?x?><mj-text>x</mj-text>")
    with pytest.raises(MrmlError) as caught:
        to_html(source)
    assert caught.value.position == source.index("<?x")


def test_an_unplaced_error_is_at_the_end() -> None:
    """Where MRML runs out of input, that is where it stopped."""
    source = "<mjml><mj-body>"
    with pytest.raises(MrmlError) as caught:
        to_html(source)
    assert caught.value.position == len(source)


def test_what_only_word_reads_stands_where_only_word_looks() -> None:
    """No mso- property or Office name outside a comment; VML's name stays where a background picture needs it."""
    plain = to_html("<mjml><mj-body><mj-section><mj-column/></mj-section></mj-body></mjml>")
    seen = re.sub(r"<!--.*?-->", "", plain, flags=re.DOTALL)
    assert "mso-table" not in seen
    assert "xmlns:" not in seen
    assert "mso-table-lspace" in plain
    assert '<o:OfficeDocumentSettings xmlns:o="urn:schemas-microsoft-com:office:office">' in plain
    picture = "https://news.example/a.png"
    hero = f'<mjml><mj-body><mj-section background-url="{picture}"><mj-column/></mj-section></mj-body></mjml>'
    assert 'xmlns:v="urn:schemas-microsoft-com:vml"' in to_html(hero)
