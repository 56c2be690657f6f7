from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.model import article_id
from digest.store import Added, Store, open_store

HOUR = timedelta(hours=1)
ADDRESS = "https://news.example/moscow"


def test_the_same_article_is_stored_once(store: Store, an_article: Any, now: datetime) -> None:
    """Collecting the same folder twice, or a file twice in a batch, adds nothing."""
    one, two = an_article("one"), an_article("two")
    assert store.articles.add([one, two, one], collected=now) == Added(new=2, known=1)
    assert store.articles.add([two], collected=now + HOUR) == Added(known=1)
    assert store.articles.count() == 2
    assert store.articles.get(one.id) == one


def test_an_unknown_id_is_nobody(store: Store) -> None:
    """Asking for an article that was never stored gives none."""
    assert store.articles.get("0" * 16) is None
    assert store.articles.newest(["en"]) is None


def test_new_words_at_an_address_take_its_place(store: Store, an_article: Any, now: datetime) -> None:
    """A correction supersedes what it corrects, which is kept and found by its id."""
    first, second = an_article(url=ADDRESS), an_article(url=ADDRESS, text="The answer came on Thursday.")
    assert store.articles.add([first], collected=now) == Added(new=1)
    assert store.articles.add([second], collected=now + HOUR) == Added(replaced=1)
    assert store.articles.published(now - 9 * HOUR, now) == [second]
    assert store.articles.recent(9) == [second]
    assert store.articles.get(first.id) == first
    assert store.articles.add([first], collected=now + 2 * HOUR) == Added(known=1)
    assert store.articles.recent(9) == [second]


def test_files_without_an_address_supersede_nothing(store: Store, an_article: Any, now: datetime) -> None:
    """An empty address is no address that two articles could share."""
    assert store.articles.add([an_article("one"), an_article("two")], collected=now).new == 2
    assert store.articles.count() == 2


def test_the_window_is_open_before_and_closed_after(store: Store, an_article: Any, now: datetime) -> None:
    """An article on the border of two windows is in the earlier one, and in no other."""
    border = an_article("on the border", published=now - HOUR)
    store.articles.add([border], collected=now)
    assert store.articles.published(now - 2 * HOUR, now - HOUR) == [border]
    assert store.articles.published(now - HOUR, now) == []


def test_languages_and_sources_choose(store: Store, an_article: Any, now: datetime) -> None:
    """Two newsletters over one store take their own language and sources; none named means any."""
    en, ru = an_article("one"), an_article("два", language="ru", source="Лента\0")
    store.articles.add([ru, en], collected=now)
    after = now - 9 * HOUR
    assert {article.title for article in store.articles.published(after, now)} == {"one", "два"}
    assert store.articles.published(after, now, languages={"en"}) == [en]
    assert [a.id for a in store.articles.published(after, now, languages={"ru", "uk"}, sources={"Лента\0"})] == [ru.id]
    assert store.articles.published(after, now, languages={"ru"}, sources={"The Wire"}) == []
    assert store.articles.newest({"ru"}) == ru.published


def test_the_order_does_not_depend_on_the_order_of_arrival(store: Store, an_article: Any, now: datetime) -> None:
    """Oldest first, and among equals by id, so that an edition built again is the same."""
    batch = [an_article(f"at {minute}", published=now - timedelta(minutes=minute // 2)) for minute in range(8)]
    store.articles.add(batch, collected=now)
    with open_store("sqlite://") as other:
        other.articles.add(reversed(batch), collected=now)
        assert store.articles.published(now - HOUR, now) == other.articles.published(now - HOUR, now)
    times = [article.published for article in store.articles.published(now - HOUR, now)]
    assert times == sorted(times)
    assert [article.published for article in store.articles.recent(3)] == sorted(times, reverse=True)[:3]


def test_the_past_is_answered_as_it_was(store: Store, an_article: Any, now: datetime) -> None:
    """With `collected_until` neither later arrivals nor later corrections show: a slot is built again the same."""
    first = an_article(url=ADDRESS)
    store.articles.add([first], collected=now)
    then = store.articles.published(now - 9 * HOUR, now, collected_until=now)
    store.articles.add([an_article(url=ADDRESS, text="Corrected."), an_article("late")], collected=now + HOUR)
    assert then == [first]
    assert store.articles.published(now - 9 * HOUR, now, collected_until=now) == then
    assert len(store.articles.published(now - 9 * HOUR, now)) == 2


def test_late_arrivals_are_caught_once(store: Store, an_article: Any, now: datetime) -> None:
    """What was published in yesterday's window but came in after its edition was built is offered to today's."""
    in_time, late = an_article("in time", published=now - HOUR), an_article("late", published=now - HOUR)
    ancient = an_article("from the archive", published=now - timedelta(days=9))
    fresh = an_article("fresh", published=now + HOUR)
    store.articles.add([in_time], collected=now - HOUR)
    store.articles.add([late, ancient], collected=now + HOUR)
    store.articles.add([fresh], collected=now + 2 * HOUR)
    tomorrow = now + timedelta(days=1)
    assert store.articles.published(now, tomorrow) == [fresh]
    assert store.articles.published(now, tomorrow, late_since=now) == [late, fresh]
    assert store.articles.published(now, tomorrow, late_since=now + HOUR) == [fresh]
    assert ancient in store.articles.published(now, tomorrow, late_since=now, late_reach=timedelta(days=30))


def test_a_clock_set_back_loses_no_version(store: Store, an_article: Any, now: datetime) -> None:
    """Of one address exactly one version counts at any instant, though the second came in `before` the first."""
    store.articles.add([an_article(url=ADDRESS)], collected=now)
    second = an_article(url=ADDRESS, text="Corrected.")
    store.articles.add([second], collected=now - HOUR)
    for instant in (None, now, now + HOUR):
        assert store.articles.published(now - 9 * HOUR, now, collected_until=instant) == [second]


def test_a_failing_source_of_articles_keeps_nothing(store: Store, an_article: Any, now: datetime) -> None:
    """An error half way through a batch leaves none of it."""

    def batch() -> Any:
        yield an_article("one")
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        store.articles.add(batch(), collected=now)
    assert store.articles.count() == 0


def test_hostile_text_is_stored(store: Store, an_article: Any, now: datetime) -> None:
    """Half a character, NUL, quotes and a whole other script come back, the unstorable replaced in place."""
    text = "a\ud800b\0c'; DROP TABLE articles; --\n\n日本 \U0001f600"
    article = an_article("Заголовок\ud83d", text=text, url="https://x.example/\udfff")
    store.articles.add([article], collected=now)
    kept = store.articles.get(article.id)
    assert kept is not None
    assert len(kept.text) == len(text)
    assert kept.text.endswith("DROP TABLE articles; --\n\n日本 \U0001f600")
    again = an_article("Other", url="https://x.example/\udfff")
    assert again.id == article_id(url=again.url, title="Other", text=again.text)
    assert store.articles.add([again], collected=now).replaced == 1


def test_instants_without_a_zone_are_our_bug(store: Store) -> None:
    """A naive time would be read in whatever zone the machine is in."""
    with pytest.raises(ValueError, match="without a time zone"):
        store.articles.published(datetime(2022, 1, 1), datetime(2022, 1, 2, tzinfo=UTC))  # noqa: DTZ001 - the point
