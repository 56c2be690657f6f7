"""How long an edition of 30 stories takes from values to mail, beside the npm mjml on the same source in the same run.

    python benchmarks/render.py [--runs 60] [--out benchmarks/RESULTS-render.md]

npm and node are needed for the peer; it is installed, pinned, into a temporary folder and warmed up in one process.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.model import Article, Edition, KeyPoint, Newsletter, Schedule, Section, Sender, Span, Story, article_id
from digest.render import render_edition
from digest.render.expand import expand, markup_context
from digest.render.mjml import _inline
from digest.render.mrml import to_html
from digest.render.plaintext import render_text
from digest.render.theme import MAIN, STYLES, find_theme
from digest.render.view import view_of

MJML = "mjml@5.4.1"
STORIES = 30
ALL, THEIRS = "**all of `render_edition`**", "npm mjml, MJML to HTML alone"
TEMPLATES = (Path(__file__).parents[1] / "templates",)
SLOT = datetime(2026, 3, 5, 9, 0, tzinfo=ZoneInfo("America/New_York"))
SENTENCES = (
    "The ministry will pay for a third of the inspection posts on the river by the end of the year, it said.",
    "Engineers replaced 140 metres of deck and raised the piers by 1.5 metres, the regional roads office said.",
    "Inflation slowed to 9.8% in December, and the central bank held its rate for the third time in a row.",
    "Trains of the new line run every seven minutes and carry 4,000 people an hour in each direction.",
    "Two crews worked in shifts through the night, so that the terminal could open on Monday morning.",
)
PEER = """
import { readFileSync } from "node:fs";
import mjml from "mjml";
const source = readFileSync(process.argv[2], "utf8");
const times = [];
for (let run = 0; run < Number(process.argv[3]) + 10; run += 1) {
  const begun = process.cpuUsage();
  await mjml(source, { fonts: {} });
  const { user, system } = process.cpuUsage(begun);
  times.push((user + system) / 1e3);
}
console.log(JSON.stringify(times.slice(10)));
"""


def an_edition() -> Edition:
    """Thirty stories with five points each, two of them under speakers."""
    stories = []
    for number in range(STORIES):
        title = f"Headline {number}: ports reopen to grain ships after nine days of inspections"
        lead = Article(
            id=article_id(url="", title=title, text=title), url=f"https://news.example/{number}", title=title,
            published=datetime(2026, 3, 5, 8, tzinfo=UTC), language="en", source="Dnipro Wire", text=title, blocks=(),
        )  # fmt: skip
        points = tuple(
            KeyPoint(
                text=text,
                group="Blinken" if place < 2 else None,
                origin="extracted",
                spans=(Span(0, 1),),
                article=lead.id,
            )
            for place, text in enumerate(SENTENCES)
        )
        stories.append(Story(lead=lead, points=points))
    return Edition(
        newsletter="ukraine-today", slot=SLOT, language="en", number=1, subject="Ports reopen", preheader="And more",
        intro="30 stories, 12 minutes", sections=(Section(title="", stories=tuple(stories)),),
        window=(SLOT - timedelta(days=1), SLOT), reading_minutes=12,
    )  # fmt: skip


def a_newsletter(theme: str) -> Newsletter:
    """A newsletter in one of the shipped themes."""
    return Newsletter(
        id="ukraine-today", title="Ukraine Today", description="", language="en", timezone=ZoneInfo("America/New_York"),
        schedule=Schedule(at=time_of_day(9)), sender=Sender(name="Ukraine Today", address="today@news.example"),
        list_path="/list.csv", theme=theme, postal_address="1 Example Street", public_url="https://news.example",
    )  # fmt: skip


def milliseconds(work: Callable[[], object], runs: int) -> list[float]:
    """Processor time of each of `runs` calls, after five that do not count; others may use the machine meanwhile."""
    times = []
    for run in range(runs + 5):
        begun = time.process_time()
        work()
        if run >= 5:
            times.append((time.process_time() - begun) * 1000)
    return times


def peer(source: str, runs: int) -> list[float]:
    """The same of npm's mjml."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
        (folder / "edition.mjml").write_text(source, encoding="utf-8")
        (folder / "peer.js").write_text(PEER, encoding="utf-8")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", MJML]
        subprocess.run(install, cwd=folder, check=True)
        said = subprocess.run(
            ["node", "peer.js", "edition.mjml", str(runs)], cwd=folder, check=True, capture_output=True, text=True
        )
    times: list[float] = json.loads(said.stdout)
    return times


def measure(name: str, runs: int) -> tuple[list[str], str]:
    """The rows of one theme's table, and the sentence under it."""
    edition, newsletter = an_edition(), a_newsletter(name)
    theme = find_theme(name, {}, template_paths=TEMPLATES)
    view = view_of(edition, newsletter, images={})
    source = expand(theme.environment(), MAIN, markup_context(view, theme))
    styles = expand(theme.environment(), STYLES, markup_context(view, theme))
    html = to_html(source)
    steps: dict[str, list[float]] = {
        "Jinja": milliseconds(lambda: expand(theme.environment(), MAIN, markup_context(view, theme)), runs),
        "MRML": milliseconds(lambda: to_html(source), runs),
        "css-inline": milliseconds(lambda: _inline(html, styles, theme), runs),
        "text part": milliseconds(lambda: render_text(view), runs),
        ALL: milliseconds(lambda: render_edition(edition, newsletter, template_paths=TEMPLATES), runs),
        THEIRS: peer(source, runs),
    }
    median = {step: statistics.median(times) for step, times in steps.items()}
    rows = [
        f"| {name} | {step} | {median[step]:.2f} | {statistics.quantiles(times, n=10)[-1]:.2f} |"
        for step, times in steps.items()
    ]
    return rows, (
        f"{name}: npm mjml takes {median[THEIRS] / median['MRML']:.0f} times as long as MRML for the same step, and "
        f"{median[THEIRS] / median[ALL]:.1f} times as long as all of `render_edition`."
    )


def main() -> None:
    """Measure, and print or write a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines = [
        "# Rendering: an edition of 30 stories with five points each",
        "",
        f"Processor time in milliseconds, median of {given.runs} runs and the slowest but a tenth; {MJML} in one warm",
        f"process of node on the same expanded MJML. Python {platform.python_version()}, {platform.machine()}.",
        "Made by `python benchmarks/render.py --out benchmarks/RESULTS-render.md`.",
        "",
        "| theme | step | median ms | p90 ms |",
        "|---|---|---|---|",
    ]
    ratios = []
    for name in ("ukraine-today", "nv-digest"):
        rows, said = measure(name, given.runs)
        lines += rows
        ratios.append(said)
    text = "\n".join([*lines, "", *ratios]) + "\n"
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
