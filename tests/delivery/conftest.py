"""What the relay of the send's tests offers."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["lockstep", "pipelining"])
def extensions(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """What the relay offers: in one write or word by word, the same must come of it."""
    usual = ("SIZE 10485760", "8BITMIME", "SMTPUTF8")
    return (*usual, "PIPELINING") if request.param == "pipelining" else usual
