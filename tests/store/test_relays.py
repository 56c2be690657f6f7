"""Which relay took or answered each message, kept small and told again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from digest.model import Attempt, DeliveryState, Edition
from digest.store import Store, open_store
from digest.store.schema import relays

S = DeliveryState


def test_each_delivery_names_its_relay(
    store: Store, on_its_way: Edition, an_attempt: Callable[..., Attempt], now: datetime
) -> None:
    """The ledger tells through whom each message went, whoever asks: by address, by member, by edition."""
    one, two, three = (reader.id for reader in store.deliveries.claim(on_its_way, limit=3, now=now))
    store.deliveries.commit(on_its_way, [], [one, two, three], now=now)
    attempts = [
        an_attempt(one, relay="mx1.example.org:25"),
        an_attempt(two, S.DEFERRED, relay="mx2.example.org:587"),
        an_attempt(three, S.FAILED),
    ]
    store.deliveries.commit(on_its_way, attempts, [], now=now)
    assert [one.relay for one in store.proof.members(on_its_way)][:4] == [
        "mx1.example.org:25",
        "mx2.example.org:587",
        "",
        "",
    ]
    assert [one.relay for one in store.deliveries.of_address("r1@example.org")] == ["mx2.example.org:587"]
    [trace] = store.proof.of_address("r0@example.org")
    assert trace.member is not None
    assert trace.member.relay == "mx1.example.org:25"
    assert store.proof.relays_of(on_its_way) == {"mx1.example.org:25"}


def test_the_next_try_may_go_through_another(
    store: Store, on_its_way: Edition, an_attempt: Callable[..., Attempt], now: datetime
) -> None:
    """The newest attempt's relay stands; what is learnt from a log, which names none, leaves the one that is known."""
    [reader] = store.deliveries.claim(on_its_way, limit=1, now=now)
    for minute, (state, relay) in enumerate([(S.DEFERRED, "a:25"), (S.UNCERTAIN, "b:25"), (S.SENT, "")]):
        at = now + timedelta(minutes=minute)
        store.deliveries.record(on_its_way, [an_attempt(reader.id, state, at=at, relay=relay)])
        told = next(iter(store.proof.members(on_its_way)))
        assert (told.state, told.relay) == (state, relay or "b:25")


def test_what_is_in_doubt_names_the_relay_that_it_was_offered_to(
    url: str, store: Store, on_its_way: Edition, an_attempt: Callable[..., Attempt], now: datetime
) -> None:
    """Its sender was killed before the reply: the offer itself told, at the first try and at a later one."""
    other = open_store(url)
    first, again = (reader.id for reader in other.deliveries.claim(on_its_way, limit=2, now=now))
    other.deliveries.commit(on_its_way, [], [first, again], relays={first: "a:25", again: "b:25"}, now=now)
    put_off = an_attempt(again, S.DEFERRED, relay="b:25")
    other.deliveries.commit(on_its_way, [put_off], [], now=now)
    later = now + timedelta(minutes=10)
    assert again in {reader.id for reader in other.deliveries.claim(on_its_way, limit=99, now=later)}
    other.deliveries.commit(on_its_way, [], [again], relays={again: "c:25"}, now=later)
    told = {member.subscriber: (member.state, member.relay) for member in store.proof.members(on_its_way)}
    assert told[first] == (S.OFFERED, "a:25")
    other.close()
    store.deliveries.recover(on_its_way, now=later)
    told = {member.subscriber: (member.state, member.relay) for member in store.proof.members(on_its_way)}
    assert (told[first], told[again]) == ((S.UNCERTAIN, "a:25"), (S.UNCERTAIN, "c:25"))
    assert store.proof.relays_of(on_its_way) == frozenset()  # none has taken anything


def test_two_senders_that_meet_a_relay_give_it_one_number(
    url: str, store: Store, on_its_way: Edition, an_attempt: Callable[..., Attempt], now: datetime
) -> None:
    """Each keeps names by itself, and the table has each once; a name that no database holds is kept as it can be."""
    other = open_store(url)
    for mine in (store, other):
        [reader] = mine.deliveries.claim(on_its_way, limit=1, now=now)
        mine.deliveries.record(on_its_way, [an_attempt(reader.id, relay="a\0:25")])
    with store._database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(relays)).scalar_one() == 1
    assert store.proof.relays_of(on_its_way) == {"a\ufffd:25"}
    other.close()
