"""Paired newsletters: the partner's edition comes first, whatever the order, the hour and the zone."""

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.errors import ConfigError
from digest.model import Edition, EditionStatus, Newsletter, Schedule
from digest.pipeline.pairs import partner_edition, partner_slot
from digest.schedule import Service
from tests.conftest import Site, clock

PAIR = """
[newsletters.utro]
title = "Утро"
language = "ru"
timezone = "{zone}"
send_at = "{send_at}"
from = {{ name = "Утро", address = "utro@news.example.org" }}
list = "subscribers.csv"
theme = "nv-digest"
pair = "morning"
"""

BOHUSLAV = """Bridge over the Ros opens after two years

4 March 2026, 05:46 PM

The road bridge over the Ros in Bohuslav opened on Wednesday, two years after a flood.

Engineers replaced 140 metres of deck and raised the piers by 1.5 metres, Andrii Marchenko of Bohuslav said.

The work cost 312 million hryvnias. Andrii Marchenko has led the roads office since 2019. Buses to the villages on the
other bank will leave from the market square again, and no longer make the detour by the dam.
"""

MOST = """Мост через Рось открылся через два года

4 марта 2026, 18:10

Автомобильный мост через Рось в Богуславе открылся в среду, через два года после наводнения.

Инженеры заменили 140 метров настила и подняли опоры на 1,5 метра, сообщил Андрей Марченко из Богуслава.

Андрей Марченко руководит дорожным управлением с 2019 года.

Работы стоили 321 миллион гривен, две трети из них дал в долг Европейский инвестиционный банк.
"""

TEATR = """Театр в Луцке отметил столетие премьерой

5 марта 2026, 11:00

Луцкий драматический театр отметил сто лет премьерой по пьесе Ивана Карпенко-Карого, билеты разошлись за два дня.

В спектакле заняты 34 актёра, двое из них играют на этой сцене с 1978 года.
"""


MARCHENKO = "Андрей Марченко руководит дорожным управлением с 2019 года.\n\n"
MOST_TITLE, TEATR_TITLE = (text.partition("\n")[0] for text in (MOST, TEATR))


def paired(site: Site, *, send_at: str = "09:00", zone: str = "America/New_York", first: bool = False) -> Site:
    """The site with a Russian newsletter that follows the English one; `first`: it stands before it in the file."""
    file = site.root / "digest.toml"
    text, second = file.read_text(encoding="utf-8"), PAIR.format(send_at=send_at, zone=zone)
    if first:
        head, _, rest = text.partition("[newsletters.morning]")
        text = f"{head}{second}\n[newsletters.morning]{rest}"
    else:
        text += second
    file.write_text(text, encoding="utf-8")
    for name, words in (("bridge", BOHUSLAV), ("most", MOST), ("teatr", TEATR)):
        (site.root / f"articles/{name}.txt").write_text(words, encoding="utf-8")
    return site.reread()


def utro(site: Site) -> Newsletter:
    return site.settings.newsletter("utro")


def titles(edition: Edition) -> list[str]:
    return [story.lead.title for story in edition.stories]


def test_a_paired_newsletter_tells_its_partners_stories_first(site: Site) -> None:
    """The same event leads in both languages, what only one has follows, and the pair is in the recipe."""
    pair = paired(site)
    pipeline.collect(pair.settings, pair.store, now=clock())
    english = pipeline.build(pair.store, pair.newsletter, pair.slot, now=clock())
    russian = pipeline.build(pair.store, utro(pair), pair.slot, now=clock())
    assert russian.recipe is not None
    assert russian.recipe.partner == english.key
    assert titles(russian) == [MOST_TITLE, TEATR_TITLE]
    alone = pipeline.build(pair.store, replace(utro(pair), pair=None), pair.slot, now=clock())
    assert titles(alone) == [TEATR_TITLE, MOST_TITLE]  # the order is the partner's doing


def test_an_edition_follows_from_its_recipe_when_its_partner_was_edited_since(site: Site) -> None:
    """What the partner told when it was followed is kept: an edit of it later is no difference."""
    pair = paired(site)
    pipeline.collect(pair.settings, pair.store, now=clock())
    pipeline.build(pair.store, pair.newsletter, pair.slot, now=clock())
    pipeline.build(pair.store, utro(pair), pair.slot, now=clock())
    lines = pipeline.text_to_edit(pair.store, pair.newsletter, pair.slot).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("## ") and "Bridge" in line)
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("## ")), len(lines))
    pipeline.take_back(pair.store, pair.newsletter, pair.slot, "\n".join(lines[:start] + lines[end:]))
    found = pipeline.verify(pair.store, utro(pair), pair.slot)
    assert (found.differences, titles(found.edition)) == ((), [MOST_TITLE, TEATR_TITLE])
    again = pipeline.build(pair.store, utro(pair), pair.slot, now=clock())
    assert titles(again) == [TEATR_TITLE, MOST_TITLE]  # a draft follows what its partner says now


async def test_the_service_builds_partners_first(site: Site, tmp_path: Path) -> None:
    """At nine both are due; the follower stands before its partner in the file, and follows it all the same."""
    pair = paired(site, first=True)
    async with Inbox(tmp_path / "inbox") as inbox:
        service = Service(
            pair.with_relay(inbox.host, inbox.port), pair.store, clock=lambda: site.slot + timedelta(minutes=1)
        )
        await service.turn()
    assert inbox.received == 6
    kept = pair.store.editions.get("utro", pair.slot)
    assert kept is not None
    assert (kept.status, titles(kept)) == (EditionStatus.SENT, [MOST_TITLE, TEATR_TITLE])


def test_a_partner_that_is_not_built_yet_is_built_for_its_follower(site: Site) -> None:
    """Asked for by hand, alone, the follower still follows; its partner's draft lies there to compare with."""
    pair = paired(site, first=True)
    pipeline.collect(pair.settings, pair.store, now=clock())
    partners = pipeline.partners_of(pair.settings, utro(pair))
    russian = pipeline.build(pair.store, utro(pair), pair.slot, now=clock(), partners=partners)
    assert titles(russian) == [MOST_TITLE, TEATR_TITLE]
    english = pair.store.editions.get("morning", pair.slot)
    assert english is not None
    assert english.status is EditionStatus.DRAFT


def test_a_partner_with_too_little_to_tell_is_left_alone(site: Site) -> None:
    """Its slot has not had its turn: no skipped edition stands there that its next one would have to catch up."""
    pair = paired(site, send_at="09:00", zone="Europe/Kyiv")
    pipeline.collect(pair.settings, pair.store, now=clock())
    slot = pipeline.named_slot(utro(pair), "2026-03-05")
    partners = pipeline.partners_of(pair.settings, utro(pair))
    pipeline.build(pair.store, utro(pair), slot, now=clock(), partners=partners)
    assert pair.store.editions.recent("morning", limit=9) == []
    english = pipeline.build(pair.store, pair.newsletter, pair.slot, now=clock())
    assert english.window[0] == pair.slot - timedelta(days=1)


def test_editions_of_two_languages_are_compared_by_their_events(site: Site) -> None:
    """What both tell, what only one does, and where a figure differs: not every line of either."""
    pair = paired(site)
    title, _, rest = MOST.partition("Автомобильный мост")
    told = rest.partition("\n\n")[2].replace("140 метров", "410 метров").replace(MARCHENKO, "")
    (site.root / "articles/most.txt").write_text(title + told, encoding="utf-8")
    pipeline.collect(pair.settings, pair.store, now=clock())
    partners = pipeline.partners_of(pair.settings, utro(pair))
    pipeline.build(pair.store, utro(pair), pair.slot, now=clock(), partners=partners)
    found = pipeline.compare(pair.settings, pair.store, "morning/2026-03-05T09:00", "utro/2026-03-05T09:00")
    assert found.same_events == (f"2 / 1: {BOHUSLAV.partition(chr(10))[0]} / {MOST_TITLE}",)
    assert found.differences == ("- story: City library lends its first seeds", f"+ story: {TEATR_TITLE}")
    assert len(found.disagreements) == 1
    assert found.disagreements[0].startswith("410 метров / 140 metres")


@pytest.mark.parametrize(
    ("send_at", "zone", "day"),
    [
        pytest.param("09:00", "America/New_York", 5, id="at the same moment"),
        pytest.param("18:00", "Europe/Kyiv", 5, id="two hours after, in another zone"),
        pytest.param("15:59", "Europe/Kyiv", 4, id="a minute before: it can only follow yesterday's"),
        pytest.param("08:59", "America/New_York", 4, id="nearly a day after yesterday's"),
    ],
)
def test_the_nearest_edition_of_less_than_a_day_before_is_followed(
    site: Site, send_at: str, zone: str, day: int
) -> None:
    """The partner may go out at another hour and in another zone; only an edition that precedes can be followed."""
    pair = paired(site, send_at=send_at, zone=zone)
    slot = pipeline.named_slot(utro(pair), "2026-03-05")
    assert partner_slot(pair.newsletter, slot) == pair.slot.replace(day=day)


def test_a_partner_that_rests_that_day_is_not_followed(site: Site) -> None:
    """What it told two days ago is not today's order."""
    weekly = replace(site.newsletter, schedule=Schedule(at=time(9), weekdays=frozenset({1})))
    assert partner_slot(weekly, site.slot) is None


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_a_day_is_a_day_when_the_clocks_change(site: Site, day: str) -> None:
    """Where today's partner edition is skipped, yesterday's is not followed, be it 23 or 25 hours old."""
    pair = paired(site)
    today = pipeline.named_slot(pair.newsletter, day)
    yesterday = pipeline.slot_past(pair.newsletter, now=today - timedelta(hours=1))
    pipeline.collect(pair.settings, pair.store, now=clock())
    edition = pipeline.build(pair.store, pair.newsletter, pair.slot, now=clock())
    pair.store.editions.save(replace(edition, slot=yesterday))
    assert partner_edition(pair.store, utro(pair), today) is None
    assert partner_edition(pair.store, utro(pair), today - timedelta(minutes=1)) is not None


def test_newsletters_that_follow_each_other_in_a_circle_are_refused(site: Site) -> None:
    """Neither could be built first; the circle is named."""
    paired(site)
    file = site.root / "digest.toml"
    theme = 'theme = "ukraine-today"'
    file.write_text(file.read_text(encoding="utf-8").replace(theme, f'{theme}\npair = "utro"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"circle .(morning -> utro -> morning|utro -> morning -> utro)"):
        site.reread()
