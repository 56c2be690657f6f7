"""What a Postfix mail log tells of a message, in the forms that its daemons write."""

import pytest

from digest.pipeline.postfix import Finding, in_mail_log

ANN = "ann@example.org"
OURS = "<0a1b2c@news.example.org>"

CAME = f"Mar  5 14:00:00 mx postfix/cleanup[312]: 4F2ABC1234: message-id={OURS}"
ACTIVE = "Mar  5 14:00:00 mx postfix/qmgr[99]: 4F2ABC1234: from=<m@example.org>, size=40213, nrcpt=1 (queue active)"
REMOVED = "Mar  5 14:00:09 mx postfix/qmgr[99]: 4F2ABC1234: removed"


def tried(status: str, *, to: str = ANN, queued: str = "4F2ABC1234", daemon: str = "postfix/smtp") -> str:
    where = "relay=mx.example.org[192.0.2.1]:25, delay=0.9, delays=0.1/0/0.4/0.4"
    return f"Mar  5 14:00:01 mx {daemon}[313]: {queued}: to=<{to}>, {where}, {status}"


SENT = tried("dsn=2.0.0, status=sent (250 2.0.0 ok)")
BOUNCED = tried("dsn=5.1.1, status=bounced (host said: 550 5.1.1 no such user)")


def found(*lines: str) -> Finding | None:
    return in_mail_log(lines, {OURS: ANN}).get(OURS)


@pytest.mark.parametrize(
    ("lines", "accepted", "dsn", "told"),
    [
        pytest.param([CAME, ACTIVE, SENT, REMOVED], True, "2.0.0", "4F2ABC1234 sent (250 2.0.0 ok)", id="delivered"),
        pytest.param([CAME, SENT], True, "2.0.0", "sent (250", id="delivered, the queue's line missing"),
        pytest.param([CAME, ACTIVE], True, "", "queued as 4F2ABC1234", id="in the queue"),
        pytest.param(
            [CAME, ACTIVE, tried("dsn=4.2.0, status=deferred (host said: 450 4.2.0 greylisted)")],
            True,
            "4.2.0",
            "deferred (host said",
            id="still tried: it is the relay's by now",
        ),
        pytest.param([CAME, ACTIVE, BOUNCED, REMOVED], False, "5.1.1", "no such user", id="bounced"),
        pytest.param(
            [CAME, ACTIVE, tried("dsn=4.4.1, status=deferred (timed out)"), SENT], True, "2.0.0", "sent", id="at last"
        ),
        pytest.param(
            [CAME, ACTIVE, tried("dsn=4.4.1, status=expired, returned to sender")], False, "4.4.1", "expired", id="late"
        ),
        pytest.param(
            [CAME, ACTIVE, tried("dsn=2.0.0, status=sent (250 ok)", to="ANN@Example.org")],
            True,
            "2.0.0",
            "sent",
            id="case",
        ),
        pytest.param(
            [
                "2026-03-05T14:00:00.123456+00:00 mx out/cleanup[312]: 4Zq7yD3zV1z2: message-id=" + OURS,
                tried("dsn=2.0.0, status=sent (250 ok)", queued="4Zq7yD3zV1z2", daemon="out/relay/smtp"),
            ],
            True,
            "2.0.0",
            "4Zq7yD3zV1z2 sent",
            id="RFC 3339 time, long queue names, an instance of another name",
        ),
        pytest.param(
            [CAME, ACTIVE, SENT, tried("dsn=5.0.0, status=bounced (full)", to="archive@example.org")],
            True,
            "2.0.0",
            "sent",
            id="a copy to an archive bounces",
        ),
        pytest.param(
            [CAME, ACTIVE, tried("orig_to=<ann@example.org>, dsn=5.1.1, status=bounced (gone)", to="a@new.example")],
            False,
            "5.1.1",
            "gone",
            id="rewritten by an alias",
        ),
        pytest.param(
            [
                CAME,
                tried("dsn=2.0.0, status=sent (250 2.0.0 from MTA: queued as 4F2ABC9999)"),
                CAME.replace("1234", "9999"),
                BOUNCED.replace("4F2ABC1234", "4F2ABC9999"),
            ],
            False,
            "5.1.1",
            "no such user",
            id="through a content filter and back",
        ),
    ],
)
def test_the_last_word_about_a_message_counts(lines: list[str], accepted: bool, dsn: str, told: str) -> None:
    """Accepted is what Postfix took on, delivered or not; given up is what it will not try again."""
    finding = found(*lines)
    assert finding is not None
    assert (finding.accepted, finding.dsn) == (accepted, dsn)
    assert told in finding.told


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="an empty log"),
        pytest.param([CAME], id="it came, and was not queued"),
        pytest.param(
            [CAME, "Mar  5 14:00:00 mx postfix/cleanup[312]: 4F2ABC1234: milter-reject: END-OF-MESSAGE: 5.7.1 no"],
            id="a milter refused it",
        ),
        pytest.param([SENT, REMOVED], id="its Message-ID is not there"),
        pytest.param([CAME, REMOVED, SENT], id="its queue name is another's by now"),
        pytest.param([CAME, CAME.replace("0a1b2c", "ffffff"), ACTIVE, SENT], id="its queue name was given anew"),
        pytest.param([CAME.replace("cleanup", "bounce"), ACTIVE], id="another daemon's line"),
        pytest.param(["\0\xff garbage", CAME.removesuffix(">"), ACTIVE], id="cut short, and garbage"),
    ],
)
def test_a_message_that_was_not_accepted_is_not_found(lines: list[str]) -> None:
    """What does not prove that Postfix took the message proves nothing: policy decides then."""
    assert found(*lines) is None


def test_a_long_word_is_kept_short() -> None:
    """The ledger keeps the beginning of what a server had to say."""
    finding = found(CAME, tried(f"dsn=5.0.0, status=bounced ({'x' * 5000})"))
    assert finding is not None
    assert len(finding.told) <= 300
