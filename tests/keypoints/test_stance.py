"""A rewording may shorten and reorder; it may not turn round what it says."""

from __future__ import annotations

import pytest

from digest.keypoints.facts import plain
from digest.keypoints.faithful import objection
from digest.keypoints.stance import turned

TURNED = [
    (
        "en",
        "The court did not find Roe guilty of fraud on Monday.",
        "The court found Roe guilty of fraud on Monday.",
        "denies",
    ),
    (
        "en",
        "Roe failed to pay the fine of 300 dollars.",
        "Roe paid the fine of 300 dollars.",
        "denies",
    ),
    (
        "en",
        "Roe refused to sign the deal with Poe in May.",
        "Roe signed the deal with Poe in May.",
        "denies",
    ),
    (
        "en",
        "Roe rejected the offer of the union on Friday.",
        "Roe accepted the offer of the union on Friday.",
        "consent",
    ),
    (
        "en",
        "The bank may cut 900 jobs in Oldtown next year.",
        "The bank will cut 900 jobs in Oldtown next year.",
        "is sure",
    ),
    (
        "en",
        "The bank lacks 3 million dollars for the bridge.",
        "The bank has 3 million dollars for the bridge.",
        "denies",
    ),
    (
        "en",
        "Prices rose 5 percent in May after the ban.",
        "Prices fell 5 percent in May after the ban.",
        "a fall",
    ),
    (
        "en",
        "More than 30 people were hurt in the crash.",
        "Less than 30 people were hurt in the crash.",
        "less",
    ),
    (
        "en",
        "At least 30 people were hurt in the crash.",
        "At most 30 people were hurt in the crash.",
        "many",
    ),
    (
        "en",
        "The bridge is 5 km long and 20 m wide.",
        "The bridge is 20 km long and 5 m wide.",
        "numbers",
    ),
    (
        "en",
        "Roe beat Poe in the vote on Monday.",
        "Poe beat Roe in the vote on Monday.",
        "names",
    ),
    (
        "en",
        "Russia attacked Ukraine with 30 drones overnight.",
        "Ukraine attacked Russia with 30 drones overnight.",
        "names",
    ),
    (
        "en",
        "Roe, 54, was hurt and Poe, 31, was killed in the crash.",
        "Roe, 31, was killed and Poe, 54, was hurt in the crash.",
        "numbers",
    ),
    (
        "en",
        "Roe said “the bridge will open in May”, the mayor wrote.",
        "Roe said “the bridge will not open in May”, the mayor wrote.",
        "denies",
    ),
    (
        "en",
        "Twelve people were hurt, three of them badly, in Oldtown.",
        "Three people were hurt, twelve of them badly, in Oldtown.",
        "numbers",
    ),
    (
        "en",
        "The trial of Roe has not begun, the court said.",
        "The trial of Roe has begun, the court said.",
        "denies",
    ),
    (
        "en",
        "The trial of Roe has not begun and nobody was held, the court said.",
        "The trial of Roe has begun and nobody was held, the court said.",
        "denies",
    ),
    (
        "en",
        "He is no longer mayor of Oldtown and will not run again in May.",
        "He is mayor of Oldtown and will not run again in May.",
        "denies",
    ),
    (
        "en",
        "The council closed the bridge without a vote on Monday.",
        "The council closed the bridge with a vote on Monday.",
        "denies",
    ),
    (
        "en",
        "It is unlikely that the bridge will open in May, Roe said.",
        "It is likely that the bridge will open in May, Roe said.",
        "denies",
    ),
    (
        "en",
        "The claim is untrue, the mayor of Oldtown said on Monday.",
        "The claim is true, the mayor of Oldtown said on Monday.",
        "denies",
    ),
    (
        "en",
        "Few people in Oldtown voted for the bridge on Monday.",
        "Many people in Oldtown voted for the bridge on Monday.",
        "many",
    ),
    (
        "en",
        "Roe was cleared of all charges in the bridge case.",
        "Roe was convicted of all charges in the bridge case.",
        "guilt",
    ),
    (
        "en",
        "Police allegedly found drugs in the car of Roe.",
        "Police found drugs in the car of Roe.",
        "is sure",
    ),
    (
        "en",
        "Roe allegedly stole 3 million dollars from the bridge fund.",
        "Roe stole 3 million dollars from the bridge fund.",
        "is sure",
    ),
    (
        "en",
        "Poe accused Roe of stealing from the bridge fund.",
        "Roe stole from the bridge fund.",
        "is sure",
    ),
    (
        "en",
        "If the vote fails, the bridge will stay shut until May.",
        "The bridge will stay shut until May.",
        "is sure",
    ),
    (
        "en",
        "The council may sell the bridge to a bank in Oldtown.",
        "The council sold the bridge to a bank in Oldtown.",
        "is sure",
    ),
    (
        "en",
        "Inflation fell to 3 per cent from 5 per cent in May.",
        "Inflation fell to 5 per cent from 3 per cent in May.",
        "numbers",
    ),
    (
        "en",
        "The bridge opened in 2010 and closed in 2020.",
        "The bridge opened in 2020 and closed in 2010.",
        "numbers",
    ),
    (
        "ru",
        "Суд не признал Роева виновным в хищении 3 млн рублей.",
        "Суд признал Роева виновным в хищении 3 млн рублей.",
        "denies",
    ),
    (
        "ru",
        "Роев отказался подписать договор с Петровым в мае.",
        "Роев подписал договор с Петровым в мае.",
        "denies",
    ),
    (
        "ru",
        "Цены выросли на 5% в мае после запрета.",
        "Цены упали на 5% в мае после запрета.",
        "a fall",
    ),
    (
        "ru",
        "Более 30 человек пострадали в аварии на мосту.",
        "Менее 30 человек пострадали в аварии на мосту.",
        "less",
    ),
    (
        "ru",
        "Иванов победил Петрова на выборах в понедельник.",
        "Петров победил Иванова на выборах в понедельник.",
        "names",
    ),
    (
        "ru",
        "Иванов обвинил Петрова в краже из фонда моста.",
        "Петров виновен в краже из фонда моста.",
        "guilt",
    ),
    (
        "ru",
        "По версии следствия, Роев похитил 3 млн рублей из фонда.",
        "Роев похитил 3 млн рублей из фонда.",
        "is sure",
    ),
    (
        "ru",
        "Возможно, мост откроют в мае, сказал мэр города.",
        "Мост откроют в мае, сказал мэр города.",
        "is sure",
    ),
    (
        "ru",
        "Маловероятно, что мост откроют в мае, сказал мэр города.",
        "Вероятно, что мост откроют в мае, сказал мэр города.",
        "denies",
    ),
    (
        "ru",
        "Недостоверные данные о мосте опубликовал банк в Омске.",
        "Достоверные данные о мосте опубликовал банк в Омске.",
        "denies",
    ),
    (
        "ru",
        "Мост невозможно открыть в мае, сказал мэр Омска.",
        "Мост возможно открыть в мае, сказал мэр Омска.",
        "denies",
    ),
    (
        "ru",
        "Роев сказал: «Мост не откроют».",
        "Роев сказал: «Мост откроют».",
        "denies",
    ),
    (
        "ru",
        "Суд оправдал Роева по делу о мосте.",
        "Суд осудил Роева по делу о мосте.",
        "guilt",
    ),
    (
        "uk",
        "Суд не визнав Роєнка винним у розкраданні 3 млн гривень.",
        "Суд визнав Роєнка винним у розкраданні 3 млн гривень.",
        "denies",
    ),
    (
        "uk",
        "Роєнко відмовився підписати договір із Петренком у травні.",
        "Роєнко підписав договір із Петренком у травні.",
        "denies",
    ),
    (
        "uk",
        "Ціни зросли на 5% у травні після заборони.",
        "Ціни впали на 5% у травні після заборони.",
        "a fall",
    ),
    (
        "uk",
        "Понад 30 людей постраждали в аварії на мосту.",
        "Менш ніж 30 людей постраждали в аварії на мосту.",
        "less",
    ),
    (
        "uk",
        "Росія атакувала Україну 30 дронами вночі.",
        "Україна атакувала Росію 30 дронами вночі.",
        "names",
    ),
    (
        "uk",
        "Іваненко звинуватив Петренка у крадіжці з фонду мосту.",
        "Петренко винен у крадіжці з фонду мосту.",
        "guilt",
    ),
    (
        "uk",
        "Ймовірно, міст відкриють у травні, сказав мер міста.",
        "Міст відкриють у травні, сказав мер міста.",
        "is sure",
    ),
    (
        "uk",
        "Неможливо відкрити міст у травні, сказав мер Сум.",
        "Можливо відкрити міст у травні, сказав мер Сум.",
        "denies",
    ),
    (
        "uk",
        "Роєнко сказав: «Міст не відкриють».",
        "Роєнко сказав: «Міст відкриють».",
        "denies",
    ),
    (
        "uk",
        "Суд виправдав Роєнка у справі про міст.",
        "Суд засудив Роєнка у справі про міст.",
        "guilt",
    ),
    (
        "uk",
        "Двоє поранених у лікарні, один загинув на мосту.",
        "Один поранений у лікарні, двоє загинули на мосту.",
        "numbers",
    ),
]

KEPT = [
    (
        "en",
        "The council of Oldtown closed its old bridge on Monday after two of its cables had snapped.",
        "Oldtown's council closed the old bridge on Monday after two cables snapped.",
    ),
    (
        "en",
        "Roe did not pay the fine of 300 dollars that the court had set in May.",
        "Roe did not pay the court's fine of 300 dollars.",
    ),
    (
        "en",
        "Mayor Jane Roe said on Monday that the bridge would not open in May.",
        "The bridge will not open in May, Mayor Jane Roe said on Monday.",
    ),
    (
        "en",
        "Roe met Poe for talks in Oldtown on Monday about the bridge.",
        "In Oldtown, Roe met Poe for talks about the bridge.",
    ),
    ("en", "The bridge cost 5 million euros to build in 2010.", "In 2010, the bridge cost 5 million euros to build."),
    ("en", "Roe may sell the bridge to a bank next year, he said.", "Roe might sell the bridge to a bank next year."),
    (
        "ru",
        "Мэр Анна Роева сообщила, что мост не откроют до мая.",
        "Мост не откроют до мая, сообщила мэр Анна Роева.",
    ),
    (
        "ru",
        "Цены на бензин в Омске выросли на 5% в мае после запрета экспорта.",
        "В Омске цены на бензин выросли на 5% в мае.",
    ),
    ("ru", "Роев встретился с Петровым в Омске в мае.", "В Омске с Петровым в мае встретился Роев."),
    (
        "uk",
        "Мерка Анна Роєнко повідомила, що міст не відкриють до травня.",
        "Міст не відкриють до травня, повідомила мерка Анна Роєнко.",
    ),
    ("uk", "Роєнко звинуватив Петренка у крадіжці з фонду мосту.", "Петренка звинуватив у крадіжці Роєнко."),
]


@pytest.mark.parametrize(("language", "sentence", "text", "why"), TURNED)
def test_what_is_turned_round_is_found(language: str, sentence: str, text: str, why: str) -> None:
    """With every number and name in place, a wording may still say the opposite, or be sure of a mere charge."""
    assert why in turned(plain(text), plain(sentence), language)
    assert objection(text, [sentence], language=language)


@pytest.mark.parametrize(("language", "sentence", "text"), KEPT)
def test_what_only_moves_or_shortens_is_kept(language: str, sentence: str, text: str) -> None:
    """A report, a place and a year may move, and so may names whose endings say who does what."""
    assert objection(text, [sentence], language=language) == ""


@pytest.mark.parametrize("language", ["en", "ru", "uk", "und"])
def test_a_sentence_turns_nothing_of_itself_round(language: str) -> None:
    """What is said in the same words is what the sentence says, in any language."""
    for _, sentence, text, _ in TURNED:
        assert turned(plain(sentence), plain(sentence), language) == ""
        assert turned(plain(text), plain(text), language) == ""
