"""When a relay takes nobody's mail."""

from digest.delivery.circuit import Circuit


def put_off(circuit: Circuit, domains: list[str]) -> list[bool]:
    return [circuit.put_off(number, domain) for number, domain in enumerate(domains)]


def test_ten_in_a_row_open_it() -> None:
    """Not nine, and the tenth tells who they were; of one domain too, where there is no other to compare with."""
    for domains in (["a.org", "b.org", "c.org"], ["a.org"]):
        circuit = Circuit()
        assert put_off(circuit, (domains * 9)[:9]) == [False] * 9
        assert circuit.put_off(9, "a.org")
        assert circuit.run == frozenset(range(10))


def test_a_list_of_one_domain_opens_it_in_its_middle_too() -> None:
    """That the relay took the domain's mail before does not speak for it."""
    circuit = Circuit()
    circuit.settled("company.example")
    assert put_off(circuit, ["company.example"] * 10)[-1]


def test_one_that_is_settled_between_begins_anew() -> None:
    """A relay that takes one in ten works."""
    circuit = Circuit()
    for _ in range(5):
        assert not any(put_off(circuit, ["a.org", "b.org", "c.org"] * 3))
        circuit.settled()
    assert not circuit.run


def test_one_domains_trouble_is_not_the_relays() -> None:
    """Forty of one company whose server is down say nothing about a relay that took others' mail; of three, ten do."""
    circuit = Circuit()
    circuit.settled("example.org")
    assert not any(put_off(circuit, ["company.example"] * 40))
    assert put_off(circuit, ["company.example"] * 50)[-1]
    circuit.settled()
    assert put_off(circuit, ["a.org", "b.org", "c.org"] * 4)[9:] == [True] * 3


def test_one_recipient_put_off_again_and_again_counts_once() -> None:
    """A message that fells the line each time is not everybody."""
    circuit = Circuit()
    assert not any(circuit.put_off(1, "a.org") for _ in range(100))


def test_what_it_remembers_is_bounded() -> None:
    """A million domains are not kept."""
    circuit = Circuit()
    for number in range(100):
        if circuit.learns:
            circuit.settled(f"d{number}.org")
    assert not circuit.learns
