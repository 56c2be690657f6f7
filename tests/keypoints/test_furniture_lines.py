"""Lines of many publishers' pages: what is furniture wherever it stands, and what only begins like it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.keypoints.furniture import story_sentences
from digest.model import Article, Block, Span

STORY = {
    "en": (
        "The council closed the old bridge on Monday after two cables snapped.",
        "Repairs will cost 4 million euros, half of it from the state.",
    ),
    "ru": (
        "Городской совет закрыл старый мост в понедельник из-за обрыва двух тросов.",
        "Ремонт обойдется в 4 млн евро, половину заплатит область.",
    ),
    "uk": (
        "Міська рада закрила старий міст у понеділок через обрив двох тросів.",
        "Ремонт коштуватиме 4 млн євро, половину заплатить область.",
    ),
}

FURNITURE = {
    "en": """
        By Jane Roe for the Oldtown Post
        Read the full story here.
        Video by Jane Roe.
        Support independent journalism with a donation.
        You can follow her on Facebook and Instagram.
        The views expressed are those of the author.
        Updated with comment from the mayor.
        Our WhatsApp channel is here.
        Tell us what you think in the comments.
        Published 10:15 a.m. ET Jan. 26, 2022
        January 26, 2022 / 10:15 AM / CBS News
        RELATED STORY: Council fines baker over flour
        Home > News > Local
        By Jane Doe Jan. 26, 2022 10:15 a.m. ET
        Correction: An earlier version of this article misstated the year.
        DJIA 34,168.09 -0.38%
        Don't miss out on the latest news.
        Enter your email address
        Filed under: News
        For more on this story, go to www.oldtown.example
        Getty Images
        If you notice an error, select it and press Ctrl+Enter.
        Join our WhatsApp channel to get the news first.
        Listen to our podcast on Spotify
        Listen to this article 5 min
        NYSE: ABC $12.34 +1.2%
        Play video
        Posted in News
        Sponsored content
        Stay tuned for more.
        Stay up to date with all the latest news on our app.
        Story continues below advertisement
        The material was prepared by Jane Doe.
        This is a breaking news story and will be updated.
        This is a developing story. Please check back for updates.
        Tweet
        VIDEO The bridge from above
        WATCH LIVE: Council meeting
        Your browser does not support the audio element.
        """,
    "ru": """
        Больше подробностей — в материале «Вестника».
        Смотрите видео ниже.
        Самое важное — в нашем Telegram.
        Ставьте лайки и подписывайтесь на канал.
        Новость будет дополнена.
        Подробности выясняются.
        Чтобы быть в курсе новостей, подписывайтесь на наш канал.
        Ранее мост уже закрывали, писал «Вестник».
        26 января 2022 г.
        26 января 2022, 10:15
        3 мин чтения
        erid: 2VtzqwXyz
        Анна Роева, «Вестник»
        Доллар 76,50 Евро 89,20
        Иллюстративное фото
        Использование материалов разрешено при условии ссылки.
        Источник фото: Unsplash
        Комментарии (12)
        Контакты: news@vestnik.example
        Мы в Telegram
        Опубликовано 26 января 2022
        Оставайтесь на связи
        Оставить комментарий
        Подготовила Анна Роева
        Подробнее: Пекаря оштрафовали за муку
        Прочитать полностью
        Редакция может не разделять мнение автора.
        Реклама. ООО «Ромашка»
        Рубрика: Город
        Слушайте подкаст «Вестник дня»
        Сообщает «Вестник».
        Сообщает пресс-служба мэрии.
        Читайте по теме: Пекаря оштрафовали
        Этот сайт использует файлы cookie для удобства пользователей.
        """,
    "uk": """
        Більше подробиць – у матеріалі «Вісника».
        Дивіться відео нижче.
        Найважливіше – у нашому Telegram.
        Ставте лайки та підписуйтесь на канал.
        Новину буде доповнено.
        Чекайте подробиць.
        Щоб бути в курсі новин, підписуйтесь на наш канал.
        Відповідна інформація розміщена на сайті мерії.
        26 січня 2022 року
        Getty Images
        USD 27,50 EUR 31,20
        Будьте в курсі подій разом з нами.
        Вас може зацікавити
        Використання матеріалів дозволене за умови посилання.
        Головна / Новини / Місто
        Детальніше: Пекаря оштрафували за борошно
        Долар 27,50 Євро 31,20
        Залишити коментар
        Ми використовуємо файли cookie.
        Мітки: міст
        Нагадуємо, міст збудували у 1950 році.
        Нагору
        Надіслати новину
        Переклад: Анна Роєва
        Пише «Вісник».
        Пишіть нам: news@visnyk.example
        Повідомляє «Вісник».
        При передруку посилання обов'язкове.
        Прямий ефір
        Підготував: Іван Петренко
        Редакція може не поділяти думку автора.
        Слухати
        Фото з відкритих джерел
        Цей сайт використовує файли cookie для зручності користувачів.
        """,
}

# Each begins, or is worded, like furniture.
REAL = {
    "en": """
        Support for independent bookshops rose to 60 percent in a poll.
        Become a member of NATO, the general told Finland in a speech.
        Updated maps show two new islands near Oldtown.
        Video games by small studios sold best in 2021.
        Read our lips, the unions told the minister on Monday.
        Read more than 30 books a year, the new school plan says.
        Read also pleaded guilty to two other charges.
        Jane Roe, a reporter for the Post, was freed on Monday.
        Watch sales fell 12 percent in Switzerland last year.
        Listen to the people, the opposition leader told parliament.
        Subscribers of the phone company lost their service on Monday.
        Photography was banned inside the courtroom.
        Editing by genes may cure the disease, doctors hope.
        Terms of the deal were not disclosed by either company.
        FILE servers at the ministry were attacked on Monday.
        Source code of the program was published on Monday.
        Get the vaccine, the health minister told parents.
        Join our army and fight, the general told volunteers in a video.
        Topics at the summit include grain and gas.
        Like us, the Germans pay more for gas this winter.
        By signing the treaty, both countries agree to pull back their troops.
        Video of the attack shows two men running away.
        We use cookies and bread in our school meals, the cook told the court.
        Cookies sold by the scouts raised 2 million dollars.
        You have no right to remain silent, the judge told the minister.
        Photographs of the bridge show rust on all cables.
        Don't miss the deadline of 1 May, the tax office warns.
        For more than two years the bridge was shut.
        Thank you for your service, the president told the soldiers.
        Published in May, the report names three ministers.
        If you find an error in the count, you may appeal within a week, the commission said.
        Click here was the text of the false link, police said.
        Live animals were found in the lorry at the border.
        """,
    "ru": """
        Подробности выясняются в суде: прокурор назвал сумму 3 млн рублей.
        Самое важное оружие Киева, по словам министра, — дроны.
        Чтобы быть в курсе цен, банк опросил 1,2 тыс. человек.
        Ранее мост уже закрывали, объяснил мэр Иван Петров.
        Смотрите также на состав продукта, советует врач.
        По теме переговоров стороны расходятся, заявил посол.
        Теги с ценой заменят на табло в магазинах.
        Подписывайтесь под законом сами, ответил депутат министру.
        Перевод денег за границу ограничат с мая.
        Передает Киеву 30 танков Германия, решение принято в среду.
        Источник в правительстве назвал сумму: 3 млрд рублей.
        Следите за давлением, советуют врачи пожилым людям.
        Автор закона, депутат Иван Петров, отозвал подпись.
        Ранее судимый водитель скрылся с места аварии.
        26 января 2022 года совет закрыл мост.
        Bloomberg сообщает, что банк уволит 900 человек.
        Об этом сообщил мэр, добавив, что мост закроют до мая.
        Продолжая наступление, армия взяла три села.
        Подписчики журнала потеряли 3 млн рублей.
        Его слова о мире вызвали спор в парламенте.
        Как сообщать о взрывах, жителям объяснили в школах.
        Источник загрязнения нашли в трех километрах от города.
        Будьте готовы к отключениям, предупредил мэр жителей.
        Мы в долгу не останемся, пообещал тренер болельщикам.
        Об этом случае прокурор доложил министру через два дня.
        Курс доллара вырос до 76,5 рубля.
        Читайте договор внимательно, советует юрист Анна Роева.
        Использование материалов дела разрешено судом обеим сторонам.
        При копировании ключа сторож украл 3 млн рублей.
        Об этом мосте спорят десять лет.
        Мнения о мосте разделились: 40 процентов за снос.
        Пишут и те, кто потерял дом: фонд получил 900 писем.
        """,
    "uk": """
        Найважливіше для міста, за словами мера, – газ і вода.
        Щоб бути в курсі цін, банк опитав 1,2 тис. людей.
        Інформація про міст надійшла до поліції о шостій ранку.
        Також читайте інструкцію до ліків, радить лікар Іван Петренко.
        За темою переговорів сторони розходяться, заявив посол.
        Підтримати рішення суду закликав мер міста.
        Думки про міст розділилися: 40 відсотків за знесення.
        Раніше міст закривали у 2010 і 2015 роках.
        Видання раніше закривали тричі, востаннє у 2010 році.
        Стежте за тиском, радять лікарі літнім людям.
        Слухайте лікарів, а не сусідів, просить міністр.
        Таку думку поділяють 40 відсотків опитаних.
        Поділитися досвідом до Києва приїхали лікарі з Польщі.
        Передає Києву 30 танків Німеччина, рішення ухвалили в середу.
        Як повідомляти про вибухи, жителям пояснили у школах.
        Приєднатися до договору готові ще три країни.
        Як відомо, Ілон Маск купив Twitter за 44 млрд доларів.
        Більше новин про здоров'я короля чекають до п'ятниці.
        Про це домовилися міністри на зустрічі у Женеві.
        Автор закону, депутат Іван Петренко, відкликав підпис.
        Долар подорожчав до 27,5 гривні вперше з березня.
        Пишуть і ті, хто втратив дім: фонд отримав 900 листів.
        Будьте готові до відключень, попередив мер жителів.
        Про це рішення суду дізналися в понеділок усі сторони.
        Фото мосту, зроблене із супутника, показало тріщини.
        Повідомляє про вибухи і мер сусіднього міста.
        Коментарі чиновників про міст суперечать один одному.
        Переказ грошей за кордон обмежать із травня.
        Коментувати рішення суду в банку відмовилися.
        Детальніше про план розповів міністр Іван Петренко.
        Джерело в уряді назвало суму: 3 млрд гривень.
        """,
}


def an_article(*paragraphs: str, language: str) -> Article:
    """An article of `paragraphs`, a blank line between."""
    blocks, start = [], 0
    for paragraph in paragraphs:
        blocks.append(Block(kind="paragraph", text=paragraph, span=Span(start, start + len(paragraph))))
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


def lines(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(language, line.strip()) for language, text in table.items() for line in text.strip().splitlines()]


def texts(article: Article) -> list[str]:
    return [sentence.text for sentence in story_sentences(article)]


@pytest.mark.parametrize(("language", "line"), lines(FURNITURE))
def test_a_line_of_the_page_goes_wherever_it_stands(language: str, line: str) -> None:
    """Above the story, in it or below, a paragraph that is furniture takes nothing of the story with it."""
    one, other = STORY[language]
    for paragraphs in ((line, one, other), (one, line, other), (one, other, line)):
        assert texts(an_article(*paragraphs, language=language)) == [one, other]


@pytest.mark.parametrize(("language", "line"), lines(REAL))
def test_a_sentence_that_only_begins_like_furniture_stays_whole(language: str, line: str) -> None:
    """A lost fact is worse than a stray line, and half of one is worse still."""
    one, other = STORY[language]
    assert line in texts(an_article(one, line, other, language=language))
    assert line in texts(an_article(f"{line} {one}", other, language=language))


@pytest.mark.parametrize(
    "line", ["Jane Roe is a reporter at the Oldtown Post.", "Jane Roe covers bridges for the Post."]
)
def test_who_wrote_it_ends_no_story(line: str) -> None:
    """A biography below the story is the author's; elsewhere a reporter may be the news."""
    one, other = STORY["en"]
    assert texts(an_article(one, other, one, line, language="en")) == [one, other, one]
    assert line in texts(an_article(line, one, other, language="en"))


def test_short_lines_are_all_there_is_of_a_text_without_full_stops() -> None:
    """Labels are told by a story that knows full stops; where none does, no line is lost."""
    poem = ("The bridge is shut", "It stays so until May", "Nobody pays")
    assert texts(an_article(*poem, language="en")) == list(poem)
