import pytest

from digest.errors import SourceUnreadable
from digest.sources.frontmatter import split_front_matter


def fields(yaml: str) -> dict[str, tuple[str, ...]]:
    return dict(split_front_matter(f"---\n{yaml}\n---\n\nBody", name="a.md").fields)


def test_fields_go_by_one_name_and_stay_text() -> None:
    """Whatever a site generator calls a field; YAML's own guesses at dates and booleans are not asked for."""
    assert fields("headline: 2026\npublished: 2026-03-05 08:00:00+02:00\nlang: no\ntags: [a, 'b, c']\nmystery: 1") == {
        "title": ("2026",),
        "date": ("2026-03-05 08:00:00+02:00",),
        "language": ("no",),
        "keywords": ("a", "b, c"),
    }
    assert fields("date: 2020-01-01\npublished: 2026-03-05\nauthor: {name: Olena Koval}") == {
        "date": ("2026-03-05",),
        "author": ("Olena Koval",),
    }


def test_an_unquoted_colon_is_forgiven() -> None:
    """The usual mistake, `title: Kyiv: what we know`, is read as it was meant."""
    assert fields('title: Kyiv: what we know\ntags:\n- one\n- "two"\nauthor: [A B, "C D"]') == {
        "title": ("Kyiv: what we know",),
        "keywords": ("one", "two"),
        "author": ("A B", "C D"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "---\ntitle: x\n  bad: [\n---\nBody",
            r"^a\.md:3: the front matter is not YAML \(mapping .*\)\. Write `key: value`",
        ),
        ("---\ntitle: x\nBody", r"^a\.md: the front matter that opens in line 1 is never closed\. End it with"),
        ("---\nkey: " + "[" * 5000 + "\n  x\n---\nBody", r"^a\.md:\d+: the front matter is not YAML"),
        ("---\na: b\n\n- x\n c\n---\nBody", r"^a\.md:\d+: the front matter is not YAML"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, message: str) -> None:
    """Broken YAML is an error about one file that says where and what to write."""
    with pytest.raises(SourceUnreadable, match=message):
        split_front_matter(text, name="a.md")


def test_a_rule_or_a_colon_is_no_front_matter() -> None:
    """Text that merely opens with a line of dashes, or a headline with a colon, is left alone."""
    for text in ("---\n\nJust a story.", "Kyiv: what we know\n\nStory.", "Story."):
        matter = split_front_matter(text, name="a.txt")
        assert (matter.fields, matter.body) == ({}, text)


def test_labelled_lines_are_fields() -> None:
    """An export that writes "Title: ..." is the same thing without the fence."""
    matter = split_front_matter(
        "Заголовок: О важном\nДата: 5 марта 2026\n\nАвтор: Инна Раковская\n\nСлово: дело.", name="a"
    )
    assert dict(matter.fields) == {"title": ("О важном",), "date": ("5 марта 2026",), "author": ("Инна Раковская",)}
    assert matter.body == "Слово: дело."


def test_anchors_cost_nothing() -> None:
    """The "billion laughs" of YAML expand to nothing: only plain values are taken."""
    lines = [
        "a: &a [x, x]",
        *(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)),
    ]
    assert fields("\n".join(lines) + "\ntitle: t\nkeywords: *k") == {"title": ("t",)}
