"""Slots on their way from the list file to the reader."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

from digest import pipeline
from digest.audience.consent import read_token
from digest.delivery import Inbox
from digest.pipeline.links import PREFERENCES
from digest.pipeline.readers import public_edition
from tests.conftest import Site, clock

LIST = 'email,name,first city\nann@example.org,"<Ann> & co",Київ\nbo@example.org,,\n'


def own_files(site: Site, **files: str) -> None:
    theme = site.root / "templates/ukraine-today"
    theme.mkdir(parents=True)
    for name, content in files.items():
        (theme / name.replace("_", ".")).write_text(content, encoding="utf-8")


async def test_each_reader_gets_their_own_words_and_link(site: Site, tmp_path: Path) -> None:
    """A value or its fallback in subject, HTML and text; a preferences link that speaks for this reader alone."""
    asked = '{{ slot("name", "reader") }} of {{ slot("first city", "your <city>") }} {{ slot("nothing") }}.'
    own_files(
        site,
        subject_txt=f"For {asked}",
        text_txt=f"For {asked}\n\n{{{{ text }}}}\n{{{{ edition.preferences_url }}}}\n",
        more_mjml=f'<mj-text>For {asked} <a href="{{{{ edition.preferences_url }}}}">All</a></mj-text>',
    )
    (site.root / "subscribers.csv").write_text(LIST, encoding="utf-8")
    pipeline.collect(site.settings, site.store, now=clock())
    shown = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    assert "For reader of your &lt;city&gt; ." in shown.html
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 2
    said = {}
    for path in inbox.folder.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None
        assert html is not None
        said[path.name.partition("-")[2]] = (message["Subject"], text.get_content(), html.get_content())
    for address, plain, escaped in (
        ("ann@example.org", "<Ann> & co of Київ", "&lt;Ann&gt; &amp; co of Київ"),
        ("bo@example.org", "reader of your <city>", "reader of your &lt;city&gt;"),
    ):
        subject, text, html = said[f"{address}.eml"]
        assert subject == f"For {plain} ."
        assert text.startswith(f"For {plain} .\r\n")
        assert f"For {escaped} ." in html
        link = text.splitlines()[-1]
        assert f'href="{link}"' in html
        token = link.removeprefix("https://news.example.org/preferences/")
        (subscriber,) = site.store.subscribers.find(address)
        assert read_token(settings.signing_key(), token, purpose=PREFERENCES) == subscriber.id
    shown_to_all = public_edition(settings, site.store, sent.edition.key)
    assert shown_to_all is not None
    assert "For reader of your &lt;city&gt; ." in shown_to_all.html
    assert 'href="https://news.example.org/preferences"' in shown_to_all.html


async def test_a_slot_without_a_column_is_warned_of_and_stops_nobody(site: Site, tmp_path: Path) -> None:
    """A letter amiss is told beforehand, with what every reader would get; sent all the same, it fails at nobody."""
    own_files(site, text_txt='{{ slot("first sity", "there") }}|{{ slot("plan") }}|{{ slot("name") }}\n\n{{ text }}\n')
    pipeline.collect(site.settings, site.store, now=clock())
    (site.root / "subscribers.csv").write_text(f"# {'ж' * 40_000}\n{LIST}", encoding="utf-8")
    shown = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    assert [(one.what, one.remedy) for one in shown.findings if one.rule == "slot"] == []
    (site.root / "subscribers.csv").write_text(LIST, encoding="utf-8")
    shown = pipeline.preview(site.settings, site.store, site.newsletter, site.slot, now=clock())
    assert [(one.level, one.what, one.remedy) for one in shown.findings if one.rule == "slot"] == [
        (
            "warning",
            "the list file has no column “first sity”: every reader gets “there”",
            "Is “first city” meant?",
        ),
        (
            "warning",
            "the list file has no column “plan”: nothing stands there for any reader",
            "Its columns: first city.",
        ),
    ]
    async with Inbox(tmp_path / "inbox") as inbox:
        settings = site.with_relay(inbox.host, inbox.port)
        sent = await pipeline.send(settings, site.store, site.newsletter, site.slot, clock=clock)
    assert sent.tally.sent == 2
