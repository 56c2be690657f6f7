"""A send that is held back, as its user meets it."""

import asyncio
import json
from pathlib import Path

from digest.delivery import Inbox
from tests.cli.test_proof import Said, digest
from tests.conftest import SLOT
from tests.delivery.scripted_relay import Act, ScriptedRelay, Step


async def test_a_days_cap_is_said_and_shown(site_folder: Path, tmp_path: Path) -> None:
    """The send says until when nobody may go and exits with 1; status tells the cap and what of it is used."""
    settings = site_folder / "digest.toml"
    with settings.open("a", encoding="utf-8") as file:
        file.write('\n[delivery]\nrate = ["50/s", "2/day"]\n')
    await digest("collect", cwd=site_folder)
    async with Inbox(tmp_path / "inbox") as inbox:
        for sent in ("2 sent", "2 sent (0 of them now)"):
            said = await digest("send", "morning", "--slot", SLOT, cwd=site_folder, port=inbox.port)
            assert said.code == 1
            assert f"{sent}, 1 to go" in said.out
            assert "00:00 EET: the site's limit is reached.\nIt is not finished" in said.err
        assert inbox.received == 2
    shown = await digest("status", cwd=site_folder)
    assert "Today: 2 of 2 messages, until 00:00 EET" in shown.out
    day = json.loads((await digest("status", "--json", cwd=site_folder)).out)["day"]
    assert (day["used"], day["most"], day["warmup"]) == (2, 2, False)


async def test_paused_meanwhile_the_send_says_so_and_fails(site_folder: Path) -> None:
    """Whoever waits for `digest send` learns that a person stopped it, and that it has not done its work: exit 1."""
    await digest("collect", cwd=site_folder)
    pausing: list[asyncio.Task[Said]] = []

    def script(step: Step) -> Act | None:
        if step.verb != "MESSAGE":
            return None
        if not pausing:
            pausing.append(asyncio.create_task(digest("pause", "morning", cwd=site_folder)))
            return Act.STALL
        return None

    with (site_folder / "digest.toml").open("a", encoding="utf-8") as file:
        file.write('\n[smtp]\ndata_timeout = "6s"\n')
    async with ScriptedRelay(script) as relay:
        said = await digest("send", "morning", "--slot", SLOT, cwd=site_folder, port=relay.port)
    assert "is paused" in (await pausing[0]).out
    assert said.code == 1
    assert f"It was paused meanwhile. To go on: digest resume morning --slot {SLOT}" in said.err
