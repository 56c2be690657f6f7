"""The message as parsers of three languages read it: one structure, one text, the same headers."""

from __future__ import annotations

import json
import re

import pytest

from tests.judges.conftest import READER, Mail
from tests.judges.tools import absent, npm, program, run

pytestmark = pytest.mark.slow

MAILPARSER, POSTAL_MIME = "mailparser@3.7.2", "postal-mime@2.4.4"  # the newest that run on Debian's Node.js 18

# As the settings have them: Python 3.11 puts a blank where one encoded word of a name follows another.
SENDERS = {"ukraine-today": "Ukraine Today", "nv-digest": "Дайджест главных новостей"}

NODE = """
import { readFileSync } from "node:fs";
import { simpleParser } from "mailparser";
import PostalMime from "postal-mime";
const raw = readFileSync(0);
const one = await simpleParser(raw, { skipTextLinks: true, skipImageLinks: true, skipTextToHtml: true });
const two = await PostalMime.parse(raw);
const told = [
  { from: one.from.value, to: one.to.value, subject: one.subject, id: one.messageId, date: one.date,
    html: one.html, text: one.text, attachments: one.attachments.length },
  { from: [two.from], to: two.to, subject: two.subject, id: two.messageId, date: new Date(two.date),
    html: two.html, text: two.text, attachments: two.attachments.length },
];
process.stdout.write(JSON.stringify(told));
"""

PERL = r"""
use strict; use warnings; use JSON::PP; use Email::MIME; use MIME::Parser;
binmode STDIN; local $/; my $raw = <STDIN>;
my $mail = Email::MIME->new($raw);
my @parts = map { { type => (split /;/, $_->content_type)[0], body => $_->body_str } } $mail->subparts;
my $parser = MIME::Parser->new; $parser->output_to_core(1); $parser->tmp_to_core(1);
my $entity = $parser->parse_data($raw);
my @problems = $parser->results->msgs;
print JSON::PP->new->ascii->encode({ subject => $mail->header_str("Subject"), from => $mail->header_str("From"),
  parts => \@parts, problems => \@problems, kinds => [map { $_->effective_type } $entity->parts] });
"""


def _lines(text: str) -> list[str]:
    """A text as its reader sees it: line ends and what is left of soft ones do not count."""
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def test_python_finds_nothing_wrong(mail: Mail) -> None:
    """No defect in the message, its headers or its parts; its lines are as long as RFC 5322 and RFC 2045 allow."""
    assert [part.defects for part in mail.parsed.walk() if part.defects] == []
    assert [name for name, value in mail.parsed.items() if value.defects] == []
    assert [part.get_content_type() for part in mail.parsed.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    head, _, body = mail.raw.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 78 + len("List-Unsubscribe")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[^\t\r\n -~]", mail.raw)


def test_javascript_reads_the_same(mail: Mail, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nodemailer's mailparser and postal-mime: what Python reads, and nothing attached."""
    folder = npm(tmp_path_factory, MAILPARSER, POSTAL_MIME)
    (folder / "read.js").write_text(NODE, encoding="ascii")
    said = run(program("node", "nodejs"), "read.js", stdin=mail.raw, folder=folder)
    assert said.returncode == 0, said.stderr.decode()
    for read in json.loads(said.stdout):
        assert read["from"][0] == {
            "address": mail.parsed["From"].addresses[0].addr_spec,
            "name": SENDERS[mail.newsletter],
        }
        assert read["to"][0]["address"] == READER
        assert read["subject"] == mail.parsed["Subject"]
        assert read["id"] == mail.parsed["Message-ID"]
        assert _lines(read["html"]) == _lines(mail.html)
        assert "".join(read["text"].split()) == "".join(mail.text.split())
        assert read["attachments"] == 0


def test_perl_reads_the_same(mail: Mail) -> None:
    """Email::MIME and MIME::Parser: what Python reads, and not a word of complaint."""
    perl = program("perl", "perl")
    said = run(perl, "-e", PERL, stdin=mail.raw)
    if b"Can't locate" in said.stderr:
        absent("no Email::MIME or MIME::Parser on this machine: apt-get install libemail-mime-perl libmime-tools-perl")
    assert (said.returncode, said.stderr) == (0, b"")
    read = json.loads(said.stdout)
    assert read["subject"] == mail.parsed["Subject"]
    assert read["problems"] == []
    assert read["kinds"] == ["text/plain", "text/html"]
    assert [part["type"] for part in read["parts"]] == ["text/plain", "text/html"]
    assert [_lines(part["body"]) for part in read["parts"]] == [_lines(mail.text), _lines(mail.html)]
