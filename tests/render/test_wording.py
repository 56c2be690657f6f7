"""Slots as templates ask for them, and the subject and text part in a theme's own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import RenderError
from digest.model import Edition, Newsletter, Rendered, slot

Render = Callable[..., Rendered]


def own_files(folder: Path, **files: str) -> Path:
    """A site's own templates/; `kicker="…"` stands for kicker.mjml, `subject="…"` for subject.txt."""
    theme = folder / "templates" / "ukraine-today"
    theme.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        suffix = "txt" if name in {"subject", "text"} else "mjml"
        (theme / f"{name}.{suffix}").write_text(content, encoding="utf-8")
    return folder / "templates"


def test_a_slot_is_the_same_in_html_text_and_subject(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """One expression, and the part decides how the value is written; the text part is whole inside its frame."""
    asked = '{{ slot("name", "O\'Brien & <sons>") }}'
    own = own_files(
        tmp_path,
        kicker=f'<p>Dear {asked}</p><a href="https://news.example/?to={asked}">all</a>',
        subject=f"{asked}:\n{{{{ edition.subject }}}}\n",
        text=f"Dear {asked} & co,\n\n{{{{ text }}}}\nBye\n\n\n",
    )
    plain, rendered = render(english, newsletter), render(english, newsletter, over=(own,))
    mark = slot("name", "O'Brien & <sons>")
    assert f">Dear {mark}</p>" in rendered.html
    assert f'href="https://news.example/?to={mark}"' in rendered.html
    assert rendered.subject == f"{mark}: {plain.subject}"
    assert rendered.text.startswith(f"Dear {mark} & co,\n\n{plain.text[:40]}")
    assert rendered.text.endswith("\nBye\n")
    assert plain.text.rstrip("\n") in rendered.text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    fallback=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_whatever_a_slot_says_arrives_whole(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, *, name: str, fallback: str
) -> None:
    """Neither Jinja, MRML nor the inliner changes a slot, in text or in an attribute."""
    literal = "".join(f"\\U{ord(char):08x}" for char in name), "".join(f"\\U{ord(char):08x}" for char in fallback)
    asked = f'{{{{ slot("{literal[0]}", "{literal[1]}") }}}}'
    own = own_files(tmp_path, kicker=f'<p title="{asked}">{asked}</p>', subject=asked)
    rendered = render(english, newsletter, over=(own,))
    mark = slot(name, fallback)
    if name in {"unsubscribe_url", "view_url", "preferences_url"}:
        mark = slot(name)
    assert f'title="{mark}"' in rendered.html
    assert f">{mark}</p>" in rendered.html
    assert rendered.subject == mark


@pytest.mark.parametrize("name", ["unsubscribe_url", "preferences_url", "view_url"])
def test_a_link_needs_no_fallback(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, name: str
) -> None:
    """Everybody has the links, so however a template asks for one, it is the slot that must be filled."""
    own = own_files(tmp_path, kicker=f'<a href="{{{{ slot("{name}", "x") }}}}">{{{{ edition.{name} }}}}</a>')
    assert f'href="{slot(name)}"' in render(english, newsletter, over=(own,)).html
    assert f">{slot(name)}</a>" in render(english, newsletter, over=(own,)).html


def test_a_translated_fallback_is_text(
    russian: Edition, newsletter: Newsletter, render: Render, tmp_path: Path
) -> None:
    """`_` escapes for HTML; as a fallback its words are escaped once, when the slot is filled."""
    own = own_files(tmp_path, kicker='<p>{{ slot("name", _("Read at %(source)s", source="R&D")) }}</p>')
    own_files(tmp_path, text='{{ _("Read at %(source)s", source="R&D") }}\n{{ text }}')
    rendered = render(russian, newsletter, over=(own,))
    assert slot("name", "Читать полностью: R&D") in rendered.html
    assert rendered.text.startswith("Читать полностью: R&D\n")


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("subject", " \n ", r"subject\.txt: the subject is empty"),
        ("subject", "{{ edition.subjekt }}", r"subject\.txt:1.*'subject'"),
        ("text", "\n{% if %}", r"text\.txt:2"),
        ("text", '{{ slot("name", edition.nobody) }}', r"text\.txt:1"),
    ],
)
def test_a_mistake_is_told_by_its_place(
    english: Edition, newsletter: Newsletter, render: Render, tmp_path: Path, *, file: str, content: str, says: str
) -> None:
    """As in the HTML part: file, line and what was meant."""
    own = own_files(tmp_path, **{file: content})
    with pytest.raises(RenderError) as caught:
        render(english, newsletter, over=(own,))
    assert caught.match(says)
