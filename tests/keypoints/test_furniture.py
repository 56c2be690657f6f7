"""Page furniture never reaches the sentences that are scored; a sentence of the story always does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.keypoints.furniture import story_sentences
from digest.model import Article, Block, BlockKind, Span


def an_article(*paragraphs: str, language: str = "en", kind: BlockKind = "paragraph") -> Article:
    """An article whose blocks are `paragraphs`, a blank line between."""
    blocks, start = [], 0
    for paragraph in paragraphs:
        if paragraph.strip():
            left = start + len(paragraph) - len(paragraph.lstrip())
            blocks.append(
                Block(
                    kind=kind,
                    text=" ".join(paragraph.split()),
                    span=Span(left, start + len(paragraph.rstrip())),
                )
            )
        start += len(paragraph) + 2
    return Article(
        id="0" * 16,
        url="",
        title="A title",
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language=language,
        source="",
        text="\n\n".join(paragraphs),
        blocks=tuple(blocks),
    )


def texts(article: Article) -> list[str]:
    return [sentence.text for sentence in story_sentences(article)]


STORY = {
    "en": "The council closed the old bridge on Monday after two cables snapped.",
    "ru": "Городской совет закрыл старый мост в понедельник из-за обрыва двух тросов.",
    "uk": "Міська рада закрила старий міст у понеділок через обрив двох тросів.",
}

HEADS = [
    ("en", "KYIV, Ukraine (AP) — "),
    ("en", "(CNN) -- "),
    ("en", "(CNN)"),
    ("en", "Lviv, Ukraine (CNN)"),
    ("en", "WASHINGTON, Jan 26 (Reuters) - "),
    ("en", "LONDON – "),
    ("en", "NEW YORK (AP) — "),
    ("en", "warsaw (reuters) - "),
    ("en", "By. Jane Roe. PUBLISHED:. 08:53 EST, 11 June 2013. |. UPDATED:. 14:49 EST, 11 June 2013. "),
    ("en", "By. Jane Roe and John Doe. "),
    ("en", "By. Jane Roe. Last updated at 4:09 PM on 18th November 2011. "),
    ("en", "(The Example)"),
    ("en", "Last updated at 4:09 PM on 18th November 2011. "),
    ("ru", "КИЕВ, 4 марта — "),
    ("ru", "МОСКВА, 4 мая. /ТАСС/. "),
    ("ru", "Минск. 17 мая. INTERFAX.RU - "),
    ("ru", "КИЕВ. 4 марта. УНН. "),
    ("ru", "РИА Новости - 4 мая. "),
    ("ru", "Тула, 25 мая. "),
    ("ru", "INTERFAX.RU - "),
    ("uk", "КИЇВ, 4 березня — "),
    ("uk", "Київ. 4 березня. УНН. "),
]

GLUED = [
    ("uk", "Також читайте "),
    ("uk", "Читайте також "),
    ("ru", "Читайте также "),
    ("ru", "Фото: Иван Петров / ТАСС Фото: Анна Роу / Reuters "),
    ("ru", "Доллар/Рубль USD/RUB ₽56,500 -0,81% Купить Евро/Рубль EUR/RUB ₽59,010 -1,31% Купить "),
    ("ru", "Video "),
    ("ru", "BRENT BRENT $119,16 -2,19% "),
    ("ru", "Акции Пример EXMP $39 — Купить "),
    ("ru", "Мост на остров, вид с реки (Фото: Иван Петров / ТАСС) "),
    ("ru", "Главное к 21:15 мск "),
    ("ru", "<...> "),
    ("ru", "Читать далее "),
    ("uk", "Читати далі –> "),
    ("uk", "Деталі "),
    ("ru", "Подробности "),
    ("ru", "Курс евро ЦБ EUR ₽60,966 -1,82% Курс доллара ЦБ USD ₽57,778 -1,05% "),
    ("en", "Scroll down for video. "),
    ("en", "▶ "),
]

SENTENCES = [
    ("en", "Jane Roe and John Doe contributed to this report."),
    ("en", "Associated Press writer Jane Roe in Oslo contributed reporting."),
    ("en", "Our paper's Jane Roe reported from Oslo, and John Doe wrote from London."),
    ("en", "Reporting by Jane Roe; editing by John Doe."),
    ("en", "(Reporting by Jane Roe in Oslo; Editing by John Doe)"),
    ("en", "Edited by John Doe"),
    ("en", "Copyright 2022 The Example Press."),
    ("en", "© 2022 Example Media. All rights reserved."),
    ("en", "All rights reserved."),
    ("en", "Follow us on Twitter, Facebook and Google News"),
    ("en", "Follow Jane Roe on Twitter for more."),
    ("en", "Sign up for our free morning newsletter here."),
    ("en", "Get the day's top stories straight to your inbox."),
    ("en", "Click here to see more pictures of the bridge."),
    ("en", "Share your thoughts in the comments below."),
    ("en", "Read more: Five bridges that fell"),
    ("en", "Also read: Five bridges that fell"),
    ("en", "READ MORE: Five bridges that fell"),
    ("en", "Thank you for reading."),
    ("en", "Sorry, we are not currently accepting comments on this article."),
    ("en", "As we previously reported, the bridge was built in 1950."),
    ("en", "Photo: Jane Roe / Example Agency"),
    ("en", "https://example.com/bridge"),
    ("en", "Go to www.example.com for more pictures of the bridge."),
    ("ru", "Об этом сообщает РИА Новости."),
    ("ru", "Об этом заявил мэр города Иван Петров в эфире радио."),
    ("ru", "Его слова передает ТАСС."),
    ("ru", "Документ опубликован на портале правовой информации."),
    ("ru", "Соответствующее видео появилось в его Telegram-канале."),
    ("ru", "Соответствующий пост мэр опубликовал у себя в Instagram."),
    ("ru", "Расписание Примерска можно найти здесь, а Тулы — тут."),
    ("ru", "Размер доли не раскрывается."),
    ("ru", "Пример направил запрос в мэрию."),
    ("ru", "Напомним, мост построили в 1950 году."),
    ("ru", "Как сообщалось ранее, мост построили в 1950 году."),
    ("ru", "Ранее сообщалось, что мост построили в 1950 году."),
    ("ru", "Подписывайтесь на наш канал в Telegram."),
    ("ru", "Следите за нашими новостями в Facebook."),
    ("ru", "Читайте также: Пять упавших мостов"),
    ("ru", "Источник: example.ru"),
    ("ru", "Самые интересные новости теперь в Telegram!"),
    ("ru", "Нашли ошибку? Выделите ее и нажмите Ctrl+Enter."),
    ("ru", "Материал дополняется."),
    ("uk", "Про це повідомив мер міста Іван Коваль у Telegram."),
    ("uk", "Про це повідомляє Укрінформ."),
    ("uk", "Про це йдеться у звіті поліції."),
    ("uk", "Про наслідки повідомив мер міста Іван Коваль."),
    ("uk", "Відповідне відео опублікували на сторінці поліції."),
    ("uk", "Кадри з мосту показав Telegram-канал Приклад."),
    ("uk", "Таку думку він висловив в ефірі телемарафону."),
    ("uk", "Нагадаємо, міст збудували у 1950 році."),
    ("uk", "Крім того, ми раніше писали, що міст збудували у 1950 році."),
    ("uk", "Дані уточнюються."),
    ("uk", "Стежте за новинами на нашому сайті."),
    ("uk", "Підписуйтесь на наш Telegram"),
    ("uk", "Читайте також: П'ять мостів, що впали"),
    ("uk", "▶ На YouTube-каналі Прикладу можна переглянути за цим посиланням відео: Міст упав"),
    ("uk", "Джерело: example.ua"),
    ("uk", "На каналі Прикладу можна переглянути за посиланням відео: Міст упав уночі!"),
]

BLOCKS = [
    ("en", "Video of day"),
    ("en", "Show more news"),
    ("en", "Advertisement"),
    ("en", "Share this article on Facebook"),
    ("en", "By Jane Roe, CNN"),
    ("en", "By Jane Roe and John Doe"),
    ("en", "Image: Jane Roe / Example Agency"),
    ("en", "Tags: bridges, council"),
    ("en", "* * *"),
    ("en", "– AFP"),
    ("ru", "Видео дня"),
    ("ru", "Показать еще новости"),
    ("ru", "Поделиться"),
    ("ru", "Фото: Иван Петров / ТАСС"),
    ("ru", "Материалы по теме"),
    ("uk", "Відео дня"),
    ("uk", "Більше новин"),
    ("uk", "Поділитися"),
    ("uk", "Фото: Іван Коваль / Укрінформ"),
]

# Each opens, or is worded, like furniture.
REAL = [
    ("en", "Copyright law will change in June, the minister said."),
    ("en", "Watch makers lost a tenth of their sales last year."),
    ("en", "Follow the money, the inspector told her officers."),
    ("en", "The fog contributed to the crash, the report says."),
    ("en", "She said it was done to save the family embarrassment."),
    ("en", "Police said it is unclear how many people took part."),
    ("en", "The newspaper reported the loss of two ships on Friday."),
    ("en", "Produced by a small studio, the film took three prizes in Cannes last night."),
    ("en", "Reporting by the newspaper found that the cables had been bought second hand."),
    ("en", "More than 50 people signed up for the newsletter trial, the council said."),
    ("en", "NATO — which has 30 members — will send engineers."),
    ("en", "Related cases were found in Spain, doctors said."),
    ("en", "Recall that the bridge was closed once before."),
    ("en", "Tag teams won both of the titles that were left."),
    ("en", "Earlier, the mayor had promised to rebuild the bridge."),
    ("en", "As Roe wrote, “None of us is without hope while the bridge still stands.”"),
    ("ru", "Об этом он узнал, когда мост уже рухнул, и подал в отставку: совет её принял."),
    ("ru", "Об этом решении, что важно, объявил не мэр, а его заместитель."),
    ("ru", "Об этом заявил мэр, «мы восстановим мост за три месяца и накажем тех, кто его не чинил», — добавил он."),
    ("ru", "Подписывать договор будут в Минске."),
    ("ru", "Ранее судимый водитель скрылся."),
    ("ru", "Видео с места аварии изучает полиция."),
    ("ru", "Документ, который опубликован на сайте, вступит в силу в мае."),
    ("ru", "Фото, на котором мост цел, появилось в сети, хотя мост рухнул."),
    ("ru", "США — Россия: переговоры в Женеве начались в понедельник."),
    ("ru", "Только за неделю заблокировали пять каналов с рекламой казино."),
    ("uk", "Про це рішення, що важливо, оголосив не мер, а його заступник."),
    ("uk", "Сьогодні, 29 листопада, міст відкрили знову."),
    ("uk", "Стежити за мостом будуть дві камери."),
    ("uk", "Головне управління поліції відкрило справу."),
    ("uk", "Відео з місця аварії вивчає поліція."),
    ("uk", "Про відставку мера повідомив Іван Коваль."),
    ("uk", "Відео показало, що міст упав о шостій ранку."),
    ("uk", "Поліція показала, як упав міст ."),
]


@pytest.mark.parametrize(("language", "head"), HEADS)
def test_a_dateline_or_byline_is_cut_off(language: str, head: str) -> None:
    """What stands before an opening sentence goes; the sentence stays whole."""
    assert texts(an_article(head + STORY[language], language=language)) == [STORY[language]]


@pytest.mark.parametrize(("language", "glued"), GLUED)
def test_what_is_glued_to_a_sentence_is_cut_off(language: str, glued: str) -> None:
    """Furniture in the middle of a paragraph goes; the sentences on both sides stay."""
    article = an_article(f"{STORY[language]} {glued}{STORY[language]}", language=language)
    assert texts(article) == [STORY[language]] * 2


@pytest.mark.parametrize(("language", "sentence"), SENTENCES)
@pytest.mark.parametrize("alone", [True, False], ids=["own paragraph", "end of a paragraph"])
def test_a_sentence_that_is_furniture_goes(language: str, sentence: str, alone: bool) -> None:
    """Credits, calls to follow, bare attributions and recaps tell no news."""
    paragraphs = [STORY[language], sentence] if alone else [f"{STORY[language]} {sentence}"]
    assert texts(an_article(*paragraphs, language=language)) == [STORY[language]]


@pytest.mark.parametrize(("language", "block"), BLOCKS)
@pytest.mark.parametrize("kind", ["paragraph", "heading", "item"])
def test_a_block_that_is_furniture_goes(language: str, block: str, kind: BlockKind) -> None:
    """Labels of the page are known whatever kind of block they came as."""
    article = an_article(block, STORY[language], language=language, kind=kind)
    assert texts(article) == [STORY[language]]


@pytest.mark.parametrize(("language", "sentence"), REAL)
def test_a_real_sentence_stays(language: str, sentence: str) -> None:
    """A lost fact is worse than a stray line: words of furniture alone condemn nothing."""
    found = texts(an_article(STORY[language], sentence, STORY[language], language=language))
    assert " ".join(found) == f"{STORY[language]} {sentence} {STORY[language]}"
    assert " ".join(texts(an_article(sentence, language=language))) == sentence
