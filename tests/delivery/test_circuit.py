"""When a relay takes nobody's mail."""

from digest.delivery.circuit import Circuit


def put_off(circuit: Circuit, domains: list[str]) -> list[bool]:
    return [circuit.put_off(number, domain) for number, domain in enumerate(domains)]


def test_ten_of_several_domains_in_a_row_open_it() -> None:
    """Not nine, and the tenth tells who they were."""
    circuit = Circuit()
    assert put_off(circuit, ["a.org", "b.org", "c.org"] * 3) == [False] * 9
    assert circuit.put_off(9, "a.org")
    assert circuit.run == frozenset(range(10))


def test_one_that_is_settled_between_begins_anew() -> None:
    """A relay that takes one in ten works."""
    circuit = Circuit()
    for _ in range(5):
        assert not any(put_off(circuit, ["a.org", "b.org", "c.org"] * 3))
        circuit.settled()
    assert not circuit.run


def test_one_domains_trouble_is_not_the_relays() -> None:
    """Forty of one company whose server is down say nothing about the relay; were they the whole list, fifty do."""
    circuit = Circuit()
    assert not any(put_off(circuit, ["company.example"] * 40))
    assert put_off(circuit, ["company.example"] * 50)[-1]


def test_one_recipient_put_off_again_and_again_counts_once() -> None:
    """A message that fells the line each time is not everybody."""
    circuit = Circuit()
    assert not any(circuit.put_off(1, "a.org") for _ in range(100))
