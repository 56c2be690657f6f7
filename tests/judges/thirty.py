"""An edition of thirty stories, in English and in Russian: ten kinds of news from three towns, written for this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.model import Article, Edition, KeyPoint, Newsletter, Section, Span, Story, article_id

PICTURE = "https://img.example.org/lead.jpg"  # as the lead article gives it
BRIEF = 8  # stories


@dataclass(frozen=True, slots=True)
class Words:
    """What one language says; {t} is a town, {n} a number that differs from story to story."""

    towns: tuple[str, str, str]
    sources: tuple[str, str, str]
    rubrics: tuple[str, ...]
    news: tuple[tuple[str, tuple[str, ...]], ...]  # a title and its points
    speaker: str
    said: str
    brief: str
    preheader: str
    intro: str


ENGLISH = Words(
    towns=("Poltava", "Chernihiv", "Uzhhorod"),
    sources=("Dnipro Wire", "River Courier", "The Steppe Review"),
    rubrics=("Economy", "Cities", "Science", "Culture"),
    news=(
        (
            "{t} reopens its road bridge two years after the flood",
            (
                "Engineers replaced {n} metres of deck and raised the piers by a metre and a half.",
                "Lorries may cross from Monday; until then a ferry carries them free of charge.",
                "The regional roads office paid a third of the cost, a development bank the rest.",
            ),
        ),
        (
            "Library in {t} lends its first seeds",
            (
                "Readers took {n} packets on the first morning, most of them tomatoes and marigolds.",
                "Whoever borrows a packet promises to bring back seeds of the harvest in autumn.",
                "Two neighbouring towns want to copy the scheme before the summer.",
            ),
        ),
        (
            "Tram line to the university of {t} opens a year late",
            (
                "Trams run every seven minutes and carry {n} people an hour in each direction.",
                "The delay came from a water main that no map of the street had shown.",
                "Students ride at half the fare until the end of the term.",
            ),
        ),
        (
            "Court in {t} returns a lakeside park to the city",
            (
                "The judges found that the sale of {n} hectares had never been put to the council.",
                "A fence that has closed the shore since 2011 must be gone within a month.",
                "The owner, a building firm, says that it will appeal.",
            ),
        ),
        (
            "Hospital of {t} gets its own solar roof",
            (
                "The panels give {n} kilowatts at noon, enough for the operating theatres and the kitchen.",
                "Batteries in the cellar last four hours if the grid fails.",
                "Doctors collected a tenth of the money among former patients.",
            ),
        ),
        (
            "Night train from {t} to Warsaw leaves in May",
            (
                "The journey takes fourteen hours, and tickets begin at {n} hryvnias.",
                "Border guards check passports on board, so nobody has to get up for them.",
                "A dining car joins the train once a second one has been repaired.",
            ),
        ),
        (
            "School of {t} teaches chess in every class",
            (
                "Pupils play {n} minutes a week, from the first year to the last.",
                "Teachers report that quarrels in the breaks have become fewer.",
                "A grandmaster from the town gives the exercises and marks them by post.",
            ),
        ),
        (
            "Museum in {t} finds a map that was thought lost",
            (
                "The sheet of 1765 lay behind a cupboard and shows {n} mills along the river.",
                "Only one of the mills still stands; it belongs to a baker.",
                "The museum will show the map from April, under a light of its own.",
            ),
        ),
        (
            "Farmers near {t} sow a week earlier than last year",
            (
                "The soil reached eight degrees on {n} fields by Sunday, the weather service said.",
                "Peas and barley go first, sunflowers not before the middle of April.",
                "Diesel costs a fifth less than a year ago, fertiliser as much as then.",
            ),
        ),
        (
            "Volleyball club of {t} reaches its first final",
            (
                "The team won the second leg by three sets to one before {n} spectators.",
                "The final is played on two evenings in March, at home first.",
                "Half of the squad trained in a school gymnasium while the hall was being repaired.",
            ),
        ),
    ),
    speaker="Olena Koval",
    said="The mayor of {t} thanked those who had worked through the night and promised them a day off.",
    brief="In brief",
    preheader="Also: a library lends seeds, a tram line opens a year late, and a map turns up behind a cupboard.",
    intro="30 stories, 9 minutes",
)

RUSSIAN = Words(
    towns=("Полтава", "Чернигов", "Ужгород"),
    sources=("Днепр онлайн", "Речной курьер", "Степной обозреватель"),
    rubrics=("Экономика", "Города", "Наука", "Культура"),
    news=(
        (
            "{t}: через два года после паводка открыли мост",
            (
                "Строители заменили {n} метров настила и подняли опоры на полтора метра.",
                "Грузовики поедут по мосту с понедельника, до тех пор их бесплатно перевозит паром.",
                "Треть стоимости оплатила областная дорожная служба, остальное банк развития.",
            ),
        ),
        (
            "{t}: библиотека начала выдавать семена",
            (
                "В первое утро читатели взяли {n} пакетиков, больше всего томатов и бархатцев.",
                "Кто берёт пакетик, обещает осенью вернуть семена нового урожая.",
                "Два соседних города хотят перенять опыт ещё до лета.",
            ),
        ),
        (
            "{t}: трамвай до университета пошёл на год позже срока",
            (
                "Вагоны ходят каждые семь минут и везут {n} человек в час в каждую сторону.",
                "Задержка вышла из-за водопровода, которого не было ни на одной карте улицы.",
                "До конца семестра студенты платят половину цены.",
            ),
        ),
        (
            "{t}: суд вернул городу парк у озера",
            (
                "Судьи установили, что продажу {n} гектаров никогда не выносили на совет.",
                "Забор, закрывший берег в 2011 году, надо убрать за месяц.",
                "Владелец, строительная фирма, намерен обжаловать решение.",
            ),
        ),
        (
            "{t}: у больницы появилась солнечная крыша",
            (
                "В полдень панели дают {n} киловатт: хватает операционным и кухне.",
                "Если сеть отключится, батареи в подвале продержатся четыре часа.",
                "Десятую часть денег врачи собрали у бывших пациентов.",
            ),
        ),
        (
            "{t}: ночной поезд до Варшавы отправится в мае",
            (
                "Дорога займёт четырнадцать часов, билеты стоят от {n} гривен.",
                "Пограничники проверяют паспорта в вагоне, так что вставать не придётся.",
                "Вагон-ресторан добавят, когда отремонтируют второй.",
            ),
        ),
        (
            "{t}: в школе теперь учат шахматам все классы",
            (
                "Ученики играют {n} минут в неделю, от первого класса до последнего.",
                "Учителя говорят, что ссор на переменах стало меньше.",
                "Задания составляет и проверяет по почте местный гроссмейстер.",
            ),
        ),
        (
            "{t}: музей нашёл карту, которую считали пропавшей",
            (
                "Лист 1765 года лежал за шкафом, на нём {n} мельниц вдоль реки.",
                "Уцелела только одна из них, она принадлежит пекарю.",
                "Карту покажут с апреля, при особом освещении.",
            ),
        ),
        (
            "{t}: сев начали на неделю раньше, чем в прошлом году",
            (
                "К воскресенью земля на {n} полях прогрелась до восьми градусов, сообщили синоптики.",
                "Первыми сеют горох и ячмень, подсолнечник не раньше середины апреля.",
                "Дизель на пятую часть дешевле, чем год назад, удобрения стоят столько же.",
            ),
        ),
        (
            "{t}: волейбольный клуб впервые вышел в финал",
            (
                "Ответный матч команда выиграла 3:1, его смотрели {n} зрителей.",
                "Финал сыграют в марте в два вечера, первый дома.",
                "Пока чинили зал, половина состава тренировалась в школьном спортзале.",
            ),
        ),
    ),
    speaker="Елена Коваль",
    said="Мэр поблагодарила тех, кто работал ночью, и обещала им выходной.",
    brief="Коротко",
    preheader="А также: библиотека выдаёт семена, трамвай опоздал на год, карта нашлась за шкафом.",
    intro="30 новостей, 9 минут",
)


def thirty_stories(newsletter: Newsletter, slot: datetime) -> Edition:
    """Twenty-two stories in full and eight in brief; a picture, speakers, other sources and an update among them."""
    words = ENGLISH if newsletter.language == "en" else RUSSIAN
    stories = [_story(words, newsletter.language, place, slot) for place in range(len(words.news) * len(words.towns))]
    full, brief = tuple(stories[:-BRIEF]), tuple(stories[-BRIEF:])
    return Edition(
        newsletter=newsletter.id,
        slot=slot,
        language=newsletter.language,
        number=27,
        subject=stories[0].lead.title,
        preheader=words.preheader,
        intro=words.intro,
        sections=(Section(title="", stories=full), Section(title=words.brief, stories=brief, brief=True)),
        window=(slot - timedelta(days=1), slot),
        reading_minutes=9,
    )


def _story(words: Words, language: str, place: int, slot: datetime) -> Story:
    town, kind = divmod(place, len(words.news))
    title, points = words.news[kind]
    filled = {"t": words.towns[town], "n": 40 + 7 * place}
    lead = _article(title.format_map(filled), words, language, place, town)
    told = [_point(lead, point.format_map(filled)) for point in points]
    if kind % 3 == 0:
        told.append(_point(lead, words.said.format_map(filled), group=words.speaker))
    others = (_article(title.format_map(filled), words, language, place + 100, town - 1),) if kind % 4 == 1 else ()
    update = f"{slot - timedelta(days=1):%Y-%m-%dT%H:%M}"
    return Story(lead=lead, others=others, points=tuple(told), update_of=f"x/{update}" if place == 4 else None)


def _article(title: str, words: Words, language: str, number: int, source: int) -> Article:
    return Article(
        id=article_id(url="", title=f"{title} {number}", text=title),
        url=f"https://{('wire', 'courier', 'review')[source]}.example.org/2026/03/{50213400 + number}",
        title=title,
        published=datetime(2026, 3, 5, 5, tzinfo=UTC),
        language=language,
        source=words.sources[source],
        text=title,
        blocks=(),
        image=PICTURE if number == 0 else None,
        category=words.rubrics[number % 4],
    )


def _point(article: Article, text: str, *, group: str | None = None) -> KeyPoint:
    return KeyPoint(text=text, group=group, origin="authored", spans=(Span(0, 1),), article=article.id)
