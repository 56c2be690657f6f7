"""What the Nu HTML checker, html-validate and the data of caniemail.com say of the HTML part."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.judges.conftest import Mail
from tests.judges.tools import npm, program, run

pytestmark = pytest.mark.slow

# The newest of each that run on Debian's Node.js 18.
NU, HTML_VALIDATE, CANIEMAIL = "vnu-jar@26.9.27", "html-validate@9.7.1", "caniemail@1.0.5"

# Attributes that HTML calls obsolete, and Outlook's Word cannot do without: it reads no CSS for them.
OBSOLETE = re.compile(
    r"The “(?:align|border|cellpadding|cellspacing|width)” attribute on the “(?:table|td|img)” element is obsolete\."
)
RULES = {
    "root": True,
    "extends": ["html-validate:recommended", "html-validate:document", "html-validate:a11y"],
    "rules": {
        "no-deprecated-attr": "off",  # as above
        "no-inline-style": "off",  # the one style that every client reads
        "no-conditional-comment": "off",  # what Outlook is told
        "prefer-native-element": "off",  # role="article" on a div: MJML's landmark, where Gmail drops <article>
    },
}

CLIENTS = ["gmail.*", "apple-mail.*", "outlook.*", "yahoo.*", "samsung-email.android"]
GAPS = 45
# A mail without them reads well (test_reading.py drops every style sheet); everything else has to be understood.
HARMLESS = re.compile(
    r"<style> element|@media|.* selector|.* combinator|Chaining selectors"  # the sheets themselves
    r"|<body> element"  # becomes a div, and the page's colours stand on the div inside it too
    r"|display:none"  # the preheader shows, as a line of text
    r"|aria-label attribute|role attribute|word-break|word-spacing|outline"
    r"|border-spacing"  # 0, of a table that is collapsed
    r"|height property"  # of pictures, which say it in an attribute as well
)
SCRIPT = """
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";
const html = readFileSync(0, "utf8");
const { issues } = caniemail({ clients: JSON.parse(process.argv[2]), html });
const gaps = [...issues.errors].map(([client, found]) => [client, [...new Set(found.map(({ title }) => title))]]);
process.stdout.write(JSON.stringify(Object.fromEntries(gaps)));
"""


def test_nu_html_checker(mail_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No error, and no warning but for what Outlook needs."""
    java = program("java", "default-jre-headless")
    jar = npm(tmp_path_factory, NU) / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    said = run(java, "-jar", jar, "--format", "json", "--stdout", mail_folder / "mail.html")
    messages = json.loads(said.stdout)["messages"]
    assert [message["message"] for message in messages if not OBSOLETE.match(message["message"])] == []
    assert len(messages) > 10  # it has looked


def test_html_validate(mail_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No violation of its recommended rules, nor of those for documents and for accessibility."""
    folder = npm(tmp_path_factory, HTML_VALIDATE)
    (mail_folder / "rules.json").write_text(json.dumps(RULES), encoding="ascii")
    judge = folder / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    html = mail_folder / "mail.html"
    said = run(program("node", "nodejs"), judge, "--config", mail_folder / "rules.json", "-f", "json", html)
    assert said.stdout, said.stderr.decode()
    found = [message for file in json.loads(said.stdout) for message in file["messages"]]
    assert [(message["ruleId"], message["message"]) for message in found] == []


def test_clients_support_what_it_uses(mail: Mail, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of what the mail uses, fifteen clients lack little, and nothing that it needs."""
    folder = npm(tmp_path_factory, CANIEMAIL)
    (folder / "gaps.js").write_text(SCRIPT, encoding="ascii")
    said = run(program("node", "nodejs"), "gaps.js", json.dumps(CLIENTS), stdin=mail.html.encode(), folder=folder)
    assert said.returncode == 0, said.stderr.decode()
    gaps: dict[str, list[str]] = json.loads(said.stdout)
    assert "outlook.windows" in gaps  # it has looked
    assert {title for titles in gaps.values() for title in titles if not HARMLESS.fullmatch(title)} == set()
    assert sum(map(len, gaps.values())) <= GAPS


def test_sizes(mails: dict[str, Mail]) -> None:
    """Room for Gmail: no clip at thirty stories, the sample a good deal smaller, little in style sheets."""
    for name, mail in mails.items():
        size = len(mail.html.encode())
        assert size <= (60_000 if name.endswith("sample") else 102_000), name
        sheets = re.findall(r"<style[^>]*>(.*?)</style>", mail.html, re.DOTALL)
        assert sum(len(sheet.encode()) for sheet in sheets) <= 16 * 1024
        assert mail.html.count("<h1") == 1
        assert mail.html.count('id="story-') == 0
    assert all("30" in mail.text for name, mail in mails.items() if name.endswith("thirty"))
