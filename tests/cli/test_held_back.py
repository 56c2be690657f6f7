"""A send that is held back, as its user meets it."""

import json
from pathlib import Path

from digest.delivery import Inbox
from tests.cli.test_proof import digest
from tests.conftest import SLOT


async def test_a_days_cap_is_said_and_shown(site_folder: Path, tmp_path: Path) -> None:
    """The send says until when nobody may go and exits with 1; status tells the cap and what of it is used."""
    settings = site_folder / "digest.toml"
    with settings.open("a", encoding="utf-8") as file:
        file.write('\n[delivery]\nrate = ["50/s", "2/day"]\n')
    await digest("collect", cwd=site_folder)
    async with Inbox(tmp_path / "inbox") as inbox:
        for _again in range(2):
            said = await digest("send", "morning", "--slot", SLOT, cwd=site_folder, port=inbox.port)
            assert said.code == 1
            assert "2 sent, 1 to go" in said.out
            assert "00:00 EET: the site's limit is reached.\nIt is not finished" in said.err
        assert inbox.received == 2
    shown = await digest("status", cwd=site_folder)
    assert "Today: 2 of 2 messages, until 00:00 EET" in shown.out
    day = json.loads((await digest("status", "--json", cwd=site_folder)).out)["day"]
    assert (day["used"], day["most"], day["warmup"]) == (2, 2, False)
