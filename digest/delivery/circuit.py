"""Whether a relay takes anybody's mail: decided from what it said lately.  Pure.

Some deferrals are everyday: a greylist, a full mailbox, a domain whose server is down.  A relay that puts off whoever
comes, with nobody taken between, is out of order itself, and more attempts only use up their patience.
"""

from __future__ import annotations

_ENOUGH = 10  # put off in a row
_OF_ONE_DOMAIN = 4  # of them count, at most, once others' mail was taken: one domain's trouble is not the relay's
_WHATEVER_DOMAIN = 50  # put off in a row are enough all the same
_DOMAINS_KNOWN = 8  # more need not be remembered


class Circuit:
    """The run of those who were put off since the relay last settled a message."""

    def __init__(self) -> None:
        self._run: dict[int, str] = {}  # domains, by subscriber
        self._known: set[str] = set()  # domains to which it settled a message

    @property
    def run(self) -> frozenset[int]:
        """Who was put off since."""
        return frozenset(self._run)

    @property
    def learns(self) -> bool:
        """Whether it is of use to tell which domain a settled message went to."""
        return len(self._known) < _DOMAINS_KNOWN

    def settled(self, domain: str = "") -> None:
        """Hear that a message was taken, or refused for good: it works."""
        if domain:
            self._known.add(domain)
        if self._run:
            self._run.clear()

    def put_off(self, subscriber: int, domain: str) -> bool:
        """Hear that one was put off; tell whether that is enough to call the relay out of order."""
        self._run[subscriber] = domain
        count = len(self._run)
        if count < _ENOUGH or count >= _WHATEVER_DOMAIN:
            return count >= _WHATEVER_DOMAIN
        by_domain: dict[str, int] = {}
        for one in self._run.values():
            by_domain[one] = by_domain.get(one, 0) + 1
        if self._known <= by_domain.keys():
            return True  # there is no domain that fares better
        return sum(min(each, _OF_ONE_DOMAIN) for each in by_domain.values()) >= _ENOUGH
