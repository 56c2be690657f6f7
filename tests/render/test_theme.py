"""Themes: where their files are found, what may be set in them, and what a mistake in one is told as."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import RenderError
from digest.model import Edition, Newsletter, Rendered
from digest.render.theme import find_theme

Render = Callable[..., Rendered]
TEMPLATES = Path(__file__).parents[2] / "templates"


def override(folder: Path, file: str, content: str | bytes) -> Path:
    """A site's own templates/ with one file in it."""
    path = folder / "templates" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "templates"


def test_one_partial_is_enough(english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path) -> None:
    """A site keeps the one file that it wants different; all others are the shipped ones."""
    own = override(tmp_path, "ukraine-today/kicker.mjml", "<p>OWN KICKER</p>")
    html = render(english, newsletter, over=(own,)).html
    assert html.count("OWN KICKER") == 5
    assert "Unsubscribe" in html


def test_a_shared_partial_is_overridden_for_every_theme(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """What stands in a site's shared/ goes before the shipped shared/, and behind a theme's own."""
    own = override(tmp_path, "shared/kicker.mjml", "<p>OWN KICKER</p>")
    assert "OWN KICKER" in render(english, newsletter, over=(own,)).html
    assert "OWN KICKER" not in render(english, replace(newsletter, theme="nv-digest"), over=(own,)).html


def test_a_copied_theme_is_a_theme(english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path) -> None:
    """A copy under another name renders by its new name alone, its own colours included."""
    own = tmp_path / "templates"
    shutil.copytree(TEMPLATES / "ukraine-today", own / "evening")
    settings = own / "evening" / "theme.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("#0b57a4", "#7a1fa2"), encoding="utf-8")
    assert "#7a1fa2" in render(english, replace(newsletter, theme="evening"), over=(own,)).html


def test_a_template_is_read_again_when_it_changes(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """The preview shows what was just saved."""
    own = override(tmp_path, "ukraine-today/kicker.mjml", "<p>FIRST</p>")
    assert "FIRST" in render(english, newsletter, over=(own,)).html
    override(tmp_path, "ukraine-today/kicker.mjml", "<p>SECOND, longer</p>")
    assert "SECOND" in render(english, newsletter, over=(own,)).html


def test_settings_colour_the_mail(english: Edition, newsletter: Newsletter, render: Render) -> None:
    """The accent is used as set; where it would not be legible on the paper, a darker one of its hue is."""
    purple = render(english, replace(newsletter, theme_settings={"accent": "#7a1fa2"})).html
    assert "color: #7a1fa2" in purple
    yellow = render(english, replace(newsletter, theme_settings={"accent": "#ffd400"})).html
    assert "border-top: 4px solid #ffd400" in yellow
    assert ";color: #ffd400" not in yellow


@pytest.mark.parametrize(
    ("settings", "where", "says"),
    [
        ({"acent": "#fff"}, "theme_settings.acent", "'accent'"),
        ({"accent": "bleu"}, "theme_settings.accent", "'bleu' is not a colour"),
        ({"accent": "#fff;} body{display:none"}, "theme_settings.accent", "#rgb or #rrggbb"),
        ({"body_font": "Arial</style>"}, "theme_settings.body_font", "not a list of fonts"),
        ({"images": "all"}, "theme_settings.images", "lead, none"),
    ],
)
def test_a_wrong_setting_is_named(newsletter: Newsletter, settings: dict[str, str], where: str, says: str) -> None:
    """By its key, with what is expected there; nothing that could break out of a style sheet gets in."""
    with pytest.raises(RenderError) as caught:
        find_theme(newsletter.theme, settings, template_paths=(TEMPLATES,))
    assert caught.value.where == where
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["ukraine-tody", "shared", "../templates", "", ".", "/etc", "a/b"])
def test_a_missing_theme_names_those_there_are(name: str) -> None:
    """The way out of a misspelt name is the list of names; a path is no name."""
    with pytest.raises(RenderError, match="nv-digest, ukraine-today"):
        find_theme(name, {}, template_paths=(TEMPLATES,))


def test_a_missing_folder_is_told() -> None:
    """A site without its templates/ learns where they were expected."""
    with pytest.raises(RenderError, match=r"/nowhere/templates: .*\(none found\)"):
        find_theme("ukraine-today", {}, template_paths=(Path("/nowhere/templates"),))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A theme that lacks a file it cannot do without says which."""
    own = override(tmp_path, "evening/edition.mjml", "<mjml/>")
    with pytest.raises(RenderError, match=r"evening.*has no inline\.css"):
        find_theme("evening", {}, template_paths=(own,))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"accent = #fff", "Invalid value"),
        (b"accent = 7", "accent = 7 is no default"),
        (b'accent = "#xyz"', "'#xyz' is not a colour"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_broken_theme_file_is_told(newsletter: Newsletter, tmp_path: Path, content: bytes, says: str) -> None:
    """The settings file is named, and the line where TOML stopped."""
    own = override(tmp_path, "ukraine-today/theme.toml", content)
    with pytest.raises(RenderError, match=says) as caught:
        find_theme(newsletter.theme, {}, template_paths=(own, TEMPLATES))
    assert "ukraine-today/theme.toml" in caught.value.where


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        pytest.param("a\n{% if x %}\n", 2, "Unexpected end of template", id="a block left open"),
        pytest.param("a\n{% fi x %}", 2, "unknown tag 'fi'", id="an unknown tag"),
        pytest.param("a\nb\n{{ story.titel }}", 3, "Did you mean 'title'?", id="a misspelt attribute"),
        pytest.param("{{ editon.title }}", 1, "Templates know: edition, theme", id="a misspelt name"),
        pytest.param("a\n{{ theme.acent }}", 2, "'acent'", id="a misspelt setting"),
        pytest.param("a\n\n{% include 'kickr.mjml' %}", 3, "there is no partial 'kickr.mjml'", id="no such partial"),
        pytest.param("{{ 'red' | readable('#fff') }}", 1, "not a colour: 'red'", id="a wrong argument"),
        pytest.param("a\n{{ 'red' | readble('#fff') }}", 2, "Did you mean 'readable'?", id="a misspelt filter"),
        pytest.param("a\n{{ 1 // 0 }}", 2, "ZeroDivisionError", id="a mistake in arithmetic"),
        pytest.param("{{ ''.__class__.__mro__ }}", 1, "Templates may read", id="out of the sandbox"),
        pytest.param("{% for i in range(10 ** 9) %}x{% endfor %}", 1, "Range too big", id="without end"),
        pytest.param("{% include 'kicker.mjml' %}", 1, "recursion", id="a partial in itself"),
        pytest.param("<p>a</p>\n<p><b>b</p>", 2, "</p> stands where <b> is still open", id="a tag left open"),
        pytest.param("\n<mj-txt>b</mj-txt>", 2, "Did you mean <mj-text>?", id="an unknown component"),
        pytest.param("a\n\n<mj-text>b</mj-text>", 3, "It may stand in <mj-column> or <mj-hero>", id="misplaced"),
        pytest.param("{% if 1 %}\n<p class=x>b</p>{% endif %}", 2, 'Write name="value"', id="no quotes"),
        pytest.param("{% for i in [1] %}\n\n{{ i }}<?x?>{% endfor %}", 3, "&lt;", id="a stray <"),
    ],
)
def test_a_template_error_names_file_and_line(
    *, english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, content: str, line: int, says: str
) -> None:
    """From Jinja and from MJML alike, however deep the partial is included."""
    own = override(tmp_path, "ukraine-today/kicker.mjml", content)
    with pytest.raises(RenderError) as caught:
        render(english, newsletter, over=(own,))
    assert caught.value.where == f"{own / 'ukraine-today' / 'kicker.mjml'}:{line}"
    assert says in str(caught.value)


def test_an_element_left_open_across_partials(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """The end tag that does not fit is in another file than the element; that file and line are named."""
    own = override(tmp_path, "ukraine-today/kicker.mjml", "<div>")
    with pytest.raises(RenderError, match="</mj-text> stands where <div>") as caught:
        render(english, newsletter, over=(own,))
    lines = (TEMPLATES / "shared" / "story.mjml").read_text(encoding="utf-8").splitlines()
    file, _colon, line = caught.value.where.rpartition(":")
    assert Path(file).name == "story.mjml"
    assert lines[int(line) - 1] == "</mj-text>"


def test_an_error_in_the_style_sheet_is_placed_too(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """inline.css is a template like the others."""
    own = override(tmp_path, "ukraine-today/inline.css", "p { margin: 0 }\na { color: {{ theme.accnt }} }")
    with pytest.raises(RenderError) as caught:
        render(english, newsletter, over=(own,))
    assert caught.value.where.endswith("inline.css:2")


def test_a_template_that_is_not_utf8_is_an_error(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """A file saved in Windows-1251 is a mistake to mend, not a crash."""
    own = override(tmp_path, "ukraine-today/kicker.mjml", "<p>Рубрика</p>".encode("cp1251"))
    with pytest.raises(RenderError, match="utf-8"):
        render(english, newsletter, over=(own,))


def test_windows_line_ends_are_harmless(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """MRML refuses a carriage return; an editor on Windows writes one on each line."""
    plain = render(english, newsletter)
    for file in ("ukraine-today/edition.mjml", "ukraine-today/inline.css", "shared/head.mjml", "shared/dark.css"):
        own = override(tmp_path, file, (TEMPLATES / file).read_bytes().replace(b"\n", b"\r\n"))
    assert render(english, newsletter, over=(own,)) == plain
