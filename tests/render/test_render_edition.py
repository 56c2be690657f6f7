"""An edition as mail: everything is in it, once, in order, and nothing that a publisher wrote becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.model import Edition, KeyPoint, Newsletter, Rendered, Section, Span, Story, slot
from digest.render.clean import clean_line

Render = Callable[..., Rendered]

GMAIL_CLIPS_AT = 102 * 1024


class Page(HTMLParser):
    """The elements of a document in order, its visible text, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self.lists: list[list[str]] = []
        self._texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append((tag, ""))
        if tag == "ul":
            self.lists.append([])
        if tag == "li":
            self.lists[-1].append("")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        if {"style", "head"} & set(self._open):
            return
        self._texts.append(data)
        if {"h1", "h2", "h3", "h4"} & set(self._open):
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)
        if "li" in self._open:
            self.lists[-1][-1] += data

    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.attributes if tag == "a"]


def test_headings_tell_the_outline(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """One h1, stories one level below it, speakers below their story: a screen reader can jump through the mail."""
    headings = Page(render(english, newsletter).html).headings
    assert headings[:4] == [
        ("h1", "Ukraine Today"),
        ("h2", "Black Sea ports reopen to grain ships after nine days of inspections"),
        ("h3", "Blinken"),
        ("h3", "Stoltenberg"),
    ]
    assert headings[-3:] == [
        ("h2", "In brief"),
        ("h3", "First night train from Kyiv to Warsaw leaves in May"),
        ("h3", "Storks are back in Polissia, two weeks early"),
    ]
    levels = [int(level[1]) for level, _text in headings]
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_points_are_lists_under_their_speakers(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Verbatim, in order, one list a speaker; a story in brief has one sentence and no list."""
    lists = Page(render(english, newsletter).html).lists
    lead = english.stories[0].points
    assert lists[0] == [point.text for point in lead if point.group == "Blinken"]
    assert lists[1] == [point.text for point in lead if point.group == "Stoltenberg"]
    assert len(lists) == 6
    assert "Left out in a brief." not in render(english, newsletter).html


def test_sources_are_named_and_linked(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """An article is linked by a text that says where it leads; one without an address is named, if it has a name."""
    page = Page(render(english, newsletter).html)
    assert "Read at Economic Review" in page.text
    assert "Source: NV" in page.text
    assert "Also reported by Reuters, Kyiv Post" in re.sub(r"\s+", " ", page.text)
    assert "https://reuters.example/a?b=1&c=2" in page.links()
    assert "https://dnipro.example/%D1%88%D0%BA%D0%BE%D0%BB%D0%B0" in page.links()
    assert page.text.count("Read at") == 5
    assert "" not in page.links()


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_sources_without_a_link_are_set_alike(
    theme: str, english: Edition, newsletter: Newsletter, render: Render
) -> None:
    """Who is named, and who reports it too, stand below each other in one size."""
    lead = replace(english.stories[0].lead, url="")
    story = replace(english.stories[0], lead=lead, others=(replace(lead, source="Reuters", title="Grain"),))
    edition = replace(english, sections=(Section(title="", stories=(story,)),))
    page = Page(render(edition, replace(newsletter, theme=theme)).html)
    styles = {str(one["class"]): str(one["style"]) for tag, one in page.attributes if tag == "p" and "class" in one}
    sizes = [re.findall(r"font-size: ?(\d+px)", styles[kind])[-1] for kind in ("read muted", "also muted")]
    assert sizes == ["14px", "14px"]


def test_a_source_is_not_its_own_witness(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Under a story of NV, "Also reported by NV" says nothing, unless there is another article of NV to read."""
    lead = english.stories[0].lead
    own = replace(lead, url="")
    story = replace(english.stories[0], others=(own,))
    assert (
        "Also reported by"
        not in render(replace(english, sections=(Section(title="", stories=(story,)),)), newsletter).text
    )
    story = replace(
        english.stories[0], others=(own, replace(lead, url="https://news.example/2"), replace(own, source="AP"))
    )
    text = render(replace(english, sections=(Section(title="", stories=(story,)),)), newsletter).text
    assert "Also reported by: NV\N{NO-BREAK SPACE}[2], AP\n" in text


def test_masthead_and_footer(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Date, number and length above; why, how to stop, who and where below."""
    rendered = render(english, newsletter)
    text = re.sub(r"\s+", " ", Page(rendered.html).text)
    assert "Friday, January 28, 2022 No. 27 · 7 stories, 3 minutes" in text
    assert "You get this email because you subscribed to Ukraine Today." in text
    assert "12 Velyka Vasylkivska St, Kyiv 01004, Ukraine" in text
    assert [link for link in Page(rendered.html).links() if "nv" in link.split("/")] == [
        "https://twitter.example/nv",
        "https://facebook.example/nv",
        "https://news-app.example/nv",
    ]
    assert (rendered.subject, rendered.preheader) == (english.subject, english.preheader)


def test_a_russian_edition_speaks_russian(russian: Edition, russian_newsletter: Newsletter, render: Render) -> None:
    """Every word of ours is Russian, and a Ukrainian headline is marked as Ukrainian for a screen reader."""
    rendered = render(russian, russian_newsletter)
    text = re.sub(r"\s+", " ", Page(rendered.html).text)
    assert "Пятница, 28 января 2022 г. № 27 · 4 новости, 2 минуты" in text
    assert "Читать полностью: Економічний огляд" in text
    assert "Отписаться" in text
    assert "Отписаться" in rendered.text
    assert '<html lang="ru" dir="ltr"' in rendered.html
    assert re.search(r'<h2 lang="uk"[^>]*>.*Національний', rendered.html)


@pytest.mark.parametrize("part", ["html", "text"])
def test_slots_wait_for_the_subscriber(english: Edition, newsletter: Newsletter, render: Render, part: str) -> None:
    """Each part holds the unsubscribe and the browser link once, and no other mark, whatever an article contains."""
    lead = replace(english.stories[0].lead, title=f"Forged {slot('view_url')}", source=slot("unsubscribe_url"))
    story = replace(english.stories[0], lead=lead)
    content = getattr(render(replace(english, sections=(Section(title="", stories=(story,)),)), newsletter), part)
    assert content.count(slot("unsubscribe_url")) == 1
    assert content.count(slot("view_url")) == 1
    assert content.count("\ue000") == 2


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_the_mail_asks_nothing_of_the_network(
    english: Edition, newsletter: Newsletter, render: Render, theme: str
) -> None:
    """No font, script, style sheet or tracking picture: the lead story's picture is the one thing that is fetched."""
    html = render(english, replace(newsletter, theme=theme)).html
    page = Page(html)
    fetched = [value for _tag, attributes in page.attributes for name, value in attributes.items() if name == "src"]
    assert fetched == ["https://news.example/images/ports.jpg"]
    assert not {"script", "link", "iframe", "form", "video", "object"} & set(page.tags)
    assert "@import" not in html
    assert "url(" not in html
    assert "@font-face" not in html
    without = render(english, replace(newsletter, theme=theme, theme_settings={"images": "none"})).html
    assert "<img" not in without


def test_a_picture_that_is_not_ours_is_not_shown(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """A publisher's server is never linked to: it would learn who opens the mail, and when."""
    lead = replace(english.stories[0].lead, image="https://elsewhere.example/x.jpg")
    story = replace(english.stories[0], lead=lead)
    html = render(replace(english, sections=(Section(title="", stories=(story,)),)), newsletter).html
    assert "<img" not in html
    assert "elsewhere" not in html


def test_every_table_is_for_layout(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """A screen reader is not read rows and columns that mean nothing."""
    tables = [attributes for tag, attributes in Page(render(english, newsletter).html).attributes if tag == "table"]
    assert tables
    assert all(attributes.get("role") == "presentation" for attributes in tables)


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_thirty_stories_stay_under_the_clip(
    english: Edition, newsletter: Newsletter, render: Render, theme: str
) -> None:
    """Gmail cuts a mail at 102 kB, and with it the unsubscribe link; thirty full stories with six points each fit."""
    points = tuple(replace(point, group=None) for point in english.stories[0].points)
    story = replace(english.stories[0], points=(*points, points[0]))
    many = replace(english, sections=(Section(title="", stories=(story,) * 30),))
    assert len(render(many, replace(newsletter, theme=theme)).html.encode()) < GMAIL_CLIPS_AT


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_a_quiet_day_is_a_mail_all_the_same(
    english: Edition, newsletter: Newsletter, render: Render, theme: str
) -> None:
    """No story, no intro, no preheader, no address: what is left is still whole, and says so."""
    empty = replace(english, sections=(), intro="", preheader="")
    rendered = render(empty, replace(newsletter, theme=theme, postal_address="", social_links={}))
    assert "No stories today." in Page(rendered.html).text
    assert "No stories today." in rendered.text
    assert "Unsubscribe" in rendered.text


def test_a_section_without_stories_has_no_heading(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """A heading over nothing would look like a mistake."""
    sections = (english.sections[0], Section(title="In brief", stories=(), brief=True))
    assert "In brief" not in render(replace(english, sections=sections), newsletter).html


def test_right_to_left(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """The layout turns with the language; a story in another direction is turned back inside it."""
    html = render(replace(english, language="ar"), newsletter).html
    assert '<html lang="ar" dir="rtl"' in html
    assert "direction:ltr" not in html
    assert 'align="left"' not in html
    assert "margin-right: 20px" in html
    assert '<li style="margin: 0 0 7px;"><span dir="ltr">Washington' in html


def saying(text: str, edition: Edition, newsletter: Newsletter, *, theme: str) -> tuple[Edition, Newsletter]:
    """An edition with `text` in everything that others write."""
    lead = replace(
        edition.stories[0].lead,
        title=text,
        source=text,
        category=text,
        image=f"https://img.example/{text}",
        url=f"https://news.example/{text}",
    )
    point = KeyPoint(text=text, group=text, origin="authored", spans=(Span(0, 1),), article=lead.id)
    story = Story(lead=lead, others=(replace(lead, url=""), replace(lead, url="https://b.example/")), points=(point,))
    sections = (Section(title=text, stories=(story,)), Section(title=text, stories=(story,), brief=True))
    return (
        replace(edition, sections=sections, subject=text, preheader=text, intro=text),
        replace(
            newsletter,
            title=text,
            theme=theme,
            postal_address=clean_line(text),
            social_links={text: "https://c.example/"},
        ),
    )


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), max_size=60))
@example(text="</mj-text></mj-column>")
@example(text="A & B &amp; &lt; &nbsp; &#0; &")
@example(text="<br> <br/> <BR <b <!-- x --> --> <![CDATA[ ]]> <?php ?>")
@example(text="{{ 7 * 7 }} {% raw %} {# #}")
@example(text='" onload="alert(1)" \' \\ `')
@example(text="two\r\nlines\n\nand\x00\x0b\x1b\x85\u2028controls")
@example(text="\ud83d \ue000view_url\ue001 \ue010x:1\ue011 \ufffe \U000e0001 \U0001f1fa\U0001f1e6")
@example(text="<style>body{display:none}</style><script>x</script>")
@example(text="\N{NO-BREAK SPACE}\N{ZERO WIDTH JOINER}\N{COMBINING ACUTE ACCENT}")
@example(text="#a:b @media x { } /* ")
def test_no_text_becomes_markup(
    english: Edition, newsletter: Newsletter, render: Render, theme: str, text: str
) -> None:
    """Whatever a publisher writes, the mail has the same elements, and shows the text as it was written."""
    text = f"x{text}y"
    rendered = render(*saying(text, english, newsletter, theme=theme))
    page = Page(rendered.html)
    assert page.tags == Page(render(*saying("xy", english, newsletter, theme=theme)).html).tags
    shown = clean_line(text)
    assert ("h1", shown) in page.headings
    assert page.lists[0] == [shown]
    assert page.headings.count(("h2", shown)) == 2
    assert rendered.subject == shown
    for _tag, attributes in page.attributes:
        assert not {name for name in attributes if name.startswith("on")}
        assert attributes.get("alt") in {None, f"Photo: {shown}"}
        assert (attributes.get("aria-label") or shown) == shown


def test_an_edition_renders_the_same_twice(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """Nothing of a clock or of chance gets in, so a frozen edition can be checked against its source."""
    assert render(english, newsletter) == render(english, newsletter)


@pytest.mark.parametrize("theme", ["ukraine-today", "nv-digest"])
def test_a_point_of_another_source_names_it(
    english: Edition, newsletter: Newsletter, render: Render, theme: str
) -> None:
    """Who reads a fact that the linked article lacks is told where it stands; the lead's own points say nothing."""
    lead = english.stories[0]
    theirs = KeyPoint(
        text="Three ships wait at anchor off Odesa.", origin="extracted", spans=(Span(0, 1),), article=lead.others[0].id
    )
    story = replace(lead, points=(lead.points[0], theirs))
    sections = (Section(title="", stories=(story,)), Section(title="More", brief=True, stories=()))
    rendered = render(replace(english, sections=sections), replace(newsletter, theme=theme))
    (own,), (added,) = Page(rendered.html).lists
    assert own == lead.points[0].text
    assert added == "Three ships wait at anchor off Odesa. (Reuters)"
    assert "* Three ships wait at anchor off Odesa. (Reuters)\n" in rendered.text
    assert "(NV)" not in rendered.text
    brief = Section(title="In brief", brief=True, stories=(replace(lead, points=(theirs,)),))
    assert "Odesa. (Reuters)" in Page(render(replace(english, sections=(brief,)), newsletter).html).text


@pytest.mark.parametrize(
    ("name", "said"),
    [("english", "Update to January 26"), ("russian", "Развитие темы от 26 января")],
)
def test_an_update_names_the_day_of_the_edition_it_continues(
    name: str, said: str, newsletter: Newsletter, render: Render, request: pytest.FixtureRequest
) -> None:
    """A reader can tell what is new from what was told, and when; in both parts, and in the edition's language."""
    edition: Edition = request.getfixturevalue(name)
    story = replace(edition.stories[0], update_of="ukraine-today/2022-01-26T09:00")
    rendered = render(replace(edition, sections=(Section(title="", stories=(story,)),)), newsletter)
    assert said in Page(rendered.html).text
    assert f"\n{said} · " in rendered.text
    brief = Section(title="In brief", stories=(story,), brief=True)
    assert said in Page(render(replace(edition, sections=(brief,)), newsletter).html).text


def test_a_point_cut_out_of_a_sentence_begins_with_a_capital(
    english: Edition, newsletter: Newsletter, render: Render
) -> None:
    """Only what is shown: a lower-case start is raised, a name such as eBay and an author's own words stay."""
    lead = english.stories[0]
    texts = ("the bridge opened on Monday.", "eBay closed its Kyiv office.")
    points = tuple(KeyPoint(text=text, origin="extracted", spans=(Span(0, 1),), article=lead.lead.id) for text in texts)
    authored = KeyPoint(text="as written", origin="authored", spans=(Span(0, 1),), article=lead.lead.id)
    sections = (Section(title="", stories=(replace(lead, points=(*points, authored)),)),)
    html = render(replace(english, sections=sections), newsletter).html
    assert "The bridge opened on Monday." in html
    assert "eBay closed its Kyiv office." in html
    assert "as written" in html


def test_a_point_that_is_the_head_of_a_sentence_ends_with_a_full_stop(
    english: Edition, newsletter: Newsletter, render: Render
) -> None:
    """Only what is shown, and only where the sentence goes on: an ended quotation and a whole sentence stay."""
    told = 'The bridge opened on Monday, which nobody expected. Roe said "it holds." (He smiled.) No toll for now'
    heads = ("The bridge opened on Monday", 'Roe said "it holds."', "No toll for now")
    story = replace(english.stories[0], lead=replace(english.stories[0].lead, text=told), others=())
    points = tuple(
        KeyPoint(
            text=head,
            origin="extracted",
            spans=(Span(told.index(head), told.index(head) + len(head)),),
            article=story.lead.id,
        )
        for head in heads
    )
    sections = (Section(title="", stories=(replace(story, points=points),)),)
    text = " ".join(render(replace(english, sections=sections), newsletter).text.split())
    assert "The bridge opened on Monday. " in text
    assert 'Roe said "it holds." ' in text
    assert "No toll for now." not in text
