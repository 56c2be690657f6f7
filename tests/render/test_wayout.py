"""No mail is rendered without a way out that its reader sees, whatever a site's own templates leave out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import RenderError
from digest.model import Edition, Newsletter, Rendered, slot
from digest.render.page import parse_page
from digest.render.wayout import leads_out_of_html, leads_out_of_text
from tests.render.conftest import TEMPLATES
from tests.render.test_theme import override

Render = Callable[..., Rendered]

FOOT = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
LINK = '<a href="{{ edition.unsubscribe_url }}">Unsubscribe</a>'


def without_footer(folder: Path) -> Path:
    """A whole theme of the site's own that forgot the footer."""
    own = folder / "templates"
    shutil.copytree(TEMPLATES / "ukraine-today", own / "ukraine-today")
    main = own / "ukraine-today" / "edition.mjml"
    main.write_text(main.read_text(encoding="utf-8").replace('{% include "footer.mjml" %}', ""), encoding="utf-8")
    return own


@pytest.mark.parametrize(
    "foot",
    [
        pytest.param("Sent to our readers.", id="forgotten"),
        pytest.param('<a href="{{ edition.view_url }}">Unsubscribe</a>', id="leads elsewhere"),
        pytest.param('<a href="https://me.example/?{{ edition.unsubscribe_url }}">Stop</a>', id="by way of a tracker"),
        pytest.param(f'<p style="display:none">{LINK}</p>', id="not shown"),
        pytest.param(f'<p style="font-size:0">{LINK}</p>', id="without a size"),
        pytest.param(f'<p style="visibility: hidden">{LINK}</p>', id="invisible"),
        pytest.param(f"<!-- {LINK} -->", id="a comment"),
        pytest.param(f"<!--[if mso]>{LINK}<![endif]-->", id="for Outlook alone"),
        pytest.param('<a href="{{ edition.unsubscribe_url }}"> </a>', id="no words"),
        pytest.param('<a href="{{ edition.unsubscribe_url }}">&#8203;&nbsp;</a>', id="unseen words"),
        pytest.param("{{ edition.unsubscribe_url }}", id="no link"),
        pytest.param("{% if edition.more %}" + LINK + "{% endif %}", id="sometimes"),
    ],
)
def test_a_footer_without_the_way_out_is_refused(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, foot: str
) -> None:
    """A link to it, with words, where a reader sees it: in every other case there is no mail, and the file is named."""
    own = override(tmp_path, "ukraine-today/footer.mjml", FOOT.format(foot))
    with pytest.raises(RenderError, match="the HTML part has no unsubscribe link") as caught:
        render(english, newsletter, over=(own,))
    assert str(caught.value).startswith(str(own / "ukraine-today" / "footer.mjml"))
    assert "{{ edition.unsubscribe_url }}" in caught.value.remedy


@pytest.mark.parametrize(
    "foot",
    [
        LINK,
        '<a href="{{ slot("unsubscribe_url") }}">Відписатися</a>',
        '<a href="{{ edition.unsubscribe_url }}"><img src="https://news.example/x.png" alt="Unsubscribe" /></a>',
        f'<p style="font-size:0.8em">{LINK}</p>',
    ],
)
def test_a_footer_of_ones_own_needs_no_more_than_the_link(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, foot: str
) -> None:
    """However it is worded, in whatever language."""
    own = override(tmp_path, "ukraine-today/footer.mjml", FOOT.format(foot))
    assert slot("unsubscribe_url") in render(english, newsletter, over=(own,)).html


def test_a_theme_without_a_footer_is_refused(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """Nothing was included, so the file to mend is the one that should have."""
    own = without_footer(tmp_path)
    with pytest.raises(RenderError, match=r"edition\.mjml: the HTML part has no unsubscribe link"):
        render(english, newsletter, over=(own,))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Good morning!", id="forgotten"),
        pytest.param("{{ text[:200] }}", id="cut"),
        pytest.param("{{ text | upper }}", id="its name changed"),
        pytest.param("See {{ edition.view_url }}", id="leads elsewhere"),
        pytest.param("Stop:\nx{{ edition.unsubscribe_url }}y", id="run together"),
    ],
)
def test_a_text_part_without_the_way_out_is_refused(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, text: str
) -> None:
    """Whoever reads plain text has no other part."""
    own = override(tmp_path, "ukraine-today/text.txt", text)
    with pytest.raises(RenderError, match=r"text\.txt: the text part has no unsubscribe link"):
        render(english, newsletter, over=(own,))


def test_a_text_part_of_ones_own_needs_no_more_than_the_address(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """On a line of its own, after a word, or in angle brackets."""
    for text in (
        "{{ edition.unsubscribe_url }}",
        "Stop: {{ edition.unsubscribe_url }}",
        "<{{ edition.unsubscribe_url }}>",
    ):
        own = override(tmp_path, "ukraine-today/text.txt", text)
        assert slot("unsubscribe_url") in render(english, newsletter, over=(own,)).text


def test_the_browsers_version_may_do_without(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """It reaches nobody by mail, and an archive's reader has nothing to leave."""
    own = without_footer(tmp_path)
    assert "Ports" in render(english, newsletter, over=(own,), whole=True).html


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        (f'<a href="{slot("unsubscribe_url")}">Out</a>', True),
        (f'<a href="{slot("unsubscribe_url", "x")}">Out</a>', True),
        (f'<a href="{slot("unsubscribe_url2")}">Out</a>', False),
        (f'<a href="{slot("preferences_url")}">Out</a>', False),
    ],
)
def test_the_link_is_the_slot(html: str, *, seen: bool) -> None:
    """Whatever stands in its place leads elsewhere."""
    assert leads_out_of_html(parse_page(html)) is seen
    assert leads_out_of_text(html.partition('"')[2].partition('"')[0]) is seen
