"""Sentences are split as a reader would, in the three languages and where none is known, in linear time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints.sentences import split_sentences


def pieces(text: str, language: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, language)]


# A bar marks where one sentence ends and the next begins.
ENGLISH = {
    "titles": "Mr. Roe met Gov. Ann Poe and Sen. Lee Coe.| Dr. Doe and Lt. Col. Low came too.",
    "initials": "J. P. Doe and George W. Roe signed it.| So did J.R.R. Poe.",
    "country in mid-sentence": "The U.S. Senate voted on the U.S. budget.| It passed.",
    "country at the end": "He flew to the U.S. He stayed for a year.".replace("U.S. He", "U.S.| He"),
    "time of day": "It opens at 9 a.m. and shuts at 5 p.m. on weekdays.| At 6 p.m. Monday it burned.",
    "whose clock": "It began at 8:45 p.m. Paris time (2:45 p.m. ET) on Wednesday.| At 5 p.m. (5 a.m. ET) it was over.",
    "whose day": "It sailed at 8 a.m. Monday, its captain said.| It is due at 6 p.m. Eastern or 9 p.m. March 3.",
    "a day that acts": "It shut at 8 p.m.| Monday's vote is off.",
    "May": "She sails in May. Roe stays at home.| He swims.".replace("May. Roe", "May.| Roe"),
    "a saint behind a hyphen": "Roe led the Diocese of Oldtown-St. Mary for years.| She left.",
    "a flat's number": "Apt. 5 burned.| Nobody was hurt.",
    "dates": "On Jan. 26 they met, and on Feb. 3, 2022, they parted.| Sept. 9 was a Friday.",
    "numbers": "He is No. 5 of 12.| Inflation hit 3.5 percent, or $1.2 billion.",
    "companies": "Acme Inc. said so.| Roe Corp. shares fell 3 percent.",
    "district": "She works in Washington, D.C. She commutes.".replace("D.C. She", "D.C.| She"),
    "ellipsis inside": "He waited... and waited.| She did not.",
    "ellipsis at the end": "They waited…| Nobody came.",
    "question and exclamation": "Who knew?| Nobody!| That is all.",
    "short quotation of several sentences": "“We came. We saw. We won,” he said.| Then he left.",
    "straight quotes": '"We came. We saw." |He left.'.replace(" |", "| "),
    "single quotes": "Mr Roe said: 'It is over. We lost.'| He left.",
    "curly single quotes": "‘It is over. We lost,’ said Mr Roe.| He left.",
    "question in quotes": "“Are you mad?” she asked.| He was.",
    "bracketed sentence": "(He was late.)| She was not.",
    "bracket inside": "The man (b. 1950, d. 2001) was known.| Few mourned him.",
    "square brackets": "“They [the guards. Ed.] fled,” he said.| All of them.",
    "no blank after the stop": "It was over.|The crowd left.|Nobody spoke.",
    "a site's name": "He told Example.com and Wired.Com so.| They printed it.",
    "quote opens the next": "He left.| “I am done,” he said.",
    "lower case name at the head": "The price fell.| iPhone sales rose.",
    "an address": "Write to jane.roe@mail.example.org.| See https://example.org/a.b?c=d or www.example.org.| Go.",
    "an address at the end": "Write to news@example.com.| She answers.| It is at https://example.org/bridge/.| Look.",
    "companies in brackets": "The firm, Acme Inc., fell.| Roe & Co. Ltd. rose.",
    "degrees": "Dr. Jane Roe, Ph.D., and Prof. Lee Coe, M.D., spoke.| They agreed.",
    "i.e. and e.g.": "He won, e.g. in Paris, i.e. twice.| Then he lost.",
    "no, and no number": "Sen. Roe (D-Calif.) voted no.| Rep. Poe, R-Ala., voted yes.| He is no. 5.",
    "no and a pronoun": "He said no.| She said yes.",
    "a street at the end": "They live on Main St.| The rent is high.| It is in St. Louis.",
    "about a number": "Approx. 30 came.| It took approx. 20 days.",
    "a note": "The bridge fell.[1]| Nobody paid.[2][3]| So it was.",
    "pictographs": "The bridge fell 🔥.| Nobody was hurt 😀| Good.| Flags of 🇺🇦 Ukraine flew.",
    "marks inside a name": "The film “What Now?” opened.| Yahoo! said so.",
    "dates in figures": "On 24.11.2026 they met at 10.30.| They parted on 25.11.2026 at 22:15.",
    "a version": "Version 2.0.1 is out.| It works.",
    "dialogue": "– Where are you going?| – Home.",
    "stop after a broken line": "They stayed on the. Old Bridge overnight.| Then they left.",
}
RUSSIAN = {
    "initials before": "А. С. Иванов и В.П. Петров подписали договор.| Он вступил в силу.",
    "initials behind": "Задержаны Иванов А.П. и Петров С.С. Их допросили.".replace("С.С. Их", "С.С.| Их"),
    "named after": "Завод им. Кирова закрыт.| Театр им. А. П. Чехова открыт.",
    "street and house": "Дом на ул. Мира, д. 5 сгорел.| На пл. Победы, корп. 2 тихо.",
    "year": "Он родился в 1950 г. в Омске.| В 2020 г. Омск вырос.",
    "year ends a sentence": "Его построили в 1950 г. Он стоит до сих пор.".replace("г. Он", "г.| Он"),
    "city": "В г. Туле и в г. Орле шел снег.| Дороги закрыли.",
    "avenue": "Он живет на пр. Мира, д. 5.| Там тихо.",
    "a site's name in Cyrillic": "Банк ВЭБ.РФ выдал кредит.| Он мал.",
    "a heading that ran into the text": "Почему закрыли мост| После обрыва троса движение остановили.| Ждут.",
    "a capital inside quotation marks": "Роман «Тайна За семью печатями» вышел.| Он короток.",
    "money": "Доход составил 5 млрд руб. за год, расход 3,5 тыс. руб. в день.| Это рост.",
    "money ends a sentence": "Дом стоит 5 млн руб. Это дорого.".replace("руб. Это", "руб.| Это"),
    "percentage points": "Ставка выросла на 2 п.п. в мае.| Рынок упал.",
    "a measure ends a sentence": "Участок занял 12 кв. км.| Метр стоит 3 тыс. руб. летом.| Рост 0,4 п.п.| Банк рад.",
    "thousands end one": "Снять можно 10 тыс.| Остальное выдадут рублями, 5 млн.| Касса закрыта.",
    "from number to number": "Днем будет -1...-3 °C и ветер 5…7 м в секунду.| Ночью тихо.",
    "and others end one": "Пришли соседи, гости и др.| Музыканты опоздали.",
    "a night that ran into a heading": "Что случилось ночью| Накануне мост закрыли из-за троса.| Ждут.",
    "that is": "Пришли Иванов, Петров и др. гости, т. е. все.| Было шумно.",
    "and so on": "Привезли хлеб, соль и т. д. и т. п. на склад.| Его закрыли.",
    "short quotation of several sentences": "«Мы пришли. Мы увидели. Мы победили», — сказал он.| Потом ушел.",
    "exclamation in a quotation": "«Ура!» — крикнул он.| Все молчали.",
    "nested quotes": "«Мы читали „Войну“. Нам понравилось», — сказала она.| Он кивнул.",
    "ellipsis": "Он ждал…| Никто не пришел.",
    "ellipsis inside": "Он ждал… и дождался.| Она ушла.",
    "no blank after the stop": "Это рост.|Он рад.|Она тоже.",
    "no blank before an age": "Угнали пылесос.|32-летнего водителя задержали.| Он молчит.",
    "a site's name": "Об этом пишет Пример.Ru со ссылкой на суд.| Он молчит.",
    "article of a law": "По ст. 228 и п. 3 ч. 1 закона ему грозит срок.| Он в суде.",
    "capitals of abbreviations": "Ст. 228 применил суд.| Доц. Роев спорил.| Ул. Мира закрыта.| Род. в 1950 г. в Омске.",
    "a centimetre": "Рост — 180 см.| Вес — 70 кг.| См. рис. 3.",
    "a metre": "Длина корабля — 142,4 м, ширина — 29 м.| Мощность — 25 МВт.",
    "and so on ends one": "Продают яблоки, груши и т. д.| Цены растут.| Продают хлеб и т.п.| Он дорог.",
    "one word behind thousands": "По данным на 1 янв. 2022 г., их 5 тыс.| Много.",
    "a year far behind ends one": "Старый мост через реку построили в 1950 г.| Архитектор умер.",
    "a year near the head ends none": "В 2020 г. Омск рос.| Основанная у нас в 1950 г. Иваном Роевым газета закрыта.",
    "an address": "Пишите на news@example.ru.| Сайт https://example.ru/a.b закрыт.| Ждем.",
    "dates in figures": "24.11.2026 они встретились в 10.30.| 25.11.2026 расстались.",
    "marks inside a name": "Журнал «Что? Где? Когда?» закрыт.| Жаль.",
    "dialogue": "— Куда ты? — спросил он.| — Домой, — ответила она.",
    "eras": "Это было в 5 в. до н. э. и в 3 в. н. э.| Потом — ничего.",
    "short month": "Встреча прошла 26 янв. 2022 г. в Минске.| Итогов нет.",
}
UKRAINIAN = {
    "avenue": "Перейменовано пр. Миру та вул. Довгу.| Містяни раді.",
    "and so on before the end": "Купили хліб, сіль та пр.| Він пішов.",
    "a heading that ran into the text": "Деталі| Як повідомив мер, міст закрито.| Він старий.",
    "named after": "Театр ім. Івана Франка відкрили.| Парк ім. Т. Г. Шевченка закрили.",
    "street and house": "На вул. Хрещатик, буд. 5 горить дах.| На просп. Миру тихо.",
    "town": "Вибух пролунав у м. Суми та с. Великі Луки.| Постраждалих немає.",
    "money": "Бюджет склав 5 млрд грн. за рік, або 3,5 тис. грн. на день.| Це багато.",
    "a measure ends a sentence": "Площа сягає 145 кв. км.| Обслуговують її двоє.| Ціна 3 млн грн.| Покупця немає.",
    "a night that ran into a heading": "Обстріл півдня країни| Протягом доби вибухнуло двічі.| Тихо.",
    "year": "У 2022 р. почалася війна.| У 2023 р. вона тривала.",
    "year ends a sentence": "Міст збудували у 1950 р. Він стоїть досі.".replace("р. Він", "р.| Він"),
    "born": "Чоловіка 1975 р.н.| Луганський суд звільнив.| Нар. 1950 р. у с. Петрівка.| Пом. 2000 р.",
    "people": "Загинуло 5 чол.| Поранено 10.",
    "a year far behind ends one": "Старий міст через річку збудували у 1950 р.| Архітектор помер.",
    "capitals of abbreviations": "Ст. 228 застосував суд.| Вул. Миру закрито.| Заст. директора пішов.",
    "marks inside a name": "Фільм «Що? Де? Коли?» вийшов.| Його люблять.",
    "dialogue": "— Куди ти? — запитав він.| — Додому, — відповіла вона.",
    "an address": "Пишіть на news@example.ua.| Сайт https://example.ua/a.b закрито.| Чекаємо.",
    "dates in figures": "24.11.2026 вони зустрілися о 10.30.| 25.11.2026 розійшлися.",
    "short month": "О 5 год. ранку 24 лют. 2022 року пролунали вибухи.| Усі прокинулися.",
    "initials": "Документ підписав В. О. Коваль.| Його оприлюднили.",
    "straight quotes": '"Це так. Так є", – додав він.|'[:-1] + "| Вона кивнула.",
    "guillemets": "«Ми прийшли. Ми побачили», - сказав він.| Потім пішов.",
    "curly quotes": "“Ми йдемо! Ми близько”, — каже боєць.| Його звати Іван.",
    "apostrophe": "П'ять сімей з'їхали.| Ще дев’ять лишилися.",
    "ellipsis": "Він радий…| І все.",
    "no blank after the stop": "Це факт.|Він радий.",
    "a site's name": "Про це пише Приклад.UA з посиланням на суд.| Він мовчить.",
}
OTHER = {
    "lower case throughout": (
        "it was late. the man left. mr. roe stayed.",
        ["it was late.", "the man left.", "mr. roe stayed."],
    ),
    "Chinese": ("他来了。她走了！为什么？", ["他来了。", "她走了！", "为什么？"]),
    "Arabic": ("هذا جيد؟ نعم. لا.", ["هذا جيد؟", "نعم.", "لا."]),
    "Hindi": ("यह अच्छा है। वह गया।", ["यह अच्छा है।", "वह गया।"]),
    "paragraphs": ("One line\n\nAnother line\n \nThird.", ["One line", "Another line", "Third."]),
    "control characters": ("A\x00 man left.\x07 He ran.", ["A\x00 man left.", "\x07 He ran."]),
    "half a surrogate pair": ("He \ud800 left. She ran.", ["He \ud800 left.", "She ran."]),
    "emoji": ("Це 😀 так. Він тут.", ["Це 😀 так.", "Він тут."]),
}


@pytest.mark.parametrize(
    ("marked", "language"),
    [
        pytest.param(marked, language, id=f"{language}: {name}")
        for language, cases in (("en", ENGLISH), ("ru", RUSSIAN), ("uk", UKRAINIAN))
        for name, marked in cases.items()
    ],
)
def test_hard_cases(marked: str, language: str) -> None:
    """A full stop ends a sentence only where a reader would say so."""
    assert pieces(marked.replace("|", ""), language) == [piece.strip() for piece in marked.split("|")]


@pytest.mark.parametrize(("text", "expected"), OTHER.values(), ids=OTHER.keys())
@pytest.mark.parametrize("language", ["und", "xx"])
def test_other_scripts_and_odd_text(text: str, expected: list[str], language: str) -> None:
    """A language that nobody supports is split by its punctuation."""
    assert pieces(text, language) == expected


def test_a_long_speech_is_split_into_its_sentences() -> None:
    """A quotation is held together only while a reader can take it in as one sentence."""
    speech = " ".join(f"We shall hold the bridge number {number} whatever it takes." for number in range(12))
    found = pieces(f"“{speech}” he said. Then he left.", "en")
    assert len(found) > 10
    assert found[-1] == "Then he left."


def test_a_quotation_that_is_never_closed_holds_nothing_together() -> None:
    """A forgotten closing mark does not swallow the rest of the article."""
    assert len(pieces("«Мы пришли. " + "Потом был дождь. " * 30, "ru")) == 31


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "слово",
        ".",
        '"a. ',
        "«a. ",
        "(",
        "Mr. A. ",
        "? ",
        "Он ушел. ",
        "a.b",
        "\n\n",
        "' 'a",
        "5 млрд руб. ",
        "… ",
        "1950 г. Омск ",
        "а б в г д 1950 г. Омск ",
        "[1]",
        "😀 А",
    ],
)
@pytest.mark.timeout(60)  # a second's work, or hours where time grows with the square
def test_time_grows_with_length_alone(unit: str) -> None:
    """Whatever a text repeats, 600,000 characters of it are split into spans that rise without touching."""
    text = unit * (600_000 // len(unit))
    ends = [0]
    for span in split_sentences(text, "ru"):
        assert ends[-1] <= span.start
        ends.append(span.end)
    assert ends[-1] <= len(text)


def test_ten_megabytes_without_punctuation_are_cut() -> None:
    """No piece grows beyond what later stages can bear, and no letter is lost."""
    text = "слово " * (10_000_000 // 6)
    spans = split_sentences(text, "uk")
    assert max(span.end - span.start for span in spans) <= 50_000
    assert sum(text[span.start : span.end].count("о") for span in spans) == text.count("о")


@pytest.mark.parametrize("blank", [chr(code) for code in range(0x3001) if chr(code).isspace()])
def test_no_blank_crashes_the_splitter(blank: str) -> None:
    """Any white space of Unicode may stand by an initial: with some of it the splitter below panicked."""
    for language in ("en", "ru", "uk", "und"):
        for text in (
            f"In the U.S{blank}. It rains.",
            f"Roe, K.{blank} {blank}. Poe.",
            f"А.{blank}С.{blank}.{blank}Он ушел.",
        ):
            assert "".join("".join(piece.split()) for piece in pieces(text, language)) == "".join(text.split())


@given(
    st.lists(
        st.sampled_from(
            ["\u2028", "\u00a0", "\u3000", "St.", "I", *list("Aaб.!?…«»“”\"'’()[] \n—,1"), "г.", "Mr.", "U.S.", "Он "]
        ),
        max_size=120,
    ).map("".join),
    st.sampled_from(["en", "ru", "uk", "und"]),
)
def test_every_letter_is_in_one_sentence(text: str, language: str) -> None:
    """Spans are in order, do not overlap, are trimmed, and leave out white space only."""
    spans = split_sentences(text, language)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(text[span.start : span.end] == text[span.start : span.end].strip() for span in spans)
    assert "".join("".join(text[span.start : span.end].split()) for span in spans) == "".join(text.split())
