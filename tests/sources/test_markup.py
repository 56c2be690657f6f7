import pytest

from digest.sources.markup import plain_markdown

SOURCE = """\
# A *title*

Some **bold** text, [a link](https://x.example/?a=1&b=2) &amp; `code`,
wrapped.

- one
  continued

  A second paragraph of it.
- two

1. first

> said *he*
> again

![a picture](x.png)

***

<p>In <b>HTML</b> &lt;3</p><script>alert("<p>no</p>")</script><!-- nor <i>this</i> -->

A <br> break <span onclick="x">inline</span>.
"""


def test_a_reader_sees_no_markup() -> None:
    """Only the marks at the head of a line are left, which tell a heading, an item and a quote."""
    assert plain_markdown(SOURCE).split("\n\n") == [
        "# A title",
        "Some bold text, a link & code, wrapped.",
        "- one continued",
        "A second paragraph of it.",
        "- two",
        "- first",
        "> said he again",
        "In HTML <3",
        "A\nbreak inline.",
    ]


@pytest.mark.parametrize(
    "unit",
    ["[", "![", "*a ", "`a", "<!--", "<a ", "<script>", "[a](", "a<![CDATA[", "> ", "- ", "\\", "&", "a\n\n<!--"],
)
@pytest.mark.timeout(60)  # a second's work, or the best part of an hour where time grows with the square
def test_hostile_markup_takes_no_more_than_linear_time(unit: str) -> None:
    """Unclosed brackets, stars and comments are quadratic in most parsers; 200 kB of them are read here."""
    assert isinstance(plain_markdown(unit * (200_000 // len(unit))), str)
    assert isinstance(plain_markdown((unit * (4_000 // len(unit)) + "\n\n") * 50), str)
