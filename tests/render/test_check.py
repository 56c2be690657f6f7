"""The linter: our own mail passes it, and each fault that it knows is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Edition, Newsletter, Rendered, slot
from digest.render.check import check
from digest.render.mrml import to_html
from digest.render.page import parse_page, rules
from digest.render.support import IN_EVERY_MAIL, features

Render = Callable[..., Rendered]


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_our_own_mail_is_sound(english: Edition, newsletter: Newsletter, render: Render, theme: str) -> None:
    """No error and no warning in either theme, once the pictures come from the site's own host."""
    findings = check(render(english, replace(newsletter, theme=theme)), image_hosts={"news.example"})
    assert [finding for finding in findings if finding.level != "known"] == []


def test_what_every_mail_has_is_no_finding_to_act_upon() -> None:
    """A theme of one line and a preheader has what MJML writes, and each of it is a known gap; a shadow is a note."""
    line = '<mj-section><mj-column><mj-text>Talks</mj-text><mj-image src="x.png" /></mj-column></mj-section>'
    preheader = '<mj-raw><div style="display:none">Talks</div></mj-raw>'
    html = to_html(f"<mjml><mj-body>{preheader}{line}</mj-body></mjml>")

    def ignored(html: str) -> dict[str, str]:
        rendered = Rendered(subject="Talks", preheader="Talks", html=html, text="Talks", language="en")
        return {one.rule: one.level for one in check(rendered) if one.rule.startswith("css-")}

    assert ignored(html) == dict.fromkeys(IN_EVERY_MAIL, "known")
    shadow = html.replace("</body>", '<p style="box-shadow:0 0 1px red">x</p></body>')
    assert ignored(shadow)["css-box-shadow"] == "note"


def test_a_picture_from_elsewhere_is_told(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Whoever serves a picture learns who reads the mail."""
    findings = check(render(english, newsletter))
    assert [finding.rule for finding in findings if finding.level == "warning"] == ["image-host"]


@pytest.mark.parametrize(
    ("sound", "broken", "rule"),
    [
        pytest.param('<html lang="en"', "<html", "lang", id="no language"),
        pytest.param("<title>", "<b>", "title", id="no title"),
        pytest.param("<h1", "<h2", "headings", id="no first heading"),
        pytest.param('href="https://review.example/rate"', 'href="/rate"', "link", id="relative"),
        pytest.param('href="https://review.example/rate"', 'href="javascript:x()"', "link", id="script"),
        pytest.param('href="https://review.example/rate"', 'href="#"', "link", id="nowhere"),
        pytest.param('href="https://review.example/rate"', 'href="https://[x"', "link", id="unreadable"),
        pytest.param("Read at Economic Review</a>", "</a>", "link-text", id="no text"),
        pytest.param("Read at Economic Review</a>", "www.bank.example/login</a>", "link-host", id="another host"),
        pytest.param('role="presentation"', "", "table-role", id="a table"),
        pytest.param("\ue000unsubscribe_url\ue001", "https://e.example/", "unsubscribe", id="no way out"),
        pytest.param('alt="Photo: NV"', "", "alt", id="no alternative text"),
        pytest.param("color: #0b57a4", "color: #b7d7f7", "contrast", id="pale in the light"),
        pytest.param("{color:#e9e6e0!important}", "{color:#333!important}", "contrast", id="dark in the dark"),
        pytest.param("prefers-color-scheme:dark", "prefers-color-scheme:light", "dark", id="no dark scheme"),
        pytest.param("<h1", "<script></script><h1", "active", id="a script"),
        pytest.param("<h1", "<video></video><h1", "html-video", id="a film"),
        pytest.param("<h1 style=", '<h1 style="display:flex" x=', "css-display-flex", id="flex"),
        pytest.param("<h1 style=", '<h1 style="width:calc(1px + 1px)" x=', "css-unit-calc", id="calc"),
        pytest.param("ports.jpg", "ports.webp?x=1", "image-webp", id="a format that Outlook lacks"),
        pytest.param(
            "</h1>", " and forty more words that the other part does not have " * 3 + "</h1>", "text", id="more"
        ),
    ],
)
def test_a_fault_is_found(
    *, english: Edition, newsletter: Newsletter, render: Render, sound: str, broken: str, rule: str
) -> None:
    """Each rule has a mail that it alone is about."""
    rendered = render(english, newsletter)
    assert sound in rendered.html
    findings = check(replace(rendered, html=rendered.html.replace(sound, broken)), image_hosts={"news.example"})
    assert rule in {finding.rule for finding in findings if finding.level != "note"}


def test_what_only_spam_does_is_told(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Pictures with hardly a word, and addresses that come to an odd number; a site's own name is no disguise."""
    rendered = render(english, newsletter)
    named = rendered.html.replace("Read at Economic Review</a>", "review.example</a>")
    assert not {"link-host", "link-count", "pictures"} & {one.rule for one in check(replace(rendered, html=named))}
    once_more = rendered.html.replace("</h1>", '<a href="https://news.example/">x</a></h1>')
    assert "link-count" in {finding.rule for finding in check(replace(rendered, html=once_more))}
    assert "pictures" in {finding.rule for finding in check(replace(rendered, text="Look!"))}


@pytest.mark.parametrize(
    ("subject", "level"),
    [
        ("", "error"),
        ("BUY THIS NOW", "warning"),
        ("Win!! Now", "warning"),
        ("x" * 90, "note"),
        ("Ports reopen", ""),
        (slot("name"), ""),  # how long it will be, nobody knows
        (slot("name", "читателю") + ", Порты снова принимают суда с зерном", ""),
    ],
)
def test_the_subject_is_looked_at(
    english: Edition, newsletter: Newsletter, render: Render, subject: str, level: str
) -> None:
    """Empty, shouting and endless subjects are told; an ordinary one is not."""
    findings = check(replace(render(english, newsletter), subject=subject))
    assert [finding.level for finding in findings if finding.rule == "subject"] == ([level] if level else [])


def test_a_mail_that_would_be_clipped_is_an_error(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Errors come first, and this one says the size."""
    rendered = render(english, newsletter)
    html = rendered.html.replace("</body>", "<p>" + "x" * 110_000 + "</p></body>")
    findings = check(replace(rendered, html=html))
    assert findings[0].rule == "size"
    assert f"{len(html.encode()) // 1024} kB" in findings[0].what


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<a href='https://[x'>",
        "<img src='https://[x'>",
        "<style>",
        "</style>",
        "@media (prefers-color-scheme:dark){",
        "p{color:#12}",
        "}",
        "{",
        "<h3 style='color:#fff;background:red'>",
        "x",
        "<!--",
        "-->",
        "\ue000unsubscribe_url\ue001",
        "<",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5)).map("".join))
def test_no_mail_breaks_the_linter(html: str) -> None:
    """A theme of one's own may render anything; the linter tells, and never fails."""
    for finding in check(Rendered(subject=html, preheader="", html=html, text="", language="en")):
        assert finding.what


def test_deep_nesting_is_no_trouble() -> None:
    """Mails that were replied to a hundred times nest deeper than Python calls functions."""
    html = "<div>" * 5000 + "x" + "</div>" * 5000
    assert parse_page(html).text == "x"


def test_rules_of_a_style_sheet() -> None:
    """Comments go, media queries become conditions, and at-rules without a block are seen."""
    css = "/* a{} */ @import 'x'; p{margin:0} @media (x){ a{b:c} @media (y){d{e:f}} } q{r:s}"
    assert list(rules(css)) == [
        ("", "@import 'x'", ""),
        ("", "p", "margin:0"),
        ("", "@media (x)", ""),
        ("@media (x)", "a", "b:c"),
        ("@media (x)", "@media (y)", ""),
        ("@media (y)", "d", "e:f"),
        ("", "q", "r:s"),
    ]


def test_the_table_is_whole() -> None:
    """Every line of the table is read, and names a feature once."""
    names = [feature.name for feature in features()]
    assert len(names) == len(set(names)) > 100
    assert all(feature.clients for feature in features())
