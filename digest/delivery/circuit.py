"""Whether a relay takes anybody's mail: decided from what it said lately.  Pure.

Some deferrals are everyday: a greylist, a full mailbox, a domain whose server is down.  A relay that puts off whoever
comes, with nobody taken between, is out of order itself, and more attempts only use up their patience.
"""

from __future__ import annotations

_ENOUGH = 10  # put off in a row
_OF_ONE_DOMAIN = 4  # of them count, at most: one domain's trouble is not the relay's
_WHATEVER_DOMAIN = 50  # put off in a row, though they be of one domain: it may be the only one on the list


class Circuit:
    """The run of those who were put off since the relay last settled a message."""

    def __init__(self) -> None:
        self._run: dict[int, str] = {}  # domains, by subscriber

    @property
    def run(self) -> frozenset[int]:
        """Who was put off since."""
        return frozenset(self._run)

    def settled(self) -> None:
        """Hear that a message was taken, or refused for good: it works."""
        if self._run:
            self._run.clear()

    def put_off(self, subscriber: int, domain: str) -> bool:
        """Hear that one was put off; tell whether that is enough to call the relay out of order."""
        self._run[subscriber] = domain
        if len(self._run) < _ENOUGH:
            return False
        by_domain: dict[str, int] = {}
        for one in self._run.values():
            by_domain[one] = by_domain.get(one, 0) + 1
        counted = sum(min(count, _OF_ONE_DOMAIN) for count in by_domain.values())
        return counted >= _ENOUGH or len(self._run) >= _WHATEVER_DOMAIN
