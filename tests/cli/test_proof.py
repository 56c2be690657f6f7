"""why, report and reconcile as their users meet them: what became of each mail, and an edition brought to its end."""

import asyncio
import csv
import gzip
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from digest import pipeline
from digest.delivery import Inbox
from digest.errors import AudienceError, MailServerLost
from digest.model import SubscriberStatus
from digest.pipeline.find import edition_named
from digest.pipeline.proof import report, why
from digest.pipeline.reconcile import reconcile
from tests.conftest import SLOT, Site, clock
from tests.delivery.scripted_relay import Act, ScriptedRelay, Step

KEY = f"morning/{SLOT}"
STATES = ("pending", "claimed", "offered", "sent", "deferred", "failed", "skipped", "uncertain")
ANN, BO, CY = (f"{name}@example.org" for name in ("ann", "bo", "cy"))


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str


async def digest(*words: str, cwd: Path, port: int = 1) -> Said:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from digest.cli import main; main()",
        *words,
        cwd=cwd,
        env=os.environ | {"DIGEST_SMTP__HOST": "127.0.0.1", "DIGEST_SMTP__PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout=60)
    assert b"Traceback" not in err, err.decode()
    return Said(process.returncode or 0, out.decode(), err.decode())


def relay_script(step: Step) -> "str | Act | None":
    """Take Ann's, put Bo off, refuse Cy, and lose the line after Dee's."""
    name = step.recipient.partition("@")[0]
    if step.verb == "RCPT":
        name = step.argument.partition("<")[2].partition("@")[0]
        return {"bo": "450 4.2.0 greylisted", "cy": "550 5.7.1 listed"}.get(name)
    if step.verb == "MESSAGE" and name == "dee":
        return Act.KEEP_AND_DROP
    return None


@pytest.fixture
def list_file(site_folder: Path) -> Path:
    file = site_folder / "subscribers.csv"
    names = ("ann", "bo", "cy", "eve", "dee")
    file.write_text("email\n" + "".join(f"{name}@example.org\n" for name in names), encoding="utf-8")
    return file


async def send(site: Site, relay: ScriptedRelay) -> None:
    """Send as far as that relay lets it; Eve complained before her turn."""
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    site.store.subscribers.suppress("eve@example.org", SubscriberStatus.COMPLAINED, now=clock(), reason="feedback loop")
    settings = site.with_relay("127.0.0.1", relay.port, connections=1)
    with suppress(MailServerLost):
        await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)


@pytest.fixture
async def relay(site: Site, list_file: Path) -> AsyncIterator[ScriptedRelay]:
    """The relay as it was met, after the send."""
    del list_file
    async with ScriptedRelay(relay_script) as relay:
        await send(site, relay)
        yield relay


def mail_log(message: bytes, *, status: str, to: str) -> str:
    """What Postfix writes about a message, among what it writes about others."""
    identifier = message_from_bytes(message)["Message-ID"]
    return (
        "Mar  5 14:00:00 mx postfix/smtpd[311]: 3C0FFEE001: client=localhost[127.0.0.1]\n"
        "Mar  5 14:00:00 mx postfix/cleanup[312]: 3C0FFEE002: message-id=<another@example.org>\n"
        f"Mar  5 14:00:00 mx postfix/cleanup[312]: 3C0FFEE001: message-id={identifier}\n"
        "Mar  5 14:00:00 mx postfix/qmgr[99]: 3C0FFEE001: from=<m@example.org>, size=40213, nrcpt=1 (queue active)\n"
        f"Mar  5 14:00:01 mx postfix/smtp[313]: 3C0FFEE001: to=<{to}>, relay=mx.example.org[192.0.2.1]:25, delay=0.9, "
        f"delays=0.1/0/0.4/0.4, {status}\n"
        "Mar  5 14:00:01 mx postfix/qmgr[99]: 3C0FFEE001: removed\n"
    )


async def test_why_answers_for_every_way_that_a_mail_can_go(site: Site, relay: ScriptedRelay) -> None:
    """Each address of one edition, and one that joined too late: the state, the relay's words, the reason."""
    with (site.root / "subscribers.csv").open("a", encoding="utf-8") as file:
        file.write("fay@example.org\n")
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    answers = {
        name: why(site.store, f"{name}@example.org").answers[0] for name in ("ann", "bo", "cy", "dee", "eve", "fay")
    }
    assert {name: one.state for name, one in answers.items()} == {
        "ann": "sent",
        "bo": "deferred",
        "cy": "failed",
        "dee": "uncertain",
        "eve": "skipped",
        "fay": "not in the audience",
    }
    assert {one.edition for one in answers.values()} == {KEY}
    assert answers["ann"].reply.startswith("250 ")
    assert answers["ann"].at is not None
    assert "greylisted" in answers["bo"].reply
    assert answers["bo"].next_at is not None
    assert answers["bo"].at is not None
    assert answers["bo"].next_at > answers["bo"].at
    assert "5.7.1 listed" in answers["cy"].reply
    assert f"digest reconcile {KEY}" in answers["dee"].reason
    assert answers["eve"].reason == "complained"
    assert "after the audience was fixed" in answers["fay"].reason
    assert relay.kept
    said = await digest("why", "ann@example.org", "--json", cwd=site.root)
    [told] = json.loads(said.out)["editions"]
    assert (told["state"], told["reply"]) == ("sent", answers["ann"].reply)


async def test_why_is_read_by_people_too(site: Site, relay: ScriptedRelay) -> None:
    """A line an edition; an address that nobody knows, and one that is none, are told as such."""
    said = await digest("why", "BO@example.org", cwd=site.root)
    assert "deferred" in said.out
    assert "greylisted" in said.out
    assert "tried again" in said.out
    unknown = await digest("why", "nobody@example.org", cwd=site.root)
    assert unknown.code == 0
    assert "was on no list" in unknown.out
    with pytest.raises(AudienceError):
        why(site.store, "nobody")
    assert relay.kept


async def test_a_draft_went_to_nobody_yet(site: Site) -> None:
    """Before it goes out an edition has no audience: why says so, and report and reconcile say what to do."""
    pipeline.collect(site.settings, site.store, now=clock())
    pipeline.synchronise(site.store, site.newsletter, now=clock())
    pipeline.who_is_due(site.settings, site.store, site.newsletter, site.slot, now=clock())
    [answer] = why(site.store, ANN).answers
    assert (answer.state, answer.reason) == ("not sent", "the edition is a draft and has not begun to go out")
    for command in ("report", "reconcile"):
        said = await digest(command, KEY, cwd=site.root)
        assert said.code == 2
        assert "not begun to go out" in said.err


async def test_a_report_has_a_row_a_member_and_adds_up(site: Site, relay: ScriptedRelay) -> None:
    """The rows on stdout are CSV and nothing else; the totals stand beside them, and sum to the audience."""
    said = await digest("report", KEY, cwd=site.root)
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert list(rows[0]) == ["address", "state", "at", "attempts", "relay", "reply", "message_id"]
    assert {row["address"].partition("@")[0]: row["state"] for row in rows} == {
        "ann": "sent",
        "bo": "deferred",
        "cy": "failed",
        "eve": "skipped",
        "dee": "uncertain",
    }
    kept = {one.recipient: message_from_bytes(one.message)["Message-ID"] for one in relay.kept}
    assert {row["address"]: row["message_id"] for row in rows if row["state"] == "sent"} == {ANN: kept[ANN]}
    total = "5 in the audience = 1 sent + 1 deferred + 1 failed + 1 skipped + 1 uncertain"
    assert said.err.strip() == f"{KEY}: sending; {total}"
    out = await digest("report", KEY, "--out", "report.csv", "--json", cwd=site.root)
    assert (site.root / "report.csv").read_text(encoding="utf-8") == said.out
    tally = json.loads(out.out)
    assert tally["audience"] == sum(tally[state] for state in STATES) == 5


async def test_a_report_that_cannot_be_written_leaves_nothing(site: Site, relay: ScriptedRelay) -> None:
    """A folder that is not there is one sentence, and an edition that is not there another."""
    said = await digest("report", KEY, "--out", "gone/report.csv", cwd=site.root)
    assert said.code == 2
    assert "gone/report.csv: it cannot be written" in said.err
    unknown = await digest("report", "morning/2026-03-06T09:00", cwd=site.root)
    assert unknown.code == 2
    assert "digest status" in unknown.err
    assert relay.kept


async def test_the_relays_log_settles_a_doubt(site: Site, relay: ScriptedRelay) -> None:
    """Dee's message is in the log, so it is sent and not repeated; Bo, whose time has not come, keeps it unfinished."""
    dee = next(one for one in relay.kept if one.recipient == "dee@example.org")
    log = mail_log(dee.message, status="dsn=2.0.0, status=sent (250 2.0.0 ok)", to="dee@example.org")
    (site.root / "mail.log.gz").write_bytes(gzip.compress(log.encode()))
    said = await digest("reconcile", KEY, "--log", "mail.log.gz", "--resend", "--json", cwd=site.root, port=relay.port)
    settled = json.loads(said.out)
    assert settled["settled"] == {"found": 1, "accepted": 1, "failed": 0, "resent": 0}
    assert (settled["sent"], settled["deferred"], settled["uncertain"]) == (2, 1, 0)
    assert settled["status"] == "sending"
    assert said.code == 1
    assert "not finished" in said.err
    assert sum(one.recipient == "dee@example.org" for one in relay.kept) == 1
    [answer] = why(site.store, "dee@example.org").answers
    assert answer.state == "sent"
    assert "3C0FFEE001 sent (250 2.0.0 ok)" in answer.reply


async def test_a_message_that_the_relay_gave_up_is_failed(site: Site, relay: ScriptedRelay) -> None:
    """The log shows that Dee's mailbox does not exist: failed, and the address is suppressed like by a reply."""
    dee = next(one for one in relay.kept if one.recipient == "dee@example.org")
    status = "dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 no such user)"
    (site.root / "mail.log").write_text(mail_log(dee.message, status=status, to="dee@example.org"), encoding="utf-8")
    said = await digest("reconcile", KEY, "--log", "mail.log", cwd=site.root, port=relay.port)
    assert "1 failed by the log" in said.out
    assert site.store.subscribers.find("dee@example.org")[0].status is SubscriberStatus.BOUNCED


async def test_a_log_that_cannot_be_read_changes_nothing(site: Site, relay: ScriptedRelay) -> None:
    """A mistyped name, or half a gzip file, ends before anything is settled or sent."""
    (site.root / "half.gz").write_bytes(gzip.compress(b"x" * 100_000)[:60])
    before = len(relay.kept)
    for name in ("gone.log", "half.gz"):
        said = await digest("reconcile", KEY, "--log", name, "--resend", cwd=site.root, port=relay.port)
        assert said.code == 2
        assert name in said.err
    assert len(relay.kept) == before
    assert report(site.store, edition_named(site.settings, site.store, KEY)).uncertain == 1


async def test_a_killed_sender_leaves_word_of_the_relay(site: Site) -> None:
    """SIGKILL while the relay has the message and says nothing: why and reconcile name whose log can tell."""
    pipeline.collect(site.settings, site.store, now=clock())
    has_it = asyncio.Event()

    def says_nothing(step: Step) -> "Act | None":
        if step.verb != "MESSAGE":
            return None
        has_it.set()
        return Act.STALL

    async with ScriptedRelay(says_nothing) as relay:
        settings = os.environ | {"DIGEST_SMTP__HOST": "127.0.0.1", "DIGEST_SMTP__PORT": str(relay.port)}
        command = [sys.executable, "-c", "from digest.cli import main; main()", "send", "morning", "--slot", SLOT]
        sender = await asyncio.create_subprocess_exec(*command, cwd=site.root, env=settings)
        await asyncio.wait_for(has_it.wait(), timeout=60)
        sender.kill()
        await sender.wait()
    name = f"127.0.0.1:{relay.port}"
    async with Inbox(site.root / "inbox") as inbox:
        said = await digest("reconcile", KEY, cwd=site.root, port=inbox.port)
    in_doubt = report(site.store, edition_named(site.settings, site.store, KEY)).uncertain
    assert in_doubt >= 1
    assert f"They were offered to {name} ({in_doubt})." in said.out
    told = [answer for one in (ANN, BO, CY) for answer in why(site.store, one).answers if answer.state == "uncertain"]
    assert {answer.relay for answer in told} == {name}


def loses_the_line(step: Step) -> "Act | None":
    """Keep every message, and go away instead of the last reply."""
    return Act.KEEP_AND_DROP if step.verb == "MESSAGE" and step.recipient == CY else None


async def test_what_no_log_settles_may_be_left(site: Site) -> None:
    """By default the edition ends with its doubt told, and nobody has a second copy."""
    async with ScriptedRelay(loses_the_line) as relay:
        await send(site, relay)
    edition = edition_named(site.settings, site.store, KEY)
    done = await reconcile(site.settings, site.store, edition, clock=clock, resend=False)
    assert (done.uncertain, done.left, done.resent) == (1, 1, 0)
    assert (str(done.edition.status), done.tally.sent, done.tally.uncertain) == ("sent", 2, 1)


async def test_what_no_log_settles_may_be_sent_again(site: Site) -> None:
    """By the setting: one more copy, with the Message-ID of the first."""
    async with ScriptedRelay(loses_the_line) as relay:
        await send(site, relay)
    file = site.root / "digest.toml"
    file.write_text(f'[delivery]\nuncertain = "resend"\n{file.read_text(encoding="utf-8")}', encoding="utf-8")
    first = [message_from_bytes(one.message)["Message-ID"] for one in relay.kept if one.recipient == CY]
    async with Inbox(site.root / "inbox") as inbox:
        said = await digest("reconcile", KEY, cwd=site.root, port=inbox.port)
        arrived = [message_from_bytes(path.read_bytes())["Message-ID"] for path in inbox.folder.glob("*.eml")]
    assert said.code == 0, said.err
    assert first == arrived
    assert "1 sent again" in said.out
    assert f"offered to 127.0.0.1:{relay.port} (1)." in said.out
    assert "sent; 3 in the audience = 3 sent" in said.out


async def test_an_edition_called_sent_is_open_again_when_its_doubt_is_resent(site: Site) -> None:
    """Left at first and resent later: it is sending until the copy is out, then sent."""
    async with ScriptedRelay(loses_the_line) as relay:
        await send(site, relay)
    async with Inbox(site.root / "inbox") as inbox:
        left = await digest("reconcile", KEY, "--json", cwd=site.root, port=inbox.port)
        assert (json.loads(left.out)["status"], json.loads(left.out)["uncertain"]) == ("sent", 1)
    refused = await digest("reconcile", KEY, "--resend", cwd=site.root, port=inbox.port)
    assert refused.code == 1
    edition = edition_named(site.settings, site.store, KEY)
    assert (str(edition.status), report(site.store, edition).deferred) == ("sending", 1)
    async with Inbox(site.root / "inbox") as inbox:
        done = await digest("reconcile", KEY, "--json", cwd=site.root, port=inbox.port)
    assert done.code == 0
    assert json.loads(done.out)["status"] == "sent"
    assert json.loads(done.out)["sent"] == 3
