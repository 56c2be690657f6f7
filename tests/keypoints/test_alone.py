"""A point is one stretch of a sentence, and its reader needs no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints.alone import Lean, lean, spoken_on, trimmed, unpointed


@pytest.mark.parametrize(
    ("language", "sentence", "kept"),
    [
        pytest.param(
            "en", "However, Roe kept her seat in the council.", "Roe kept her seat in the council.", id="however"
        ),
        pytest.param("en", "However, the mayor kept her seat.", "However, the mayor kept her seat.", id="small letter"),
        pytest.param(
            "en", "Butter prices rose by a third in June.", "Butter prices rose by a third in June.", id="butter"
        ),
        pytest.param("en", "The bridge will reopen in May, she said.", "The bridge will reopen in May", id="she said"),
        pytest.param("en", "Nobody was hurt in the fire, AFP reported.", "Nobody was hurt in the fire", id="agency"),
        pytest.param(
            "en",
            "Nobody was hurt in the fire, police said.",
            "Nobody was hurt in the fire, police said.",
            id="a source",
        ),
        pytest.param(
            "en", "“I shall not go there again,” he said.", "“I shall not go there again,” he said.", id="quote"
        ),
        pytest.param(
            "en", "The council closed the old bridge (pictured).", "The council closed the old bridge", id="a picture"
        ),
        pytest.param("en", "However, he left.", "However, he left.", id="too short to cut"),
        pytest.param(
            "ru", "Кроме того, Минск закроет два моста на реке.", "Минск закроет два моста на реке.", id="кроме того"
        ),
        pytest.param(
            "ru",
            "По его словам, мост откроют только в мае.",
            "По его словам, мост откроют только в мае.",
            id="по его словам, small letter",
        ),
        pytest.param(
            "ru", "По её словам, Минск закроет два моста.", "Минск закроет два моста.", id="по её словам, a name"
        ),
        pytest.param(
            "ru",
            "По словам Петрова, мост откроют в мае.",
            "По словам Петрова, мост откроют в мае.",
            id="по словам кого-то",
        ),
        pytest.param("ru", "Мост закрыли до самого мая, сообщает ТАСС.", "Мост закрыли до самого мая", id="агентство"),
        pytest.param(
            "ru", "«Мост закрыт до самого мая», — сказал он.", "«Мост закрыт до самого мая», — сказал он.", id="цитата"
        ),
        pytest.param(
            "en", "She added that the bridge would open in May.", "the bridge would open in May.", id="she added that"
        ),
        pytest.param(
            "en", "She added that he would open the bridge.", "She added that he would open the bridge.", id="that he"
        ),
        pytest.param("en", "She denied that the bridge is old.", "She denied that the bridge is old.", id="denied"),
        pytest.param(
            "ru", "Отмечается, что движение по мосту закрыто.", "движение по мосту закрыто.", id="отмечается, что"
        ),
        pytest.param(
            "ru",
            "Отмечается, что закрыли и старый мост.",
            "Отмечается, что закрыли и старый мост.",
            id="нет подлежащего",
        ),
        pytest.param(
            "uk", "Він додав, що важкі вантажі їдуть в обхід.", "важкі вантажі їдуть в обхід.", id="він додав, що"
        ),
        pytest.param(
            "uk",
            "Крім того, за його словами, міст відкриють у травні.",
            "міст відкриють у травні.",
            id="крім того, за його словами",
        ),
        pytest.param(
            "uk",
            "Він додав, що відкриє міст у травні сам.",
            "Він додав, що відкриє міст у травні сам.",
            id="хто відкриє",
        ),
        pytest.param(
            "uk", "Він вважає, що міст відкриють запізно.", "Він вважає, що міст відкриють запізно.", id="думка"
        ),
        pytest.param(
            "uk", "За його словами, Київ закриває два мости.", "Київ закриває два мости.", id="за його словами"
        ),
        pytest.param(
            "uk", "Водночас Київ закриває два мости на річці.", "Київ закриває два мости на річці.", id="водночас"
        ),
        pytest.param(
            "uk", "Міст закрили до травня місяця, додав він.", "Міст закрили до травня місяця", id="додав він"
        ),
        pytest.param(
            "uk", "Міст закриють до травня місяця, каже вона.", "Міст закриють до травня місяця", id="каже вона"
        ),
        pytest.param("ru", "Мост закроют до самого мая, поясняет он.", "Мост закроют до самого мая", id="поясняет он"),
        pytest.param(
            "ru", "Мост закроют до самого мая, считает он.", "Мост закроют до самого мая, считает он.", id="мнение"
        ),
        pytest.param("ru", "Так, Минск закроет два моста на реке.", "Минск закроет два моста на реке.", id="так"),
        pytest.param("ru", "Так закрывали мосты до войны.", "Так закрывали мосты до войны.", id="in this way"),
        pytest.param("uk", "До речі, Київ закриває два мости.", "Київ закриває два мости.", id="до речі"),
        pytest.param("fr", "Cependant, Roe a gardé son siège au conseil.", None, id="unknown language"),
    ],
)
def test_only_ends_are_cut(language: str, sentence: str, kept: str | None) -> None:
    """A connective, an unnamed speaker, an agency go; a source that is named stays, and so does a quotation."""
    start, end = trimmed(sentence, language)
    assert sentence[start:end] == (sentence if kept is None else kept)


@pytest.mark.parametrize(
    ("language", "sentence", "expected"),
    [
        pytest.param("en", "He said nothing about the bridge.", Lean.WHOLE, id="he"),
        pytest.param("en", "But they left before noon.", Lean.WHOLE, id="but they"),
        pytest.param("en", "Heaven can wait, the mayor said.", Lean.NONE, id="heaven is not he"),
        pytest.param("en", "“We will not go there again,” she said.", Lean.WHOLE, id="she said"),
        pytest.param("en", "“We will not go there again,” said Jane Roe.", Lean.NONE, id="a named speaker"),
        pytest.param("en", "“We will not go there again.", Lean.WHOLE, id="nobody says so"),
        pytest.param("en", '"I don\'t want to go there again."', Lean.WHOLE, id="an apostrophe closes no quotation"),
        pytest.param("en", '"I don\'t want to go there," said Jane Roe.', Lean.NONE, id="a mark closes it"),
        pytest.param(
            "en", "‘It’s over for the players’ bank,’ said Jane Roe.", Lean.NONE, id="a single mark closes it"
        ),
        pytest.param(
            "en", "The man told the doctor: 'I have been ill and don't eat.", Lean.SLIGHT, id="half a quotation"
        ),
        pytest.param("en", "The man told the doctor: 'I have been ill.'", Lean.NONE, id="a quotation in single marks"),
        pytest.param("en", "If your bank calls, hang up.", Lean.SLIGHT, id="a word with the reader"),
        pytest.param("en", "The mayor said, “If your bank calls, hang up.”", Lean.NONE, id="a word with somebody else"),
        pytest.param("en", "Roads in the north were. closed to lorries on Monday.", Lean.SLIGHT, id="a broken line"),
        pytest.param("en", "The firm paid approx. ten million euros on Monday.", Lean.NONE, id="a word cut short"),
        pytest.param("en", "This decision surprised the council.", Lean.SLIGHT, id="this"),
        pytest.param("en", "It found that two cables had rusted.", Lean.WHOLE, id="what found it"),
        pytest.param("en", "But it has also blamed the council.", Lean.WHOLE, id="who has"),
        pytest.param("en", "It emerged that two cables had rusted.", Lean.SLIGHT, id="nobody emerged"),
        pytest.param("en", "It took three days to close the bridge.", Lean.SLIGHT, id="nobody took days"),
        pytest.param("en", "It was the second bridge to fall.", Lean.SLIGHT, id="it was"),
        pytest.param("en", "Three of them died in the fall.", Lean.SLIGHT, id="three of them"),
        pytest.param("en", "Three of the town's bridges fell.", Lean.NONE, id="three of the bridges"),
        pytest.param("en", "Both were arrested on Monday.", Lean.SLIGHT, id="both"),
        pytest.param("en", "Both Roe and Poe were arrested.", Lean.NONE, id="both Roe and Poe"),
        pytest.param("en", "The two met in Geneva.", Lean.SLIGHT, id="the two"),
        pytest.param("en", "The two bridges met in the middle.", Lean.NONE, id="the two bridges"),
        pytest.param("en", "The same day, the bridge closed.", Lean.SLIGHT, id="the same day"),
        pytest.param("en", "But the council disagreed.", Lean.SLIGHT, id="but"),
        pytest.param("en", "Buttermilk was sold on the bridge.", Lean.NONE, id="buttermilk"),
        pytest.param("en", "Solar power pays for the bridge.", Lean.NONE, id="solar"),
        pytest.param("ru", "Оба были задержаны в понедельник.", Lean.SLIGHT, id="оба"),
        pytest.param("ru", "Оба моста закрыли в понедельник.", Lean.NONE, id="оба моста"),
        pytest.param("ru", "Сам он отрицает вину.", Lean.SLIGHT, id="сам он"),
        pytest.param("ru", "Второй погиб в больнице.", Lean.SLIGHT, id="второй"),
        pytest.param("ru", "Второй мост погиб в пожаре.", Lean.NONE, id="второй мост"),
        pytest.param("ru", "На следующий день мост закрыли.", Lean.SLIGHT, id="на следующий день"),
        pytest.param("ru", "Поэтому мост закрыли до мая.", Lean.SLIGHT, id="поэтому"),
        pytest.param("uk", "Обидва були затримані в понеділок.", Lean.SLIGHT, id="обидва"),
        pytest.param("uk", "Обидва мости закрили в понеділок.", Lean.NONE, id="обидва мости"),
        pytest.param("uk", "Другий помер у лікарні.", Lean.SLIGHT, id="другий"),
        pytest.param("uk", "Того ж дня міст закрили.", Lean.SLIGHT, id="того ж дня"),
        pytest.param("en", "There were no trains on Monday.", Lean.NONE, id="there were no"),
        pytest.param("en", "Two days later, she gave birth to a girl.", Lean.SLIGHT, id="she behind an opening"),
        pytest.param("en", "After the vote, Roe said she would resign.", Lean.NONE, id="she is Roe"),
        pytest.param("en", "Jane Roe (pictured) kept her seat.", Lean.SLIGHT, id="a picture that is not there"),
        pytest.param("en", "I shall not go there again.", Lean.SLIGHT, id="I"),
        pytest.param("en", "“I shall not go there again,” said Jane Roe.", Lean.NONE, id="I am Jane Roe"),
        pytest.param("en", "Will the bridge ever reopen?", Lean.WHOLE, id="a question without its answer"),
        pytest.param("en", "“Will it ever reopen?” the mayor asked.", Lean.NONE, id="a question that somebody asked"),
        pytest.param("en", "The mayor named two reasons:", Lean.WHOLE, id="what leads in to something"),
        pytest.param("en", '"The bridge is closed. It will reopen.', Lean.WHOLE, id="a quotation torn off its speaker"),
        pytest.param("en", 'It will reopen in May," said Jane Roe.', Lean.SLIGHT, id="the end of a quotation"),
        pytest.param("en", "The mayor said she would resign.", Lean.NONE, id="she is the mayor"),
        pytest.param("ru", "Он отметил, что мост закрыт.", Lean.WHOLE, id="он"),
        pytest.param("ru", "Однако они уехали до полудня.", Lean.WHOLE, id="однако они"),
        pytest.param("ru", "Онколог сказал, что мост закрыт.", Lean.NONE, id="онколог"),
        pytest.param("ru", "«Мост закрыт до мая», — отметил он.", Lean.WHOLE, id="отметил он"),
        pytest.param("ru", "«Мост закрыт до мая», — отметил Иванов.", Lean.NONE, id="отметил Иванов"),
        pytest.param("ru", "«Мост «Заря» закрыт до мая.", Lean.WHOLE, id="an open quotation with a name in it"),
        pytest.param("ru", "«Закрыт мост «Заря», — отметил Иванов.", Lean.NONE, id="one mark closes two"),
        pytest.param("ru", "Закрыт мост АО «Группа «Заря».", Lean.SLIGHT, id="one mark closes two names"),
        pytest.param("ru", "По его словам, мост закрыт.", Lean.SLIGHT, id="по его словам"),
        pytest.param("ru", "Тросы порваны», — сказал Иванов.", Lean.WHOLE, id="an end without a beginning"),
        pytest.param("uk", 'Троси порвано", – сказав Коваль.', Lean.WHOLE, id="a straight end"),
        pytest.param("ru", "Опоры к нему построили в мае.", Lean.SLIGHT, id="к нему"),
        pytest.param("uk", "Опори до нього збудували у травні.", Lean.SLIGHT, id="до нього"),
        pytest.param("ru", "Так, закрыты два моста.", Lean.SLIGHT, id="так"),
        pytest.param("ru", "Этот мост закрыли в мае.", Lean.SLIGHT, id="этот"),
        pytest.param("ru", "Здесь закрыли два моста.", Lean.SLIGHT, id="здесь"),
        pytest.param("uk", "Вона зазначила, що міст закрито.", Lean.WHOLE, id="вона"),
        pytest.param("uk", "Про це повідомила мерія міста.", Lean.WHOLE, id="про це"),
        pytest.param("uk", "Для цього закрили два мости.", Lean.SLIGHT, id="для цього"),
        pytest.param("uk", "Ці мости закрили у травні.", Lean.SLIGHT, id="ці"),
        pytest.param("uk", "Цікаво, що міст закрили у травні.", Lean.NONE, id="цікаво"),
        pytest.param("ru", "У него было два моста на выбор.", Lean.WHOLE, id="у него"),
        pytest.param("ru", "Как он отметил, мост закрыт.", Lean.WHOLE, id="как он"),
        pytest.param("ru", "И в этот момент он рухнул.", Lean.WHOLE, id="в этот момент он"),
        pytest.param("ru", "Мы закроем мост в мае.", Lean.WHOLE, id="who are we"),
        pytest.param("ru", "«Мы закроем мост в мае», — сказал Иванов.", Lean.NONE, id="we are Ivanov's town"),
        pytest.param("ru", "В этом году закрыли два моста.", Lean.NONE, id="this year"),
        pytest.param("ru", "К этому мосту дороги нет.", Lean.SLIGHT, id="к этому"),
        pytest.param("ru", "Соответствующий указ подписал мэр.", Lean.SLIGHT, id="соответствующий"),
        pytest.param("ru", "Данный мост закрыли в мае.", Lean.SLIGHT, id="данный"),
        pytest.param("ru", "Данные полиции говорят об обратном.", Lean.NONE, id="data"),
        pytest.param("ru", "Целью работ, по его словам, был второй мост.", Lean.SLIGHT, id="his words in the middle"),
        pytest.param("ru", "Мэр Иванов подал в отставку: мост, по его словам, рухнул.", Lean.NONE, id="Ivanov's words"),
        pytest.param("uk", "У неї було два мости на вибір.", Lean.WHOLE, id="у неї"),
        pytest.param("uk", "Тому він закрив два мости.", Lean.WHOLE, id="тому він"),
        pytest.param("uk", "Ми закриємо міст у травні.", Lean.WHOLE, id="хто ми"),
        pytest.param("uk", "Цього року закрили два мости.", Lean.NONE, id="цього року"),
        pytest.param("uk", "Йдеться про два мости на річці.", Lean.SLIGHT, id="йдеться про"),
        pytest.param("uk", "Таке рішення ухвалили у травні.", Lean.SLIGHT, id="таке"),
        pytest.param("ar", "«لن نعود إلى هناك", Lean.WHOLE, id="an open quotation in any language"),
        pytest.param("de", "„Die Brücke ist zu“, sagte Roe.", Lean.NONE, id="low marks in any language"),
        pytest.param("fr", "Il n’a rien dit.", Lean.NONE, id="unknown language"),
    ],
)
def test_who_is_he(language: str, sentence: str, expected: Lean) -> None:
    """A pronoun or an author without a name, half a quotation and a question lean on what the reader does not have."""
    assert lean(sentence, language) is expected


@pytest.mark.parametrize(
    ("sentences", "spoken"),
    [
        pytest.param(
            ["«Мост закрыт.", "Тросы порваны.", "Ждем», — сказал Иванов.", "Мост стар."], {1}, id="guillemets"
        ),
        pytest.param(
            ['"Міст закрито.', "Троси порвано.", 'Чекаємо", – сказав Коваль.', "Міст старий."], {1}, id="straight"
        ),
        pytest.param(
            ["Мэр сказал: «Мост закрыт.", "Тросы порваны.", "Ждем».", "Мост стар."], {1}, id="a speaker before"
        ),
        pytest.param(["«Мост закрыт.", "Тросы порваны.", "Мост стар."], {1, 2}, id="a text cut off"),
        pytest.param(["«Мост «Заря» закрыли", *["Мост стар."] * 9], set(), id="a mark that nothing answers"),
        pytest.param(
            ["«Мост закрыт.", "Тросы порваны.", "«Заря» молчит.", "Ждем».", "Да."], {1, 2}, id="a name inside"
        ),
        pytest.param(["«Мост закрыт», — сказал Иванов.", "Тросы порваны."], set(), id="whole"),
        pytest.param(["«Мост закрыт.", "«Тросы порваны.", "Ждем», — сказал Иванов."], set(), id="opened anew"),
    ],
)
def test_the_middle_of_a_quotation_is_somebody_s_words(sentences: list[str], spoken: set[int]) -> None:
    """What stands between the sentence that opens a quotation and the one that closes it has no mark of its own."""
    assert spoken_on(sentences, [0] * len(sentences)) == spoken


def test_a_quotation_ends_with_its_paragraph() -> None:
    """A quotation that goes on in the next paragraph opens it with a mark."""
    sentences = ["«Мост закрыт.", "Тросы порваны.", "Мост построили в 1950 году."]
    assert spoken_on(sentences, [0, 0, 1]) == {1}


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("Jane Roe (pictured), who is 61, signed the order.", "Jane Roe, who is 61, signed the order."),
        ("Jane Roe (pictured left with her dog) signed the order.", "Jane Roe signed the order."),
        ("Jane Roe (right) and John Doe (far left) signed the order.", "Jane Roe and John Doe signed the order."),
        ("Jane Roe (left and right, with her dog) signed the order.", "Jane Roe signed the order."),
        ("the old bridge ( above ) was closed on monday .", "the old bridge was closed on monday ."),
        ("The Old Party (left of centre) won ten seats.", None),
        ("Prices fell (right at the start) by ten percent.", None),
        ("Profits are high (above 5 percent) and stable.", None),
        ("A roe (pictured).", None),
    ],
)
def test_a_bracket_that_points_at_a_picture_goes(sentence: str, read: str | None) -> None:
    """Nothing else is cut from the middle of a sentence, and other brackets stay."""
    assert unpointed(sentence, "en") == (sentence if read is None else read)


@given(text=st.text(min_size=1).filter(str.strip), language=st.sampled_from(["en", "ru", "uk", "und"]))
def test_something_is_always_left(text: str, language: str) -> None:
    """Whatever stands in a sentence, what is kept of it is a part of it and not empty."""
    start, end = trimmed(text, language)
    assert 0 <= start < end <= len(text)
    assert isinstance(lean(text, language), Lean)
