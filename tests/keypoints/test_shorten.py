"""What a sentence can do without is found, and what it says stays what it said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.keypoints.shorten import joined, ways

# What may go stands in braces; with all of it gone the rest is the shortest way.
SHORTER = [
    "The mayor opened the new bridge over the river on Monday{, which took nine years to build}.",
    "The lake{, which feeds three towns,} is at its lowest level since records began.",
    "Nine people{, including two children,} were taken to hospital with burns on Tuesday night.",
    "The summit lies about 40 kilometers{ (25 miles)} north of the capital and its airport.",
    "Anna Roe{, a lawyer from Ohio,} said the court would hear the appeal in the spring.",
    "Anna Roe{, 39,} said the court would hear the appeal of both men in the spring.",
    "The harbour master{ -- a former pilot of the port --} told reporters the channel is open again.",
    "The firm cut 300 jobs at its plant near the border{, leaving only a night shift}.",
    "The president apologized to the families on live television{, saying she was “deeply sorry.”}",
    "The fund{ (about $2 million)} was spent on two roads{, where nobody lives any more}.",
    "Police arrested the driver of the lorry near the old harbour{, after he had fled on foot}.",
    "Власти открыли мост длиной 136 метров{ (446 футов)} через реку у самой границы области.",
    "Уряд відкрив міст завдовжки 136 метрів{ (446 футів)} через річку біля самого кордону області.",
]
# What is set off, and must stay.
WHOLE = [
    ("The two men, the court ruled, rejecting the appeal on Monday, must stay in prison.", "the main clause"),
    ("After the storm, as many as 50 people were missing in the three villages.", "the main clause comes last"),
    ("On the night that the dam was closed for good, running water was cut off in town.", "the main clause comes last"),
    ("On Tuesday night, running water was cut off in all of the old town.", "the main clause comes last"),
    ("Guards at the old prison were accused of beating, kicking and threatening the men.", "a list of deeds"),
    ("The second and by far the largest fire of the summer, burning since Monday in the hills.", "no verb remains"),
    ("(Roe, incidentally, led the search for the lost boat, finding it in three days.)", "one bracket of a pair"),
    ("He won three medals, including gold, silver and bronze in one single summer.", "a list"),
    ("The choir sang for Roe, who died after a fall, also known as the Blackbird of Kent.", "also who?"),
    ("The town will pay for the works, unless the council votes against them in May.", "a condition"),
    ("The minister said he had never met the banker, but his own diary shows two meetings.", "the contrary"),
    ('"The road (the old one) was closed," the mayor told the angry crowd on Monday.', "somebody's words"),
    ("The fee rose from $1,000 to $2,500, and the fine from $3,000 to $9,000 this year.", "commas in numbers"),
    ("The share fell to one in seven of all who were asked, when the question named a day.", "of whom it is true"),
    ("Roe, the lawyer, and Doe, the judge, and Poe, the clerk, were seen together that day.", "a list of people"),
    ("The bridge is long as well as wide, as well as old, as many people like to say.", "no clause"),
    ("It ended well, which pleased them.", "too few words would remain"),
    ("Суд запретил сайты, которые нарушают закон об авторском праве в стране.", "says which sites"),
    ("Суд заборонив сайти, які порушують закон про авторське право в країні.", "says which sites"),
    ("Er sah das Haus, das er vor Jahren gebaut hatte, zum ersten Mal wieder.", "a language without rules"),
]


@pytest.mark.parametrize("marked", SHORTER)
def test_what_grammar_lets_go_may_go(marked: str) -> None:
    """Each marked range can be left out alone, and all together; the rest reads as written."""
    sentence = marked.replace("{", "").replace("}", "")
    language = "en" if marked.isascii() or "“" in marked else "ru"
    said = [joined(sentence, kept) for kept in ways(sentence, language)]
    pieces = marked.split("{")
    shortest = pieces[0] + "".join(piece.partition("}")[2] for piece in pieces[1:])
    assert said[-1].removesuffix(".") == shortest.removesuffix(".")
    assert len(said) == 2 ** (len(pieces) - 1) - 1


@pytest.mark.parametrize(("sentence", "why"), WHOLE)
def test_what_limits_or_carries_the_news_stays(sentence: str, why: str) -> None:
    """A sentence whose rest would say something else, or nothing, is told whole."""
    language = "en" if sentence.isascii() else "ru"
    assert not ways(sentence, language), why


@given(
    text=st.lists(
        st.sampled_from(
            [
                "Roe",
                "said",
                "which",
                "who",
                "the",
                "was",
                "ended",
                ",",
                "(",
                ")",
                '"',
                "--",
                "1,000",
                "saying",
                ".",
                "with",
            ]
        ),
        min_size=1,
        max_size=40,
    ).map(lambda words: " ".join(words).replace(" ,", ",").replace(" .", "."))
)
def test_a_shorter_way_is_the_sentence_with_words_left_out(text: str) -> None:
    """Whatever the sentence: its own ranges in order, none twice, and the marks of a pair go together."""
    for kept in ways(text, "en"):
        assert all(0 <= start < end <= len(text) for start, end in kept)
        assert all(before[1] <= after[0] for before, after in pairwise(kept))
        words = iter(text.replace(",", " ,").replace(".", " .").split())
        said = joined(text, kept)
        assert all(word in words for word in said.replace(",", " ,").replace(".", " .").split())
        assert said.count('"') % 2 == text.count('"') % 2
        assert said.count("(") - said.count(")") == text.count("(") - text.count(")")
