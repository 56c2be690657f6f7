"""Where a line of a mail may end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.plaintext import wrap
from digest.render.typeset import typeset

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    "line",
    [
        "під ячменем зростуть на 11~%, під соняшником~— скоротяться на 6~%.",
        "засіють 1,68~млн гектарів і 412~тис. соток",
        "home to 410~000 people, 4:40~a.m., 11.6~million hryvnias",
        "по ту сторону~– §~5 и №~7",
        "In 2024 300~km of line; in 2025 a dash-less year of 12 months",
        "— Ні, — сказав він".replace(" — с", "~— с"),
        "a range of 3 - 5, or 5 millions, or 7 kilograms, or 8 kgx",
    ],
)
def test_what_belongs_together_stays_on_one_line(line: str) -> None:
    """A number and its unit, groups of digits, a word and the dash after it; every other blank may break."""
    assert typeset(line.replace("~", " ")) == line.replace("~", NBSP)


def test_the_text_part_breaks_elsewhere() -> None:
    """At any width no line begins with a per cent sign or a dash."""
    line = "Площі під ячменем зростуть на 11 %, під соняшником — скоротяться на 6 %, під льоном — на 7 %."
    for columns in range(20, 90):
        assert not [broken for broken in wrap(typeset(line), columns=columns)[1:] if broken.startswith(("%", "—"))]


@given(st.text(alphabet=st.sampled_from("1 a%—–№млн.,0"), max_size=40))
def test_only_blanks_change(line: str) -> None:
    """The words and their order stay, and what was set once stays as it is."""
    assert typeset(line).replace(NBSP, " ") == line
    assert typeset(typeset(line)) == typeset(line)
