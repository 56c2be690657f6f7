"""An edition through the relays that the settings name: what the ledger tells of it, and where its bounces come to."""

from __future__ import annotations

import csv
import io
import textwrap
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from digest import pipeline
from digest.audience import read_return_path
from digest.config import read_settings
from digest.errors import ConfigError, MessageTooLarge, UsageError
from digest.model import DeliveryState, EditionStatus
from digest.pipeline.proof import report, why
from digest.pipeline.reconcile import reconcile
from digest.pipeline.relays import relays_of
from digest.schedule import Service
from tests.conftest import SLOT, Site, clock
from tests.delivery.scripted_relay import ScriptedRelay, Step
from tests.delivery.sending import answer


def configure(site: Site, *tables: str) -> Site:
    """The site with these tables added to its settings."""
    file = site.root / "digest.toml"
    file.write_text("\n".join([*tables, file.read_text(encoding="utf-8")]), encoding="utf-8")
    return site.reread()


def smtp(*ports: int) -> str:
    relays = "".join(f'[[smtp.relays]]\nhost = "127.0.0.1"\nport = {port}\n' for port in ports)
    return f"[smtp]\nconnections = 2\n{relays}"


async def test_the_ledger_tells_which_relay_took_a_message(site: Site) -> None:
    """One relay refuses us, the other takes it all: why and report name it with its reply."""
    async with ScriptedRelay(answer("MAIL", "550 5.1.0 not you")) as bad, ScriptedRelay() as good:
        site = configure(site, smtp(bad.port, good.port))
        pipeline.collect(site.settings, site.store, now=clock())
        sent = await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.edition.status is EditionStatus.SENT
    assert sent.tally.sent == 3
    [answered] = why(site.store, "bo@example.org").answers
    assert (answered.state, answered.relay, answered.reply) == ("sent", f"127.0.0.1:{good.port}", "250 2.0.0 queued")
    rows = io.StringIO()
    report(site.store, sent.edition, rows)
    told = list(csv.DictReader(rows.getvalue().splitlines()))
    assert {row["relay"] for row in told} == {f"127.0.0.1:{good.port}"}


async def test_each_message_has_a_return_path_of_its_own(site: Site) -> None:
    """With verp a bounce names edition and reader by where it comes to; the message is the same as without."""
    async with ScriptedRelay() as plain:
        before = configure(site, smtp(plain.port))
        pipeline.collect(before.settings, before.store, now=clock())
        await pipeline.send_copy(
            before.settings, before.store, before.newsletter, before.slot, to="ed@example.org", now=clock()
        )
    async with ScriptedRelay() as relay:
        site = configure(site, '[delivery]\nbounces = "bounces@news.example.org"\nverp = true\n')
        file = site.root / "digest.toml"
        file.write_text(file.read_text(encoding="utf-8").replace(str(plain.port), str(relay.port)), encoding="utf-8")
        site = site.reread()
        await pipeline.send_copy(
            site.settings, site.store, site.newsletter, site.slot, to="ed@example.org", now=clock()
        )
        await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    copy, *sent = relay.kept
    assert copy.sender == "bounces@news.example.org", "a copy is nobody's"
    assert plain.kept[0].sender == "morning@news.example.org"
    ids = {reader.address: reader.id for reader in site.store.subscribers.of("morning")}
    key = site.settings.signing_key()
    assert {kept.recipient: read_return_path(key, kept.sender) for kept in sent} == {
        address: (site.slot, number) for address, number in ids.items()
    }
    for kept in sent:
        assert b"bounces" not in kept.message


async def test_a_password_that_cannot_be_read_leaves_the_edition_as_it_was(site: Site) -> None:
    """Said before anything is frozen, with the key to mend."""
    async with ScriptedRelay() as relay:
        table = f'[[smtp.relays]]\nhost = "127.0.0.1"\nport = {relay.port}\nusername = "me"\npassword_file = "gone"\n'
        site = configure(site, table)
        pipeline.collect(site.settings, site.store, now=clock())
        with pytest.raises(ConfigError, match=r"smtp\.relays\.password_file"):
            await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.DRAFT
    assert not relay.connections


@pytest.mark.parametrize(
    ("reply", "suppressed"),
    [
        pytest.param("550 5.7.515 Access denied, sending domain does not meet the required level", False, id="policy"),
        pytest.param("552 5.2.2 mailbox full", False, id="full"),
        pytest.param("550 5.5.0 Requested action not taken: mailbox unavailable", False, id="in Outlook's words"),
        pytest.param("550 5.1.1 user unknown", True, id="no such mailbox"),
    ],
)
async def test_a_recipient_that_was_refused_is_never_tried_again(site: Site, reply: str, suppressed: bool) -> None:
    """Microsoft counts every retry after a 5xx against the sender: not later, not by reconcile, not through another."""

    def script(step: Step) -> str | None:
        return reply if step.verb == "RCPT" and "<bo@example.org>" in step.argument else None

    async with ScriptedRelay(script) as one, ScriptedRelay(script) as other:
        site = configure(site, smtp(one.port, other.port))
        pipeline.collect(site.settings, site.store, now=clock())
        for hours in (0, 1, 30):
            await pipeline.send(
                site.settings,
                site.store,
                site.newsletter,
                site.slot,
                clock=lambda hours=hours: clock() + timedelta(hours=hours),  # type: ignore[misc]
            )
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        await reconcile(site.settings, site.store, edition, clock=clock, resend=True)
    asked = Counter(step.argument for relay in (one, other) for step in relay.steps if step.verb == "RCPT")
    assert asked["TO:<bo@example.org>"] == 1
    [answered] = why(site.store, "bo@example.org").answers
    assert (answered.state, answered.reply) == (DeliveryState.FAILED, reply)
    [bo] = site.store.subscribers.find("bo@example.org")
    assert (bo.status == "bounced") == suppressed


async def test_mail_that_is_too_big_fails_early_and_clearly(site: Site) -> None:
    """A relay that announces less than the edition's size gets no message at all; it waits for a person."""
    async with ScriptedRelay(extensions=("SIZE 2000", "PIPELINING")) as relay:
        site = configure(site, smtp(relay.port))
        pipeline.collect(site.settings, site.store, now=clock())
        with pytest.raises(MessageTooLarge, match=r"takes 2,000 bytes.*digest resume morning --slot 2026-03-05T09:00"):
            await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        assert edition.status is EditionStatus.PAUSED
        assert "2,000 bytes" in edition.note
        with pytest.raises(UsageError, match=r"it is paused \(too big: .*2,000 bytes.*digest resume"):
            await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
        with pytest.raises(UsageError, match=r"it is paused \(too big: "):
            await reconcile(site.settings, site.store, edition, clock=clock, resend=True)
        [answered] = why(site.store, "bo@example.org").answers
        assert answered.state == "pending"
        assert answered.reason.startswith("the edition is paused: too big: ")
        assert report(site.store, edition).pending == 3
        relay.extensions = ("SIZE 2000000",)
        pipeline.resume(site.store, edition)
        sent = await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (sent.edition.status, sent.edition.note, sent.tally.sent) == (EditionStatus.SENT, "", 3)
    assert edition.key == f"morning/{SLOT}"


async def test_mail_that_is_too_big_at_its_end_is_nobodys_fault(site: Site) -> None:
    """A relay that says its size only when it has read the mail: asked at three, it stops, and no attempt counts."""
    async with ScriptedRelay(answer("MESSAGE", "552 message size exceeds limit"), extensions=()) as relay:
        site = configure(site, smtp(relay.port))
        pipeline.collect(site.settings, site.store, now=clock())
        with pytest.raises(MessageTooLarge, match="digest resume"):
            await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        assert edition.status is EditionStatus.PAUSED
        members = list(site.store.proof.members(edition))
        assert {member.attempts for member in members} == {0}
        assert {member.state for member in members} <= {DeliveryState.PENDING, DeliveryState.DEFERRED}
        relay.script = lambda _step: None
        pipeline.resume(site.store, edition)
        sent = await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (sent.edition.status, sent.tally.sent) == (EditionStatus.SENT, 3)


@pytest.mark.slow
async def test_several_processes_pause_together_what_is_too_big(site: Site) -> None:
    """The first to find out ends the others, who have hardly begun; no process is said to have died."""
    async with ScriptedRelay(extensions=("SIZE 2000",)) as relay:
        site = configure(site, "[delivery]\nprocesses = 2\n", smtp(relay.port))
        pipeline.collect(site.settings, site.store, now=clock())
        with capture_logs() as said, pytest.raises(MessageTooLarge, match="digest resume"):
            await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    edition = site.store.editions.get("morning", site.slot)
    assert edition is not None
    assert edition.status is EditionStatus.PAUSED
    assert not [line for line in said if line["log_level"] == "warning"]


async def test_what_one_relay_finds_too_big_another_takes(site: Site) -> None:
    """Only where no relay takes its size does an edition wait for a person."""
    async with ScriptedRelay(extensions=("SIZE 2000",)) as small, ScriptedRelay() as large:
        site = configure(site, smtp(small.port, large.port))
        pipeline.collect(site.settings, site.store, now=clock())
        sent = await pipeline.send(site.settings, site.store, site.newsletter, site.slot, clock=clock)
    assert (sent.edition.status, sent.tally.sent, len(large.kept)) == (EditionStatus.SENT, 3, 3)


async def test_the_service_does_not_try_again_what_is_too_big(site: Site) -> None:
    """Both relays take too little: told once with both their limits, paused, and left alone at the next turns."""
    async with ScriptedRelay(extensions=("SIZE 2000",)) as one, ScriptedRelay(extensions=("SIZE 3000",)) as other:
        site = configure(site, smtp(one.port, other.port))
        service = Service(site.settings, site.store, clock=lambda: site.slot + timedelta(minutes=1))
        await service.turn()
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        assert edition.status is EditionStatus.PAUSED
        assert "takes 2,000 bytes" in edition.note
        assert "takes 3,000 bytes" in edition.note
        asked = one.connections + other.connections
        await service.turn()
        await service.turn()
        assert one.connections + other.connections == asked


def test_the_readmes_example_is_settings_that_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the lines for several relays has two of them."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = readme.partition("## Several relays")[2].partition("Connections are shared out")[0]
    block = "\n".join(line for line in lines.splitlines() if line.startswith("    "))
    (tmp_path / "digest.toml").write_text(textwrap.dedent(block), encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "smtp.example.org").write_text("one", encoding="utf-8")
    monkeypatch.setenv("SECOND_RELAY", "two")
    relays = relays_of(read_settings(tmp_path / "digest.toml"))
    assert [(relay.name, relay.password, relay.weight) for relay in relays] == [
        ("smtp.example.org:587", "one", 3),
        ("smtp.example.net:587", "two", 1),
    ]
