"""Whether a new wording says nothing that the sentences it cites do not say.

Nothing here understands a text.  It holds the wording to what can be checked (numbers, dates, names, quotations,
denials, the words themselves) and objects in doubt: an objection costs a rewritten point, and the extracted one
stands in its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from digest.keypoints.facts import Token, denies, fact_words, name_runs, numbers, plain, quotations, tokens
from digest.keypoints.inflection import same_name
from digest.keypoints.script import is_foreign, letters, main_script
from digest.keypoints.stance import turned
from digest.keypoints.words import FREQUENT, normalise, same_word, stem

_ADDRESS_OR_MARKUP: Final = re.compile(
    r"https?:|www\.|mailto:|\S@\S|</?[a-z!]|&#?\w+;|\]\(|\*\*|__|```|\\[nu]|^\s*(?:[-*•#>]|\d+[.)])\s", re.IGNORECASE
)
_DOMAIN: Final = re.compile(r"\w\.[a-zа-яіїєґ]{2,}(?!\.?\w)")
_PUNCTUATION: Final = frozenset(".,;:!?…—–-()’'ʼ`‘«»“”„‹›\" ")
_SHORTEST_TELLING: Final = 3  # letters of a word that tells something
_BORNE_SHARE: Final = 0.6  # of a wording's telling words, found in what it cites: less is another text
_BORNE_WORDS: Final = 2


def objection(text: str, cited: Sequence[str], *, language: str) -> str:
    """Why `text` is not borne out by the sentences `cited`, in a few words; empty where it is.

    `language` is a BCP 47 primary subtag; names in Cyrillic may be inflected, all others stand as they are.
    Takes time about linear in the lengths, times the number of names.
    """
    wording = plain(text)
    evidence = [plain(sentence) for sentence in cited]
    words, known_words = tokens(wording), [tokens(sentence) for sentence in evidence]
    return (
        _of_form(wording, "\n".join(evidence), language)
        or new_facts(text, cited, language=language)
        or turned(wording, "\n".join(evidence), language)
        or _of_words(words, known_words, language)
    )


def new_facts(text: str, cited: Sequence[str], *, language: str, common: Iterable[str] = ()) -> str:
    """What `text` tells that the sentences `cited` do not, in a few words; empty where there is nothing.

    Numbers, dates, measures, quotations, names and denials: what an editor, whose own words are free, must not change.
    A word that opens a sentence, and stands in one of the texts `common` without its capital, is no name.
    """
    wording = plain(text)
    evidence = [plain(sentence) for sentence in cited]
    together = "\n".join(evidence)
    for what, said, known in (
        ("number", numbers(wording, language), numbers(together, language)),
        ("date, count or measure", fact_words(wording), fact_words(together)),
    ):
        if new := sorted(said - known):
            return f"a {what} that is not in the sentences: {', '.join(new)}"
    return (
        _of_quotations(wording, evidence)
        or _of_names(tokens(wording), [tokens(sentence) for sentence in evidence], language, common)
        or ("it denies, or no longer denies, what the sentences say" if denies(wording) != denies(together) else "")
    )


def told_share(sentence: str, text: str, *, language: str) -> float:
    """The share of the telling words of `sentence` that `text` tells too, 0 to 1."""
    return _share(_telling(tokens(plain(sentence)), language), _telling(tokens(plain(text)), language))


def _of_form(wording: str, together: str, language: str) -> str:
    if _ADDRESS_OR_MARKUP.search(wording) or any(found.group() not in together for found in _DOMAIN.finditer(wording)):
        return "markup or an address"
    signs = {letter for letter in wording if not letter.isalnum() and letter not in _PUNCTUATION}
    if new := sorted(signs - set(together)):
        return f"a sign that is not in the sentences: {', '.join(map(ascii, new))}"
    if new := sorted(_scripts(wording) - _scripts(together)):
        return f"another script than the sentences': {', '.join(new)}"
    script = main_script([letters(together)], language)
    if script == "Cyrl" and language in ("ru", "uk"):  # too short to tell by its letters
        script = f"Cyrl-{language}"
    if is_foreign(letters(wording), script):
        return "another language than the sentences'"
    return ""


def _scripts(text: str) -> set[str]:
    """The scripts of its letters, by the first word of their Unicode names: a Latin a among Cyrillic is seen."""
    return {unicodedata.name(letter, "?").partition(" ")[0] for letter in set(text) if letter.isalpha()}


def _of_quotations(wording: str, evidence: Sequence[str]) -> str:
    said = quotations(wording)
    if not said.whole:
        return "a quotation mark without its pair"
    known = [part for sentence in evidence for part in quotations(sentence).parts]
    for part in said.parts:
        if not any(part in spoken for spoken in known):
            return f"a quotation that is not in the sentences: {part}"
    return ""


def _of_names(words: list[Token], known: Sequence[list[Token]], language: str, common: Iterable[str]) -> str:
    frequent = FREQUENT.get(language, frozenset())
    runs = [run for sentence in known for run in name_runs(sentence)]
    every = [word for sentence in known for word in sentence]
    small = {normalise(word.text) for word in every if not word.capital}
    small |= {normalise(word.text) for text in common for word in tokens(plain(text)) if not word.capital}
    capitals = [word for word in every if word.capital]
    for run in name_runs(words):
        first = normalise(run[0].text)
        # A capital that only opens the sentence makes no name of a word.
        ordinary = run[0].opens and (
            same_word(first, language) in frequent or first in small or any(same_name(first, word) for word in small)
        )
        name = run[1:] if ordinary else run
        if len(name) == 1:
            borne = any(same_name(name[0].text, word.text) for word in capitals)
        else:
            borne = _stands(name, runs) or (
                ordinary and _stands(name[:1], runs, whole=True) and _stands(name[1:], runs)
            )
        if not borne:
            unknown = [word for word in name if not any(same_name(word.text, each.text) for each in capitals)]
            return f"a name that is not in the sentences: {' '.join(word.text for word in unknown or name)}"
    caseless = {word.text for word in words if word.text.lower() == word.text.upper()}
    if new := sorted(caseless - {word.text for word in every}):
        return f"a word that is not in the sentences, in a script without capitals: {new[0]}"
    return ""


def _stands(name: Sequence[Token], runs: Sequence[Sequence[Token]], *, whole: bool = False) -> bool:
    """Whether the words of `name` stand in a run in this order, others between them or not (`whole`: no others)."""
    return any(_within(name, run) for run in runs if not whole or len(run) == len(name))


def _within(name: Sequence[Token], run: Sequence[Token]) -> bool:
    rest = iter(run)
    return all(any(same_name(word.text, known.text) for known in rest) for word in name)


def _of_words(words: list[Token], known: Sequence[list[Token]], language: str) -> str:
    telling = _telling(words, language)
    borne = _telling([word for sentence in known for word in sentence], language)
    if len(telling & borne) < min(_BORNE_WORDS, len(borne)) or _share(telling, borne) < _BORNE_SHARE:
        return "too few of its words are in the sentences"
    return ""


def _telling(words: Sequence[Token], language: str) -> set[str]:
    frequent = FREQUENT.get(language, frozenset())
    spelled = (normalise(word.text) for word in words)
    return {
        stem(word)
        for word in spelled
        if (len(word) >= _SHORTEST_TELLING or word.isdigit()) and same_word(word, language) not in frequent
    }


def _share(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0
