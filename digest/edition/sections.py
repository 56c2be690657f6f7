"""Under which heading each story stands.

    (front)                       the first story, whatever its section; those an editor pinned; those no rule takes
    the sections by rule          in the rules' order; a story stands under the first whose rule fits its lead article
    What you may have missed      what was published before an edition that did not go out
    In brief                      what is past `brief_after` in the front, and past a rule's `max_stories`

Stories stay in the order in which they come, which is that of their rank.  Empty sections are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from digest.edition.rank import source_name
from digest.edition.subject import one_line
from digest.edition.terms import terms
from digest.model import Article, Newsletter, Section, SectionRule, Story
from digest.translation import translator


def arrange(
    ranked: Sequence[Story],
    newsletter: Newsletter,
    *,
    front: Collection[str] = (),
    missed: Collection[str] = (),
    briefed: Collection[str] = (),
) -> tuple[Section, ...]:
    """Put `ranked` stories into sections; the others are ids of stories.

    `front` stay in the front, `missed` are those of an edition that did not go out, `briefed` are told in brief.  An
    edition never opens with what was missed while it has anything else.
    """
    selection = newsletter.selection
    speak = translator(newsletter.language)
    main = Section(title="", stories=())
    by_rule = [Section(title=rule.title, stories=(), brief=rule.brief) for rule in selection.sections]
    late = Section(title=speak.gettext("What you may have missed"), stories=(), brief=True)
    brief = Section(title=speak.gettext("In brief"), stories=(), brief=True)
    first = _first(ranked, front=front, missed=missed) if selection.brief_after else None
    for story in ranked:
        rule = None if story.id == first or story.id in front else _rule(story, selection.sections)
        if story.id in briefed:
            brief = _with(brief, story)
        elif story.id in missed and story.id != first and story.id not in front:
            late = _with(late, story)
        elif rule is None:
            if len(main.stories) < selection.brief_after:
                main = _with(main, story)
            else:
                brief = _with(brief, story)
        elif _is_full(by_rule[rule], selection.sections[rule]):
            brief = _with(brief, story)
        else:
            by_rule[rule] = _with(by_rule[rule], story)
    return tuple(section for section in (main, *by_rule, late, brief) if section.stories)


def heading(lead: Article, newsletter: Newsletter) -> str:
    """The title of the rule that takes a story of this lead article, or nothing."""
    return next((rule.title for rule in newsletter.selection.sections if fits(lead, rule)), "")


def fits(article: Article, rule: SectionRule) -> bool:
    """Whether an article meets every condition of a rule that is not empty.

    A keyword fits one of the article's keywords, or words of its title in any of their forms.
    """
    return (
        (not rule.categories or _folded(article.category or "") in {_folded(name) for name in rule.categories})
        and (not rule.sources or bool({article.source, source_name(article)} & rule.sources))
        and (not rule.languages or article.language in rule.languages)
        and (not rule.keywords or _has_keyword(article, rule.keywords))
    )


def _first(ranked: Sequence[Story], *, front: Collection[str], missed: Collection[str]) -> str | None:
    opening = [story.id for story in ranked if story.id in front or story.id not in missed]
    return next(iter(opening or [story.id for story in ranked]), None)


def _rule(story: Story, rules: Sequence[SectionRule]) -> int | None:
    return next((number for number, rule in enumerate(rules) if fits(story.lead, rule)), None)


def _is_full(section: Section, rule: SectionRule) -> bool:
    return rule.max_stories is not None and len(section.stories) >= rule.max_stories


def _has_keyword(article: Article, keywords: Collection[str]) -> bool:
    own = {_folded(word) for word in article.keywords}
    title = terms(article.title, article.language)
    for keyword in keywords:
        wanted = terms(keyword, article.language)
        size = len(wanted)
        in_title = size > 0 and any(title[at : at + size] == wanted for at in range(len(title) - size + 1))
        if in_title or _folded(keyword) in own:
            return True
    return False


def _folded(text: str) -> str:
    return one_line(text).casefold()


def _with(section: Section, story: Story) -> Section:
    return replace(section, stories=(*section.stories, story))
