import subprocess
import sys

import pytest

from digest.sources.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Moscow gets written response", "en"),
        ("Trump tests positive", "en"),
        ("Суд вернул Одессе яхт-клуб", "ru"),
        ("Главное за день", "ru"),
        ("На Полтавщині почали сівбу", "uk"),
        ("Головне за день", "uk"),
        ("Президент України підписав закон", "uk"),
        ("Президент Украины подписал закон", "ru"),
        ("Die Regierung in Berlin hat am Donnerstag neue Hilfen für die Ukraine beschlossen.", "de"),
        ("Rząd w Warszawie ogłosił w czwartek nowy pakiet pomocy dla Ukrainy.", "pl"),
        ("Урад у чацвер абвясціў новы пакет дапамогі для Украіны.", "be"),
        ("Правителството в София обяви в четвъртък нова помощ за Украйна.", "bg"),
        ("Ελληνικά νέα από την Αθήνα", "el"),
        ("", "und"),
        ("12:30 — 2026", "und"),
        ("7 a", "und"),
    ],
)
def test_short_texts(text: str, language: str) -> None:
    """A headline is enough to tell Ukrainian from Russian, and a neighbour's language from both."""
    assert detect_language(text) == language


def test_the_tail_does_not_outweigh_the_story() -> None:
    """An English story that ends in a Russian sign-up box, or quotes a Russian sentence, is English."""
    story = "The United States and its allies have replied in writing to the demands of Moscow. " * 6
    box = "Дайджест главных новостей. Бесплатная рассылка только лучших материалов от редакции. "
    assert detect_language(story + box) == "en"
    assert (
        detect_language("Міністр сказав: «Мы ещё вернёмся». " + "Про це повідомили у відомстві ввечері. " * 5) == "uk"
    )


def test_long_texts_cost_no_more() -> None:
    """Only the beginning is looked at: what follows, however long, does not change the answer."""
    russian = "Слово за словом, и ещё. " * 1_000
    assert detect_language(russian + "And then it went on in English. " * 200_000) == "ru"


def test_a_clear_text_loads_no_model() -> None:
    """The model takes 0.6 s and 90 MB: a command over ordinary articles never pays for it."""
    code = (
        "import sys; from digest.sources.language import detect_language as d;"
        "assert d('The head of the agency said that the line was to open in the spring.')=='en';"
        "assert d('Мы видели, как быстро в мэрии были найдены деньги на новые крыши.')=='ru';"
        "assert d('Про це повідомили в мерії міста, де вирішили виділити гроші на ремонт.')=='uk';"
        "assert 'py3langid' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
