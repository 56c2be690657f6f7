"""What differs between two editions, line by line, for people: the first edition is `-`, the second `+`."""

from __future__ import annotations

from collections.abc import Iterator

from digest.model import Edition, Story


def difference(one: Edition, other: Edition) -> Iterator[str]:
    """Tell what `other` has that `one` has not, and the reverse; nothing at all where they say the same.

    Stories are the same where their lead article is; points where they rest on the same characters of it.
    """
    for name in ("subject", "preheader", "intro", "number", "window"):
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield f"- {name}: {_shown(before)}"
            yield f"+ {name}: {_shown(after)}"
    places, now = _places(one), _places(other)
    for story in one.stories:
        if story.id not in now:
            yield f"- story: {story.lead.title}"
    kept = [story.id for story in one.stories if story.id in now]
    for story in other.stories:
        if story.id not in places:
            yield f"+ story: {story.lead.title}"
            yield from (f"+   {point.text}" for point in story.points)
            continue
        was = places[story.id]
        if was[0] != now[story.id][0] or kept.index(story.id) != _rank(story.id, other, set(kept)):
            yield f"~ moved: {story.lead.title} ({_place(was)} -> {_place(now[story.id])})"
        yield from _points(was[2], story)


def _points(before: Story, after: Story) -> Iterator[str]:
    old = {(point.article, point.spans): point for point in before.points}
    new = {(point.article, point.spans): point for point in after.points}
    title_told = False
    for key in [*old, *(key for key in new if key not in old)]:
        said, says = old.get(key), new.get(key)
        if said is not None and says is not None and (said.text, said.group) == (says.text, says.group):
            continue
        if not title_told:
            title_told = True
            yield f"  story: {after.lead.title}"
        if said is not None:
            yield f"-   {said.text}"
        if says is not None:
            yield f"+   {says.text}"
    common = [key for key in old if key in new]
    if common != [key for key in new if key in old]:
        yield f"~   the points' order: {after.lead.title}"
    reported, reports = (tuple(sorted(article.id for article in story.others)) for story in (before, after))
    if reported != reports:
        yield f"~   reported by {len(reported) + 1} -> {len(reports) + 1} articles: {after.lead.title}"


def _places(edition: Edition) -> dict[str, tuple[str, int, Story]]:
    return {
        story.id: (section.title, number, story)
        for section in edition.sections
        for number, story in enumerate(section.stories, start=1)
    }


def _rank(story: str, edition: Edition, among: set[str]) -> int:
    return [one.id for one in edition.stories if one.id in among].index(story)


def _place(place: tuple[str, int, Story]) -> str:
    return f"{place[0]} {place[1]}".strip()


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " to ".join(f"{instant:%Y-%m-%dT%H:%M}" for instant in value)
    return str(value)
