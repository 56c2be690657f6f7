"""An edition as a text that an editor changes, and back: order, drops, pins, wording, subject.

    +++
    edition = "ukraine-today/2026-03-05T09:00"
    draft = "3f9a0c1d2e4b"             which draft the marks are of; leave it
    subject = "..."
    preheader = "..."
    +++

    # (front)                          a section; "(brief) In brief" shows first points only
    ## [s1] A story's title            move it, delete it; "## [s1] pin A story's title" puts it first in its section
    > Dnipro Wire, 2026-03-05 ...      where it comes from; lines with > are for reading only
    ### Sorochan                       whose points follow; "### -" ends the group
    - [s1.1] A point                   move it within its story, delete it, reword it
    - [s1.2 from Kyiv Post] A point    what another article adds

A mark in brackets ties a line to what it came from, so nothing can be told that no article bears out: a reworded
point keeps its spans and its original wording, and a line without a mark is an error.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from digest.edition.assemble import intro_line, reading_minutes
from digest.edition.rank import source_name
from digest.edition.subject import one_line, preheader_line, subject_line
from digest.errors import UsageError
from digest.model import Article, Edition, KeyPoint, Newsletter, Section, Story

_FENCE = "+++"
_FRONT = "(front)"
_BRIEF = "(brief)"
_NO_GROUP = "-"
_STORY = re.compile(r"## \[(s\d+)\](?P<pin> pin\b)? *(?P<title>.*)")
_POINT = re.compile(r"[-*] \[(s\d+\.\d+)(?: from [^\]]*)?\] *(?P<text>.*)")
_LONGEST_POINT = 1_000  # characters; more is a paragraph
_LONGEST_SUBJECT = 150  # characters; mail clients show half of it
_HELP = """\
# Move lines to reorder, delete them to drop, change a point's words to reword it; leave the marks in [brackets].
# "## [s1] pin ..." puts a story first in its section, and first of all when built again (digest build --rebuild).
# Lines with > say where things come from. A subject and preheader that you leave as they are follow the stories.
# Save and close the editor to take the text back; an empty one changes nothing.
"""


@dataclass(slots=True)
class _Reading:
    """A section being read, its stories so far."""

    title: str
    brief: bool
    stories: list[Story] = field(default_factory=list)


def edition_text(edition: Edition) -> str:
    """Write `edition` as the text that `read_edition_text` takes back; unchanged it gives the same edition."""
    lines = [_FENCE, *_HELP.splitlines()]
    lines += [f"{key} = {_toml(value)}" for key, value in _header(edition).items()]
    lines += [_FENCE, ""]
    marks = _Marks(edition)
    for section in edition.sections:
        lines += [f"# {_BRIEF} {section.title}" if section.brief else f"# {section.title or _FRONT}", ""]
        for story in section.stories:
            pin = " pin" if story.id in edition.pins else ""
            lines += [f"## [{marks.of_story[story.id]}]{pin} {one_line(story.lead.title)}", "", *_origins(story), ""]
            lines += [*_points(story, marks.of_story[story.id]), ""]
    return "\n".join(lines)


def _origins(story: Story) -> Iterator[str]:
    if story.update_of:
        yield f"> update of {story.update_of}"
    yield f"> {_whence(story.lead)}"
    for other in story.others:
        title = "" if one_line(other.title) == one_line(story.lead.title) else f"“{one_line(other.title)}”, "
        yield f"> also: {title}{_whence(other)}"


def _points(story: Story, mark: str) -> Iterator[str]:
    group: str | None = None
    articles = {article.id: article for article in story.others}
    for number, point in enumerate(story.points, start=1):
        if point.group != group:
            group = point.group
            yield from (*([""] if number > 1 else []), f"### {group or _NO_GROUP}", "")
        other = articles.get(point.article)
        source = f" from {re.sub(r'[][]', '', _name(other))}" if other else ""
        yield f"- [{mark}.{number}{source}] {one_line(point.text)}"
        if point.original is not None and point.original != point.text:
            yield f"> [{mark}.{number}] was: {one_line(point.original)}"
        if point.on_trust:
            yield f"> [{mark}.{number}] is kept on an editor's word: {one_line(point.on_trust)}"


def _name(article: Article) -> str:
    """Who published it, or else the file it was read from."""
    return one_line(source_name(article)) or article.origin.rpartition("/")[2] or article.id


def _whence(article: Article) -> str:
    return ", ".join(part for part in (_name(article), f"{article.published:%Y-%m-%d %H:%M}", article.url) if part)


def read_edition_text(text: str, edition: Edition, newsletter: Newsletter) -> Edition:
    """Take back what an editor made of `edition_text(edition)`.

    A subject and preheader that were made of the stories, and that the editor left as they are, are made anew of the
    stories that are left.  Raises UsageError that lists every problem with its line; `edition` itself stays as it is.
    """
    header, body, first_line = _split(text)
    problems = _header_problems(header, edition)
    reader = _Reader(edition, problems)
    for number, line in enumerate(_joined(body), start=first_line):
        if line.strip():
            reader.take(number, line.rstrip())
    sections = reader.sections()
    if not sections and not problems:
        problems.append("no story is left: to send nothing, skip the edition instead")
    if problems:
        raise UsageError(
            "the edited edition cannot be taken back:\n  " + "\n  ".join(problems),
            where=edition.key,
            remedy="Mend the text.",
        )
    return _rebuilt(edition, newsletter, header, sections, pins=reader.pins)


def _rebuilt(
    edition: Edition,
    newsletter: Newsletter,
    header: Mapping[str, str],
    sections: tuple[Section, ...],
    *,
    pins: frozenset[str],
) -> Edition:
    if pins - frozenset(edition.pins):
        sections = tuple(
            replace(one, stories=tuple(sorted(one.stories, key=lambda story: story.id not in pins))) for one in sections
        )
    stories = [story for section in sections for story in section.stories]
    dropped = {story.id for story in edition.stories} - {story.id for story in stories}
    minutes = reading_minutes(sections)
    subject, preheader = _lines(edition, newsletter, header, stories)
    changed = replace(
        edition,
        subject=subject,
        preheader=preheader,
        intro=intro_line(edition.language, stories=len(stories), minutes=minutes),
        sections=sections,
        reading_minutes=minutes,
        pins=tuple(story.id for story in stories if story.id in pins),
        drops=tuple(sorted({*edition.drops, *dropped})),
    )
    if changed == edition:
        return edition
    return replace(changed, edited=True)


def _lines(
    edition: Edition, newsletter: Newsletter, header: Mapping[str, str], stories: Sequence[Story]
) -> tuple[str, str]:
    """Subject and preheader: the editor's, where there are any, else made of the stories."""
    subject, preheader = header["subject"], header["preheader"]
    made = subject_line(newsletter, edition.stories, number=edition.number)
    if subject == one_line(edition.subject) == one_line(made):
        subject = subject_line(newsletter, stories, number=edition.number)
    made = preheader_line(newsletter, edition.stories, subject=edition.subject)
    if preheader == one_line(edition.preheader) == one_line(made):
        preheader = preheader_line(newsletter, stories, subject=subject)
    return subject, preheader


class _Marks:
    """Which mark stands for which story and point of an edition."""

    def __init__(self, edition: Edition) -> None:
        self.of_story = {story.id: f"s{number}" for number, story in enumerate(edition.stories, start=1)}
        self.stories = {self.of_story[story.id]: story for story in edition.stories}
        self.points = {
            f"{mark}.{number}": point
            for mark, story in self.stories.items()
            for number, point in enumerate(story.points, start=1)
        }


class _Reader:
    """Takes the body line by line; what does not fit is a problem, and the rest is read on."""

    def __init__(self, edition: Edition, problems: list[str]) -> None:
        self._marks = _Marks(edition)
        self._problems = problems
        self._sections: list[_Reading] = []
        self._story: tuple[int, str, Story] | None = None
        self._points: list[KeyPoint] = []
        self._group: str | None = None
        self._seen: set[str] = set()
        self.pins: frozenset[str] = frozenset()

    def take(self, number: int, line: str) -> None:
        if line.startswith(">"):
            return
        if line.startswith("### "):
            name = line.removeprefix("### ").strip()
            self._group = None if name == _NO_GROUP else name
        elif found := _STORY.fullmatch(line):
            self._begin_story(number, found)
        elif line.startswith("# "):
            self._end_story()
            title = line.removeprefix("# ").strip()
            brief = title.startswith(_BRIEF)
            title = title.removeprefix(_BRIEF).strip()
            self._sections.append(_Reading("" if title == _FRONT else title, brief))
        elif found := _POINT.fullmatch(line):
            self._take_point(number, found)
        else:
            self._problem(number, "a line without its mark; a point begins with - [s1.1], a story with ## [s1]")

    def sections(self) -> tuple[Section, ...]:
        self._end_story()
        return tuple(
            Section(title=one.title, stories=tuple(one.stories), brief=one.brief)
            for one in self._sections
            if one.stories
        )

    def _begin_story(self, number: int, found: re.Match[str]) -> None:
        self._end_story()
        mark = found[1]
        story = self._marks.stories.get(mark)
        if story is None or mark in self._seen:
            self._problem(number, f"[{mark}] stands here twice" if story else f"there is no story [{mark}]")
            return
        if one_line(found["title"]) != one_line(story.lead.title):
            self._problem(number, f"the title of [{mark}] is its article's and cannot be changed")
        self._seen.add(mark)
        if not self._sections:
            self._sections.append(_Reading("", brief=False))
        if found["pin"]:
            self.pins |= {story.id}
        self._story, self._points, self._group = (number, mark, story), [], None

    def _end_story(self) -> None:
        if self._story is not None:
            number, mark, story = self._story
            if self._points:
                self._sections[-1].stories.append(replace(story, points=tuple(self._points)))
            else:
                self._problem(number, f"[{mark}] has no point left; delete its title too to drop the story")
        self._story = None

    def _take_point(self, number: int, found: re.Match[str]) -> None:
        mark, text = found[1], one_line(found["text"])
        point = self._marks.points.get(mark)
        if self._story is None or not mark.startswith(f"{self._story[1]}."):
            self._problem(number, f"[{mark}] stands outside its own story")
        elif point is None or mark in self._seen:
            self._problem(number, f"[{mark}] stands here twice" if point else f"there is no point [{mark}]")
        elif not text or len(text) > _LONGEST_POINT:
            self._problem(number, f"[{mark}] is empty" if not text else f"[{mark}] is over {_LONGEST_POINT} characters")
        else:
            self._seen.add(mark)
            self._points.append(_reworded(point, text, self._group))

    def _problem(self, number: int, what: str) -> None:
        self._problems.append(f"line {number}: {what}")


def _reworded(point: KeyPoint, text: str, group: str | None) -> KeyPoint:
    if text == one_line(point.text):
        return point if group == point.group else replace(point, group=group)
    original = point.original or point.text
    return replace(point, text=text, group=group, origin="rewritten", original=original, on_trust="")


def _header(edition: Edition) -> dict[str, str]:
    return {
        "edition": edition.key,
        "draft": _fingerprint(edition),
        "subject": edition.subject,
        "preheader": edition.preheader,
    }


def _fingerprint(edition: Edition) -> str:
    """Name what the marks stand for: they count places, so a text is for the draft that it was made of alone."""
    points = (
        f"{story.id} {point.article} {point.spans} {point.text}" for story in edition.stories for point in story.points
    )
    return hashlib.sha256("\n".join(points).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _split(text: str) -> tuple[dict[str, str], list[str], int]:
    """Give the header's values, the body's lines, and the number of the body's first line."""
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    fences = [number for number, line in enumerate(lines) if line.strip() == _FENCE]
    if len(fences) < 2 or any(line.strip() for line in lines[: fences[0]]):  # noqa: PLR2004 - one opens, one closes
        raise UsageError("the header between two +++ lines is gone", remedy="Undo that, or start again: digest edit")
    try:
        values = tomllib.loads("\n".join(lines[fences[0] + 1 : fences[1]]))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the header is not TOML: {error}", remedy='Write subject = "..." on one line.') from error
    return {key: str(value) for key, value in values.items()}, lines[fences[1] + 1 :], fences[1] + 2


def _header_problems(header: dict[str, str], edition: Edition) -> list[str]:
    problems = [f"there is no setting {key!r}" for key in header if key not in _header(edition)]
    for key, value in _header(edition).items():
        given = header.setdefault(key, value)
        if key == "edition" and given != value:
            problems.append(f"this is the text of {given}")
        elif key == "draft" and given != value:
            problems.append("the draft was built or edited again since this text was made of it: take a new one")
        empty = not given and value  # one that nothing fitted into may stay so
        if one_line(given) != given or empty or len(given) > _LONGEST_SUBJECT * (1 if key == "subject" else 2):
            problems.append(f"{key} must be one line, not empty, and not over {_LONGEST_SUBJECT} characters")
    return problems


def _joined(lines: list[str]) -> Iterator[str]:
    """Fold the lines that an editor wrapped, which are indented, into the one they continue; lines keep their count."""
    held: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and line.strip() and held and held[0].strip():
            held[0] += " " + line.strip()
            held.append("")
        else:
            yield from held
            held = [line]
    yield from held


def _toml(value: str) -> str:
    escaped = one_line(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
