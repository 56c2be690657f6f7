"""What a relay is handed carries signatures that a receiver verifies, for the edition and for a copy alike."""

from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest

from digest import pipeline
from digest.config import DkimKeySettings, DkimSettings
from digest.delivery import Inbox
from digest.errors import ConfigError
from digest.model import EditionStatus
from tests.conftest import Site, clock


async def test_what_arrives_verifies(site: Site, tmp_path: Path) -> None:
    """Two signatures in each message and in a copy, after SMTP."""
    made = [
        pipeline.make_dkim_key(site.settings, domain="news.example.org", selector="r1", algorithm="rsa"),
        pipeline.make_dkim_key(site.settings, domain="news.example.org", selector="e1", algorithm="ed25519"),
    ]
    zone = {f"{each.key.record_name}.".encode(): each.key.record.encode() for each in made}

    def dns(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001
        return zone[name]

    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        keys = DkimSettings(keys=tuple(each.setting for each in made))
        settings = site.with_relay(inbox.host, inbox.port).model_copy(update={"dkim": keys})
        await pipeline.send_copy(settings, site.store, site.newsletter, site.slot, to="ed@example.org", now=clock())
        await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    messages = [path.read_bytes() for path in inbox.folder.glob("*.eml")]
    assert len(messages) == 4
    for message in messages:
        assert [dkim.DKIM(message).verify(idx=index, dnsfunc=dns) for index in (0, 1)] == [True, True]


async def test_a_key_that_cannot_be_read_leaves_the_edition_as_it_was(site: Site, tmp_path: Path) -> None:
    """Said before anything is frozen: once the key is mended, the same command sends to everyone."""
    pipeline.collect(site.settings, site.store, now=clock())
    async with Inbox(tmp_path / "inbox") as inbox:
        relay = site.with_relay(inbox.host, inbox.port)
        gone = DkimSettings(keys=(DkimKeySettings(selector="a", file=Path("gone.pem")),))
        with pytest.raises(ConfigError, match=r"dkim\.keys\.0\.file"):
            await pipeline.send(
                relay.model_copy(update={"dkim": gone}), site.store, site.newsletter, site.slot, clock=clock
            )
        edition = site.store.editions.get("morning", site.slot)
        assert edition is not None
        assert edition.status is EditionStatus.DRAFT
        sent = await pipeline.send(relay, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 3
